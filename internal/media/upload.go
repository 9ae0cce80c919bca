package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// Change is what someone says about an image; nil leaves it as it is.
type Change struct {
	ID          int64
	Description *string
	Focus       *Focus
}

// Focus is the point that must stay visible when an image is cut: (0, 0) the middle, (1, 1) the upper right corner.
type Focus struct{ X, Y float64 }

// Upload takes an image for a post that is still to be written. Errors: Forbidden, TooLarge, Invalid.
func (s *Service) Upload(ctx context.Context, actor account.Account, file io.Reader, said Change) (Media, error) {
	if !actor.Local() || !actor.Able(account.RoleGuest) {
		return Media{}, errForbidden()
	}
	m := Media{AccountID: actor.ID, Kind: Image}
	if err := m.apply(said); err != nil {
		return m, err
	}
	if n, err := waiting(ctx, s.db, actor.ID); err != nil {
		return m, fmt.Errorf("media.Upload: %w", err)
	} else if n >= maxWaiting {
		return m, invalid("file", "error.media.waiting", map[string]any{"Max": maxWaiting})
	}
	original, preview, err := s.prepare(ctx, file, &m)
	if err != nil {
		return m, err
	}
	if m.File, err = s.store(original.content, original.ext); err != nil {
		return m, err
	}
	m.PreviewFile = m.File
	if preview.content != nil {
		if m.PreviewFile, err = s.store(preview.content, preview.ext); err != nil {
			return m, errors.Join(err, s.RemoveFiles([]string{m.File}))
		}
	}
	m.CreatedAt = time.Now().UTC().Truncate(time.Millisecond)
	for inserted := false; !inserted; {
		m.ID = db.NewID(m.CreatedAt)
		if inserted, err = insert(ctx, s.db, m); err != nil {
			return m, errors.Join(fmt.Errorf("media.Upload: %w", err), s.RemoveFiles([]string{m.File, m.PreviewFile}))
		}
	}
	return m, nil
}

// read takes the bytes of an upload, at most MaxSize.
func read(file io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("media: read: %w", err)
	}
	switch {
	case len(raw) == 0:
		return nil, invalid("file", "error.media.missing", nil)
	case len(raw) > MaxSize:
		return nil, fault.New(fault.TooLarge, "error.media.too_large")
	}
	return raw, nil
}

// prepare makes the image and its preview, which has no content when the image is as small itself.
func (s *Service) prepare(ctx context.Context, file io.Reader, m *Media) (original, preview picture, err error) {
	release, err := s.turn(ctx)
	if err != nil {
		return original, preview, err
	}
	defer release()
	raw, err := read(file)
	if err != nil {
		return original, preview, err
	}
	img, format, err := decode(raw)
	if err != nil {
		return original, preview, err
	}
	img = upright(fit(img, maxStored), readHead(format, raw).orientation)
	if original, err = encode(img, format); err != nil {
		return original, preview, err
	}
	small := within(img, previewSide)
	m.ContentType, m.Size = TypeOf(original.ext), int64(len(original.content))
	m.Width, m.Height = original.width, original.height
	m.PreviewWidth, m.PreviewHeight = small.Bounds().Dx(), small.Bounds().Dy()
	m.Blurhash = blur(small)
	if m.PreviewWidth != m.Width || m.PreviewHeight != m.Height {
		preview, err = encode(small, format)
	}
	return original, preview, err
}

// StoreAvatar keeps a picture of an account, cut to a square, and returns its file for the account's row. A file that no
// row names goes within a day. Errors: TooLarge, Invalid.
func (s *Service) StoreAvatar(ctx context.Context, file io.Reader) (name string, err error) {
	return s.storeCut(ctx, file, 400, 400)
}

// StoreHeader is StoreAvatar for the wide picture above a profile.
func (s *Service) StoreHeader(ctx context.Context, file io.Reader) (name string, err error) {
	return s.storeCut(ctx, file, 1500, 500)
}

func (s *Service) storeCut(ctx context.Context, file io.Reader, width, height int) (string, error) {
	p, err := s.cut(ctx, file, width, height)
	if err != nil {
		return "", err
	}
	return s.store(p.content, p.ext)
}

func (s *Service) cut(ctx context.Context, file io.Reader, width, height int) (picture, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return picture{}, err
	}
	defer release()
	raw, err := read(file)
	if err != nil {
		return picture{}, err
	}
	img, format, err := decode(raw)
	if err != nil {
		return picture{}, err
	}
	turned := readHead(format, raw).orientation
	var part image.Image
	if turned >= 5 { // cut as it lies, then turn
		part = fill(img, height, width)
	} else {
		part = fill(img, width, height)
	}
	return encode(upright(part, turned), format)
}

// apply takes over what someone says, or reports the mistakes.
func (m *Media) apply(said Change) error {
	if said.Description != nil {
		text := strings.TrimSpace(markup.Block(*said.Description))
		if utf8.RuneCountInString(text) > MaxDescription {
			return invalid("description", "error.field.too_long", map[string]any{"Max": MaxDescription})
		}
		m.Description = text
	}
	if said.Focus != nil {
		m.FocusX, m.FocusY = within1(said.Focus.X), within1(said.Focus.Y)
	}
	return nil
}

// within1 keeps a coordinate between -1 and 1.
func within1(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return max(-1, min(1, v))
}

// Get returns an own file, on a post or not yet.
func (s *Service) Get(ctx context.Context, actor account.Account, id int64) (Media, error) {
	m, err := mediaByID(ctx, s.db, id)
	switch {
	case db.IsNotFound(err), err == nil && m.AccountID != actor.ID:
		return Media{}, errNotFound()
	case err != nil:
		return Media{}, fmt.Errorf("media.Get %d: %w", id, err)
	}
	return m, nil
}

// Update changes what is said about an own file that waits for its post. On a post it is changed by editing the post,
// which other servers hear of.
func (s *Service) Update(ctx context.Context, actor account.Account, said Change) (m Media, err error) {
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if m, err = unattached(ctx, tx, actor, said.ID); err != nil {
			return err
		}
		if err := m.apply(said); err != nil {
			return err
		}
		return describe(ctx, tx, m)
	})
	if err != nil {
		return Media{}, err
	}
	return m, nil
}

// Delete removes an own file that waits for its post.
func (s *Service) Delete(ctx context.Context, actor account.Account, id int64) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		m, err := unattached(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		files, err := remove(ctx, tx, m.ID)
		if err != nil {
			return fmt.Errorf("media.Delete %d: %w", id, err)
		}
		return s.discard(ctx, tx, files)
	})
}

func unattached(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64) (Media, error) {
	list, err := ownMedia(ctx, tx, actor.ID, []int64{id})
	switch {
	case err != nil:
		return Media{}, fmt.Errorf("media %d: %w", id, err)
	case len(list) == 0 || !actor.Able(account.RoleGuest):
		return Media{}, errNotFound()
	case list[0].PostID != nil:
		return Media{}, fault.New(fault.Invalid, "error.media.attached")
	}
	return list[0], nil
}
