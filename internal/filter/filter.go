package filter

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// What a client does with what matches.
const (
	Warn = "warn" // shows the title instead, and the post when asked
	Hide = "hide"
	Blur = "blur" // hides media only
)

var (
	actions  = []string{Warn, Hide, Blur}
	contexts = []string{"home", "notifications", "public", "thread", "account"}
)

// MaxTitle is how many characters the title of a filter can have.
const MaxTitle = 200

const (
	maxKeyword  = 512
	maxKeywords = 200 // of one filter
	maxFilters  = 100 // of one account
	// maxAllKeywords is how many keywords one account can have: each is looked for in whatever it is shown.
	maxAllKeywords = 2_000
	maxAllStatuses = 2_000
)

// Filter is what someone does not want to read, where and for how long.
type Filter struct {
	ID        int64
	AccountID int64
	Title     string
	Contexts  []string
	Action    string
	ExpiresAt *time.Time
	Keywords  []Keyword
	Statuses  []Status
}

// Expired reports whether the filter has ended.
func (f Filter) Expired(now time.Time) bool { return f.ExpiresAt != nil && !f.ExpiresAt.After(now) }

// Keyword is a word or phrase; upper and lower case are the same.
type Keyword struct {
	ID        int64  `db:"id"`
	FilterID  int64  `db:"filter_id"`
	Keyword   string `db:"keyword"`
	WholeWord bool   `db:"whole_word"`
}

// Status is a single post.
type Status struct {
	ID       int64 `db:"id"`
	FilterID int64 `db:"filter_id"`
	PostID   int64 `db:"post_id"`
}

// Change is what is to become of a filter; nil leaves as it is.
type Change struct {
	Title     *string
	Contexts  []string // nil leaves as they are
	Action    *string
	ExpiresAt **time.Time
	Keywords  []KeywordChange
}

// KeywordChange adds a keyword (ID 0), changes or deletes one.
type KeywordChange struct {
	ID        int64
	Keyword   *string
	WholeWord *bool
	Delete    bool
}

// Filters lists the owner's filters, the oldest first; those that have ended stay until they are deleted.
func (s *Service) Filters(ctx context.Context, owner account.Account) ([]Filter, error) {
	list, err := filtersOf(ctx, s.db, owner.ID, 0)
	if err != nil {
		return nil, fmt.Errorf("filter.Filters of %d: %w", owner.ID, err)
	}
	return list, nil
}

// ByID returns one of the owner's filters; those of others are not found.
func (s *Service) ByID(ctx context.Context, owner account.Account, id int64) (Filter, error) {
	return s.byID(ctx, s.db, owner, id)
}

func (s *Service) byID(ctx context.Context, x sqlx.ExtContext, owner account.Account, id int64) (Filter, error) {
	list, err := filtersOf(ctx, x, owner.ID, id)
	if err != nil {
		return Filter{}, fmt.Errorf("filter.ByID %d: %w", id, err)
	}
	if len(list) == 0 {
		return Filter{}, errNotFound()
	}
	return list[0], nil
}

// Create makes a filter with its keywords.
func (s *Service) Create(ctx context.Context, owner account.Account, c Change) (Filter, error) {
	f := Filter{AccountID: owner.ID, Action: Warn}
	return s.write(ctx, owner, f, c)
}

// Update changes a filter and its keywords.
func (s *Service) Update(ctx context.Context, owner account.Account, id int64, c Change) (Filter, error) {
	f, err := s.ByID(ctx, owner, id)
	if err != nil {
		return f, err
	}
	return s.write(ctx, owner, f, c)
}

func (s *Service) write(ctx context.Context, owner account.Account, f Filter, c Change) (Filter, error) {
	if !owner.Able(account.RoleGuest) {
		return f, errForbidden()
	}
	if c.Title != nil {
		f.Title = markup.Line(*c.Title)
	}
	if c.Contexts != nil {
		f.Contexts = c.Contexts
	}
	if c.Action != nil {
		f.Action = *c.Action
	}
	if c.ExpiresAt != nil {
		f.ExpiresAt = *c.ExpiresAt
	}
	if err := check(f, c.Keywords); err != nil {
		return f, err
	}
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if f.ID == 0 {
			f.ID = db.NewID(time.Now())
			n, err := lockCount(ctx, tx, owner.ID)
			if err == nil && n >= maxFilters {
				return fault.Fields(fault.Field{Name: "title", Message: "error.filter.too_many", Args: map[string]any{"Most": maxFilters}})
			}
			if err == nil {
				err = insertFilter(ctx, tx, f)
			}
			if err != nil {
				return fmt.Errorf("filter.Create of %d: %w", owner.ID, err)
			}
		} else if err := updateFilter(ctx, tx, f); err != nil {
			return fmt.Errorf("filter.Update %d: %w", f.ID, err)
		}
		for _, k := range c.Keywords {
			if err := s.writeKeyword(ctx, tx, f, k); err != nil {
				return err
			}
		}
		if f, err = s.byID(ctx, tx, owner, f.ID); err != nil || len(c.Keywords) == 0 {
			return err
		}
		if len(f.Keywords) > maxKeywords {
			return fault.Fields(fault.Field{Name: "keywords", Message: "error.filter.too_many_keywords", Args: map[string]any{"Most": maxKeywords}})
		}
		n, err := countKeywords(ctx, tx, owner.ID)
		if err == nil && n > maxAllKeywords {
			return fault.Fields(fault.Field{Name: "keywords", Message: "error.filter.too_many_keywords_in_all", Args: map[string]any{"Most": maxAllKeywords}})
		}
		return wrap(err, "count keywords of %d", owner.ID)
	})
	return f, err
}

