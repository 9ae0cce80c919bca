package web

import (
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/peer"
)

// shownOfPlan is how many lines of each kind a preview shows; the counts are of all. Those that weaken what holds are all shown.
const shownOfPlan = 200

// planView is what a list would do: what weakens a rule first, new or changed.
type planView struct {
	Weaker, New, Changed []planRow
	Mistakes             []planMistake
	Unknown              []string
	Counts               struct{ New, Changed, Unchanged, Mistakes int }
	More                 struct{ New, Changed, Mistakes int } // that are not shown
}

// Applicable reports whether there is anything to apply.
func (v planView) Applicable() bool { return v.Counts.New+v.Counts.Changed > 0 }

// planRow is one rule as it would be.
type planRow struct {
	ruleRow
	Change string // what held until now and what would hold, in words; "" where nothing held
}

type planMistake struct {
	Line         int
	Text, Reason string
}

func (s *Site) planView(r *http.Request, p peer.Plan) *planView {
	v := &planView{Unknown: p.Unknown}
	v.Counts.New, v.Counts.Changed, v.Counts.Unchanged, v.Counts.Mistakes = len(p.New), len(p.Changed), p.Unchanged, len(p.Mistakes)
	v.New, v.More.New = s.planRows(r, v, p.New)
	v.Changed, v.More.Changed = s.planRows(r, v, p.Changed)
	for _, m := range p.Mistakes[:min(len(p.Mistakes), shownOfPlan)] {
		args := make([]any, 0, 2*len(m.Args))
		for name, value := range m.Args {
			args = append(args, name, value)
		}
		v.Mistakes = append(v.Mistakes, planMistake{Line: m.Line, Text: m.Text, Reason: s.t(r, m.Message, args...)})
	}
	v.More.Mistakes = len(p.Mistakes) - len(v.Mistakes)
	return v
}

// planRows are the first of the changes; those that weaken what holds go to v.Weaker.
func (s *Site) planRows(r *http.Request, v *planView, changes []peer.Change) (rows []planRow, more int) {
	for _, c := range changes {
		switch {
		case c.Weakens():
			v.Weaker = append(v.Weaker, s.planRow(r, c))
		case len(rows) < shownOfPlan:
			rows = append(rows, s.planRow(r, c))
		default:
			more++
		}
	}
	return rows, more
}

func (s *Site) planRow(r *http.Request, c peer.Change) planRow {
	row := planRow{ruleRow: rowOf(c.Rule)}
	if c.Held.Domain == "" {
		return row
	}
	before, after := s.badgeWords(r, rowOf(c.Held)), s.badgeWords(r, row.ruleRow)
	switch {
	case c.Old == nil:
		row.Change = s.t(r, "policy.plan.change.above", "Old", before, "Domain", peer.Shown(c.Held.Domain), "New", after)
	case before != after:
		row.Change = s.t(r, "policy.plan.change", "Old", before, "New", after)
	default:
		row.Change = s.t(r, "policy.plan.change.words", "Now", after)
	}
	return row
}

// badgeWords says what a rule decides.
func (s *Site) badgeWords(r *http.Request, row ruleRow) string {
	words := make([]string, len(row.Badges))
	for i, b := range row.Badges {
		words[i] = s.t(r, b.Key)
	}
	return strings.Join(words, ", ")
}
