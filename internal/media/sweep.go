package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

// keepWaiting is how long an upload waits for its post, and how old a file must be before it counts as left behind.
const keepWaiting = 24 * time.Hour

// Sweep removes uploads that never became part of a post, and files that nothing names any more: of replaced avatars, and
// of processes that died between writing a file and its row.
func (s *Service) Sweep(ctx context.Context) error {
	before := time.Now().Add(-keepWaiting)
	if err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		files, err := removeForgotten(ctx, tx, before)
		if err != nil {
			return err
		}
		return s.discard(ctx, tx, files)
	}); err != nil {
		return fmt.Errorf("media.Sweep: %w", err)
	}
	if err := s.sweepRemote(ctx); err != nil {
		return fmt.Errorf("media.Sweep: remote: %w", err)
	}
	shards, err := os.ReadDir(s.dir)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("media.Sweep: %w", err)
	}
	for _, shard := range shards {
		if err := s.sweepDir(ctx, shard.Name(), before); err != nil {
			return fmt.Errorf("media.Sweep: %w", err)
		}
	}
	return nil
}

// sweepDir looks at one directory of files; what has no name of ours, but for half-written ones, is left alone.
func (s *Service) sweepDir(ctx context.Context, shard string, before time.Time) error {
	entries, err := os.ReadDir(filepath.Join(s.dir, shard))
	if err != nil {
		return nil //nolint:nilerr // not a directory, so not ours
	}
	var old []string
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.ModTime().After(before) {
			continue
		}
		if err != nil {
			return err
		}
		switch half, _ := filepath.Match("new-*", e.Name()); {
		case fileName.MatchString(e.Name()) && e.Name()[:2] == shard:
			old = append(old, e.Name())
		case half && len(shard) == 2:
			if err := os.Remove(filepath.Join(s.dir, shard, e.Name())); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	gone, err := unnamed(ctx, s.db, old)
	if err != nil {
		return err
	}
	return s.RemoveFiles(gone)
}
