package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

func (o *Outbox) createPost(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Post.State != post.StatePublished || !doc.Post.Local {
		return plan{}, err
	}
	out, err := o.Render.Create(doc)
	p := o.aboutPost(doc, out)
	return p, err
}

func (o *Outbox) updatePost(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Post.State != post.StatePublished || !doc.Post.Local {
		return plan{}, err
	}
	if _, ok, err := o.known(ctx, vocab.CreateURI(doc.Post)); err != nil || !ok {
		return plan{}, err // the Create is still to come and will say what is true then
	}
	out, err := o.Render.Update(doc)
	p := o.aboutPost(doc, out)
	return p, err
}

func (o *Outbox) deletePost(ctx context.Context, id int64) (plan, error) {
	doc, err := o.Document(ctx, id)
	if err != nil || doc.Post.State != post.StateWithdrawn || !doc.Post.Local || doc.Author.State == account.Gone {
		return plan{}, err // with its author, everybody was told that all is gone
	}
	if _, ok, err := o.known(ctx, vocab.CreateURI(doc.Post)); err != nil || !ok {
		return plan{}, err
	}
	out, err := o.Render.Delete(doc)
	p := o.aboutPost(doc, out)
	// Whoever was told that it exists is told that it does not, also those who no longer follow, and those who may quote it.
	p.to.ToldOf = doc.Post.URI
	if err != nil {
		return p, err
	}
	if doc.Post.Visibility == post.Network {
		p.to.FollowersOf, p.to.Accounts = nil, nil // outside the network nobody hears that there was anything
		return p, nil
	}
	stamped, err := o.Quotes.Stamps(ctx, id)
	p.to.Accounts = append(p.to.Accounts, stamped...)
	return p, err
}

// aboutPost is who hears of a post, and what its board does with it.
func (o *Outbox) aboutPost(doc vocab.PostDoc, out vocab.Outgoing) plan {
	out.FollowersOnly = doc.Post.Visibility == post.Followers
	p := plan{out: out, table: "posts", id: doc.Post.ID}
	if doc.Post.Visibility != post.Direct {
		p.to.FollowersOf = []int64{doc.Author.ID}
	}
	for _, m := range doc.Mentions {
		p.to.Accounts = append(p.to.Accounts, m.ID)
	}
	if doc.ParentAuthor != nil {
		p.to.Accounts = append(p.to.Accounts, doc.ParentAuthor.ID)
	}
	p.to.Personal = doc.Post.Visibility == post.Direct
	if doc.Post.Visibility == post.Network {
		p.to.NetworkOnly = doc.Post.State == post.StatePublished // that it is withdrawn may be told to who has left the network
		if doc.Circle != nil {
			p.to.FollowersOf = append(p.to.FollowersOf, doc.Circle.ID)
		}
	}
	if doc.Board != nil && doc.Public() {
		if doc.Board.Local() {
			p.jobs = func(activityID int64) []river.JobArgs {
				return []river.JobArgs{job.GroupAnnounce{GroupID: doc.Board.ID, ActivityID: activityID}}
			}
		} else {
			// The group of the board passes it on to all who follow it.
			p.to.Accounts = append(p.to.Accounts, doc.Board.ID)
		}
	}
	seen := postVersion{State: string(doc.Post.State), Visibility: string(doc.Post.Visibility), EditedAt: doc.Post.EditedAt}
	p.still = func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
		now, err := postVersionByID(ctx, tx, doc.Post.ID)
		return seen.equal(now), err
	}
	return p
}

// Document gathers what the document of one of our posts states. The GET endpoints show the same.
func (o *Outbox) Document(ctx context.Context, id int64) (vocab.PostDoc, error) {
	p, err := o.Posts.Get(ctx, id)
	if err != nil {
		return vocab.PostDoc{}, err
	}
	return o.DocumentOf(ctx, p)
}

