package app_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// How long TestChaos lasts and what it throws: `go test ./internal/app -run TestChaos -v -chaos 5m -chaos.seed 7`.
var (
	chaosFor  = flag.Duration("chaos", 12*time.Second, "how long TestChaos does harm")
	chaosSeed = flag.Uint64("chaos.seed", 0, "what TestChaos throws; 0: something new")
)

// chaotic is an instance as a process of its own behind a bad network.
type chaotic struct {
	*program
	token   string // of an editor
	admin   string
	proxy   *faultProxy
	conn    *sqlx.DB
	alive   sync.RWMutex // held by who kills it
	backend string
}

// TestChaos lets three instances that follow each other write, comment, like, edit and withdraw while requests between them are
// dropped, delayed, refused, doubled and cut and the processes are killed at any moment. Afterwards all of them have the same.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	var all []*chaotic
	for n, slug := range []string{"alpha", "beta", "gamma"} {
		var admin string
		p, token := startProgram(t, slug, func(i *instance) { admin = i.member("betrieb", account.RoleAdmin) })
		all = append(all, &chaotic{program: p, token: token, admin: admin, conn: openDB(t, p.dsn)})
		all[n].backend = fmt.Sprintf("127.0.0.1:%d", p.port)
	}
	for _, i := range all {
		for _, other := range all {
			if i != other {
				i.followInstanceByPages(other)
			}
		}
	}
	for n, c := range all {
		c.kill()
		c.listen = freePort(t)
		c.backend = fmt.Sprintf("127.0.0.1:%d", c.listen)
		c.proxy = startFaultProxy(t, c.port, c.backend, rand.New(rand.NewPCG(seed, uint64(n)+1)))
		c.start()
	}

	ctx, stop := context.WithTimeout(t.Context(), *chaosFor)
	defer stop()
	var wg sync.WaitGroup
	kills := 0
	wg.Go(func() { kills = killAtRandom(ctx, all, rand.New(rand.NewPCG(seed, 100))) })
	logs := make([]diary, len(all))
	for n, c := range all {
		wg.Go(func() { logs[n] = c.live(ctx, rand.New(rand.NewPCG(seed, uint64(n)+200))) })
	}
	wg.Wait()

	confirmed, withdrawn, done := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, d := range logs {
		maps.Copy(confirmed, d.confirmed)
		maps.Copy(withdrawn, d.withdrawn)
		for verb, n := range d.done {
			done[verb] += n
		}
	}
	for _, c := range all {
		c.proxy.calm.Store(true)
		c.retryLanes(all)
	}
	// What gathered meanwhile takes its time: how much one host makes another fetch is bounded, and what waits for that is tried
	// again after up to five minutes. Only when nothing moves any more it is stuck.
	calm := time.Now()
	differences := disagreements(t, all)
	for best, moved := len(differences), calm; len(differences) > 0 && time.Since(moved) < 5*time.Minute; time.Sleep(500 * time.Millisecond) {
		if differences = disagreements(t, all); len(differences) < best {
			best, moved = len(differences), time.Now()
		}
	}
	t.Logf("agreement, or no progress, %v after the network was well again", time.Since(calm).Round(time.Second))
	lost := 0
	have := map[string]bool{}
	for _, c := range all {
		for _, p := range c.posts(`local`) {
			have[p.Marker] = true
		}
	}
	for marker := range confirmed {
		if !have[marker] && !withdrawn[marker] {
			lost++
			t.Errorf("%s was confirmed and is lost", marker)
		}
	}
	var proxies []*faultProxy
	for _, c := range all {
		proxies = append(proxies, c.proxy)
	}
	requests, faults, words := tally(proxies...)
	t.Logf("events: %v; %d confirmed, %d lost", done, len(confirmed), lost)
	t.Logf("%d requests between the instances, %d with faults: %s; %d kills", requests, faults, words, kills)
	for _, d := range differences[:min(len(differences), 20)] {
		t.Error(d)
	}
	if len(differences) > 0 {
		for _, c := range all {
			for _, line := range c.stuck() {
				t.Errorf("%s: %s", c.slug, line)
			}
		}
	}
	if kills == 0 || faults == 0 || len(confirmed) < 10 {
		t.Errorf("too little happened")
	}
	twice := 0
	for _, c := range all {
		seen := map[string]bool{}
		for _, p := range c.posts(`true`) {
			if seen[p.Marker] {
				twice++
				t.Errorf("%s has %s twice", c.slug, p.Marker)
			}
			seen[p.Marker] = true
		}
	}
	t.Logf("%d disagreements, %d duplicated", len(differences), twice)
}

// killAtRandom kills one process after the other, with a pause before it comes back; one at least.
func killAtRandom(ctx context.Context, all []*chaotic, random *rand.Rand) (kills int) {
	for stop := ctx.Done(); ; {
		select {
		case <-stop:
			if kills > 0 {
				return kills
			}
			stop = nil
		case <-time.After(time.Duration(1000+random.IntN(2500)) * time.Millisecond):
		}
		victim, pause := all[random.IntN(len(all))], time.Duration(random.IntN(1200))*time.Millisecond
		victim.alive.Lock()
		victim.kill()
		kills++
		time.Sleep(pause)
		victim.start()
		victim.alive.Unlock()
	}
}

