package peer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vorbild/vorbild/internal/fault"
)

// Change is what a list would do to one domain. Old is nil where there is no rule yet.
type Change struct {
	Line int
	Rule Rule
	Old  *Rule
	Held Rule // what held until now: Old, or the rule of the nearest domain above; zero where there is none
}

// Weakens reports whether more than before would come in from the domain.
func (c Change) Weakens() bool {
	if c.Rule.Severity == Suspend {
		return false // nothing comes in
	}
	return strength[c.Rule.Severity] < strength[c.Held.Severity] ||
		c.Held.RejectMedia && !c.Rule.RejectMedia || c.Held.RejectReports && !c.Rule.RejectReports
}

// strength orders the severities.
var strength = map[Severity]int{Unrestricted: 0, Silence: 1, Suspend: 2}

// Plan is what a list would change, before anything is changed.
type Plan struct {
	New       []Change
	Changed   []Change
	Unchanged int
	Mistakes  []Mistake // by line
	Unknown   []string  // columns that mean nothing here
}

// Rules are those that are new or change.
func (p Plan) Rules() []Rule {
	list := make([]Rule, 0, len(p.New)+len(p.Changed))
	for _, changes := range [][]Change{p.New, p.Changed} {
		for _, c := range changes {
			list = append(list, c.Rule)
		}
	}
	return list
}

// Plan reads a list and compares it with the rules there are. A line that cannot be taken is a mistake and stops no other;
// fault.Invalid for what is no list, or too long a one. own is the domain of this instance.
func (s *Service) Plan(ctx context.Context, text string, bare Bare, own string) (Plan, error) {
	entries, unknown, mistakes, err := read(text, bare)
	if err != nil {
		return Plan{}, err
	}
	if len(entries)+len(mistakes) == 0 {
		return Plan{}, fault.Fields(fault.Field{Name: "list", Message: "error.policy.list.empty"})
	}
	now, err := s.current(ctx)
	if err != nil {
		return Plan{}, fmt.Errorf("peer.Plan: %w", err)
	}
	p := Plan{Mistakes: mistakes, Unknown: unknown}
	lines := map[string]int{} // by domain
	for _, e := range entries {
		rule, mistake := planned(e, now, own)
		if mistake == nil && lines[rule.Domain] > 0 {
			mistake = &Mistake{Message: "error.policy.list.twice", Args: map[string]any{"Line": lines[rule.Domain]}}
		}
		if mistake != nil {
			mistake.Line, mistake.Text = e.line, cmp.Or(mistake.Text, shorten(e.values["domain"]))
			p.Mistakes = append(p.Mistakes, *mistake)
			continue
		}
		lines[rule.Domain] = e.line
		switch old, known := now.rules[rule.Domain]; {
		case !known:
			p.New = append(p.New, Change{Line: e.line, Rule: rule, Held: now.of(rule.Domain)})
		case old == rule:
			p.Unchanged++
		default:
			p.Changed = append(p.Changed, Change{Line: e.line, Rule: rule, Old: &old, Held: old})
		}
	}
	slices.SortStableFunc(p.Mistakes, func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	return p, nil
}

// planned is the rule that a line makes of what there is.
func planned(e entry, now *rules, own string) (Rule, *Mistake) {
	name, wrong := domain(e.values["domain"])
	if wrong != "" {
		return Rule{}, &Mistake{Message: wrong}
	}
	old := now.rules[name]
	rule, mistake := e.on(old)
	if mistake != nil {
		return rule, mistake
	}
	// RULE: no list of others cuts off whom we allowed: that is decided one by one.
	if rule.Severity == Suspend && (old.Network || old.Allowed) {
		return rule, &Mistake{Message: "error.policy.list.allowed"}
	}
	if rule.Allowed && old.Severity == Suspend && rule.Severity == Suspend {
		return rule, &Mistake{Message: "error.policy.list.suspended"}
	}
	rule, err := rule.Check(own)
	var known *fault.Error
	if errors.As(err, &known) && len(known.Fields) > 0 {
		return rule, &Mistake{Message: known.Fields[0].Message, Args: known.Fields[0].Args}
	}
	return rule, nil
}
