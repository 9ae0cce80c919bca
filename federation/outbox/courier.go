package outbox

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/lane"
)

const (
	// maxTurns is how many lanes one process empties at once. Each holds a request, its connection and a few rows: some 50 kB.
	maxTurns = 512
	// claimAtOnce is how many lanes are taken by one statement, readAhead how many rows of each are read.
	claimAtOnce = 128
	readAhead   = 32
	// atDesk is how many requests for each core are prepared and signed at once. More would only wait for each other, and the time
	// that an exchange may take would run meanwhile.
	atDesk = 2
	// gather is how long an answer waits for others, so that they are committed together, while more requests are on their way; so
	// many times as long while signatures are what all wait for.
	gather, gatherTimes = 4 * time.Millisecond, 5
	// turnTime is how long one lane is emptied while others wait for a place.
	turnTime = 30 * time.Second
	// lookEvery is how often lanes are looked for that nobody told us of, checkEvery how often the session is checked and what
	// dead workers left behind is freed.
	lookEvery  = 30 * time.Second
	checkEvery = 15 * time.Second
	// A database that does not answer is asked less and less often.
	firstRetry, lastRetry = 50 * time.Millisecond, 5 * time.Second
	// lockedWait is when it is tried again to put a lane down that is just being filled.
	lockedWait = 50 * time.Millisecond
)

// courier empties lanes: many at once, each in order, one request at a time. All it does with the database it does in one
// goroutine, by statements that concern many lanes; the requests run beside it. Every process that works jobs has one; they
// share the lanes by claims.
type courier struct {
	o       *Outbox
	letters *letters
	turns   map[string]*turn
	desk    chan struct{} // places for requests that are being prepared and signed
	sending int           // requests on their way
	full    bool          // lanes wait for a place
	lookAt  time.Time     // when lanes are looked for
	ending  bool          // no request is begun any more

	// What the next round has to do. Each list is emptied by the statement that did it, so that nothing is forgotten when the
	// database fails.
	marks []mark
	downs []putDown
	reads []*turn // rows are to be read
	ready []*turn // the head can be sent
	drops []string

	mu      sync.Mutex // guards answers
	answers []answer
	came    chan struct{} // an answer came; one entry stands for any number
}

func newCourier(o *Outbox) *courier {
	return &courier{
		o: o, letters: newLetters(maxLetters), turns: map[string]*turn{}, came: make(chan struct{}, 1),
		desk: make(chan struct{}, atDesk*runtime.GOMAXPROCS(0)),
	}
}

// run works until ctx ends and all that is on its way is settled. When patience ends, requests are cut off and the rest is left
// to the next worker.
func (c *courier) run(ctx, patience context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := c.session(ctx, patience)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > checkEvery {
			retry = firstRetry
		}
		c.o.Log.WarnContext(ctx, "nothing is delivered for a moment", slog.Any("error", err))
		pause(ctx, retry)
		retry = min(2*retry, lastRetry)
	}
}

// session works as long as one session lasts, and has put all lanes down when it returns.
func (c *courier) session(ctx, patience context.Context) error {
	s, err := openSession(ctx, db.DSN(c.o.DB))
	if err != nil {
		return err
	}
	defer s.close()
	if err := freeClaims(ctx, c.o.DB); err != nil {
		return err
	}
	c.ending, c.lookAt = false, time.Now()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	lost, done := s.lost, ctx.Done() // nil once they have been noticed
	retry, failed := firstRetry, false
	for !c.ending || len(c.turns) > 0 {
		if patience.Err() != nil {
			return patience.Err()
		}
		if roundErr := c.round(patience, s); roundErr != nil {
			if !failed {
				c.o.Log.WarnContext(ctx, "deliveries wait for the database", slog.Any("error", roundErr))
			}
			failed = true
			pause(patience, retry)
			retry = min(2*retry, lastRetry)
		} else if failed {
			c.o.Log.InfoContext(ctx, "deliveries go on")
			retry, failed = firstRetry, false
		}
		timer := time.NewTimer(c.rest())
		select {
		case <-c.came:
			c.gather(patience)
		case <-timer.C:
		case <-s.woken:
			c.lookAt = time.Now()
		case <-check.C:
			if !c.ending && !failed {
				err = errors.Join(s.ask(""), freeClaims(patience, c.o.DB)) // a lost session closes lost
			}
		case <-lost:
			c.ending, lost, err = true, nil, errors.New("session of the lanes: connection lost")
		case <-done:
			c.ending, done = true, nil
		}
		timer.Stop()
	}
	return err
}

// gather lets answers come together. As long as there is no place at the desk, what follows them could not be signed sooner.
func (c *courier) gather(ctx context.Context) {
	for n := 0; n < gatherTimes && c.sending > 0; n++ {
		pause(ctx, gather)
		if len(c.desk) < cap(c.desk) {
			return
		}
	}
}

// round does all that there is to do now: settle what came back, take lanes, read their rows, send what can be sent.
func (c *courier) round(ctx context.Context, s *session) error {
	c.judgeAnswers(ctx)
	if err := c.settle(ctx, s); err != nil {
		return err
	}
	if !c.ending && c.room() && !time.Now().Before(c.lookAt) {
		if err := c.take(ctx, s); err != nil {
			return err
		}
	}
	if err := c.read(ctx, s); err != nil {
		return err
	}
	return c.send(ctx)
}

// rest is how long there is nothing to do unless something comes.
func (c *courier) rest() time.Duration {
	now := time.Now()
	wait := lookEvery
	if c.room() && !c.ending {
		wait = c.lookAt.Sub(now)
	}
	for _, d := range c.downs {
		wait = min(wait, d.after.Sub(now))
	}
	if len(c.reads)+len(c.ready)+len(c.marks) > 0 {
		return 0
	}
	return max(wait, 0)
}

