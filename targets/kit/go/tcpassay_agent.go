// SPDX-License-Identifier: 0BSD
// Copyright (C) the tcpassay authors. Permission to use, copy, modify, and/or distribute this file
// for any purpose with or without fee is hereby granted; it comes without any warranty.

// The Go side of tcpassay's agent protocol, version 1 (docs/targets.md, "The agent protocol").
//
// Put this file beside the agent's own, which implements Stack and calls
//
//	os.Exit(Serve(Channel(), Hello{Name: "mine", Version: "1.0", Clock: "virtual"}, open))
//
// Serve reads commands, hands each to the stack, and sends what the stack wrote into its Answer,
// with IDLE at the end. Everything happens on the goroutine that calls Serve. tcpassay_sockets.go,
// which may be left aside, has socket calls that block, and a virtual clock.

package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// ExitAgent is the exit status of an agent that gives up for a reason of its own.
const ExitAgent = 70

// Hello is what the agent says of itself. Clock is "virtual" or "real"; Calls and Capabilities
// may be left out.
type Hello struct {
	Protocol     int      `json:"protocol"`
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Clock        string   `json:"clock"`
	Capabilities []string `json:"capabilities,omitempty"`
	Calls        []string `json:"calls,omitempty"`
}

// Start is what the stack is to be.
type Start struct {
	Seed       uint64         `json:"seed"`
	IP         int            `json:"ip"`
	Addresses  []string       `json:"addresses"`
	Peer       string         `json:"peer"`
	Prefix     int            `json:"prefix"`
	Settings   map[string]any `json:"settings"`
	OwnProcess bool           `json:"own_process"`
}

// Fill sets those options that settings name, by the names of their types, and gives them in their
// order; each is a pointer. The error is a setting that is none of them, or has another value.
func (s *Start) Fill(options ...any) (given []any, err error) {
	for _, option := range options {
		value, named := s.Settings[reflect.TypeOf(option).Elem().Name()]
		if !named {
			continue
		}
		text, _ := json.Marshal(value)
		if err := json.Unmarshal(text, option); err != nil {
			return nil, fmt.Errorf("setting %T = %s: %v", option, text, err)
		}
		given = append(given, option)
	}
	if len(given) < len(s.Settings) {
		return nil, fmt.Errorf("a setting among these is unknown: %v", s.Settings)
	}
	return given, nil
}

// Address is an IP socket address.
type Address struct {
	Host string
	Port int
}

// UnmarshalJSON reads ["192.0.2.1", 80].
func (a *Address) UnmarshalJSON(text []byte) error {
	pair := []any{&a.Host, &a.Port}
	if err := json.Unmarshal(text, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf(`address is %s, wanted ["192.0.2.1", 80]`, text)
	}
	return nil
}

// MarshalJSON writes ["192.0.2.1", 80].
func (a Address) MarshalJSON() ([]byte, error) { return json.Marshal([]any{a.Host, a.Port}) }

// Idle ends every answer. Deadline is when something of the stack's own is due next, in
// nanoseconds on its clock, or Never; Blocked are the ids of calls that have not returned.
type Idle struct {
	Now, Deadline int64
	Blocked       []int
}

// Never is the Deadline of a stack that waits for nothing of its own.
const Never = int64(-1)

// Stack is what an agent implements. Each method returns when all that the command led to has been
// written into the answer and nothing is runnable any more.
type Stack interface {
	// Datagram: an IP datagram arrives; the octets are the stack's to keep.
	Datagram(octets []byte, answer *Answer)
	// Call: begin a socket call, which returns into this answer or a later one.
	Call(call *Call, answer *Answer)
	// Cancel: a blocked call returns with EINTR; nothing where it has returned.
	Cancel(id int, answer *Answer)
	// Advance: time passes until the first event, or until that moment.
	Advance(until int64, answer *Answer)
	// ReadState: the state of a connection, or of a listener where remote is nil.
	ReadState(local Address, remote *Address) (state string, numbers map[string]int64)
	// ReadStats: the stack's counters.
	ReadStats() map[string]int64
	// Idle: the time, the next deadline and the blocked calls, asked after every command.
	Idle() Idle
}

// Processes is implemented besides Stack by an agent with processes of their own.
type Processes interface {
	// Spawn: a new process, or a fork of one; user is nil for the agent's own.
	Spawn(process int, forkOf, user *int, answer *Answer)
	Kill(process int, signal string, answer *Answer)
}