// writeKeyword must find the keyword it changes in this filter.
func (s *Service) writeKeyword(ctx context.Context, tx *sqlx.Tx, f Filter, c KeywordChange) error {
	i := slices.IndexFunc(f.Keywords, func(k Keyword) bool { return k.ID == c.ID })
	var k Keyword
	switch {
	case c.ID != 0 && i < 0:
		return errNotFound()
	case c.Delete && c.ID == 0:
		return nil
	case c.Delete:
		return wrap(deleteKeyword(ctx, tx, c.ID), "delete keyword %d", c.ID)
	case c.ID != 0:
		k = f.Keywords[i]
	default:
		k = Keyword{ID: db.NewID(time.Now()), FilterID: f.ID, WholeWord: true}
	}
	if c.Keyword != nil {
		k.Keyword = markup.Line(*c.Keyword)
	}
	if c.WholeWord != nil {
		k.WholeWord = *c.WholeWord
	}
	return wrap(saveKeyword(ctx, tx, k), "save keyword %d", k.ID)
}

// Delete forgets a filter.
func (s *Service) Delete(ctx context.Context, owner account.Account, id int64) error {
	if !owner.Able(account.RoleGuest) {
		return errForbidden()
	}
	return gone(deleteFilter(ctx, s.db, owner.ID, id))
}

// Keyword returns a keyword of one of the owner's filters, and the filter.
func (s *Service) Keyword(ctx context.Context, owner account.Account, id int64) (Keyword, Filter, error) {
	filterID, err := filterOfKeyword(ctx, s.db, owner.ID, id)
	if db.IsNotFound(err) {
		return Keyword{}, Filter{}, errNotFound()
	}
	if err != nil {
		return Keyword{}, Filter{}, fmt.Errorf("filter.Keyword %d: %w", id, err)
	}
	f, err := s.ByID(ctx, owner, filterID)
	for _, k := range f.Keywords {
		if k.ID == id {
			return k, f, err
		}
	}
	return Keyword{}, f, errNotFound()
}

// Status returns a post that is filtered by itself.
func (s *Service) Status(ctx context.Context, owner account.Account, id int64) (Status, error) {
	x, err := statusByID(ctx, s.db, owner.ID, id)
	if db.IsNotFound(err) {
		return x, errNotFound()
	}
	return x, wrap(err, "filter.Status %d", id)
}

// AddStatus filters a post that the owner can see. What is filtered already stays so.
func (s *Service) AddStatus(ctx context.Context, owner account.Account, filterID, postID int64) (Status, error) {
	if !owner.Able(account.RoleGuest) {
		return Status{}, errForbidden()
	}
	if _, err := s.ByID(ctx, owner, filterID); err != nil {
		return Status{}, err
	}
	if _, err := s.posts.ByID(ctx, viewer(owner), postID); err != nil {
		return Status{}, err
	}
	n, err := countOtherStatuses(ctx, s.db, owner.ID, filterID, postID)
	if err != nil {
		return Status{}, wrap(err, "count posts of %d", owner.ID)
	}
	if n >= maxAllStatuses {
		return Status{}, fault.Fields(fault.Field{Name: "status_id", Message: "error.filter.too_many_statuses", Args: map[string]any{"Most": maxAllStatuses}})
	}
	x, err := insertStatus(ctx, s.db, Status{ID: db.NewID(time.Now()), FilterID: filterID, PostID: postID})
	return x, wrap(err, "filter.AddStatus to %d", filterID)
}

// DeleteStatus shows a post again.
func (s *Service) DeleteStatus(ctx context.Context, owner account.Account, id int64) error {
	if !owner.Able(account.RoleGuest) {
		return errForbidden()
	}
	return gone(deleteStatus(ctx, s.db, owner.ID, id))
}

func check(f Filter, keywords []KeywordChange) error {
	var mistakes []fault.Field
	add := func(name, message string, args map[string]any) {
		mistakes = append(mistakes, fault.Field{Name: name, Message: message, Args: args})
	}
	switch n := utf8.RuneCountInString(f.Title); {
	case n == 0:
		add("title", "error.filter.title", nil)
	case n > MaxTitle:
		add("title", "error.filter.title_long", map[string]any{"Most": MaxTitle})
	}
	if len(f.Contexts) == 0 || slices.ContainsFunc(f.Contexts, func(c string) bool { return !slices.Contains(contexts, c) }) {
		add("context", "error.filter.context", nil)
	}
	if !slices.Contains(actions, f.Action) {
		add("filter_action", "error.filter.action", nil)
	}
	for _, k := range keywords {
		if k.Delete || k.Keyword == nil && k.ID != 0 {
			continue
		}
		if k.Keyword == nil || markup.Line(*k.Keyword) == "" {
			add("keywords", "error.filter.keyword", nil)
		} else if utf8.RuneCountInString(*k.Keyword) > maxKeyword {
			add("keywords", "error.filter.keyword_long", map[string]any{"Most": maxKeyword})
		}
	}
	return fault.Fields(mistakes...)
}

func errNotFound() error { return fault.New(fault.NotFound, "error.filter.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.reading.forbidden") }

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("filter: "+format+": %w", append(args, err)...)
}

// gone turns "nothing was deleted" into not found.
func gone(deleted bool, err error) error {
	if err == nil && !deleted {
		return errNotFound()
	}
	return wrap(err, "delete")
}
