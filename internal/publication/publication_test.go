package publication_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/publication"
)

type house struct {
	*posttest.House
	publications *publication.Service
	editor       account.Account
	other        account.Account // another editor
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.publications = publication.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, posttest.Base)
	h.editor = h.Editor
	h.other = h.Account("zweite", "", account.Person, account.RoleEditor)
	return h
}

func text() publication.Text {
	return publication.Text{
		Title: "Leitfaden: Abwärme nutzen", Summary: "Wie ein Rechenzentrum ein Wärmenetz speist.", Source: "## Anlass\n\nEs ist **warm**.",
		Type: "guide", Version: "1.0", Language: "de",
	}
}

func (h *house) file(by account.Account, name string) publication.Stored {
	h.Helper()
	f, err := h.publications.AddFile(h.Ctx, by, func() (publication.Stored, error) {
		return publication.Stored{Name: name, ContentType: "application/pdf", File: name, Size: 4_096}, nil
	})
	h.Must(err)
	return f
}

func (h *house) save(by account.Account, id int64, version int, t publication.Text) publication.Work {
	h.Helper()
	w, err := h.publications.Save(h.Ctx, by, id, version, t)
	h.Must(err)
	return w
}

func (h *house) publish(by account.Account, w publication.Work) int64 {
	h.Helper()
	id, err := h.publications.Publish(h.Ctx, by, w.ID, w.Version)
	h.Must(err)
	return id
}

func (h *house) ids(f publication.Filter) []int64 {
	h.Helper()
	list, err := h.publications.List(h.Ctx, post.Viewer{}, f)
	h.Must(err)
	ids := []int64{}
	for _, v := range list.Items {
		ids = append(ids, v.Post.ID)
	}
	if list.Total != len(ids) {
		h.Errorf("%d listed, %d counted for %+v", len(ids), list.Total, f)
	}
	return ids
}

