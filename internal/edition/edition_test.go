package edition_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
)

type house struct {
	*posttest.House
	practices    *practice.Service
	desk         *curation.Service
	publications *publication.Service
	editions     *edition.Service
}

func newHouse(t *testing.T) *house {
	t.Helper()
	base := posttest.New(t)
	h := &house{House: base}
	h.practices = practice.New(base.DB, base.Organizations, base.Accounts, base.Posts, base.Queue, base.Markup, posttest.Base)
	h.desk = curation.New(base.DB, base.Organizations, base.Accounts, base.Posts, h.practices, base.Queue)
	h.publications = publication.New(base.DB, base.Organizations, base.Accounts, base.Posts, base.Queue, posttest.Base)
	h.editions = edition.New(base.DB, base.Organizations, base.Accounts, base.Posts, h.practices, h.desk, h.publications, base.Queue, posttest.Base)
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.Curates = true
	h.Must(h.Organizations.Save(h.Ctx, o))
	return h
}

// arrives stores a practice of another instance in a revision, whose text says which.
func (h *house) arrives(name string, revision int) int64 {
	h.Helper()
	updated := time.Now().Add(-time.Hour + time.Duration(revision)*time.Second)
	saved := -10.0
	p, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: uriOf(name), AuthorID: h.Remote.ID, Kind: post.Article, Visibility: post.Public, BoardID: &h.RemoteCatalog.ID, Title: name, Summary: "Worum es geht.",
		HTML: fmt.Sprintf("<p>Fassung %d von %s</p>", revision, name), PublishedAt: time.Now().Add(-2 * time.Hour), UpdatedAt: &updated, Language: "de",
	}, func(tx *sqlx.Tx, p post.Post) error {
		return h.practices.Receive(h.Ctx, tx, p, practice.Practice{Revision: revision, OrganizationName: "VITAKO", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: &saved}}})
	})
	h.Must(err)
	h.Must(h.desk.Arrived(h.Ctx, p.ID))
	return p.ID
}

func uriOf(name string) string { return "https://vitako.example/practices/" + name }

// accepted are practices that the desk accepts in their first revision.
func (h *house) accepted(names ...string) (ids []int64) {
	h.Helper()
	for _, name := range names {
		id := h.arrives(name, 1)
		h.Must(h.desk.Accept(h.Ctx, h.Editor, id))
		ids = append(ids, id)
	}
	return ids
}

// begins an edition that could be published, with the practices in one chapter.
func (h *house) begins(ids ...int64) edition.Edition {
	h.Helper()
	e, err := h.editions.Create(h.Ctx, h.Editor, edition.Draft{
		Title: "Papier", Summary: "Worum es in dieser Ausgabe geht.", Sums: true, Chapters: []edition.Chapter{{Title: "Rechenzentrum"}},
	})
	h.Must(err)
	if len(ids) > 0 {
		n, err := h.editions.Take(h.Ctx, h.Editor, e.ID, 0, ids)
		h.Must(err)
		if n != len(ids) {
			h.Fatalf("%d of %d practices were taken", n, len(ids))
		}
	}
	return h.byID(e.ID)
}

func (h *house) byID(id int64) edition.Edition {
	h.Helper()
	e, err := h.editions.ByID(h.Ctx, h.Editor, id)
	h.Must(err)
	return e
}

// compose writes an edition down in few words.
func compose(p edition.Paper) (edition.Frozen, error) {
	d := export.Document{Title: p.Title + " " + p.Number, Language: "de", Address: posttest.Base + p.Path(), Date: *p.PublishedAt, Contents: "Inhalt"}
	for i, part := range p.Parts {
		d.Blocks = append(d.Blocks, export.Heading{Level: 2, Text: export.Plain(part.Title), ID: fmt.Sprintf("k%d", i)})
		for _, place := range part.Places {
			d.Blocks = append(d.Blocks, export.Heading{Level: 3, Text: export.Plain(string(place.State) + " " + place.View.Post.Title)})
			d.Blocks = append(d.Blocks, export.Body(place.View.Post.HTML, 4)...)
		}
	}
	return edition.Frozen{Document: d, Announcement: "Eine neue Ausgabe ist da."}, nil
}

func (h *house) publishes(e edition.Edition) edition.Edition {
	h.Helper()
	e, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, compose)
	h.Must(err)
	return e
}

