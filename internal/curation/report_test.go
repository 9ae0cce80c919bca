package curation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// berlin is where the months of a report begin.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// cameIn puts a practice on the desk that came at a given time.
func (h *house) cameIn(by account.Account, name, at string, p practice.Practice) post.Post {
	h.Helper()
	p.Revision = 1
	stored, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://" + by.Host() + "/practices/" + name, AuthorID: by.ID, Kind: post.Article, Visibility: post.Public, Title: name, HTML: "<p>x</p>",
		PublishedAt: time.Now().Add(-2 * time.Hour),
	}, func(tx *sqlx.Tx, stored post.Post) error { return h.practices.Receive(h.Ctx, tx, stored, p) })
	h.Must(err)
	h.Must(h.desk.Arrived(h.Ctx, stored.ID))
	h.at(at, `UPDATE curations SET received_at = $1 WHERE post_id = $2`, stored.ID)
	return stored
}

// decidedAt moves the last decision about a practice to a given time.
func (h *house) decidedAt(p post.Post, at string, err error) {
	h.Helper()
	h.Must(err)
	h.at(at, `UPDATE curation_decisions SET created_at = $1 WHERE id = (SELECT max(id) FROM curation_decisions WHERE post_id = $2)`, p.ID)
}

func (h *house) at(when, statement string, id int64) {
	h.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", when, berlin(h))
	h.Must(err)
	_, err = h.DB.ExecContext(h.Ctx, statement, at, id)
	h.Must(err)
}

