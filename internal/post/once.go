package post

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

// keepKeys is how long what was sent under a key is known.
const keepKeys = time.Hour

// RepeatedError says that somebody else, or the same call before, made what a key stands for.
type RepeatedError struct{ ID int64 }

func (e RepeatedError) Error() string { return fmt.Sprintf("sent before: %d", e.ID) }

// Repeated returns what an account made under a key within the last hour, 0 for nothing. Whoever is asked to do something
// again asks here first: what was good the first time, such as media that nothing bears, may not be so any more.
func (s *Service) Repeated(ctx context.Context, accountID int64, key string) (int64, error) {
	if key == "" {
		return 0, nil
	}
	id, err := resultOf(ctx, s.db, accountID, shortKey(key), time.Now().Add(-keepKeys))
	if err != nil && !db.IsNotFound(err) {
		return 0, fmt.Errorf("post.Repeated: %w", err)
	}
	return id, nil
}

// Once runs make, which returns the id of what it made, in tx if nothing was made under the key. Two calls at the same moment
// take turns: the second ends with a RepeatedError. Without a key it just runs make.
func (s *Service) Once(ctx context.Context, tx *sqlx.Tx, accountID int64, key string, make func() (int64, error)) error {
	if key == "" {
		_, err := make()
		return err
	}
	key = shortKey(key)
	if err := forgetKeys(ctx, tx, accountID, time.Now().Add(-keepKeys)); err != nil {
		return fmt.Errorf("post.Once: %w", err)
	}
	claimed, err := claimKey(ctx, tx, accountID, key)
	if err != nil {
		return fmt.Errorf("post.Once: %w", err)
	}
	if !claimed {
		id, err := resultOf(ctx, tx, accountID, key, time.Time{})
		if err != nil {
			return fmt.Errorf("post.Once: %w", err)
		}
		return RepeatedError{ID: id}
	}
	id, err := make()
	if err != nil {
		return err
	}
	if err := setResult(ctx, tx, accountID, key, id); err != nil {
		return fmt.Errorf("post.Once: %w", err)
	}
	return nil
}

// first returns the post that a key stands for.
func (s *Service) first(ctx context.Context, id int64, err error) (Post, error) {
	if err != nil {
		return Post{}, err
	}
	return s.Get(ctx, id)
}

// shortKey bounds what a client sends.
func shortKey(key string) string {
	if len(key) <= 100 && utf8.ValidString(key) && !strings.Contains(key, "\x00") {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}