func (h *house) page(e edition.Edition) string {
	h.Helper()
	page, err := h.editions.Page(h.Ctx, e.Number)
	h.Must(err)
	return string(page)
}

func (h *house) states(e edition.Edition) map[string]edition.State {
	h.Helper()
	list, err := h.editions.Standings(h.Ctx, e)
	h.Must(err)
	states := map[string]edition.State{}
	for uri, s := range list {
		states[strings.TrimPrefix(uri, uriOf(""))] = s.State
	}
	return states
}

// TestFrozen: an edition holds each practice at the revision that was accepted, and nothing that becomes of them, of its draft or of the
// database changes it.
func TestFrozen(t *testing.T) {
	h := newHouse(t)
	ids := h.accepted("A", "B", "C")
	e := h.begins(ids...)
	h.arrives("B", 2) // before it is published, but not accepted
	published := h.publishes(e)
	page := h.page(published)
	for _, want := range []string{"Fassung 1 von A", "Fassung 1 von B", "Fassung 1 von C", "moved B"} {
		if !strings.Contains(page, want) {
			t.Errorf("the edition lacks %q", want)
		}
	}
	if len(published.Checksum) != 64 || published.Size() != 3 || !published.Published() {
		t.Errorf("published: %+v", published)
	}

	h.Must(h.Posts.ReceiveDelete(h.Ctx, uriOf("A")))
	h.arrives("C", 5)
	if got := h.page(published); got != page {
		t.Error("the page has changed")
	}
	since, err := h.editions.Since(h.Ctx, published)
	h.Must(err)
	var told []string
	for _, p := range since {
		told = append(told, fmt.Sprintf("%s %s %d", p.Entry.Title, p.State, p.Current))
	}
	if diff := cmp.Diff([]string{"A withdrawn 0", "B moved 2", "C moved 5"}, told); diff != "" {
		t.Errorf("since it appeared: %s", diff)
	}
	for what, change := range map[string]func() error{
		"Save": func() error {
			_, err := h.editions.Save(h.Ctx, h.Editor, e.ID, 1, edition.Draft{Number: "2026-7"})
			return err
		},
		"Take":    func() error { _, err := h.editions.Take(h.Ctx, h.Editor, e.ID, 0, ids); return err },
		"Discard": func() error { return h.editions.Discard(h.Ctx, h.Editor, e.ID) },
		"Publish": func() error { _, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, compose); return err },
	} {
		if err := change(); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s of a published edition: %v", what, err)
		}
	}
	for _, change := range []string{`html = 'x'`, `checksum = 'x'`, `number = '2026-9'`, `state = 'draft'`, `title = 'x'`, `html = NULL`, `state = 'withdrawn', html = NULL`,
		`state = 'withdrawn', html = NULL, withdrawn_at = now(), withdrawn_reason = 'x', checksum = 'x'`} {
		if _, err := h.DB.ExecContext(h.Ctx, `UPDATE editions SET `+change+` WHERE id = $1`, e.ID); err == nil {
			t.Errorf("the database takes %s: %v", change, err)
		}
	}
}

