package practice

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// Seal says that a catalogue curated a practice: our own house, while it curates, or one of another server that one of our
// groups follows, for as long as its collection lists the practice.
type Seal struct {
	Own              bool
	Name             string // of who curates
	Handle           string // of the catalogue, user@host; "" for our own
	Featured         bool
	RevisionAccepted int // 0 where the catalogue does not say
	Chapter          string
	Changed          bool // the practice has moved on since
}

// maxSeals is how many seals of other catalogues one practice shows.
const maxSeals = 10

// Featured reports whether one who curated the practice put it in front.
func (v View) Featured() bool {
	return slices.ContainsFunc(v.Seals, func(s Seal) bool { return s.Featured })
}

// seals lists who curated practices, our own house first.
func (s *Service) seals(ctx context.Context, db sqlx.ExtContext, details map[int64]Practice, curations map[int64]*Curation, ids []int64) (map[int64][]Seal, error) {
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("practices: seals: %w", err)
	}
	byID := map[int64][]Seal{}
	add := func(id int64, seal Seal) {
		seal.Changed = seal.RevisionAccepted > 0 && details[id].Revision > seal.RevisionAccepted
		byID[id] = append(byID[id], seal)
	}
	for id, c := range curations {
		if o.Curates && c.State == "accepted" {
			add(id, Seal{Own: true, Name: o.ShortName, Featured: c.Featured, RevisionAccepted: c.RevisionAccepted})
		}
	}
	rows, err := sealsOf(ctx, db, ids)
	if err != nil {
		return nil, fmt.Errorf("practices: seals: %w", err)
	}
	for _, r := range rows {
		if len(byID[r.PostID]) < maxSeals {
			add(r.PostID, Seal{Name: r.Name, Handle: r.Username + "@" + r.Host, Featured: r.Featured, RevisionAccepted: r.Revision, Chapter: r.Chapter})
		}
	}
	return byID, nil
}