// DocumentOf is Document for a post already read.
func (o *Outbox) DocumentOf(ctx context.Context, p post.Post) (vocab.PostDoc, error) {
	doc := vocab.PostDoc{Post: p}
	mentioned, err := o.Posts.MentionIDs(ctx, p.ID)
	if err != nil {
		return doc, err
	}
	if doc.Tags, err = o.Posts.Tags(ctx, p.ID); err != nil {
		return doc, err
	}
	ids := append([]int64{p.AccountID}, mentioned...)
	if p.BoardID != nil {
		ids = append(ids, *p.BoardID)
	}
	var parentAuthor int64
	if p.InReplyToID != nil {
		parent, err := o.Posts.Get(ctx, *p.InReplyToID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return doc, err
		}
		parentAuthor = parent.AccountID
		ids = append(ids, parentAuthor)
	}
	accounts, err := o.Accounts.ByIDs(ctx, ids)
	if err != nil {
		return doc, err
	}
	author, ok := accounts[p.AccountID]
	if !ok {
		return doc, fault.New(fault.NotFound, "error.account.not_found")
	}
	doc.Author = author
	if p.BoardID != nil {
		doc.Board = pointer(accounts, *p.BoardID)
	}
	if p.Visibility == post.Network {
		if doc.Circle, err = o.circle(ctx, p); err != nil {
			return doc, err
		}
	}
	doc.ParentAuthor = pointer(accounts, parentAuthor)
	for _, id := range mentioned {
		if a, ok := accounts[id]; ok {
			doc.Mentions = append(doc.Mentions, a)
		}
	}
	files, err := o.Media.ByPosts(ctx, []int64{p.ID})
	if err != nil {
		return doc, err
	}
	doc.Media = files[p.ID]
	if p.Kind == post.Question {
		polls, err := o.Polls.ByPosts(ctx, 0, []int64{p.ID})
		if err != nil {
			return doc, err
		}
		if asked, ok := polls[p.ID]; ok {
			doc.Poll = &asked
		}
	}
	quoted, err := o.Quotes.Get(ctx, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return doc, err
	}
	if err == nil {
		doc.Quote = &quoted
		if doc.QuotedURL, err = o.pageOf(ctx, quoted.QuotedID); err != nil {
			return doc, err
		}
	}
	if err := o.answers(ctx, p, &doc); err != nil {
		return doc, err
	}
	if p.Publication() {
		of, err := o.Publications.Get(ctx, p.ID)
		if err == nil {
			doc.Publication = &of
		}
		return doc, unless(err, fault.NotFound)
	}
	if p.Kind == post.Article {
		details, err := o.Practices.Get(ctx, p.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return doc, err
		}
		if err == nil {
			doc.Practice = &details
		}
	}
	return doc, nil
}

// answers adds what an answer to a practice says beyond its text.
func (o *Outbox) answers(ctx context.Context, p post.Post, doc *vocab.PostDoc) error {
	switch p.Role {
	case post.RoleReuse:
		r, err := o.Reuses.Get(ctx, p.ID)
		if err == nil {
			doc.Reuse = &r
		}
		return unless(err, fault.NotFound)
	case post.RoleAssessment:
		a, err := o.Assessments.Get(ctx, p.ID)
		if err == nil {
			doc.Assessment = &a
		}
		return unless(err, fault.NotFound)
	case post.RoleInvitation:
		uri, err := o.Assessments.PracticeOf(ctx, p.ID)
		doc.InvitesTo = uri
		return err
	}
	return nil
}

// unless is err, but nil for one of that kind.
func unless(err error, kind fault.Kind) error {
	if fault.Is(err, kind) {
		return nil
	}
	return err
}

// circle is our group under which a post for the administration network is sent: the instances that follow it are told.
func (o *Outbox) circle(ctx context.Context, p post.Post) (*account.Account, error) {
	find := o.Accounts.Forum
	if p.Kind == post.Article {
		find = o.Accounts.Catalog
	}
	group, err := find(ctx)
	return &group, err
}

// pageOf is the page of a post, "" for one that we do not know.
func (o *Outbox) pageOf(ctx context.Context, id *int64) (string, error) {
	if id == nil {
		return "", nil
	}
	p, err := o.Posts.Get(ctx, *id)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return p.URL, err
}

func pointer(accounts map[int64]account.Account, id int64) *account.Account {
	if a, ok := accounts[id]; ok {
		return &a
	}
	return nil
}
