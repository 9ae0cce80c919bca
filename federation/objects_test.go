package federation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// peerPair is an instance of ours, and one that speaks as other software does.
type peerPair struct {
	t          *testing.T
	ours, peer *ft.Instance
	n          int
}

func meetPeer(t *testing.T) *peerPair {
	t.Helper()
	p := &peerPair{t: t, ours: ft.Start(t, "ours"), peer: ft.Start(t, "peer")}
	p.ours.Follow(p.ours.Editor, p.peer, "author")
	return p
}

// send has the peer's author send an activity about object; it must be taken.
func (p *peerPair) send(typ string, object any) string {
	p.t.Helper()
	p.n++
	id := fmt.Sprintf("%s/sent/%d", p.peer.Config.BaseURL, p.n)
	body, err := json.Marshal(m{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": typ, "actor": p.peer.Author.URI, "object": object,
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if status := p.peer.Send(p.peer.Author, ft.Letter{To: p.ours.Config.BaseURL + "/inbox", Body: string(body)}); status != http.StatusAccepted {
		p.t.Fatalf("%s answered %d", typ, status)
	}
	return id
}

// outcome waits until an activity was applied.
func (p *peerPair) outcome(id string) (outcome, note string) {
	p.t.Helper()
	p.ours.Eventually("outcome of "+id, func() string {
		err := p.ours.DB.QueryRow(`SELECT outcome, note FROM inbox_activities WHERE uri = $1 AND outcome <> ''`, id).Scan(&outcome, &note)
		if err != nil {
			return err.Error()
		}
		return ""
	})
	return outcome, note
}

// document is one of the documents of other software, as if the peer had written it.
func (p *peerPair) document(name string) map[string]any {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join("vocab/testdata/peers", name+".json"))
	if err != nil {
		p.t.Fatal(err)
	}
	text := strings.NewReplacer(
		"https://peer.example/author", p.peer.Author.URI, "https://peer.example", p.peer.Config.BaseURL, "https://ours.example/g/forum", p.ours.Forum().URI,
	).Replace(string(raw))
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		p.t.Fatal(err)
	}
	return doc
}

// TestObjectsOfOthers: what other software writes arrives with title, text, files and link, on the board where it belongs.
func TestObjectsOfOthers(t *testing.T) {
	t.Parallel()
	p := meetPeer(t)
	forum := p.ours.Forum()
	for name, want := range map[string]struct {
		kind   post.Kind
		title  string
		html   string // a part of it
		page   string
		images int
		others int // files that are no images
		board  bool
	}{
		"lemmy_page":        {kind: post.Link, title: "Erfahrungen mit Flüssigkühlung: wer hat welche?", html: `<a href="https://kuehlung.example/bericht" rel="nofollow noopener ugc">https://kuehlung.example/bericht</a>`, page: "/post/123", images: 1, board: true},
		"nodebb_article":    {kind: post.Article, title: "Serverraum im Altbau", html: "<p>Wie wir den Serverraum kühlen.</p>", page: "/post/21", board: true},
		"peertube_video":    {kind: post.Link, title: "Rundgang: das neue Rechenzentrum", html: "Ein <strong>Rundgang</strong> durch", page: "/w/0b1c", images: 1, others: 1},
		"mobilizon_event":   {kind: post.Event, title: "Austausch Green-IT der Kommunen", html: "Wir sprechen über Abwärme.", page: "/events/a1", images: 1},
		"wordpress_article": {kind: post.Article, title: "Kiel: Bilanz nach einem Jahr", html: "Ein Jahr Abwärmenutzung.", page: "/bilanz/", images: 1},
		"friendica_page":    {kind: post.Link, title: "Hinweis auf eine Studie", html: `>Die Studie</a>`, page: "/display/f1"},
		"misskey_note":      {kind: post.Note, html: "Das lohnt sich", page: "/notes/m1"},
		"pixelfed_note":     {kind: post.Note, html: "Neue Wärmepumpe", page: "/p/anna/1", images: 1},
		"funkwhale_audio":   {kind: post.Link, title: "Folge 3: Green-IT im Amt", html: "&lt;b&gt;ohne&lt;/b&gt;", page: "/library/tracks/9", images: 1, others: 1},
		"gancio_image":      {kind: post.Link, title: "Plan der Leitung", page: "/images/4.png", images: 1},
		"odd_document":      {kind: post.Link, title: "Leitfaden", page: "/docs/8.html", others: 1},
	} {
		doc := p.document(name)
		p.send("Create", doc)
		got := p.ours.Has(doc["id"].(string))
		if got.Kind != want.kind || got.Title != want.title || !strings.Contains(got.HTML, want.html) || got.URL != p.peer.Config.BaseURL+want.page {
			t.Errorf("%s arrived as %s %q, %s, text %s", name, got.Kind, got.Title, got.URL, got.HTML)
		}
		if strings.Contains(got.HTML, "quote-inline") || strings.Contains(got.HTML, "<img") {
			t.Errorf("%s: text %s", name, got.HTML)
		}
		if (got.BoardID != nil && *got.BoardID == forum.ID) != want.board {
			t.Errorf("%s: on board %v", name, got.BoardID)
		}
		files, err := p.ours.Media.ByPosts(t.Context(), []int64{got.ID})
		if err != nil {
			t.Fatal(err)
		}
		images := len(slices.DeleteFunc(slices.Clone(files[got.ID]), func(f media.Media) bool { return f.Kind != media.Image }))
		if images != want.images || len(files[got.ID])-images != want.others {
			t.Errorf("%s: files %+v", name, files[got.ID])
		}
	}
}

