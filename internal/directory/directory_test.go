package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	directory *directory.Service
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.directory = directory.New(h.DB, h.Organizations, h.Accounts, h.Queue, posttest.Base)
	return h
}

func contact() directory.Entry {
	return directory.Entry{
		Kind: directory.Contact, Name: "Green-IT-Beauftragte Stelle", Level: organization.LevelLand, Region: "DE-SH", Organization: "Staatskanzlei", Unit: "Referat 35",
		Email: "green-it@sh.example", Phone: "+49 431 988-0", Website: "https://www.schleswig-holstein.de/green-it",
	}
}

func committee() directory.Entry {
	return directory.Entry{
		Kind: directory.Committee, Name: "AG Nachhaltige IT", Summary: "Stimmt die Maßnahmen\nder Ressorts ab.", Level: organization.LevelLand, Region: "DE-SH",
		Cadence: "viermal im Jahr", Members: "Ressorts und Dataport",
	}
}

func (h *house) save(e directory.Entry) int64 {
	h.Helper()
	id, err := h.directory.Save(h.Ctx, h.Editor, e)
	h.Must(err)
	return id
}

func (h *house) exec(statement string, args ...any) {
	h.Helper()
	_, err := h.DB.ExecContext(h.Ctx, statement, args...)
	h.Must(err)
}

// told lists what is to be told to others, by verb and entry.
func (h *house) told() (list []string) {
	h.Helper()
	h.Must(h.DB.SelectContext(h.Ctx, &list, `SELECT (args ->> 'verb') || ' ' || (args ->> 'id') FROM river_job WHERE kind = 'activity.distribute' ORDER BY id`))
	return list
}

func (h *house) jobs() (list []string) {
	h.Helper()
	h.Must(h.DB.SelectContext(h.Ctx, &list, `SELECT args::text FROM river_job WHERE kind = 'directory.read' ORDER BY id`))
	return list
}

// names are what a filter finds, in order.
func (h *house) names(f directory.Filter) []string {
	h.Helper()
	list, err := h.directory.List(h.Ctx, f)
	h.Must(err)
	names := []string{}
	for _, e := range list.Entries {
		names = append(names, e.Name)
	}
	if f.Limit == 0 && list.Total != len(names) {
		h.Errorf("a total of %d for %v", list.Total, names)
	}
	return names
}

func (h *house) want(f directory.Filter, want ...string) {
	h.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.names(f)); diff != "" {
		h.Errorf("%+v (-want +got):\n%s", f, diff)
	}
}

func fieldsOf(err error) []string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return nil
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return names
}

