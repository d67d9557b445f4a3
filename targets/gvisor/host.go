// SPDX-License-Identifier: GPL-2.0-or-later

// The agent for gVisor's network stack: a host with that stack, and the tester's commands carried
// out until nothing is runnable. README.md says how that is known.
package main

import (
	"fmt"
	"math/rand"
	"net"
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

const (
	linkNIC, otherNIC = 1, 2 // the link to the tester; where addresses of another network are
	mtu, room         = 1500, 1 << 16
)

func main() {
	runtime.GOMAXPROCS(1) // TCP then has one goroutine
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	hello := Hello{Name: "gVisor netstack", Version: version, Clock: "virtual", Calls: CallNames}
	os.Exit(Serve(Channel(), hello, open))
}

// clock is the stack's.
type clock struct{ VirtualClock }

func (c *clock) Now() time.Time { return time.Unix(0, c.VirtualClock.Now) }
func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(time.Duration(c.VirtualClock.Now))
}
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer { return c.After(d, f) }

// host implements Stack.
type host struct {
	clock   *clock
	stack   *stack.Stack
	link    *channel.Endpoint
	ip      int
	sockets Sockets
}

func open(start *Start, answer *Answer) (Stack, error) {
	random := rand.New(rand.NewSource(int64(start.Seed)))
	gvisorrand.Reader = random // IP identifications come from there
	h := &host{clock: &clock{}, link: channel.New(room, mtu, ""), ip: start.IP}
	h.clock.VirtualClock.Now = int64(time.Second) // the stack takes a time of zero for "never"
	h.sockets = Sockets{Clock: &h.clock.VirtualClock, Open: h.socket}
	h.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		Clock:              h.clock,
		HandleLocal:        true,
		RandSource:         random,
		SecureRNG:          random,
	})
	h.stack.Pause()
	h.stack.SetICMPLimit(rate.Inf)
	h.stack.CreateNIC(linkNIC, h.link)
	h.stack.CreateNIC(otherNIC, channel.New(0, mtu, ""))
	if err := h.configure(start.Settings); err != nil {
		return nil, err
	}
	peer := parse(start.Peer)
	subnet := tcpip.AddressWithPrefix{Address: peer, PrefixLen: start.Prefix}.Subnet()
	for _, text := range start.Addresses {
		address, nic := tcpip.AddressWithPrefix{Address: parse(text), PrefixLen: start.Prefix}, tcpip.NICID(linkNIC)
		if !subnet.Contains(address.Address) && !linkLocal(address.Address) {
			nic = otherNIC
		}
		own := tcpip.ProtocolAddress{Protocol: protocol(address.Address), AddressWithPrefix: address}
		if err := h.stack.AddProtocolAddress(nic, own, stack.AddressProperties{}); err != nil {
			return nil, fmt.Errorf("address %q: %v", text, err)
		}
	}
	h.stack.AddRoute(tcpip.Route{Destination: subnet, NIC: linkNIC})
	h.stack.AddRoute(tcpip.Route{Destination: header.IPv6LinkLocalPrefix.Subnet(), NIC: linkNIC})
	if start.Settings["default_route"] != false {
		h.stack.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, Gateway: peer, NIC: linkNIC})
		h.stack.AddRoute(tcpip.Route{Destination: header.IPv6EmptySubnet, Gateway: peer, NIC: linkNIC})
	}
	h.settle(answer)
	return h, nil
}

func parse(text string) tcpip.Address {
	address := net.ParseIP(text)
	if four := address.To4(); four != nil && !strings.Contains(text, ":") {
		return tcpip.Address(four)
	}
	return tcpip.Address(address)
}

func linkLocal(address tcpip.Address) bool {
	return len(address) == header.IPv6AddressSize && header.IsV6LinkLocalUnicastAddress(address)
}

