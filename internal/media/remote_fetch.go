package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// remoteFile is what we keep of a picture of another server; without File it could not be had.
type remoteFile struct {
	Key         []byte    `db:"key"`
	Use         string    `db:"use"`
	URL         string    `db:"url"`
	File        string    `db:"file"`
	PreviewFile string    `db:"preview_file"`
	Size        int64     `db:"size"`
	Error       string    `db:"error"`
	FetchedAt   time.Time `db:"fetched_at"`
	UsedAt      time.Time `db:"used_at"`
}

func (f remoteFile) name(use Use) string {
	if use == Preview && f.PreviewFile != "" {
		return f.PreviewFile
	}
	return f.File
}

func (f remoteFile) names() (names []string) {
	for _, name := range []string{f.File, f.PreviewFile} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// fetchRemote gets a picture, makes it anew and keeps it. What is no picture, or not to be had, is noted, so that nobody asks
// again for a while; what we cannot do ourselves is an error.
func (s *Service) fetchRemote(ctx context.Context, key []byte, use Use, url string) (remoteFile, error) {
	f := remoteFile{Key: key, Use: use.stored(), URL: url}
	give, err := s.remote.turns.take(ctx, url)
	if err != nil {
		return f, fault.Wrap(fault.Unavailable, "error.remote.unavailable", err)
	}
	defer give()
	raw, err := s.remote.origin.GetImage(ctx, url, MaxSize)
	if err == nil {
		err = s.keepRemote(ctx, raw, &f)
	}
	if fault.Is(err, fault.Internal) {
		return f, errors.Join(fmt.Errorf("media: fetch %s: %w", url, err), s.RemoveFiles(f.names()))
	}
	if err != nil {
		f.File, f.PreviewFile, f.Error = "", "", shorten(err.Error())
	}
	f.FetchedAt = time.Now()
	f.UsedAt = f.FetchedAt
	old, err := replaceRemote(ctx, s.db, f)
	if err != nil {
		return f, errors.Join(fmt.Errorf("media: keep %s: %w", url, err), s.RemoveFiles(f.names()))
	}
	if n := s.remote.fresh.Add(f.Size); n > s.remote.most/remoteSlack && s.remote.fresh.CompareAndSwap(n, 0) {
		_ = s.sweepRemote(ctx) // the picture is there all the same; whoever sweeps by the clock says what is wrong
	}
	return f, s.RemoveFiles(old.names())
}

// keepRemote stores the pixels of a picture in the form of its use, and nothing else of it.
func (s *Service) keepRemote(ctx context.Context, raw []byte, f *remoteFile) (err error) {
	var pictures [2]picture
	switch f.Use {
	case string(Avatar):
		pictures[0], err = s.cut(ctx, bytes.NewReader(raw), 400, 400)
	case string(Header):
		pictures[0], err = s.cut(ctx, bytes.NewReader(raw), 1500, 500)
	default:
		pictures[0], pictures[1], err = s.prepare(ctx, bytes.NewReader(raw), &Media{})
	}
	if err != nil {
		return err
	}
	for i, into := range []*string{&f.File, &f.PreviewFile} {
		if pictures[i].content == nil {
			continue
		}
		if *into, err = s.store(pictures[i].content, pictures[i].ext); err != nil {
			return err
		}
		f.Size += int64(len(pictures[i].content))
	}
	return nil
}

func (s *Service) exists(name string) bool {
	_, err := os.Stat(s.path(name))
	return err == nil
}

// sweepRemote forgets pictures nobody has looked at for two weeks, failures that are over, and, when all together are too
// large, those looked at longest ago.
func (s *Service) sweepRemote(ctx context.Context) error {
	if s.remote == nil {
		return nil
	}
	now := time.Now()
	s.remote.touched.Range(func(key, at any) bool {
		if now.Sub(at.(time.Time)) > remoteTouch {
			s.remote.touched.Delete(key)
		}
		return true
	})
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		files, err := removeRemote(ctx, tx, now.Add(-remoteUnused), now.Add(-remoteRetry), s.remote.most)
		if err != nil {
			return err
		}
		return s.discard(ctx, tx, files)
	})
}
