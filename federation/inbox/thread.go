package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// How often a thread is read where it stands.
const (
	visitPause    = 5 * time.Minute  // between two visits at least
	visitPauseMax = 12 * time.Hour   // after which even a thread in which nothing happens is looked at again
	announcePause = time.Hour        // for a thread of which a group tells us anyway
	youngThread   = 10 * time.Minute // a post that is announced within it has brought no thread along
	roundPause    = time.Minute      // between the visits that one long thread needs
	maxRounds     = 10               // of these
	openedEvery   = time.Second      // opened threads that are looked at in one process, after
	openedBurst   = 60               // so many at once
)

// errMore says that a thread goes on where the visit ended.
var errMore = errors.New("inbox: the thread goes on")

// opened bounds what readers make us ask: each thread seldom, all of them together at a steady rate.
type opened struct {
	mu   sync.Mutex
	at   map[int64]time.Time
	rate *rate.Limiter
}

func newOpened() *opened {
	return &opened{at: map[int64]time.Time{}, rate: rate.NewLimiter(rate.Every(openedEvery), openedBurst)}
}

func (o *opened) allow(threadID int64, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now.Sub(o.at[threadID]) < visitPause || !o.rate.AllowN(now, 1) {
		return false
	}
	if len(o.at) >= maxLimiters {
		clear(o.at)
	}
	o.at[threadID] = now
	return true
}

// ThreadOpened is called when somebody looks at a thread. If it began elsewhere and was not read there for some time, a
// job does so; the reader does not wait for it. A thread in which nothing happens is asked about ever more seldom.
func (in *Inbox) ThreadOpened(ctx context.Context, p post.Post) {
	if p.Local && p.ThreadID == p.ID || !in.opened.allow(p.ThreadID, in.now()) {
		return
	}
	if err := in.visitLater(ctx, p, 0); err != nil {
		in.Log.WarnContext(ctx, "opened thread", "thread", p.ThreadID, "error", err)
	}
}

// complete has the rest of a post's thread fetched, unless that happened lately.
func (in *Inbox) complete(ctx context.Context, p post.Post) error {
	return in.visitLater(ctx, p, announcePause)
}

func (in *Inbox) visitLater(ctx context.Context, p post.Post, pause time.Duration) error {
	root, err := in.rootOf(ctx, p)
	if err != nil || !visitable(root) {
		return err
	}
	due, err := visitDue(ctx, in.DB, root.ID, in.now(), pause)
	if err != nil || !due {
		return err
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		return in.Jobs.Enqueue(ctx, tx, job.FetchThread{PostID: root.ID})
	})
}

func (in *Inbox) rootOf(ctx context.Context, p post.Post) (post.Post, error) {
	if p.ThreadID == p.ID {
		return p, nil
	}
	return in.Posts.Get(ctx, p.ThreadID)
}

// visitable reports whether the thread that begins with a post stands at another server, for everyone to read.
func visitable(root post.Post) bool {
	return !root.Local && root.State == post.StatePublished && (root.Visibility == post.Public || root.Visibility == post.Unlisted)
}

