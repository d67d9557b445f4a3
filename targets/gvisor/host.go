// SPDX-License-Identifier: GPL-2.0-or-later

// The agent for gVisor's network stack: a host with that stack, and the tester's commands carried
// out until nothing is runnable. README.md says how that is known.
package main

import (
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"gvisor.dev/gvisor/pkg/bufferv2"
	gvisorrand "gvisor.dev/gvisor/pkg/rand"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

var version = "unknown" // that of the Debian package, set by build.sh

// The link to the tester, another one for addresses of other networks, and what both take.
const linkNIC, otherNIC, mtu, room = 1, 2, 1500, 1 << 16

func main() {
	runtime.GOMAXPROCS(1) // TCP then has one goroutine
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	os.Exit(Serve(Channel(), Hello{Name: "gVisor netstack", Version: version, Clock: "virtual", Calls: CallNames}, open))
}

type clock struct{ VirtualClock }

func (c *clock) Now() time.Time { return time.Unix(0, c.VirtualClock.Now) }
func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(time.Duration(c.VirtualClock.Now))
}
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer { return c.After(d, f) }

// host implements Stack.
type host struct {
	Sockets
	stack *stack.Stack
	link  *channel.Endpoint
	ip    int
}

func open(start *Start, answer *Answer) (Stack, error) {
	random := rand.New(rand.NewSource(int64(start.Seed)))
	gvisorrand.Reader = random                            // IP identifications come from there
	time := &clock{VirtualClock{Now: int64(time.Second)}} // the stack takes zero for "never"
	h := &host{link: channel.New(room, mtu, ""), ip: start.IP}
	h.Sockets = Sockets{Clock: &time.VirtualClock, Open: h.socket, Settle: h.settle}
	h.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		Clock:              time,
		HandleLocal:        true,
		RandSource:         random,
		SecureRNG:          random,
	})
	h.stack.Pause()
	h.stack.SetICMPLimit(rate.Inf)
	h.stack.CreateNIC(linkNIC, h.link)
	h.stack.CreateNIC(otherNIC, channel.New(0, mtu, ""))
	if err := h.configure(start); err != nil {
		return nil, err
	}
	peer := parse(start.Peer)
	subnet := tcpip.AddressWithPrefix{Address: peer, PrefixLen: start.Prefix}.Subnet()
	for _, text := range start.Addresses {
		address, nic := tcpip.AddressWithPrefix{Address: parse(text), PrefixLen: start.Prefix}, tcpip.NICID(linkNIC)
		if !subnet.Contains(address.Address) && !header.IsV6LinkLocalUnicastAddress(address.Address) {
			nic = otherNIC
		}
		own := tcpip.ProtocolAddress{Protocol: protocols[len(address.Address)], AddressWithPrefix: address}
		if err := h.stack.AddProtocolAddress(nic, own, stack.AddressProperties{}); err != nil {
			return nil, fmt.Errorf("address %q: %v", text, err)
		}
	}
	h.stack.AddRoute(tcpip.Route{Destination: subnet, NIC: linkNIC})
	h.stack.AddRoute(tcpip.Route{Destination: header.IPv6LinkLocalPrefix.Subnet(), NIC: linkNIC})
	if start.Settings["DefaultRoute"] != false {
		h.stack.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, Gateway: peer, NIC: linkNIC})
		h.stack.AddRoute(tcpip.Route{Destination: header.IPv6EmptySubnet, Gateway: peer, NIC: linkNIC})
	}
	h.settle(answer)
	return h, nil
}

func parse(text string) tcpip.Address {
	address, _ := netip.ParseAddr(text)
	return tcpip.Address(address.AsSlice())
}

// protocols by the version of IP and by the octets of an address.
var protocols = map[int]tcpip.NetworkProtocolNumber{
	4: ipv4.ProtocolNumber, 6: ipv6.ProtocolNumber, header.IPv6AddressSize: ipv6.ProtocolNumber,
}

// settle carries on until nothing is runnable, and returns with TCP's goroutine held in Pause: that
// holds it when it has found its queue empty. Timers and blocked calls run on this goroutine.
func (h *host) settle(answer *Answer) {
	for moved := true; moved; {
		h.stack.Resume()
		h.stack.Pause()
		moved = h.Clock.Fire()
		if h.link.NumQueued() == room {
			Violation("the stack sent %d datagrams at once, more than the agent has room for", room)
		}
		for packet := h.link.Read(); !packet.IsNil(); packet = h.link.Read() {
			answer.Sent(packet.ToView().AsSlice())
			packet.DecRef()
		}
		moved = h.Retry(answer) || moved
	}
}

func (h *host) Datagram(octets []byte, answer *Answer) {
	version := h.ip
	if len(octets) > 0 && (octets[0]>>4 == 4 || octets[0]>>4 == 6) {
		version = int(octets[0] >> 4)
	}
	packet := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: bufferv2.MakeWithData(octets)})
	h.link.InjectInbound(protocols[version], packet)
	packet.DecRef()
	h.settle(answer)
}

// ReadState reads numbers out of the endpoint, which nobody else uses now.
func (h *host) ReadState(local Address, remote *Address) (string, map[string]int64) {
	id := stack.TransportEndpointID{LocalPort: uint16(local.Port), LocalAddress: parse(local.Host)}
	if remote != nil {
		id.RemotePort, id.RemoteAddress = uint16(remote.Port), parse(remote.Host)
	}
	found := h.stack.FindTransportEndpoint(protocols[len(id.LocalAddress)], tcp.ProtocolNumber, id, linkNIC)
	end, is := found.(tcpip.Endpoint)
	if !is || remote != nil && stateOf(end.State()) == "LISTEN" {
		return "CLOSED", nil
	}
	numbers := map[string]int64{}
	for name, at := range map[string]string{
		"snd.una": "snd SndUna", "snd.nxt": "snd SndNxt", "snd.wnd": "snd SndWnd", "rcv.nxt": "rcv RcvNxt", "iss": "h iss",
	} {
		part, field, _ := strings.Cut(at, " ")
		if held := reflect.ValueOf(end).Elem().FieldByName(part); !held.IsNil() {
			numbers[name] = int64(held.Elem().FieldByName(field).Uint())
		}
	}
	return stateOf(end.State()), numbers
}

var rfcNames = strings.NewReplacer("RCVD", "RECEIVED", "WAIT1", "WAIT-1", "WAIT2", "WAIT-2",
	"INITIAL", "CLOSED", "BOUND", "CLOSED", "CONNECTING", "CLOSED", "ERROR", "CLOSED")

// stateOf is the state's name in RFC 9293.
func stateOf(state uint32) string { return rfcNames.Replace(tcp.EndpointState(state).String()) }

func (h *host) ReadStats() map[string]int64 {
	tcp := h.stack.Stats().TCP
	runtime.GC() // the first round moves what pools hold aside, the second frees it
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return map[string]int64{"connections": int64(tcp.CurrentConnected.Value()),
		"sent": int64(tcp.SegmentsSent.Value()), "heap_octets": int64(memory.HeapAlloc)}
}
