package db

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// present is how far behind the newest id a time still counts as now: others may have been faster since it was read.
const present = 50 // milliseconds

// newest is the last id that this process made for the present.
var newest atomic.Int64

// NewID returns a 64-bit id ordered by t: milliseconds since 1970 shifted by 16 bits, the rest random, so that several
// processes seldom meet. Printed as decimal digits it is what clients see. What one process makes for the present is
// in order even within a millisecond: an answer never sorts before what it answers. An id for an earlier time, such as
// that of a post of another server, may meet one that exists; whoever makes such ids tries again.
func NewID(t time.Time) int64 {
	ms := t.UnixMilli()
	for {
		last := newest.Load()
		if ms < last>>16-present {
			return ms<<16 | rand.Int64N(1<<16)
		}
		id := ms<<16 | rand.Int64N(1<<15)
		if id <= last {
			id = last + 1 // a carry into the next millisecond keeps the order
		}
		if newest.CompareAndSwap(last, id) {
			return id
		}
	}
}

// FirstID returns the smallest id NewID can return for t.
func FirstID(t time.Time) int64 { return t.UnixMilli() << 16 }