// TestReport: what came and what was decided stands in its month of Berlin, with how long it took and from whom it came.
func TestReport(t *testing.T) {
	h := newHouse(t)
	far := h.Account("klima", "kiel.example", account.Person, "")
	kiel := practice.Practice{Level: organization.LevelKommune, Region: "DE-SH", OrganizationName: "Stadt Kiel"}
	vitako := practice.Practice{Level: organization.LevelVerband, OrganizationName: "VITAKO"}

	// New Year in Berlin is an hour earlier than in UTC: this one is January's.
	first := h.cameIn(far, "Neujahr", "2026-01-01 00:30", kiel)
	h.decidedAt(first, "2026-01-02 00:30", h.desk.Accept(h.Ctx, h.Editor, first.ID)) // after a day
	declined := h.cameIn(h.Remote, "Abgelehnt", "2026-01-10 12:00", vitako)
	h.decidedAt(declined, "2026-02-09 12:00", h.desk.Decline(h.Ctx, h.Editor, declined.ID, "Ohne Messwerte")) // after 30 days
	back := h.cameIn(far, "Hin und her", "2026-02-01 12:00", kiel)
	h.decidedAt(back, "2026-02-03 12:00", h.desk.Accept(h.Ctx, h.Editor, back.ID)) // after 2 days
	h.decidedAt(back, "2026-02-20 12:00", h.desk.Reopen(h.Ctx, h.Editor, back.ID))
	open := h.cameIn(far, "Offen", "2026-02-28 23:30", practice.Practice{Level: organization.LevelLand, Region: "DE-XX"}) // a Land that does not exist
	gone := h.cameIn(h.Remote, "Zurückgezogen", "2026-02-15 12:00", vitako)
	h.Must(h.Posts.ReceiveDelete(h.Ctx, gone.URI))
	h.at("2026-03-05 12:00", `UPDATE posts SET withdrawn_at = $1 WHERE id = $2`, gone.ID)
	h.cameIn(far, "Danach", "2026-04-01 00:30", kiel)
	// Who reuses something, here and as often as they say it.
	for i, visibility := range []post.Visibility{post.Public, post.Public, post.Followers, post.Unlisted} {
		note := h.Arrives([]account.Account{h.Remote, h.Remote, h.RemoteOther, h.RemoteOther}[i], fmt.Sprint("nachnutzung", i), func(r *post.Received) {
			r.InReplyToURI, r.Role, r.Visibility = first.URI, post.RoleReuse, visibility
		})
		h.at("2026-02-02 12:00", `UPDATE posts SET published_at = $1 WHERE id = $2`, note.ID)
		_, err := h.DB.ExecContext(h.Ctx, `INSERT INTO reuses (post_id, state, level, region) VALUES ($1, 'in-use', 'land', 'DE-NW')`, note.ID)
		h.Must(err)
	}

	// A decision that was taken back was none, a question is one and decides nothing.
	doubt := h.cameIn(far, "Doch nicht", "2026-01-20 12:00", kiel)
	h.decidedAt(doubt, "2026-01-21 12:00", h.desk.Accept(h.Ctx, h.Editor, doubt.ID))
	log, err := h.desk.Decisions(h.Ctx, doubt.ID)
	h.Must(err)
	h.Must(h.desk.Undo(h.Ctx, h.Editor, log[0].ID))
	h.decidedAt(doubt, "2026-01-22 12:00", h.desk.Ask(h.Ctx, h.Editor, doubt.ID, "Wie wurde gemessen?"))
	h.decidedAt(doubt, "2026-03-01 12:00", h.desk.Decline(h.Ctx, h.Editor, doubt.ID, "Keine Antwort"))

	p, err := curation.ParsePeriod("2026-01-01", "31.3.2026", time.Now())
	h.Must(err)
	r, err := h.desk.Report(h.Ctx, h.Editor, p)
	h.Must(err)

	type step struct {
		Month                                        string
		Received, Accepted, Declined, Question, Open int
	}
	var steps []step
	for _, s := range r.Steps {
		steps = append(steps, step{s.Start.Format("2006-01-02"), s.Received, s.Decisions[curation.Accept], s.Decisions[curation.Decline], s.Decisions[curation.Question], s.Open})
	}
	if diff := cmp.Diff([]step{
		{"2026-01-01", 3, 1, 0, 1, 2}, // "Abgelehnt" and "Doch nicht" are open
		{"2026-02-01", 3, 1, 1, 0, 4}, // back, open, gone and in doubt
		{"2026-03-01", 0, 0, 1, 0, 2}, // gone has gone
	}, steps); diff != "" {
		t.Errorf("months: %s", diff)
	}
	if received, accepted := r.Sum(curation.Accept); r.Unit != curation.Month || received != 6 || accepted != 2 {
		t.Errorf("%s: %d came, %d accepted", r.Unit, received, accepted)
	}
	seconds := func(days float64) *float64 { days *= 86400; return &days }
	if diff := cmp.Diff([]curation.OriginReport{
		{Host: "kiel.example", Received: 4, Accepted: 1, Declined: 1, Open: 2, Median: seconds(2)},
		{Host: "vitako.example", Received: 2, Declined: 1, Withdrawn: 1, Median: seconds(30)},
	}, r.Origins); diff != "" {
		t.Errorf("origins: %s", diff)
	}
	if diff := cmp.Diff(curation.Delay{Decided: 4, Median: 16 * 86400, Most: 40 * 86400, Longest: 40 * 86400, Day: 1, Week: 1, Month: 1, Quarter: 1}, r.Delay); diff != "" {
		t.Errorf("delay: %s", diff)
	}
	var waiting []string
	for _, w := range r.Longest {
		waiting = append(waiting, w.Post.Title+w.Since.In(berlin(t)).Format(" 2.1."))
	}
	if diff := cmp.Diff([]string{"Hin und her 1.2.", "Offen 28.2.", "Danach 1.4."}, waiting); diff != "" {
		t.Errorf("longest waiting: %s", diff)
	}
	if open.ID == 0 {
		t.Error("nothing is open")
	}

	taking := map[string]curation.Participation{}
	for _, l := range append(r.Regions, r.Levels...) {
		if l.Key != "" {
			taking[l.Key] = l
		}
	}
	if len(r.Regions) != 17 || len(r.Levels) != 6 {
		t.Fatalf("%d regions and %d levels, with those of none", len(r.Regions), len(r.Levels))
	}
	for _, want := range []curation.Participation{
		{Key: "DE-SH", Counts: []int{2, 1, 0}, Practices: 3, Organizations: 1},
		{Key: "DE-NW", Counts: []int{0, 0, 0}, Reuses: 1},
		{Key: "DE-TH", Counts: []int{0, 0, 0}},
		{Key: "verband", Counts: []int{1, 1, 0}, Practices: 2, Organizations: 2}, // the withdrawn one is not named any more
		{Key: "land", Counts: []int{0, 1, 0}, Practices: 1, Organizations: 1, Reuses: 1},
	} {
		if diff := cmp.Diff(want, taking[want.Key]); diff != "" {
			t.Errorf("participation of %s: %s", want.Key, diff)
		}
	}
	if none := r.Regions[16]; none.Practices != 3 {
		t.Errorf("without a Land: %+v", none)
	}
}

