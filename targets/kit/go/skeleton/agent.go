// The agent of mystack: it drives one stack for tcpassay.
//
// tcpassay_agent.go beside this file speaks the protocol. This file ties it to the stack in
// closed.go, the smallest that tells the truth: a host whose TCP ports are all closed. Put yours in
// its place: each comment that begins with "Yours:" says what belongs there.
package main

import (
	"encoding/json"
	"net"
	"os"
)

const ms = int64(1000000)

type agent struct {
	host     *closedHost
	now      int64
	sleeping []sleep
}

// sleep is a call that waits until a moment, or for ever.
type sleep struct {
	call  *Call
	until int64
}

func open(start *Start, answer *Answer) (Stack, error) {
	// Yours: make a fresh stack and give its interface these addresses. Take every random number
	// (ISNs, ports, hashes) from start.Seed, so that a run can be repeated. Return an error of one
	// line for a setting in start.Settings that you do not have.
	host := &closedHost{}
	for _, text := range start.Addresses {
		host.addresses = append(host.addresses, net.ParseIP(text))
	}
	return &agent{host: host}, nil
}

// Datagram: an IP datagram without a link header arrives.
func (a *agent) Datagram(octets []byte, answer *Answer) {
	// Yours: hand it to the input of your stack. Where your stack sends, call answer.Sent; where it
	// has goroutines of its own, wait here and below until all of them are at rest.
	for _, sent := range a.host.input(octets) {
		answer.Sent(sent)
	}
}

// Call: a socket call begins. It returns into this answer, or a later one.
func (a *agent) Call(call *Call, answer *Answer) {
	// Yours: one case for each socket call that your stack has: socket, bind, listen, accept,
	// connect, send, recv, shutdown and close come first. Arguments and results stand in
	// docs/targets.md. A call that has to wait, such as accept() without a connection, is kept, and
	// returns when the stack says that it is ready.
	switch call.Name {
	case "poll":
		a.poll(call, answer)
	default:
		answer.Return(call, -1, "ENOSYS-AGENT")
	}
}

// poll() of no descriptors, which is a sleep: an example of a call that waits.
func (a *agent) poll(call *Call, answer *Answer) {
	var descriptors []json.RawMessage
	call.Take("pollfds", &descriptors)
	timeout := int64(call.Int("timeout"))
	switch {
	case len(descriptors) > 0:
		answer.Return(call, -1, "EBADF")
	case timeout == 0:
		answer.Return(call, 0, "", Arg{"pollfds", []int{}})
	case timeout < 0:
		a.sleeping = append(a.sleeping, sleep{call, Never})
	default:
		a.sleeping = append(a.sleeping, sleep{call, a.now + timeout*ms})
	}
}

// Cancel: a call that waits returns with EINTR.
func (a *agent) Cancel(id int, answer *Answer) {
	for i, each := range a.sleeping {
		if each.call.ID == id {
			a.sleeping = append(a.sleeping[:i:i], a.sleeping[i+1:]...)
			answer.Return(each.call, -1, "EINTR")
			return
		}
	}
}

// deadline is when something is due next.
func (a *agent) deadline() int64 {
	// Yours: the earliest of your stack's timers too, in nanoseconds of a.now.
	due := Never
	for _, each := range a.sleeping {
		if each.until != Never && (due == Never || each.until < due) {
			due = each.until
		}
	}
	return due
}

// timer does what is due now.
func (a *agent) timer(answer *Answer) {
	// Yours: set your stack's clock to a.now and run what is due.
	waiting := a.sleeping
	a.sleeping = nil
	for _, each := range waiting {
		if each.until != Never && each.until <= a.now {
			answer.Return(each.call, 0, "", Arg{"pollfds", []int{}})
		} else {
			a.sleeping = append(a.sleeping, each)
		}
	}
}

// Advance: time passes until the first event, or until that moment.
func (a *agent) Advance(until int64, answer *Answer) {
	for answer.Events() == 0 {
		due := a.deadline()
		if due == Never || due > until {
			if until > a.now {
				a.now = until
			}
			return
		}
		if due > a.now {
			a.now = due
		}
		a.timer(answer)
	}
}

// ReadState: the state of a connection, or of a listener where remote is nil.
func (a *agent) ReadState(local Address, remote *Address) (string, map[string]int64) {
	// Yours, where your stack can tell: RFC 9293's name of the state, and numbers such as "snd.una".
	return "CLOSED", nil
}

// ReadStats: the stack's counters, where it has some.
func (a *agent) ReadStats() map[string]int64 { return nil }

// Idle: the time, the next deadline, and the calls that wait.
func (a *agent) Idle() Idle {
	blocked := make([]int, 0, len(a.sleeping))
	for _, each := range a.sleeping {
		blocked = append(blocked, each.call.ID)
	}
	return Idle{Now: a.now, Deadline: a.deadline(), Blocked: blocked}
}

func main() {
	// Yours: name and version of your stack as it runs, as people will read them in reports.
	hello := Hello{Name: "mystack", Version: "0.1", Clock: "virtual", Calls: []string{"poll"}}
	os.Exit(Serve(Channel(), hello, open))
}
