package search_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

func (h *house) save(reader account.Account, name string, f practice.Filter) search.Saved {
	h.Helper()
	saved, err := h.searches.Save(h.Ctx, reader, name, "q="+name, f)
	h.Must(err)
	return saved
}

// told lists what a reader hears of by saved searches: all jobs are worked.
func (h *house) told(reader account.Account) []string {
	h.Helper()
	notices := notification.New(h.DB, h.Accounts, follow.New(h.DB, h.Accounts, h.Queue, "https://sh.example", nil), h.Posts)
	for _, n := range h.hits() {
		h.Must(notices.Notify(h.Ctx, job.Notify{Event: job.NotifySearch, ID: n}))
	}
	list, err := notices.List(h.Ctx, reader, paging.Page{})
	h.Must(err)
	titles := []string{}
	for _, n := range list {
		if n.Kind == notification.SavedSearch {
			titles = append(titles, n.Post.Post.Title)
		}
	}
	return titles
}

func (h *house) hits() (ids []int64) {
	h.Helper()
	h.Must(h.DB.SelectContext(h.Ctx, &ids, `SELECT (args->>'id')::bigint FROM river_job WHERE kind = 'notification.notify' AND args->>'event' = 'search' ORDER BY id`))
	return ids
}

func TestSavedSearchTells(t *testing.T) {
	h := newHouse(t)
	h.save(h.Member, "kühl", practice.Filter{Text: "Kühlung"})
	h.save(h.Member, "feld", practice.Filter{Field: "beschaffung"})
	h.save(h.Other, "beides", practice.Filter{Text: "Kühlung", Field: "Beschaffung"})
	h.save(h.Guest, "kuratiert", practice.Filter{Accepted: true, Text: "Kühlung"})
	arrives := func(p post.Post) {
		t.Helper()
		h.Must(h.searches.Arrived(h.Ctx, p.ID))
		h.Must(h.searches.Arrived(h.Ctx, p.ID)) // a job may run twice
	}
	first := h.arrive("Kaltgangkühlung", "Rechenzentrum", nil)
	arrives(first)
	if diff := cmp.Diff([]string{"Kaltgangkühlung"}, h.told(h.Member)); diff != "" {
		t.Error(diff)
	}
	if got := append(h.told(h.Other), h.told(h.Guest)...); len(got) != 0 {
		t.Errorf("others hear of %v", got)
	}
	names, err := h.searches.Names(h.Ctx, h.Member.ID, []int64{first.ID})
	h.Must(err)
	if names[first.ID].Name != "kühl" {
		t.Errorf("found by %+v", names)
	}

	// Each search tells once a day, each practice is told once.
	arrives(h.arrive("Kühlung zum Zweiten", "Rechenzentrum", nil))
	arrives(h.arrive("Bildschirme", "Beschaffung", nil))
	if diff := cmp.Diff([]string{"Bildschirme", "Kaltgangkühlung"}, h.told(h.Member)); diff != "" {
		t.Error(diff)
	}
	tomorrow := func() {
		_, err := h.DB.ExecContext(h.Ctx, `UPDATE saved_searches SET told_on = told_on - 1`)
		h.Must(err)
	}
	tomorrow()
	arrives(first)
	arrives(h.arrive("Kühlung zum Dritten", "Rechenzentrum", nil))
	arrives(h.arrive("Kühlung beschaffen", "Beschaffung", nil))
	if diff := cmp.Diff([]string{"Kühlung beschaffen", "Kühlung zum Dritten", "Bildschirme", "Kaltgangkühlung"}, h.told(h.Member)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Kühlung beschaffen"}, h.told(h.Other)); diff != "" {
		t.Error(diff)
	}

	// Only of what the reader may see, that others wrote, and that is not archived.
	tomorrow()
	h.Follow(h.Other, h.Remote)
	arrives(h.arrive("Kühlung nur für Folgende", "Beschaffung", func(r *post.Received) { r.Visibility = post.Followers }))
	arrives(h.arrive("Kühlung nicht gelistet", "Beschaffung", func(r *post.Received) { r.Visibility = post.Unlisted }))
	archived := h.arrive("Kühlung veraltet", "Beschaffung", nil)
	_, err = h.DB.ExecContext(h.Ctx, `UPDATE practices SET archived_at = now() WHERE post_id = $1`, archived.ID)
	h.Must(err)
	arrives(archived)
	if n := len(h.told(h.Member)); n != 4 {
		t.Errorf("the member heard of %v", h.told(h.Member))
	}
	if n := h.Count(`SELECT count(*) FROM saved_search_hits h JOIN saved_searches s ON s.id = h.search_id JOIN posts p ON p.id = h.post_id
		WHERE p.visibility = 'followers' AND s.account_id = $1`, h.Member.ID); n != 0 {
		t.Error("what the member may not see took the day's turn")
	}
	if diff := cmp.Diff([]string{"Kühlung nur für Folgende", "Kühlung beschaffen"}, h.told(h.Other)); diff != "" {
		t.Error(diff)
	}
}

