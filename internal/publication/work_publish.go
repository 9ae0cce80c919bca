package publication

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// Publish makes what is in work public: a new document, or the next version of one. version is that which the actor saw. Editors;
// where four eyes are asked for, not who wrote it.
// Errors: fault.Invalid with fields named like the form, fault.Forbidden, fault.NotFound, fault.Conflict.
func (s *Service) Publish(ctx context.Context, actor account.Account, id int64, version int) (postID int64, err error) {
	if err := ours(actor); err != nil {
		return 0, err
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("publication.Publish: %w", err)
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return 0, fmt.Errorf("publication.Publish: %w", err)
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		w, err := workByID(ctx, tx, id)
		if err == nil && w.PostID != nil {
			_, _, err = s.lockOurs(ctx, tx, *w.PostID) // always before the draft, so that two do not lock up
		}
		if err == nil {
			w, err = lockWork(ctx, tx, id)
		}
		if err != nil {
			return err // inTx says that it is not there
		}
		switch {
		case w.Version != version:
			return errStale()
		// RULE: where four eyes are asked for, there is no way around them.
		case o.FourEyes && w.AccountID != nil && *w.AccountID == actor.ID:
			return errFourEyes()
		}
		postID, err = s.publish(ctx, tx, catalog, actor, w)
		return err
	})
	return postID, err
}

func (s *Service) publish(ctx context.Context, tx *sqlx.Tx, catalog, actor account.Account, w Work) (int64, error) {
	d, err := s.draftOf(ctx, tx, actor, w)
	if err != nil {
		return 0, err
	}
	var p post.Post
	if w.PostID == nil {
		p, err = s.PublishIn(ctx, tx, catalog, d)
	} else {
		p, err = s.ReviseIn(ctx, tx, catalog, *w.PostID, d)
	}
	if err != nil {
		return 0, err
	}
	of, err := publicationIn(ctx, tx, p.ID)
	if err != nil {
		return 0, fmt.Errorf("publication.Publish: %d: %w", p.ID, err)
	}
	if err := publishFiles(ctx, tx, p.ID, of.Revision, idsOf(w.Text.Files)); err != nil {
		return 0, fmt.Errorf("publication.Publish: files of %d: %w", p.ID, err)
	}
	if err := deleteWork(ctx, tx, w.ID); err != nil {
		return 0, fmt.Errorf("publication.Publish: draft of %d: %w", p.ID, err)
	}
	return p.ID, s.accounts.Audit(ctx, tx, actor, "publication.publish", p.URI, of.Version)
}

// draftOf is what is to be published of a document in work; all that is wrong with it is told at once.
func (s *Service) draftOf(ctx context.Context, tx *sqlx.Tx, actor account.Account, w Work) (Draft, error) {
	t := w.Text
	d := Draft{Kind: Document, Type: t.Type, Version: t.Version, Title: t.Title, Summary: t.Summary, Source: t.Source, Language: t.Language, EditorID: actor.ID}
	files, err := filesByIDs(ctx, tx, idsOf(t.Files))
	if err != nil {
		return d, fmt.Errorf("publication.Publish: %w", err)
	}
	var wrong []fault.Field
	for i, ref := range t.Files {
		at := slices.IndexFunc(files, func(f Stored) bool { return f.ID == ref.ID })
		if at < 0 {
			return d, errFileUnknown()
		}
		if ref.Name == "" {
			wrong = append(wrong, fault.Field{Name: fmt.Sprintf("files.%d.name", i), Message: "error.field.required"})
		}
		d.Files = append(d.Files, File{URL: s.baseURL + files[at].Path(), MediaType: files[at].ContentType, Name: ref.Name, Bytes: files[at].Size})
	}
	if w.PostID != nil {
		before, err := publicationIn(ctx, tx, *w.PostID)
		if err != nil {
			return d, fmt.Errorf("publication.Publish: %d: %w", *w.PostID, err)
		}
		if before.Version == t.Version {
			wrong = append(wrong, fault.Field{Name: "version", Message: "error.publication.same_version"})
		}
	}
	var invalid *fault.Error
	if _, err := d.checked(); errors.As(err, &invalid) {
		wrong = append(invalid.Fields, wrong...)
	}
	return d, fault.Fields(wrong...)
}

// Withdraw takes a published document back everywhere. Editors.
func (s *Service) Withdraw(ctx context.Context, actor account.Account, postID int64) error {
	if err := ours(actor); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, _, err := s.lockOurs(ctx, tx, postID)
		if fault.Is(err, fault.Gone) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := deleteWorkOf(ctx, tx, postID); err != nil {
			return fmt.Errorf("publication.Withdraw %d: %w", postID, err)
		}
		if err := s.WithdrawIn(ctx, tx, postID); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, "publication.withdraw", p.URI, "")
	})
}
