package db

import (
	"math/rand/v2"
	"time"
)

// NewID returns a 64-bit id ordered by t: milliseconds since 1970 shifted by 16 bits, the rest random.
// Printed as decimal digits it is what clients see.
func NewID(t time.Time) int64 { return t.UnixMilli()<<16 | rand.Int64N(1<<16) }

// FirstID returns the smallest id NewID can return for t.
func FirstID(t time.Time) int64 { return t.UnixMilli() << 16 }
