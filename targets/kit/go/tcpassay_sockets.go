// SPDX-License-Identifier: 0BSD
// Copyright (C) the tcpassay authors. Permission to use, copy, modify, and/or distribute this file
// for any purpose with or without fee is hereby granted; it comes without any warranty.

// Socket calls over endpoints that never wait, for agents whose stack has something like endpoints:
// descriptors, calls that block, time-outs, poll() and select(); and a virtual clock. It goes with
// tcpassay_agent.go. An agent implements Endpoint; its Stack embeds Sockets, which has Call, Cancel,
// Advance and Idle, and calls Retry whenever something may have moved.

package main

import (
	"encoding/binary"
	"encoding/json"
	"sort"
	"strings"
	"time"
)

// Endpoint is one socket of the stack's. Errors are POSIX names, "" for none; EAGAIN where a call
// would have to wait, which Sockets does.
type Endpoint interface {
	Bind(address Address) (errno string)
	Listen(backlog int) (errno string)
	Accept(flags map[string]bool) (accepted Endpoint, peer Address, errno string)
	// Connect fails with EINPROGRESS, and is called again when it is Ready for POLLOUT.
	Connect(address Address) (errno string)
	// Send may take a part, with or without an error.
	Send(data []byte, flags map[string]bool) (taken int, errno string)
	Recv(room int, flags map[string]bool) (data []byte, errno string)
	Shutdown(how string) (errno string)
	// Close may ask close() to wait: until ended says so, at most that long.
	Close() (within time.Duration, ended func() bool)
	Name(peer bool) (address Address, errno string)
	// Ready says whether an event such as POLLIN is there.
	Ready(event string) bool
	// SetOption: the value of SO_LINGER is in seconds, -1 for off.
	SetOption(level, name string, value int) (errno string)
	GetOption(level, name string) (value []Arg, errno string)
	Ioctl(request string) (value []Arg, errno string)
}

// Sockets are the descriptors of one process and the calls on them; most of a Stack.
type Sockets struct {
	Clock *VirtualClock
	// Settle carries on until nothing is runnable: the stack, timers that are due (Clock.Fire), and
	// calls that may return (Retry).
	Settle func(answer *Answer)
	// Open makes an endpoint, as socket() asks for it.
	Open func(family string, kind map[string]bool, protocol int) (endpoint Endpoint, errno string)

	files   map[int]*openFile
	pending []*pending
}

// openFile is an open file description; descriptors and blocked calls refer to it.
type openFile struct {
	Endpoint
	nonblocking            bool
	sendWithin, recvWithin time.Duration // 0: for ever
	references             int
	six                    bool
}

type reply struct {
	value int
	errno string
	out   []Arg
}

// pending is a call on its way; again is tried whenever something has moved, nil: it blocks.
type pending struct {
	*Call
	again func() *reply
	late  bool   // its time is up
	cut   string // EINTR: it was cancelled
	end   []func()
}

// CallNames are the calls that Sockets knows.
var CallNames = []string{
	"socket", "bind", "listen", "accept", "accept4", "connect", "send", "recv", "sendmsg", "recvmsg",
	"shutdown", "close", "dup", "fcntl", "ioctl", "getsockname", "getpeername", "setsockopt",
	"getsockopt", "poll", "select",
}

func fail(errno string) *reply { return &reply{value: -1, errno: errno} }

// partly is the reply of a call that stops, with an error or not, after having done so much.
func partly(done int, errno string, out ...Arg) *reply {
	if done > 0 || errno == "" {
		return &reply{done, "", out}
	}
	return fail(errno)
}

// Call implements Stack.
func (s *Sockets) Call(c *Call, answer *Answer) {
	p := &pending{Call: c}
	if r := s.begin(p); !s.ended(p, r, answer) {
		s.pending = append(s.pending, p)
	}
	s.Settle(answer)
}

// Retry lets calls return that can; whether one did.
func (s *Sockets) Retry(answer *Answer) (moved bool) {
	waiting := s.pending
	s.pending = nil
	for _, p := range waiting {
		if s.ended(p, p.again(), answer) {
			moved = true
		} else {
			s.pending = append(s.pending, p)
		}
	}
	return
}

// Cancel implements Stack.
func (s *Sockets) Cancel(id int, answer *Answer) {
	for _, p := range s.pending {
		if p.ID == id {
			p.cut = "EINTR"
		}
	}
	s.Settle(answer)
}

// Advance implements Stack: from timer to timer, until something can be seen.
func (s *Sockets) Advance(until int64, answer *Answer) {
	for answer.Events() == 0 {
		next := s.Clock.Next()
		if next == Never || next > until {
			s.Clock.Now = until
			return
		}
		s.Clock.Now = next
		s.Settle(answer)
	}
}

