package app

import (
	"context"
	"runtime/debug"
	"time"
)

const giveBackEvery = 5 * time.Minute

// giveBackMemory returns to the machine, now and every few minutes until ctx ends, what is no longer in use. Go itself keeps
// room for twice what was in use when it last looked, for ever if nothing happens; this costs one collection each time.
func giveBackMemory(ctx context.Context) {
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	for {
		debug.FreeOSMemory()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