func TestSave(t *testing.T) {
	h := newHouse(t)
	cooling := practice.Filter{Text: "Kühlung"}
	for name, test := range map[string]struct {
		by    account.Account
		name  string
		query string
		f     practice.Filter
		want  fault.Kind
	}{
		"no name":       {h.Member, " ", "q=a", cooling, fault.Invalid},
		"long name":     {h.Member, fmt.Sprintf("%0101d", 1), "q=a", cooling, fault.Invalid},
		"everything":    {h.Member, "alles", "", practice.Filter{}, fault.Invalid},
		"stop words":    {h.Member, "alles", "q=der", practice.Filter{Text: "der"}, fault.Invalid},
		"the archive":   {h.Member, "alt", "stand=archived", practice.Filter{State: practice.StateArchived}, fault.Invalid},
		"long query":    {h.Member, "lang", fmt.Sprintf("q=%02001d", 1), cooling, fault.Invalid},
		"from far away": {h.Remote, "fern", "q=a", cooling, fault.Forbidden},
	} {
		if _, err := h.searches.Save(h.Ctx, test.by, test.name, test.query, test.f); !fault.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	first := h.save(h.Member, "eins", cooling)
	again, err := h.searches.Save(h.Ctx, h.Member, "zwei", first.Query, cooling)
	h.Must(err)
	if again.ID != first.ID || again.Name != "zwei" || again.Token != first.Token || len(first.Token) != 32 {
		t.Errorf("%+v became %+v", first, again)
	}
	if other := h.save(h.Other, "eins", cooling); other.Token == first.Token {
		t.Error("two searches share a token")
	}
	if err := h.searches.Forget(h.Ctx, h.Other, first.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another one's search: %v", err)
	}
	found, err := h.searches.ByToken(h.Ctx, first.Token)
	if err != nil || found.ID != first.ID {
		t.Errorf("by token: %+v %v", found, err)
	}
	h.Must(h.searches.Forget(h.Ctx, h.Member, first.ID))
	for _, token := range []string{first.Token, "", "%", "'"} {
		if _, err := h.searches.ByToken(h.Ctx, token); !fault.Is(err, fault.NotFound) {
			t.Errorf("token %q: %v", token, err)
		}
	}
	for n := range search.MaxSaved {
		h.save(h.Member, fmt.Sprint("suche", n), cooling)
	}
	var tooMany *fault.Error
	if _, err := h.searches.Save(h.Ctx, h.Member, "noch eine", "q=mehr", cooling); !errors.As(err, &tooMany) || tooMany.Kind != fault.Limited {
		t.Errorf("one too many: %v", err)
	}
	list, err := h.searches.Saved(h.Ctx, h.Member)
	if err != nil || len(list) != search.MaxSaved {
		t.Errorf("%d searches, %v", len(list), err)
	}
}

// Searches of an older version ask for what they ask for now, once the index has caught up.
func TestSavedSearchIsRenewed(t *testing.T) {
	h := newHouse(t)
	h.save(h.Member, "kühl", practice.Filter{Text: "Kühlung"})
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE saved_searches SET rules = 0, matches = '''alt'''`)
	h.Must(err)
	h.catchUp()
	p := h.arrive("Kühlung", "Rechenzentrum", nil)
	h.Must(h.searches.Arrived(h.Ctx, p.ID))
	if len(h.hits()) != 1 {
		t.Error("nothing found")
	}
}