// Idle implements Stack.
func (s *Sockets) Idle() Idle {
	idle := Idle{Now: s.Clock.Now, Deadline: s.Clock.Next()}
	for _, p := range s.pending {
		idle.Blocked = append(idle.Blocked, p.ID)
	}
	return idle
}

func (s *Sockets) ended(p *pending, r *reply, answer *Answer) bool {
	if r == nil {
		return false
	}
	for _, end := range p.end {
		end()
	}
	answer.Return(p.Call, int64(r.value), r.errno, r.out...)
	return true
}

// blocks is nil for a call that may go on waiting, or else what it returns.
func (p *pending) blocks(done int, out ...Arg) *reply {
	switch {
	case p.cut != "":
		return partly(done, p.cut, out...)
	case p.late:
		return partly(done, "EAGAIN", out...)
	}
	return nil
}

// within ends the waiting after that time; 0 or less: it may last for ever.
func (s *Sockets) within(p *pending, d time.Duration) {
	if d > 0 {
		timer := s.Clock.After(d, func() { p.late = true })
		p.end = append(p.end, func() { timer.Stop() })
	}
}

func (s *Sockets) begin(p *pending) *reply {
	switch {
	case p.Name == "socket":
		return s.socket(p)
	case p.Name == "poll" || p.Name == "select":
		return s.poll(p)
	case !strings.Contains(" "+strings.Join(CallNames, " ")+" ", " "+p.Name+" "):
		return fail("ENOSYS-AGENT")
	}
	fd := p.Int("fd")
	f, open := s.files[fd]
	if !open {
		return fail("EBADF")
	}
	r := s.call(p, fd, f)
	if r == nil && p.Name != "close" {
		f.references++
		p.end = append(p.end, func() { f.release() })
	}
	return r
}

// call makes one on an open descriptor.
func (s *Sockets) call(p *pending, fd int, f *openFile) *reply {
	switch p.Name {
	case "bind":
		return partly(0, f.Bind(p.Address()))
	case "listen":
		return partly(0, f.Listen(p.Int("length")))
	case "shutdown":
		return partly(0, f.Shutdown(p.Constant()))
	case "dup":
		return s.descriptor(f, 3)
	case "close":
		return s.close(p, fd, f)
	case "accept", "accept4":
		return s.accept(p, f)
	case "connect":
		return s.connect(p, f)
	case "send", "sendmsg":
		return s.send(p, f)
	case "recv", "recvmsg":
		return s.recv(p, f)
	case "fcntl", "ioctl":
		return s.control(p, f)
	case "setsockopt", "getsockopt":
		return s.option(p, f)
	}
	address, errno := f.Name(p.Name == "getpeername")
	return partly(0, errno, f.told(p, address)...)
}

// descriptor gives a file the lowest free number.
func (s *Sockets) descriptor(f *openFile, from int) *reply {
	if s.files == nil {
		s.files = map[int]*openFile{}
	}
	for s.files[from] != nil {
		from++
	}
	s.files[from] = f
	f.references++
	return &reply{value: from}
}

func (f *openFile) release() (within time.Duration, ended func() bool) {
	if f.references--; f.references == 0 {
		within, ended = f.Close()
	}
	return
}

func (s *Sockets) socket(p *pending) *reply {
	family, kind := p.Constant(), p.Flags()
	endpoint, errno := s.Open(family, kind, p.Int("value"))
	if errno != "" {
		return fail(errno)
	}
	return s.descriptor(&openFile{Endpoint: endpoint, nonblocking: kind["SOCK_NONBLOCK"], six: family == "AF_INET6"}, 3)
}

func (s *Sockets) close(p *pending, fd int, f *openFile) *reply {
	delete(s.files, fd)
	within, ended := f.release()
	s.within(p, within)
	p.again = func() *reply {
		if within <= 0 || p.late || p.cut != "" || ended() {
			return &reply{}
		}
		return nil
	}
	return p.again()
}

func (s *Sockets) accept(p *pending, f *openFile) *reply {
	flags := p.Flags()
	p.again = func() *reply {
		accepted, peer, errno := f.Accept(flags)
		if errno == "EAGAIN" && !f.nonblocking {
			return p.blocks(0)
		}
		if errno != "" {
			return fail(errno)
		}
		r := s.descriptor(&openFile{Endpoint: accepted, nonblocking: flags["SOCK_NONBLOCK"], six: f.six}, 3)
		r.out = f.told(p, peer)
		return r
	}
	return p.again()
}

