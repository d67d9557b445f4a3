// SPDX-License-Identifier: GPL-2.0-or-later
// Socket options, with the bounds that pkg/sentry/socket/netstack sets them.

package main

import (
	"encoding/binary"
	"strings"
	"time"

	"gvisor.dev/gvisor/pkg/syserr"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// option is one whose value is a number.
type option struct {
	get func(f *file) (int, tcpip.Error)
	set func(f *file, value int) tcpip.Error
}

var options = map[string]option{
	"SO_REUSEADDR": flag((*tcpip.SocketOptions).GetReuseAddress, (*tcpip.SocketOptions).SetReuseAddress),
	"SO_REUSEPORT": flag((*tcpip.SocketOptions).GetReusePort, (*tcpip.SocketOptions).SetReusePort),
	"SO_BROADCAST": flag((*tcpip.SocketOptions).GetBroadcast, (*tcpip.SocketOptions).SetBroadcast),
	"SO_KEEPALIVE": flag((*tcpip.SocketOptions).GetKeepAlive, (*tcpip.SocketOptions).SetKeepAlive),
	"SO_OOBINLINE": flag((*tcpip.SocketOptions).GetOutOfBandInline, (*tcpip.SocketOptions).SetOutOfBandInline),
	"TCP_CORK":     flag((*tcpip.SocketOptions).GetCorkOption, (*tcpip.SocketOptions).SetCorkOption),
	"TCP_QUICKACK": flag((*tcpip.SocketOptions).GetQuickAck, (*tcpip.SocketOptions).SetQuickAck),
	"TCP_NODELAY": flag(
		func(o *tcpip.SocketOptions) bool { return !o.GetDelayOption() },
		func(o *tcpip.SocketOptions, on bool) { o.SetDelayOption(!on) },
	),
	"IP_RECVERR":   flag((*tcpip.SocketOptions).GetIPv4RecvError, (*tcpip.SocketOptions).SetIPv4RecvError),
	"IPV6_RECVERR": flag((*tcpip.SocketOptions).GetIPv6RecvError, (*tcpip.SocketOptions).SetIPv6RecvError),
	"IP_RECVTOS":   flag((*tcpip.SocketOptions).GetReceiveTOS, (*tcpip.SocketOptions).SetReceiveTOS),
	"IPV6_V6ONLY": {
		get: func(f *file) (int, tcpip.Error) { return truth(f.SocketOptions().GetV6Only()), nil },
		set: func(f *file, value int) tcpip.Error {
			if tcp.EndpointState(f.State()) != tcp.StateInitial {
				return &tcpip.ErrInvalidEndpointState{}
			}
			f.SocketOptions().SetV6Only(value != 0)
			return nil
		},
	},
	"TCP_MAXSEG":        number(tcpip.MaxSegOption, -1<<31, 1<<31-1, nil),
	"TCP_KEEPCNT":       number(tcpip.KeepaliveCountOption, 1, 127, nil),
	"TCP_SYNCNT":        number(tcpip.TCPSynCountOption, -1<<31, 1<<31-1, nil),
	"TCP_WINDOW_CLAMP":  number(tcpip.TCPWindowClampOption, -1<<31, 1<<31-1, nil),
	"IP_TTL":            number(tcpip.IPv4TTLOption, 1, 255, map[int]int{-1: 0, 0: 64}),
	"IPV6_UNICAST_HOPS": number(tcpip.IPv6HopLimitOption, -1, 255, map[int]int{-1: -1}),
	"IP_TOS":            number(tcpip.IPv4TOSOption, -1<<31, 1<<31-1, nil),
	"IPV6_TCLASS":       number(tcpip.IPv6TrafficClassOption, 0, 255, map[int]int{-1: 0}),
	"TCP_KEEPIDLE":      lasting[tcpip.KeepaliveIdleOption](time.Second, 1, 32767),
	"TCP_KEEPINTVL":     lasting[tcpip.KeepaliveIntervalOption](time.Second, 1, 32767),
	"TCP_USER_TIMEOUT":  lasting[tcpip.TCPUserTimeoutOption](time.Millisecond, 0, 1<<31-1),
	"TCP_LINGER2":       lasting[tcpip.TCPLingerTimeoutOption](time.Second, -1<<31, 1<<31-1),
	"TCP_DEFER_ACCEPT":  lasting[tcpip.TCPDeferAcceptOption](time.Second, -1<<31, 1<<31-1),
	"SO_SNDBUF": buffer((*tcpip.SocketOptions).GetSendBufferSize, (*tcpip.SocketOptions).SetSendBufferSize,
		(*tcpip.SocketOptions).SendBufferLimits),
	"SO_RCVBUF": buffer((*tcpip.SocketOptions).GetReceiveBufferSize, (*tcpip.SocketOptions).SetReceiveBufferSize,
		(*tcpip.SocketOptions).ReceiveBufferLimits),
	"SO_ERROR": {get: func(f *file) (int, tcpip.Error) {
		if err := f.SocketOptions().GetLastError(); err != nil {
			return int(syserr.TranslateNetstackError(err).ToLinux()), nil
		}
		return 0, nil
	}},
	"SO_ACCEPTCONN": {get: func(f *file) (int, tcpip.Error) {
		return truth(f.kind == "SOCK_STREAM" && tcp.EndpointState(f.State()) == tcp.StateListen), nil
	}},
	"SO_TYPE": {get: func(f *file) (int, tcpip.Error) {
		return map[string]int{"SOCK_STREAM": 1, "SOCK_DGRAM": 2}[f.kind], nil
	}},
}

func truth(on bool) int {
	if on {
		return 1
	}
	return 0
}

func flag(get func(*tcpip.SocketOptions) bool, set func(*tcpip.SocketOptions, bool)) option {
	return option{
		func(f *file) (int, tcpip.Error) { return truth(get(f.SocketOptions())), nil },
		func(f *file, value int) tcpip.Error { set(f.SocketOptions(), value != 0); return nil },
	}
}

// number is an option between two bounds; instead says what stands for some values, set or got.
func number(which tcpip.SockOptInt, low, high int, instead map[int]int) option {
	return option{
		func(f *file) (int, tcpip.Error) {
			value, err := f.GetSockOptInt(which)
			if value <= 0 && which == tcpip.IPv4TTLOption || value < 0 && which == tcpip.IPv6HopLimitOption {
				value = 64
			}
			return value, err
		},
		func(f *file, value int) tcpip.Error {
			if value == -1 && instead != nil {
				value = instead[-1]
			} else if value < low || value > high {
				return &tcpip.ErrInvalidOptionValue{}
			}
			return f.SetSockOptInt(which, value)
		},
	}
}

func lasting[T ~int64, P interface {
	*T
	tcpip.GettableSocketOption
	tcpip.SettableSocketOption
}](unit time.Duration, low, high int) option {
	return option{
		func(f *file) (int, tcpip.Error) {
			var value T
			err := f.GetSockOpt(P(&value))
			return int(time.Duration(value) / unit), err
		},
		func(f *file, value int) tcpip.Error {
			if value < low || value > high {
				return &tcpip.ErrInvalidOptionValue{}
			}
			option := T(time.Duration(value) * unit)
			return f.SetSockOpt(P(&option))
		},
	}
}

// buffer doubles what is asked for, within the stack's limits.
func buffer(
	get func(*tcpip.SocketOptions) int64,
	set func(*tcpip.SocketOptions, int64, bool),
	limits func(*tcpip.SocketOptions) (int64, int64),
) option {
	return option{
		func(f *file) (int, tcpip.Error) { return int(get(f.SocketOptions())), nil },
		func(f *file, value int) tcpip.Error {
			low, high := limits(f.SocketOptions())
			size := int64(uint32(value))
			if size > high {
				size = high
			}
			if size *= 2; size < low {
				size = low
			}
			set(f.SocketOptions(), size, true)
			return nil
		},
	}
}

// known says whether an option stands at this level.
func known(level, option string) bool {
	prefix, _, _ := strings.Cut(option, "_")
	return map[string]string{
		"SOL_SOCKET": "SO", "IPPROTO_TCP": "TCP", "SOL_TCP": "TCP", "IPPROTO_IP": "IP", "SOL_IP": "IP",
		"IPPROTO_IPV6": "IPV6", "SOL_IPV6": "IPV6",
	}[level] == prefix
}

// setOption takes what it does not know for done, as gVisor does.
func setOption(_ *host, c *Call, _ *pending, f *file) *reply {
	level, name := c.Constant(), c.Constant()
	if !known(level, name) {
		return &reply{}
	}
	switch name {
	case "SO_LINGER":
		var linger [2]int
		c.Take("linger", &linger)
		f.SocketOptions().SetLinger(tcpip.LingerOption{
			Enabled: linger[0] != 0, Timeout: time.Duration(linger[1]) * time.Second,
		})
		return &reply{}
	case "SO_SNDTIMEO":
		f.sendWithin = time.Duration(c.Int("timeout")) * time.Millisecond
		return &reply{}
	case "SO_RCVTIMEO":
		f.recvWithin = time.Duration(c.Int("timeout")) * time.Millisecond
		return &reply{}
	case "TCP_CONGESTION":
		value := tcpip.CongestionControlOption(c.Octets())
		return done(f.SetSockOpt(&value))
	}
	value := 0
	if c.Has("octets") {
		octets := c.Octets()
		if len(octets) < 4 {
			return fail("EINVAL")
		}
		value = int(int32(binary.LittleEndian.Uint32(octets)))
	} else {
		value = c.Int("value")
	}
	if o, is := options[name]; is && o.set != nil {
		return done(o.set(f, value))
	}
	return &reply{}
}

func getOption(_ *host, c *Call, _ *pending, f *file) *reply {
	level, name := c.Constant(), c.Constant()
	var out Arg
	switch o, is := options[name]; {
	case !known(level, name):
		return fail("ENOPROTOOPT")
	case is:
		value, err := o.get(f)
		if err != nil {
			return done(err)
		}
		out = Arg{"value", value}
	case name == "SO_LINGER":
		linger := f.SocketOptions().GetLinger()
		out = Arg{"linger", [2]int{truth(linger.Enabled), int(linger.Timeout / time.Second)}}
	case name == "SO_SNDTIMEO":
		out = Arg{"timeout", f.sendWithin.Milliseconds()}
	case name == "SO_RCVTIMEO":
		out = Arg{"timeout", f.recvWithin.Milliseconds()}
	case name == "TCP_CONGESTION":
		var value tcpip.CongestionControlOption
		if err := f.GetSockOpt(&value); err != nil {
			return done(err)
		}
		out = Arg{"octets", []byte(value)}
	default:
		return fail("ENOPROTOOPT")
	}
	return &reply{out: []Arg{out}}
}