// TestWithdraw: what was published is taken back with a reason that stays, its text and files are deleted here and with followers, and
// the database lets nobody do it in another way or undo it.
func TestWithdraw(t *testing.T) {
	h := newHouse(t)
	e := h.publishes(h.begins(h.accepted("A", "B")...))
	h.editions.PrintBy(browser(t, `printf '%%PDF-1.7 x' > "$out"`))
	h.Must(h.editions.Print(h.Ctx, e.ID, true))
	e = h.byID(e.ID)
	const reason = "Das Landgericht Kiel hat es angeordnet."
	for _, short := range []string{"", " \n ", "kurz", strings.Repeat("ä", edition.MaxReason+1)} {
		h.Want(h.editions.Withdraw(h.Ctx, h.Editor, e.Number, short), fault.Invalid)
	}
	h.Want(h.editions.Withdraw(h.Ctx, h.Editor, "1999-1", reason), fault.NotFound)
	h.Want(h.editions.Withdraw(h.Ctx, h.Editor, h.begins().Number, reason), fault.NotFound)
	if h.page(e) == "" {
		t.Error("what is refused deletes the page")
	}
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.Curates = false // a court does not ask for that
	h.Must(h.Organizations.Save(h.Ctx, o))
	for range 2 {
		h.Must(h.editions.Withdraw(h.Ctx, h.Editor, e.Number, " "+reason+"\n"))
	}

	gone, err := h.editions.ByNumber(h.Ctx, e.Number)
	h.Want(err, fault.Gone)
	if gone.Reason != reason || gone.Title != e.Title || gone.Checksum != e.Checksum || !gone.PublishedAt.Equal(*e.PublishedAt) || !gone.Withdrawn() || gone.Summary != "" || gone.Size() != 0 {
		t.Errorf("what is left: %+v", gone)
	}
	_, err = h.editions.Page(h.Ctx, e.Number)
	h.Want(err, fault.NotFound)
	for _, format := range []string{edition.PDF, edition.ODT, edition.EPUB} {
		_, err = h.editions.Content(h.Ctx, e.Number, format)
		h.Want(err, fault.NotFound)
	}
	h.Want(h.editions.Retry(h.Ctx, h.Editor, e.Number), fault.Forbidden)
	if n := h.Count(`SELECT (SELECT count(*) FROM edition_chapters WHERE edition_id = $1) + (SELECT count(*) FROM edition_files WHERE edition_id = $1)`, e.ID); n != 0 {
		t.Errorf("%d chapters and files are kept", n)
	}
	_, err = h.Posts.ByID(h.Ctx, post.Viewer{}, *e.PostID)
	h.Want(err, fault.Gone)
	if n := h.Count(`SELECT (SELECT count(*) FROM publications WHERE post_id = $1) + (SELECT count(*) FROM revisions WHERE post_id = $1 AND (title || summary || source || html <> '' OR detail IS NOT NULL))
		+ (SELECT count(*) FROM posts WHERE id = $1 AND title || summary || source || html <> '')`, *e.PostID); n != 0 {
		t.Errorf("%d rows of what followers were told are kept", n)
	}
	if n := h.Count(`SELECT count(*) FROM river_job WHERE args->>'verb' = 'delete_post' AND (args->>'id')::bigint = $1`, *e.PostID); n != 1 {
		t.Errorf("followers are told %d times", n)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'edition.withdraw' AND subject = $1 AND detail = $2 AND account_id = $3`, e.Number, reason, h.Editor.ID); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
	list, err := h.editions.List(h.Ctx)
	h.Must(err)
	if len(list) != 1 || !list[0].Withdrawn() {
		t.Errorf("list %+v", list)
	}
	h.Must(h.editions.Print(h.Ctx, e.ID, true)) // a job that comes late
	for _, change := range []string{
		`state = 'published', html = 'x', withdrawn_at = NULL, withdrawn_reason = ''`, `state = 'draft'`, `title = 'x'`, `number = '2031-1'`, `checksum = 'x'`, `withdrawn_reason = 'x'`, `html = 'x'`,
	} {
		if _, err := h.DB.ExecContext(h.Ctx, `UPDATE editions SET `+change+` WHERE id = $1`, e.ID); err == nil {
			t.Errorf("the database takes %s", change)
		}
	}
}

// TestWithdrawBeforeItIsTold: an edition whose PDF is still being made is withdrawn, and nobody hears of it afterwards.
func TestWithdrawBeforeItIsTold(t *testing.T) {
	h := newHouse(t)
	e := h.publishes(h.begins(h.accepted("A")...))
	h.Must(h.editions.Withdraw(h.Ctx, h.Editor, e.Number, "Ein Satz darin ist falsch."))
	h.editions.PrintBy(browser(t, `printf '%%PDF-1.7 x' > "$out"`))
	h.Must(h.editions.Print(h.Ctx, e.ID, true))
	if e := h.byID(e.ID); e.PostID != nil || len(e.Files) != 0 {
		t.Errorf("told as %v, files %v", e.PostID, e.Files)
	}
}

// TestStandings: what became of a practice since it was taken is said of its place, and decides whether the edition can appear.
func TestStandings(t *testing.T) {
	h := newHouse(t)
	ids := h.accepted("held", "newer", "moved", "withdrawn", "unaccepted", "lost")
	e := h.begins(ids...)
	h.arrives("newer", 2)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, ids[1]))
	h.arrives("moved", 3)
	h.Must(h.Posts.ReceiveDelete(h.Ctx, uriOf("withdrawn")))
	h.Must(h.desk.Decline(h.Ctx, h.Editor, ids[4], "Doch nicht belegt."))
	h.arrives("lost", 2)
	_, err := h.DB.ExecContext(h.Ctx, `DELETE FROM revisions WHERE post_id = $1 AND revision = 1`, ids[5])
	h.Must(err)
	want := map[string]edition.State{
		"held": edition.Held, "newer": edition.Newer, "moved": edition.Moved, "withdrawn": edition.Withdrawn, "unaccepted": edition.Unaccepted, "lost": edition.Moved,
	}
	if diff := cmp.Diff(want, h.states(e)); diff != "" {
		t.Errorf("standings: %s", diff)
	}
	p, err := h.editions.Paper(h.Ctx, h.Editor, e.ID)
	h.Must(err)
	var problems []string
	for _, problem := range p.Problems() {
		problems = append(problems, problem.Message)
	}
	if diff := cmp.Diff([]string{"error.edition.unaccepted", "error.edition.lost"}, problems); diff != "" || p.Practices != 3 {
		t.Errorf("%d can be read; problems: %s", p.Practices, diff)
	}
	if _, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, compose); !fault.Is(err, fault.Invalid) {
		t.Errorf("published with problems: %v", err)
	}

	// An editor raises what was accepted anew, and removes what cannot be read; nothing else changes a revision.
	d := edition.Draft{Number: e.Number, Title: e.Title, Summary: e.Summary, Chapters: []edition.Chapter{{Title: "Rechenzentrum", Entries: []edition.Entry{
		{URI: uriOf("held"), Revision: 7}, {URI: uriOf("newer"), Revision: 2, Note: " neu "}, {URI: uriOf("moved"), Revision: 3}, {URI: uriOf("withdrawn"), Revision: 1}, {URI: uriOf("held"), Revision: 1}, {URI: uriOf("never taken"), Revision: 1},
	}}}}
	version, err := h.editions.Save(h.Ctx, h.Editor, e.ID, e.Version, d)
	h.Must(err)
	var kept []string
	for _, entry := range h.byID(e.ID).Chapters[0].Entries {
		kept = append(kept, fmt.Sprintf("%s %d %s", entry.Title, entry.Revision, entry.Note))
	}
	if diff := cmp.Diff([]string{"held 1 ", "newer 2 neu", "moved 1 ", "withdrawn 1 "}, kept); diff != "" {
		t.Errorf("kept: %s", diff)
	}
	published, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, version, compose)
	h.Must(err)
	page := h.page(published)
	if !strings.Contains(page, "Fassung 2 von newer") || strings.Contains(page, "von withdrawn") || strings.Contains(page, "Fassung 3") {
		t.Errorf("the edition: %s", page)
	}
}

// suspend refuses the authors of all that arrived.
func (h *house) suspend() error {
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE accounts SET state = 'suspended', hidden = true WHERE id = $1`, h.Remote.ID)
	return err
}

