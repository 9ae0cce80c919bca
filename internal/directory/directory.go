// Package directory is who can be asked about Green-IT, and where it is talked about: functional contact persons, committees
// (Gremien) and networks. Each instance keeps the entries of its own Land or organisation and says when it last confirmed them;
// those of the catalogues that we follow are read from where they are kept. It must not know the wire format, nor how a directory
// is fetched, and it holds no private data.
package directory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// Kind is what an entry is about.
type Kind string

// Kinds in the order in which they are listed.
const (
	Contact   Kind = "contact"
	Committee Kind = "committee"
	Network   Kind = "network"
)

// Kinds lists all of them.
var Kinds = []Kind{Contact, Committee, Network}

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// Slug is what the collection is called that our directory is published as.
const Slug = "verzeichnis"

// MaxEntries is how many entries one instance keeps at most.
const MaxEntries = 200

// Entry is one contact person, committee or network.
type Entry struct {
	ID           int64              `db:"id"`
	AccountID    *int64             `db:"account_id"` // the catalogue that keeps it; nil for ours
	URI          string             `db:"uri"`
	Kind         Kind               `db:"kind"`
	Name         string             `db:"name"` // of a contact: the function, never a person's
	Summary      string             `db:"summary"`
	Level        organization.Level `db:"level"`
	Region       string             `db:"region"` // ISO 3166-2:DE, "" where it is of several Länder or of the Bund
	Organization string             `db:"organization"`
	Unit         string             `db:"unit"`
	Cadence      string             `db:"cadence"` // how often it meets, in words
	Members      string             `db:"members"` // in words
	Email        string             `db:"email"`
	Phone        string             `db:"phone"`
	Website      string             `db:"website"`
	Page         string             `db:"page"` // for people, at its origin
	Revision     int                `db:"revision"`
	ConfirmedAt  time.Time          `db:"confirmed_at"`
	UpdatedAt    time.Time          `db:"updated_at"`

	Host       string `db:"host"`       // of who keeps it, "" for ours
	Maintainer string `db:"maintainer"` // what the catalogue that keeps it is called, "" for ours
}

// Local reports whether it is kept here.
func (e Entry) Local() bool { return e.AccountID == nil }

// StaleAt is the moment before which a confirmation is too old to be relied on: twelve months.
func StaleAt(now time.Time) time.Time { return now.AddDate(-1, 0, 0) }

// Stale reports whether nobody has confirmed the entry for twelve months.
func (e Entry) Stale(now time.Time) bool { return e.ConfirmedAt.Before(StaleAt(now)) }

// never is when an entry was confirmed whose keeper does not say: it is as old as can be.
var never = time.Unix(0, 0).UTC()

// EverConfirmed reports whether who keeps it says when it was confirmed.
func (e Entry) EverConfirmed() bool { return e.ConfirmedAt.After(never) }

// Service keeps the directory.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	accounts      *account.Service
	jobs          *job.Queue
	base          string
	now           func() time.Time
}

// New returns the service; base is the address of the instance.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, jobs *job.Queue, base string) *Service {
	return &Service{db: db, organizations: organizations, accounts: accounts, jobs: jobs, base: base, now: time.Now}
}

// URI is the id of an entry of ours.
func (s *Service) URI(id int64) string { return s.base + "/directory/" + strconv.FormatInt(id, 10) }

// page is the address of an entry for people.
func (s *Service) page(id int64) string { return s.base + "/verzeichnis/" + strconv.FormatInt(id, 10) }

func errNotFound() error { return fault.New(fault.NotFound, "error.directory.not_found") }

// Everywhere is the region to filter by for what is of several Länder or of the Bund.
const Everywhere = "-"

// Word is one that has to occur in an entry, or that names one of Regions.
type Word struct {
	Text    string
	Regions []string
}

// Filter narrows a list; the zero value finds all.
type Filter struct {
	Kind          Kind
	Region        string // or Everywhere
	Words         []Word
	Offset, Limit int // of no limit 0
}

// Listing is a page of entries by Land, contacts first, and how many there are.
type Listing struct {
	Entries []Entry
	Total   int
}

// List finds entries, ours and those of the catalogues that one of our groups follows now.
func (s *Service) List(ctx context.Context, f Filter) (Listing, error) {
	list, total, err := listEntries(ctx, s.db, f)
	if err != nil {
		return Listing{}, fmt.Errorf("directory.List: %w", err)
	}
	return Listing{Entries: list, Total: total}, nil
}

// ByID returns an entry that List shows; fault.NotFound.
func (s *Service) ByID(ctx context.Context, id int64) (Entry, error) {
	e, err := shownEntry(ctx, s.db, id)
	if db.IsNotFound(err) {
		return e, errNotFound()
	}
	if err != nil {
		return e, fmt.Errorf("directory.ByID %d: %w", id, err)
	}
	return e, nil
}

// Contacts counts the contact persons that List shows, by Land.
func (s *Service) Contacts(ctx context.Context) (map[string]int, error) {
	byRegion, err := countContacts(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("directory.Contacts: %w", err)
	}
	return byRegion, nil
}

// Own lists the entries that are kept here, in the order in which they are published.
func (s *Service) Own(ctx context.Context) ([]Entry, error) {
	list, err := ownEntries(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("directory.Own: %w", err)
	}
	return list, nil
}

// OwnByID returns an entry that is kept here; fault.NotFound.
func (s *Service) OwnByID(ctx context.Context, id int64) (Entry, error) {
	e, err := ownEntry(ctx, s.db, id)
	if db.IsNotFound(err) {
		return e, errNotFound()
	}
	if err != nil {
		return e, fmt.Errorf("directory.OwnByID %d: %w", id, err)
	}
	return e, nil
}

// Overdue counts the entries of ours that nobody has confirmed for twelve months.
func (s *Service) Overdue(ctx context.Context) (int, error) {
	n, err := countOverdue(ctx, s.db, StaleAt(s.now()))
	if err != nil {
		return 0, fmt.Errorf("directory.Overdue: %w", err)
	}
	return n, nil
}
