package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// retryWaits is how long the head of a lane waits after its n-th failure. The first ones are short: most often the other
// side is only being restarted.
var retryWaits = []time.Duration{
	time.Second, 5 * time.Second, 30 * time.Second,
	time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour, 24 * time.Hour, 48 * time.Hour,
}

const (
	breakerFailures = 5                // consecutive failures of a host before it is held
	breakerHold     = 30 * time.Minute // then one probe
	deadAfter       = 7 * 24 * time.Hour
	deadHold        = 24 * time.Hour
	notFoundStrikes = 3
	maxRetryAfter   = 24 * time.Hour
)

// deliver drains one host's lane in order, for a slice of time. The head blocks the lane until it is delivered or given
// up, so no Update overtakes its Create. A crash between the answer and its row sends once more; receivers know the id.
func (o *Outbox) deliver(ctx context.Context, j *river.Job[job.Deliver]) error {
	host, until := j.Args.Host, o.now().Add(job.DeliverSlice)
	for {
		head, ok, err := headOfLane(ctx, o.DB, host)
		if err != nil {
			return err
		}
		if !ok {
			done, err := o.finish(ctx, j)
			if err != nil || done {
				return err
			}
			continue
		}
		p, err := peerByHost(ctx, o.DB, host)
		if err != nil {
			return err
		}
		now := o.now()
		if p.HeldUntil != nil && p.HeldUntil.After(head.NextAt) {
			head.NextAt = *p.HeldUntil
		}
		if wait := head.NextAt.Sub(now); wait > 0 {
			return river.JobSnooze(wait)
		}
		if now.After(until) {
			return river.JobSnooze(0) // let other hosts in
		}
		status, retryAfter, err := o.Sender.Post(ctx, transport.Delivery{SignerID: head.AccountID, Inbox: head.InboxURI, Body: head.Body})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := o.settle(ctx, host, head, p, status, retryAfter, err); err != nil {
			return fmt.Errorf("outbox.Deliver %d to %s: %w", head.ActivityID, head.InboxURI, err)
		}
	}
}

// finish ends the job in the transaction that sees an empty lane, under the lock that Distribute takes before it wakes
// the lane: no row can be left behind without a job.
func (o *Outbox) finish(ctx context.Context, j *river.Job[job.Deliver]) (done bool, err error) {
	err = db.InTx(ctx, o.DB, func(tx *sqlx.Tx) error {
		if err := lockPeers(ctx, tx, j.Args.Host); err != nil {
			return err
		}
		if done, err = laneEmpty(ctx, tx, j.Args.Host); err != nil || !done {
			return err
		}
		_, err := river.JobCompleteTx[*riverdatabasesql.Driver, *sql.Tx](ctx, tx.Tx, j)
		return err
	})
	return done, err
}

// settle notes what became of one attempt.
func (o *Outbox) settle(ctx context.Context, host string, d delivery, p peer, status int, retryAfter time.Duration, cause error) error {
	now := o.now()
	text := ""
	if cause != nil {
		text = short(cause.Error())
	}
	switch verdict(status, d.Attempt+1, cause) {
	case delivered:
		return db.InTx(ctx, o.DB, func(tx *sqlx.Tx) error {
			if err := markDelivered(ctx, tx, d.ID, status, now); err != nil {
				return err
			}
			_, err := peerSeen(ctx, tx, host, now)
			return err
		})
	case gone:
		// RULE: an inbox that says 410 is read by nobody again, so those behind it follow us no longer. That they are
		// deleted, and with them all they wrote, only their own documents can say.
		if err := o.Follows.DropFollowers(ctx, d.InboxURI); err != nil {
			return err
		}
		return markFailed(ctx, o.DB, d.ID, status, text)
	case refused:
		level := o.Log.WarnContext
		if status == http.StatusRequestEntityTooLarge {
			level = o.Log.ErrorContext // our documents are meant to be far below every limit
		}
		level(ctx, "delivery refused", "inbox", d.InboxURI, "activity", d.ActivityID, "status", status, "error", cause)
		return markFailed(ctx, o.DB, d.ID, status, text)
	case later:
		if d.Attempt >= len(retryWaits) {
			o.Log.WarnContext(ctx, "delivery given up", "inbox", d.InboxURI, "activity", d.ActivityID, "status", status, "error", cause)
			return markFailed(ctx, o.DB, d.ID, status, text)
		}
		wait := max(jitter(retryWaits[d.Attempt]), min(retryAfter, maxRetryAfter))
		return markRetry(ctx, o.DB, d.ID, status, text, now.Add(wait))
	}
	return o.hostFailed(ctx, host, d, p, status, retryAfter, text)
}

// hostFailed counts a failure of the host as a whole. While a host is down its lane is probed every half hour, and once
// a day after a week: a head that waited two days by the table would hold back everything behind it long after the
// host is back. What is older than a week is given up then, one per probe.
func (o *Outbox) hostFailed(ctx context.Context, host string, d delivery, p peer, status int, retryAfter time.Duration, text string) error {
	now := o.now()
	wait := jitter(retryWaits[min(d.Attempt, len(retryWaits)-1)])
	var hold *time.Time
	if p.Failures+1 >= breakerFailures {
		pause := breakerHold
		if p.FailingSince != nil && now.Sub(*p.FailingSince) > deadAfter {
			pause = deadHold
		}
		until := now.Add(jitter(pause))
		hold, wait = &until, 0
		if p.Failures+1 == breakerFailures {
			o.Log.WarnContext(ctx, "peer held", "host", host, "until", until, "error", text)
		}
	}
	wait = max(wait, min(retryAfter, maxRetryAfter))
	return db.InTx(ctx, o.DB, func(tx *sqlx.Tx) error {
		if err := peerFailed(ctx, tx, host, now, hold); err != nil {
			return err
		}
		if now.Sub(d.CreatedAt) > deadAfter {
			return markFailed(ctx, tx, d.ID, status, text)
		}
		return markRetry(ctx, tx, d.ID, status, text, now.Add(wait))
	})
}

type outcome int

const (
	hostDown  outcome = iota // no answer, or the server is broken: the whole lane waits
	later                    // this one is asked for again later
	delivered                // 2xx
	gone                     // 410
	refused                  // it will never be taken
)

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
	case status == http.StatusUnauthorized, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return later
	}
	return refused
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
