package federation_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/reuse"
)

var refresh = flag.Bool("update", false, "rewrite testdata/golden")

const golden = "testdata/golden"

// TestGoldenWire lets an instance say everything it can say. Each document, as it is stored for delivery or answered to a
// GET, is read by structs as strict as Lemmy's, held against the rules of Mastodon, NodeBB and GoToSocial, and read by
// go-fed; one of each kind stands in testdata/golden (go test ./federation -run TestGoldenWire -update rewrites them).
func TestGoldenWire(t *testing.T) {
	t.Parallel()
	w := sayEverything(t)
	// Of several of a kind, the least in the order of bytes is kept: jobs may make them in any order.
	seen := map[string][]byte{}
	for _, d := range append(w.sent(), w.served()...) {
		w.check(d)
		if normal := w.normal(d.body); seen[d.name] == nil || bytes.Compare(normal, seen[d.name]) < 0 {
			seen[d.name] = normal
		}
	}
	for name, got := range seen {
		path := filepath.Join(golden, name+".json")
		if *refresh {
			w.must(os.WriteFile(path, got, 0o644))
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, got)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s changed (-want +got; -update rewrites it):\n%s", path, diff)
		}
	}
	files, err := filepath.Glob(filepath.Join(golden, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		switch name := strings.TrimSuffix(filepath.Base(file), ".json"); {
		case seen[name] != nil:
		case *refresh:
			w.must(os.Remove(file))
		default:
			t.Errorf("%s is no longer said (-update removes it)", name)
		}
	}
	t.Logf("%d kinds of documents: %s", len(seen), strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
}

// everything is an instance that has said everything, and its neighbor.
type everything struct {
	t             *testing.T
	ours, peer    *ft.Instance
	practice      post.Post
	committee     directory.Entry
	collection    int64
	document      post.Post
	thread, asked post.Post
	deleted       post.Post
}

// said is one document.
type said struct {
	name string
	body []byte
}

func (w *everything) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// settle waits until both have done what there is to do now; polls are told and closed in their own time.
func (w *everything) settle() {
	w.t.Helper()
	for range 3 {
		for _, i := range []*ft.Instance{w.ours, w.peer} {
			i.Eventually("settles", func() string {
				n := i.Count(`SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending') + (SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL) +
					(SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'scheduled', 'retryable') AND kind NOT LIKE 'poll.%')`)
				if n > 0 {
					return fmt.Sprintf("%d things to do\n%s", n, i.Diary())
				}
				return ""
			})
		}
	}
}

func (w *everything) write(i *ft.Instance, by account.Account, d post.Draft) post.Post {
	w.t.Helper()
	d.Language = "de"
	p, err := i.Posts.Create(w.t.Context(), by, d)
	w.must(err)
	return p
}

func sayEverything(t *testing.T) *everything {
	t.Helper()
	w := &everything{t: t, ours: ft.Start(t, "ours"), peer: ft.Start(t, "peer")}
	w.peer.Follow(w.peer.Author, w.ours, "author")
	w.peer.FollowInstance(w.ours)
	w.ours.Follow(w.ours.Author, w.peer, "author")
	w.ours.FollowInstance(w.peer)
	w.posts()
	w.reactions()
	w.curates()
	w.answers()
	w.people()
	w.settle()
	return w
}

// posts are those of our author, each kind and audience, and what becomes of them.
func (w *everything) posts() {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	w.practice = o.Publish("Kiel: Abwärme nutzen")
	w.thread = o.Say(nil, "Wer misst was?", "Wir messen den #Strom, @author@"+p.Config.Domain()+" auch?\n\n- täglich\n- je Raum")
	o.Say(&w.practice, "", "Wie lange hat es gedauert?")
	w.write(o, o.Author, post.Draft{Untitled: true, Source: "Es war die Klimaanlage.", Summary: "Auflösung", Sensitive: true, Visibility: post.Unlisted})
	w.write(o, o.Author, post.Draft{Untitled: true, Source: "Nur für die, die folgen.", Visibility: post.Followers})
	w.write(o, o.Author, post.Draft{Untitled: true, Source: "@author@" + p.Config.Domain() + " Unter uns.", Visibility: post.Direct})
	var file bytes.Buffer
	w.must(png.Encode(&file, image.NewGray(image.Rect(0, 0, 30, 20))))
	text := "Ein graues Rechteck"
	picture, err := o.Media.Upload(ctx, o.Author, &file, media.Change{Description: &text})
	w.must(err)
	w.write(o, o.Author, post.Draft{Untitled: true, Source: "So sieht es aus.", Visibility: post.Public, Parts: []post.Part{o.Media.Attach(o.Author, []int64{picture.ID})}})
	w.asked = w.write(o, o.Author, post.Draft{
		Untitled: true, Source: "Wann treffen wir uns?", Visibility: post.Public, Kind: post.Question,
		Parts: []post.Part{o.Polls.Ask(poll.Draft{Options: []string{"Montag: früh", "Dienstag & später"}, ExpiresIn: time.Hour})},
	})
	w.deleted = w.write(o, o.Author, post.Draft{Untitled: true, Source: "Das war ein Versehen.", Visibility: post.Public})
	w.settle()

	_, err = o.Practices.Publish(ctx, o.Editor, w.practice.ID, o.Sample("Kiel: Abwärme nutzen, zweite Fassung"))
	w.must(err)
	w.thread, err = o.Posts.Edit(ctx, o.Author, w.thread.ID, "Wer misst was?", "Wir messen den #Strom und die #Wärme.")
	w.must(err)
	w.must(o.Posts.Delete(ctx, o.Author, w.deleted.ID))
	w.must(o.Posts.Pin(ctx, o.Author, w.thread.ID))
	w.settle()
	question := p.Has(w.asked.URI)
	_, err = p.Polls.Vote(ctx, p.Author, question.ID, []int{1})
	w.must(err)
	w.settle()
	o.Eventually("the vote is told", func() string {
		hurry(w.t, o, "poll.tell")
		if o.Count(`SELECT count(*) FROM activities WHERE type = 'Update' AND object_uri = $1`, w.asked.URI) == 0 {
			return "not yet"
		}
		return ""
	})

	// Theirs, quoted by us, and ours by them.
	theirs := p.Say(nil, "Wir auch", "Wir messen auch.")
	quoting, err := o.Quotes.Of(ctx, o.Author, o.Has(theirs.URI).ID)
	w.must(err)
	w.write(o, o.Author, post.Draft{Untitled: true, Source: "Sehr gut.", Visibility: post.Public, Parts: []post.Part{quoting}})
	quoted, err := p.Quotes.Of(ctx, p.Author, p.Has(w.thread.URI).ID)
	w.must(err)
	w.write(p, p.Author, post.Draft{Untitled: true, Source: "Das fragen wir uns auch.", Visibility: post.Public, Parts: []post.Part{quoted}})
	w.settle()
}

// reactions are ours to posts of the neighbor's.
func (w *everything) reactions() {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	theirs := o.Has(p.Say(nil, "Serverräume", "Bei uns sind es 26 °C.").URI)
	w.must(o.Posts.Favourite(ctx, o.Author, theirs.ID))
	w.must(o.Posts.Boost(ctx, o.Author, theirs.ID))
	o.Say(&theirs, "", "Und die Hardware?")
	w.settle()
	w.must(o.Posts.Unfavourite(ctx, o.Author, theirs.ID))
	w.must(o.Posts.Unboost(ctx, o.Author, theirs.ID))
	asked := w.write(p, p.Author, post.Draft{
		Untitled: true, Source: "Messen Sie?", Visibility: post.Public, Kind: post.Question,
		Parts: []post.Part{p.Polls.Ask(poll.Draft{Options: []string{"Ja", "Nein"}, ExpiresIn: time.Hour})},
	})
	_, err := o.Polls.Vote(ctx, o.Author, o.Has(asked.URI).ID, []int{0})
	w.must(err)
	w.settle()
}

// curates lets our desk decide about practices of the neighbor's.
func (w *everything) curates() {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	theirs := o.Has(p.Publish("Server abschalten").URI)
	o.Eventually("desk", func() string {
		if o.Count(`SELECT count(*) FROM curations WHERE post_id = $1`, theirs.ID) == 0 {
			return "not there"
		}
		return ""
	})
	w.must(o.Curation.Accept(ctx, o.Editor, theirs.ID))
	w.must(o.Curation.Annotate(ctx, o.Editor, theirs.ID, "Gut übertragbar."))
	w.must(o.Curation.Feature(ctx, o.Editor, theirs.ID, true))
	w.settle()
	w.collects(theirs)
	w.publishes()
	w.must(o.Curation.Feature(ctx, o.Editor, theirs.ID, false))
	w.must(o.Curation.Decline(ctx, o.Editor, theirs.ID, "Es ist überholt."))

	w.committee = lists(o, listed("AG Nachhaltige IT"))
	w.must(o.Directory.Remove(ctx, o.Editor, lists(o, listed("AG Papierloses Büro")).ID))
	_, err := o.DB.Exec(`UPDATE directory_entries SET confirmed_at = '2026-11-20'`)
	w.must(err)
	w.settle()
}

// collects arranges practices of the neighbor's in a collection that others see; the first will leave it.
func (w *everything) collects(first post.Post) {
	ctx, o := w.t.Context(), w.ours
	second := o.Has(w.peer.Publish("Lüftung erneuern").URI)
	o.Eventually("accepted", func() string {
		if err := o.Curation.Accept(ctx, o.Editor, second.ID); err != nil {
			return err.Error()
		}
		return ""
	})
	var err error
	w.collection, err = o.Curation.CreateCollection(ctx, o.Editor, curation.CollectionDraft{Name: "Strom sparen", Introduction: "Was sich bewährt hat: zwei Beispiele."})
	w.must(err)
	w.must(o.Curation.SaveChapter(ctx, o.Editor, w.collection, curation.Chapter{Name: "Kühlung & Lüftung", Introduction: "Luft statt Strom."}))
	c, err := o.Curation.Arranged(ctx, o.Editor, w.collection)
	w.must(err)
	w.must(o.Curation.AddEntries(ctx, o.Editor, w.collection, []int64{first.ID, second.ID}, c.Chapters[0].ID))
	w.must(o.Curation.SaveEntry(ctx, o.Editor, w.collection, second.ID, curation.EntryDraft{ChapterID: c.Chapters[0].ID, Annotation: "Gut übertragbar.", Featured: true}))
	w.must(o.Curation.PublishCollection(ctx, o.Editor, w.collection))
	w.settle()
	w.moveOn(first, second, c.Chapters[0].ID)
}

// moveOn: the second has a new version, which is accepted, too; one that its source takes back stood with it for a while.
func (w *everything) moveOn(first, second post.Post, chapter int64) {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	short := accepts(w.t, o, p.Publish("Licht aus"))
	w.must(o.Curation.AddEntries(ctx, o.Editor, w.collection, []int64{short.ID}, chapter))
	w.settle()
	w.must(p.Practices.Withdraw(ctx, p.Editor, p.Has(short.URI).ID))
	_, err := p.Practices.Publish(ctx, p.Editor, p.Has(second.URI).ID, p.Sample("Lüftung erneuern, zweite Fassung"))
	w.must(err)
	w.settle()
	w.must(o.Curation.Accept(ctx, o.Editor, second.ID))
	w.must(o.Curation.RemoveEntry(ctx, o.Editor, w.collection, short.ID, ""))
	w.settle()
}

// publishes lets our catalogue publish a document, and change it.
func (w *everything) publishes() {
	ctx, o := w.t.Context(), w.ours
	text := publication.Text{Title: "Leitfaden: Abwärme", Summary: "Wie ein Rechenzentrum heizt.", Source: "Zuerst *messen*.", Language: "de", Type: "guide", Version: "1.0"}
	work, err := o.Publications.Save(ctx, o.Editor, 0, 0, text)
	w.must(err)
	id, err := o.Publications.Publish(ctx, o.Editor, work.ID, work.Version)
	w.must(err)
	w.document, err = o.Posts.Get(ctx, id)
	w.must(err)
	w.settle()
	work, err = o.Publications.Change(ctx, o.Editor, id)
	w.must(err)
	text.Version = "1.1"
	work, err = o.Publications.Save(ctx, o.Editor, work.ID, work.Version, text)
	w.must(err)
	_, err = o.Publications.Publish(ctx, o.Editor, work.ID, work.Version)
	w.must(err)
	w.settle()
}

// answers are what ours say of practices beyond comments.
func (w *everything) answers() {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	theirs := o.Has(p.Publish("Lübeck: Server teilen").URI)
	less := -12.5
	said := reuse.Draft{State: reuse.Implementing, Source: "Bei uns sind es *drei* Häuser.", PracticeID: w.practice.ID, Figures: []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: &less}}}
	_, err := o.Reuses.Save(ctx, o.Editor, theirs.ID, said)
	w.must(err)
	judged := assessment.Draft{Status: assessment.Attention, Progress: "begun", Urgent: true, Horizon: o.Assessments.Year() + 2, Source: "Die Verträge fehlen."}
	_, err = o.Assessments.Save(ctx, o.Editor, theirs.ID, judged)
	w.must(err)
	expert := o.Knows(p, "author")
	w.must(o.Assessments.Invite(ctx, o.Editor, w.practice.ID, expert.ID, "@"+expert.Handle()+" Bitte bewerten Sie: "+w.practice.URL))
	w.settle()
	said.State, judged.Status, judged.Urgent = reuse.InUse, assessment.Uncritical, false
	_, err = o.Reuses.Save(ctx, o.Editor, theirs.ID, said)
	w.must(err)
	_, err = o.Assessments.Save(ctx, o.Editor, theirs.ID, judged)
	w.must(err)
	w.settle()
}

