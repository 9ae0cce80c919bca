package mastodon

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/timeline"
)

// stale is how old a post may be that comes to us and is still told: what was written long ago and is only now fetched from its
// server stands further down in all timelines.
const stale = 6 * time.Hour

// aboutPosts reports whether a stream has posts in it.
func aboutPosts(sub stream) bool { return sub.name != "user:notification" && sub.name != "direct" }

// ofAll reports whether a stream is the same for everyone.
func ofAll(sub stream) bool {
	return strings.HasPrefix(sub.name, "public") || strings.HasPrefix(sub.name, "hashtag")
}

// tellPost tells of a post that was published or edited.
func (st *streams) tellPost(ctx context.Context, id int64, edited bool) error {
	places := st.places(func(_ *listener, sub stream) bool { return aboutPosts(sub) })
	if len(places) == 0 {
		return nil
	}
	n, err := st.server.Timeline.Post(ctx, id)
	if err != nil {
		return err
	}
	if edited {
		return st.tellLine(ctx, "status.update", n, true, places)
	}
	if n.PublishedAt == nil || time.Since(*n.PublishedAt) > stale {
		return nil
	}
	return st.tellLine(ctx, "update", n, false, places)
}

// tellBoost tells of a boost, or that it was undone.
func (st *streams) tellBoost(ctx context.Context, id int64, inserted bool) error {
	places := st.places(func(_ *listener, sub stream) bool { return sub.name == "user" || sub.name == "list" })
	if len(places) == 0 {
		return nil
	}
	n, err := st.server.Timeline.Boost(ctx, id)
	switch {
	case err != nil:
		return err
	case n.Gone:
		return st.tellGone(ctx, n.PostID, n.BoostID)
	case !inserted || time.Since(*n.BoostedAt) > stale:
		return nil
	}
	return st.tellLine(ctx, "update", n, false, places)
}

// tellLine finds out in which of the places a line stands, and shows it to each viewer as they would read it. To most it looks
// the same: for those it is made once.
func (st *streams) tellLine(ctx context.Context, event string, n timeline.News, edited bool, places []place) error {
	places = slices.DeleteFunc(places, func(p place) bool { return ofAll(p.sub) && !inCommon(p.sub, n) })
	watches := map[timeline.Watch]struct{}{}
	for _, p := range places {
		if p.accountID != 0 {
			watches[timeline.Watch{AccountID: p.accountID, ListID: p.sub.list}] = struct{}{}
		}
	}
	list := make([]timeline.Watch, 0, len(watches))
	for w := range watches {
		list = append(list, w)
	}
	a, err := st.server.Timeline.Audience(ctx, n, edited, list)
	if err != nil {
		return err
	}
	// How it looks: to visitors (0), to all with an account to whom it is nothing special (-1), to each of the others.
	const usual = -1
	looks := map[int64]*payload{}
	for _, p := range places {
		switch {
		case ofAll(p.sub) && p.accountID != 0 && !a.Shown[p.accountID]:
			continue
		case !ofAll(p.sub) && !a.Stands[timeline.Watch{AccountID: p.accountID, ListID: p.sub.list}]:
			continue
		}
		look := p.accountID
		if look != 0 && !a.Special[look] {
			look = usual
		}
		made, ok := looks[look]
		if !ok {
			if made, err = st.render(ctx, post.Viewer{AccountID: p.accountID}, n); err != nil {
				return err
			}
			looks[look] = made
		}
		if made != nil {
			p.l.tell(message{label: p.label, event: event, payload: made})
		}
	}
	return nil
}

// inCommon reports whether a line stands in a stream that is the same for everyone.
func inCommon(sub stream, n timeline.News) bool {
	kind, rest, _ := strings.Cut(sub.name, ":")
	for narrower := range strings.SplitSeq(rest, ":") {
		switch {
		case narrower == "local" && !n.Local, narrower == "remote" && n.Local, narrower == "media" && !n.Media:
			return false
		}
	}
	if kind == "hashtag" {
		return n.Tagged() && slices.Contains(n.Tags, sub.tag)
	}
	return n.Public()
}

// render is nil where the viewer may not see the line after all.
func (st *streams) render(ctx context.Context, viewer post.Viewer, n timeline.News) (*payload, error) {
	view, ok, err := st.server.Timeline.View(ctx, viewer, n)
	if err != nil || !ok {
		return nil, err
	}
	status, err := st.server.statusEntity(ctx, viewer, view)
	if err != nil {
		return nil, err
	}
	return payloadOf(status)
}

func payloadOf(entity any) (*payload, error) {
	body, err := encode(entity)
	if err != nil {
		return nil, err
	}
	return newPayload(body)
}

// tellGone tells those who could see a post that a line of it, the post itself or a boost, has gone. Nothing but the id is said.
func (st *streams) tellGone(ctx context.Context, postID, lineID int64) error {
	places := st.places(func(_ *listener, sub stream) bool { return aboutPosts(sub) })
	if len(places) == 0 {
		return nil
	}
	var accountIDs []int64
	for _, p := range places {
		if p.accountID != 0 && !slices.Contains(accountIDs, p.accountID) {
			accountIDs = append(accountIDs, p.accountID)
		}
	}
	ids, visitors, err := st.server.Timeline.Witnesses(ctx, postID, accountIDs)
	if err != nil {
		return err
	}
	told, err := newPayload([]byte(idText(lineID)))
	if err != nil {
		return err
	}
	for _, p := range places {
		if p.accountID == 0 && visitors || p.accountID != 0 && slices.Contains(ids, p.accountID) {
			p.l.tell(message{label: p.label, event: "delete", payload: told})
		}
	}
	return nil
}

// tellNotification tells a person what they are notified of, unless it is kept apart for them.
func (st *streams) tellNotification(ctx context.Context, accountID, id int64) error {
	return st.tellPerson(ctx, "notification", accountID, func(l *listener, sub stream) bool {
		return sub.name == "user:notification" || sub.name == "user" && l.grant.Allows("read:notifications")
	}, func(reader account.Account) (any, error) {
		n, err := st.server.Notifications.ByID(ctx, accountID, id)
		if err != nil || n.Filtered {
			return nil, err
		}
		list, err := st.server.notificationEntities(ctx, reader, []notification.View{n})
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	})
}

// tellConversation tells a person of a direct exchange they belong to.
func (st *streams) tellConversation(ctx context.Context, accountID, id int64) error {
	return st.tellPerson(ctx, "conversation", accountID, func(_ *listener, sub stream) bool { return sub.name == "direct" },
		func(account.Account) (any, error) {
			return st.server.conversationByID(ctx, post.Viewer{AccountID: accountID}, id)
		})
}

// tellPerson tells one account something that is made only if it listens; nil is nothing to tell.
func (st *streams) tellPerson(ctx context.Context, event string, accountID int64, hears func(*listener, stream) bool, make func(account.Account) (any, error)) error {
	var reader account.Account
	places := st.places(func(l *listener, sub stream) bool {
		if l.grant.Account.ID != accountID || accountID == 0 || !hears(l, sub) {
			return false
		}
		reader = l.grant.Account
		return true
	})
	if len(places) == 0 {
		return nil
	}
	entity, err := make(reader)
	if err != nil || entity == nil {
		return err
	}
	made, err := payloadOf(entity)
	if err != nil {
		return err
	}
	for _, p := range places {
		p.l.tell(message{label: p.label, event: event, payload: made})
	}
	return nil
}
