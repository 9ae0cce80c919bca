package taxonomy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// readEvery is how often we look at a list that we keep as another instance has it.
const readEvery = time.Hour

// Said is an entry as the instance that maintains it says.
type Said struct {
	URI, Notation, Name, Description string
	ReplacedBy                       string // id of the entry it was merged into, in the same list
}

// Offer is a list that another instance maintains, as it is now.
type Offer struct {
	Scheme, URI, ETag string
	Terms             []Said
	Foreign           int // entries that belong to yet another instance: only it can say what they are
}

// Source is whose list one of ours is kept as.
type Source struct {
	Scheme    string    `db:"scheme"`
	AccountID *int64    `db:"account_id"` // its catalogue; nil when it is no longer known here
	Host      string    `db:"host"`
	URI       string    `db:"uri"`
	ETag      string    `db:"etag"`
	ReadAt    time.Time `db:"read_at"`
	NextAt    time.Time `db:"next_at"`
	Failures  int       `db:"failures"` // in a row
}

// Sources lists whose lists ours are kept as, by scheme.
func (s *Service) Sources(ctx context.Context) (map[string]Source, error) {
	list, err := sources(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("taxonomy.Sources: %w", err)
	}
	byScheme := make(map[string]Source, len(list))
	for _, source := range list {
		byScheme[source.Scheme] = source
	}
	return byScheme, nil
}

// believable returns a list in plain characters, each entry once. Too long a list is none: nobody knows which of its entries
// are meant to be there.
func (o Offer) believable() (Offer, error) {
	uris, names := map[string]bool{}, map[string]bool{}
	var list []Said
	offered := 0
	for _, t := range o.Terms {
		t.Notation, t.Name, t.Description = markup.Line(t.Notation), markup.Line(t.Name), markup.Line(t.Description)
		if utf8.RuneCountInString(t.Notation) > maxNotation {
			t.Notation = ""
		}
		if r := []rune(t.Description); len(r) > maxDescription {
			t.Description = string(r[:maxDescription])
		}
		name := strings.ToLower(t.Name)
		if n := utf8.RuneCountInString(t.Name); n < 2 || n > maxName || uris[t.URI] || t.ReplacedBy == "" && names[name] {
			continue
		}
		uris[t.URI] = true
		if t.ReplacedBy == "" {
			names[name] = true
			offered++
		}
		list = append(list, t)
	}
	if offered > MaxTerms || len(list) > 2*MaxTerms {
		return o, fault.New(fault.Invalid, "error.taxonomy.too_long")
	}
	// RULE: a list that is empty, by mistake or by an accident at its origin, takes nothing away.
	if offered == 0 {
		return o, fault.New(fault.Invalid, "error.taxonomy.empty")
	}
	o.Terms = list
	return o, nil
}

// Preview tells an editor what taking lists over would change here. Errors: fault.Invalid.
func (s *Service) Preview(ctx context.Context, actor account.Account, offers []Offer) ([]Step, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return nil, errForbidden()
	}
	uses, err := s.practices.TermUses(ctx)
	if err != nil {
		return nil, err
	}
	followed, err := s.Sources(ctx)
	if err != nil {
		return nil, err
	}
	var all []Step
	for _, o := range offers {
		if o, err = o.believable(); err != nil {
			return nil, err
		}
		steps, err := s.plan(ctx, s.db, o, followed[o.Scheme].URI == o.URI)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			step.Scheme, step.Uses = o.Scheme, uses[step.ID]
			all = append(all, step)
		}
	}
	return all, nil
}

// Adopt keeps our lists as another instance's from now on, for editors. What was followed before becomes ours. Errors:
// fault.Invalid.
func (s *Service) Adopt(ctx context.Context, actor, from account.Account, offers []Offer) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return errForbidden()
	}
	if from.Local() || len(offers) == 0 {
		return fault.New(fault.Invalid, "error.taxonomy.none")
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		followed, err := sources(ctx, tx)
		if err != nil {
			return fmt.Errorf("taxonomy.Adopt: %w", err)
		}
		for _, o := range offers {
			if !known(o.Scheme) {
				return fault.New(fault.Invalid, "error.taxonomy.none")
			}
			if o, err = o.believable(); err != nil {
				return err
			}
			same := slices.ContainsFunc(followed, func(source Source) bool { return source.Scheme == o.Scheme && source.URI == o.URI })
			if !same {
				if err := releaseEntries(ctx, tx, o.Scheme, s.base()); err != nil {
					return fmt.Errorf("taxonomy.Adopt %s: %w", o.URI, err)
				}
			}
			now := s.now()
			source := Source{Scheme: o.Scheme, AccountID: &from.ID, Host: from.Host(), URI: o.URI, ETag: o.ETag, ReadAt: now, NextAt: now.Add(readEvery)}
			if err := upsertSource(ctx, tx, source); err != nil {
				return fmt.Errorf("taxonomy.Adopt %s: %w", o.URI, err)
			}
			if err := s.apply(ctx, tx, o); err != nil {
				return err
			}
		}
		return s.accounts.Audit(ctx, tx, actor, "practice.terms_adopt", from.Host(), "")
	})
}

// Release ends that a list is kept as another instance has it: what it says now stays, as ours. Editors.
func (s *Service) Release(ctx context.Context, actor account.Account, scheme string) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		list, err := sources(ctx, tx)
		if err != nil {
			return fmt.Errorf("taxonomy.Release: %w", err)
		}
		at := slices.IndexFunc(list, func(source Source) bool { return source.Scheme == scheme })
		if at < 0 {
			return nil // a second click
		}
		if err := releaseEntries(ctx, tx, scheme, s.base()); err != nil {
			return fmt.Errorf("taxonomy.Release: %w", err)
		}
		if err := deleteSource(ctx, tx, scheme); err != nil {
			return fmt.Errorf("taxonomy.Release: %w", err)
		}
		return s.accounts.Audit(ctx, tx, actor, "practice.terms_release", list[at].Host, scheme)
	})
}

// Due lists the taxonomies whose origin is to be asked now.
func (s *Service) Due(ctx context.Context) ([]string, error) {
	schemes, err := dueSources(ctx, s.db, s.now())
	if err != nil {
		return nil, fmt.Errorf("taxonomy.Due: %w", err)
	}
	return schemes, nil
}

// Receive makes a list what its origin says, unless we have ceased to follow it meanwhile.
func (s *Service) Receive(ctx context.Context, o Offer) error {
	o, err := o.believable()
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		list, err := sources(ctx, tx)
		if err != nil {
			return fmt.Errorf("taxonomy.Receive: %w", err)
		}
		at := slices.IndexFunc(list, func(source Source) bool { return source.Scheme == o.Scheme && source.URI == o.URI })
		if at < 0 {
			return nil
		}
		list[at].ETag = o.ETag
		if err := upsertSource(ctx, tx, list[at]); err != nil {
			return fmt.Errorf("taxonomy.Receive %s: %w", o.URI, err)
		}
		return s.apply(ctx, tx, o)
	})
}

// Read notes that a list was read, or could not be, and when to come back.
func (s *Service) Read(ctx context.Context, scheme string, failed bool) error {
	if err := updateSource(ctx, s.db, scheme, s.now(), readEvery, failed); err != nil {
		return fmt.Errorf("taxonomy.Read %s: %w", scheme, err)
	}
	return nil
}

func (s *Service) base() string { return strings.TrimSuffix(s.practices.TermURI(0), "0") }