// Types of message.
const (
	typeStart = 0x01 + iota
	typeDatagram
	typeCall
	typeCancel
	typeAdvance
	typeReadState
	typeReadStats
	typeSpawn
	typeKill
	typeBye
)
const (
	typeHello = 0x80 + iota
	typeRefused
	typeSent
	typeReturn
	typeSignal
	typeExit
	typeLog
	typeState
	typeStats
	typeTime
	typeIdle
)

const (
	frameFixed = 7       // octets of type, step and process
	frameMax   = 1 << 20 // octets after the length field
	packetMax  = 1 << 18 // what SOCK_SEQPACKET may bring at once
	chunk      = 1 << 16 // an answer is sent in pieces of about this many octets
)

func init() {
	// The agent dies with the tester. Here, because init runs on the program's first thread.
	const prSetPdeathsig = 1
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetPdeathsig, uintptr(syscall.SIGKILL), 0)
}

// Violation ends the agent with exit status 70: the tester broke the protocol, or the agent cannot
// go on for a reason that is not the stack's.
func Violation(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "agent: "+format+"\n", values...)
	os.Exit(ExitAgent)
}

// Channel is the descriptor that the tester handed over: the first argument, else TCPASSAY_FD.
func Channel() int {
	text := os.Getenv("TCPASSAY_FD")
	if len(os.Args) > 1 {
		text = os.Args[1]
	}
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 0 {
		Violation("channel is %q, wanted a descriptor's number as argument or in TCPASSAY_FD", text)
	}
	return fd
}

// Serve speaks for one stack from HELLO to BYE or the end of the channel; the exit status. The
// error of open is a setting or address that it refuses, in one line.
func Serve(fd int, hello Hello, open func(*Start, *Answer) (Stack, error)) int {
	hello.Protocol = 1
	link := &frames{fd: fd}
	answer := &Answer{link: link}
	answer.object(typeHello, 0, hello)
	answer.flush()
	first := link.next()
	if first == nil {
		return 0
	}
	if first.kind != typeStart || first.step != 0 {
		Violation("the first frame has type 0x%02x and step %d, wanted START, 0", first.kind, first.step)
	}
	start := new(Start)
	first.decode(start)
	stack, err := open(start, answer)
	if err != nil {
		answer.object(typeRefused, 0, map[string]string{"reason": err.Error()})
		answer.flush()
		return 0
	}
	answer.idle(stack.Idle())
	for frame := link.next(); frame != nil && frame.kind != typeBye; frame = link.next() {
		answer.step, answer.events = frame.step, 0
		frame.obey(stack, answer)
		answer.idle(stack.Idle())
	}
	return 0
}

// frames reads frames from the channel and writes to it.
type frames struct {
	fd    int
	input []byte // read and not handed out
}

type frame struct {
	kind    byte
	step    uint32
	process int
	body    []byte
}

// next is the next frame; nil at the end of the channel.
func (l *frames) next() *frame {
	for {
		if f := l.take(); f != nil {
			return f
		}
		if cap(l.input)-len(l.input) < packetMax {
			l.input = append(make([]byte, 0, len(l.input)+4*packetMax), l.input...)
		}
		n, err := syscall.Read(l.fd, l.input[len(l.input):cap(l.input)])
		switch {
		case err == syscall.EINTR:
		case n == 0 || err == syscall.ECONNRESET:
			return nil
		case err != nil:
			Violation("channel %d cannot be read: %v", l.fd, err)
		default:
			l.input = l.input[:len(l.input)+n]
		}
	}
}

func (l *frames) take() *frame {
	if len(l.input) < 4 {
		return nil
	}
	length := int(binary.BigEndian.Uint32(l.input))
	if length < frameFixed || length > frameMax {
		Violation("frame length %d, wanted %d to %d", length, frameFixed, frameMax)
	}
	if len(l.input) < 4+frameFixed {
		return nil
	}
	f := &frame{
		kind:    l.input[4],
		step:    binary.BigEndian.Uint32(l.input[5:]),
		process: int(binary.BigEndian.Uint16(l.input[9:])),
	}
	if f.kind < typeStart || f.kind > typeBye {
		Violation("frame type 0x%02x, which no tester of version 1 sends", f.kind)
	}
	if len(l.input) < 4+length {
		return nil
	}
	f.body = l.input[4+frameFixed : 4+length : 4+length]
	l.input = l.input[4+length:]
	return f
}

