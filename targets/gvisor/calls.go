// SPDX-License-Identifier: GPL-2.0-or-later
// Socket calls over tcpip.Endpoint, with the semantics of gVisor's own (pkg/sentry/socket/netstack
// and pkg/sentry/syscalls/linux), which need a whole kernel around them.

package main

import (
	"bytes"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/syserr"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// file is an open file description; references are descriptors and blocked calls.
type file struct {
	tcpip.Endpoint
	queue                  *waiter.Queue
	six, nonblocking       bool
	kind                   string
	references             int
	sendWithin, recvWithin time.Duration // 0: for ever
	closed                 bool
}

type reply struct {
	value int64
	errno string
	out   []Arg
}

// pending is a call on its way. again is tried whenever something has moved; nil: still blocked.
type pending struct {
	call   *Call
	again  func() *reply
	broken string // why it may not block any longer: EINTR, or EAGAIN after its time
	timer  tcpip.Timer
	held   []*file
}

// calls by name; each takes its arguments, and returns nil where it blocks with again set.
var calls = map[string]func(h *host, c *Call, p *pending) *reply{
	"socket": socket, "dup": withFile(dup), "close": closeFile, "fcntl": withFile(fcntl),
	"bind": withFile(bind), "listen": withFile(listen), "connect": withFile(connect),
	"accept": withFile(accept), "accept4": withFile(accept), "shutdown": withFile(shutdown),
	"send": withFile(send), "sendmsg": withFile(send), "recv": withFile(recv), "recvmsg": withFile(recv),
	"getsockname": withFile(name), "getpeername": withFile(name), "ioctl": withFile(ioctl),
	"setsockopt": withFile(setOption), "getsockopt": withFile(getOption), "poll": poll, "select": selects,
}

// Call implements Stack.
func (h *host) Call(c *Call, answer *Answer) {
	begin, known := calls[c.Name]
	if !known {
		answer.Return(c, -1, "ENOSYS-AGENT")
		return
	}
	p := &pending{call: c}
	if r := begin(h, c, p); r != nil {
		h.finish(p, r, answer)
	} else {
		h.pending = append(h.pending, p)
	}
	h.settle(answer)
}

// Cancel implements Stack.
func (h *host) Cancel(id int, answer *Answer) {
	for _, p := range h.pending {
		if p.call.ID == id {
			p.broken = "EINTR"
		}
	}
	h.settle(answer)
}

func (h *host) retry(answer *Answer) (moved bool) {
	blocked := h.pending
	h.pending = nil
	for _, p := range blocked {
		if r := p.again(); r != nil {
			h.finish(p, r, answer)
			moved = true
		} else {
			h.pending = append(h.pending, p)
		}
	}
	return
}

func (h *host) finish(p *pending, r *reply, answer *Answer) {
	if p.timer != nil {
		p.timer.Stop()
	}
	for _, f := range p.held {
		f.release()
	}
	answer.Return(p.call, r.value, r.errno, r.out...)
}

// hold keeps a file open for as long as the call is blocked.
func (p *pending) hold(f *file) {
	f.references++
	p.held = append(p.held, f)
}

func (p *pending) within(h *host, d time.Duration, broken string) {
	if d > 0 {
		p.timer = h.clock.AfterFunc(d, func() { p.broken = broken })
	}
}

// blocks is nil, or what a call returns that may not block any longer.
func (p *pending) blocks(done int, out ...Arg) *reply {
	if p.broken == "" {
		return nil
	}
	return partly(done, p.broken, out...)
}

func partly(done int, errno string, out ...Arg) *reply {
	if done > 0 || errno == "" {
		return &reply{int64(done), "", out}
	}
	return fail(errno)
}

func fail(errno string) *reply { return &reply{value: -1, errno: errno} }

// failed is the POSIX name of an error of the stack's, by gVisor's own translation.
func failed(err tcpip.Error) string {
	if number := syserr.TranslateNetstackError(err); number != nil && number.ToLinux() != 0 {
		return unix.ErrnoName(unix.Errno(number.ToLinux()))
	}
	return ""
}

func done(err tcpip.Error) *reply { return partly(0, failed(err)) }

func withFile(call func(*host, *Call, *pending, *file) *reply) func(*host, *Call, *pending) *reply {
	return func(h *host, c *Call, p *pending) *reply {
		if f, open := h.files[c.Int("fd")]; open {
			return call(h, c, p, f)
		}
		return fail("EBADF")
	}
}

func (h *host) descriptor(f *file, from int) *reply {
	fd := from
	for h.files[fd] != nil {
		fd++
	}
	h.files[fd] = f
	f.references++
	return &reply{value: int64(fd)}
}

func socket(h *host, c *Call, _ *pending) *reply {
	family, kind, protocol := c.Constant(), c.Flags(), c.Int("value")
	network, six := ipv4.ProtocolNumber, family == "AF_INET6"
	if six {
		network = ipv6.ProtocolNumber
	}
	f := &file{queue: &waiter.Queue{}, six: six, nonblocking: kind["SOCK_NONBLOCK"]}
	transport := tcp.ProtocolNumber
	switch {
	case family != "AF_INET" && !six:
		return fail("EAFNOSUPPORT")
	case kind["SOCK_STREAM"] && (protocol == 0 || protocol == unix.IPPROTO_TCP):
		f.kind = "SOCK_STREAM"
	case kind["SOCK_STREAM"]:
		return fail("EINVAL")
	case kind["SOCK_DGRAM"] && (protocol == 0 || protocol == unix.IPPROTO_UDP):
		f.kind, transport = "SOCK_DGRAM", udp.ProtocolNumber
	default:
		return fail("EPROTONOSUPPORT")
	}
	endpoint, err := h.stack.NewEndpoint(transport, network, f.queue)
	if err != nil {
		return done(err)
	}
	f.Endpoint = endpoint
	endpoint.SocketOptions().SetDelayOption(f.kind == "SOCK_STREAM")
	return h.descriptor(f, 3)
}

func dup(h *host, _ *Call, _ *pending, f *file) *reply { return h.descriptor(f, 3) }

// closeFile waits with SO_LINGER as gVisor does: until the endpoint says that it has ended.
func closeFile(h *host, c *Call, p *pending) *reply {
	fd := c.Int("fd")
	f, open := h.files[fd]
	if !open {
		return fail("EBADF")
	}
	delete(h.files, fd)
	ended := false
	entry := waiter.NewFunctionEntry(waiter.EventHUp|waiter.EventErr, func(waiter.EventMask) { ended = true })
	f.queue.EventRegister(&entry)
	f.release()
	linger := f.SocketOptions().GetLinger()
	p.again = func() *reply {
		if f.closed && !ended && p.broken == "" && linger.Enabled && linger.Timeout != 0 && f.kind == "SOCK_STREAM" {
			return nil
		}
		f.queue.EventUnregister(&entry)
		return &reply{}
	}
	p.within(h, linger.Timeout, "EAGAIN")
	return p.again()
}

func (f *file) release() {
	if f.references--; f.references == 0 {
		f.closed = true
		f.Close()
	}
}

func fcntl(h *host, c *Call, _ *pending, f *file) *reply {
	switch c.Constant() {
	case "F_GETFL":
		flags := []string{"O_RDWR"}
		if f.nonblocking {
			flags = append(flags, "O_NONBLOCK")
		}
		return &reply{out: []Arg{{"flags", flags}}}
	case "F_SETFL":
		f.nonblocking = c.Flags()["O_NONBLOCK"]
		return &reply{}
	case "F_DUPFD", "F_DUPFD_CLOEXEC":
		return h.descriptor(f, c.Int("value"))
	}
	return fail("ENOSYS-AGENT")
}

func ioctl(_ *host, c *Call, _ *pending, f *file) *reply {
	switch request := c.Constant(); request {
	case "FIONBIO":
		f.nonblocking = c.Int("value") != 0
		return &reply{}
	case "FIONREAD", "SIOCINQ", "SIOCOUTQ", "TIOCOUTQ":
		option := tcpip.ReceiveQueueSizeOption
		if strings.HasSuffix(request, "OUTQ") {
			option = tcpip.SendQueueSizeOption
		}
		octets, err := f.GetSockOptInt(option)
		return partly(0, failed(err), Arg{"value", octets})
	}
	return fail("ENOTTY")
}

// full reads an address argument as socket.AddressAndFamily does.
func (f *file) full(a Address) (full tcpip.FullAddress, six bool) {
	text, scope, _ := strings.Cut(a.Host, "%")
	address, err := parse(text)
	if err != nil {
		Violation("%v", err)
	}
	six = len(address) == header.IPv6AddressSize
	full = tcpip.FullAddress{Addr: address, Port: uint16(a.Port)}
	if six && header.IsV6LinkLocalUnicastAddress(address) {
		nic, _ := strconv.Atoi(scope)
		full.NIC = tcpip.NICID(nic)
	}
	if strings.Trim(string(address), "\x00") == "" {
		full.Addr = ""
		if f.six && !six {
			full.Addr = header.IPv4Any
			full.Addr = tcpip.Address(net.IP(full.Addr).To16())
		}
	}
	return
}

// tell writes an address as socket.ConvertAddress does, into room of that many octets.
func (f *file) tell(c *Call, full tcpip.FullAddress) []Arg {
	host, size := net.IP(full.Addr).String(), 16
	if f.six {
		size = 28
	}
	switch {
	case full.Addr == "" && f.six:
		host = "::"
	case full.Addr == "":
		host = "0.0.0.0"
	case f.six && net.IP(full.Addr).To4() != nil:
		host = "::ffff:" + host
	case f.six && header.IsV6LinkLocalUnicastAddress(full.Addr):
		host += "%" + strconv.Itoa(int(full.NIC))
	}
	told := []Arg{{"address", Address{host, int(full.Port)}}, {"length", size}}
	if !c.Has("length") {
		if c.Name == "accept" || c.Name == "accept4" {
			return told[:1]
		}
		return told
	}
	switch room := c.Int("length"); {
	case room == 0 && c.Name != "getsockname" && c.Name != "getpeername":
		return nil
	case room < size:
		return told[1:]
	}
	return told
}

func bind(_ *host, c *Call, _ *pending, f *file) *reply {
	full, six := f.full(c.Address())
	if six != f.six {
		return fail("EAFNOSUPPORT")
	}
	err := f.Bind(full)
	if _, none := err.(*tcpip.ErrNoPortAvailable); none {
		err = &tcpip.ErrPortInUse{}
	}
	return done(err)
}

func listen(_ *host, c *Call, _ *pending, f *file) *reply {
	backlog := uint32(c.Int("length"))
	if backlog > 1024 {
		backlog = 1024
	}
	return done(f.Listen(int(backlog) + 1)) // one more, as sys_socket.go has it
}

func connect(_ *host, c *Call, p *pending, f *file) *reply {
	full, six := f.full(c.Address())
	if six && !f.six || !six && f.six && f.SocketOptions().GetV6Only() {
		return fail("EINVAL")
	}
	err := f.Connect(full)
	if f.nonblocking {
		return done(err)
	}
	switch err.(type) {
	case *tcpip.ErrConnectStarted, *tcpip.ErrAlreadyConnecting:
	case *tcpip.ErrNoPortAvailable:
		return fail("EADDRNOTAVAIL")
	default:
		return done(err)
	}
	p.hold(f)
	p.again = func() *reply {
		if f.Readiness(waiter.WritableEvents) == 0 {
			return p.blocks(0)
		}
		return done(f.Connect(full))
	}
	return p.again()
}

func accept(h *host, c *Call, p *pending, f *file) *reply {
	flags := c.Flags()
	p.again = func() *reply {
		var peer tcpip.FullAddress
		endpoint, queue, err := f.Accept(&peer)
		if _, empty := err.(*tcpip.ErrWouldBlock); empty && !f.nonblocking {
			return p.blocks(0)
		}
		if err != nil {
			return done(err)
		}
		endpoint.SocketOptions().SetDelayOption(true)
		r := h.descriptor(&file{
			Endpoint: endpoint, queue: queue, six: f.six, kind: f.kind, nonblocking: flags["SOCK_NONBLOCK"],
		}, 3)
		r.out = f.tell(c, peer)
		return r
	}
	r := p.again()
	if r == nil {
		p.hold(f)
	}
	return r
}

func shutdown(_ *host, c *Call, _ *pending, f *file) *reply {
	how, known := map[string]tcpip.ShutdownFlags{
		"SHUT_RD": tcpip.ShutdownRead, "SHUT_WR": tcpip.ShutdownWrite,
		"SHUT_RDWR": tcpip.ShutdownRead | tcpip.ShutdownWrite,
	}[c.Constant()]
	if !known {
		return fail("EINVAL")
	}
	return done(f.Shutdown(how))
}

func name(_ *host, c *Call, _ *pending, f *file) *reply {
	full, err := f.GetLocalAddress()
	if c.Name == "getpeername" {
		full, err = f.GetRemoteAddress()
	}
	if err != nil {
		return done(err)
	}
	return &reply{out: f.tell(c, full)}
}

func only(flags map[string]bool, known string) bool {
	for flag := range flags {
		if !strings.Contains(known, flag) {
			return false
		}
	}
	return true
}

func send(h *host, c *Call, p *pending, f *file) *reply {
	data, flags := bytes.NewReader(c.Octets()), c.Flags()
	if c.Name == "sendmsg" && !only(flags, "MSG_DONTWAIT MSG_EOR MSG_MORE MSG_NOSIGNAL") {
		return fail("EINVAL")
	}
	options := tcpip.WriteOptions{More: flags["MSG_MORE"], EndOfRecord: flags["MSG_EOR"]}
	if c.Has("address") {
		full, six := f.full(c.Address())
		if six && !f.six {
			return fail("EINVAL")
		}
		options.To = &full
	}
	total := 0
	p.again = func() *reply {
		n, err := f.Write(data, options)
		total += int(n)
		_, full := err.(*tcpip.ErrWouldBlock)
		if flags["MSG_DONTWAIT"] || f.nonblocking || !full && (err != nil || data.Len() == 0) {
			return partly(total, failed(err))
		}
		return p.blocks(total)
	}
	r := p.again()
	if r == nil {
		p.hold(f)
		p.within(h, f.sendWithin, "EAGAIN")
	}
	return r
}

func recv(h *host, c *Call, p *pending, f *file) *reply {
	room, flags := c.Int("length"), c.Flags()
	if !only(flags, "MSG_OOB MSG_DONTROUTE MSG_DONTWAIT MSG_NOSIGNAL MSG_WAITALL MSG_TRUNC MSG_CTRUNC MSG_PEEK MSG_CONFIRM") {
		return fail("EINVAL")
	}
	peek, wait := flags["MSG_PEEK"], !flags["MSG_DONTWAIT"] && !f.nonblocking
	var got bytes.Buffer
	result := func() []Arg {
		out := []Arg{{"octets", append([]byte{}, got.Bytes()...)}}
		if c.Name == "recvmsg" {
			out = append(out, Arg{"flags", []string{}})
		}
		return out
	}
	p.again = func() *reply {
		if peek {
			got.Reset()
		}
		read, err := f.Read(&tcpip.LimitedWriter{W: &got, N: int64(room - got.Len())}, tcpip.ReadOptions{Peek: peek})
		if _, bad := err.(*tcpip.ErrBadBuffer); bad && room == 0 {
			err = nil
		}
		if read.Count > 0 && !peek {
			f.ModerateRecvBuf(read.Count)
		}
		_, empty := err.(*tcpip.ErrWouldBlock)
		if wait && (empty || err == nil && flags["MSG_WAITALL"] && got.Len() < room) {
			return p.blocks(got.Len(), result()...)
		}
		return partly(got.Len(), failed(err), result()...)
	}
	r := p.again()
	if r == nil {
		p.hold(f)
		p.within(h, f.recvWithin, "EAGAIN")
	}
	return r
}

var events = map[string]waiter.EventMask{
	"POLLIN": waiter.EventIn, "POLLPRI": waiter.EventPri, "POLLOUT": waiter.EventOut,
	"POLLERR": waiter.EventErr, "POLLHUP": waiter.EventHUp,
	"POLLRDNORM": waiter.EventRdNorm, "POLLWRNORM": waiter.EventWrNorm,
}

func poll(h *host, c *Call, p *pending) *reply {
	var wanted [][2]any
	c.Take("pollfds", &wanted)
	p.again = func() *reply {
		ready := []any{}
		for _, pair := range wanted {
			fd, names := int(pair[0].(float64)), []string{}
			if f, open := h.files[fd]; open {
				for _, each := range append([]any{"POLLERR", "POLLHUP"}, pair[1].([]any)...) {
					if mask := events[each.(string)]; f.Readiness(mask)&mask != 0 {
						names = append(names, each.(string))
					}
				}
			} else if fd >= 0 {
				names = append(names, "POLLNVAL")
			}
			if len(names) > 0 {
				sort.Strings(names)
				ready = append(ready, []any{fd, names})
			}
		}
		return h.ready(p, len(ready), []Arg{{"pollfds", ready}})
	}
	return h.waiting(c, p)
}

func selects(h *host, c *Call, p *pending) *reply {
	masks := [3]waiter.EventMask{
		waiter.ReadableEvents | waiter.EventHUp | waiter.EventErr, waiter.WritableEvents | waiter.EventErr, waiter.EventPri,
	}
	var sets [3][]int
	for i := range sets {
		c.Take("fds", &sets[i])
	}
	p.again = func() *reply {
		count, out := 0, []Arg{}
		for i, set := range sets {
			ready := []int{}
			for _, fd := range set {
				f, open := h.files[fd]
				if !open {
					return fail("EBADF")
				}
				if f.Readiness(masks[i])&masks[i] != 0 {
					ready = append(ready, fd)
				}
			}
			count += len(ready)
			out = append(out, Arg{"fds", ready})
		}
		return h.ready(p, count, out)
	}
	return h.waiting(c, p)
}

func (h *host) ready(p *pending, count int, out []Arg) *reply {
	if count > 0 || p.broken == "EAGAIN" {
		return &reply{int64(count), "", out}
	}
	return p.blocks(0)
}

func (h *host) waiting(c *Call, p *pending) *reply {
	timeout := c.Int("timeout")
	if timeout == 0 {
		p.broken = "EAGAIN"
	}
	p.within(h, time.Duration(timeout)*time.Millisecond, "EAGAIN")
	return p.again()
}
