package imports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

const baseURL = "http://sh.localhost:8402"

// house is an instance with one member.
type house struct {
	*Service
	db     *sqlx.DB
	member account.Account
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db := dbtest.New(t)
	jobs := job.New(db, slog.New(slog.DiscardHandler))
	organizations := organization.New(db)
	accounts := accounttest.New(t, db, organizations, jobs, baseURL, "sh.localhost:8402")
	renderer := markup.New()
	posts := post.New(db, accounts, jobs, renderer, baseURL)
	practices := practice.New(db, organizations, accounts, posts, jobs, renderer, baseURL)
	must(t, organizations.Save(t.Context(), organization.Organization{Name: "Land", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"}))
	must(t, accounts.Bootstrap(t.Context(), "SH", "land", "DE-SH"))
	must(t, practices.SeedTerms(t.Context()))
	member, err := accounts.CreateLocal(t.Context(), "member", "Stelle", account.RoleMember)
	must(t, err)
	return &house{Service: New(db, accounts, practices, jobs), db: db, member: member}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mapped is an import of so many rows whose columns are known.
func (h *house) mapped(t *testing.T, rows int, summary string) int64 {
	t.Helper()
	var text strings.Builder
	text.WriteString("Kennung;Titel;Zusammenfassung\n")
	for n := range rows {
		fmt.Fprintf(&text, "%d;Praxisbeispiel %d;%s\n", n, n, summary)
	}
	i, err := h.Take(t.Context(), h.member, "a.csv", []byte(text.String()))
	must(t, err)
	must(t, h.Map(t.Context(), h.member, i.ID, guess(i.Sheet.Headers)))
	return i.ID
}

func (h *house) count(t *testing.T, what string) (n int) {
	t.Helper()
	must(t, h.db.GetContext(t.Context(), &n, `SELECT count(*) FROM `+what))
	return n
}

// TestCrash: what a process that died had done stays, what it had not is done by the next one, and nothing is done twice.
func TestCrash(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const rows = 5*batch + 3
	id := h.mapped(t, rows, "Das spart viel Strom.")
	must(t, h.Begin(t.Context(), h.member, id, nil))
	if n := h.count(t, "practices"); n != 0 {
		t.Fatalf("%d drafts were made before the job", n)
	}
	for range 2 {
		if _, err := h.step(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	// The third batch is cut off in its middle.
	_, err := h.db.ExecContext(t.Context(), `
		CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.number = 60 AND NEW.state <> 'waiting' THEN RAISE EXCEPTION 'power cut'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER crash BEFORE UPDATE ON import_rows FOR EACH ROW EXECUTE FUNCTION crash()`)
	must(t, err)
	if err := h.Work(t.Context(), id); err == nil || !strings.Contains(err.Error(), "power cut") {
		t.Fatalf("the crash: %v", err)
	}
	i, err := h.ByID(t.Context(), h.member, id)
	must(t, err)
	if i.Progress != Running || i.Counts[Created] != 2*batch || i.Counts[Waiting] != rows-2*batch || h.count(t, "practices") != 2*batch || h.count(t, "import_keys") != 2*batch {
		t.Fatalf("after the crash: %s %v, %d drafts", i.Progress, i.Counts, h.count(t, "practices"))
	}
	// Meanwhile nothing else of this account begins.
	other := h.mapped(t, 1, "x")
	if err := h.Begin(t.Context(), h.member, other, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second import: %v", err)
	}
	if err := h.Remove(t.Context(), h.member, id); !fault.Is(err, fault.Conflict) {
		t.Errorf("removing one that runs: %v", err)
	}
	_, err = h.db.ExecContext(t.Context(), `DROP TRIGGER crash ON import_rows`)
	must(t, err)
	// Two processes take it up at once.
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for n := range errs {
		wg.Go(func() { errs[n] = h.Work(t.Context(), id) })
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	i, err = h.ByID(t.Context(), h.member, id)
	must(t, err)
	if i.Progress != Done || i.Counts[Created] != rows || i.FinishedAt == nil || h.count(t, "practices") != rows || h.count(t, "import_keys") != rows {
		t.Errorf("in the end: %s %v, %d drafts", i.Progress, i.Counts, h.count(t, "practices"))
	}
	must(t, h.Work(t.Context(), id)) // a job that comes late
	if n := h.count(t, "practices"); n != rows {
		t.Errorf("%d drafts after a late job", n)
	}
}

// TestRaces: what people do to drafts between the look at them and the writing counts.
func TestRaces(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(t, h.Begin(t.Context(), h.member, h.mapped(t, 3, "Das spart viel Strom."), nil))
	id := h.mapped(t, 3, "Das spart noch mehr Strom.")
	var ids []int64
	must(t, h.db.SelectContext(t.Context(), &ids, `SELECT post_id FROM import_keys ORDER BY identity`))
	must(t, beginImport(t.Context(), h.db, id))
	i, err := h.ByID(t.Context(), h.member, id)
	must(t, err)
	p, err := h.Plan(t.Context(), h.member, i, nil)
	must(t, err)
	var rows []rowRow
	for _, row := range p.Rows {
		text, err := json.Marshal(row.Draft)
		must(t, err)
		draft := string(text)
		rows = append(rows, rowRow{Number: row.Number, State: Waiting, Title: row.Title, Identity: row.identity, Draft: &draft})
	}
	must(t, insertRows(t.Context(), h.db, id, rows))
	ready, err := h.prepare(t.Context(), h.member, rows)
	must(t, err)

	// One is edited by hand, one is discarded.
	d, _, err := h.practices.DraftOf(t.Context(), h.member, ids[0])
	must(t, err)
	d.Summary = "Von Hand."
	_, err = h.practices.SaveDraft(t.Context(), h.member, ids[0], d)
	must(t, err)
	must(t, h.practices.Discard(t.Context(), h.member, ids[1], 0))
	settle := func(n int) error {
		tx, err := h.db.BeginTxx(t.Context(), nil)
		must(t, err)
		defer tx.Rollback() //nolint:errcheck // after Commit it is a no-op
		if err := h.settle(t.Context(), tx, h.member, id, ready[n]); err != nil {
			return err
		}
		return tx.Commit()
	}
	must(t, settle(0))
	if err := settle(1); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that was discarded: %v", err)
	}
	must(t, h.Work(t.Context(), id))
	i, err = h.ByID(t.Context(), h.member, id)
	must(t, err)
	if diff := cmp.Diff(map[State]int{Edited: 1, Created: 1, Changed: 1}, i.Counts); diff != "" {
		t.Error(diff)
	}
	if d, _, err = h.practices.DraftOf(t.Context(), h.member, ids[0]); err != nil || d.Summary != "Von Hand." {
		t.Errorf("what was edited by hand says %q, %v", d.Summary, err)
	}
}

// TestReview: what waits to be approved is not changed under the eyes of who approves.
func TestReview(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o, err := h.practices.Blank(t.Context(), h.member)
	must(t, err)
	must(t, h.Begin(t.Context(), h.member, h.mapped(t, 1, "Das spart viel Strom."), nil))
	var id int64
	must(t, h.db.GetContext(t.Context(), &id, `SELECT post_id FROM import_keys`))
	d, _, err := h.practices.DraftOf(t.Context(), h.member, id)
	must(t, err)
	d.Source, d.Licence, d.Level, d.Version = "Text", o.Licence, o.Level, 0
	_, version, err := h.practices.Ask(t.Context(), h.member, id, d)
	must(t, err)
	_, err = h.db.ExecContext(t.Context(), `UPDATE import_keys SET version = $1`, version)
	must(t, err)
	next := h.mapped(t, 1, "Das spart noch mehr Strom.")
	must(t, h.Begin(t.Context(), h.member, next, nil))
	i, err := h.ByID(t.Context(), h.member, next)
	must(t, err)
	if i.Counts[InReview] != 1 {
		t.Errorf("the rows became %v", i.Counts)
	}
}

// TestLostRole: whose account may write no more makes no more drafts, and the import ends.
func TestLostRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.mapped(t, atOnce+1, "Das spart viel Strom.")
	must(t, h.Begin(t.Context(), h.member, id, nil))
	_, err := h.db.ExecContext(t.Context(), `UPDATE accounts SET role = 'guest' WHERE id = $1`, h.member.ID)
	must(t, err)
	h.accounts = accounttest.New(t, h.db, nil, nil, baseURL, "sh.localhost:8402") // remembers nothing
	must(t, h.Work(t.Context(), id))
	i, err := importByID(t.Context(), h.db, id)
	must(t, err)
	if i.State != Done || h.count(t, "practices") != 0 || h.count(t, "import_rows WHERE state = 'broken' AND mistakes IS NOT NULL") != atOnce+1 {
		t.Errorf("%s with %d drafts", i.State, h.count(t, "practices"))
	}
}

// TestSweep: sheets go after a week, with all that was copied from them; drafts, and what became of how many rows, stay.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	done, open := h.mapped(t, 2, "Das spart viel Strom."), h.mapped(t, 2, "x")
	must(t, h.Begin(t.Context(), h.member, done, nil))
	age := func(days int) {
		t.Helper()
		_, err := h.db.ExecContext(t.Context(), `UPDATE imports SET created_at = $1`, time.Now().AddDate(0, 0, -days))
		must(t, err)
		must(t, h.Sweep(t.Context()))
	}
	age(KeepDays - 1)
	if n := h.count(t, "imports WHERE sheet IS NOT NULL"); n != 2 {
		t.Fatalf("%d sheets are there before their time", n)
	}
	age(KeepDays)
	if _, err := h.ByID(t.Context(), h.member, open); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that was only begun: %v", err)
	}
	i, err := h.ByID(t.Context(), h.member, done)
	must(t, err)
	if i.Sheet != nil || i.Mapping != nil || i.Counts[Created] != 2 || h.count(t, "import_rows") != 0 || h.count(t, "practices") != 2 {
		t.Errorf("after a week: %+v, %d rows", i, h.count(t, "import_rows"))
	}
	if _, err := h.Broken(t.Context(), h.member, i, nil, "", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("the broken rows of a sheet that is gone: %v", err)
	}
	age(keepCounts)
	if n := h.count(t, "imports"); n != 0 {
		t.Errorf("%d imports are remembered for ever", n)
	}
	// Sent again it still makes nothing new.
	again := h.mapped(t, 2, "Das spart viel Strom.")
	must(t, h.Begin(t.Context(), h.member, again, nil))
	if n := h.count(t, "practices"); n != 2 {
		t.Errorf("%d drafts", n)
	}
}

// read is one row as it is understood with the guess of its headers.
func read(cells map[string]string) (practice.Draft, []Mistake, Mapping) {
	var headers, values []string
	for _, name := range sortedKeys(cells) {
		headers, values = append(headers, name), append(values, cells[name])
	}
	words := Words{}
	words.Add("level", "kommune", "Kommune")
	words.Add("level", "land", "Land")
	words.Add("region", "DE-BY", "Bayern")
	words.Add("implementation", "advanced", "fortgeschritten")
	words.Add("fields", "7", "Digitalisierung/EfA")
	words.Add("fields", "8", "Software, Dienste")
	words.Add(Quantity, "electricity", "Strom")
	m := guess(headers)
	blank := practice.Draft{Level: "land", Region: "DE-SH", Language: "de", Licence: practice.Licences[0], ContactName: "IT", ContactUnit: "Land", ContactEmail: "it@sh.example"}
	d, _, mistakes := newReader(headers, m, words, blank).read(sheet.Row{Number: 2, Cells: values})
	return d, mistakes, m
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

func p(v float64) *float64 { return &v }

// TestFigures: columns of every usual form become figures with the right sign, number, unit and time.
func TestFigures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cells map[string]string
		want  []practice.Figure
	}{
		"before and after": {map[string]string{"Strom vorher (MWh/a)": "1.250,5", "Strom nachher (MWh/a)": "1,100.0"},
			[]practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Before: p(1250.5), After: p(1100)}}},
		"a saving is a change": {map[string]string{"CO2 Einsparung t/a": "12,5", "Zeitraum von": "15.4.2023", "Bis": "12/2024"},
			[]practice.Figure{{Quantity: "emissions", Unit: "t/a", Change: p(-12.5), From: "2023-04-15", To: "2024-12"}}},
		"a change is a change":      {map[string]string{"Veränderung Wasserverbrauch in m³/a": "-3"}, []practice.Figure{{Quantity: "water", Unit: "m3/a", Change: p(-3)}}},
		"no unit needed":            {map[string]string{"PUE alt": "1,8", "PUE neu": "1,3"}, []practice.Figure{{Quantity: "pue", Before: p(1.8), After: p(1.3)}}},
		"the unit beside":           {map[string]string{"Kennzahl": "Strom", "Einheit": "kWh pro Jahr", "Vorher": "20", "Nachher": "10"}, []practice.Figure{{Quantity: "electricity", Unit: "kW.h/a", Before: p(20), After: p(10)}}},
		"the unit in the cell":      {map[string]string{"Strom vorher": "20 MWh/a", "Strom nachher": "10 MWh/a"}, []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Before: p(20), After: p(10)}}},
		"numbered":                  {map[string]string{"Kennzahl 1": "Strom", "Kennzahl 1 Einheit": "MWh/a", "Kennzahl 1 vorher": "2", "Kennzahl 2": "Aktenmeter", "Kennzahl 2 Einheit": "m", "Kennzahl 2 nachher": "5"}, []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Before: p(2)}, {Quantity: "other", Name: "Aktenmeter", Unit: "m", After: p(5)}}},
		"three":                     {map[string]string{"Strom Einsparung (MWh/a)": "1", "CO2 Einsparung (t/a)": "2", "Kosteneinsparung (EUR/a)": "3"}, []practice.Figure{{Quantity: "emissions", Unit: "t/a", Change: p(-2)}, {Quantity: "cost", Unit: "EUR/a", Change: p(-3)}, {Quantity: "electricity", Unit: "MW.h/a", Change: p(-1)}}},
		"English":                   {map[string]string{"Electricity before (MWh/a)": "1,250.5", "Electricity after (MWh/a)": "1,100.25"}, []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Before: p(1250.5), After: p(1100.25)}}},
		"nothing in the columns":    {map[string]string{"Strom vorher (MWh/a)": "", "Strom nachher (MWh/a)": "", "Von": "2023"}, nil},
		"the second figure alone":   {map[string]string{"CO2 Einsparung (t/a)": "", "Strom Einsparung (MWh/a)": "4"}, []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: p(-4)}}},
		"no figure without meaning": {map[string]string{"Strom": "5"}, nil},
	} {
		c.cells["Titel"] = "Kühlung"
		d, mistakes, m := read(c.cells)
		if broken(mistakes) {
			t.Errorf("%s: %v (%v)", name, mistakes, m)
		}
		if diff := cmp.Diff(c.want, d.Figures); diff != "" {
			t.Errorf("%s: %s (%v)", name, diff, m)
		}
	}
}