// waits says whether a command has come, or comes within this time.
func (l *frames) waits(within time.Duration) bool {
	if len(l.input) > 0 {
		return true
	}
	if within < 0 {
		within = 0
	}
	poll := struct {
		fd              int32
		events, revents int16
	}{int32(l.fd), 1, 0}
	timeout := syscall.NsecToTimespec(int64(within))
	n, _, _ := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
		uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	return n == 1
}

func (l *frames) write(octets []byte) {
	for len(octets) > 0 {
		n, err := syscall.Write(l.fd, octets)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			os.Exit(0) // the tester has gone
		default:
			octets = octets[n:]
		}
	}
}

func (f *frame) decode(into any) {
	if err := json.Unmarshal(f.body, into); err != nil {
		Violation("frame type 0x%02x of step %d: %v", f.kind, f.step, err)
	}
}

// fields is the body of every command but START and DATAGRAM; which of them must be there depends.
type fields struct {
	ID     *int     `json:"id"`
	Name   *string  `json:"name"`
	Args   []Arg    `json:"args"`
	Until  *int64   `json:"until_ns"`
	Local  *Address `json:"local"`
	Remote *Address `json:"remote"`
	ForkOf *int     `json:"fork_of"`
	User   *int     `json:"user"`
	Signal *string  `json:"signal"`
}

func (f *frame) obey(stack Stack, answer *Answer) {
	if f.kind == typeDatagram {
		stack.Datagram(f.body, answer)
		return
	}
	var given fields
	f.decode(&given)
	processes, has := stack.(Processes)
	switch {
	case f.kind == typeCall && given.ID != nil && given.Name != nil:
		stack.Call(&Call{*given.ID, f.process, *given.Name, given.Args}, answer)
	case f.kind == typeCancel && given.ID != nil:
		stack.Cancel(*given.ID, answer)
	case f.kind == typeAdvance && given.Until != nil:
		stack.Advance(*given.Until, answer)
	case f.kind == typeReadState && given.Local != nil:
		state, numbers := stack.ReadState(*given.Local, given.Remote)
		answer.object(typeState, 0, map[string]any{"state": state, "numbers": orEmpty(numbers)})
	case f.kind == typeReadStats:
		answer.object(typeStats, 0, map[string]any{"numbers": orEmpty(stack.ReadStats())})
	case f.kind == typeSpawn && has:
		processes.Spawn(f.process, given.ForkOf, given.User, answer)
	case f.kind == typeKill && has && given.Signal != nil:
		processes.Kill(f.process, *given.Signal, answer)
	default:
		Violation("frame type 0x%02x of step %d: not expected here, or a field is missing: %s",
			f.kind, f.step, f.body)
	}
}

func orEmpty(numbers map[string]int64) map[string]int64 {
	if numbers == nil {
		return map[string]int64{}
	}
	return numbers
}

// Arg is an argument or result of a call: a tag and its value.
type Arg struct {
	Tag   string
	Value any // json.RawMessage in an argument
}

// UnmarshalJSON reads [tag, value].
func (a *Arg) UnmarshalJSON(text []byte) error {
	var raw json.RawMessage
	pair := []any{&a.Tag, &raw}
	if err := json.Unmarshal(text, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("argument is %s, wanted [tag, value]", text)
	}
	a.Value = raw
	return nil
}

// MarshalJSON writes [tag, value], octets as hexadecimal text.
func (a Arg) MarshalJSON() ([]byte, error) {
	if octets, is := a.Value.([]byte); is {
		return json.Marshal([]any{a.Tag, hex.EncodeToString(octets)})
	}
	return json.Marshal([]any{a.Tag, a.Value})
}

// Call is a socket call that begins. Each argument is taken once, the first of its tag first;
// one that is missing or of another type ends the agent.
type Call struct {
	ID      int
	Process int
	Name    string
	Args    []Arg
}

// Has says whether an argument with this tag is left.
func (c *Call) Has(tag string) bool {
	for _, arg := range c.Args {
		if arg.Tag == tag {
			return true
		}
	}
	return false
}

// Take takes an argument into a pointer.
func (c *Call) Take(tag string, into any) {
	for i, arg := range c.Args {
		if arg.Tag == tag {
			c.Args = append(c.Args[:i:i], c.Args[i+1:]...)
			if err := json.Unmarshal(arg.Value.(json.RawMessage), into); err != nil {
				Violation("call %d %s: %s is %s: %v", c.ID, c.Name, tag, arg.Value, err)
			}
			return
		}
	}
	Violation("call %d %s: wanted one more argument of the tag %q", c.ID, c.Name, tag)
}

// Int takes a whole number: fd, length, value or timeout.
func (c *Call) Int(tag string) (number int) {
	c.Take(tag, &number)
	return
}

