package notification

import (
	"context"
	"slices"

	"github.com/vorbild/vorbild/internal/db"
)

// reviewEvent is an entry of a practice's log that somebody must hear of.
type reviewEvent struct {
	Event     string `db:"event"`
	PostID    int64  `db:"post_id"`
	By        *int64 `db:"account_id"` // nil where the instance itself says it
	AuthorID  int64  `db:"author_id"`
	AskedBy   *int64 `db:"asked_by"`
	ChangedBy *int64 `db:"changed_by"`
}

// notifyReview tells editors that a text waits for them, and its author and whoever took part what was said and decided.
func (s *Service) notifyReview(ctx context.Context, id int64) error {
	e, err := reviewEventOf(ctx, s.db, id)
	if db.IsNotFound(err) {
		return nil // the draft was discarded
	}
	if err != nil {
		return err
	}
	from := e.AuthorID
	if e.AskedBy != nil {
		from = *e.AskedBy
	}
	if e.By != nil {
		from = *e.By
	}
	told := map[int64]bool{}
	if e.By != nil {
		told[*e.By] = true
	}
	var list []int64
	switch e.Event {
	case "asked", "reminded":
		if list, err = editors(ctx, s.db); err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(editor int64) bool {
			return editor == e.AuthorID || e.ChangedBy != nil && editor == *e.ChangedBy
		})
	default:
		if list, err = reviewers(ctx, s.db, e.PostID, id); err != nil {
			return err
		}
		list = append(list, e.AuthorID)
	}
	return s.tellAll(ctx, told, list, Notification{Kind: Review, FromAccountID: from, PracticeLogID: &id}, nil)
}
