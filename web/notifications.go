package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

// notificationView is one line of the list.
type notificationView struct {
	notification.View
	Href   string         // the post, the person, the review, or the open requests
	Told   *practice.Told // of a review: what happened
	Search string         // name of the saved search that found it
	Listed string         // name of the entry of the directory
}

type notificationsView struct {
	Items      []notificationView
	Newest     int64
	Pagination pagination
	Nav        homeNav
}

// Excerpt is what the post is about.
func (v notificationView) Excerpt() string {
	if v.Post.Post.Title != "" || v.Post.Post.Sensitive {
		return v.Post.Post.Heading()
	}
	return excerpt(markup.Text(v.Post.Post.HTML), excerptLength)
}

// Elsewhere reports whether another instance reported something; the account that stands for it here is our own.
func (v notificationView) Elsewhere() bool {
	return v.Kind == "report" && v.From.Kind == account.Application
}

// notificationKinds are the kinds that have words of their own.
var notificationKinds = map[string]bool{
	"mention": true, "reply": true, "follow": true, "follow_request": true, "favourite": true, "boost": true, "curated": true,
	"saved_search": true, "status": true, "reuse": true, "assessment": true, "invited": true, "poll": true, "update": true, "report": true, "moved": true,
	"assigned": true, "unconfirmed": true,
}

// Words is the key of what happened; a kind that a newer version wrote is still shown.
func (v notificationView) Words() string {
	if v.Told != nil {
		return "review.notice." + string(v.Told.Event)
	}
	if notificationKinds[v.Kind] {
		return "notice." + v.Kind
	}
	return "notice.other"
}

// toldOf says what the reviews among notifications are about.
func (s *Site) toldOf(r *http.Request, reader account.Account, items []notification.View) (map[int64]practice.Told, error) {
	var ids []int64
	for _, item := range items {
		if item.PracticeLogID != nil {
			ids = append(ids, *item.PracticeLogID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	told, err := s.Practices.Told(r.Context(), reader.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	return told, nil
}

// searchesOf says which of the reader's searches found what they are told of.
func (s *Site) searchesOf(r *http.Request, reader account.Account, items []notification.View) (map[int64]search.Saved, error) {
	var ids []int64
	for _, item := range items {
		if item.Kind == notification.SavedSearch && item.PostID != nil {
			ids = append(ids, *item.PostID)
		}
	}
	names, err := s.Searches.Names(r.Context(), reader.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	return names, nil
}

// showNotifications lists them and marks what is shown as read: unread ones stay marked on this view of the page.
func (s *Site) showNotifications(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	items, err := s.Notifications.List(r.Context(), reader, paging.Page{MaxID: maxID(r)})
	if err != nil {
		return fmt.Errorf("notifications: %w", err)
	}
	told, err := s.toldOf(r, reader, items)
	if err != nil {
		return err
	}
	names, err := s.searchesOf(r, reader, items)
	if err != nil {
		return err
	}
	view := notificationsView{}
	for _, item := range items {
		v := notificationView{View: item, Href: profileURL(item.From)}
		if item.Kind == notification.SavedSearch && item.PostID != nil {
			v.Search = names[*item.PostID].Name
		}
		switch {
		case item.Kind == notification.Assigned:
			v.Href = fmt.Sprintf("/redaktion/%d", item.Post.Post.ID)
		case item.Post != nil:
			v.Href = fmt.Sprintf("/beitraege/%d", item.Post.Post.ID)
		case item.ReportID != nil:
			v.Href = fmt.Sprintf("/verwaltung/meldungen/%d", *item.ReportID)
		case item.ListedID != nil:
			e, err := s.Directory.OwnByID(r.Context(), *item.ListedID)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return fmt.Errorf("notifications: %w", err)
			}
			v.Listed, v.Href = e.Name, directoryDeskPath
		case item.PracticeLogID != nil:
			entry, ok := told[*item.PracticeLogID]
			if !ok {
				view.Newest = max(view.Newest, item.ID)
				continue // the reader no longer belongs to those who decide
			}
			v.Told, v.Href = &entry, reviewURL(entry.PostID)
		case item.Kind == "follow_request":
			v.Href = "/bereich/anfragen"
		}
		view.Newest = max(view.Newest, item.ID)
		view.Items = append(view.Items, v)
	}
	if len(items) == (paging.Page{}).Size() {
		view.Pagination = olderThan(r, items[len(items)-1].ID)
	}
	if view.Nav, err = s.homeNav(r, reader, "notifications"); err != nil {
		return err
	}
	// A prefetching browser or a HEAD request has not been read by anyone.
	if maxID(r) == 0 && view.Newest != 0 && r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" {
		if err := s.Notifications.MarkRead(r.Context(), reader, view.Newest); err != nil {
			return fmt.Errorf("mark notifications read: %w", err)
		}
	}
	return s.render(w, r, http.StatusOK, "notifications", page{Title: s.t(r, "notice.title"), Nav: "home", Data: view, NoIndex: true})
}
