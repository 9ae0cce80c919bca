package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// plan is an activity to send: rendered, not yet stored. A plan with an empty URI sends nothing.
type plan struct {
	out vocab.Outgoing
	to  recipients
	// The row by which jobs about the same object take turns, and what must still be true of it once it is locked.
	table string
	id    int64
	still func(ctx context.Context, tx *sqlx.Tx) (bool, error)
	// jobs follow from the stored activity.
	jobs func(activityID int64) []river.JobArgs
	// then writes down, in the same transaction, what the stored activity means for its object; at is when it was made.
	then func(ctx context.Context, tx *sqlx.Tx, at time.Time) error
}

// errChanged says that the object changed between rendering and storing.
var errChanged = errors.New("outbox: changed meanwhile")

// Distribute renders what is true now, stores the bytes and fills the lanes, in one transaction that holds the object's
// row. Because it looks at the truth and not at the order of jobs, their order does not matter: a create of something
// withdrawn sends nothing, and neither does an update, delete or undo of something nobody was told of.
func (o *Outbox) Distribute(ctx context.Context, args job.Distribute) error {
	for range 5 {
		p, err := o.plan(ctx, args)
		if fault.Is(err, fault.NotFound) {
			o.Log.InfoContext(ctx, "nothing to distribute", "verb", args.Verb, "id", args.ID)
			return nil
		}
		if err != nil {
			return fmt.Errorf("outbox.Distribute %s %d: %w", args.Verb, args.ID, err)
		}
		if p.out.URI == "" {
			return nil
		}
		err = o.store(ctx, p)
		if !errors.Is(err, errChanged) {
			return err
		}
	}
	return fmt.Errorf("outbox.Distribute %s %d: %w", args.Verb, args.ID, errChanged)
}

func (o *Outbox) plan(ctx context.Context, args job.Distribute) (plan, error) {
	switch args.Verb {
	case job.CreatePost:
		return o.createPost(ctx, args.ID)
	case job.UpdatePost:
		return o.updatePost(ctx, args.ID)
	case job.DeletePost:
		return o.deletePost(ctx, args.ID)
	case job.UpdatePoll:
		return o.updatePoll(ctx, args.ID)
	case job.Vote:
		return o.vote(ctx, args.ID)
	case job.AskQuote:
		return o.askQuote(ctx, args.ID)
	case job.AnswerQuote:
		return o.answerQuote(ctx, args.ID)
	case job.RevokeQuote:
		return o.revokeQuote(ctx, args.ID)
	case job.UpdateQuote:
		return o.updateQuote(ctx, args.ID)
	case job.Like:
		return o.like(ctx, args.ID)
	case job.UndoLike:
		return o.undoLike(ctx, args.ID)
	case job.Announce:
		return o.boost(ctx, args.ID)
	case job.UndoAnnounce:
		return o.undoBoost(ctx, args.ID)
	case job.Follow:
		return o.follow(ctx, args.ID)
	case job.UndoFollow:
		return o.undoFollow(ctx, args.ID)
	case job.DisownFollow:
		return o.disownFollow(ctx, args.ID)
	case job.AcceptFollow:
		return o.answerFollow(ctx, args.ID, true)
	case job.RejectFollow:
		return o.answerFollow(ctx, args.ID, false)
	case job.UpdateAccount:
		return o.updateAccount(ctx, args.ID)
	case job.RotateKey:
		return o.rotateKey(ctx, args.ID)
	case job.MoveAccount:
		return o.move(ctx, args.ID)
	case job.DeleteAccount:
		return o.deleteAccount(ctx, args.ID)
	case job.Block:
		return o.block(ctx, args.ID)
	case job.UndoBlock:
		return o.undoBlock(ctx, args.ID)
	case job.Flag:
		return o.flag(ctx, args.ID)
	case job.PinPost:
		return o.pin(ctx, args.ID)
	case job.UnpinPost:
		return o.unpin(ctx, args.ID)
	case job.AddCurated, job.RemoveCurated, job.AddFeatured, job.RemoveFeatured:
		return o.collect(ctx, args.Verb, args.ID)
	case job.TellCollection:
		return o.tellCollection(ctx, args.ID)
	case job.AddListed:
		return o.list(ctx, args.ID)
	case job.RemoveListed:
		return o.unlist(ctx, args.ID)
	}
	return plan{}, river.JobCancel(fmt.Errorf("unknown verb %q", args.Verb))
}

// store is the transaction of Distribute.
func (o *Outbox) store(ctx context.Context, p plan) error {
	err := db.InTx(ctx, o.DB, func(tx *sqlx.Tx) error {
		if err := lockObject(ctx, tx, p.table, p.id); err != nil {
			return err
		}
		if p.still != nil {
			ok, err := p.still(ctx, tx)
			if err != nil {
				return err
			}
			if !ok {
				return errChanged
			}
		}
		now := o.now()
		id := db.NewID(now)
		fresh, err := insertActivity(ctx, tx, id, p.out, now)
		if err != nil || !fresh {
			return err // stored before: this job runs a second time
		}
		if p.jobs != nil {
			if err := o.Jobs.Enqueue(ctx, tx, p.jobs(id)...); err != nil {
				return err
			}
		}
		if p.then != nil {
			if err := p.then(ctx, tx, now); err != nil {
				return err
			}
		}
		return o.fill(ctx, tx, id, p.to)
	})
	if err != nil && !errors.Is(err, errChanged) {
		return fmt.Errorf("outbox: store %s: %w", p.out.URI, err)
	}
	return err
}

// fill puts a stored activity into the lanes of its receivers and wakes who empties them.
func (o *Outbox) fill(ctx context.Context, tx *sqlx.Tx, activityID int64, to recipients) error {
	filled, err := fillLanes(ctx, tx, activityID, to, o.Domain)
	if err != nil || filled < manyRows {
		return err
	}
	return analyzeLanes(ctx, tx, filled)
}

// known reports whether an activity was stored.
func (o *Outbox) known(ctx context.Context, uri string) (stored, bool, error) {
	s, err := activityByURI(ctx, o.DB, uri)
	if db.IsNotFound(err) {
		return stored{}, false, nil
	}
	return s, err == nil, err
}

func (s stored) outgoing() vocab.Outgoing {
	return vocab.Outgoing{URI: s.URI, Type: s.Type, ActorID: s.AccountID, ObjectURI: s.ObjectURI, Public: s.Public, Body: s.Body}
}
