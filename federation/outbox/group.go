package outbox

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// AnnounceURI is the id of a group's Announce: of a post, or of the activity with that row id.
func AnnounceURI(group account.Account, id int64) string {
	return group.URI + "/announces/" + strconv.FormatInt(id, 10)
}

// GroupAnnounce passes an activity about a post of the group's board on to all who follow the group (FEP-1b12), so that
// every instance has the whole thread whoever wrote it. A new top-level post is announced a second time by its id, which
// is all that Mastodon and others understand.
func (o *Outbox) GroupAnnounce(ctx context.Context, args job.GroupAnnounce) error {
	group, err := o.Accounts.ByID(ctx, args.GroupID)
	if err != nil {
		return fmt.Errorf("outbox.GroupAnnounce: %w", err)
	}
	if !group.Local() || group.Kind != account.Group {
		return river.JobCancel(fmt.Errorf("outbox.GroupAnnounce: %s is not one of our groups", group.URI))
	}
	var (
		id   int64
		body []byte
	)
	if args.ActivityID != 0 {
		a, err := activityByID(ctx, o.DB, args.ActivityID)
		if err != nil {
			return fmt.Errorf("outbox.GroupAnnounce: activity %d: %w", args.ActivityID, err)
		}
		id, body = a.ID, a.Body
	} else {
		body, err = receivedBody(ctx, o.DB, args.InboxID)
		if err != nil {
			return fmt.Errorf("outbox.GroupAnnounce: received %d: %w", args.InboxID, err)
		}
		id = args.InboxID
	}
	inner, err := vocab.ParseActivity(body)
	if err == nil && inner.Type == "Announce" && inner.EmbeddedObject() {
		// Another group passed it on to us. Never an Announce of an Announce: what its author wrote is passed on.
		body = inner.Object
		inner, err = inner.Inner()
	}
	if err != nil {
		return river.JobCancel(fmt.Errorf("outbox.GroupAnnounce: %w", err))
	}
	at := o.now()
	wrapped, err := o.Render.PassOn(AnnounceURI(group, id), group, inner.ID, body, at)
	if err != nil {
		return fmt.Errorf("outbox.GroupAnnounce: %w", err)
	}
	// Its author's server has it already.
	to := recipients{FollowersOf: []int64{group.ID}, NotHost: vocab.HostOf(inner.Actor)}
	plans := []plan{{out: wrapped, table: "accounts", id: group.ID, to: to}}
	if inner.Type == "Create" {
		if p, ok, err := o.announcePost(ctx, group, inner.ObjectID, at); err != nil {
			return err
		} else if ok {
			plans = append(plans, p)
		}
	}
	return o.storeAll(ctx, plans)
}

// announcePost is the Announce of the post itself, for top-level posts only: announced comments would flood the readers
// of other software.
func (o *Outbox) announcePost(ctx context.Context, group account.Account, uri string, at time.Time) (plan, bool, error) {
	p, err := o.Posts.Find(ctx, uri)
	if fault.Is(err, fault.NotFound) {
		return plan{}, false, nil
	}
	if err != nil {
		return plan{}, false, fmt.Errorf("outbox.GroupAnnounce: %w", err)
	}
	if p.InReplyToURI != "" || p.State != post.StatePublished {
		return plan{}, false, nil
	}
	author, err := o.Accounts.ByID(ctx, p.AccountID)
	if err != nil {
		return plan{}, false, fmt.Errorf("outbox.GroupAnnounce: %w", err)
	}
	if group.Username == account.CatalogUsername && !author.Local() {
		return plan{}, false, nil // a catalogue vouches for its own house; others' practices need an editor's decision
	}
	out, err := o.Render.AnnouncePost(AnnounceURI(group, p.ID), group, p.URI, author.URI, at)
	return plan{out: out, table: "posts", id: p.ID, to: recipients{FollowersOf: []int64{group.ID}}}, true, err
}

// storeAll stores each plan; a repeated job finds them stored and sends nothing twice.
func (o *Outbox) storeAll(ctx context.Context, plans []plan) error {
	for _, p := range plans {
		if err := o.store(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
