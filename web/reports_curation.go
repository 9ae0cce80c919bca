package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/sheet"
)

const (
	curationReportPath = "/redaktion/berichte"
	reportOrigins      = 50 // that a page shows; the file has all
)

// registerCurationReports adds what the desk did, for who edits.
func (s *Site) registerCurationReports(r *mux.Router) {
	get, _ := s.table(r)

	get(curationReportPath, s.showCurationReport)
	get(curationReportPath+"/{table:verlauf|herkunft|dauer|laender|ebenen}.csv", s.curationReportCSV)
}

// curationReportView is the page.
type curationReportView struct {
	From, To string // as sent, or as a browser wants them
	Errors   formErrors
	Periods  []facetChoice
	Report   *curation.Report // nil when the period was refused
	Empty    bool             // nothing came and nothing was decided
	Facts    []reportFact
	Tables   map[string]*reportTable
	More     int // origins that the page leaves out
	Waiting  []pendingView
}

// reportFact is a number with what it rests on.
type reportFact struct{ Label, Value, Basis string }

// reportTable is one table, for the page and for a file.
type reportTable struct {
	ID       string
	Title    string
	Columns  []string
	Rows     []reportRow
	Chart    *chartRows
	Download string
}

// reportRow is its name and its numbers.
type reportRow struct {
	Label, Note string
	Cells       []string
}

// Nothing reports whether all its numbers are 0: where there is little room this is said once.
func (r reportRow) Nothing() bool {
	return len(r.Cells) > 1 && !slices.ContainsFunc(r.Cells, func(cell string) bool { return cell != "0" })
}

// pendingView is a practice that waits.
type pendingView struct {
	ID              int64
	Title, Language string
	From            string
	Since           time.Time
}

// showCurationReport tells of a period what came in, what was decided, how long it took and who took part.
func (s *Site) showCurationReport(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	now := time.Now()
	view := curationReportView{From: clip(q.Get("von"), 40), To: clip(q.Get("bis"), 40), Periods: s.reportPeriods(r, now)}
	period, err := curation.ParsePeriod(view.From, view.To, now)
	if err != nil {
		errs, ok := s.formErrors(r, err, "reports.form.")
		if !ok {
			return err
		}
		view.Errors = errs
		if period, err = curation.ParsePeriod("", "", now); err != nil {
			return err
		}
	}
	report, err := s.Curation.Report(r.Context(), actor, period)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if view.Errors.Any() {
		status = view.Errors.Status
	} else if err := s.fillReport(r, &view, report); err != nil {
		return err
	}
	return s.render(w, r, status, "curation_report", page{Title: s.t(r, "reports.title"), Nav: "desk", Data: view, NoIndex: true})
}

// fillReport puts a report into words.
func (s *Site) fillReport(r *http.Request, view *curationReportView, report curation.Report) error {
	l := s.localizer(r)
	catalogs, err := s.catalogs(r)
	if err != nil {
		return err
	}
	view.Report = &report
	view.From, view.To = report.From.Format(time.DateOnly), report.Last().Format(time.DateOnly)
	view.Facts = reportFacts(l, report)
	view.Tables = map[string]*reportTable{}
	span := url.Values{"von": {view.From}, "bis": {view.To}}.Encode()
	for _, t := range reportTables(l, report, catalogs) {
		t.Download = curationReportPath + "/" + t.ID + ".csv?" + span
		view.Tables[t.ID] = t
	}
	if origins := view.Tables["herkunft"]; len(origins.Rows) > reportOrigins {
		view.More = len(origins.Rows) - reportOrigins
		origins.Rows = origins.Rows[:reportOrigins]
	}
	received, _ := report.Sum(curation.Accept)
	decisions := 0
	for _, step := range report.Steps {
		for _, n := range step.Decisions {
			decisions += n
		}
	}
	view.Empty = received+decisions == 0
	for _, p := range report.Longest {
		from := p.Practice.OrganizationName
		if from == "" {
			from = p.Author.Name()
		}
		view.Waiting = append(view.Waiting, pendingView{ID: p.Post.ID, Title: p.Post.Title, Language: p.Post.Language, From: from, Since: p.Since})
	}
	return nil
}

// curationReportCSV is one of the tables, for office programs.
func (s *Site) curationReportCSV(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	period, err := curation.ParsePeriod(r.URL.Query().Get("von"), r.URL.Query().Get("bis"), time.Now())
	if err != nil {
		return err
	}
	report, err := s.Curation.Report(r.Context(), actor, period)
	if err != nil {
		return err
	}
	catalogs, err := s.catalogs(r)
	if err != nil {
		return err
	}
	for _, t := range reportTables(s.localizer(r), report, catalogs) {
		if t.ID != mux.Vars(r)["table"] {
			continue
		}
		rows := [][]string{t.Columns}
		for _, row := range t.Rows {
			label := row.Label
			if row.Note != "" {
				label += " (" + row.Note + ")"
			}
			rows = append(rows, append([]string{label}, row.Cells...))
		}
		var body bytes.Buffer
		if err := sheet.WriteCSV(&body, rows); err != nil {
			return fmt.Errorf("report %s: %w", t.ID, err)
		}
		name := fmt.Sprintf("%s-%s-%s.csv", t.ID, period.From.Format(time.DateOnly), period.Last().Format(time.DateOnly))
		s.sendFigures(w, r, "text/csv; charset=utf-8; header=present", name, body.Bytes())
	}
	return nil
}

// reportPeriods are the periods that people ask for most.
func (s *Site) reportPeriods(r *http.Request, now time.Time) []facetChoice {
	here := r.URL.Query().Get("von") + " " + r.URL.Query().Get("bis")
	choice := func(label, from, to string) facetChoice {
		q := url.Values{}
		if from != "" {
			q.Set("von", from)
		}
		if to != "" {
			q.Set("bis", to)
		}
		return facetChoice{Label: label, Href: address(curationReportPath, q), Chosen: here == from+" "+to}
	}
	today := curation.Today(now)
	year := today.Year()
	quarter := time.Date(year, today.Month()-2, 1, 0, 0, 0, 0, time.UTC)
	return []facetChoice{
		choice(s.t(r, "reports.period.year"), "", ""),
		choice(s.t(r, "reports.period.quarter"), quarter.Format(time.DateOnly), ""),
		choice(fmt.Sprint(year), fmt.Sprintf("%d-01-01", year), fmt.Sprintf("%d-12-31", year)),
		choice(fmt.Sprint(year-1), fmt.Sprintf("%d-01-01", year-1), fmt.Sprintf("%d-12-31", year-1)),
	}
}

// stepName is a month, a quarter or a year.
func stepName(l *i18n.Localizer, unit curation.Unit, start time.Time) string {
	switch unit {
	case curation.Quarter:
		return l.T("reports.quarter", "Quarter", (int(start.Month())+2)/3, "Year", start.Year())
	case curation.Year:
		return fmt.Sprint(start.Year())
	}
	return l.Month(start)
}
