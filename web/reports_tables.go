package web

import (
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/i18n"
)

// reportKinds are the decisions that a report counts, in the order of its columns.
var reportKinds = []string{curation.Accept, curation.Decline, curation.Question, curation.Reopen}

const secondsPerDay = 24 * 60 * 60

// days says how long something took, in days.
func days(l *i18n.Localizer, seconds float64) string { return l.Number(seconds/secondsPerDay, 1) }

// daysText is the same in words.
func daysText(l *i18n.Localizer, seconds float64) string {
	switch number := days(l, seconds); {
	case seconds < secondsPerDay:
		return l.T("reports.days.part")
	case number == "1":
		return l.T("reports.days.one")
	default:
		return l.T("reports.days", "Days", number)
	}
}

func counted(l *i18n.Localizer, n int) string { return l.Number(float64(n), 0) }

// reportFacts are the numbers on top.
func reportFacts(l *i18n.Localizer, r curation.Report) []reportFact {
	received, accepted := r.Sum(curation.Accept)
	_, declined := r.Sum(curation.Decline)
	facts := []reportFact{
		{l.T("reports.received"), counted(l, received), l.T("reports.received.basis", "Count", len(r.Origins))},
		{l.T("reports.accepted"), counted(l, accepted), l.T("reports.accepted.basis")},
		{l.T("reports.declined"), counted(l, declined), l.T("reports.declined.basis")},
		{l.T("reports.open"), counted(l, r.Steps[len(r.Steps)-1].Open), l.T("reports.open.basis", "Date", l.Date(r.Last()))},
	}
	if r.Delay.Decided > 0 {
		facts = append(facts, reportFact{l.T("reports.median"), daysText(l, r.Delay.Median), l.T("reports.median.basis", "Count", r.Delay.Decided)})
	}
	return facts
}

// reportTables are all tables of a report.
func reportTables(l *i18n.Localizer, r curation.Report, catalogs map[string]account.Account) []*reportTable {
	return []*reportTable{
		flowTable(l, r), originTable(l, r, catalogs), delayTable(l, r),
		participationTable(l, r, "laender", "reports.regions", "web.region.", r.Regions),
		participationTable(l, r, "ebenen", "reports.levels", "web.level.", r.Levels),
	}
}

// flowTable says what came and was decided when.
func flowTable(l *i18n.Localizer, r curation.Report) *reportTable {
	t := &reportTable{ID: "verlauf", Title: l.T("reports.flow"), Columns: []string{l.T("reports.unit." + string(r.Unit)), l.T("reports.received")}}
	for _, kind := range reportKinds {
		t.Columns = append(t.Columns, l.T("desk.decision."+kind))
	}
	t.Columns = append(t.Columns, l.T("reports.open.then"))
	var rows []chartNumbers
	for _, step := range r.Steps {
		row := reportRow{Label: stepName(l, r.Unit, step.Start), Cells: []string{counted(l, step.Received)}}
		for _, kind := range reportKinds {
			row.Cells = append(row.Cells, counted(l, step.Decisions[kind]))
		}
		row.Cells = append(row.Cells, counted(l, step.Open))
		t.Rows = append(t.Rows, row)
		rows = append(rows, chartNumbers{row.Label, []int{step.Received, step.Decisions[curation.Accept], step.Decisions[curation.Decline]}})
	}
	t.Chart = barsOf(l, t.ID, t.Title, []string{l.T("reports.received"), l.T("reports.accepted"), l.T("reports.declined")}, rows)
	return t
}

// originTable says from whom it came and what became of it.
func originTable(l *i18n.Localizer, r curation.Report, catalogs map[string]account.Account) *reportTable {
	t := &reportTable{ID: "herkunft", Title: l.T("reports.origins"), Columns: []string{
		l.T("reports.origin"), l.T("reports.received"), l.T("reports.accepted"), l.T("reports.declined"), l.T("reports.open"), l.T("reports.withdrawn"), l.T("reports.median.days"),
	}}
	for _, o := range r.Origins {
		row := reportRow{Label: o.Host}
		if catalog, ok := catalogs[o.Host]; ok {
			row.Label, row.Note = catalog.Name(), o.Host
		}
		if o.Host == "" {
			row.Note = l.T("reports.origin.own")
		}
		for _, n := range []int{o.Received, o.Accepted, o.Declined, o.Open, o.Withdrawn} {
			row.Cells = append(row.Cells, counted(l, n))
		}
		median := ""
		if o.Median != nil {
			median = days(l, *o.Median)
		}
		row.Cells = append(row.Cells, median)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// delayTable says how long practices waited for their first decision.
func delayTable(l *i18n.Localizer, r curation.Report) *reportTable {
	t := &reportTable{ID: "dauer", Title: l.T("reports.delay"), Columns: []string{l.T("reports.delay.within"), l.T("reports.practices")}}
	var rows []chartNumbers
	for _, part := range []struct {
		key string
		n   int
	}{{"day", r.Delay.Day}, {"week", r.Delay.Week}, {"month", r.Delay.Month}, {"quarter", r.Delay.Quarter}, {"later", r.Delay.Later}} {
		row := reportRow{Label: l.T("reports.delay." + part.key), Cells: []string{counted(l, part.n)}}
		t.Rows = append(t.Rows, row)
		rows = append(rows, chartNumbers{row.Label, []int{part.n}})
	}
	t.Chart = barsOf(l, t.ID, t.Title, nil, rows)
	return t
}

// participationTable says who took part when.
func participationTable(l *i18n.Localizer, r curation.Report, id, title, prefix string, list []curation.Participation) *reportTable {
	t := &reportTable{ID: id, Title: l.T(title), Columns: []string{l.T(title + ".column")}}
	var columns []string
	for _, start := range r.Columns {
		columns = append(columns, stepName(l, r.ColumnUnit, start))
	}
	t.Columns = append(append(t.Columns, columns...), l.T("reports.total"), l.T("reports.organizations"), l.T("reports.reuses"))
	var rows []chartNumbers
	for _, p := range list {
		row := reportRow{Label: nameOf(l, prefix, p.Key)}
		if p.Key == "" {
			if p.Practices+p.Reuses == 0 {
				continue
			}
			row.Label = l.T(title + ".none")
		}
		for _, n := range append(append([]int{}, p.Counts...), p.Practices, p.Organizations, p.Reuses) {
			row.Cells = append(row.Cells, counted(l, n))
		}
		t.Rows = append(t.Rows, row)
		rows = append(rows, chartNumbers{row.Label, p.Counts})
	}
	t.Chart = columnsOf(l, id, t.Title, columns, rows)
	return t
}