func (s *Sockets) connect(p *pending, f *openFile) *reply {
	address := p.Address()
	errno := f.Connect(address)
	if f.nonblocking || errno != "EINPROGRESS" && errno != "EALREADY" {
		return partly(0, errno)
	}
	p.again = func() *reply {
		if !f.Ready("POLLOUT") {
			return p.blocks(0)
		}
		return partly(0, f.Connect(address))
	}
	return p.again()
}

func (s *Sockets) send(p *pending, f *openFile) *reply {
	data, flags, total := p.Octets(), p.Flags(), 0
	p.again = func() *reply {
		taken, errno := f.Send(data[total:], flags)
		total += taken
		if !flags["MSG_DONTWAIT"] && !f.nonblocking && (errno == "EAGAIN" || errno == "" && total < len(data)) {
			return p.blocks(total)
		}
		return partly(total, errno)
	}
	s.within(p, f.sendWithin)
	return p.again()
}

func (s *Sockets) recv(p *pending, f *openFile) *reply {
	room, flags := p.Int("length"), p.Flags()
	wait, got := !flags["MSG_DONTWAIT"] && !f.nonblocking, []byte{}
	p.again = func() *reply {
		if flags["MSG_PEEK"] {
			got = got[:0]
		}
		data, errno := f.Recv(room-len(got), flags)
		got = append(got, data...)
		out := []Arg{{"octets", got}, {"flags", []string{}}}[:1+truth(p.Name == "recvmsg")]
		unfilled := errno == "" && flags["MSG_WAITALL"] && len(data) > 0 && len(got) < room
		if wait && (errno == "EAGAIN" || unfilled) {
			return p.blocks(len(got), out...)
		}
		return partly(len(got), errno, out...)
	}
	s.within(p, f.recvWithin)
	return p.again()
}

func (s *Sockets) control(p *pending, f *openFile) *reply {
	switch request := p.Constant(); request {
	case "F_GETFL":
		set := []string{"O_RDWR", "O_NONBLOCK"}
		return &reply{out: []Arg{{"flags", set[:1+truth(f.nonblocking)]}}}
	case "F_SETFL":
		f.nonblocking = p.Flags()["O_NONBLOCK"]
	case "FIONBIO":
		f.nonblocking = p.Int("value") != 0
	case "F_DUPFD", "F_DUPFD_CLOEXEC":
		return s.descriptor(f, p.Int("value"))
	default:
		if p.Name == "fcntl" {
			return fail("ENOSYS-AGENT")
		}
		value, errno := f.Ioctl(request)
		return partly(0, errno, value...)
	}
	return &reply{}
}

func (s *Sockets) option(p *pending, f *openFile) *reply {
	level, name := p.Constant(), p.Constant()
	within := map[string]*time.Duration{"SO_SNDTIMEO": &f.sendWithin, "SO_RCVTIMEO": &f.recvWithin}[name]
	switch {
	case within == nil && p.Name == "setsockopt":
		value, errno := p.value()
		if errno == "" {
			errno = f.SetOption(level, name, value)
		}
		return partly(0, errno)
	case within == nil:
		value, errno := f.GetOption(level, name)
		return partly(0, errno, value...)
	case p.Name == "setsockopt":
		*within = time.Duration(p.Int("timeout")) * time.Millisecond
		return &reply{}
	case *within <= 0:
		return &reply{out: []Arg{{"timeout", -1}}}
	}
	return &reply{out: []Arg{{"timeout", within.Milliseconds()}}}
}

// value is what setsockopt() sets: a number, also one in octets, or a struct linger.
func (p *pending) value() (value int, errno string) {
	switch {
	case p.Has("linger"):
		var linger [2]int
		p.Take("linger", &linger)
		if linger[0] == 0 {
			return -1, ""
		}
		return linger[1], ""
	case p.Has("octets"):
		octets := p.Octets()
		if len(octets) < 4 {
			return 0, "EINVAL"
		}
		return int(int32(binary.LittleEndian.Uint32(octets))), ""
	}
	return p.Int("value"), ""
}

// told is an address as a result, in the room that the call has for it.
func (f *openFile) told(p *pending, address Address) []Arg {
	size, accepting := 16+12*truth(f.six), strings.HasPrefix(p.Name, "accept")
	out := []Arg{{"address", address}, {"length", size}}
	if !p.Has("length") {
		return out[:2-truth(accepting)]
	}
	room := p.Int("length")
	if room == 0 && accepting {
		return nil
	}
	return out[truth(room < size):]
}

