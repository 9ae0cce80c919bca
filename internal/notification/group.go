package notification

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Group is what is alike, read as one; what stands alone is a group of one. It stands in a list where its newest member
// stands, whole: reading down a list meets each group once.
type Group struct {
	Key      string
	Kind     string
	Count    int
	NewestID int64 // of what the reader may see of it
	LowestID int64 // the oldest of it that is not older than its page
	At       time.Time
	Cursor   int64 // its place in the list
	PostID   *int64
	ReportID *int64

	From []account.Account // the last who caused it, the latest first
	Post *post.View
}

// sampleSize is how many people of a group are named with it.
const sampleSize = 8

// ungrouped begins the key of what stands alone; its id follows.
const ungrouped = "ungrouped-"

// Key returns the key of the group that n is part of.
func (n Notification) Key() string {
	if n.GroupKey == "" {
		return ungrouped + strconv.FormatInt(n.ID, 10)
	}
	return n.GroupKey
}

// Groups lists what a query selects as groups, newest first. together are the kinds that are grouped, nil means all of
// Groupable.
func (s *Service) Groups(ctx context.Context, reader account.Account, q Query, together []string) (groups []Group, err error) {
	size := q.Page.Size()
	var heads []Notification
	for {
		batch, err := findHeads(ctx, s.db, reader.ID, q, alone(together))
		if err != nil {
			return nil, fmt.Errorf("notification.Groups of %d: %w", reader.ID, err)
		}
		// Groups of which the reader sees nothing any more are left out, and the page is filled up with others.
		if q.Page.Upwards() {
			heads = slices.Concat(batch, heads)
		} else {
			heads = slices.Concat(heads, batch)
		}
		groups, err := s.completeGroups(ctx, reader.ID, heads, together)
		if err != nil {
			return nil, err
		}
		enough := len(groups) > size
		if enough && q.Page.Upwards() {
			groups = groups[len(groups)-size:]
		} else if enough {
			groups = groups[:size]
		}
		heads = leading(groups, heads)
		if enough {
			// What a group says of itself goes down to the end of its page, which is known only now.
			return s.completeGroups(ctx, reader.ID, heads, together)
		}
		if len(batch) < size || len(groups) == size {
			return groups, nil
		}
		if q.Page.Upwards() {
			q.Page.MinID = batch[0].ID
		} else {
			q.Page.MaxID = batch[len(batch)-1].ID
		}
	}
}

// leading are those of the heads that lead one of the groups.
func leading(groups []Group, heads []Notification) []Notification {
	return slices.DeleteFunc(heads, func(n Notification) bool {
		return !slices.ContainsFunc(groups, func(g Group) bool { return g.Cursor == n.ID })
	})
}

// alone are the groupable kinds that are not to be grouped.
func alone(together []string) []string {
	if together == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(Groupable), func(kind string) bool { return slices.Contains(together, kind) })
}

// Group returns the group with that key; fault.NotFound.
func (s *Service) Group(ctx context.Context, reader account.Account, key string) (Group, error) {
	head, err := s.headOf(ctx, reader, key)
	if err != nil {
		return Group{}, err
	}
	var together []string
	if strings.HasPrefix(key, ungrouped) {
		together = []string{}
	}
	groups, err := s.completeGroups(ctx, reader.ID, []Notification{head}, together)
	if err != nil {
		return Group{}, err
	}
	if len(groups) == 0 {
		return Group{}, errNotFound()
	}
	return groups[0], nil
}

func (s *Service) headOf(ctx context.Context, reader account.Account, key string) (n Notification, err error) {
	if id, ok := strings.CutPrefix(key, ungrouped); ok {
		number, parseErr := strconv.ParseInt(id, 10, 64)
		if parseErr != nil {
			return n, errNotFound()
		}
		n, err = byID(ctx, s.db, reader.ID, number)
	} else {
		n, err = newestOf(ctx, s.db, reader.ID, key)
	}
	if db.IsNotFound(err) {
		return n, errNotFound()
	}
	if err != nil {
		return n, fmt.Errorf("notification: group %q of %d: %w", key, reader.ID, err)
	}
	return n, nil
}

