package taxonomy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/practice"
)

// What taking over a list does to an entry.
const (
	Add    = "add"    // it is new here
	Keep   = "keep"   // it is followed already
	Join   = "join"   // ours is that one from now on
	Merge  = "merge"  // ours goes into another one
	Retire = "retire" // its origin offers it no longer
	hear   = "hear"   // its origin merged it before we knew it: only its word and id are remembered
)

// Step is what taking over a list does to one entry.
type Step struct {
	Kind   string
	Scheme string
	ID     int64  // of our entry; 0 for none
	Was    string // what ours is called
	Said   Said   // what it is from now on, or what it goes into
	Uses   practice.Uses

	uri      string // of the entry that is heard of
	word     string
	renamed  bool // called or numbered otherwise
	restored bool
}

// Renamed reports whether our entry is called otherwise from now on.
func (s Step) Renamed() bool { return (s.Kind == Keep || s.Kind == Join) && s.Was != s.Said.Name }

func (s *Service) plan(ctx context.Context, q sqlx.ExtContext, o Offer, followed bool) ([]Step, error) {
	ours, err := entries(ctx, q, o.Scheme)
	if err != nil {
		return nil, fmt.Errorf("taxonomy: plan: %w", err)
	}
	uris := make([]string, len(o.Terms))
	for i, t := range o.Terms {
		uris[i] = t.URI
	}
	byURI, err := urisOf(ctx, q, o.Scheme, uris)
	if err != nil {
		return nil, fmt.Errorf("taxonomy: plan: %w", err)
	}
	return planned(ours, byURI, o.Terms, followed), nil
}

// planned compares what is here with what is said, by ids first, then by names. followed says whether it is by this list
// that entries of ours were adopted.
func planned(ours []Entry, byURI map[string]int64, said []Said, followed bool) []Step {
	p := planner{byURI: byURI, followed: followed, taken: map[int64]bool{}}
	for _, e := range ours {
		if e.ReplacedBy == nil {
			p.ours = append(p.ours, e)
		}
	}
	offered := map[string]Said{}
	replaced := map[string]Said{}
	for _, t := range said {
		if t.ReplacedBy == "" {
			offered[t.URI] = t
		} else {
			replaced[t.URI] = t
		}
	}
	matches := map[string]*Entry{}
	for _, find := range []func(Said) *Entry{p.byID, p.byName} {
		for _, t := range said {
			if t.ReplacedBy == "" && matches[t.URI] == nil {
				matches[t.URI] = find(t)
			}
		}
	}
	for _, t := range said {
		if t.ReplacedBy == "" {
			p.steps = append(p.steps, p.step(matches[t.URI], t))
		}
	}
	for _, t := range said {
		into, ok := successor(t, offered, replaced)
		if !ok {
			continue
		}
		e := p.byID(t)
		if e == nil {
			e = p.byName(t)
		}
		if e == nil {
			p.steps = append(p.steps, Step{Kind: hear, Said: into, uri: t.URI, word: t.Name})
			continue
		}
		p.steps = append(p.steps, Step{Kind: Merge, ID: e.ID, Was: e.Name, Said: into, uri: t.URI})
	}
	// Two entries of one name are one.
	for _, t := range said {
		if t.ReplacedBy != "" {
			continue
		}
		for e := p.byName(t); e != nil; e = p.byName(t) {
			p.steps = append(p.steps, Step{Kind: Merge, ID: e.ID, Was: e.Name, Said: t})
		}
	}
	for _, e := range p.ours {
		// What its origin has put into an entry of yet another list stays as it is.
		if _, moved := replaced[e.URI]; followed && e.Adopted && !p.taken[e.ID] && !moved && e.RetiredAt == nil {
			p.steps = append(p.steps, Step{Kind: Retire, ID: e.ID, Was: e.Name})
		}
	}
	return p.steps
}

// successor finds what an entry was merged into, perhaps in several turns.
func successor(t Said, offered, replaced map[string]Said) (Said, bool) {
	for range len(replaced) {
		if t.ReplacedBy == "" {
			break
		}
		if into, ok := offered[t.ReplacedBy]; ok {
			return into, true
		}
		next, ok := replaced[t.ReplacedBy]
		if !ok {
			break
		}
		t = next
	}
	return Said{}, false
}