func protocol(address tcpip.Address) tcpip.NetworkProtocolNumber {
	if len(address) == header.IPv4AddressSize {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

// settle carries on until nothing is runnable, and returns with TCP's goroutine held in Pause: that
// holds it when it has found its queue empty. Timers and blocked calls run on this goroutine.
func (h *host) settle(answer *Answer) {
	for moved := true; moved; {
		h.stack.Resume()
		h.stack.Pause()
		moved = h.clock.Fire()
		if h.link.NumQueued() == room {
			Violation("the stack sent %d datagrams at once, more than the agent has room for", room)
		}
		for packet := h.link.Read(); !packet.IsNil(); packet = h.link.Read() {
			answer.Sent(packet.ToView().AsSlice())
			packet.DecRef()
		}
		moved = h.sockets.Retry(answer) || moved
	}
}

func (h *host) Datagram(octets []byte, answer *Answer) {
	arrived, version := ipv4.ProtocolNumber, h.ip
	if len(octets) > 0 && (octets[0]>>4 == 4 || octets[0]>>4 == 6) {
		version = int(octets[0] >> 4)
	}
	if version == 6 {
		arrived = ipv6.ProtocolNumber
	}
	packet := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: bufferv2.MakeWithData(octets)})
	h.link.InjectInbound(arrived, packet)
	packet.DecRef()
	h.settle(answer)
}

func (h *host) Call(call *Call, answer *Answer) {
	h.sockets.Call(call, answer)
	h.settle(answer)
}

func (h *host) Cancel(id int, answer *Answer) {
	h.sockets.Cancel(id)
	h.settle(answer)
}

func (h *host) Advance(until int64, answer *Answer) {
	h.clock.Advance(until, answer, func() { h.settle(answer) })
}

func (h *host) Idle() Idle {
	return Idle{h.clock.VirtualClock.Now, h.clock.Next(), h.sockets.Blocked()}
}

// ReadState reads numbers out of the endpoint, which nobody else uses now.
func (h *host) ReadState(local Address, remote *Address) (string, map[string]int64) {
	id := stack.TransportEndpointID{LocalPort: uint16(local.Port), LocalAddress: parse(local.Host)}
	if remote != nil {
		id.RemotePort, id.RemoteAddress = uint16(remote.Port), parse(remote.Host)
	}
	found := h.stack.FindTransportEndpoint(protocol(id.LocalAddress), tcp.ProtocolNumber, id, linkNIC)
	end, is := found.(tcpip.Endpoint)
	if !is || remote != nil && stateOf(end.State()) == "LISTEN" {
		return "CLOSED", nil
	}
	numbers := map[string]int64{}
	for name, path := range map[string][2]string{
		"snd.una": {"snd", "SndUna"}, "snd.nxt": {"snd", "SndNxt"}, "snd.wnd": {"snd", "SndWnd"},
		"rcv.nxt": {"rcv", "RcvNxt"}, "iss": {"h", "iss"},
	} {
		if part := reflect.ValueOf(end).Elem().FieldByName(path[0]); !part.IsNil() {
			numbers[name] = int64(part.Elem().FieldByName(path[1]).Uint())
		}
	}
	return stateOf(end.State()), numbers
}

// stateOf is the state's name in RFC 9293.
func stateOf(state uint32) string {
	switch name := tcp.EndpointState(state).String(); name {
	case "SYN-RCVD":
		return "SYN-RECEIVED"
	case "FIN-WAIT1", "FIN-WAIT2":
		return name[:8] + "-" + name[8:]
	case "INITIAL", "BOUND", "CONNECTING", "ERROR":
		return "CLOSED"
	default:
		return name
	}
}

func (h *host) ReadStats() map[string]int64 {
	counters, numbers := reflect.ValueOf(h.stack.Stats().TCP), map[string]int64{}
	for i := 0; i < counters.NumField(); i++ {
		if counter, is := counters.Field(i).Interface().(*tcpip.StatCounter); is {
			numbers[counters.Type().Field(i).Name] = int64(counter.Value())
		}
	}
	return numbers
}