// FetchThread completes a thread of another server: by its context, where the origin lists the whole thread, else by the
// answers that each post names. It returns errMore when there is more than one visit may fetch.
func (in *Inbox) FetchThread(ctx context.Context, postID int64) error {
	p, err := in.Posts.Get(ctx, postID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil {
		p, err = in.rootOf(ctx, p)
	}
	if err != nil {
		return fmt.Errorf("inbox.FetchThread %d: %w", postID, err)
	}
	if !visitable(p) {
		return nil
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, vocab.HostOf(p.URI))
	if err != nil {
		return fmt.Errorf("inbox.FetchThread %d: %w", postID, err)
	}
	defer done()
	ctx, v, cancel := in.begin(ctx, nil)
	defer cancel()
	more, err := v.completeThread(ctx, p)
	if err != nil {
		return in.settled(ctx, p.URI, err)
	}
	if more {
		return errMore
	}
	return nil
}

// completeThread reads the thread of a post, unless that happened a moment ago. more is true when it goes on and another
// visit is worth while.
func (v *visit) completeThread(ctx context.Context, p post.Post) (more bool, err error) {
	root, err := v.rootOf(ctx, p)
	if err != nil || !visitable(root) {
		return false, err
	}
	rounds, err := beginVisit(ctx, v.DB, root.ID, v.now(), v.now().Add(-visitPause))
	if err != nil || rounds == 0 {
		return false, err
	}
	before := v.stored
	v.cut = false
	if err := v.walk(ctx, root); err != nil {
		return false, err
	}
	if err := interrupted(ctx); err != nil {
		return false, err
	}
	// RULE: what leads nowhere is not followed further. Only a visit that brought something is worth another one.
	if v.cut && v.stored > before && rounds < maxRounds {
		return true, nil
	}
	return false, endVisit(context.WithoutCancel(ctx), v.DB, root.ID)
}

// walk fetches what is missing of the thread that begins with root, and what its origin has no longer got goes.
func (v *visit) walk(ctx context.Context, root post.Post) error {
	o, err := v.object(ctx, root.URI)
	switch {
	case fault.Is(err, fault.Gone), err == nil && o.Tombstone():
		return v.withdrawn(ctx, root.URI, true)
	case vanished(err):
		return v.withdrawn(ctx, root.URI, false)
	case errors.Is(err, transport.ErrSpent):
		return nil
	case err != nil:
		return err
	}
	if err := v.saveFetched(ctx, o); err != nil {
		v.Log.InfoContext(ctx, "first post not brought up to date", "uri", o.ID, "reason", err)
	}
	listed, whole := v.byContext(ctx, root, o)
	if len(listed) > 1 {
		if whole {
			v.recheck(ctx, root, listed, nil)
		}
		return nil
	}
	queue := []answered{{o, 0}}
	v.byReplies(ctx, root, queue)
	v.recheck(ctx, root, nil, func(o vocab.Object) { v.byReplies(ctx, root, []answered{{o, 1}}) })
	return nil
}

// byContext reads the collection of all posts of the thread (FEP-7888, FEP-f228). It returns what is listed.
func (v *visit) byContext(ctx context.Context, root post.Post, o vocab.Object) (listed map[string]bool, whole bool) {
	// RULE: the origin of the first post says what belongs to its thread, nobody else.
	if !vocab.SameHost(o.ID, o.Context) {
		return nil, false
	}
	items, whole, err := v.members(ctx, o.Context, maxPages, maxThread)
	if err != nil {
		v.Log.InfoContext(ctx, "context not read", "uri", o.Context, "reason", err)
	}
	listed = make(map[string]bool, len(items))
	for _, item := range items {
		uri := item.ID
		if item.Type == "Create" {
			uri = item.ObjectID
		}
		listed[uri] = true
		if over(ctx) {
			v.cut, whole = true, false
			break
		}
		if v.asked[uri] || v.known(ctx, uri) {
			continue
		}
		v.take(ctx, root, o, uri)
	}
	return listed, whole
}

// known reports whether there is nothing to fetch.
func (v *visit) known(ctx context.Context, uri string) bool {
	if v.ours(uri) {
		return true
	}
	_, err := v.Posts.Find(ctx, uri)
	return !fault.Is(err, fault.NotFound)
}

// take fetches a post that a context lists, with the ancestors it lacks, and keeps it if it belongs where it is listed.
func (v *visit) take(ctx context.Context, root post.Post, first vocab.Object, uri string) {
	chain, err := v.chain(ctx, uri)
	if err == nil && chain[0].Tombstone() {
		err = v.Posts.ParentGone(ctx, uri)
		if err == nil {
			return
		}
	}
	if err == nil && !v.belongs(ctx, root, first, chain) {
		err = ignored("it does not say that it belongs there")
	}
	if err == nil {
		err = v.store(ctx, chain)
	}
	if err != nil {
		v.Log.InfoContext(ctx, "listed post not stored", "uri", uri, "thread", root.URI, "reason", err)
	}
}

// belongs reports whether a post is part of the thread by its own word too: by what it answers in the end, or, where that
// was deleted, by the context it names.
//
// RULE: a list can name any post of the world. It is not a reason to store it.
func (v *visit) belongs(ctx context.Context, root post.Post, first vocab.Object, chain []vocab.Object) bool {
	top := chain[len(chain)-1]
	if chain[0].InReplyTo == "" || !chain[0].Public() {
		return false
	}
	if top.InReplyTo != "" {
		if parent, err := v.Posts.Find(ctx, top.InReplyTo); err == nil {
			return parent.ThreadID == root.ID
		}
	}
	return top.Context == first.Context && first.Context != ""
}

// answered is a post whose answers are to be read.
type answered struct {
	object vocab.Object
	depth  int
}

// byReplies reads the answers that posts name, level by level. A known one is asked for too: only it says what answers it.
func (v *visit) byReplies(ctx context.Context, root post.Post, queue []answered) {
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		// RULE: whose host lists the answers is whose post it is.
		if at.depth >= maxDepth || !vocab.SameHost(at.object.ID, at.object.Replies) {
			continue
		}
		if over(ctx) {
			v.cut = true
			return
		}
		items, _, err := v.members(ctx, at.object.Replies, maxPages, maxReplies)
		if err != nil {
			v.Log.InfoContext(ctx, "answers not read", "uri", at.object.Replies, "reason", err)
		}
		var later []string // what is new comes first
		for _, item := range items {
			switch {
			case item.ID == "", v.asked[item.ID], v.ours(item.ID):
			case v.known(ctx, item.ID):
				later = append(later, item.ID)
			default:
				queue = append(queue, v.answer(ctx, root, at, item.ID)...)
			}
		}
		for _, uri := range later {
			queue = append(queue, v.answer(ctx, root, at, uri)...)
		}
	}
}