// TestMistakes: each is told at its column, with what stands there.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cells map[string]string
		want  Mistake
	}{
		"no title":               {map[string]string{"Titel": ""}, Mistake{Column: "Titel", Target: "title", Message: "error.field.required"}},
		"a long title":           {map[string]string{"Titel": strings.Repeat("a", 201)}, Mistake{Column: "Titel", Target: "title", Value: strings.Repeat("a", 119) + "…", Message: "error.field.too_long", Args: map[string]any{"Max": 200}}},
		"no level":               {map[string]string{"Ebene": "Planet"}, Mistake{Column: "Ebene", Target: "level", Value: "Planet", Message: choiceMistake}},
		"no field":               {map[string]string{"Handlungsfelder": "Digitalisierung/EfA; Zauberei"}, Mistake{Column: "Handlungsfelder", Target: "fields", Value: "Zauberei", Message: choiceMistake}},
		"no number":              {map[string]string{"Strom vorher (MWh/a)": "viel"}, Mistake{Column: "Strom vorher (MWh/a)", Target: "figures.1.before", Value: "viel", Message: "error.field.number"}},
		"another unit":           {map[string]string{"Strom vorher (MWh/a)": "5", "Strom nachher (MWh/a)": "3 t", "Einheit": "MWh/a"}, Mistake{Column: "Strom nachher (MWh/a)", Target: "figures.1.after", Value: "3 t", Message: "import.mistake.units"}},
		"less than nothing":      {map[string]string{"CO2 Einsparung (t/a)": "-5"}, Mistake{Column: "CO2 Einsparung (t/a)", Target: "figures.1.saving", Value: "-5", Message: "import.mistake.saving"}},
		"no time":                {map[string]string{"CO2 Einsparung (t/a)": "5", "Von": "gestern"}, Mistake{Column: "Von", Target: From, Value: "gestern", Message: "error.field.date"}},
		"back in time":           {map[string]string{"CO2 Einsparung (t/a)": "5", "Von": "2024", "Bis": "2023"}, Mistake{Column: "Bis", Target: To, Value: "2023", Message: "error.practice.period"}},
		"no effort":              {map[string]string{"Personentage": "einige"}, Mistake{Column: "Personentage", Target: "person_days", Value: "einige", Message: "error.field.number"}},
		"no address":             {map[string]string{"E-Mail": "nirgends", "Ansprechperson": "IT"}, Mistake{Column: "E-Mail", Target: "contact_email", Value: "nirgends", Message: "error.field.email"}},
		"no link":                {map[string]string{"Links": "https://a.example gibtsnicht"}, Mistake{Column: "Links", Target: "links", Value: "https://a.example gibtsnicht", Message: "error.field.url"}},
		"no service":             {map[string]string{"LeiKa": "Ausweis"}, Mistake{Column: "LeiKa", Target: "services", Value: "Ausweis", Message: "import.mistake.service"}},
		"a formula that failed":  {map[string]string{"Beschreibung": "#BEZUG!"}, Mistake{Column: "Beschreibung", Target: "source", Value: "#BEZUG!", Message: "import.mistake.formula"}},
		"a key of great length":  {map[string]string{"Kennung": strings.Repeat("k", 201)}, Mistake{Column: "Kennung", Target: Key, Value: strings.Repeat("k", 119) + "…", Message: "error.field.too_long", Args: map[string]any{"Max": maxKey}}},
		"the third figure wrong": {map[string]string{"CO2 Einsparung (t/a)": "", "Strom Einsparung (MWh/a)": "", "Temperatur nachher (°C)": "900"}, Mistake{Column: "Temperatur nachher (°C)", Target: "figures.3.after", Value: "900", Message: "error.figure.range.temperature"}},
	} {
		if _, ok := c.cells["Titel"]; !ok {
			c.cells["Titel"] = "Kühlung"
		}
		_, mistakes, m := read(c.cells)
		var found []Mistake
		for _, m := range mistakes {
			if !m.Gap {
				found = append(found, m)
			}
		}
		if diff := cmp.Diff([]Mistake{c.want}, found); diff != "" {
			t.Errorf("%s: %s (%v)", name, diff, m.Columns)
		}
	}
}