type planner struct {
	ours     []Entry // not merged into others
	byURI    map[string]int64
	followed bool
	taken    map[int64]bool
	steps    []Step
}

func (p *planner) take(fits func(e Entry) bool) *Entry {
	at := slices.IndexFunc(p.ours, func(e Entry) bool { return !p.taken[e.ID] && fits(e) })
	if at < 0 {
		return nil
	}
	p.taken[p.ours[at].ID] = true
	return &p.ours[at]
}

// byID finds the entry with the id, or one of ours that had it once. An id that stands for what its entry was merged into
// finds nothing.
func (p *planner) byID(t Said) *Entry {
	return p.take(func(e Entry) bool {
		return e.URI == t.URI || p.byURI[t.URI] == e.ID && !(p.followed && e.Adopted)
	})
}

func (p *planner) byName(t Said) *Entry {
	return p.take(func(e Entry) bool { return strings.EqualFold(e.Name, t.Name) })
}

func (p *planner) step(e *Entry, t Said) Step {
	if e == nil {
		return Step{Kind: Add, Said: t}
	}
	step := Step{Kind: Join, ID: e.ID, Was: e.Name, Said: t, renamed: e.Name != t.Name || e.Notation != t.Notation, restored: e.RetiredAt != nil}
	if p.followed && e.Adopted {
		step.Kind = Keep
	}
	return step
}

// apply makes a list what its origin says.
func (s *Service) apply(ctx context.Context, tx *sqlx.Tx, offer Offer) error {
	steps, err := s.plan(ctx, tx, offer, true)
	if err != nil {
		return err
	}
	o := outcome{scheme: offer.Scheme}
	if err := s.applySteps(ctx, tx, steps, &o); err != nil {
		return fmt.Errorf("taxonomy: %s: %w", offer.URI, err)
	}
	return s.settle(ctx, tx, o)
}

func (s *Service) applySteps(ctx context.Context, tx *sqlx.Tx, steps []Step, o *outcome) error {
	var renamed []int64
	var uris []string
	for _, step := range steps {
		if step.renamed || step.Kind == Merge {
			renamed = append(renamed, step.ID)
		}
		if step.Kind == Add || step.Kind == Keep || step.Kind == Join {
			uris = append(uris, step.Said.URI)
		}
	}
	if err := clearNames(ctx, tx, renamed, uris, s.base()); err != nil {
		return err
	}
	ids := map[string]int64{}
	for _, step := range steps {
		switch step.Kind {
		case Add:
			step.ID = db.NewID(s.now())
			if err := insertAdopted(ctx, tx, o.scheme, step.ID, step.Said, len(ids)+1); err != nil {
				return fmt.Errorf("add %q: %w", step.Said.Name, err)
			}
		case Keep, Join:
			if err := updateAdopted(ctx, tx, step.ID, step.Said, len(ids)+1); err != nil {
				return fmt.Errorf("%s %q: %w", step.Kind, step.Said.Name, err)
			}
			if step.renamed {
				o.changed = append(o.changed, step.ID)
			}
			if step.Renamed() {
				o.renamed = append(o.renamed, [2]string{step.Was, step.Said.Name})
			}
		default:
			continue
		}
		ids[step.Said.URI] = step.ID
		o.words = append(o.words, word{Name: step.Said.Name, TermID: step.ID})
		o.uris = append(o.uris, uri{step.Said.URI, step.ID})
	}
	for _, step := range steps {
		into := ids[step.Said.URI]
		switch step.Kind {
		case Merge:
			e := Entry{Term: practice.Term{ID: step.ID, Name: step.Was}}
			if err := s.merge(ctx, tx, o, e, into, step.Said.Name); err != nil {
				return err
			}
		case hear:
			o.words = append(o.words, word{Name: step.word, TermID: into, Free: true})
		case Retire:
			now := s.now()
			if err := retireEntry(ctx, tx, step.ID, &now); err != nil {
				return fmt.Errorf("retire %d: %w", step.ID, err)
			}
		}
		if step.uri != "" {
			o.uris = append(o.uris, uri{step.uri, into})
		}
	}
	return placeOwn(ctx, tx, o.scheme, len(ids))
}
