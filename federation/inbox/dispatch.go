package inbox

import (
	"context"
	"errors"
	"hash/fnv"
	"runtime"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/job"
)

// How received activities are worked.
const (
	maxLanes   = 64                     // hosts at a time; most of them wait for somebody's server
	batchRows  = 50                     // of one host, then it is another's turn
	batchBytes = 256 << 10              // of bodies, save a single larger one
	batchTime  = 500 * time.Millisecond // after which the rest of a batch waits for its next turn
	retryRows  = 5
	applyTime  = time.Minute // for one activity
	// lookEvery is how often pending activities are looked for of which nobody told us; keepLane is how long a host without any
	// stays ours, so that its next one costs no lock.
	lookEvery = 5 * time.Second
	keepLane  = 30 * time.Second
	lookPause = 50 * time.Millisecond // between two looks, however many changes are told
	// recoverPause is how long a host waits when the database failed.
	recoverPause = time.Second
	// maxFailures is how often the database may fail with the same activity before that counts against the activity.
	maxFailures = 20
)

// lane is a host whose activities are worked by this process, in order.
type lane struct {
	host    string
	claimed bool // no other process works it
	queued  bool // waits for its turn
	busy    bool
	again   bool      // something arrived while it was busy
	retry   bool      // something set aside may be due
	due     time.Time // when the next that we set aside is; zero: none
	used    time.Time
	// failures counts how often in a row the database failed it; only who works the lane looks.
	failures int
}

// dispatcher has received activities applied: hosts beside each other, each host's own one after the other. There is one in
// every process that works jobs; a lock in the session of the queue says which of them has a host.
type dispatcher struct {
	in      *Inbox
	turns   chan struct{} // who holds one computes or asks the database; nobody keeps one while another server is asked
	signal  chan struct{}
	changes Changes

	mu      sync.Mutex
	session *job.Session // nil while this process works nothing
	lanes   map[string]*lane
	ready   []*lane
	active  int
	telling bool
}

// Changes is how processes hear of each other; change.Hub implements it.
type Changes interface {
	Subscribe() (changes <-chan change.Change, cancel func())
}

func newDispatcher(in *Inbox) *dispatcher {
	return &dispatcher{
		in: in, changes: in.Changes, signal: make(chan struct{}, 1),
		turns: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0))),
	}
}

// wake says that hosts have something new. Who does not work them himself tells those who do.
func (d *dispatcher) wake(hosts []string) {
	d.mu.Lock()
	working := d.session != nil
	if working {
		for _, host := range hosts {
			d.enqueue(host, false)
		}
	}
	d.mu.Unlock()
	if working {
		d.poke()
		return
	}
	d.tell()
}

func (d *dispatcher) poke() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

// tell lets the other processes look, soon and once for all that happens until then. Nothing depends on it: they look by
// themselves now and then.
func (d *dispatcher) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.telling {
		return
	}
	d.telling = true
	time.AfterFunc(lookPause/2, func() {
		d.mu.Lock()
		d.telling = false
		d.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), commitTime)
		defer cancel()
		if err := announcePending(ctx, d.in.DB); err != nil {
			d.in.Log.DebugContext(ctx, "other processes were not told what arrived", "error", err)
		}
	})
}

// enqueue gives a host its turn. The caller holds mu.
func (d *dispatcher) enqueue(host string, retry bool) {
	l := d.lanes[host]
	if l == nil {
		l = &lane{host: host}
		d.lanes[host] = l
	}
	l.retry = l.retry || retry
	switch {
	case l.busy:
		l.again = true
	case !l.queued:
		l.queued = true
		d.ready = append(d.ready, l)
	}
}

// run works until the session stops. It returns an error when the session is lost.
func (d *dispatcher) run(ctx context.Context, s *job.Session) error {
	var lanes sync.WaitGroup
	failed := make(chan error, 1)
	d.mu.Lock()
	d.session, d.lanes, d.ready, d.active = s, map[string]*lane{}, nil, 0
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.session = nil
		d.mu.Unlock()
		lanes.Wait()
	}()
	var changes <-chan change.Change
	if d.changes != nil {
		var cancel func()
		changes, cancel = d.changes.Subscribe()
		defer func() { cancel() }()
	}
	look := time.NewTimer(0)
	defer look.Stop()
	due := time.NewTimer(lookEvery)
	defer due.Stop()
	var looked time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.Stopping():
			return nil
		case err := <-failed:
			return err
		case <-d.signal:
		case c, ok := <-changes:
			if !ok { // we were too slow, or the hub has ended; looking now and then is enough for what was missed
				changes = nil
			}
			if !ok || c.Table != "" && c.Table != pendingTable {
				continue
			}
			look.Reset(max(0, lookPause-time.Since(looked)))
			continue
		case <-look.C:
			looked = time.Now()
			if err := d.look(ctx, s); err != nil && ctx.Err() == nil {
				d.in.Log.WarnContext(ctx, "pending activities cannot be looked for", "error", err)
			}
			look.Reset(lookEvery)
		case <-due.C:
		}
		due.Reset(d.wakeDue())
		for l := d.next(); l != nil; l = d.next() {
			lanes.Go(func() {
				if err := d.work(ctx, s, l); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
				d.poke()
			})
		}
	}
}

