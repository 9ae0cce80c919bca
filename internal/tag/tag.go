package tag

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

const (
	maxName = 100 // characters
	days    = 7   // of history
	// maxFollowed is how many hashtags one account can follow: home is searched for each.
	maxFollowed = 1_000
)

// Tag is a hashtag with what it was used for.
type Tag struct {
	Name      string // as last written, without #
	Following bool   // by the viewer
	Featuring bool
	History   []Day // the last seven days, today first
}

// Day counts public posts.
type Day struct {
	Start    time.Time // in UTC
	Uses     int
	Accounts int // who used it, each once
}

// Key is what names that differ in case only have in common.
func Key(name string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimPrefix(strings.TrimSpace(name), "#")))
}

func check(name string) (string, error) {
	key := Key(name)
	letters, others := false, false
	for _, r := range key {
		letters = letters || unicode.IsLetter(r)
		others = others || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}
	if !letters || others || utf8.RuneCountInString(key) > maxName {
		return "", fault.Fields(fault.Field{Name: "name", Message: "error.tag.name", Args: map[string]any{"Most": maxName}})
	}
	return key, nil
}

// ByName describes a hashtag, used or not. fault.NotFound for what can be none.
func (s *Service) ByName(ctx context.Context, viewer post.Viewer, name string) (Tag, error) {
	key, err := check(name)
	if err != nil {
		return Tag{}, fault.New(fault.NotFound, "error.tag.not_found")
	}
	list, err := s.describe(ctx, viewer, []string{key})
	if err != nil {
		return Tag{}, err
	}
	return list[0], nil
}

// describe completes keys, in the given order, with a fixed number of queries.
func (s *Service) describe(ctx context.Context, viewer post.Viewer, keys []string) ([]Tag, error) {
	list, at := make([]Tag, len(keys)), make(map[string]int, len(keys))
	if len(keys) == 0 {
		return list, nil
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for i, key := range keys {
		list[i], at[key] = Tag{Name: key, History: week(today)}, i
	}
	notes, err := notesOn(ctx, s.db, viewer.AccountID, keys)
	if err != nil {
		return nil, fmt.Errorf("tag: %w", err)
	}
	for _, n := range notes {
		t := &list[at[n.Key]]
		t.Following, t.Featuring = n.Following, n.Featuring
		if n.Name != "" {
			t.Name = n.Name
		}
	}
	uses, err := usesOf(ctx, s.db, keys, db.FirstID(today.AddDate(0, 0, 1-days)))
	if err != nil {
		return nil, fmt.Errorf("tag: history: %w", err)
	}
	for _, u := range uses {
		count(list[at[u.Key]].History, u.use)
	}
	return list, nil
}

func week(today time.Time) []Day {
	history := make([]Day, days)
	for i := range history {
		history[i].Start = today.AddDate(0, 0, -i)
	}
	return history
}

func count(history []Day, u use) {
	for i := range history {
		if history[i].Start.Unix()/86_400 == u.Day {
			history[i].Uses, history[i].Accounts = u.Uses, u.Accounts
		}
	}
}

// Follow brings public posts with the hashtag into the actor's home.
func (s *Service) Follow(ctx context.Context, actor account.Account, name string) (Tag, error) {
	return s.change(ctx, actor, name, func(key string) error {
		n, err := countOtherFollowed(ctx, s.db, actor.ID, key)
		if err == nil && n >= maxFollowed {
			err = fault.Fields(fault.Field{Name: "name", Message: "error.tag.too_many_followed", Args: map[string]any{"Most": maxFollowed}})
		}
		if err != nil {
			return err
		}
		return insertFollowed(ctx, s.db, db.NewID(time.Now()), actor.ID, key)
	})
}

// Unfollow ends that.
func (s *Service) Unfollow(ctx context.Context, actor account.Account, name string) (Tag, error) {
	return s.change(ctx, actor, name, func(key string) error { return deleteFollowed(ctx, s.db, actor.ID, key) })
}

func (s *Service) change(ctx context.Context, actor account.Account, name string, do func(key string) error) (Tag, error) {
	if !actor.Able(account.RoleGuest) {
		return Tag{}, errForbidden()
	}
	key, err := check(name)
	if err != nil {
		return Tag{}, err
	}
	if err := do(key); err != nil {
		return Tag{}, fmt.Errorf("tag %q of %d: %w", key, actor.ID, err)
	}
	return s.ByName(ctx, post.Viewer{AccountID: actor.ID}, key)
}

// Followed is one page of the hashtags that someone follows, the newest follow first.
type Followed struct {
	Tags        []Tag
	First, Last int64 // cursors
	More        bool
}

// Followed reads a page.
func (s *Service) Followed(ctx context.Context, actor account.Account, page paging.Page, limit int) (result Followed, err error) {
	rows, err := followedBy(ctx, s.db, actor.ID, page, limit+1)
	if err != nil {
		return result, fmt.Errorf("tag.Followed by %d: %w", actor.ID, err)
	}
	result.More = len(rows) > limit || page.Upwards() && len(rows) > 0
	rows = rows[:min(len(rows), limit)]
	paging.NewestFirst(page, rows)
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Name
	}
	if len(rows) > 0 {
		result.First, result.Last = rows[0].ID, rows[len(rows)-1].ID
	}
	result.Tags, err = s.describe(ctx, post.Viewer{AccountID: actor.ID}, keys)
	return result, err
}

func errForbidden() error { return fault.New(fault.Forbidden, "error.reading.forbidden") }