// Constant takes the name of a constant, or the digits of a number that has none.
func (c *Call) Constant() string {
	var name any
	c.Take("name", &name)
	if number, is := name.(float64); is {
		return strconv.FormatInt(int64(number), 10)
	}
	return fmt.Sprint(name)
}

// Flags takes the names of or-ed constants; none where the call has none.
func (c *Call) Flags() map[string]bool {
	var names []string
	if c.Has("flags") {
		c.Take("flags", &names)
	}
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// Address takes a socket address.
func (c *Call) Address() (address Address) {
	c.Take("address", &address)
	return
}

// Octets takes data.
func (c *Call) Octets() []byte {
	var text string
	c.Take("octets", &text)
	octets, err := hex.DecodeString(text)
	if err != nil {
		Violation("call %d %s: octets: %v", c.ID, c.Name, err)
	}
	return octets
}

// Answer takes down what happens in one step. Everything has happened at Idle's Now, unless Time
// says otherwise.
type Answer struct {
	link   *frames
	step   uint32
	events int
	output []byte
}

// Events is how many events the step has brought so far.
func (a *Answer) Events() int { return a.events }

// CommandWaits says whether the tester has given the next command, or does so within this time: for
// a stack with a real clock, whose Advance ends then.
func (a *Answer) CommandWaits(within time.Duration) bool { return a.link.waits(within) }

// Sent: the stack sent an IP datagram.
func (a *Answer) Sent(datagram []byte) {
	a.events++
	a.frame(typeSent, 0, datagram)
}

// Return: a call returned; errno is a POSIX name, or "" where it went well.
func (a *Answer) Return(call *Call, value int64, errno string, out ...Arg) {
	a.events++
	body := struct {
		ID    int     `json:"id"`
		Value int64   `json:"value"`
		Errno *string `json:"errno"`
		Out   []Arg   `json:"out"`
	}{call.ID, value, nil, append([]Arg{}, out...)}
	if errno != "" {
		body.Errno = &errno
	}
	a.object(typeReturn, call.Process, body)
}

// Signal: a process got a signal.
func (a *Answer) Signal(process int, name string) {
	a.events++
	a.object(typeSignal, process, map[string]string{"name": name})
}

// Exit: a process ended with a status, or by the signal of the negative number.
func (a *Answer) Exit(process, status int) {
	a.events++
	a.object(typeExit, process, map[string]int{"status": status})
}

// Log: the stack printed a line.
func (a *Answer) Log(text string) {
	a.events++
	a.object(typeLog, 0, map[string]string{"text": text})
}

// Time: the events that follow have happened at this time.
func (a *Answer) Time(ns int64) { a.object(typeTime, 0, map[string]int64{"t_ns": ns}) }

func (a *Answer) idle(idle Idle) {
	body := append([]byte(`{"now_ns":`), strconv.FormatInt(idle.Now, 10)...)
	body = append(body, `,"next_deadline_ns":`...)
	if idle.Deadline == Never {
		body = append(body, "null"...)
	} else {
		body = strconv.AppendInt(body, idle.Deadline, 10)
	}
	body = append(body, `,"blocked":[`...)
	for i, id := range idle.Blocked {
		if i > 0 {
			body = append(body, ',')
		}
		body = strconv.AppendInt(body, int64(id), 10)
	}
	a.frame(typeIdle, 0, append(body, "]}"...))
	a.flush()
}

func (a *Answer) object(kind byte, process int, values any) {
	body, err := json.Marshal(values)
	if err != nil {
		Violation("message type 0x%02x: %v", kind, err)
	}
	a.frame(kind, process, body)
}

// frame adds one; a piece that is sent holds whole frames, as SOCK_SEQPACKET wants it.
func (a *Answer) frame(kind byte, process int, body []byte) {
	if frameFixed+len(body) > frameMax {
		Violation("frame of %d octets, wanted at most %d", frameFixed+len(body), frameMax)
	}
	if len(a.output) > 0 && len(a.output)+4+frameFixed+len(body) > chunk {
		a.flush()
	}
	a.output = binary.BigEndian.AppendUint32(a.output, uint32(frameFixed+len(body)))
	a.output = append(a.output, kind)
	a.output = binary.BigEndian.AppendUint32(a.output, a.step)
	a.output = binary.BigEndian.AppendUint16(a.output, uint16(process))
	a.output = append(a.output, body...)
}

func (a *Answer) flush() {
	a.link.write(a.output)
	a.output = a.output[:0]
}
