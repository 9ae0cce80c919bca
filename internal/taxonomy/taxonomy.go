// Package taxonomy is the lists that practices are classified by, goals (Kernziele) and fields (Handlungsfelder), as data that
// editors maintain or keep as another instance has it. What an entry is called and what it was called, its id and those it had,
// stay known: old addresses, drafts and practices of others are found by them. It must not know the wire format, nor how a list
// is fetched.
package taxonomy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

// Schemes are the taxonomies there are.
var Schemes = []string{practice.SchemeGoal, practice.SchemeField}

// MaxTerms is how many entries of a taxonomy are offered at most, here and in a list that is taken over.
const MaxTerms = 200

// Limits in characters.
const (
	maxName        = 200
	maxNotation    = 20
	maxDescription = 1_000
)

// Entry is a term as its editors see it.
type Entry struct {
	practice.Term
	Adopted    bool       `db:"adopted"`     // as another instance says: not to be changed here
	ReplacedBy *int64     `db:"replaced_by"` // what it was merged into
	RetiredAt  *time.Time `db:"retired_at"`
}

// Offered reports whether it can be chosen for a practice.
func (e Entry) Offered() bool { return e.ReplacedBy == nil && e.RetiredAt == nil }

// Former is an id of ours that another one took the place of.
type Former struct {
	URI        string `db:"uri"`
	ReplacedBy string `db:"replaced_by"`
	Name       string `db:"name"` // of what took its place
}

// Service maintains the lists.
type Service struct {
	db        *sqlx.DB
	accounts  *account.Service
	practices *practice.Service
	searches  *search.Service
	now       func() time.Time
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, practices *practice.Service, searches *search.Service) *Service {
	return &Service{db: db, accounts: accounts, practices: practices, searches: searches, now: time.Now}
}

func errForbidden() error { return fault.New(fault.Forbidden, "error.taxonomy.forbidden") }

func errNotFound() error { return fault.New(fault.NotFound, "error.practice.term_not_found") }

// List returns all entries of a taxonomy in order, those that are no longer offered too.
func (s *Service) List(ctx context.Context, scheme string) ([]Entry, error) {
	list, err := entries(ctx, s.db, scheme)
	if err != nil {
		return nil, fmt.Errorf("taxonomy.List %s: %w", scheme, err)
	}
	return list, nil
}

// ByID returns one entry; fault.NotFound.
func (s *Service) ByID(ctx context.Context, id int64) (Entry, error) {
	e, err := entry(ctx, s.db, id)
	if db.IsNotFound(err) {
		return e, errNotFound()
	}
	if err != nil {
		return e, fmt.Errorf("taxonomy.ByID %d: %w", id, err)
	}
	return e, nil
}

// Formers lists the ids of a taxonomy's entries on this instance that others have taken the place of: who knows one finds what
// is meant.
func (s *Service) Formers(ctx context.Context, scheme string) ([]Former, error) {
	list, err := formers(ctx, s.db, scheme, s.base())
	if err != nil {
		return nil, fmt.Errorf("taxonomy.Formers %s: %w", scheme, err)
	}
	return list, nil
}

func known(scheme string) bool { return slices.Contains(Schemes, scheme) }

// inTx runs f while nobody else changes a taxonomy.
func (s *Service) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return fmt.Errorf("taxonomy: %w", err)
		}
		return f(tx)
	})
}

// outcome is what changed in a taxonomy, for those that use it.
type outcome struct {
	scheme  string
	words   []word // that mean an entry from now on
	uris    []uri
	changed []int64     // entries called otherwise
	lost    []int64     // practices of ours that had two entries that are one now
	renamed [][2]string // old and new names
}

type word struct {
	Name   string
	TermID int64
	Free   bool // only where the word means nothing yet
}

type uri struct {
	URI    string
	TermID int64
}

// settle has practices and saved searches follow.
func (s *Service) settle(ctx context.Context, tx *sqlx.Tx, o outcome) error {
	var words, uris []string
	for _, w := range o.words {
		if err := upsertWord(ctx, tx, o.scheme, w); err != nil {
			return fmt.Errorf("taxonomy: word %q: %w", w.Name, err)
		}
		words = append(words, w.Name)
	}
	for _, u := range o.uris {
		if err := upsertURI(ctx, tx, u); err != nil {
			return fmt.Errorf("taxonomy: id %q: %w", u.URI, err)
		}
		uris = append(uris, u.URI)
	}
	if err := s.practices.ResolveTerms(ctx, tx, o.scheme, words, uris); err != nil {
		return err
	}
	if err := s.practices.FollowTerms(ctx, tx, o.changed, o.lost); err != nil {
		return err
	}
	return s.searches.Renamed(ctx, tx, o.scheme, o.renamed)
}