// people is what becomes of accounts.
func (w *everything) people() {
	ctx, o, p := w.t.Context(), w.ours, w.peer
	there, editor := o.Knows(p, "author"), o.Knows(p, "editor")
	name, yes := "Anna Änderung", true
	w.must(o.Accounts.SaveProfile(ctx, o.Author, o.Author.ID, account.Profile{DisplayName: &name, ApprovesFollowers: &yes, Fields: &account.Fields{{Name: "Haus", Source: "Kiel"}}}))
	w.settle()
	_, err := p.Follows.Follow(ctx, p.Editor, p.Editor.ID, p.Knows(o, "author").ID)
	w.must(err)
	o.Eventually("asked", func() string {
		if asking, err := o.Follows.Requests(ctx, o.Author.ID); err != nil || len(asking) != 1 || asking[0].Follow.State != follow.Pending {
			return fmt.Sprint(asking, err)
		}
		return ""
	})
	w.must(o.Follows.AnswerReader(ctx, o.Author, editor.ID, false))
	w.must(o.Posts.Unpin(ctx, o.Author, w.thread.ID))
	w.must(o.Follows.Unfollow(ctx, o.Author, o.Author.ID, there.ID))
	w.settle()
	w.must(o.Accounts.RotateKey(ctx, o.Author.ID, false))
	_, err = o.Moderation.Submit(ctx, o.Author, moderation.Draft{TargetID: editor.ID, Comment: "Werbung", Forward: true})
	w.must(err)
	w.must(o.Relationships.Block(ctx, o.Author, editor.ID))
	w.settle()
	w.must(o.Relationships.Unblock(ctx, o.Author, editor.ID))

	leaving, err := o.Accounts.CreateLocal(ctx, "leaving", "Geht", account.RoleMember)
	w.must(err)
	p.Follow(p.Author, o, "leaving")
	w.must(p.Accounts.AddAlias(ctx, p.Author, p.Knows(o, "leaving")))
	w.settle()
	_, err = o.Transport.RefreshActor(ctx, there.URI)
	w.must(err)
	w.must(o.Accounts.MoveTo(ctx, leaving, o.Knows(p, "author")))
	gone, err := o.Accounts.CreateLocal(ctx, "gone", "Ist fort", account.RoleMember)
	w.must(err)
	p.Follow(p.Author, o, "gone")
	w.settle()
	w.must(o.Accounts.Close(ctx, account.Operator(), gone.ID))
	w.settle()
}