// completeGroups adds to the heads of a page what belongs to them, with a fixed number of queries.
func (s *Service) completeGroups(ctx context.Context, readerID int64, heads []Notification, together []string) ([]Group, error) {
	if len(heads) == 0 {
		return nil, nil
	}
	apart := alone(together)
	var keys []string
	for _, n := range heads {
		if n.GroupKey != "" && !slices.Contains(apart, n.Kind) {
			keys = append(keys, n.GroupKey)
		}
	}
	members, err := membersOf(ctx, s.db, readerID, keys, heads[len(heads)-1].ID)
	if err != nil {
		return nil, fmt.Errorf("notification: members of groups of %d: %w", readerID, err)
	}
	groups := make([]Group, len(heads))
	from := make([][]int64, len(heads))
	var people, posts []int64
	for i, n := range heads {
		groups[i] = Group{
			Key: ungrouped + strconv.FormatInt(n.ID, 10), Kind: n.Kind, Count: 1, NewestID: n.ID, LowestID: n.ID, At: n.CreatedAt,
			Cursor: n.ID, PostID: n.PostID, ReportID: n.ReportID,
		}
		from[i] = []int64{n.FromAccountID}
		if n.GroupKey != "" && !slices.Contains(apart, n.Kind) {
			g, m := &groups[i], members[n.GroupKey]
			g.Key, g.Count, g.NewestID, g.LowestID, g.At = n.GroupKey, m.Count, m.NewestID, m.LowestID, m.At
			from[i] = m.From
		}
		people = append(people, from[i]...)
		if n.PostID != nil {
			posts = append(posts, *n.PostID)
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	views, err := s.postViews(ctx, readerID, posts)
	if err != nil {
		return nil, err
	}
	result := groups[:0]
	for i, g := range groups {
		if g.Count == 0 {
			continue
		}
		if g.PostID != nil {
			if g.Post = views[*g.PostID]; g.Post == nil {
				continue
			}
		}
		for _, id := range from[i] {
			if a, ok := accounts[id]; ok {
				g.From = append(g.From, a)
			}
		}
		result = append(result, g)
	}
	return result, nil
}

// GroupMembers lists who caused a group, the latest first; fault.NotFound. The cursors are ids of notifications.
func (s *Service) GroupMembers(ctx context.Context, reader account.Account, key string, page paging.Page) ([]View, error) {
	head, err := s.headOf(ctx, reader, key)
	if err != nil {
		return nil, err
	}
	items := []Notification{head}
	if !strings.HasPrefix(key, ungrouped) {
		if items, err = findMembers(ctx, s.db, reader.ID, key, page); err != nil {
			return nil, fmt.Errorf("notification.GroupMembers %q of %d: %w", key, reader.ID, err)
		}
	}
	return s.complete(ctx, reader.ID, items)
}

// DismissGroup removes all of a group; fault.NotFound.
func (s *Service) DismissGroup(ctx context.Context, reader account.Account, key string) error {
	if id, ok := strings.CutPrefix(key, ungrouped); ok {
		number, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return errNotFound()
		}
		return s.Dismiss(ctx, reader, number)
	}
	n, err := removeGroup(ctx, s.db, reader.ID, key)
	if err != nil {
		return fmt.Errorf("notification.DismissGroup %q of %d: %w", key, reader.ID, err)
	}
	if n == 0 {
		return errNotFound()
	}
	return nil
}

// CountUnreadGroups counts the groups with something unread in them, up to the limit of the query's page.
func (s *Service) CountUnreadGroups(ctx context.Context, reader account.Account, q Query, together []string) (int, error) {
	q.Page.Limit = min(max(q.Page.Limit, 1), maxUnread)
	n, err := unreadHeads(ctx, s.db, reader.ID, q, alone(together))
	if err != nil {
		return 0, fmt.Errorf("notification.CountUnreadGroups of %d: %w", reader.ID, err)
	}
	return n, nil
}