// TestPlaces: what a sheet does not say is what our organisation says, unless the sheet says something that does not go with it.
func TestPlaces(t *testing.T) {
	t.Parallel()
	d, _, _ := read(map[string]string{"Titel": "Kühlung"})
	if d.Level != "land" || d.Region != "DE-SH" || d.ContactName != "IT" || d.ContactEmail != "it@sh.example" {
		t.Errorf("left out: %+v", d)
	}
	d, mistakes, _ := read(map[string]string{"Titel": "Kühlung", "Ebene": "Stadt", "Ansprechperson": "Amt", "Status": "in Umsetzung", "Handlungsfelder": "Software, Dienste", "Bundesland": "Freistaat Bayern"})
	if broken(mistakes) || d.Level != "kommune" || d.Region != "DE-BY" || d.ContactName != "Amt" || d.ContactEmail != "" || d.ContactUnit != "" || d.Implementation != "advanced" || len(d.Fields) != 1 {
		t.Errorf("said: %+v, %v", d, mistakes)
	}
	if d, _, _ = read(map[string]string{"Titel": "Kühlung", "Ebene": "Kommune"}); d.Region != "" {
		t.Errorf("a municipality somewhere is in %s", d.Region)
	}
	d, mistakes, _ = read(map[string]string{"Titel": "Kühlung", "Leistungen": "99050012104000: Ausweis; 10113", "Kosten": "1.500 €", "Rechtsgrundlage": "- EnEfG § 11\n- BlmSchG"})
	if broken(mistakes) || len(d.Services) != 2 || d.Services[0].Name != "Ausweis" || d.Services[1].Scheme != "ozg" || d.Costs[0].Amount != 1500 || d.Costs[0].Currency != "EUR" || len(d.LegalBasis) != 2 {
		t.Errorf("lists: %+v, %v", d, mistakes)
	}
}