// TestWithdrawnMeanwhile: what is withdrawn while an editor waits for the edition to be written down is not frozen.
func TestWithdrawnMeanwhile(t *testing.T) {
	h := newHouse(t)
	e := h.begins(h.accepted("A", "B")...)
	_, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, func(p edition.Paper) (edition.Frozen, error) {
		h.Must(h.Posts.ReceiveDelete(h.Ctx, uriOf("A")))
		return compose(p)
	})
	h.Want(err, fault.Conflict)
	_, err = h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, func(p edition.Paper) (edition.Frozen, error) {
		_, err := h.editions.Save(h.Ctx, h.Editor, e.ID, e.Version, edition.Draft{Number: e.Number, Title: "Anders"})
		return edition.Frozen{}, err
	})
	h.Want(err, fault.Conflict)
	for name, meanwhile := range map[string]func(id int64) error{
		"hidden by moderators": func(id int64) error {
			_, err := h.DB.ExecContext(h.Ctx, `UPDATE posts SET hidden = true WHERE id = $1`, id)
			return err
		},
		"declined by the desk":  func(id int64) error { return h.desk.Decline(h.Ctx, h.Editor, id, "Doppelt gemeldet.") },
		"its author is refused": func(int64) error { return h.suspend() },
	} {
		ids := h.accepted(name)
		e := h.begins(ids...)
		_, err := h.editions.Publish(h.Ctx, h.Editor, e.ID, e.Version, func(p edition.Paper) (edition.Frozen, error) {
			h.Must(meanwhile(ids[0]))
			return compose(p)
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
		_, err = h.DB.ExecContext(h.Ctx, `UPDATE accounts SET state = 'active', hidden = false WHERE id = $1`, h.Remote.ID)
		h.Must(err)
	}
	if n := h.Count(`SELECT count(*) FROM editions WHERE state = 'published'`); n != 0 {
		t.Errorf("%d were published", n)
	}
	if jobs := h.Jobs("edition.print"); len(jobs) != 0 {
		t.Errorf("jobs: %v", jobs)
	}
}

// TestDraft: numbers are those of the year, each once; who saves over what they have not seen is told; limits hold.
func TestDraft(t *testing.T) {
	h := newHouse(t)
	ids := h.accepted("A", "B")
	first, second := h.begins(ids[0]), h.begins()
	year := curation.Today(time.Now()).Year()
	if first.Number != fmt.Sprintf("%d-1", year) || second.Number != fmt.Sprintf("%d-2", year) {
		t.Errorf("numbers %s and %s", first.Number, second.Number)
	}
	save := func(version int, change func(d *edition.Draft)) error {
		d := edition.Draft{Number: second.Number, Title: "x", Chapters: []edition.Chapter{{Title: "y"}}}
		change(&d)
		_, err := h.editions.Save(h.Ctx, h.Editor, second.ID, version, d)
		return err
	}
	h.Want(save(second.Version+5, func(*edition.Draft) {}), fault.Conflict)
	for name, change := range map[string]func(d *edition.Draft){
		"number":                  func(d *edition.Draft) { d.Number = first.Number },
		"title":                   func(d *edition.Draft) { d.Title = strings.Repeat("x", edition.MaxTitle+1) },
		"foreword":                func(d *edition.Draft) { d.Foreword = strings.Repeat("x", edition.MaxText+1) },
		"chapters":                func(d *edition.Draft) { d.Chapters = make([]edition.Chapter, edition.MaxChapters+1) },
		"chapters.0.title":        func(d *edition.Draft) { d.Chapters[0].Title = strings.Repeat("x", edition.MaxTitle+1) },
		"chapters.0.introduction": func(d *edition.Draft) { d.Chapters[0].Introduction = strings.Repeat("x", edition.MaxText+1) },
		"chapters.0.entries.0.note": func(d *edition.Draft) {
			d.Chapters[0].Entries = []edition.Entry{{URI: uriOf("A"), Note: strings.Repeat("x", edition.MaxNote+1)}}
		},
	} {
		err := save(second.Version, change)
		var known *fault.Error
		if !errors.As(err, &known) || len(known.Fields) != 1 || known.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "2026", "2026-0", "26-1", "2026-100", "2026-1/..", "２０２６-1"} {
		if err := save(second.Version, func(d *edition.Draft) { d.Number = bad }); !fault.Is(err, fault.Invalid) {
			t.Errorf("number %q: %v", bad, err)
		}
	}
	if _, err := h.editions.Take(h.Ctx, h.Editor, second.ID, 4, ids); !fault.Is(err, fault.Invalid) {
		t.Errorf("into a chapter that is not there: %v", err)
	}
	waiting := h.arrives("waiting", 1)
	if n, err := h.editions.Take(h.Ctx, h.Editor, first.ID, 0, []int64{ids[0], waiting, 12345, ids[1]}); err != nil || n != 1 {
		t.Errorf("%d were taken (%v), want the one that is accepted and new", n, err)
	}
	h.Must(h.editions.Discard(h.Ctx, h.Editor, second.ID))
	_, err := h.editions.ByID(h.Ctx, h.Editor, second.ID)
	h.Want(err, fault.NotFound)
	for err = nil; err == nil; {
		_, err = h.editions.Create(h.Ctx, h.Editor, edition.Draft{Title: "x"})
		if n := h.Count(`SELECT count(*) FROM editions`); n > 40 {
			t.Fatalf("%d drafts", n)
		}
	}
	h.Want(err, fault.Limited)
}

// TestOnlyEditors: nobody else sees or changes what is in work, and nobody where nothing is curated.
func TestOnlyEditors(t *testing.T) {
	h := newHouse(t)
	e := h.begins(h.accepted("A")...)
	all := func(actor account.Account) []error {
		_, err1 := h.editions.Drafts(h.Ctx, actor)
		_, err2 := h.editions.ByID(h.Ctx, actor, e.ID)
		_, err3 := h.editions.Create(h.Ctx, actor, edition.Draft{Title: "x"})
		_, err4 := h.editions.Save(h.Ctx, actor, e.ID, e.Version, edition.Draft{Number: "2026-3"})
		_, err5 := h.editions.Take(h.Ctx, actor, e.ID, 0, nil)
		_, err6 := h.editions.TakeCollection(h.Ctx, actor, e.ID, "x")
		_, err7 := h.editions.Paper(h.Ctx, actor, e.ID)
		_, err8 := h.editions.Publish(h.Ctx, actor, e.ID, e.Version, compose)
		return []error{err1, err2, err3, err4, err5, err6, err7, err8, h.editions.Discard(h.Ctx, actor, e.ID), h.editions.Retry(h.Ctx, actor, e.Number)}
	}
	refused := func(who string, actor account.Account) {
		t.Helper()
		for i, err := range all(actor) {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s may do %d: %v", who, i, err)
			}
		}
	}
	for who, actor := range map[string]account.Account{"a guest": h.Guest, "a member": h.Member, "an account of another instance": h.Remote, "a visitor": {}} {
		if err := h.editions.Withdraw(h.Ctx, actor, e.Number, "Ein guter Grund."); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s may withdraw: %v", who, err)
		}
	}
	refused("a guest", h.Guest)
	refused("a member", h.Member)
	refused("an account of another instance", h.Remote)
	refused("a visitor", account.Account{})
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.Curates = false
	h.Must(h.Organizations.Save(h.Ctx, o))
	refused("an editor of a house that does not curate", h.Editor)
}

