package outbox

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/lane"
)

// retryWaits is how long the head of a lane waits after its n-th failure: the table of the federation profile (section 6),
// with three short tries before it, because most often the other side is only being restarted.
var retryWaits = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 24 * time.Hour, 48 * time.Hour,
}

const (
	breakerHold     = 30 * time.Minute // how long a host is held before one probe
	parkedHold      = 24 * time.Hour   // and when it has been dead for a week
	notFoundStrikes = 3
	// unauthorizedStrikes is how often a refused signature is tried, over half an hour: long enough for a key that the other side is
	// still to fetch. An account that it will never believe must not hold up everybody else's letters to it.
	unauthorizedStrikes = 7
	maxRetryAfter       = 24 * time.Hour
	// poisonAfter is when one activity is given up at which a host breaks again and again although it answers: without it,
	// nothing behind would ever be sent. Longer than anyone's repairs take.
	poisonAfter = 72 * time.Hour
)

type outcome int

const (
	hostDown  outcome = iota // no answer, or the server is broken: the whole lane waits
	later                    // this one is asked for again later
	delivered                // 2xx
	gone                     // 410
	refused                  // it will never be taken
)

// String is the label of the metrics.
func (o outcome) String() string {
	return [...]string{"down", "later", "delivered", "gone", "refused"}[o]
}

// verdict reads an answer. attempt counts from 1.
func verdict(status, attempt int, cause error) outcome {
	switch {
	case cause == nil && status >= 200 && status < 300:
		return delivered
	case status == 0 && (fault.Is(cause, fault.Forbidden) || fault.Is(cause, fault.Invalid)):
		return refused // blocked, or an address we do not speak to
	case status == 0 || status >= 500:
		return hostDown
	case status == http.StatusGone:
		return gone
	case status == http.StatusNotFound && attempt < notFoundStrikes:
		return later
	case status == http.StatusUnauthorized && attempt < unauthorizedStrikes:
		return later
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return later
	}
	return refused
}

// mark is what becomes of one delivery.
type mark struct {
	ID      int64
	Attempt int // how often it had been tried before; a mark is made once
	State   string
	Status  int
	Error   string
	Wait    time.Duration // until it is tried again, when it is still pending
}

// putDown says how a lane is left by who emptied it.
type putDown struct {
	turn  *turn
	idle  bool          // nothing waits; not true if something came in meanwhile
	wait  time.Duration // until the head is tried
	since *time.Time    // how old the head is, where that is known
	after time.Time     // when it is tried again, where it could not be put down at once
}

// answer is what came back for the head of a lane.
type answer struct {
	turn       *turn
	item       delivery
	status     int
	retryAfter time.Duration
	err        error
	aborted    bool // we ended it ourselves; what came of it is unknown
}

// judge says what becomes of the delivery, and of its lane: nil when the lane goes on.
func judge(a answer, now time.Time) (outcome, mark, *putDown) {
	t, m := a.turn, mark{ID: a.item.ID, Attempt: a.item.Attempt, Status: a.status}
	if a.err != nil {
		m.Error = short(a.err.Error())
	}
	v := verdict(a.status, a.item.Attempt+1, a.err)
	if v == later && a.item.Attempt >= len(retryWaits) {
		v = refused
	}
	failing := t.failures > 0
	if v != hostDown {
		t.failures, t.failingSince = 0, nil // whatever it says, it lives
	}
	switch v {
	case delivered:
		m.State, t.answered, t.lastError = lane.Delivered, true, ""
	case gone, refused:
		m.State = lane.Failed
	case later:
		m.State, m.Wait, t.lastError = lane.Pending, max(jitter(retryWaits[a.item.Attempt]), min(a.retryAfter, maxRetryAfter)), m.Error
		return v, m, &putDown{turn: t, wait: m.Wait, since: &a.item.letter.CreatedAt}
	case hostDown:
		m.State, t.lastError = lane.Pending, m.Error
		if a.status == http.StatusInternalServerError && a.item.Attempt >= len(retryWaits) && now.Sub(a.item.letter.CreatedAt) > poisonAfter {
			m.State = lane.Failed
		}
		m.Wait = hostFailed(t, a, now)
		return v, m, &putDown{turn: t, wait: m.Wait, since: &a.item.letter.CreatedAt}
	}
	if failing {
		return v, m, &putDown{turn: t} // so that all see it: it is taken up again at once
	}
	return v, m, nil
}

// hostFailed counts a failure of the host as a whole and says how long its lane waits. While a host is down its lane is probed
// every half hour, and once a day after a week: a head that waited two days by the table would hold back everything behind it
// long after the host is back.
func hostFailed(t *turn, a answer, now time.Time) time.Duration {
	t.failures++
	if t.failingSince == nil {
		t.failingSince = &now
	}
	wait := retryWaits[min(a.item.Attempt, len(retryWaits)-1)]
	switch {
	case t.parked(now):
		wait = parkedHold
	case t.failures >= lane.HeldAfter:
		wait = breakerHold
	}
	return max(jitter(wait), min(a.retryAfter, maxRetryAfter))
}

// jitter adds up to a quarter, so that many lanes do not come back at the same moment.
func jitter(d time.Duration) time.Duration {
	return d + rand.N(d/4+1)
}

// short keeps an error readable in a table.
func short(s string) string {
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}