// TestTwice: two rows that mean the same are a mistake, whatever blanks and cases they are written with.
func TestTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	i, err := h.Take(t.Context(), h.member, `C:\Users\x\a.csv`, []byte("Titel;Behörde\nStrom sparen!;Kiel\nSTROM  sparen;Kiel\nStrom sparen;Lübeck\n"))
	must(t, err)
	if i.Name != "a.csv" {
		t.Errorf("the file is called %q", i.Name)
	}
	must(t, h.Map(t.Context(), h.member, i.ID, guess(i.Sheet.Headers)))
	i, err = h.ByID(t.Context(), h.member, i.ID)
	must(t, err)
	plan, err := h.Plan(t.Context(), h.member, i, nil)
	must(t, err)
	if plan.Counts[Created] != 2 || plan.Counts[Broken] != 1 || plan.Rows[1].Mistakes[len(plan.Rows[1].Mistakes)-1].Message != "import.mistake.twice" {
		t.Errorf("%v: %+v", plan.Counts, plan.Rows[1].Mistakes)
	}
	table, err := h.Broken(context.Background(), h.member, i, nil, "Grund", func(m Mistake) string { return m.Message })
	must(t, err)
	if diff := cmp.Diff([][]string{{"Titel", "Behörde", "Grund"}, {"STROM  sparen", "Kiel", "import.mistake.twice"}}, table); diff != "" {
		t.Error(diff)
	}
}