// answer fetches one answer, and returns it when its own answers are worth a look.
func (v *visit) answer(ctx context.Context, root post.Post, to answered, uri string) []answered {
	if over(ctx) {
		v.cut = true
		return nil
	}
	o, err := v.object(ctx, uri)
	switch {
	case vanished(err), err == nil && o.Tombstone():
		err = v.withdrawn(ctx, uri, !fault.Is(err, fault.NotFound))
	// RULE: a list can name any post of the world; an answer says itself what it answers.
	case err == nil && (o.InReplyTo != to.object.ID || !o.Public()):
		err = ignored("it does not answer %s", to.object.ID)
	case err == nil:
		if err = v.saveFetched(ctx, o); err == nil {
			return []answered{{o, to.depth + 1}}
		}
	}
	v.Log.InfoContext(ctx, "answer not stored", "uri", uri, "thread", root.URI, "reason", err)
	return nil
}

// recheck looks at the posts of the thread that we have and its origin does not list: what was deleted goes. Others are
// given to found, if it is not nil.
func (v *visit) recheck(ctx context.Context, root post.Post, listed map[string]bool, found func(o vocab.Object)) {
	known, err := remotePosts(ctx, v.DB, root.ID, maxThread)
	if err != nil {
		v.Log.WarnContext(ctx, "thread not checked", "uri", root.URI, "error", err)
		return
	}
	for _, uri := range known {
		if listed[uri] || v.asked[uri] {
			continue
		}
		if over(ctx) {
			return
		}
		o, err := v.object(ctx, uri)
		switch {
		case vanished(err), err == nil && o.Tombstone():
			if err := v.Posts.ReceiveDelete(ctx, uri); err != nil {
				v.Log.WarnContext(ctx, "deleted post not withdrawn", "uri", uri, "error", err)
			}
		case err == nil && found != nil:
			found(o)
		}
	}
}
