package curation

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// Lengths of what editors write about a collection, in characters.
const (
	minCollectionName         = 3
	MaxCollectionName         = 120
	MaxCollectionIntroduction = 5_000
	MaxChapterIntroduction    = 2_000
	MaxAnnotation             = 1_000
	maxSlug                   = 60
)

// CollectionDraft is what the form of a collection says. Version is that of the collection it was written over.
type CollectionDraft struct {
	Name         string
	Introduction string
	Version      int
}

// arrangement is one of our collections while an editor changes it: its row is locked, what is in it is read.
type arrangement struct {
	*Service
	tx    *sqlx.Tx
	actor account.Account
	Collection
}

// arrange runs f for one of our collections, and writes down what f says it did; "" for nothing. Editors.
func (s *Service) arrange(ctx context.Context, actor account.Account, id int64, action string, f func(a *arrangement) (detail string, err error)) error {
	if err := s.mayDecide(ctx, actor); err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockCollection(ctx, tx, id); db.IsNotFound(err) {
			return errNoCollection()
		} else if err != nil {
			return fmt.Errorf("curation: collection %d: %w", id, err)
		}
		a := &arrangement{Service: s, tx: tx, actor: actor}
		var err error
		if a.Collection, err = collectionBy(ctx, tx, id, ""); err != nil {
			return fmt.Errorf("curation: collection %d: %w", id, err)
		}
		if a.Chapters, err = chaptersOf(ctx, tx, id); err != nil {
			return fmt.Errorf("curation: chapters of %d: %w", id, err)
		}
		if a.Entries, err = entriesOf(ctx, tx, id); err != nil {
			return fmt.Errorf("curation: entries of %d: %w", id, err)
		}
		detail, err := f(a)
		if err != nil || detail == "" {
			return err
		}
		if err := touchCollection(ctx, tx, id); err != nil {
			return fmt.Errorf("curation: collection %d: %w", id, err)
		}
		return s.accounts.Audit(ctx, tx, actor, "collection."+action, a.Name, detail)
	})
}

// written is a text of one line and one of several, checked.
func written(name, introduction string, maxIntroduction int) (string, string, error) {
	name, introduction = markup.Line(name), strings.TrimSpace(markup.Block(introduction))
	var wrong []fault.Field
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		wrong = append(wrong, fault.Field{Name: "name", Message: "error.field.required"})
	case n < minCollectionName:
		wrong = append(wrong, fault.Field{Name: "name", Message: "error.field.too_short", Args: map[string]any{"Min": minCollectionName}})
	case n > MaxCollectionName:
		wrong = append(wrong, fault.Field{Name: "name", Message: "error.field.too_long", Args: map[string]any{"Max": MaxCollectionName}})
	}
	if utf8.RuneCountInString(introduction) > maxIntroduction {
		wrong = append(wrong, fault.Field{Name: "introduction", Message: "error.field.too_long", Args: map[string]any{"Max": maxIntroduction}})
	}
	return name, introduction, fault.Fields(wrong...)
}

// CreateCollection begins a collection that only editors see. Editors. Errors: fault.Invalid with fields named like the form.
func (s *Service) CreateCollection(ctx context.Context, actor account.Account, d CollectionDraft) (id int64, err error) {
	if err := s.mayDecide(ctx, actor); err != nil {
		return 0, err
	}
	name, introduction, err := written(d.Name, d.Introduction, MaxCollectionIntroduction)
	if err != nil {
		return 0, err
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := lockCollections(ctx, tx)
		if err != nil {
			return fmt.Errorf("curation.CreateCollection: %w", err)
		}
		if n >= MaxCollections {
			return fault.New(fault.Conflict, "error.collection.too_many")
		}
		slug, err := freeSlug(ctx, tx, 0, name)
		if err != nil {
			return err
		}
		id = db.NewID(time.Now())
		if err := insertCollection(ctx, tx, Collection{ID: id, Slug: slug, Name: name, Introduction: introduction}); err != nil {
			return fmt.Errorf("curation.CreateCollection: %w", err)
		}
		return s.accounts.Audit(ctx, tx, actor, "collection.create", name, "")
	})
	return id, err
}