// A document is written with gaps, published, changed and published again; the catalogue says it, and each version stays.
func TestDocumentHasVersions(t *testing.T) {
	h := newHouse(t)
	gaps := h.save(h.editor, 0, 0, publication.Text{Title: "L"})
	_, err := h.publications.Publish(h.Ctx, h.editor, gaps.ID, gaps.Version)
	h.Want(err, fault.Invalid)
	first := text()
	pdf := h.file(h.editor, "leitfaden-1.pdf")
	first.Files = []publication.FileRef{{ID: pdf.ID, Name: "Leitfaden als PDF"}}
	w := h.save(h.editor, gaps.ID, gaps.Version, first)
	id := h.publish(h.editor, w)

	p := h.Get(id)
	if p.AccountID != h.Catalog.ID || p.Role != post.RoleDocument || p.BoardID != nil || p.URI != posttest.Base+"/publications/"+decimal(id) || p.URL != posttest.Base+"/handreichungen/"+decimal(id) {
		t.Errorf("published as %+v", p)
	}
	if diff := cmp.Diff([]string{`{"id": ` + decimal(id) + `, "verb": "create_post"}`}, h.Jobs("activity.distribute")); diff != "" {
		t.Errorf("jobs (-want +got)\n%s", diff)
	}
	if n := h.Count(`SELECT count(*) FROM publication_drafts`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}

	// The next version begins with what is published; the file of the first stays one of the first.
	w, err = h.publications.Change(h.Ctx, h.other, id)
	h.Must(err)
	if diff := cmp.Diff(first, w.Text); diff != "" {
		t.Errorf("the change begins with (-want +got)\n%s", diff)
	}
	again, err := h.publications.Change(h.Ctx, h.editor, id)
	h.Must(err)
	if again.ID != w.ID {
		t.Error("two changes of one document are in work")
	}
	second := w.Text
	second.Summary, second.Files = "Kurz", []publication.FileRef{{ID: pdf.ID}}
	w = h.save(h.other, w.ID, w.Version, second)
	_, err = h.publications.Publish(h.Ctx, h.other, w.ID, w.Version)
	var told *fault.Error
	if !errors.As(err, &told) || len(told.Fields) != 3 || told.Fields[0].Name != "summary" || told.Fields[1].Name != "files.0.name" || told.Fields[2].Name != "version" {
		t.Errorf("a short summary, a file without a name and the number of the first version: %+v", told)
	}
	second = first
	newer := h.file(h.other, "leitfaden-2.pdf")
	second.Version, second.Source, second.Files = "2.0", "## Anlass\n\nEs ist **wärmer**.", []publication.FileRef{{ID: newer.ID, Name: "Leitfaden 2.0"}}
	if got := h.publish(h.other, h.save(h.other, w.ID, w.Version, second)); got != id {
		t.Fatalf("the second version is %d, not %d", got, id)
	}
	v, err := h.publications.ByID(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	want := publication.Publication{
		PostID: id, Kind: publication.Document, Type: "guide", Version: "2.0", Revision: 2, Entries: []publication.Entry{},
		Files: []publication.File{{URL: posttest.Base + newer.Path(), MediaType: "application/pdf", Name: "Leitfaden 2.0", Bytes: 4_096}},
	}
	if diff := cmp.Diff(want, v.Publication, cmpopts.IgnoreFields(publication.Publication{}, "UpdatedAt")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	revisions, err := h.Posts.Revisions(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	var versions []string
	for _, r := range revisions {
		d, err := publication.Detail(r)
		h.Must(err)
		versions = append(versions, d.Version+" "+d.Files[0].Name+" "+r.HTML)
	}
	if diff := cmp.Diff([]string{
		"2.0 Leitfaden 2.0 <h3>Anlass</h3>\n<p>Es ist <strong>wärmer</strong>.</p>\n",
		"1.0 Leitfaden als PDF <h3>Anlass</h3>\n<p>Es ist <strong>warm</strong>.</p>\n",
	}, versions); diff != "" {
		t.Errorf("versions (-want +got)\n%s", diff)
	}
	for _, f := range []publication.Stored{pdf, newer} {
		if _, open, err := h.publications.FileFor(h.Ctx, post.Viewer{}, nil, f.ID); err != nil || !open {
			t.Errorf("%s: open %v, %v", f.Name, open, err)
		}
	}
}

// Nobody but editors writes or sees what is in work, and who sends what others wrote over meanwhile is told.
func TestWorkIsForEditors(t *testing.T) {
	h := newHouse(t)
	member := h.Account("mitglied", "", account.Person, account.RoleMember)
	guest := h.Account("fern", "bund.example", account.Person, "")
	w := h.save(h.editor, 0, 0, text())
	for _, a := range []account.Account{member, guest, {}} {
		_, err := h.publications.Save(h.Ctx, a, w.ID, w.Version, text())
		h.Want(err, fault.Forbidden)
		_, err = h.publications.WorkByID(h.Ctx, a, w.ID)
		h.Want(err, fault.Forbidden)
		_, err = h.publications.Works(h.Ctx, a)
		h.Want(err, fault.Forbidden)
		_, err = h.publications.Publish(h.Ctx, a, w.ID, w.Version)
		h.Want(err, fault.Forbidden)
		h.Want(h.publications.Discard(h.Ctx, a, w.ID), fault.Forbidden)
		_, err = h.publications.AddFile(h.Ctx, a, func() (publication.Stored, error) { panic("a file is stored") })
		h.Want(err, fault.Forbidden)
	}
	id := h.publish(h.editor, w)
	_, err := h.publications.Change(h.Ctx, member, id)
	h.Want(err, fault.Forbidden)
	h.Want(h.publications.Withdraw(h.Ctx, member, id), fault.Forbidden)

	w = h.save(h.editor, 0, 0, text())
	changed := text()
	changed.Title = "Anders"
	h.save(h.other, w.ID, w.Version, changed)
	changed.Title = "Wieder anders"
	_, err = h.publications.Save(h.Ctx, h.editor, w.ID, w.Version, changed)
	h.Want(err, fault.Conflict)
	_, err = h.publications.Publish(h.Ctx, h.editor, w.ID, w.Version)
	h.Want(err, fault.Conflict)
	h.Must(h.publications.Discard(h.Ctx, h.editor, w.ID))
	_, err = h.publications.Save(h.Ctx, h.editor, w.ID, w.Version, changed)
	h.Want(err, fault.NotFound)
}

// Where four eyes are asked for, who wrote a version does not publish it, not even by saving it once more unchanged.
func TestFourEyes(t *testing.T) {
	h := newHouse(t)
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.FourEyes = true
	h.Must(h.Organizations.Save(h.Ctx, o))
	w := h.save(h.editor, 0, 0, text())
	_, err = h.publications.Publish(h.Ctx, h.editor, w.ID, w.Version)
	h.Want(err, fault.Forbidden)
	if same := h.save(h.other, w.ID, w.Version, text()); same.Version != w.Version || *same.AccountID != h.editor.ID {
		t.Errorf("saving the same again makes it another's: %+v", same)
	}
	h.publish(h.other, w)
}

// Files are for whoever may read the document, and for editors before; nobody names another's, and what is left over goes.
func TestFilesOfDocuments(t *testing.T) {
	h := newHouse(t)
	mine, waiting := h.file(h.editor, "mine.pdf"), h.file(h.editor, "waiting.pdf")
	stolen := text()
	stolen.Files = []publication.FileRef{{ID: mine.ID, Name: "Fremd"}}
	_, err := h.publications.Save(h.Ctx, h.other, 0, 0, stolen)
	h.Want(err, fault.Invalid)
	w := h.save(h.editor, 0, 0, stolen)
	read := func(a *account.Account, id int64) string {
		_, open, err := h.publications.FileFor(h.Ctx, post.Viewer{}, a, id)
		switch {
		case err != nil:
			return strconv.Itoa(fault.KindOf(err).Status())
		case open:
			return "open"
		}
		return "editors"
	}
	member := h.Account("mitglied", "", account.Person, account.RoleMember)
	for who, want := range map[*account.Account]string{nil: "404", &member: "404", &h.other: "editors"} {
		if got := read(who, mine.ID); got != want {
			t.Errorf("in work: %q, want %q", got, want)
		}
	}
	if got := read(&h.other, waiting.ID); got != "404" {
		t.Errorf("a file that nothing names is read: %q", got)
	}
	id := h.publish(h.editor, w)
	if got := read(nil, mine.ID); got != "open" {
		t.Errorf("published: %q", got)
	}
	h.Must(h.publications.Withdraw(h.Ctx, h.editor, id))
	if got := read(nil, mine.ID); got != "404" {
		t.Errorf("withdrawn: %q", got)
	}
	if p := h.Get(id); p.State != post.StateWithdrawn || p.Title == "" {
		t.Errorf("withdrawn: %+v", p)
	}
	_, err = h.DB.Exec(`UPDATE publication_files SET created_at = now() - interval '25 hours'`)
	h.Must(err)
	h.Must(h.publications.Sweep(h.Ctx))
	if diff := cmp.Diff([]string{`{"files": ["waiting.pdf"]}`}, h.Jobs("media.remove_files")); diff != "" {
		t.Errorf("removed (-want +got)\n%s", diff)
	}
}

// What other instances publish stands beside ours; nothing that breaks the vocabulary is kept, and no older version returns.
func TestReceivedPublications(t *testing.T) {
	h := newHouse(t)
	there := h.Account("praxis", "bund.example", account.Group, "")
	said := publication.Publication{
		Type: "novel", Version: "3", Revision: 3, Checksum: "none",
		Entries: []publication.Entry{{URI: "https://bund.example/practices/1", Revision: 2, Chapter: "Eins\x00"}, {URI: "javascript:alert(1)"}},
		Files: []publication.File{
			{URL: "https://bund.example/a.pdf", MediaType: "application/pdf; x=1", Name: "A\u202e", Bytes: -1}, {URL: "https://elsewhere.example/b.pdf"},
		},
	}
	arrive := func(name, role string, said publication.Publication) (p post.Post) {
		p = h.Arrives(there, name, func(r *post.Received) { r.Kind, r.Role, r.Title = post.Article, role, "Strategie des Bundes" })
		h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error { return h.publications.Receive(h.Ctx, tx, p, said) }))
		return p
	}
	p := arrive("1", post.RoleDocument, said)
	want := publication.Publication{
		PostID: p.ID, Kind: publication.Document, Type: "other", Version: "3", Revision: 3,
		Entries: []publication.Entry{{URI: "https://bund.example/practices/1", Revision: 2, Chapter: "Eins"}},
		Files:   []publication.File{{URL: "https://bund.example/a.pdf", MediaType: "application/pdf", Name: "A"}},
	}
	got, err := h.publications.Get(h.Ctx, p.ID)
	h.Must(err)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(publication.Publication{}, "UpdatedAt")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	older := said
	older.Revision, older.Version = 2, "2"
	h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error { return h.publications.Receive(h.Ctx, tx, p, older) }))
	if got, err = h.publications.Get(h.Ctx, p.ID); err != nil || got.Version != "3" {
		t.Errorf("an older version came back: %+v, %v", got, err)
	}
	ours := h.publish(h.editor, h.save(h.editor, 0, 0, text()))
	edition := arrive("2", post.RoleEdition, publication.Publication{Version: "2026-1"})
	for _, q := range []struct {
		filter publication.Filter
		want   []int64
	}{
		{publication.Filter{Kind: publication.Document}, []int64{ours, p.ID}},
		{publication.Filter{Kind: publication.Edition}, []int64{edition.ID}},
		{publication.Filter{Origin: "bund.example", Type: "other"}, []int64{p.ID}},
		{publication.Filter{Origin: publication.LocalOrigin}, []int64{ours}},
		{publication.Filter{Text: "Wärmenetze"}, []int64{ours}},
		{publication.Filter{Text: "Gibtesnicht"}, []int64{}},
		{publication.Filter{Type: "novel\x00", Origin: "\xff\x00"}, []int64{}}, // what PostgreSQL would refuse
	} {
		if diff := cmp.Diff(q.want, h.ids(q.filter), cmpopts.SortSlices(func(a, b int64) bool { return a < b })); diff != "" {
			t.Errorf("%+v: -want +got\n%s", q.filter, diff)
		}
	}
	// What is withdrawn at its origin is gone, and what was said of it too.
	h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	if n := h.Count(`SELECT count(*) FROM publications WHERE post_id = $1`, p.ID); n != 0 || len(h.ids(publication.Filter{Origin: "bund.example", Kind: publication.Document})) != 0 {
		t.Error("what was withdrawn is still there")
	}
	// Ours are not said by others.
	err = db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error { return h.publications.Receive(h.Ctx, tx, h.Get(ours), said) })
	h.Want(err, fault.Forbidden)
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }

// TestFoundByNewWords: a document is found by the words of its newest version, ours and others', also by those of a text as long as a
// server sends; the words are read when it is written, so that who searches makes nobody read all texts.
func TestFoundByNewWords(t *testing.T) {
	h := newHouse(t)
	ours := h.publish(h.editor, h.save(h.editor, 0, 0, text()))
	w, err := h.publications.Change(h.Ctx, h.editor, ours)
	h.Must(err)
	next := text()
	next.Source, next.Version = "Zuerst Eisspeicher füllen.", "2.0"
	h.publish(h.editor, h.save(h.editor, w.ID, w.Version, next))
	there := h.Account("praxis", "bund.example", account.Group, "")
	var long strings.Builder
	for n := range 60_000 {
		fmt.Fprintf(&long, "Wort%d ", n)
	}
	p := h.Arrives(there, "1", func(r *post.Received) {
		r.Kind, r.Role, r.Title, r.HTML = post.Article, post.RoleDocument, "Strategie des Bundes", "<p>Kältemaschine "+long.String()+"</p>"
	})
	h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error {
		return h.publications.Receive(h.Ctx, tx, p, publication.Publication{Type: "strategy", Version: "3", Revision: 1})
	}))
	for words, want := range map[string][]int64{
		"Eisspeicher": {ours}, "Wärmenetze": {ours}, "Kältemaschinen": {p.ID}, "Strategien": {p.ID}, "Wort59999": {}, "Eisspeicher Kältemaschine": {},
	} {
		if diff := cmp.Diff(want, h.ids(publication.Filter{Text: words}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", words, diff)
		}
	}
	if read := h.Count(`SELECT count(*) FROM publications WHERE words = ''`); read != 0 {
		t.Errorf("the words of %d documents are not kept", read)
	}
}