// diary is what somebody did at one instance: markers of posts whose publication was confirmed, and of those that were withdrawn,
// confirmed or not; and how often what was done.
type diary struct {
	confirmed, withdrawn map[string]bool
	done                 map[string]int
}

// live does at random what people do, by the same pages, until four of their posts are confirmed at least.
func (c *chaotic) live(ctx context.Context, random *rand.Rand) diary {
	d := diary{confirmed: map[string]bool{}, withdrawn: map[string]bool{}, done: map[string]int{}}
	for n := 0; ctx.Err() == nil || len(d.confirmed) < 4 && n < 1_000; n++ {
		time.Sleep(time.Duration(30+random.IntN(170)) * time.Millisecond)
		marker := fmt.Sprintf("%s-%d", c.slug, n)
		roll := random.IntN(100)
		own, known := c.pick(random, `local AND state = 'published'`), c.pick(random, `state = 'published'`)
		switch {
		case roll < 12:
			if c.send("/praxisbeispiele/neu", c.token, practiceForm(marker, 0)) {
				d.confirmed[marker], d.done["practice"] = true, d.done["practice"]+1
			}
		case roll < 25:
			if c.send("/beitraege", c.token, url.Values{"title": {marker + " Faden"}, "source": {"Worüber reden wir?"}, "visibility": {"public"}}) {
				d.confirmed[marker], d.done["thread"] = true, d.done["thread"]+1
			}
		case roll < 55 && known.ID != 0:
			if c.send("/beitraege", c.token, url.Values{"in_reply_to": {fmt.Sprint(known.ID)}, "source": {marker + " Antwort"}}) {
				d.confirmed[marker], d.done["comment"] = true, d.done["comment"]+1
			}
		case roll < 70 && known.ID != 0:
			verb := []string{"favorisieren", "favorisieren", "nicht-mehr-favorisieren"}[random.IntN(3)]
			if c.send(fmt.Sprintf("/beitraege/%d/%s", known.ID, verb), c.token, nil) {
				d.done["like"]++
			}
		case roll < 90 && own.ID != 0:
			path, form := fmt.Sprintf("/beitraege/%d/bearbeiten", own.ID), url.Values{"title": {own.Marker + " Faden"}, "source": {fmt.Sprintf("%s Fassung %d", own.Marker, n)}}
			if own.Kind == "article" {
				path, form = fmt.Sprintf("/praxisbeispiele/%d/bearbeiten", own.ID), practiceForm(own.Marker, n)
				form.Set("version", c.version(own.ID))
			}
			if c.send(path, c.token, form) {
				d.done["edit"]++
			}
		case own.ID != 0:
			d.withdrawn[own.Marker] = true
			if c.send(fmt.Sprintf("/beitraege/%d/loeschen", own.ID), c.token, nil) {
				d.done["deletion"]++
			}
		}
	}
	return d
}

// version is that of the text of a practice which a form would have been written over.
func (c *chaotic) version(id int64) (version string) {
	c.t.Helper()
	if err := c.conn.Get(&version, `SELECT draft_version FROM practices WHERE post_id = $1`, id); err != nil {
		c.t.Fatal(err)
	}
	return version
}

func practiceForm(marker string, version int) url.Values {
	return url.Values{
		"title": {marker + " Praxisbeispiel"}, "summary": {fmt.Sprintf("Fassung %d: Server werden nachts abgeschaltet.", version)}, "source": {fmt.Sprintf("## Anlass\n\nFassung %d", version)},
		"language": {"de"}, "level": {"verband"}, "licence": {"https://www.govdata.de/dl-de/by-2-0"}, "action": {"publish"}, "visibility": {"public"},
		"figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.before": {"120"}, "figures.0.after": {fmt.Sprint(version)},
	}
}