// TestEventOfOthers: an event keeps when and where; that it is cancelled arrives; with the post its place goes.
func TestEventOfOthers(t *testing.T) {
	t.Parallel()
	p := meetPeer(t)
	doc := p.document("mobilizon_event")
	p.send("Create", doc)
	got := p.ours.Has(doc["id"].(string))
	stands := func() event.Event {
		t.Helper()
		events, err := p.ours.Events.ByPosts(t.Context(), []int64{got.ID})
		if err != nil {
			t.Fatal(err)
		}
		return events[got.ID]
	}
	e := stands()
	if local := e.StartsAt.In(e.Location()).Format("02.01.2006 15:04"); local != "20.11.2026 17:00" || e.Where() != "Rathaus Kiel, Fleethörn 9, 24103 Kiel, Deutschland" ||
		e.URL != "https://konferenz.example/raum" || e.Status != event.Confirmed || e.EndsAt == nil {
		t.Errorf("the event is %+v, at %s", e, local)
	}
	doc["status"], doc["ical:status"], doc["updated"] = "CANCELLED", "CANCELLED", "2026-05-03T08:00:00Z"
	p.send("Update", doc)
	p.ours.Eventually("cancellation", func() string { return differs(stands().Status, event.Cancelled) })
	// An older version does not bring it back.
	doc["status"], doc["ical:status"], doc["updated"] = "CONFIRMED", "CONFIRMED", "2026-05-02T09:00:00Z"
	p.outcome(p.send("Update", doc))
	if s := stands().Status; s != event.Cancelled {
		t.Errorf("an older version made it %s", s)
	}
	p.send("Update", m{"id": doc["id"], "type": "Tombstone", "formerType": "Event", "deleted": "2026-05-04T08:00:00Z"})
	p.ours.Eventually("withdrawal by Tombstone", func() string {
		now, err := p.ours.Posts.Get(t.Context(), got.ID)
		if err != nil || now.State != post.StateWithdrawn {
			return fmt.Sprint(now.State, err)
		}
		return differs(p.ours.Count(`SELECT count(*) FROM events`), 0)
	})
	p.outcome(p.send("Create", doc))
	if now := p.ours.Has(doc["id"].(string)); now.State != post.StateWithdrawn {
		t.Errorf("a late Create made it %s", now.State)
	}
}

func differs[T comparable](got, want T) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%v, want %v", got, want)
}

