package transport

import "syscall"

// yieldToOthers makes the calling thread the last that gets a core. Where the system does not allow it, it is one like others.
func yieldToOthers() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) }
