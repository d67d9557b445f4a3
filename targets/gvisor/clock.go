// SPDX-License-Identifier: GPL-2.0-or-later
// The stack's clock: it stands until the tester lets time pass, and its timers fire one by one on
// the agent's own goroutine.

package main

import (
	"container/heap"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// clock is a tcpip.Clock. The mutex is for the stack's goroutine, which sets timers too.
type clock struct {
	mu     sync.Mutex
	now    int64 // nanoseconds
	order  uint64
	timers timerHeap
}

// newClock starts at a second: the stack takes a time of zero for "never".
func newClock() *clock { return &clock{now: int64(time.Second)} }

// Now implements tcpip.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Unix(0, c.now)
}

// NowMonotonic implements tcpip.Clock.
func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(time.Duration(c.Now().UnixNano()))
}

// AfterFunc implements tcpip.Clock.
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &timer{clock: c, call: f, at: -1}
	t.Reset(d)
	return t
}

// next is when the next timer is due; Never without any.
func (c *clock) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return Never
	}
	return c.timers[0].when
}

// fire lets the next timer that is due by now run; false where there is none.
func (c *clock) fire() bool {
	c.mu.Lock()
	if len(c.timers) == 0 || c.timers[0].when > c.now {
		c.mu.Unlock()
		return false
	}
	t := heap.Pop(&c.timers).(*timer)
	c.mu.Unlock()
	t.call()
	return true
}

func (c *clock) set(now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

type timer struct {
	clock *clock
	call  func()
	when  int64
	order uint64 // timers of one moment fire in the order in which they were set
	at    int    // index in the heap, -1 while the timer does not run
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.at < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.at)
	return true
}

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.at >= 0 {
		heap.Remove(&c.timers, t.at)
	}
	c.order++
	t.order, t.when = c.order, c.now
	if d > 0 {
		if t.when += int64(d); t.when < c.now {
			t.when = 1<<63 - 1
		}
	}
	heap.Push(&c.timers, t)
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].when < h[j].when || h[i].when == h[j].when && h[i].order < h[j].order
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.at = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	*h, t.at = (*h)[:last], -1
	return t
}
