package account

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Field is a name and a value that someone shows on their profile. Source is what the owner wrote, for ours only; Value
// is the sanitised HTML made from it.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source,omitempty"`
}

// Fields is the list of a profile, kept as JSON.
type Fields []Field

// Scan reads the column; an empty list is nil.
func (f *Fields) Scan(value any) error {
	text, ok := value.([]byte)
	if !ok {
		return fmt.Errorf("account.Fields: cannot read %T", value)
	}
	var list []Field
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("account.Fields: %w", err)
	}
	if *f = nil; len(list) > 0 {
		*f = list
	}
	return nil
}

// Value writes the column; no fields are an empty list.
func (f Fields) Value() (driver.Value, error) {
	if len(f) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal([]Field(f))
	return string(text), err
}

// Automatic reports whether a program writes here rather than a person.
func (a Account) Automatic() bool {
	return a.Bot || a.Kind == Application || a.Kind == ServiceActor
}

// Stats are the numbers beside an account: posts that not only the addressed see, and follows both ways. Triggers keep them.
type Stats struct {
	AccountID      int64      `db:"account_id"`
	StatusesCount  int        `db:"statuses_count"`
	FollowersCount int        `db:"followers_count"`
	FollowingCount int        `db:"following_count"`
	LastStatusAt   *time.Time `db:"last_status_at"`
}

// Stats returns the numbers of accounts by id; who has none yet is left out, which reads as zeros.
func (s *Service) Stats(ctx context.Context, ids []int64) (map[int64]Stats, error) {
	byID := make(map[int64]Stats, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	list, err := statsByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("account.Stats: %w", err)
	}
	for _, x := range list {
		byID[x.AccountID] = x
	}
	return byID, nil
}