// TestUnknownTypes: what nobody knows is taken, kept and answered 202.
func TestUnknownTypes(t *testing.T) {
	t.Parallel()
	p := meetPeer(t)
	public := []string{"https://www.w3.org/ns/activitystreams#Public"}
	for name, object := range map[string]any{
		"unknown type":   m{"id": p.peer.Config.BaseURL + "/x/1", "type": "ChessGame", "name": "Partie", "content": "e4", "url": p.peer.Config.BaseURL + "/x/1", "attributedTo": p.peer.Author.URI, "to": public},
		"unknown types":  m{"id": p.peer.Config.BaseURL + "/x/2", "type": []string{"Offer", "ChessGame"}, "attributedTo": p.peer.Author.URI, "to": public},
		"no type":        m{"id": p.peer.Config.BaseURL + "/x/3", "attributedTo": p.peer.Author.URI},
		"types are odd":  m{"id": p.peer.Config.BaseURL + "/x/4", "type": []any{7, m{}}, "attributedTo": p.peer.Author.URI},
		"a number":       7,
		"an empty list":  []any{},
		"a list of junk": []any{7, "x", []any{}},
	} {
		outcome, note := p.outcome(p.send("Create", object))
		if outcome != "ignored" && outcome != "rejected" {
			t.Errorf("%s: %s %s", name, outcome, note)
		}
	}
	if outcome, _ := p.outcome(p.send("ChessMove", p.peer.Config.BaseURL+"/x/5")); outcome != "ignored" {
		t.Errorf("unknown activity: %s", outcome)
	}
	if n := p.ours.Count(`SELECT count(*) FROM inbox_activities WHERE convert_from(body, 'UTF8') LIKE '%Partie%ChessGame%'`); n != 1 {
		t.Errorf("the raw text of an unknown type is kept %d times", n)
	}
	if n := p.ours.Count(`SELECT count(*) FROM posts`); n != 0 {
		t.Errorf("%d posts", n)
	}
}

// TestVotesAtOnce: GoToSocial sends all answers that somebody chose in one Create; of a poll with one answer the first counts, and
// nothing counts after its end.
func TestVotesAtOnce(t *testing.T) {
	t.Parallel()
	p := meetPeer(t)
	ask := func(multiple bool) post.Post {
		t.Helper()
		asked, err := p.ours.Posts.Create(t.Context(), p.ours.Author, post.Draft{
			Untitled: true, Source: "Wann?", Visibility: post.Public, Language: "de", Kind: post.Question,
			Parts: []post.Part{p.ours.Polls.Ask(poll.Draft{Options: []string{"Montag", "Dienstag", "Mittwoch"}, Multiple: multiple, ExpiresIn: time.Hour})},
		})
		if err != nil {
			t.Fatal(err)
		}
		return asked
	}
	vote := func(q post.Post, n int, name string) m {
		return m{
			"id": fmt.Sprintf("%s/votes/%d-%d", p.peer.Config.BaseURL, q.ID, n), "type": "Note", "attributedTo": p.peer.Author.URI, "name": name, "inReplyTo": q.URI,
			"to": p.ours.Author.URI, "published": time.Now().UTC().Format(time.RFC3339),
		}
	}
	many, one := ask(true), ask(false)
	p.outcome(p.send("Create", []m{vote(many, 1, "Montag"), vote(many, 2, "Mittwoch"), vote(many, 3, "Sonntag")}))
	p.outcome(p.send("Create", []m{vote(one, 1, "Dienstag"), vote(one, 2, "Montag")}))
	p.outcome(p.send("Create", []m{vote(one, 3, "Mittwoch")}))
	for _, want := range []struct {
		q     post.Post
		votes []int
	}{{many, []int{1, 0, 1, 1}}, {one, []int{0, 1, 0, 1}}} {
		if _, votes := stands(t, p.ours, want.q); !slices.Equal(votes, want.votes) {
			t.Errorf("it stands %v, want %v\n%s", votes, want.votes, p.ours.Diary())
		}
	}
	late := ask(true)
	if _, err := p.ours.DB.ExecContext(t.Context(), `UPDATE polls SET expires_at = now() - interval '1 second' WHERE post_id = $1`, late.ID); err != nil {
		t.Fatal(err)
	}
	p.outcome(p.send("Create", []m{vote(late, 1, "Montag"), vote(late, 2, "Dienstag")}))
	if _, votes := stands(t, p.ours, late); !slices.Equal(votes, []int{0, 0, 0, 0}) {
		t.Errorf("after its end it stands %v", votes)
	}
	if n := p.ours.Count(`SELECT count(*) FROM posts WHERE NOT local`); n != 0 {
		t.Errorf("%d votes are shown as posts", n)
	}
}
