// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets over tcpip.Endpoint and their options, as gVisor's own have them (pkg/sentry/socket/netstack
// and pkg/sentry/syscalls/linux, which want a whole kernel around them); and the stack's options.

package main

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/syserr"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// endpoint implements Endpoint.
type endpoint struct {
	tcpip.Endpoint
	queue *waiter.Queue
	six   bool
}

// errno is the POSIX name of an error of the stack's, by gVisor's own translation.
func errno(err tcpip.Error) string {
	if told := syserr.TranslateNetstackError(err); told != nil {
		return unix.ErrnoName(unix.Errno(told.ToLinux()))
	}
	return ""
}

func (h *host) socket(family string, kind map[string]bool, protocol int) (Endpoint, string) {
	network, known := protocols[map[string]int{"AF_INET": 4, "AF_INET6": 6}[family]]
	switch {
	case !known:
		return nil, "EAFNOSUPPORT"
	case !kind["SOCK_STREAM"]:
		return nil, "EPROTONOSUPPORT"
	case protocol != 0 && protocol != unix.IPPROTO_TCP:
		return nil, "EINVAL"
	}
	queue := &waiter.Queue{}
	made, err := h.stack.NewEndpoint(tcp.ProtocolNumber, network, queue)
	if err != nil {
		return nil, errno(err)
	}
	made.SocketOptions().SetDelayOption(true)
	return &endpoint{made, queue, family == "AF_INET6"}, ""
}

// full is an address as socket.AddressAndFamily and mapFamily read it.
func (e *endpoint) full(address Address) (full tcpip.FullAddress, six bool) {
	ip, _ := netip.ParseAddr(address.Host)
	nic, _ := strconv.Atoi(ip.Zone())
	full = tcpip.FullAddress{NIC: tcpip.NICID(nic), Addr: tcpip.Address(ip.AsSlice()), Port: uint16(address.Port)}
	if mapped := ip.As16(); ip.IsUnspecified() && ip.Is4() && e.six {
		full.Addr = tcpip.Address(mapped[:])
	} else if ip.IsUnspecified() {
		full.Addr = ""
	}
	return full, ip.Is6()
}

// address is one as socket.ConvertAddress writes it.
func (e *endpoint) address(full tcpip.FullAddress) Address {
	ip, given := netip.AddrFromSlice([]byte(full.Addr))
	switch {
	case !given && e.six:
		ip = netip.IPv6Unspecified()
	case !given:
		ip = netip.IPv4Unspecified()
	case e.six:
		ip = netip.AddrFrom16(ip.As16())
	}
	if ip.IsLinkLocalUnicast() && ip.Is6() {
		ip = ip.WithZone(strconv.Itoa(int(full.NIC)))
	}
	return Address{ip.String(), int(full.Port)}
}

func (e *endpoint) Bind(address Address) string {
	full, six := e.full(address)
	if six != e.six {
		return "EAFNOSUPPORT"
	}
	return strings.Replace(errno(e.Endpoint.Bind(full)), "EAGAIN", "EADDRINUSE", 1)
}

func (e *endpoint) Listen(backlog int) string {
	return errno(e.Endpoint.Listen(1 + int(math.Min(float64(uint32(backlog)), 1024)))) // as sys_socket.go has it
}

func (e *endpoint) Accept(map[string]bool) (Endpoint, Address, string) {
	var peer tcpip.FullAddress
	accepted, queue, err := e.Endpoint.Accept(&peer)
	if err != nil {
		return nil, Address{}, errno(err)
	}
	accepted.SocketOptions().SetDelayOption(true)
	return &endpoint{accepted, queue, e.six}, e.address(peer), ""
}

func (e *endpoint) Connect(address Address) string {
	full, six := e.full(address)
	if six && !e.six || !six && e.six && e.SocketOptions().GetV6Only() {
		return "EINVAL"
	}
	return strings.Replace(errno(e.Endpoint.Connect(full)), "EAGAIN", "EADDRNOTAVAIL", 1)
}

func (e *endpoint) Send(data []byte, flags map[string]bool) (int, string) {
	options := tcpip.WriteOptions{More: flags["MSG_MORE"], EndOfRecord: flags["MSG_EOR"]}
	taken, err := e.Write(bytes.NewReader(data), options)
	return int(taken), errno(err)
}

func (e *endpoint) Recv(room int, flags map[string]bool) ([]byte, string) {
	var got bytes.Buffer
	into := &tcpip.LimitedWriter{W: &got, N: int64(room)}
	read, err := e.Read(into, tcpip.ReadOptions{Peek: flags["MSG_PEEK"]})
	if _, bad := err.(*tcpip.ErrBadBuffer); bad && room == 0 {
		err = nil
	}
	if read.Count > 0 && !flags["MSG_PEEK"] {
		e.ModerateRecvBuf(read.Count)
	}
	return got.Bytes(), errno(err)
}

func (e *endpoint) Shutdown(how string) string {
	ways := map[string]tcpip.ShutdownFlags{"SHUT_RD": 1, "SHUT_WR": 2, "SHUT_RDWR": 3}
	if ways[how] == 0 {
		return "EINVAL"
	}
	return errno(e.Endpoint.Shutdown(ways[how]))
}