// look finds hosts that have something pending, and lets go of those that have had nothing for a while.
func (d *dispatcher) look(ctx context.Context, s *job.Session) error {
	hosts, err := pendingHosts(ctx, d.in.DB)
	if err != nil {
		return err
	}
	var idle []int32
	d.mu.Lock()
	for _, host := range hosts {
		d.enqueue(host, true)
	}
	for host, l := range d.lanes {
		if !l.busy && !l.queued && l.due.IsZero() && time.Since(l.used) > keepLane {
			delete(d.lanes, host)
			if l.claimed {
				idle = append(idle, turnKey(host))
			}
		}
	}
	d.mu.Unlock()
	if len(idle) == 0 {
		return nil
	}
	return s.Unlock(ctx, receiveTurn, idle...)
}

// wakeDue gives a turn to the hosts of which something set aside is due, and returns how long the next has time.
func (d *dispatcher) wakeDue() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, wait := d.in.now(), lookEvery
	for host, l := range d.lanes {
		switch {
		case l.due.IsZero():
		case l.due.After(now):
			wait = min(wait, l.due.Sub(now))
		default:
			l.due = time.Time{}
			d.enqueue(host, true)
		}
	}
	return wait
}

// next takes the host whose turn it is, nil when there is none or enough are under way.
func (d *dispatcher) next() *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.ready) == 0 || d.active >= maxLanes {
		return nil
	}
	l := d.ready[0]
	d.ready = d.ready[1:]
	l.queued, l.busy, l.again = false, true, false
	d.active++
	return l
}

// work applies one batch of a host's activities.
func (d *dispatcher) work(ctx context.Context, s *job.Session, l *lane) error {
	t := &turn{turns: d.turns}
	t.enter()
	done, lost, err := d.batch(context.WithValue(ctx, turnOf{}, t), s, l)
	t.leave()

	d.mu.Lock()
	defer d.mu.Unlock()
	d.active--
	l.busy, l.used = false, time.Now()
	switch {
	case lost: // another process has the host, or the session has gone
		delete(d.lanes, l.host)
		if err == nil && l.again {
			go d.tell()
		}
		return err
	case err != nil:
		if ctx.Err() == nil {
			d.in.Log.WarnContext(ctx, "received activities wait", "host", l.host, "error", err)
		}
		l.due = d.in.now().Add(recoverPause)
	case !done || l.again:
		d.enqueue(l.host, false)
	}
	return nil
}

// batch reports whether the host has nothing more to do now, or was lost to another process or with the session.
func (d *dispatcher) batch(ctx context.Context, s *job.Session, l *lane) (done, lost bool, err error) {
	in := d.in
	if !l.claimed {
		if l.claimed, err = s.TryLock(ctx, receiveTurn, turnKey(l.host)); err != nil {
			return true, true, err
		}
		if !l.claimed {
			d.tell()
			return true, true, nil
		}
	}
	rows, more, err := pendingOf(ctx, in.DB, l.host)
	if err != nil {
		return false, false, err
	}
	d.mu.Lock()
	retry := l.retry && !more // what has failed before comes after what is new
	if retry {
		l.retry = false
	}
	d.mu.Unlock()
	if retry {
		again, err := dueOf(ctx, in.DB, l.host, in.now())
		if err != nil {
			return false, false, err
		}
		rows = append(rows, again...)
		if len(again) == retryRows {
			more = true
			d.mu.Lock()
			l.retry = true
			d.mu.Unlock()
		}
	}
	ended, err := d.apply(ctx, s, l, rows)
	return ended && !more, false, err
}

// apply works through rows, and notes what became of them as it goes. It reports whether it came to their end.
func (d *dispatcher) apply(ctx context.Context, s *job.Session, l *lane, rows []row) (ended bool, err error) {
	in := d.in
	var results []result
	note := func() error {
		if len(results) == 0 {
			return nil
		}
		// What was done is noted also when everything ends now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
		defer cancel()
		err := markWorked(ctx, in.DB, results, in.now())
		results = results[:0]
		return err
	}
	began := time.Now()
	for n := range rows {
		select {
		case <-s.Stopping():
			return false, note()
		default:
		}
		if time.Since(began) > batchTime && n > 0 {
			return false, note()
		}
		at := time.Now()
		r, err := in.receive(ctx, rows[n], l.failures < maxFailures)
		if err != nil {
			l.failures++
			return false, errors.Join(err, note())
		}
		l.failures = 0
		rows[n].Body = nil
		results = append(results, r)
		if !r.next.IsZero() {
			d.mu.Lock()
			if l.due.IsZero() || r.next.Before(l.due) {
				l.due = r.next
			}
			d.mu.Unlock()
		}
		if time.Since(at) > batchTime/4 {
			if err := note(); err != nil {
				return false, err
			}
		}
	}
	return true, note()
}

// turn is what a lane needs to compute. It gives it back while it waits for another server.
type turn struct {
	turns chan struct{}
	mu    sync.Mutex
	away  bool
}

type turnOf struct{}

func (t *turn) enter() { t.turns <- struct{}{} }
func (t *turn) leave() { <-t.turns }

// awayAfter is how long a fetch may take before others get the turn: most are answered from memory.
const awayAfter = 5 * time.Millisecond

// away gives the turn of ctx to others as soon as what begins now takes long; the caller calls back when it has ended.
func away(ctx context.Context) (back func()) {
	t, ok := ctx.Value(turnOf{}).(*turn)
	if !ok {
		return func() {}
	}
	ended := false
	timer := time.AfterFunc(awayAfter, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !ended && !t.away {
			t.away = true
			t.leave()
		}
	})
	return func() {
		timer.Stop()
		t.mu.Lock()
		ended = true
		was := t.away
		t.away = false
		t.mu.Unlock()
		if was {
			t.enter()
		}
	}
}

// turnKey is the key of a host's lock.
func turnKey(host string) int32 {
	h := fnv.New32a()
	h.Write([]byte(host))
	return int32(h.Sum32())
}
