package media

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Attach returns the part of a draft that hangs waiting media of the actor on a post, or, when it is edited, replaces what
// hangs there: what is not named goes, with its files. said is what changes of the named ones. Errors: fault.Invalid for
// unknown ones, those of others and of other posts, more than four.
func (s *Service) Attach(actor account.Account, ids []int64, said ...Change) post.Part {
	ids = distinct(ids)
	return func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
		if len(ids) > MaxPerPost {
			return invalid("media_ids", "error.media.too_many", map[string]any{"Max": MaxPerPost})
		}
		list, err := ownMedia(ctx, tx, actor.ID, ids)
		if err != nil {
			return fmt.Errorf("media.Attach: %w", err)
		}
		byID := map[int64]Media{}
		for _, m := range list {
			if m.PostID == nil || *m.PostID == p.ID {
				byID[m.ID] = m
			}
		}
		if len(byID) != len(ids) {
			return invalid("media_ids", "error.media.unknown", nil)
		}
		files, err := removeOthers(ctx, tx, p.ID, ids)
		if err != nil {
			return fmt.Errorf("media.Attach: %w", err)
		}
		for i, id := range ids {
			if err := attach(ctx, tx, id, p.ID, i); err != nil {
				return fmt.Errorf("media.Attach %d: %w", id, err)
			}
		}
		for _, c := range said {
			m, ok := byID[c.ID]
			if !ok {
				return invalid("media_attributes", "error.media.unknown", nil)
			}
			if err := m.apply(c); err != nil {
				return err
			}
			if err := describe(ctx, tx, m); err != nil {
				return fmt.Errorf("media.Attach %d: %w", c.ID, err)
			}
		}
		return s.discard(ctx, tx, files)
	}
}

func distinct(ids []int64) []int64 {
	var list []int64
	for _, id := range ids {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// erase takes the media of a post that was withdrawn.
func (s *Service) erase(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	files, err := removeOthers(ctx, tx, postID, nil)
	if err != nil {
		return fmt.Errorf("media: erase %d: %w", postID, err)
	}
	return s.discard(ctx, tx, files)
}

// discard deletes files once tx has been committed.
func (s *Service) discard(ctx context.Context, tx *sqlx.Tx, files []string) error {
	if len(files) == 0 {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.RemoveFiles{Files: files})
}

// Received is a file as another server describes it: its address is a web address by https, all else is not yet checked.
type Received struct {
	URL           string
	ContentType   string
	Kind          string
	Description   string
	Blurhash      string
	Width, Height int
	Focus         Focus
}

// Receive replaces what is known of the files of another server's post. Nothing is fetched.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, list []Received) error {
	known, err := mediaOfPosts(ctx, tx, []int64{p.ID})
	if err != nil {
		return fmt.Errorf("media.Receive: %w", err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	told := make([]Media, len(list))
	for i, r := range list {
		if !isBlurhash(r.Blurhash) {
			r.Blurhash = ""
		}
		told[i] = Media{
			AccountID: p.AccountID, PostID: &p.ID, Position: i, Kind: r.Kind, ContentType: r.ContentType, RemoteURL: r.URL,
			Width: max(0, min(r.Width, maxSide)), Height: max(0, min(r.Height, maxSide)), Description: shorten(r.Description), Blurhash: r.Blurhash,
			FocusX: within1(r.Focus.X), FocusY: within1(r.Focus.Y), CreatedAt: now,
		}
	}
	if slices.EqualFunc(known, told, func(a, b Media) bool {
		b.ID, b.PostID, b.CreatedAt, a.PostID = a.ID, nil, a.CreatedAt, nil
		return a == b
	}) {
		return nil
	}
	if _, err := removeOthers(ctx, tx, p.ID, nil); err != nil {
		return fmt.Errorf("media.Receive: %w", err)
	}
	for _, m := range told {
		for inserted := false; !inserted; {
			m.ID = db.NewID(now)
			if inserted, err = insert(ctx, tx, m); err != nil {
				return fmt.Errorf("media.Receive: %w", err)
			}
		}
	}
	return nil
}

// isBlurhash checks what clients decode without a guard. The library's own check panics on short ones.
func isBlurhash(hash string) bool {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
	if len(hash) < 6 || strings.Trim(hash, digits) != "" {
		return false
	}
	n := strings.IndexByte(digits, hash[0])
	return len(hash) == 4+2*(n%9+1)*(n/9+1)
}

func shorten(text string) string {
	if r := []rune(text); len(r) > MaxDescription {
		return string(r[:MaxDescription-1]) + "…"
	}
	return text
}

// Release returns the part of a deletion that takes the files off the post, so that its author can hang them on another one:
// they wait as if they had been uploaded now.
func (s *Service) Release() post.Part {
	return func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
		if err := release(ctx, tx, p.ID); err != nil {
			return fmt.Errorf("media.Release %d: %w", p.ID, err)
		}
		return nil
	}
}
