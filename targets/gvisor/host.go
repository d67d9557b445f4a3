// SPDX-License-Identifier: GPL-2.0-or-later
// A host of its own: gVisor's stack, a link that takes down what it sends, and the tester's
// commands carried out until nothing is runnable.

package main

import (
	"fmt"
	"math/rand"
	"net"
	"reflect"
	"strings"
	"sync"

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

const (
	linkNIC  = 1 // the link to the tester
	otherNIC = 2 // where addresses of another network are; it leads nowhere
	mtu      = 1500
)

// host implements Stack.
type host struct {
	clock   *clock
	stack   *stack.Stack
	link    *link
	version int
	files   map[int]*file
	pending []*pending
}

// link is gVisor's channel endpoint with room for any number of datagrams.
type link struct {
	*channel.Endpoint
	mu   sync.Mutex
	sent [][]byte
}

// WritePackets implements stack.LinkEndpoint.
func (l *link) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, packet := range packets.AsSlice() {
		octets := packet.ToView()
		l.sent = append(l.sent, append([]byte(nil), octets.AsSlice()...))
		octets.Release()
	}
	return packets.Len(), nil
}

func (l *link) take() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent = nil
	return sent
}

// source is a seeded source that the stack's goroutine may share.
type source struct {
	mu sync.Mutex
	rand.Source
}

func (s *source) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Source.Int63()
}

// Read implements io.Reader, for what the stack takes for secure.
func (s *source) Read(octets []byte) (int, error) {
	for i := range octets {
		octets[i] = byte(s.Int63() >> 24)
	}
	return len(octets), nil
}

func openHost(start *Start, answer *Answer) (Stack, error) {
	random := &source{Source: rand.NewSource(start.Seed)}
	gvisorrand.Reader = random // IP identifications come from there
	h := &host{clock: newClock(), version: start.IP, files: map[int]*file{}}
	h.stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
		Clock:              h.clock,
		HandleLocal:        true,
		RandSource:         random,
		SecureRNG:          random,
	})
	if err := configure(h.stack, start.Settings); err != nil {
		return nil, err
	}
	h.link = &link{Endpoint: channel.New(0, mtu, "")}
	if err := h.stack.CreateNIC(linkNIC, h.link); err != nil {
		return nil, fmt.Errorf("link: %v", err)
	}
	if err := h.stack.CreateNIC(otherNIC, channel.New(0, mtu, "")); err != nil {
		return nil, fmt.Errorf("other interface: %v", err)
	}
	if err := h.number(start); err != nil {
		return nil, err
	}
	h.settle(answer)
	if answer.Events() > 0 {
		return nil, fmt.Errorf("the stack sent %d datagrams by itself", answer.Events())
	}
	return h, nil
}

// number gives the host its addresses and its routes.
func (h *host) number(start *Start) error {
	peer, err := parse(start.Peer)
	if err != nil {
		return err
	}
	subnet := tcpip.AddressWithPrefix{Address: peer, PrefixLen: start.Prefix}.Subnet()
	for _, text := range start.Addresses {
		address, err := parse(text)
		if err != nil {
			return err
		}
		nic := tcpip.NICID(linkNIC)
		if !subnet.Contains(address) && !header.IsV6LinkLocalUnicastAddress(address) {
			nic = otherNIC
		}
		failed := h.stack.AddProtocolAddress(nic, tcpip.ProtocolAddress{
			Protocol:          protocolOf(address),
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: address, PrefixLen: start.Prefix},
		}, stack.AddressProperties{})
		if failed != nil {
			return fmt.Errorf("address %s: %v", text, failed)
		}
	}
	routes := []tcpip.Route{{Destination: subnet, NIC: linkNIC}}
	if start.IP == 6 {
		routes = append(routes, tcpip.Route{Destination: header.IPv6LinkLocalPrefix.Subnet(), NIC: linkNIC})
	}
	if start.Settings["default_route"] != false {
		all := header.IPv4EmptySubnet
		if start.IP == 6 {
			all = header.IPv6EmptySubnet
		}
		routes = append(routes, tcpip.Route{Destination: all, Gateway: peer, NIC: linkNIC})
	}
	h.stack.SetRouteTable(routes)
	return nil
}

func parse(text string) (tcpip.Address, error) {
	address := net.ParseIP(text)
	if address == nil {
		return "", fmt.Errorf("address %q, wanted an IP address", text)
	}
	if four := address.To4(); four != nil && !strings.Contains(text, ":") {
		return tcpip.Address(four), nil
	}
	return tcpip.Address(address), nil
}

