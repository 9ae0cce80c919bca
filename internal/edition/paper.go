package edition

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// State is what became of a practice since it was taken into an edition.
type State string

// States of an entry.
const (
	Held       State = "held"       // it stands as it was taken
	Newer      State = "newer"      // the desk has accepted a newer revision
	Moved      State = "moved"      // its source has published a newer revision that the desk has not accepted
	Withdrawn  State = "withdrawn"  // its source took it back, or shows it to everybody no more
	Unaccepted State = "unaccepted" // the desk stands for it no more
	Lost       State = "lost"       // nobody has kept the text of its revision
)

// Standing is how an entry stands now.
type Standing struct {
	State    State
	Title    string // as it is called now
	Accepted int    // the revision that the desk accepts, 0 for none
	Current  int    // the newest one, 0 when it is withdrawn
}

// Reads reports whether readers of the next edition may read it.
func (s Standing) Reads() bool { return s.State == Held || s.State == Newer || s.State == Moved }

// Standings says how the practices of an edition stand now, by their URIs.
func (s *Service) Standings(ctx context.Context, e Edition) (map[string]Standing, error) {
	views, err := s.current(ctx, e)
	if err != nil {
		return nil, err
	}
	list := map[string]Standing{}
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			v, ok := views[entry.PostID]
			list[entry.URI] = standing(entry, v, ok)
		}
	}
	return list, nil
}

// Since returns what became of the practices of a published edition since it appeared: those that were withdrawn or have a newer
// revision.
func (s *Service) Since(ctx context.Context, e Edition) ([]Place, error) {
	standings, err := s.Standings(ctx, e)
	if err != nil {
		return nil, err
	}
	var list []Place
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			if now := standings[entry.URI]; now.State == Withdrawn || now.Current > entry.Revision {
				list = append(list, Place{Entry: entry, Standing: now})
			}
		}
	}
	return list, nil
}

func standing(entry Entry, v practice.View, found bool) Standing {
	if !found || v.Post.Visibility != post.Public {
		return Standing{State: Withdrawn, Title: entry.Title}
	}
	s := Standing{State: Held, Title: v.Post.Title, Current: v.Practice.Revision}
	switch {
	case !accepted(v):
		s.State = Unaccepted
		return s
	case v.Curation.RevisionAccepted > entry.Revision:
		s.State = Newer
	case v.Practice.Revision > entry.Revision:
		s.State = Moved
	}
	s.Accepted = v.Curation.RevisionAccepted
	return s
}

// current are the practices of an edition as everybody reads them now, by post id.
func (s *Service) current(ctx context.Context, e Edition) (map[int64]practice.View, error) {
	var ids []int64
	for _, c := range e.Chapters {
		for _, entry := range c.Entries {
			if entry.PostID != 0 {
				ids = append(ids, entry.PostID)
			}
		}
	}
	views, err := s.practices.Views(ctx, post.Viewer{}, ids)
	if err != nil {
		return nil, fmt.Errorf("edition %d: practices: %w", e.ID, err)
	}
	byID := make(map[int64]practice.View, len(views))
	for _, v := range views {
		byID[v.Post.ID] = v
	}
	return byID, nil
}

// Paper is an edition with all that is to be read in it.
type Paper struct {
	Edition
	Parts     []Part
	Practices int // that can be read
	Sums      []practice.YearlySum
}

// Part is a chapter of a paper.
type Part struct {
	Chapter
	Places []Place
}

// Place is an entry with its practice as the edition has it. What cannot be read any more has no View.
type Place struct {
	Entry
	Standing
	View practice.View
}

// Paper returns an edition in work as it would be published now. Editors. fault.Conflict for a published one.
func (s *Service) Paper(ctx context.Context, actor account.Account, id int64) (Paper, error) {
	e, err := s.draft(ctx, actor, id)
	if err != nil {
		return Paper{}, err
	}
	return s.paper(ctx, e)
}

func (s *Service) paper(ctx context.Context, e Edition) (Paper, error) {
	p := Paper{Edition: e}
	views, err := s.current(ctx, e)
	if err != nil {
		return p, err
	}
	var read []practice.Practice
	for _, c := range e.Chapters {
		part := Part{Chapter: c}
		for _, entry := range c.Entries {
			v, ok := views[entry.PostID]
			place := Place{Entry: entry, Standing: standing(entry, v, ok)}
			if place.Reads() {
				if v.Practice.Revision != entry.Revision {
					v, err = s.practices.AtRevision(ctx, post.Viewer{}, entry.PostID, entry.Revision)
				}
				switch kind := fault.KindOf(err); {
				case kind == fault.NotFound || kind == fault.Gone:
					place.State, v, err = Lost, practice.View{}, nil
				case err != nil:
					return p, fmt.Errorf("edition %d: practice %d at revision %d: %w", e.ID, entry.PostID, entry.Revision, err)
				default:
					place.View = v
					read = append(read, v.Practice)
				}
			}
			part.Places = append(part.Places, place)
		}
		p.Parts = append(p.Parts, part)
	}
	p.Practices = len(read)
	if e.Sums {
		p.Sums, err = s.practices.YearlySums(ctx, read)
	}
	if err != nil {
		return p, fmt.Errorf("edition %d: sums: %w", e.ID, err)
	}
	return p, nil
}
