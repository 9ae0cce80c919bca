package list

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
	"github.com/vorbild/vorbild/internal/paging"
)

// Replies policies: which answers of its members a list has.
const (
	RepliesFollowed = "followed" // to those the owner follows
	RepliesMembers  = "list"     // to each other
	RepliesNone     = "none"
)

var policies = []string{RepliesFollowed, RepliesMembers, RepliesNone}

const (
	maxTitle = 200
	maxLists = 50 // of one owner
)

// List is a set of accounts with a timeline of its own.
type List struct {
	ID            int64  `db:"id"`
	AccountID     int64  `db:"account_id"`
	Title         string `db:"title"`
	RepliesPolicy string `db:"replies_policy"`
	Exclusive     bool   `db:"exclusive"` // what its members write is not in the owner's home
}

// Lists returns the owner's lists, by title.
func (s *Service) Lists(ctx context.Context, owner account.Account) ([]List, error) {
	list, err := listsOf(ctx, s.db, owner.ID)
	if err != nil {
		return nil, fmt.Errorf("list.Lists of %d: %w", owner.ID, err)
	}
	return list, nil
}

// With returns those of the owner's lists that an account is a member of.
func (s *Service) With(ctx context.Context, owner account.Account, targetID int64) ([]List, error) {
	if _, err := s.accounts.ByID(ctx, targetID); err != nil {
		return nil, err
	}
	list, err := listsWith(ctx, s.db, owner.ID, targetID)
	if err != nil {
		return nil, fmt.Errorf("list.With %d of %d: %w", targetID, owner.ID, err)
	}
	return list, nil
}

// ByID returns one of the owner's lists; those of others are not found.
func (s *Service) ByID(ctx context.Context, owner account.Account, id int64) (List, error) {
	l, err := listByID(ctx, s.db, owner.ID, id)
	return found(l, err, "list.ByID %d", id)
}

// Create makes an empty list.
func (s *Service) Create(ctx context.Context, owner account.Account, l List) (List, error) {
	l, err := checked(owner, l)
	if err != nil {
		return l, err
	}
	l.ID, l.AccountID = db.NewID(time.Now()), owner.ID
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := lockCount(ctx, tx, owner.ID)
		if err == nil && n >= maxLists {
			return fault.Fields(fault.Field{Name: "title", Message: "error.list.too_many", Args: map[string]any{"Most": maxLists}})
		}
		if err == nil {
			err = insertList(ctx, tx, l)
		}
		if err != nil {
			return fmt.Errorf("list.Create of %d: %w", owner.ID, err)
		}
		return nil
	})
	return l, err
}

// Update changes title, policy and whether it is exclusive.
func (s *Service) Update(ctx context.Context, owner account.Account, l List) (List, error) {
	l, err := checked(owner, l)
	if err != nil {
		return l, err
	}
	updated, err := updateList(ctx, s.db, owner.ID, l)
	return found(updated, err, "list.Update %d", l.ID)
}

// Delete forgets a list; whom it held is still followed.
func (s *Service) Delete(ctx context.Context, owner account.Account, id int64) error {
	if !owner.Able(account.RoleGuest) {
		return errForbidden()
	}
	deleted, err := deleteList(ctx, s.db, owner.ID, id)
	if err != nil {
		return fmt.Errorf("list.Delete %d: %w", id, err)
	}
	if !deleted {
		return errNotFound()
	}
	return nil
}

// Members is one page of the accounts of a list, the newest member first. Whom the owner no longer follows is no member.
type Members struct {
	Accounts    []account.Account
	First, Last int64 // cursors
	More        bool
}

// Members reads a page; all is everyone at once.
func (s *Service) Members(ctx context.Context, owner account.Account, id int64, page paging.Page, all bool) (m Members, err error) {
	if _, err = s.ByID(ctx, owner, id); err != nil {
		return m, err
	}
	limit := page.Size() + 1
	if all {
		page, limit = paging.Page{}, maxMembers
	}
	rows, err := membersOf(ctx, s.db, owner.ID, id, page, limit)
	if err != nil {
		return m, fmt.Errorf("list.Members of %d: %w", id, err)
	}
	if !all {
		m.More = len(rows) > page.Size() || page.Upwards() && len(rows) > 0
		rows = rows[:min(len(rows), page.Size())]
	}
	paging.NewestFirst(page, rows)
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.TargetID
	}
	if len(rows) > 0 && !all {
		m.First, m.Last = rows[0].ID, rows[len(rows)-1].ID
	}
	byID, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return m, err
	}
	for _, id := range ids {
		if a, ok := byID[id]; ok {
			m.Accounts = append(m.Accounts, a)
		}
	}
	return m, nil
}

const maxMembers = 5_000

// Add makes accounts members, all or none. Those that the owner does not follow are not found; who is one already is a
// conflict of the request.
func (s *Service) Add(ctx context.Context, owner account.Account, id int64, targetIDs []int64) error {
	if !owner.Able(account.RoleGuest) {
		return errForbidden()
	}
	targetIDs = once(targetIDs)
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := listByID(ctx, tx, owner.ID, id); err != nil {
			_, err = found(List{}, err, "list.Add to %d", id)
			return err
		}
		followed, err := followedOf(ctx, tx, owner.ID, targetIDs)
		if err != nil {
			return fmt.Errorf("list.Add to %d: %w", id, err)
		}
		if len(followed) < len(targetIDs) {
			return fault.New(fault.NotFound, "error.list.not_followed")
		}
		for _, target := range targetIDs {
			added, err := addMember(ctx, tx, id, target, db.NewID(time.Now()))
			if err != nil {
				return fmt.Errorf("list.Add %d to %d: %w", target, id, err)
			}
			if !added {
				return fault.Fields(fault.Field{Name: "account_ids", Message: "error.list.already_member"})
			}
		}
		return nil
	})
}

// once leaves out what comes again.
func once(ids []int64) (list []int64) {
	for _, id := range ids {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// Remove takes accounts out; who is no member stays none.
func (s *Service) Remove(ctx context.Context, owner account.Account, id int64, targetIDs []int64) error {
	if !owner.Able(account.RoleGuest) {
		return errForbidden()
	}
	if _, err := s.ByID(ctx, owner, id); err != nil {
		return err
	}
	if err := removeMembers(ctx, s.db, id, targetIDs); err != nil {
		return fmt.Errorf("list.Remove from %d: %w", id, err)
	}
	return nil
}

func checked(owner account.Account, l List) (List, error) {
	if !owner.Able(account.RoleGuest) {
		return l, errForbidden()
	}
	var mistakes []fault.Field
	l.Title = markup.Line(l.Title)
	switch n := utf8.RuneCountInString(l.Title); {
	case n == 0:
		mistakes = append(mistakes, fault.Field{Name: "title", Message: "error.list.title"})
	case n > maxTitle:
		mistakes = append(mistakes, fault.Field{Name: "title", Message: "error.list.title_long", Args: map[string]any{"Most": maxTitle}})
	}
	if l.RepliesPolicy == "" {
		l.RepliesPolicy = RepliesMembers
	}
	if !slices.Contains(policies, l.RepliesPolicy) {
		mistakes = append(mistakes, fault.Field{Name: "replies_policy", Message: "error.list.policy"})
	}
	return l, fault.Fields(mistakes...)
}

func found(l List, err error, format string, id int64) (List, error) {
	if db.IsNotFound(err) {
		return l, errNotFound()
	}
	if err != nil {
		return l, fmt.Errorf(format+": %w", id, err)
	}
	return l, nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.list.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.reading.forbidden") }
