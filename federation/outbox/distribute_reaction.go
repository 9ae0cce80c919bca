package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// reacted is a favourite or boost with both ends.
type reacted struct {
	reaction      post.Reaction
	actor, author account.Account
	board         *account.Account
	post          post.Post
}

func (o *Outbox) reacted(ctx context.Context, r post.Reaction) (reacted, error) {
	p, err := o.Posts.Get(ctx, r.PostID)
	if err != nil {
		return reacted{}, err
	}
	ids := []int64{r.AccountID, p.AccountID}
	if p.BoardID != nil {
		ids = append(ids, *p.BoardID)
	}
	accounts, err := o.Accounts.ByIDs(ctx, ids)
	if err != nil {
		return reacted{}, err
	}
	x := reacted{reaction: r, actor: accounts[r.AccountID], author: accounts[p.AccountID], post: p}
	if p.BoardID != nil {
		x.board = pointer(accounts, *p.BoardID)
	}
	return x, nil
}

// onOurBoard reports whether a group of ours tells all who follow it how often the post is liked.
func (x reacted) onOurBoard() bool {
	return x.board != nil && x.board.Local() && x.board.Kind == account.Group &&
		(x.post.Visibility == post.Public || x.post.Visibility == post.Unlisted)
}

// passedOn lets the group of the board do so.
func (x reacted) passedOn() func(activityID int64) []river.JobArgs {
	if !x.onOurBoard() {
		return nil
	}
	return func(activityID int64) []river.JobArgs {
		return []river.JobArgs{job.GroupAnnounce{GroupID: x.board.ID, ActivityID: activityID}}
	}
}

func (o *Outbox) like(ctx context.Context, id int64) (plan, error) {
	f, err := o.Posts.FavouriteByID(ctx, id)
	if err != nil || f.UndoneAt != nil {
		return plan{}, err
	}
	x, err := o.reacted(ctx, f)
	if err != nil || x.author.Local() && !x.onOurBoard() {
		return plan{}, err // nobody outside is concerned
	}
	out, err := o.Render.Like(f, x.actor, x.post, x.author, x.board)
	return plan{
		out: out, table: "favourites", id: id, to: recipients{Accounts: []int64{x.author.ID}}, jobs: x.passedOn(),
		still: func(ctx context.Context, _ *sqlx.Tx) (bool, error) {
			now, err := o.Posts.FavouriteByID(ctx, id)
			return now.UndoneAt == nil, err
		},
	}, err
}

func (o *Outbox) undoLike(ctx context.Context, id int64) (plan, error) {
	f, err := o.Posts.FavouriteByID(ctx, id)
	if err != nil || f.UndoneAt == nil {
		return plan{}, err
	}
	x, err := o.reacted(ctx, f)
	if err != nil {
		return plan{}, err
	}
	p, err := o.undo(ctx, f.URI, f.AccountID, "favourites", id, recipients{})
	p.jobs = x.passedOn()
	return p, err
}

func (o *Outbox) boost(ctx context.Context, id int64) (plan, error) {
	b, err := o.Posts.BoostByID(ctx, id)
	if err != nil || b.UndoneAt != nil {
		return plan{}, err
	}
	x, err := o.reacted(ctx, b)
	if err != nil || x.post.State != post.StatePublished {
		return plan{}, err
	}
	out, err := o.Render.Boost(b, x.actor, x.post, x.author)
	return plan{
		out: out, table: "boosts", id: id, to: recipients{FollowersOf: []int64{x.actor.ID}, Accounts: []int64{x.author.ID}},
		still: func(ctx context.Context, _ *sqlx.Tx) (bool, error) {
			now, err := o.Posts.BoostByID(ctx, id)
			return now.UndoneAt == nil, err
		},
	}, err
}

func (o *Outbox) undoBoost(ctx context.Context, id int64) (plan, error) {
	b, err := o.Posts.BoostByID(ctx, id)
	if err != nil || b.UndoneAt == nil {
		return plan{}, err
	}
	return o.undo(ctx, b.URI, b.AccountID, "boosts", id, recipients{FollowersOf: []int64{b.AccountID}})
}

// undo takes back an activity of ours at everyone who got it. One that was never stored needs no undoing.
func (o *Outbox) undo(ctx context.Context, uri string, actorID int64, table string, id int64, to recipients) (plan, error) {
	original, ok, err := o.known(ctx, uri)
	if err != nil || !ok {
		return plan{}, err
	}
	actor, err := o.Accounts.ByID(ctx, actorID)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.Undo(original.outgoing(), actor)
	to.ToldBy = original.ID
	return plan{out: out, table: table, id: id, to: to}, err
}