func protocolOf(address tcpip.Address) tcpip.NetworkProtocolNumber {
	if len(address) == header.IPv4AddressSize {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

// configure sets what a manifest's settings name.
func configure(s *stack.Stack, settings map[string]any) error {
	sack, moderate := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)     // as runsc has it
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate) // as runsc has it
	s.SetOption(stack.TCPInvalidRateLimitOption(0))             // challenge ACKs: all of them
	s.SetICMPLimit(rate.Inf)
	_ = settings
	return nil
}

// settle carries on until nothing is runnable. The stack has one goroutine of its own, which takes
// segments off one queue: Pause returns when that has found the queue empty and waits. Timers that
// are due and blocked calls run here, on the agent's goroutine, so after a round without either
// there is nobody left to run.
func (h *host) settle(answer *Answer) {
	for moved := true; moved; {
		h.stack.Pause()
		h.stack.Resume()
		moved = h.clock.fire()
		for _, octets := range h.link.take() {
			answer.Sent(octets)
		}
		moved = h.retry(answer) || moved
	}
}

// Datagram implements Stack.
func (h *host) Datagram(octets []byte, answer *Answer) {
	protocol := header.IPv4ProtocolNumber
	if len(octets) > 0 && octets[0]>>4 == 6 || h.version == 6 && (len(octets) == 0 || octets[0]>>4 != 4) {
		protocol = header.IPv6ProtocolNumber
	}
	packet := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: bufferv2.MakeWithData(octets)})
	h.link.InjectInbound(protocol, packet)
	packet.DecRef()
	h.settle(answer)
}

// Advance implements Stack: from timer to timer, until something can be seen.
func (h *host) Advance(until int64, answer *Answer) {
	for answer.Events() == 0 {
		next := h.clock.next()
		if next == Never || next > until {
			h.clock.set(until)
			return
		}
		h.clock.set(next)
		h.settle(answer)
	}
}

// Idle implements Stack.
func (h *host) Idle() Idle {
	idle := Idle{Now: h.clock.Now().UnixNano(), Deadline: h.clock.next()}
	for _, p := range h.pending {
		idle.Blocked = append(idle.Blocked, p.call.ID)
	}
	return idle
}

// ReadState implements Stack. The numbers are read out of the endpoint: nothing runs meanwhile.
func (h *host) ReadState(local Address, remote *Address) (string, map[string]int64) {
	id := stack.TransportEndpointID{LocalPort: uint16(local.Port)}
	id.LocalAddress, _ = parse(local.Host)
	if remote != nil {
		id.RemotePort = uint16(remote.Port)
		id.RemoteAddress, _ = parse(remote.Host)
	}
	found := h.stack.FindTransportEndpoint(protocolOf(id.LocalAddress), tcp.ProtocolNumber, id, linkNIC)
	endpoint, is := found.(tcpip.Endpoint)
	if !is {
		return "CLOSED", nil
	}
	state := tcp.EndpointState(endpoint.State())
	if remote != nil && state == tcp.StateListen {
		return "CLOSED", nil
	}
	return stateName(state), numbers(endpoint)
}

func stateName(state tcp.EndpointState) string {
	switch name := state.String(); name {
	case "SYN-RCVD":
		return "SYN-RECEIVED"
	case "FIN-WAIT1":
		return "FIN-WAIT-1"
	case "FIN-WAIT2":
		return "FIN-WAIT-2"
	case "INITIAL", "BOUND", "CONNECTING", "ERROR":
		return "CLOSED"
	default:
		return name
	}
}

func numbers(endpoint tcpip.Endpoint) map[string]int64 {
	found := map[string]int64{}
	fields := reflect.ValueOf(endpoint).Elem()
	for name, path := range map[string][2]string{
		"snd.una": {"snd", "SndUna"}, "snd.nxt": {"snd", "SndNxt"}, "snd.wnd": {"snd", "SndWnd"},
		"rcv.nxt": {"rcv", "RcvNxt"}, "iss": {"h", "iss"},
	} {
		if part := fields.FieldByName(path[0]); !part.IsNil() {
			found[name] = int64(part.Elem().FieldByName(path[1]).Uint())
		}
	}
	return found
}

// ReadStats implements Stack.
func (h *host) ReadStats() map[string]int64 {
	found := map[string]int64{"blocked_calls": int64(len(h.pending))}
	counters := reflect.ValueOf(h.stack.Stats().TCP)
	for i := 0; i < counters.NumField(); i++ {
		if counter, is := counters.Field(i).Interface().(*tcpip.StatCounter); is {
			found[counters.Type().Field(i).Name] = int64(counter.Value())
		}
	}
	return found
}