// freeSlug makes an address of a name that no other collection has.
func freeSlug(ctx context.Context, tx *sqlx.Tx, id int64, name string) (string, error) {
	taken, err := slugsBeside(ctx, tx, id)
	if err != nil {
		return "", fmt.Errorf("curation: slugs: %w", err)
	}
	base := slugOf(name)
	slug := base
	for n := 2; taken[slug]; n++ {
		slug = base + "-" + strconv.Itoa(n)
	}
	return slug, nil
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// slugOf is a name as a part of an address: small Latin letters, digits and hyphens.
func slugOf(name string) string {
	words := strings.FieldsFunc(umlauts.Replace(strings.ToLower(name)), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	slug = strings.TrimRight(slug[:min(len(slug), maxSlug)], "-")
	if slug == "" {
		return "sammlung"
	}
	return slug
}

// SaveCollection changes name and introduction. Until it is published its address follows the name. Editors. Errors:
// fault.Invalid with fields named like the form; fault.Conflict when another editor was faster.
func (s *Service) SaveCollection(ctx context.Context, actor account.Account, id int64, d CollectionDraft) error {
	name, introduction, err := written(d.Name, d.Introduction, MaxCollectionIntroduction)
	if err != nil {
		return err
	}
	return s.arrange(ctx, actor, id, "save", func(a *arrangement) (string, error) {
		if a.Name == name && a.Introduction == introduction {
			return "", nil
		}
		if a.Version != d.Version {
			return "", fault.New(fault.Conflict, "error.collection.changed")
		}
		slug, former := a.Slug, a.Name
		if a.PublishedAt == nil {
			if _, err := lockCollections(ctx, a.tx); err != nil {
				return "", fmt.Errorf("curation.SaveCollection %d: %w", id, err)
			}
			if slug, err = freeSlug(ctx, a.tx, id, name); err != nil {
				return "", err
			}
		}
		if err := updateCollection(ctx, a.tx, id, slug, name, introduction); err != nil {
			return "", fmt.Errorf("curation.SaveCollection %d: %w", id, err)
		}
		if former == name {
			return name, nil
		}
		return former + " → " + name, nil
	})
}

// PublishCollection shows a collection to everyone, and tells who follows our catalogue. Editors. Errors: fault.Conflict for
// one in which there is nothing to read.
func (s *Service) PublishCollection(ctx context.Context, actor account.Account, id int64) error {
	return s.arrange(ctx, actor, id, "publish", func(a *arrangement) (string, error) {
		if a.Published {
			return "", nil
		}
		if len(a.Live()) == 0 {
			return "", fault.New(fault.Conflict, "error.collection.empty")
		}
		return a.Slug, a.show(ctx, true)
	})
}

// UnpublishCollection makes a collection a draft again, here and elsewhere. Editors.
func (s *Service) UnpublishCollection(ctx context.Context, actor account.Account, id int64) error {
	return s.arrange(ctx, actor, id, "unpublish", func(a *arrangement) (string, error) {
		if !a.Published {
			return "", nil
		}
		return a.Slug, a.show(ctx, false)
	})
}

func (a *arrangement) show(ctx context.Context, published bool) error {
	if err := publishCollection(ctx, a.tx, a.ID, published); err != nil {
		return fmt.Errorf("curation: publish collection %d: %w", a.ID, err)
	}
	return a.tell(ctx, a.tx, CollectionChange{CollectionID: a.ID, Entered: published})
}

// DeleteCollection removes a collection for good; its practices stay accepted. Editors.
func (s *Service) DeleteCollection(ctx context.Context, actor account.Account, id int64) error {
	return s.arrange(ctx, actor, id, "delete", func(a *arrangement) (string, error) {
		if a.Published {
			if err := a.tell(ctx, a.tx, CollectionChange{CollectionID: id}); err != nil {
				return "", err
			}
		}
		if err := deleteOwnCollection(ctx, a.tx, id); err != nil {
			return "", fmt.Errorf("curation.DeleteCollection %d: %w", id, err)
		}
		return a.Slug, nil
	})
}
