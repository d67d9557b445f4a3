// SPDX-License-Identifier: GPL-2.0-or-later
// Options: those of sockets, with the bounds that pkg/sentry/socket/netstack sets them, and those of
// the stack.

package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/syserr"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

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
	"SOL_SOCKET SO_ERROR":            {get: lastError},
	"IPPROTO_TCP TCP_CORK":           flag((*so).GetCorkOption, (*so).SetCorkOption),
	"IPPROTO_TCP TCP_QUICKACK":       flag((*so).GetQuickAck, (*so).SetQuickAck),
	"IPPROTO_TCP TCP_NODELAY":        flag(func(o *so) bool { return !o.GetDelayOption() }, func(o *so, on bool) { o.SetDelayOption(!on) }),
	"IPPROTO_TCP TCP_MAXSEG":         number(tcpip.MaxSegOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_SYNCNT":         number(tcpip.TCPSynCountOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_WINDOW_CLAMP":   number(tcpip.TCPWindowClampOption, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_KEEPCNT":        number(tcpip.KeepaliveCountOption, 1, 127),
	"IPPROTO_TCP TCP_KEEPIDLE":       lasting[tcpip.KeepaliveIdleOption](time.Second, 1, 32767),
	"IPPROTO_TCP TCP_KEEPINTVL":      lasting[tcpip.KeepaliveIntervalOption](time.Second, 1, 32767),
	"IPPROTO_TCP TCP_USER_TIMEOUT":   lasting[tcpip.TCPUserTimeoutOption](time.Millisecond, 0, 1<<31-1),
	"IPPROTO_TCP TCP_LINGER2":        lasting[tcpip.TCPLingerTimeoutOption](time.Second, -1<<31, 1<<31-1),
	"IPPROTO_TCP TCP_DEFER_ACCEPT":   lasting[tcpip.TCPDeferAcceptOption](time.Second, 0, 1<<31-1),
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
			if size := 2 * int64(uint32(value)); size < 2*high {
				high = size / 2
			}
			if high *= 2; high < low {
				high = low
			}
			set(e.SocketOptions(), high, true)
			return nil
		}}
}

func lasting[T ~int64, P interface {
	*T
	tcpip.GettableSocketOption
	tcpip.SettableSocketOption
}](unit time.Duration, low, high int) option {
	return option{low, high,
		func(e *endpoint) (int, tcpip.Error) {
			var value T
			err := e.GetSockOpt(P(&value))
			return int(time.Duration(value) / unit), err
		},
		func(e *endpoint, value int) tcpip.Error {
			option := T(time.Duration(value) * unit)
			return e.SetSockOpt(P(&option))
		}}
}

func lastError(e *endpoint) (int, tcpip.Error) {
	if err := e.SocketOptions().GetLastError(); err != nil {
		return int(syserr.TranslateNetstackError(err).ToLinux()), nil
	}
	return 0, nil
}

// SetOption takes what it does not know for done, as gVisor does.
func (e *endpoint) SetOption(level, name string, call *Call) string {
	o, value := options[level+" "+name], 0
	if name == "SO_LINGER" {
		var linger [2]int
		call.Take("linger", &linger)
		e.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: linger[0] != 0, Timeout: time.Duration(linger[1]) * time.Second})
	} else if call.Has("value") {
		value = call.Int("value")
	} else if octets := call.Octets(); len(octets) < 4 {
		return "EINVAL"
	} else {
		value = int(int32(binary.LittleEndian.Uint32(octets)))
	}
	switch {
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
	case name == "TCP_INFO":
		return []Arg{{"state", map[string]any{"state": stateOf(e.State())}}}, ""
	case !known:
		return nil, "ENOPROTOOPT"
	}
	value, err := o.get(e)
	if name == "IP_TTL" && value == 0 || name == "IPV6_UNICAST_HOPS" && value == -1 {
		value = 64
	}
	out := []Arg{{"value", value}, {"name", unix.ErrnoName(unix.Errno(value))}}
	return out[:1+truth(name == "SO_ERROR")], errno(err)
}

// PortRange is that of ephemeral ports, first and last.
type PortRange [2]uint16

// configure sets the stack's options; each setting has the name of an option's type.
func (h *host) configure(settings map[string]any) error {
	known := map[string]any{"default_route": nil}
	for _, option := range []any{
		new(tcpip.TCPSACKEnabled), new(tcpip.TCPRecovery), new(tcpip.TCPModerateReceiveBufferOption),
		new(tcpip.CongestionControlOption), new(tcpip.TCPAlwaysUseSynCookies), new(tcpip.TCPTimeWaitReuseOption),
		new(tcpip.TCPTimeWaitTimeoutOption), new(tcpip.TCPLingerTimeoutOption), new(tcpip.TCPMinRTOOption),
		new(tcpip.TCPMaxRetriesOption), new(tcpip.TCPReceiveBufferSizeRangeOption),
		new(tcpip.TCPSendBufferSizeRangeOption), new(stack.TCPInvalidRateLimitOption), new(PortRange),
	} {
		known[reflect.TypeOf(option).Elem().Name()] = option
	}
	for name, value := range settings {
		option, is := known[name]
		text, _ := json.Marshal(value)
		if err := json.Unmarshal(text, &option); !is || err != nil {
			return fmt.Errorf("no setting %q with the value %s", name, text)
		}
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
			return fmt.Errorf("setting %q to %s: %v", name, text, err)
		}
	}
	return nil
}
