// SPDX-License-Identifier: GPL-2.0-or-later
// The agent for gVisor's network stack.

package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// version is that of the Debian package, set by build.sh.
var version = "unknown"

func main() {
	runtime.GOMAXPROCS(1) // TCP then has one processor goroutine; see settle
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)
	hello := Hello{Name: "gVisor netstack", Version: version, Clock: "virtual"}
	for name := range calls {
		hello.Calls = append(hello.Calls, name)
	}
	os.Exit(Serve(Channel(), hello, openHost))
}