// browser plays the program that prints: it does what the script says, with the place of the PDF in $out.
func browser(t *testing.T, script string) *export.Printer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "browser")
	head := "#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) out=${a#*=};; esac; done\n"
	if err := os.WriteFile(path, []byte(head+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return export.NewPrinter(path, filepath.Join(t.TempDir(), "kept"))
}

// TestPrint: the PDF comes by a job; followers are told when it is there or will not come, and once more when it comes later.
func TestPrint(t *testing.T) {
	h := newHouse(t)
	e := h.publishes(h.begins(h.accepted("A")...))
	if jobs := h.Jobs("edition.print"); len(jobs) != 1 {
		t.Fatalf("jobs %v", jobs)
	}
	state := func() (edition.Progress, *publication.Publication) {
		t.Helper()
		now, err := h.editions.ByNumber(h.Ctx, e.Number)
		h.Must(err)
		if now.PostID == nil {
			return now.Files[0].State, nil
		}
		p, err := h.publications.Get(h.Ctx, *now.PostID)
		h.Must(err)
		return now.Files[0].State, &p
	}
	formats := func(p *publication.Publication) (list []string) {
		for _, f := range p.Files {
			list = append(list, strings.TrimPrefix(f.URL, posttest.Base+e.Path()+"."))
		}
		return list
	}

	h.editions.PrintBy(browser(t, "exit 1"))
	if err := h.editions.Print(h.Ctx, e.ID, false); err == nil {
		t.Error("a browser that fails is not tried again")
	}
	if s, told := state(); s != edition.Waiting || told != nil {
		t.Errorf("before the last attempt: %s, told %v", s, told)
	}
	h.Must(h.editions.Print(h.Ctx, e.ID, true))
	s, told := state()
	if s != edition.Failed || told == nil {
		t.Fatalf("after the last attempt: %s, told %v", s, told)
	}
	if diff := cmp.Diff([]string{"html", "odt", "epub"}, formats(told)); diff != "" {
		t.Errorf("files told: %s", diff)
	}
	if told.Kind != publication.Edition || told.Version != e.Number || told.Checksum != e.Checksum || len(told.Entries) != 1 || told.Entries[0] != (publication.Entry{URI: uriOf("A"), Revision: 1, Chapter: "Rechenzentrum"}) {
		t.Errorf("told %+v", told)
	}
	if _, err := h.editions.Content(h.Ctx, e.Number, edition.PDF); !fault.Is(err, fault.NotFound) {
		t.Errorf("a PDF that failed: %v", err)
	}

	h.Must(h.editions.Retry(h.Ctx, h.Editor, e.Number))
	h.editions.PrintBy(nil)
	h.Must(h.editions.Print(h.Ctx, e.ID, false))
	if s, _ := state(); s != edition.Missing {
		t.Errorf("without a browser: %s", s)
	}

	h.Must(h.editions.Retry(h.Ctx, h.Editor, e.Number))
	runs := filepath.Join(t.TempDir(), "runs")
	printer := browser(t, `echo x >> `+runs+`; printf '%%PDF-1.7 x' > "$out"`)
	h.editions.PrintBy(printer)
	for range 2 {
		h.Must(h.editions.Print(h.Ctx, e.ID, false))
	}
	// It is kept with the edition and nowhere else: what is withdrawn later is gone.
	page, err := h.editions.Page(h.Ctx, e.Number)
	h.Must(err)
	_, err = printer.PrintPage(h.Ctx, page)
	h.Must(err)
	if said, err := os.ReadFile(runs); err != nil || strings.Count(string(said), "x") != 2 {
		t.Errorf("printed %d times, %v: the printer has kept a file", strings.Count(string(said), "x"), err)
	}
	pdf, err := h.editions.Content(h.Ctx, e.Number, edition.PDF)
	h.Must(err)
	s, again := state()
	if string(pdf) != "%PDF-1.7 x" || s != edition.Done || again.PostID != told.PostID || again.Revision <= told.Revision {
		t.Errorf("%q, %s, told %+v", pdf, s, again)
	}
	if diff := cmp.Diff([]string{"html", "pdf", "odt", "epub"}, formats(again)); diff != "" {
		t.Errorf("files told: %s", diff)
	}
	revision := again.Revision
	h.Must(h.editions.Retry(h.Ctx, h.Editor, e.Number))
	h.Must(h.editions.Print(h.Ctx, e.ID, true))
	if s, now := state(); s != edition.Done || now.Revision != revision {
		t.Errorf("a PDF that is there is made again: %s, revision %d", s, now.Revision)
	}
	for range 3 {
		h.Must(h.editions.Print(h.Ctx, 987654321, true)) // an edition that is not there
	}
}

// TestTakeCollection: an edition takes over the chapters of a collection, each practice at the revision that the collection shows and
// once only; what its source withdrew is not among them.
func TestTakeCollection(t *testing.T) {
	h := newHouse(t)
	ids := h.accepted("A", "B", "C", "D")
	id, err := h.desk.CreateCollection(h.Ctx, h.Editor, curation.CollectionDraft{Name: "Rechenzentren im Norden", Introduction: "Was der Norden tut."})
	h.Must(err)
	h.Must(h.desk.SaveChapter(h.Ctx, h.Editor, id, curation.Chapter{Name: "Kühlen", Introduction: "Zuerst."}))
	c, err := h.desk.Arranged(h.Ctx, h.Editor, id)
	h.Must(err)
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, id, ids[:1], 0))
	h.Must(h.desk.AddEntries(h.Ctx, h.Editor, id, ids[1:], c.Chapters[0].ID))
	h.Must(h.desk.SaveEntry(h.Ctx, h.Editor, id, ids[2], curation.EntryDraft{ChapterID: c.Chapters[0].ID, Annotation: "Gut belegt."}))
	h.Must(h.desk.PublishCollection(h.Ctx, h.Editor, id))
	c, err = h.desk.CollectionByID(h.Ctx, id)
	h.Must(err)
	h.Must(h.Posts.ReceiveDelete(h.Ctx, uriOf("D")))

	e := h.begins(ids[1])
	n, err := h.editions.TakeCollection(h.Ctx, h.Editor, e.ID, c.Slug)
	h.Must(err)
	var got []string
	for _, chapter := range h.byID(e.ID).Chapters {
		got = append(got, chapter.Title+": "+chapter.Introduction)
		for _, entry := range chapter.Entries {
			got = append(got, fmt.Sprintf("%s %d %s", entry.Title, entry.Revision, entry.Note))
		}
	}
	want := []string{"Rechenzentrum: ", "B 1 ", "Rechenzentren im Norden: Was der Norden tut.", "A 1 ", "Kühlen: Zuerst.", "C 1 Gut belegt."}
	if diff := cmp.Diff(want, got); diff != "" || n != 2 {
		t.Errorf("%d taken over: %s", n, diff)
	}
	if n, err := h.editions.TakeCollection(h.Ctx, h.Editor, e.ID, c.Slug); err != nil || n != 0 {
		t.Errorf("a second time: %d, %v", n, err)
	}
	_, err = h.editions.TakeCollection(h.Ctx, h.Editor, e.ID, "gibt-es-nicht")
	h.Want(err, fault.NotFound)
}
