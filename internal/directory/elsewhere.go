package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// How often we look at the directories of others.
const (
	readEvery  = time.Hour
	readSeldom = 24 * time.Hour // where there is none
)

// Source is a catalogue whose directory we read.
type Source struct {
	AccountID int64      `db:"account_id"`
	URI       string     `db:"uri"` // of the directory, "" while none is known
	ETag      string     `db:"etag"`
	NextAt    time.Time  `db:"next_at"`
	ReadAt    *time.Time `db:"read_at"`
	Failures  int        `db:"failures"` // in a row
	Hints     int        `db:"hints"`    // how often its owner told of a change
	HintsRead int        `db:"hints_read"`

	Host    string `db:"host"`
	Entries int    `db:"entries"`
}

// Sources lists whose directories we read, for editors.
func (s *Service) Sources(ctx context.Context) ([]Source, error) {
	list, err := sources(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("directory.Sources: %w", err)
	}
	return list, nil
}

// Due has the directories read that are due, at most limit, and keeps the list of those that matter: whom none of our groups
// follows any more is forgotten with all that we have of them.
func (s *Service) Due(ctx context.Context, limit int) error {
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := s.now()
		if err := keepSources(ctx, tx, now); err != nil {
			return err
		}
		ids, err := dueSources(ctx, tx, now, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.jobs.Enqueue(ctx, tx, job.ReadDirectory{AccountID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("directory.Due: %w", err)
	}
	return nil
}

// Watched returns what we know of a catalogue's directory; ok is false when none of our groups follows it.
func (s *Service) Watched(ctx context.Context, accountID int64) (source Source, ok bool, err error) {
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		source, ok, err = s.watched(ctx, tx, accountID)
		return err
	})
	if err != nil {
		return Source{}, false, fmt.Errorf("directory.Watched %d: %w", accountID, err)
	}
	return source, ok, nil
}

func (s *Service) watched(ctx context.Context, tx *sqlx.Tx, accountID int64) (source Source, ok bool, err error) {
	if ok, err = follow.FollowedByGroup(ctx, tx, accountID); err != nil || !ok {
		return Source{}, false, err
	}
	if err := insertSource(ctx, tx, accountID, s.now()); err != nil {
		return Source{}, false, err
	}
	source, err = lockSource(ctx, tx, accountID)
	return source, err == nil, err
}

// Receive makes what we keep of a catalogue's directory what the catalogue says. What cannot be believed of it is left out, and what
// it says in the name of another Land. An empty one takes everything away: nobody is to be shown longer than they agreed to. read is
// the source as it was before; where its owner told of a change since, nothing is kept of what was read.
func (s *Service) Receive(ctx context.Context, read Source, uri, etag string, entries []Entry) error {
	accountID := read.AccountID
	keeper, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return fmt.Errorf("directory.Receive %s: %w", uri, err)
	}
	// RULE: the bounds of our own form hold for others: who says that it is one Land's names nobody as another Land's contact.
	regions := Regions(organization.Organization{Level: organization.Level(keeper.Level), Region: keeper.Region})
	believed := make([]Entry, 0, min(len(entries), MaxEntries))
	seen := map[string]bool{}
	for _, e := range entries {
		e, ok := e.believable(s.now())
		if !ok || seen[e.URI] || !slices.Contains(regions, e.Region) || len(believed) == MaxEntries {
			continue
		}
		seen[e.URI] = true
		e.ID, e.AccountID = db.NewID(s.now()), &accountID
		believed = append(believed, e)
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now, ok, err := s.watched(ctx, tx, accountID)
		if err != nil || !ok || now.Hints != read.Hints {
			return err
		}
		if err := updateSource(ctx, tx, accountID, uri, etag); err != nil {
			return err
		}
		return replaceEntries(ctx, tx, accountID, believed)
	})
	if err != nil {
		return fmt.Errorf("directory.Receive %s: %w", uri, err)
	}
	return nil
}

// believable returns what another instance says of an entry in plain characters and within the limits that hold for ours.
//
// RULE: what others say leads a reader to no address that an entry of ours could not have.
func (e Entry) believable(now time.Time) (Entry, bool) {
	e = e.plain()
	if !e.Kind.Valid() || !e.Level.Valid() || utf8.RuneCountInString(e.Name) > MaxName || e.Name == "" || e.URI == "" {
		return e, false
	}
	for _, f := range []struct {
		text *string
		most int
	}{
		{&e.Organization, MaxName}, {&e.Unit, MaxName}, {&e.Cadence, MaxName}, {&e.Summary, MaxSummary}, {&e.Members, MaxMembers},
	} {
		if r := []rune(*f.text); len(r) > f.most {
			*f.text = string(r[:f.most])
		}
	}
	if e.Region != "" && !slices.Contains(organization.Regions, e.Region) {
		e.Region = ""
	}
	if len(e.Email) > maxEmail || !organization.ValidEmail(e.Email) {
		e.Email = ""
	}
	if !validPhone(e.Phone) {
		e.Phone = ""
	}
	if len(e.Website) > maxAddress || !organization.ValidWebsite(e.Website) {
		e.Website = ""
	}
	if len(e.Page) > maxAddress || !organization.ValidWebsite(e.Page) {
		e.Page = ""
	}
	// Who confirms an entry for the future would never have to again.
	switch {
	case e.ConfirmedAt.After(now):
		e.ConfirmedAt = now
	case e.ConfirmedAt.Before(never):
		e.ConfirmedAt = never
	}
	e.Revision, e.UpdatedAt = max(e.Revision, 1), now
	return e, true
}

// Drop forgets the directory of a catalogue that has none any more.
func (s *Service) Drop(ctx context.Context, accountID int64) error {
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := updateSource(ctx, tx, accountID, "", ""); err != nil {
			return err
		}
		return replaceEntries(ctx, tx, accountID, nil)
	})
	if err != nil {
		return fmt.Errorf("directory.Drop %d: %w", accountID, err)
	}
	return nil
}

// Read notes that a directory was read, or that this failed, and when to come back; there is whether there is one.
func (s *Service) Read(ctx context.Context, read Source, there, failed bool) error {
	pause := readEvery
	if !there && !failed {
		pause = readSeldom
	}
	if err := noteRead(ctx, s.db, read, s.now(), pause, failed); err != nil {
		return fmt.Errorf("directory.Read %d: %w", read.AccountID, err)
	}
	return nil
}

// Hint hears the word of a catalogue that its directory has changed: what it took out is gone at once, and the directory is read
// again, whole, because an activity may be late, lost or repeated. It reports false for what is no directory that we read.
func (s *Service) Hint(ctx context.Context, accountID int64, directoryURI string, removed string) (kept bool, err error) {
	if !strings.HasSuffix(directoryURI, "/"+Slug) {
		return false, nil
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		source, ok, err := s.watched(ctx, tx, accountID)
		if err != nil || !ok || source.URI != "" && source.URI != directoryURI {
			return err
		}
		kept = true
		if removed != "" {
			if err := deleteRemote(ctx, tx, accountID, removed); err != nil {
				return err
			}
		}
		if err := noteHint(ctx, tx, accountID); err != nil {
			return err
		}
		// Each hint has a job of its own: one that runs, or has just ended, may have read what was before.
		return s.jobs.Enqueue(ctx, tx, job.ReadDirectory{AccountID: accountID, Hint: source.Hints + 1})
	})
	if err != nil {
		return false, fmt.Errorf("directory.Hint %s: %w", directoryURI, err)
	}
	return kept, nil
}
