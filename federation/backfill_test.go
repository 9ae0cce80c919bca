package federation_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
)

// begins lets a reader's instance read what an account of other software has published, as after the first follow.
func begins(t *testing.T, reader *ft.Instance, actor string) account.Account {
	t.Helper()
	a, err := reader.Transport.FetchActor(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	reader.Enqueue(job.Backfill{AccountID: a.ID})
	return a
}

// TestBackfill: an outbox may name its posts by id, by activity or by the id of one; what is featured comes too, and with
// each post its thread. No more than two pages are read.
func TestBackfill(t *testing.T) {
	t.Parallel()
	host, other, reader := ft.Start(t, "host"), ft.Start(t, "other"), ft.Start(t, "reader")
	shared := other.Say(nil, "Geteilt", "Von anderswo")
	ft.Settle(other)
	s := strange{host: host, dir: "/notes", answers: map[int]int{1: 0, 2: 1, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0}, lists: "replies", page: 5}
	s.base, s.author = under(host, "strange")
	s.publish()
	create := func(n int, object any) m {
		return m{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/activities/%d", s.base, n), "type": "Create", "actor": s.author, "object": object}
	}
	announce := func(n int, object any) m {
		return m{"id": fmt.Sprintf("%s/activities/%d", s.base, n), "type": "Announce", "actor": s.author, "object": object}
	}
	activity := func(n int, doc m) string {
		host.Extra.Store("/activities/"+strconv.Itoa(n), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, doc) }))
		return doc["id"].(string)
	}
	forged := create(9, s.id(7))
	forged["actor"] = s.base + "/else"
	pages := [][]any{
		{s.id(1), create(1, s.id(3)), activity(4, create(4, s.note(4)))},
		{announce(2, shared.URI), activity(9, forged)},
		{create(3, s.id(6))}, // the third is not read
	}
	host.Extra.Store("/who/outbox", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := s.author + "/outbox"
		n, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil {
			serve(w, m{"id": id, "type": "OrderedCollection", "first": id + "?page=0", "totalItems": 6})
			return
		}
		page := m{"id": fmt.Sprintf("%s?page=%d", id, n), "type": "OrderedCollectionPage", "orderedItems": pages[n]}
		if n+1 < len(pages) {
			page["next"] = fmt.Sprintf("%s?page=%d", id, n+1)
		}
		serve(w, page)
	}))
	host.Extra.Store("/who/featured", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": s.author + "/featured", "type": "OrderedCollection", "orderedItems": []any{s.id(5), shared.URI}})
	}))
	a := begins(t, reader, s.author)
	for _, n := range []int{1, 2, 3, 4, 5} { // 2 answers 1
		reader.Has(s.id(n))
	}
	reader.Has(shared.URI)
	ft.Settle(reader)
	reader.HasNot(s.id(6))
	reader.HasNot(s.id(7))
	var pinned []string
	if err := reader.DB.Select(&pinned, `SELECT p.uri FROM pins JOIN posts p ON p.id = pins.post_id WHERE pins.account_id = $1`, a.ID); err != nil || !slices.Equal(pinned, []string{s.id(5)}) {
		t.Errorf("pinned %v, %v", pinned, err)
	}
	if gets := host.Gets(); len(gets) > 100 || slices.Contains(gets, "/who/outbox?page=2") {
		t.Errorf("%d requests: %v", len(gets), gets)
	}

	// Once more costs the lists, and no post.
	reader.Enqueue(job.Backfill{AccountID: a.ID})
	ft.Settle(reader)
	if gets := host.Gets(); slices.ContainsFunc(gets, func(g string) bool { return strings.HasPrefix(g, "/notes/") && g != "/notes/7" }) {
		t.Errorf("posts are fetched again: %v", gets)
	}
}

// TestBackfillGoesOn: a worker that dies in the middle leaves the rest to the next one, which does not begin anew.
func TestBackfillGoesOn(t *testing.T) {
	t.Parallel()
	host, reader := ft.Start(t, "host"), ft.Start(t, "reader")
	answers := map[int]int{}
	for n := range 8 {
		answers[n+1] = 0
	}
	s := strange{host: host, dir: "/notes", answers: answers, page: 10}
	s.base, s.author = under(host, "strange")
	want := s.publish()
	asked, release := make(chan struct{}, 10), make(chan struct{})
	slow, _ := host.Extra.Load("/notes/3")
	host.Extra.Store("/notes/3", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		slow.(http.HandlerFunc)(w, r)
	}))
	var items []any
	for n := range 8 {
		items = append(items, m{"id": fmt.Sprintf("%s/activities/%d", s.base, n+1), "type": "Create", "actor": s.author, "object": s.id(n + 1)})
	}
	host.Extra.Store("/who/outbox", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		serve(w, m{"id": s.author + "/outbox", "type": "OrderedCollection", "orderedItems": items})
	}))
	begins(t, reader, s.author)
	<-asked
	reader.KillWork()
	reader.HasNot(s.id(3))
	before := host.Gets()
	close(release)
	reader.Work()
	for uri := range want {
		reader.Has(uri)
	}
	ft.Settle(reader)
	after := host.Gets()
	for n := 4; n <= 8; n++ { // the newest comes last in an outbox read from its end: 8 to 4 were stored
		path := "/notes/" + strconv.Itoa(n)
		if !slices.Contains(before, path) {
			t.Errorf("%s was not fetched before", path)
		}
		// The first post of a thread is read once more when the thread is completed.
		if count := len(slices.DeleteFunc(slices.Clone(after), func(g string) bool { return g != path })); count > 1 {
			t.Errorf("%s was fetched %d times after the crash", path, count)
		}
	}
}
