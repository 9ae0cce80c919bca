package outbox

import (
	"time"

	"github.com/vorbild/vorbild/internal/lane"
)

// delivery is one row of a lane that waits.
type delivery struct {
	ID         int64
	ActivityID int64
	InboxURI   string
	Attempt    int
	letter     *letter // from when it is about to be sent
}

// turn is a lane while we empty it: nobody else does. One request at a time is on its way, and the next is sent when the
// outcome of the last one is committed. It belongs to the goroutine of the courier.
type turn struct {
	host  string
	began time.Time
	fills int64      // of the row, as it was when queue was read
	queue []delivery // what waits, in order; the first is the head
	more  bool       // and there may be more behind it
	known bool       // what follows was read

	// How the host fares; written when the lane is put down.
	failures     int
	failingSince *time.Time
	lastError    string
	answered     bool
}

// parked reports whether the host has been dead for so long that it is only probed once a day.
func (t *turn) parked(now time.Time) bool {
	return t.failingSince != nil && now.Sub(*t.failingSince) > lane.DeadAfter
}
