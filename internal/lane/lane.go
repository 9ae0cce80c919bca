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

// Channel is what PostgreSQL notifies when a lane has become due.
const Channel = "lanes"

// State is what a lane does.
type State string

// States lists them as an administrator wants to see them: what needs a look first.
var States = []State{Parked, Held, Lost, Waiting, Running, Quiet}

const (
	Running State = "running" // being emptied now
	Waiting State = "waiting" // its head is sent next, or tried again soon
	Held    State = "held"    // does not answer: one probe every half hour
	Parked  State = "parked"  // has not answered for a week: one probe a day
	Lost    State = "lost"    // nothing waits, but something could not be delivered
	Quiet   State = "quiet"   // nothing waits, all has arrived
)

// Valid reports whether s is one of States.
func (s State) Valid() bool {
	for _, known := range States {
		if s == known {
			return true
		}
	}
	return false
}

// Lane is how one host fares.
type Lane struct {
	Host         string     `db:"host"`
	State        State      `db:"state"`
	Pending      int        `db:"pending"`
	Failed       int        `db:"failed"`
	Dropped      int        `db:"dropped"`
	Failures     int        `db:"failures"` // of the host, one after the other
	FailingSince *time.Time `db:"failing_since"`
	WaitingSince *time.Time `db:"waiting_since"` // how long the oldest waits; nil when nothing does
	NextAt       *time.Time `db:"next_at"`       // when the head is tried; nil when nothing waits
	AnsweredAt   *time.Time `db:"answered_at"`   // when it last took something
	SeenAt       *time.Time `db:"seen_at"`       // when it last took or sent something
	LastError    string     `db:"last_error"`    // as the other side or the network said it
}

// Delivery is one activity on its way to one inbox.
type Delivery struct {
	ID         int64      `db:"id"`
	Host       string     `db:"host"`
	InboxURI   string     `db:"inbox_uri"`
	State      string     `db:"state"`
	Attempt    int        `db:"attempt"`
	NextAt     *time.Time `db:"next_at"` // of one that was tried and waits
	LastStatus int        `db:"last_status"`
	LastError  string     `db:"last_error"`
	Type       string     `db:"type"`       // of the activity
	ObjectURI  string     `db:"object_uri"` // what it is about
	OfType     string     `db:"of_type"`    // of the activity of ours that it takes back or passes on; "" where it is no such
	OfURI      string     `db:"of_uri"`     // what that one is about
	CreatedAt  time.Time  `db:"created_at"`
}

// Filter says which lanes are listed.
type Filter struct {
	Query  string // part of the host
	State  State  // "" for all
	Offset int
	Limit  int
}