// An entry is kept by editors: saved, which confirms it, changed, confirmed again, and removed; each is told and written down.
func TestKeep(t *testing.T) {
	h := newHouse(t)
	before := time.Now()
	id := h.save(contact())
	e, err := h.directory.OwnByID(h.Ctx, id)
	h.Must(err)
	want := contact()
	want.ID, want.URI, want.Page, want.Revision = id, fmt.Sprintf("%s/directory/%d", posttest.Base, id), fmt.Sprintf("%s/verzeichnis/%d", posttest.Base, id), 1
	want.ConfirmedAt, want.UpdatedAt = e.ConfirmedAt, e.UpdatedAt
	if diff := cmp.Diff(want, e); diff != "" || e.ConfirmedAt.Before(before.Add(-time.Second)) {
		t.Errorf("%v\n%s", e.ConfirmedAt, diff)
	}
	h.exec(`UPDATE directory_entries SET confirmed_at = now() - interval '13 months'`)
	if n, err := h.directory.Overdue(h.Ctx); n != 1 || err != nil {
		t.Errorf("%d overdue, %v", n, err)
	}
	h.Must(h.directory.Confirm(h.Ctx, h.Editor, id))
	if n, err := h.directory.Overdue(h.Ctx); n != 0 || err != nil {
		t.Errorf("%d overdue after it was confirmed, %v", n, err)
	}
	e, err = h.directory.OwnByID(h.Ctx, id)
	h.Must(err)
	if e.Revision != 2 || !e.UpdatedAt.Equal(want.UpdatedAt) {
		t.Errorf("confirmed: revision %d, updated %v", e.Revision, e.UpdatedAt)
	}
	e.Phone = ""
	h.save(e)
	if _, err := h.directory.Save(h.Ctx, h.Admin, e); !fault.Is(err, fault.Conflict) {
		t.Errorf("over somebody else's change: %v", err)
	}
	e.Revision, e.Kind = 3, directory.Network
	e.Summary = "Wird zum Netzwerk."
	if _, err := h.directory.Save(h.Ctx, h.Editor, e); !fault.Is(err, fault.NotFound) {
		t.Errorf("of another kind: %v", err)
	}
	h.Must(h.directory.Remove(h.Ctx, h.Editor, id))
	for name, err := range map[string]error{
		"confirm": h.directory.Confirm(h.Ctx, h.Editor, id), "remove": h.directory.Remove(h.Ctx, h.Editor, id),
		"get": func() error { _, err := h.directory.ByID(h.Ctx, id); return err }(),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s what is gone: %v", name, err)
		}
	}
	told := fmt.Sprintf("add_listed %[1]d|add_listed %[1]d|add_listed %[1]d|remove_listed %[1]d", id)
	if got := strings.Join(h.told(), "|"); got != told {
		t.Errorf("told %s, want %s", got, told)
	}
	var log []string
	h.Must(h.DB.SelectContext(h.Ctx, &log, `SELECT action || ' ' || subject || ' ' || detail FROM audit_log ORDER BY id`))
	for i, line := range log {
		log[i] = strings.TrimSpace(strings.ReplaceAll(line, want.Page, "X"))
	}
	if diff := cmp.Diff([]string{"directory.add X", "directory.confirm X", "directory.save X", "directory.remove X"}, log); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

func TestOnlyEditors(t *testing.T) {
	h := newHouse(t)
	id := h.save(contact())
	for _, a := range []account.Account{h.Guest, h.Member, h.Remote, {}} {
		_, saved := h.directory.Save(h.Ctx, a, committee())
		for name, err := range map[string]error{"save": saved, "confirm": h.directory.Confirm(h.Ctx, a, id), "remove": h.directory.Remove(h.Ctx, a, id)} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %q: %v", name, a.Username, err)
			}
		}
	}
	h.want(directory.Filter{}, "Green-IT-Beauftragte Stelle")
}

// Every mistake is named by its field; a Land keeps what is its own, others what is of anybody.
func TestMistakes(t *testing.T) {
	h := newHouse(t)
	long := strings.Repeat("ä", 2001)
	for name, row := range map[string]struct {
		change func(e *directory.Entry)
		fields []string
	}{
		"empty":            {func(e *directory.Entry) { *e = directory.Entry{} }, []string{"kind", "name", "summary", "level", "region"}},
		"nothing to reach": {func(e *directory.Entry) { e.Email, e.Phone, e.Website = "", "", "" }, []string{"email"}},
		"long":             {func(e *directory.Entry) { e.Name, e.Organization, e.Unit, e.Summary = long, long, long, long }, []string{"name", "organization", "unit", "summary"}},
		"blank":            {func(e *directory.Entry) { e.Name = " \u202e\t" }, []string{"name"}},
		"addresses": {func(e *directory.Entry) {
			e.Email, e.Website, e.Phone = "<green@sh.example>", "javascript:alert(1)", "0431 <b>"
		},
			[]string{"email", "phone", "website"}},
		"another Land": {func(e *directory.Entry) { e.Region = "DE-BY" }, []string{"region"}},
		"no Land":      {func(e *directory.Entry) { e.Region = "DE-XX" }, []string{"region"}},
		"meets": {func(e *directory.Entry) {
			*e = committee()
			e.Cadence, e.Members, e.Summary = long, long, ""
		}, []string{"summary", "cadence", "members"}},
	} {
		e := contact()
		row.change(&e)
		if name == "empty" {
			e.Region = "DE-HH"
		}
		_, err := h.directory.Save(h.Ctx, h.Editor, e)
		if diff := cmp.Diff(row.fields, fieldsOf(err)); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	everywhere := contact()
	everywhere.Region = ""
	h.save(everywhere)
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.Level, o.Region = organization.LevelVerband, ""
	h.Must(h.Organizations.Save(h.Ctx, o))
	bavaria := contact()
	bavaria.Region = "DE-BY"
	h.save(bavaria)
}

// A form that is sent twice, also at once, makes one entry, and an instance keeps no more than anybody reads of it.
func TestNoMoreThanOnce(t *testing.T) {
	h := newHouse(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wait.Go(func() {
			e := contact()
			if n%2 == 1 {
				e.Name = strings.ToUpper(e.Name)
			}
			_, errs[n] = h.directory.Save(h.Ctx, h.Editor, e)
		})
	}
	wait.Wait()
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
			if diff := cmp.Diff([]string{"name"}, fieldsOf(err)); diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		}
	}
	if failed != len(errs)-1 {
		t.Errorf("%d of %d were refused", failed, len(errs))
	}
	for n := 1; n < directory.MaxEntries; n++ {
		e := committee()
		e.Name = fmt.Sprint("AG ", n)
		h.save(e)
	}
	_, err := h.directory.Save(h.Ctx, h.Editor, committee())
	if diff := cmp.Diff([]string{"name"}, fieldsOf(err)); diff != "" {
		t.Errorf("one too many: %v\n%s", err, diff)
	}
}