// TestReportIsForEditors who curate.
func TestReportIsForEditors(t *testing.T) {
	h := newHouse(t)
	p, err := curation.ParsePeriod("", "", time.Now())
	h.Must(err)
	_, err = h.desk.Report(h.Ctx, h.Member, p)
	h.Want(err, fault.Forbidden)
	r, err := h.desk.Report(h.Ctx, h.Editor, p)
	h.Must(err)
	if len(r.Steps) != 12 || len(r.Origins) != 0 || r.Delay != (curation.Delay{}) {
		t.Errorf("an empty desk reports %+v", r)
	}
	h.curates(false)
	_, err = h.desk.Report(h.Ctx, h.Editor, p)
	h.Want(err, fault.Forbidden)
}

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	// In the last hour of the year it is the next one where our readers are.
	if today := curation.Today(time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)).Format(time.DateOnly); today != "2027-01-01" {
		t.Errorf("at the end of the year it is %s", today)
	}
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC) // the 22nd in Berlin
	for _, c := range []struct{ from, to, want, wrong string }{
		{"", "", "2025-12-01 2026-11-22", ""},
		{"2026-01-05", "", "2026-01-05 2026-11-22", ""},
		{"", "2026-03-31", "2025-04-01 2026-03-31", ""},
		{" 5.1.2026 ", "6. 2. 2026", "2026-01-05 2026-02-06", ""},
		{"2026-02-01", "2030-01-01", "2026-02-01 2026-11-22", ""},
		{"2026-11-22", "2026-11-22", "2026-11-22 2026-11-22", ""},
		{"gestern", "2026-02-30", "", "from error.report.day, to error.report.day, "},
		{"2026-03-02", "2026-03-01", "", "to error.report.order, "},
		{"2027-03-02", "", "", "from error.report.future, "},
		{"2000-01-01", "", "", "from error.report.long, "},
	} {
		p, err := curation.ParsePeriod(c.from, c.to, now)
		if c.wrong != "" {
			wrong := ""
			var e *fault.Error
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q to %q: %v", c.from, c.to, err)
				continue
			}
			if e, _ = err.(*fault.Error); e != nil { //nolint:errorlint // made in one place
				for _, f := range e.Fields {
					wrong += f.Name + " " + f.Message + ", "
				}
			}
			if wrong != c.wrong {
				t.Errorf("%q to %q: %s", c.from, c.to, wrong)
			}
			continue
		}
		if got := p.From.Format(time.DateOnly) + " " + p.Last().Format(time.DateOnly); err != nil || got != c.want {
			t.Errorf("%q to %q: %s, %v, want %s", c.from, c.to, got, err, c.want)
		}
	}
}

func TestStepsOfAPeriod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		most     int
		unit     curation.Unit
		starts   []string
	}{
		{"2026-01-15", "2026-03-01", 6, curation.Month, []string{"2026-01-15", "2026-02-01", "2026-03-01"}},
		{"2025-12-01", "2026-11-22", 6, curation.Quarter, []string{"2025-12-01", "2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"}},
		{"2024-05-01", "2026-01-01", 6, curation.Year, []string{"2024-05-01", "2025-01-01", "2026-01-01"}},
		{"2026-02-03", "2026-02-03", 1, curation.Month, []string{"2026-02-03"}},
		{"2020-02-03", "2022-02-03", 1, curation.Year, []string{"2020-02-03", "2021-01-01", "2022-01-01"}},
	} {
		p, err := curation.ParsePeriod(c.from, c.to, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		unit, starts := p.Steps(c.most)
		var got []string
		for _, s := range starts {
			got = append(got, s.Format(time.DateOnly))
		}
		if diff := cmp.Diff(c.starts, got); diff != "" || unit != c.unit {
			t.Errorf("%s to %s: %s %s", c.from, c.to, unit, diff)
		}
	}
}
