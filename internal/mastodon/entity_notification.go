package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
)

// Notification is the Notification entity.
type Notification struct {
	ID        string  `json:"id"`
	Type      string  `json:"type"`
	CreatedAt string  `json:"created_at"`
	GroupKey  string  `json:"group_key"`
	Account   Account `json:"account"`
	// Of what is about a status only, and of what is about a report.
	Status   *Status `json:"status,omitempty"`
	Report   *Report `json:"report,omitempty"`
	Filtered bool    `json:"filtered,omitempty"`
}

// GroupedNotifications is the GroupedNotificationsResults entity: groups, and once each whom and what they name.
type GroupedNotifications struct {
	Accounts        []Account           `json:"accounts"`
	PartialAccounts *[]PartialAccount   `json:"partial_accounts,omitempty"`
	Statuses        []Status            `json:"statuses"`
	Groups          []NotificationGroup `json:"notification_groups"`
}

// NotificationGroup is the entity of that name.
type NotificationGroup struct {
	GroupKey               string   `json:"group_key"`
	NotificationsCount     int      `json:"notifications_count"`
	Type                   string   `json:"type"`
	MostRecentID           int64    `json:"most_recent_notification_id"` // a number, as in Mastodon
	PageMinID              string   `json:"page_min_id,omitempty"`
	PageMaxID              string   `json:"page_max_id,omitempty"`
	LatestPageNotification string   `json:"latest_page_notification_at,omitempty"`
	SampleAccountIDs       []string `json:"sample_account_ids"`
	StatusID               *string  `json:"status_id,omitempty"`
	Report                 *Report  `json:"report,omitempty"`
}

// PartialAccount is as much of an account as its picture needs.
type PartialAccount struct {
	ID           string `json:"id"`
	Acct         string `json:"acct"`
	URL          string `json:"url"`
	Avatar       string `json:"avatar"`
	AvatarStatic string `json:"avatar_static"`
	Locked       bool   `json:"locked"`
	Bot          bool   `json:"bot"`
}

// NotificationRequest is somebody whose notifications are kept apart.
type NotificationRequest struct {
	ID                 string  `json:"id"`
	CreatedAt          string  `json:"created_at"`
	UpdatedAt          string  `json:"updated_at"`
	NotificationsCount int     `json:"notifications_count,string"`
	Account            Account `json:"account"`
	LastStatus         *Status `json:"last_status"`
}

// NotificationPolicy is version 2: an answer for each sort of people.
type NotificationPolicy struct {
	ForNotFollowing    string        `json:"for_not_following"`
	ForNotFollowers    string        `json:"for_not_followers"`
	ForNewAccounts     string        `json:"for_new_accounts"`
	ForPrivateMentions string        `json:"for_private_mentions"`
	ForLimitedAccounts string        `json:"for_limited_accounts"`
	Summary            PolicySummary `json:"summary"`
}

// NotificationPolicyV1 knows only to filter or not.
type NotificationPolicyV1 struct {
	FilterNotFollowing    bool          `json:"filter_not_following"`
	FilterNotFollowers    bool          `json:"filter_not_followers"`
	FilterNewAccounts     bool          `json:"filter_new_accounts"`
	FilterPrivateMentions bool          `json:"filter_private_mentions"`
	Summary               PolicySummary `json:"summary"`
}

// PolicySummary is what waits for the reader.
type PolicySummary struct {
	PendingRequestsCount      int `json:"pending_requests_count"`
	PendingNotificationsCount int `json:"pending_notifications_count"`
}

// count answers how many are unread.
type count struct {
	Count int `json:"count"`
}

// notificationEntities completes notifications with a fixed number of queries, in the given order.
func (s *Server) notificationEntities(ctx context.Context, reader account.Account, views []notification.View) ([]Notification, error) {
	set := newNamed(reader)
	for _, v := range views {
		set.add([]account.Account{v.From}, v.Post, v.ReportID)
	}
	if err := s.name(ctx, set); err != nil {
		return nil, err
	}
	list := make([]Notification, 0, len(views))
	for _, v := range views {
		if notification.Types[v.Kind] == "" {
			continue // programs have no name for it
		}
		n := Notification{
			ID: idText(v.ID), Type: notification.Types[v.Kind], CreatedAt: stamp(v.CreatedAt), GroupKey: v.Key(),
			Account: set.accounts[v.From.ID], Filtered: v.Filtered,
		}
		if v.Post != nil {
			n.Status = set.statuses[v.Post.Post.ID]
		}
		if v.ReportID != nil {
			if n.Report = set.reports[*v.ReportID]; n.Report == nil {
				continue
			}
		}
		list = append(list, n)
	}
	return list, nil
}