// Entries are found by Land, kind and words, those of several Länder first, then by Land, contacts before committees.
func TestFind(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	network := directory.Entry{Kind: directory.Network, Name: "Übergreifendes Netz", Summary: "100 % Ökostrom", Level: organization.LevelVerband}
	h.save(committee())
	h.save(contact())
	h.save(network)
	bavaria := contact()
	bavaria.Name, bavaria.Region, bavaria.URI = "Ansprechstelle", "DE-BY", "https://vitako.example/directory/1"
	h.receive(h.RemoteCatalog, bavaria)
	word := func(texts ...string) (f directory.Filter) {
		for _, text := range texts {
			f.Words = append(f.Words, directory.Word{Text: text})
		}
		return f
	}
	h.want(directory.Filter{}, "Übergreifendes Netz", "Ansprechstelle", "Green-IT-Beauftragte Stelle", "AG Nachhaltige IT")
	h.want(directory.Filter{Kind: directory.Contact}, "Ansprechstelle", "Green-IT-Beauftragte Stelle")
	h.want(directory.Filter{Region: "DE-SH"}, "Green-IT-Beauftragte Stelle", "AG Nachhaltige IT")
	h.want(directory.Filter{Region: directory.Everywhere}, "Übergreifendes Netz")
	h.want(directory.Filter{Region: "DE-SH", Kind: directory.Network})
	h.want(word("DATAPORT"), "AG Nachhaltige IT")
	h.want(word("übergreifend"), "Übergreifendes Netz")
	h.want(word("ÜBERGREIFEND", "ökostrom"), "Übergreifendes Netz")
	h.want(word("netz", "dataport"))
	h.want(word("%"), "Übergreifendes Netz")
	h.want(word("_"))
	h.want(word("vitako.example"), "Ansprechstelle")
	h.want(directory.Filter{Words: []directory.Word{{Text: "bayern", Regions: []string{"DE-BY"}}}}, "Ansprechstelle")
	h.want(directory.Filter{Offset: 1, Limit: 2}, "Ansprechstelle", "Green-IT-Beauftragte Stelle")
	if list, err := h.directory.List(h.Ctx, directory.Filter{Offset: 1, Limit: 2}); err != nil || list.Total != 4 {
		t.Errorf("a total of %d, %v", list.Total, err)
	}
	contacts, err := h.directory.Contacts(h.Ctx)
	if diff := cmp.Diff(map[string]int{"DE-BY": 1, "DE-SH": 1}, contacts); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// follow lets our catalogue follow another one.
func (h *house) follow(a account.Account) int64 {
	h.Helper()
	return h.Follow(h.Catalog, a)
}

// receive reads a directory of another catalogue.
func (h *house) receive(a account.Account, entries ...directory.Entry) {
	h.Helper()
	source, ok, err := h.directory.Watched(h.Ctx, a.ID)
	h.Must(err)
	if !ok {
		h.Fatalf("%s is not followed", a.URI)
	}
	h.Must(h.directory.Receive(h.Ctx, source, a.URI+"/collections/verzeichnis", `"1"`, entries))
}

// What others say is kept within the limits of our own, and what cannot be believed of it is left out.
func TestReceive(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	at := func(n int, change func(e *directory.Entry)) directory.Entry {
		e := contact()
		e.URI, e.ConfirmedAt = fmt.Sprintf("https://vitako.example/directory/%d", n), time.Now().Add(-time.Hour)
		change(&e)
		return e
	}
	long := strings.Repeat("ä", 3000)
	h.receive(h.RemoteCatalog,
		at(1, func(e *directory.Entry) {
			e.Name, e.Organization, e.Summary, e.Region, e.Email, e.Phone, e.Website = "A\u202e\nB", long, long, "DE-XX", "x@y@z", "call me", "javascript:alert(1)"
			e.ConfirmedAt, e.Cadence, e.Revision = time.Now().AddDate(1, 0, 0), "täglich", -1
		}),
		at(1, func(e *directory.Entry) { e.Name = "Noch einmal" }),
		at(2, func(e *directory.Entry) { e.Kind = "person" }),
		at(3, func(e *directory.Entry) { e.Level = "welt" }),
		at(4, func(e *directory.Entry) { e.Name = long }),
		at(5, func(e *directory.Entry) { e.Name = "" }),
		at(6, func(e *directory.Entry) { e.Name, e.ConfirmedAt = "C", time.Time{} }),
	)
	list, err := h.directory.List(h.Ctx, directory.Filter{})
	h.Must(err)
	if len(list.Entries) != 2 {
		t.Fatalf("%d entries: %v", len(list.Entries), h.names(directory.Filter{}))
	}
	e := list.Entries[0]
	if e.Name != "A B" || len([]rune(e.Organization)) != directory.MaxName || len([]rune(e.Summary)) != directory.MaxSummary || e.Email+e.Phone+e.Website+e.Region+e.Cadence != "" ||
		e.ConfirmedAt.After(time.Now()) || e.Revision != 1 || e.Host != "vitako.example" || e.Local() {
		t.Errorf("the entry: %+v", e)
	}
	if c := list.Entries[1]; c.EverConfirmed() || !c.Stale(time.Now()) {
		t.Errorf("never confirmed: %v", c.ConfirmedAt)
	}
	if _, err := h.directory.OwnByID(h.Ctx, e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("it can be changed here: %v", err)
	}
	if err := h.directory.Remove(h.Ctx, h.Editor, e.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("it can be removed here: %v", err)
	}

	many := make([]directory.Entry, directory.MaxEntries+50)
	for n := range many {
		many[n] = at(100+n, func(*directory.Entry) {})
	}
	h.receive(h.RemoteCatalog, many...)
	if got := len(h.names(directory.Filter{})); got != directory.MaxEntries {
		t.Errorf("%d entries of one instance", got)
	}
	// Nobody takes an entry of another instance, nor one of ours.
	own := h.save(contact())
	h.follow(h.Curators)
	stolen := many[0]
	stolen.Name = "Gestohlen"
	ours := at(0, func(e *directory.Entry) { e.URI, e.Name = h.directory.URI(own), "Gestohlen" })
	h.receive(h.Curators, stolen, ours)
	if slices.Contains(h.names(directory.Filter{}), "Gestohlen") {
		t.Error("an entry was taken from who keeps it")
	}
	// An empty directory takes away all that is its own.
	h.receive(h.RemoteCatalog)
	h.want(directory.Filter{}, "Green-IT-Beauftragte Stelle")
}

// What is read is what is followed: with the follow, with a block, with the account the entries go, at once.
func TestForget(t *testing.T) {
	h := newHouse(t)
	own := h.follow(h.RemoteCatalog)
	e := contact()
	e.URI = "https://vitako.example/directory/1"
	h.receive(h.RemoteCatalog, e)
	h.want(directory.Filter{}, e.Name)
	id := func() int64 {
		list, err := h.directory.List(h.Ctx, directory.Filter{})
		h.Must(err)
		return list.Entries[0].ID
	}()

	for name, statement := range map[string]string{
		"hidden":     `UPDATE accounts SET hidden = $1 WHERE id = ` + fmt.Sprint(h.RemoteCatalog.ID),
		"unfollowed": `UPDATE follows SET undone_at = CASE WHEN $1 THEN now() END WHERE id = ` + fmt.Sprint(own),
	} {
		h.exec(statement, true)
		h.want(directory.Filter{})
		if _, err := h.directory.ByID(h.Ctx, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: still found: %v", name, err)
		}
		if n, err := h.directory.Contacts(h.Ctx); len(n) != 0 || err != nil {
			t.Errorf("%s: still counted: %v, %v", name, n, err)
		}
		h.exec(statement, false)
		h.want(directory.Filter{}, e.Name)
	}
	h.exec(`UPDATE follows SET undone_at = now() WHERE id = $1`, own)
	if _, ok, err := h.directory.Watched(h.Ctx, h.RemoteCatalog.ID); ok || err != nil {
		t.Errorf("watched although not followed: %v", err)
	}
	h.Must(h.directory.Due(h.Ctx, 10))
	var left int
	h.Must(h.DB.GetContext(h.Ctx, &left, `SELECT (SELECT count(*) FROM directory_entries) + (SELECT count(*) FROM directory_sources)`))
	if left != 0 {
		t.Errorf("%d rows are kept of whom nobody follows", left)
	}
	// What a member follows is not what the house shows.
	h.Follow(h.Member, h.Curators)
	if _, ok, err := h.directory.Watched(h.Ctx, h.Curators.ID); ok || err != nil {
		t.Errorf("watched for a member: %v", err)
	}
}

// A hint takes away at once what its owner took out, and is not lost while the directory is being read.
func TestHint(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	e := contact()
	e.URI = "https://vitako.example/directory/1"
	h.receive(h.RemoteCatalog, e)
	uri := h.RemoteCatalog.URI + "/collections/verzeichnis"
	for name, row := range map[string]struct {
		by          account.Account
		uri, gone   string
		kept, there bool
	}{
		"another collection": {h.RemoteCatalog, h.RemoteCatalog.URI + "/collections/kuratiert", e.URI, false, true},
		"another directory":  {h.RemoteCatalog, "https://vitako.example/x/verzeichnis", e.URI, false, true},
		"not followed":       {h.Curators, h.Curators.URI + "/collections/verzeichnis", e.URI, false, true},
		"of something new":   {h.RemoteCatalog, uri, "", true, true},
	} {
		kept, err := h.directory.Hint(h.Ctx, row.by.ID, row.uri, row.gone)
		if err != nil || kept != row.kept || len(h.names(directory.Filter{})) != 1 {
			t.Errorf("%s: %v, %v, %v", name, kept, err, h.names(directory.Filter{}))
		}
	}
	read, _, err := h.directory.Watched(h.Ctx, h.RemoteCatalog.ID)
	h.Must(err)
	if kept, err := h.directory.Hint(h.Ctx, h.RemoteCatalog.ID, uri, e.URI); err != nil || !kept {
		t.Errorf("%v, %v", kept, err)
	}
	h.want(directory.Filter{})
	// What was read before the hint came has the entry still.
	h.Must(h.directory.Receive(h.Ctx, read, uri, `"1"`, []directory.Entry{e}))
	h.want(directory.Filter{})
	h.Must(h.directory.Read(h.Ctx, read, true, false))
	now, _, err := h.directory.Watched(h.Ctx, h.RemoteCatalog.ID)
	h.Must(err)
	if now.Hints != 2 || now.HintsRead != 1 || now.ETag != "" {
		t.Errorf("%d of %d hints read, etag %q", now.HintsRead, now.Hints, now.ETag)
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"hint": 1, "account_id": %d}`, h.RemoteCatalog.ID), fmt.Sprintf(`{"hint": 2, "account_id": %d}`, h.RemoteCatalog.ID)}, h.jobs()); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}

// A directory that cannot be read is asked for ever less often; one that is there every hour, one that is not once a day.
func TestDue(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	h.Must(h.directory.Due(h.Ctx, 10))
	read, ok, err := h.directory.Watched(h.Ctx, h.RemoteCatalog.ID)
	h.Must(err)
	pauses := []time.Duration{}
	for _, row := range []struct{ there, failed bool }{{true, false}, {false, false}, {false, true}, {false, true}, {false, true}, {true, false}} {
		before := time.Now()
		h.Must(h.directory.Read(h.Ctx, read, row.there, row.failed))
		now, _, err := h.directory.Watched(h.Ctx, h.RemoteCatalog.ID)
		h.Must(err)
		pauses = append(pauses, now.NextAt.Sub(before).Round(10*time.Minute))
	}
	if diff := cmp.Diff([]time.Duration{time.Hour, 24 * time.Hour, time.Hour, 2 * time.Hour, 4 * time.Hour, time.Hour}, pauses); diff != "" || !ok {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}

// Who says of itself that it is one Land's names nobody as another Land's contact; who is of the Bund or of nowhere may.
func TestNobodySpeaksForAnotherLand(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	var entries []directory.Entry
	for n, region := range []string{"DE-SH", "DE-BY", ""} {
		e := contact()
		e.URI, e.Name, e.Region, e.ConfirmedAt = fmt.Sprintf("https://vitako.example/directory/%d", n), "Stelle "+region, region, time.Now()
		entries = append(entries, e)
	}
	for _, c := range []struct {
		level, region string
		want          []string
	}{
		{"land", "DE-SH", []string{"Stelle", "Stelle DE-SH"}},
		{"kommune", "DE-BY", []string{"Stelle", "Stelle DE-BY"}},
		{"bund", "", []string{"Stelle", "Stelle DE-BY", "Stelle DE-SH"}},
		{"verband", "DE-SH", []string{"Stelle", "Stelle DE-BY", "Stelle DE-SH"}},
		{"", "", []string{"Stelle", "Stelle DE-BY", "Stelle DE-SH"}},
	} {
		h.exec(`UPDATE accounts SET level = $1, region = $2 WHERE id = $3`, c.level, c.region, h.RemoteCatalog.ID)
		h.receive(h.RemoteCatalog, entries...)
		t.Logf("%s of %s", c.level, c.region)
		h.want(directory.Filter{}, c.want...)
	}
}

// TestReminder: editors are reminded of an entry of ours that nobody has confirmed for twelve months, once, and again a year after it
// was confirmed.
func TestReminder(t *testing.T) {
	h := newHouse(t)
	h.follow(h.RemoteCatalog)
	h.receive(h.RemoteCatalog, directory.Entry{URI: "https://vitako.example/directory/1", Kind: directory.Contact, Name: "Fremd", Level: "verband", Revision: 1, ConfirmedAt: time.Now().AddDate(-3, 0, 0), UpdatedAt: time.Now()})
	old := h.save(contact())
	h.save(committee())
	reminders := func() (ids []int64) {
		t.Helper()
		for range 2 {
			h.Must(h.directory.Sweep(h.Ctx))
		}
		h.Must(h.DB.SelectContext(h.Ctx, &ids, `SELECT (args->>'id')::bigint FROM river_job WHERE kind = 'notification.notify' AND args->>'event' = 'listed' ORDER BY id`))
		return ids
	}
	if got := reminders(); len(got) != 0 {
		t.Errorf("reminded of what was confirmed just now: %v", got)
	}
	h.exec(`UPDATE directory_entries SET confirmed_at = now() - interval '13 months' WHERE id = $1`, old)
	if diff := cmp.Diff([]int64{old}, reminders()); diff != "" {
		t.Errorf("when it is due: %s", diff)
	}
	h.Must(h.directory.Confirm(h.Ctx, h.Editor, old))
	if got := reminders(); len(got) != 1 {
		t.Errorf("when it was confirmed: %v", got)
	}
	h.exec(`UPDATE directory_entries SET confirmed_at = now() - interval '13 months', reminded_at = now() - interval '14 months' WHERE id = $1`, old)
	if diff := cmp.Diff([]int64{old, old}, reminders()); diff != "" {
		t.Errorf("a year later: %s", diff)
	}
}