// room reports whether it pays to look for more lanes.
func (c *courier) room() bool { return maxTurns-len(c.turns) >= claimAtOnce/2 }

// judgeAnswers decides what becomes of each delivery that came back, and of its lane.
func (c *courier) judgeAnswers(ctx context.Context) {
	c.mu.Lock()
	answers := c.answers
	c.answers = nil
	c.mu.Unlock()
	now := c.o.now()
	for _, a := range answers {
		c.sending--
		t := a.turn
		if a.aborted {
			c.downs = append(c.downs, putDown{turn: t})
			continue
		}
		v, m, down := judge(a, now)
		c.tell(ctx, a, v)
		c.marks = append(c.marks, m)
		t.queue = t.queue[1:]
		switch {
		case down != nil:
			c.downs = append(c.downs, *down)
			if v == hostDown && t.parked(now) {
				c.drops = append(c.drops, t.host)
			}
		case c.ending, c.full && now.Sub(t.began) > turnTime:
			c.downs = append(c.downs, putDown{turn: t})
		case len(t.queue) > 0:
			c.ready = append(c.ready, t)
		case t.more:
			c.reads = append(c.reads, t)
		default:
			c.downs = append(c.downs, putDown{turn: t, idle: true})
		}
	}
}

// tell says what became of a delivery to those who watch.
func (c *courier) tell(ctx context.Context, a answer, v outcome) {
	c.o.Metrics.Delivered(v.String())
	switch {
	case v == refused:
		level := slog.LevelWarn
		if a.status == http.StatusRequestEntityTooLarge {
			level = slog.LevelError // our documents are meant to be far below every limit
		}
		c.o.Log.Log(ctx, level, "delivery refused", "inbox", a.item.InboxURI, "activity", a.item.ActivityID, "status", a.status, "error", a.err)
	case v == hostDown:
		c.o.alive.forget(a.turn.host)
		if a.turn.failures == lane.HeldAfter {
			c.o.Log.WarnContext(ctx, "peer held", "host", a.turn.host, "error", a.err)
		}
	}
}

// settle commits what became of the deliveries and puts lanes down, all in one statement.
func (c *courier) settle(ctx context.Context, s *session) error {
	now := time.Now()
	var downs, rest []putDown
	for _, d := range c.downs {
		if d.after.After(now) {
			rest = append(rest, d)
		} else {
			downs = append(downs, d)
		}
	}
	if len(downs)+len(c.marks) == 0 {
		return c.drop(ctx)
	}
	left, err := settle(ctx, c.o.DB, s.number, c.marks, downs)
	if err != nil {
		return err
	}
	c.marks, c.downs = nil, rest
	for i, l := range left {
		d := downs[i]
		switch {
		case l.Freed || !l.Ours:
			delete(c.turns, d.turn.host)
			if due := now.Add(d.wait); !d.idle && due.Before(c.lookAt) {
				c.lookAt = due
			}
		case d.idle && l.Filled && !c.ending:
			c.reads = append(c.reads, d.turn)
		default: // it is just being filled, or there is no time to see with what
			d.idle, d.after = d.idle && !c.ending, now.Add(lockedWait)
			c.downs = append(c.downs, d)
		}
	}
	return c.drop(ctx)
}

// drop bounds what waits for hosts that have been dead for long.
func (c *courier) drop(ctx context.Context) error {
	for len(c.drops) > 0 {
		host := c.drops[0]
		n, err := dropOld(ctx, c.o.DB, host)
		if err != nil {
			return err
		}
		if n > 0 {
			c.o.Log.WarnContext(ctx, "dropped what has waited too long for a dead host", "host", host, "deliveries", n)
		}
		c.drops = c.drops[1:]
	}
	return nil
}

// take claims lanes that are due.
func (c *courier) take(ctx context.Context, s *session) error {
	limit := min(claimAtOnce, maxTurns-len(c.turns))
	hosts, err := claim(ctx, c.o.DB, s.number, limit)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		t := &turn{host: host, began: c.o.now()}
		c.turns[host] = t
		c.reads = append(c.reads, t)
	}
	if c.full = len(hosts) == limit; c.full {
		c.lookAt = time.Now()
		return nil
	}
	wait, err := untilDue(ctx, c.o.DB)
	if err != nil {
		return err
	}
	c.lookAt = time.Now().Add(min(wait, lookEvery))
	return nil
}

// read gets the next rows of lanes, a new statement after the claim: what was committed before the claim is seen.
func (c *courier) read(ctx context.Context, s *session) error {
	if len(c.reads) == 0 {
		return nil
	}
	hosts := make([]string, len(c.reads))
	for i, t := range c.reads {
		hosts[i] = t.host
	}
	rows, err := heads(ctx, c.o.DB, s.number, hosts, readAhead)
	if err != nil {
		return err
	}
	for _, t := range c.reads {
		read, ours := rows[t.host]
		switch {
		case !ours:
			delete(c.turns, t.host)
			continue
		case !t.known:
			t.known, t.failures, t.failingSince, t.lastError = true, read.Failures, read.FailingSince, read.LastError
		}
		t.fills, t.queue, t.more = read.Fills, read.queue, len(read.queue) == readAhead
		switch {
		case c.ending:
			c.downs = append(c.downs, putDown{turn: t})
		case len(t.queue) == 0:
			c.downs = append(c.downs, putDown{turn: t, idle: true})
		default:
			c.ready = append(c.ready, t)
		}
	}
	c.reads = nil
	return nil
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