// groupedEntities completes groups. partial names in full only whom a group names first.
func (s *Server) groupedEntities(ctx context.Context, reader account.Account, groups []notification.Group, partial bool) (GroupedNotifications, error) {
	set := newNamed(reader)
	for _, g := range groups {
		set.add(g.From, g.Post, g.ReportID)
	}
	result := GroupedNotifications{Accounts: []Account{}, Statuses: []Status{}, Groups: []NotificationGroup{}}
	if err := s.name(ctx, set); err != nil {
		return result, err
	}
	full := map[int64]bool{}
	for _, g := range groups {
		if notification.Types[g.Kind] == "" {
			continue
		}
		entity := NotificationGroup{
			GroupKey: g.Key, NotificationsCount: g.Count, Type: notification.Types[g.Kind], MostRecentID: g.NewestID,
			PageMinID: idText(g.LowestID), PageMaxID: idText(g.NewestID), LatestPageNotification: stamp(g.At), SampleAccountIDs: []string{},
		}
		for i, a := range g.From {
			entity.SampleAccountIDs = append(entity.SampleAccountIDs, idText(a.ID))
			full[a.ID] = full[a.ID] || i == 0 || !partial
		}
		if g.Post != nil {
			entity.StatusID = idOrNil(&g.Post.Post.ID)
		}
		if g.ReportID != nil {
			if entity.Report = set.reports[*g.ReportID]; entity.Report == nil {
				continue
			}
		}
		result.Groups = append(result.Groups, entity)
	}
	partials := []PartialAccount{}
	for _, a := range set.people {
		entity := set.accounts[a.ID]
		if full[a.ID] {
			result.Accounts = append(result.Accounts, entity)
			continue
		}
		partials = append(partials, PartialAccount{
			ID: entity.ID, Acct: entity.Acct, URL: entity.URL, Avatar: entity.Avatar, AvatarStatic: entity.AvatarStatic,
			Locked: entity.Locked, Bot: entity.Bot,
		})
	}
	if partial {
		result.PartialAccounts = &partials
	}
	for _, v := range set.posts {
		result.Statuses = append(result.Statuses, *set.statuses[v.Post.ID])
	}
	return result, nil
}

// named is whom and what notifications name, each once.
type named struct {
	reader    account.Account
	people    []account.Account
	posts     []post.View
	reportIDs []int64

	accounts map[int64]Account
	statuses map[int64]*Status
	reports  map[int64]*Report
}

func newNamed(reader account.Account) *named {
	return &named{reader: reader, accounts: map[int64]Account{}, statuses: map[int64]*Status{}, reports: map[int64]*Report{}}
}

func (n *named) add(people []account.Account, about *post.View, reportID *int64) {
	for _, a := range people {
		if _, ok := n.accounts[a.ID]; !ok {
			n.accounts[a.ID] = Account{}
			n.people = append(n.people, a)
		}
	}
	if about != nil {
		if _, ok := n.statuses[about.Post.ID]; !ok {
			n.statuses[about.Post.ID] = nil
			n.posts = append(n.posts, *about)
		}
	}
	if reportID != nil {
		n.reportIDs = append(n.reportIDs, *reportID)
	}
}

// name makes the entities of a set.
func (s *Server) name(ctx context.Context, set *named) error {
	viewer := post.Viewer{AccountID: set.reader.ID}
	accounts, err := s.accountEntities(ctx, set.people)
	if err != nil {
		return err
	}
	for i, a := range set.people {
		set.accounts[a.ID] = accounts[i]
	}
	statuses, err := s.statusEntities(ctx, viewer, set.posts)
	if err != nil {
		return err
	}
	for i, v := range set.posts {
		set.statuses[v.Post.ID] = &statuses[i]
	}
	if len(set.reportIDs) == 0 {
		return nil
	}
	reports, err := s.Moderation.ByIDs(ctx, set.reader, set.reportIDs)
	if err != nil {
		return err
	}
	entities, err := s.reportEntities(ctx, viewer, reports)
	if err != nil {
		return err
	}
	for i, r := range reports {
		set.reports[r.ID] = &entities[i]
	}
	return nil
}
