// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets over tcpip.Endpoint, as gVisor's own are (pkg/sentry/socket/netstack and
// pkg/sentry/syscalls/linux); those want a whole kernel around them.

package main

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/syserr"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
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
	network := map[string]tcpip.NetworkProtocolNumber{
		"AF_INET": ipv4.ProtocolNumber, "AF_INET6": ipv6.ProtocolNumber,
	}[family]
	switch {
	case network == 0:
		return nil, "EAFNOSUPPORT"
	case !kind["SOCK_STREAM"]:
		return nil, "ENOSYS-AGENT"
	case protocol != 0 && protocol != unix.IPPROTO_TCP:
		return nil, "EINVAL"
	}
	queue := &waiter.Queue{}
	made, err := h.stack.NewEndpoint(tcp.ProtocolNumber, network, queue)
	if err != nil {
		return nil, errno(err)
	}
	made.SocketOptions().SetDelayOption(true)
	return &endpoint{made, queue, network == ipv6.ProtocolNumber}, ""
}

// full is an address as socket.AddressAndFamily and mapFamily read it.
func (e *endpoint) full(address Address) (full tcpip.FullAddress, six bool) {
	text, scope, _ := strings.Cut(address.Host, "%")
	full = tcpip.FullAddress{Addr: parse(text), Port: uint16(address.Port)}
	six = len(full.Addr) == net.IPv6len
	if linkLocal(full.Addr) {
		nic, _ := strconv.Atoi(scope)
		full.NIC = tcpip.NICID(nic)
	}
	if net.IP(full.Addr).IsUnspecified() && (six || !e.six) {
		full.Addr = ""
	} else if !six && e.six && net.IP(full.Addr).IsUnspecified() {
		full.Addr = tcpip.Address(net.IPv4zero.To16())
	}
	return
}

// address is one as socket.ConvertAddress writes it.
func (e *endpoint) address(full tcpip.FullAddress) Address {
	ip := net.IP(full.Addr)
	host := ip.String()
	switch {
	case len(ip) == 0:
		host = [2]string{"0.0.0.0", "::"}[truth(e.six)]
	case e.six && ip.To4() != nil:
		host = "::ffff:" + host
	case linkLocal(full.Addr):
		host += "%" + strconv.Itoa(int(full.NIC))
	}
	return Address{host, int(full.Port)}
}

func (e *endpoint) Bind(address Address) string {
	full, six := e.full(address)
	if six != e.six {
		return "EAFNOSUPPORT"
	}
	err := e.Endpoint.Bind(full)
	if _, none := err.(*tcpip.ErrNoPortAvailable); none {
		return "EADDRINUSE"
	}
	return errno(err)
}

func (e *endpoint) Listen(backlog int) string {
	if backlog < 0 || backlog > 1024 {
		backlog = 1024
	}
	return errno(e.Endpoint.Listen(backlog + 1)) // one more, as sys_socket.go has it
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
	err := e.Endpoint.Connect(full)
	if _, none := err.(*tcpip.ErrNoPortAvailable); none {
		return "EADDRNOTAVAIL"
	}
	return errno(err)
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
	const read, write = tcpip.ShutdownRead, tcpip.ShutdownWrite
	ways := map[string]tcpip.ShutdownFlags{"SHUT_RD": read, "SHUT_WR": write, "SHUT_RDWR": read | write}
	if ways[how] == 0 {
		return "EINVAL"
	}
	return errno(e.Endpoint.Shutdown(ways[how]))
}

// Close lets close() wait, with SO_LINGER, until the endpoint tells that it has ended.
func (e *endpoint) Close() (within time.Duration, ended func() bool) {
	linger, over := e.SocketOptions().GetLinger(), false
	if linger.Enabled {
		within = linger.Timeout
	}
	entry := waiter.NewFunctionEntry(waiter.EventHUp|waiter.EventErr, func(waiter.EventMask) { over = true })
	e.queue.EventRegister(&entry)
	e.Endpoint.Close()
	return within, func() bool { return over }
}

func (e *endpoint) Name(peer bool) (Address, string) {
	ask := e.GetLocalAddress
	if peer {
		ask = e.GetRemoteAddress
	}
	full, err := ask()
	return e.address(full), errno(err)
}

func (e *endpoint) Ready(event string) bool {
	mask := map[string]waiter.EventMask{
		"POLLIN": waiter.EventIn, "POLLPRI": waiter.EventPri, "POLLOUT": waiter.EventOut,
		"POLLERR": waiter.EventErr, "POLLHUP": waiter.EventHUp,
		"POLLRDNORM": waiter.EventRdNorm, "POLLWRNORM": waiter.EventWrNorm,
	}[event]
	return e.Readiness(mask)&mask != 0
}

func (e *endpoint) Ioctl(request string) ([]Arg, string) {
	option, known := map[string]tcpip.SockOptInt{
		"FIONREAD": tcpip.ReceiveQueueSizeOption, "SIOCOUTQ": tcpip.SendQueueSizeOption,
	}[request]
	if !known {
		return nil, "ENOTTY"
	}
	octets, err := e.GetSockOptInt(option)
	return []Arg{{"value", octets}}, errno(err)
}