// Close lets close() wait, with SO_LINGER, until the endpoint tells that it has ended.
func (e *endpoint) Close() (within time.Duration, ended func() bool) {
	linger, over := e.SocketOptions().GetLinger(), false
	entry := waiter.NewFunctionEntry(waiter.EventHUp|waiter.EventErr, func(waiter.EventMask) { over = true })
	e.queue.EventRegister(&entry)
	e.Endpoint.Close()
	return linger.Timeout, func() bool { return over }
}

func (e *endpoint) Name(peer bool) (Address, string) {
	full, err := e.GetLocalAddress()
	if peer {
		full, err = e.GetRemoteAddress()
	}
	return e.address(full), errno(err)
}

func (e *endpoint) Ready(event string) bool {
	mask := waiter.EventMask(PollBits[event])
	return e.Readiness(mask)&mask != 0
}

func (e *endpoint) Ioctl(request string) ([]Arg, string) {
	if request != "FIONREAD" {
		return nil, "ENOTTY"
	}
	octets, err := e.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	return []Arg{{"value", octets}}, errno(err)
}

type so = tcpip.SocketOptions

// option is one whose value is a number between two bounds; set nil: it can only be read.
type option struct {
	low, high int
	get       func(e *endpoint) (int, tcpip.Error)
	set       func(e *endpoint, value int) tcpip.Error
}

