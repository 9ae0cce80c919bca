// Package lane is how what we send to each other instance fares: its lane, with what waits in it and what could not be
// delivered. It lets an administrator see that, try again and drop. It must not send anything: federation/outbox empties the
// lanes.
package lane

import "time"

// States of one delivery.
const (
	Pending   = "pending"   // waits in its lane
	Delivered = "delivered" // taken by the other side
	Failed    = "failed"    // refused, or given up
	Dropped   = "dropped"   // an administrator decided, or the lane of a dead host was full
)

// When a host is not tried like any other.
const (
	HeldAfter = 5                  // failures one after the other, then it is held
	DeadAfter = 7 * 24 * time.Hour // without an answer, then it is parked
)
