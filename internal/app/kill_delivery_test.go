package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// fanOut is how many posts go to how many hosts that answer after 200 ms: go test ./internal/app -run KilledWhileDelivering -full
// does it in full size.
func fanOut() (posts, hosts int) {
	if *fullSize {
		return 20, 50
	}
	return 4, 10
}

const slowAnswer = 200 * time.Millisecond

// A process that is killed in the middle of its deliveries, and started again, makes all of them. What it knew to have arrived is
// not sent again; what was on its way may be, and that is at most one request for each host.
func TestKilledWhileDelivering(t *testing.T) {
	t.Parallel()
	posts, hosts := fanOut()
	boxes := startLetterboxes(t, slowAnswer, true)
	boxes.most.Store(int64(posts * hosts / 2))
	p, token := startProgram(t, "sends", func(i *instance) { boxes.follow(i, "redaktion", hosts, 1, true) })
	conn := openDB(t, p.dsn)
	p.publish(token, posts)
	within(t, "half is delivered", func() bool { return boxes.taken.Load() >= boxes.most.Load() && len(deliveredTo(t, conn)) > 0 })
	p.kill()
	boxes.quiet()
	boxes.most.Store(0)
	committed := deliveredTo(t, conn)
	before := boxes.counts()
	if n := len(committed); n == 0 || n == posts*hosts {
		t.Fatalf("%d of %d deliveries were committed at the kill: it says nothing", n, posts*hosts)
	}
	p.start()
	boxes.complete(conn, posts*hosts)

	twice := 0
	for key, n := range boxes.counts() {
		if n > 1 {
			twice++
		}
		switch {
		case committed[key] && n != 1:
			t.Errorf("%s had been committed and was sent %d times", key, n)
		case before[key] == 0 && n != 1:
			t.Errorf("%s was sent %d times after the kill", key, n)
		case n > 2:
			t.Errorf("%s was sent %d times", key, n)
		}
	}
	open := map[string]int{}
	for key := range before {
		if !committed[key] {
			open[key.host]++
		}
	}
	for host, n := range open {
		if n > 1 {
			t.Errorf("%s had %d requests that were not committed", host, n)
		}
	}
	t.Logf("%d deliveries, %d committed at the kill, %d on their way, %d sent twice, 0 lost", posts*hosts, len(committed), len(open), twice)
	boxes.oneAtATime()
}

// The same with the database killed instead. The process remembers what it was answered until it can say so: nothing is sent
// twice.
func TestKilledDatabaseWhileDelivering(t *testing.T) {
	t.Parallel()
	posts, hosts := fanOut()
	boxes := startLetterboxes(t, slowAnswer, true)
	dir := t.TempDir()
	cluster := startCluster(t, dir)
	var token string
	p := startProgramOn(t, "resends", cluster.DSN("vorbild"), func(i *instance) {
		token = redaktion(i)
		boxes.follow(i, "redaktion", hosts, 1, true)
	})
	p.publish(token, posts)
	within(t, "half is delivered", func() bool { return boxes.taken.Load() >= int64(posts*hosts/2) })
	killDatabase(t, dir)
	boxes.quiet()
	time.Sleep(time.Second) // the process notices
	startCluster(t, dir)
	conn := openDB(t, p.dsn)
	boxes.complete(conn, posts*hosts)
	for key, n := range boxes.counts() {
		if n != 1 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
	boxes.oneAtATime()
}

// delivery names one activity at one host.
type deliveryKey struct{ host, activity string }

func (k deliveryKey) String() string { return fmt.Sprintf("%s at %s", k.activity, k.host) }

// deliveredTo is what the sender knows to have arrived.
func deliveredTo(t testing.TB, conn *sqlx.DB) map[deliveryKey]bool {
	t.Helper()
	var rows []struct{ Host, URI string }
	if err := conn.Select(&rows, `SELECT d.host, a.uri FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.state = 'delivered'`); err != nil {
		t.Fatal(err)
	}
	known := map[deliveryKey]bool{}
	for _, r := range rows {
		known[deliveryKey{r.Host, r.URI}] = true
	}
	return known
}

// counts is how often each activity came to each host.
func (l *letterboxes) counts() map[deliveryKey]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[deliveryKey]int{}
	for host, list := range l.mail {
		for _, r := range list {
			counts[deliveryKey{host, r.activity}]++
		}
	}
	return counts
}

// quiet waits until nothing is on its way any more: nobody sends.
func (l *letterboxes) quiet() {
	l.t.Helper()
	last := int64(-1)
	within(l.t, "the letterboxes are quiet", func() bool {
		now := l.begun.Load() + l.taken.Load()
		still := now == last
		last = now
		time.Sleep(2 * slowAnswer)
		return still
	})
}

// complete waits until all have arrived, as the sender knows, too.
func (l *letterboxes) complete(conn *sqlx.DB, want int) {
	l.t.Helper()
	within(l.t, "everything is delivered", func() bool {
		return len(l.counts()) == want && count(l.t, conn, `SELECT count(*) FROM deliveries WHERE state = 'pending'`) == 0
	})
	if n := count(l.t, conn, `SELECT count(*) FROM deliveries WHERE state = 'delivered'`); n != want {
		l.t.Errorf("%d are delivered, want %d", n, want)
	}
}

// oneAtATime checks that no host got a request while it was still answering another of the same process.
func (l *letterboxes) oneAtATime() {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong != nil {
		l.t.Error(l.wrong)
	}
	for host, list := range l.mail {
		for n, r := range list {
			if n > 0 && !list[n-1].answered.IsZero() && r.begun.Before(list[n-1].answered) {
				l.t.Errorf("%s got a request while it answered another", host)
			}
		}
	}
}