var options = map[string]option{
	"SOL_SOCKET SO_REUSEADDR":        flag((*so).GetReuseAddress, (*so).SetReuseAddress),
	"SOL_SOCKET SO_REUSEPORT":        flag((*so).GetReusePort, (*so).SetReusePort),
	"SOL_SOCKET SO_KEEPALIVE":        flag((*so).GetKeepAlive, (*so).SetKeepAlive),
	"SOL_SOCKET SO_OOBINLINE":        flag((*so).GetOutOfBandInline, (*so).SetOutOfBandInline),
	"SOL_SOCKET SO_SNDBUF":           buffer((*so).GetSendBufferSize, (*so).SetSendBufferSize, (*so).SendBufferLimits),
	"SOL_SOCKET SO_RCVBUF":           buffer((*so).GetReceiveBufferSize, (*so).SetReceiveBufferSize, (*so).ReceiveBufferLimits),
	"SOL_SOCKET SO_TYPE":             {get: func(*endpoint) (int, tcpip.Error) { return unix.SOCK_STREAM, nil }},
	"SOL_SOCKET SO_ACCEPTCONN":       {get: func(e *endpoint) (int, tcpip.Error) { return truth(stateOf(e.State()) == "LISTEN"), nil }},
	"IPPROTO_TCP TCP_CORK":           flag((*so).GetCorkOption, (*so).SetCorkOption),
	"IPPROTO_TCP TCP_QUICKACK":       flag((*so).GetQuickAck, (*so).SetQuickAck),
	"IPPROTO_TCP TCP_NODELAY":        flag(func(o *so) bool { return !o.GetDelayOption() }, func(o *so, on bool) { o.SetDelayOption(!on) }),
	"IPPROTO_TCP TCP_MAXSEG":         number(tcpip.MaxSegOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_SYNCNT":         number(tcpip.TCPSynCountOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_WINDOW_CLAMP":   number(tcpip.TCPWindowClampOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_KEEPCNT":        number(tcpip.KeepaliveCountOption, 1, 127),
	"IPPROTO_TCP TCP_KEEPIDLE":       lasting(new(tcpip.KeepaliveIdleOption), time.Second, 1, 32767),
	"IPPROTO_TCP TCP_KEEPINTVL":      lasting(new(tcpip.KeepaliveIntervalOption), time.Second, 1, 32767),
	"IPPROTO_TCP TCP_USER_TIMEOUT":   lasting(new(tcpip.TCPUserTimeoutOption), time.Millisecond, 0, 1<<31-1),
	"IPPROTO_TCP TCP_LINGER2":        lasting(new(tcpip.TCPLingerTimeoutOption), time.Second, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_DEFER_ACCEPT":   lasting(new(tcpip.TCPDeferAcceptOption), time.Second, 0, 1<<31-1),
	"IPPROTO_IP IP_TOS":              number(tcpip.IPv4TOSOption, -1<<31, 1<<31-1),
	"IPPROTO_IP IP_TTL":              number(tcpip.IPv4TTLOption, 1, 255),
	"IPPROTO_IP IP_RECVERR":          flag((*so).GetIPv4RecvError, (*so).SetIPv4RecvError),
	"IPPROTO_IPV6 IPV6_TCLASS":       number(tcpip.IPv6TrafficClassOption, 0, 255),
	"IPPROTO_IPV6 IPV6_UNICAST_HOPS": number(tcpip.IPv6HopLimitOption, -1, 255),
	"IPPROTO_IPV6 IPV6_RECVERR":      flag((*so).GetIPv6RecvError, (*so).SetIPv6RecvError),
	"IPPROTO_IPV6 IPV6_V6ONLY":       flag((*so).GetV6Only, (*so).SetV6Only),
}

func flag(get func(*so) bool, set func(*so, bool)) option {
	return option{-1 << 31, 1<<31 - 1,
		func(e *endpoint) (int, tcpip.Error) { return truth(get(e.SocketOptions())), nil },
		func(e *endpoint, value int) tcpip.Error { set(e.SocketOptions(), value != 0); return nil }}
}

func number(which tcpip.SockOptInt, low, high int) option {
	return option{low, high,
		func(e *endpoint) (int, tcpip.Error) { return e.GetSockOptInt(which) },
		func(e *endpoint, value int) tcpip.Error { return e.SetSockOptInt(which, value) }}
}

// buffer doubles what is asked for, within the stack's limits.
func buffer(get func(*so) int64, set func(*so, int64, bool), limits func(*so) (int64, int64)) option {
	return option{-1 << 31, 1<<31 - 1,
		func(e *endpoint) (int, tcpip.Error) { return int(get(e.SocketOptions())), nil },
		func(e *endpoint, value int) tcpip.Error {
			low, high := limits(e.SocketOptions())
			size := math.Max(float64(low), 2*math.Min(float64(uint32(value)), float64(high)))
			set(e.SocketOptions(), int64(size), true)
			return nil
		}}
}

// lasting is an option that is a time.
func lasting(o any, unit time.Duration, low, high int) option {
	held := reflect.ValueOf(o).Elem()
	return option{low, high,
		func(e *endpoint) (int, tcpip.Error) {
			err := e.GetSockOpt(o.(tcpip.GettableSocketOption))
			return int(held.Int()) / int(unit), err
		},
		func(e *endpoint, value int) tcpip.Error {
			held.SetInt(int64(value) * int64(unit))
			return e.SetSockOpt(o.(tcpip.SettableSocketOption))
		}}
}

// SetOption takes what it does not know for done, as gVisor does.
func (e *endpoint) SetOption(level, name string, value int) string {
	o := options[level+" "+name]
	switch {
	case name == "SO_LINGER":
		e.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: value >= 0, Timeout: time.Duration(value) * time.Second})
		return ""
	case o.set == nil:
		return ""
	case value == -1 && (name == "IP_TTL" || name == "IPV6_TCLASS"):
		value = 0 // the default
	case value < o.low || value > o.high || name == "IPV6_V6ONLY" && tcp.EndpointState(e.State()) != tcp.StateInitial:
		return "EINVAL"
	}
	return errno(o.set(e, value))
}

func (e *endpoint) GetOption(level, name string) ([]Arg, string) {
	o, known := options[level+" "+name]
	switch {
	case name == "SO_LINGER":
		linger := e.SocketOptions().GetLinger()
		return []Arg{{"linger", [2]int{truth(linger.Enabled), int(linger.Timeout / time.Second)}}}, ""
	case name == "SO_ERROR":
		number, err := 0, e.SocketOptions().GetLastError()
		if err != nil {
			number = int(syserr.TranslateNetstackError(err).ToLinux())
		}
		return []Arg{{"value", number}, {"name", errno(err)}}, ""
	case name == "TCP_INFO":
		return []Arg{{"state", map[string]any{"state": stateOf(e.State())}}}, ""
	case !known:
		return nil, "ENOPROTOOPT"
	}
	value, err := o.get(e)
	return []Arg{{"value", value}}, errno(err)
}

// Options of the agent's own: ephemeral ports, first and last; whether a route leads off the link.
type (
	PortRange    [2]uint16
	DefaultRoute bool
)

// configure sets the options of the stack that settings name, by the names of their types.
func (h *host) configure(start *Start) error {
	given, refused := start.Fill(
		new(tcpip.TCPSACKEnabled), new(tcpip.TCPRecovery), new(tcpip.TCPModerateReceiveBufferOption),
		new(tcpip.CongestionControlOption), new(tcpip.TCPAlwaysUseSynCookies), new(tcpip.TCPTimeWaitReuseOption),
		new(tcpip.TCPTimeWaitTimeoutOption), new(tcpip.TCPLingerTimeoutOption), new(tcpip.TCPMinRTOOption),
		new(tcpip.TCPMaxRetriesOption), new(tcpip.TCPReceiveBufferSizeRangeOption),
		new(tcpip.TCPSendBufferSizeRangeOption), new(stack.TCPInvalidRateLimitOption), new(PortRange), new(DefaultRoute))
	for _, option := range given {
		var err tcpip.Error
		switch o := option.(type) {
		case tcpip.SettableTransportProtocolOption:
			err = h.stack.SetTransportProtocolOption(tcp.ProtocolNumber, o)
		case *stack.TCPInvalidRateLimitOption:
			err = h.stack.SetOption(*o)
		case *PortRange:
			err = h.stack.SetPortRange(o[0], o[1])
		}
		if err != nil {
			return fmt.Errorf("%T: %v", option, err)
		}
	}
	return refused
}
