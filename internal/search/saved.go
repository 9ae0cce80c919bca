package search

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/practice"
)

// Bounds of saved searches.
const (
	MaxSaved    = 50 // for each account
	maxName     = 100
	maxAddress  = 2_000
	tokenLength = 24 // bytes
)

// Saved is a search its owner hears of when something new fits.
type Saved struct {
	ID        int64     `db:"id"`
	AccountID int64     `db:"account_id"`
	Name      string    `db:"name"`
	Query     string    `db:"query"` // parameters of the address of /praxisbeispiele
	Token     string    `db:"token"` // whoever knows it reads what of the result is public, as a feed
	CreatedAt time.Time `db:"created_at"`
}

// Save remembers a search of somebody with an account. query is what the page's address says, f what it means. Saving the same search again
// changes its name. fault.Invalid names the fields "name" and "query".
func (s *Service) Save(ctx context.Context, reader account.Account, name, query string, f practice.Filter) (Saved, error) {
	if !reader.Local() || !reader.Able(account.RoleGuest) {
		return Saved{}, fault.New(fault.Forbidden, "error.search.forbidden")
	}
	name = markup.Line(name)
	var wrong []fault.Field
	switch n := len([]rune(name)); {
	case n == 0:
		wrong = append(wrong, fault.Field{Name: "name", Message: "error.search.name"})
	case n > maxName:
		wrong = append(wrong, fault.Field{Name: "name", Message: "error.search.name_long"})
	}
	f, err := s.practices.Current(ctx, f)
	if err != nil {
		return Saved{}, err
	}
	facets := f.Facets()
	if len(query) > maxAddress || f.State == practice.StateArchived ||
		strings.TrimSpace(f.Text) == "" && len(facets) == 0 && !f.Accepted {
		wrong = append(wrong, fault.Field{Name: "query", Message: "error.search.everything"})
	}
	if err := fault.Fields(wrong...); err != nil {
		return Saved{}, err
	}
	matches := s.practices.Lexicon(ctx).Parse(f.Text).TSQuery
	if f.Text != "" && matches == "" {
		return Saved{}, fault.Fields(fault.Field{Name: "query", Message: "error.search.everything"})
	}
	saved := Saved{ID: db.NewID(time.Now()), AccountID: reader.ID, Name: name, Query: query, Token: newToken()}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := countSaved(ctx, tx, reader.ID, query)
		if err != nil {
			return fmt.Errorf("search.Save: %w", err)
		}
		if n >= MaxSaved {
			return fault.New(fault.Limited, "error.search.too_many")
		}
		if saved, err = upsertSaved(ctx, tx, saved, savedRules{Text: f.Text, Matches: matches, Facets: facets, Accepted: f.Accepted}); err != nil {
			return fmt.Errorf("search.Save: %w", err)
		}
		return nil
	})
	return saved, err
}

func newToken() string {
	b := make([]byte, tokenLength)
	_, _ = rand.Read(b) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Saved lists the reader's searches by name.
func (s *Service) Saved(ctx context.Context, reader account.Account) ([]Saved, error) {
	list, err := savedOf(ctx, s.db, reader.ID)
	if err != nil {
		return nil, fmt.Errorf("search.Saved: %w", err)
	}
	return list, nil
}

// Forget removes one of the reader's searches; fault.NotFound.
func (s *Service) Forget(ctx context.Context, reader account.Account, id int64) error {
	n, err := removeSaved(ctx, s.db, reader.ID, id)
	if err != nil {
		return fmt.Errorf("search.Forget: %w", err)
	}
	if n == 0 {
		return errNotFound()
	}
	return nil
}

// ByToken returns the search a feed is of; fault.NotFound, also where its owner may no longer have one.
func (s *Service) ByToken(ctx context.Context, token string) (Saved, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenLength) {
		return Saved{}, errNotFound()
	}
	saved, err := savedByToken(ctx, s.db, token)
	if db.IsNotFound(err) {
		return Saved{}, errNotFound()
	}
	if err != nil {
		return Saved{}, fmt.Errorf("search.ByToken: %w", err)
	}
	return saved, nil
}

// Names says by which of the reader's searches they were told of practices.
func (s *Service) Names(ctx context.Context, readerID int64, postIDs []int64) (map[int64]Saved, error) {
	if len(postIDs) == 0 {
		return nil, nil
	}
	rows, err := savedOfHits(ctx, s.db, readerID, postIDs)
	if err != nil {
		return nil, fmt.Errorf("search.Names: %w", err)
	}
	names := make(map[int64]Saved, len(rows))
	for _, r := range rows {
		names[r.PostID] = r.Saved
	}
	return names, nil
}

// Arrived tells who saved a search that a practice, ours or received, fits: each practice once, each search once a day.
func (s *Service) Arrived(ctx context.Context, postID int64) error {
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		hits, err := insertHits(ctx, tx, postID, time.Now())
		if err != nil {
			return err
		}
		for _, id := range hits {
			if err := s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifySearch, ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("search.Arrived %d: %w", postID, err)
	}
	return nil
}

// renew writes what saved searches ask for anew where the rules of words have changed.
func (s *Service) renew(ctx context.Context, tx *sqlx.Tx) (int, error) {
	rows, err := staleSaved(ctx, tx, batch)
	if err != nil {
		return 0, err
	}
	l := s.practices.Lexicon(ctx)
	for _, r := range rows {
		if err := renewSaved(ctx, tx, r.ID, l.Parse(r.Text).TSQuery); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// Renamed has saved searches ask for what terms of a taxonomy are called now: pairs of the old and the new name.
func (s *Service) Renamed(ctx context.Context, tx *sqlx.Tx, facet string, names [][2]string) error {
	const between = "\x01" // no name: two terms may exchange theirs
	for _, mark := range []string{"", between} {
		for _, n := range names {
			old, name := facet+"="+strings.ToLower(n[0]), facet+"="+between+strings.ToLower(n[1])
			if mark != "" {
				old, name = name, facet+"="+strings.ToLower(n[1])
			}
			if err := renameFacet(ctx, tx, old, name); err != nil {
				return fmt.Errorf("search.Renamed %s: %w", facet, err)
			}
		}
	}
	return nil
}