// send posts a form around the bad network, and reports whether the instance said that it is done.
func (c *chaotic) send(path, token string, form url.Values) bool {
	c.alive.RLock()
	defer c.alive.RUnlock()
	req, err := http.NewRequest(http.MethodPost, "http://"+c.backend+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Host = c.Config.Domain()
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := direct.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusSeeOther
}

// chaosPost is a post as one instance has it. The marker is the word that names it everywhere.
type chaosPost struct {
	ID     int64  `db:"id"`
	URI    string `db:"uri"`
	Kind   string `db:"kind"`
	State  string `db:"state"`
	Title  string `db:"title"`
	Words  string `db:"words"`
	Parent string `db:"in_reply_to_uri"`
	Marker string `db:"marker"`
}

func (c *chaotic) posts(condition string) (list []chaosPost) {
	c.t.Helper()
	// The words of what was withdrawn are kept for their authors at most, so its name is no longer its marker.
	err := c.conn.Select(&list, `SELECT id, uri, kind, state, title, in_reply_to_uri, title || ' ' || summary || ' ' || html AS words,
			CASE WHEN state = 'published' THEN substring(title || ' ' || html FROM '(?:alpha|beta|gamma)-[0-9]+') ELSE uri END AS marker
		FROM posts WHERE state <> 'draft' AND `+condition+` ORDER BY id`)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

func (c *chaotic) pick(random *rand.Rand, condition string) chaosPost {
	list := c.posts(condition)
	if len(list) == 0 {
		return chaosPost{}
	}
	return list[random.IntN(len(list))]
}

// likes lists who likes what, of local people or about local posts.
func (c *chaotic) likes(condition string) (list []string) {
	c.t.Helper()
	err := c.conn.Select(&list, `SELECT a.uri || ' ' || p.uri FROM favourites f JOIN accounts a ON a.id = f.account_id JOIN posts p ON p.id = f.post_id
		WHERE f.undone_at IS NULL AND p.state = 'published' AND `+condition+` ORDER BY 1`)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// disagreements compares what each instance published with what the others have of it, and likes at both ends.
func disagreements(t *testing.T, all []*chaotic) (list []string) {
	t.Helper()
	for _, origin := range all {
		for _, other := range all {
			if origin == other {
				continue
			}
			there := map[string]chaosPost{}
			for _, p := range other.posts(`NOT local`) {
				there[p.URI] = p
			}
			for _, p := range origin.posts(`local`) {
				q, known := there[p.URI]
				switch {
				case p.State == "withdrawn" && known && q.State != "withdrawn":
					list = append(list, fmt.Sprintf("%s still shows %s, which %s has withdrawn", other.slug, p.URI, origin.slug))
				case p.State == "published" && (!known || q.State != "published"):
					list = append(list, fmt.Sprintf("%s lacks %s of %s (%s)", other.slug, p.Marker, origin.slug, q.State))
				case p.State == "published" && (p.Title != q.Title || p.Words != q.Words || p.Parent != q.Parent):
					list = append(list, fmt.Sprintf("%s has another version of %s: %.300q, at %s %.300q", other.slug, p.Marker, q.Words, origin.slug, p.Words))
				}
			}
			here := other.likes(`a.domain IS NULL AND p.uri LIKE '` + origin.Config.BaseURL + `/%'`)
			told := origin.likes(`p.local AND a.uri LIKE '` + other.Config.BaseURL + `/%'`)
			if !slices.Equal(here, told) {
				list = append(list, fmt.Sprintf("likes of %s for %s: %d there, %d here", other.slug, origin.slug, len(here), len(told)))
			}
		}
	}
	return list
}

// followInstanceByPages is followInstance for a process.
func (c *chaotic) followInstanceByPages(other *chaotic) {
	c.t.Helper()
	for _, name := range []string{"praxis", "forum"} {
		handle := name + "@" + other.Config.Domain()
		c.finds(handle, c.token)
		c.post("/@"+handle+"/folgen", c.token, url.Values{"als": {"catalog"}})
	}
	within(c.t, c.slug+" follows "+other.slug, func() bool {
		return count(c.t, c.conn, `SELECT count(*) FROM follows f JOIN accounts a ON a.id = f.target_id WHERE f.state = 'accepted' AND a.domain = '`+other.Config.Domain()+`'`) == 2
	})
}

// retryLanes is the administrator who presses "try now" once the network is well again.
func (c *chaotic) retryLanes(others []*chaotic) {
	c.t.Helper()
	for _, other := range others {
		if other != c {
			c.send("/verwaltung/foederation/zustellung/"+url.PathEscape(other.Config.Domain())+"/versuchen", c.admin, nil)
		}
	}
}

// stuck says what an instance has not sent, not dealt with, or given up.
func (c *chaotic) stuck() []string {
	c.t.Helper()
	return titles(c.t, c.conn, `
		SELECT d.state || ': ' || count(*) || ' deliveries for ' || d.host || ', attempts up to ' || max(d.attempt) || coalesce((
				SELECT '; lane: ' || l.failures || ' failures, due in ' || coalesce(extract(epoch FROM l.next_at - now())::int::text, '-') || ' s, worker '
					|| coalesce(l.worker::text, 'none') || ', ' || l.last_error FROM lanes l WHERE l.host = d.host), '; no lane')
		FROM deliveries d WHERE d.state <> 'delivered' GROUP BY d.host, d.state
		UNION ALL
		SELECT 'received from ' || host || ': ' || count(*) || ' not dealt with, attempts up to ' || max(attempts) || ', ' || max(note)
		FROM inbox_activities WHERE processed_at IS NULL GROUP BY host
		UNION ALL
		SELECT 'received from ' || split_part(actor_uri, '/', 3) || ': ' || count(*) || ' ' || type || ' ' || outcome || ', ' || max(note)
		FROM inbox_activities WHERE outcome IN ('ignored', 'rejected') GROUP BY split_part(actor_uri, '/', 3), type, outcome
		UNION ALL
		SELECT count(*) || ' jobs ' || kind || ' ' || state FROM river_job WHERE state <> 'completed' GROUP BY kind, state`)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, port := listen(t)
	_ = l.Close()
	return port
}