// PollBits are the events by name, as <poll.h> of Linux numbers them.
var PollBits = map[string]uint32{
	"POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4, "POLLERR": 8, "POLLHUP": 16, "POLLRDNORM": 64,
	"POLLRDBAND": 128, "POLLWRNORM": 256, "POLLWRBAND": 512, "POLLRDHUP": 8192,
}

// The events that select() looks for, a line for each of its sets.
var selectEvents = [3][]string{{"POLLIN", "POLLHUP", "POLLERR"}, {"POLLOUT", "POLLERR"}, {"POLLPRI"}}

func (s *Sockets) poll(p *pending) *reply {
	look := s.polled(p)
	if p.Name == "select" {
		look = s.selected(p)
	}
	timeout := p.Int("timeout")
	p.again = func() *reply {
		r := look()
		if r.value != 0 || timeout == 0 || p.late {
			return r
		}
		return p.blocks(0)
	}
	s.within(p, time.Duration(timeout)*time.Millisecond)
	return p.again()
}

func (s *Sockets) selected(p *pending) func() *reply {
	var sets [3][]int
	for i := range sets {
		p.Take("fds", &sets[i])
	}
	return func() *reply {
		r := &reply{}
		for i, set := range sets {
			found := []int{}
			for _, fd := range set {
				came, open := s.came(fd, selectEvents[i])
				if !open {
					return fail("EBADF")
				}
				if len(came) > 0 {
					found = append(found, fd)
				}
			}
			r.value, r.out = r.value+len(found), append(r.out, Arg{"fds", found})
		}
		return r
	}
}

func (s *Sockets) polled(p *pending) func() *reply {
	var asked [][2]json.RawMessage
	if p.Name == "poll" {
		p.Take("pollfds", &asked)
	}
	return func() *reply {
		told := []any{}
		for _, pair := range asked {
			var fd int
			var events []string
			if json.Unmarshal(pair[0], &fd) != nil || json.Unmarshal(pair[1], &events) != nil {
				Violation("call %d poll: pollfds hold [%s,%s]", p.ID, pair[0], pair[1])
			}
			came, open := s.came(fd, append(events, "POLLERR", "POLLHUP"))
			if !open && fd >= 0 {
				came = []string{"POLLNVAL"}
			}
			if len(came) > 0 {
				told = append(told, []any{fd, came})
			}
		}
		return &reply{value: len(told), out: []Arg{{"pollfds", told}}}
	}
}

func (s *Sockets) came(fd int, events []string) (came []string, open bool) {
	f, open := s.files[fd]
	for i := 0; open && i < len(events); i++ {
		if f.Ready(events[i]) {
			came = append(came, events[i])
		}
	}
	return
}

func truth(on bool) int {
	if on {
		return 1
	}
	return 0
}

// VirtualClock stands but for what Sockets.Advance does. Its timers fire one by one, those of one moment in the order in
// which they were set, on the goroutine that calls Fire. For one goroutine at a time.
type VirtualClock struct {
	Now    int64 // nanoseconds
	timers []*VirtualTimer
}

// VirtualTimer is one of its timers.
type VirtualTimer struct {
	clock *VirtualClock
	call  func()
	when  int64
}

// After sets a timer.
func (c *VirtualClock) After(d time.Duration, call func()) *VirtualTimer {
	t := &VirtualTimer{clock: c, call: call}
	t.Reset(d)
	return t
}

// Reset sets the timer anew.
func (t *VirtualTimer) Reset(d time.Duration) {
	t.Stop()
	c := t.clock
	t.when = c.Now
	if d > 0 {
		if t.when += int64(d); t.when < c.Now {
			t.when = 1<<63 - 1
		}
	}
	at := sort.Search(len(c.timers), func(i int) bool { return c.timers[i].when > t.when })
	c.timers = append(c.timers, nil)
	copy(c.timers[at+1:], c.timers[at:])
	c.timers[at] = t
}

// Stop says whether the timer was running.
func (t *VirtualTimer) Stop() bool {
	all := t.clock.timers
	at := sort.Search(len(all), func(i int) bool { return all[i].when >= t.when })
	for ; at < len(all) && all[at].when == t.when; at++ {
		if all[at] == t {
			t.clock.timers = append(all[:at], all[at+1:]...)
			return true
		}
	}
	return false
}

// Next is when the next timer is due, or Never.
func (c *VirtualClock) Next() int64 {
	if len(c.timers) == 0 {
		return Never
	}
	return c.timers[0].when
}

// Fire lets the next timer that is due by now run; false where there is none.
func (c *VirtualClock) Fire() bool {
	if len(c.timers) == 0 || c.timers[0].when > c.Now {
		return false
	}
	t := c.timers[0]
	c.timers = c.timers[1:]
	t.call()
	return true
}
