package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
)

// How often we look at what other catalogues curate.
const (
	readEvery  = time.Hour
	readSeldom = 24 * time.Hour // where nothing is curated, or nobody has answered for long
)

// MaxCurated is how many practices we keep of all that another catalogue accepted.
const MaxCurated = 2_000

// Kept is a collection of another server's catalogue as we last read it.
type Kept struct {
	Slug string `db:"slug"`
	URI  string `db:"uri"`
	ETag string `db:"etag"`
	// What a named one says of itself: plain text.
	Name         string    `db:"name"`
	Introduction string    `db:"introduction"`
	URL          string    `db:"url"`
	Chapters     []Chapter `db:"-"`
}

// Named reports whether it is one that its catalogue named, not one of the two that each has.
func (k Kept) Named() bool { return k.Slug != Curated && k.Slug != Featured }

// Item is one entry of such a collection.
type Item struct {
	PostURI  string
	Revision int // the one that was accepted, 0 where the catalogue does not say
	Chapter  string
	// In a named collection only.
	Annotation string
	Featured   bool
	Withdrawn  bool // its source took it back, says the catalogue
}

// Due lists the catalogues of other servers (accounts.id) whose collections are to be read now, and keeps the list of those
// that matter: the ones that our own groups follow.
//
// RULE: the house decides whose seals its pages show. What a member follows as a person has no part in it.
func (s *Service) Due(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	if err := keepCurators(ctx, s.db, now); err != nil {
		return nil, fmt.Errorf("curation.Due: %w", err)
	}
	ids, err := dueCurators(ctx, s.db, now, limit)
	if err != nil {
		return nil, fmt.Errorf("curation.Due: %w", err)
	}
	return ids, nil
}

// Watched returns what we keep of a catalogue by the slugs of its collections; ok is false when none of our groups follows
// it.
func (s *Service) Watched(ctx context.Context, accountID int64) (kept map[string]Kept, ok bool, err error) {
	if ok, err = follow.FollowedByGroup(ctx, s.db, accountID); err != nil {
		return nil, false, fmt.Errorf("curation.Watched %d: %w", accountID, err)
	}
	if !ok {
		return nil, false, nil
	}
	if err := insertCurator(ctx, s.db, accountID, time.Now()); err != nil {
		return nil, false, fmt.Errorf("curation.Watched %d: %w", accountID, err)
	}
	list, err := collectionsOf(ctx, s.db, accountID)
	if err != nil {
		return nil, false, fmt.Errorf("curation.Watched %d: %w", accountID, err)
	}
	kept = make(map[string]Kept, len(list))
	for _, c := range list {
		kept[c.Slug] = c
	}
	return kept, true, nil
}

// ReceiveCollection makes what we keep of a collection what its owner says.
func (s *Service) ReceiveCollection(ctx context.Context, accountID int64, c Kept, items []Item) error {
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := upsertCollection(ctx, tx, accountID, c); err != nil {
			return err
		}
		return replaceItems(ctx, tx, accountID, c.Slug, items)
	})
	if err != nil {
		return fmt.Errorf("curation.ReceiveCollection %s: %w", c.URI, err)
	}
	return nil
}

// DropCollection forgets a collection that its owner has no longer got.
func (s *Service) DropCollection(ctx context.Context, accountID int64, slug string) error {
	if err := deleteCollection(ctx, s.db, accountID, slug); err != nil {
		return fmt.Errorf("curation.DropCollection %s of %d: %w", slug, accountID, err)
	}
	return nil
}

// Read notes that a catalogue's collections were read, or that this failed, and when to come back.
func (s *Service) Read(ctx context.Context, accountID int64, now time.Time, curates, failed bool) error {
	pause := readEvery
	if !curates && !failed {
		pause = readSeldom
	}
	if err := updateCurator(ctx, s.db, accountID, now, pause, failed); err != nil {
		return fmt.Errorf("curation.Read %d: %w", accountID, err)
	}
	return nil
}

// Hint applies the word of a catalogue that it put a post into a collection of its own, or took it out, and has the
// collection read soon: an activity may be late, lost or repeated, the collection is the truth. It reports false for a
// collection that we do not keep.
func (s *Service) Hint(ctx context.Context, accountID int64, collectionURI string, added bool, item Item) (kept bool, err error) {
	ok, err := follow.FollowedByGroup(ctx, s.db, accountID)
	if err != nil {
		return false, fmt.Errorf("curation.Hint %s: %w", collectionURI, err)
	}
	if !ok {
		return false, nil
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertCurator(ctx, tx, accountID, time.Now()); err != nil {
			return err
		}
		slug, err := hintCollection(ctx, tx, accountID, collectionURI)
		if db.IsNotFound(err) {
			// A collection we have not heard of: it may be new, and is looked up at once.
			return s.jobs.Enqueue(ctx, tx, job.ReadCurated{AccountID: accountID})
		}
		if err != nil {
			return err
		}
		kept = true
		if added {
			most := MaxEntries
			if slug == Curated || slug == Featured {
				most = MaxCurated
			}
			return upsertItem(ctx, tx, accountID, slug, item, most)
		}
		if item.Withdrawn && slug != Curated && slug != Featured {
			return emptyItem(ctx, tx, accountID, slug, item.PostURI)
		}
		return deleteItem(ctx, tx, accountID, slug, item.PostURI)
	})
	if err != nil {
		return false, fmt.Errorf("curation.Hint %s: %w", collectionURI, err)
	}
	return kept, nil
}

// Unread lists posts that a catalogue curates and we do not have, or not in the version that it accepted, and those that are gone at
// their source, as it says, and not here; those first that were not tried for longest, and notes that they are tried now.
func (s *Service) Unread(ctx context.Context, accountID int64, now time.Time, limit int) ([]string, error) {
	uris, err := tryItems(ctx, s.db, accountID, now, now.Add(-readSeldom), limit)
	if err != nil {
		return nil, fmt.Errorf("curation.Unread of %d: %w", accountID, err)
	}
	return uris, nil
}

// Curates reports whether our own organisation curates.
func (s *Service) Curates(ctx context.Context) (bool, error) {
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return false, fmt.Errorf("curation: %w", err)
	}
	return o.Curates, nil
}

// AcceptedRevisions returns which revisions of posts our desk accepted, by post.
func (s *Service) AcceptedRevisions(ctx context.Context, ids []int64) (map[int64]int, error) {
	byID, err := acceptedRevisions(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("curation.AcceptedRevisions: %w", err)
	}
	return byID, nil
}
