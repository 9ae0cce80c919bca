package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"
)

func (g *goContract) timelines(anna, bert, visitor *mastodon.Client, other *mastodon.Account, note *mastodon.Status) {
	public := func(list []*mastodon.Status, err error) error { return errors.Join(err, holdsStatus(list, note.ID)) }
	g.check("GetTimelineHome", func(ctx context.Context) error {
		page := &mastodon.Pagination{Limit: 2}
		seen := map[mastodon.ID]bool{}
		for range 20 {
			list, err := anna.GetTimelineHome(ctx, page)
			if err != nil {
				return err
			}
			for _, s := range list {
				if seen[s.ID] {
					return fmt.Errorf("%s comes twice", s.ID)
				}
				seen[s.ID] = true
			}
			if page.MaxID == "" {
				return wants(len(seen) >= 4, "only %d statuses", len(seen))
			}
			page.Limit = 2
		}
		return errors.New("there is no last page")
	})
	g.check("GetTimelinePublic", func(ctx context.Context) error { return public(visitor.GetTimelinePublic(ctx, true, nil)) })
	g.check("GetTimelineHashtag", func(ctx context.Context) error { return public(visitor.GetTimelineHashtag(ctx, "strom", false, nil)) })
	g.check("GetTimelineHashtagMultiple", func(ctx context.Context) error {
		return public(visitor.GetTimelineHashtagMultiple(ctx, "wasser", true, &mastodon.TagData{Any: []string{"Strom"}}, nil))
	})
	g.check("GetTimelineMedia", func(ctx context.Context) error {
		list, err := visitor.GetTimelineMedia(ctx, true, nil)
		// It asks as pawoo.net wants it (media=t), which nobody else knows: this is the public timeline, and in it what has media.
		return errors.Join(err, wants(slices.ContainsFunc(list, func(s *mastodon.Status) bool { return len(s.MediaAttachments) == 1 }), "%v", statusIDs(list)))
	})
	g.check("GetTrendingStatuses", func(ctx context.Context) error {
		list, err := visitor.GetTrendingStatuses(ctx, nil)
		return errors.Join(err, wants(!slices.ContainsFunc(list, func(s *mastodon.Status) bool { return s.Visibility != "public" }), "not all are public"))
	})
	g.check("Search", func(ctx context.Context) error {
		r, err := anna.Search(ctx, "bert", false)
		if err != nil {
			return err
		}
		return wants(slices.Contains(accountNames(r.Accounts), "bert"), "%v", accountNames(r.Accounts))
	})
	g.lists(anna, other)
	var talk *mastodon.Conversation
	g.check("GetConversations", func(ctx context.Context) error {
		if _, err := bert.PostStatus(ctx, &mastodon.Toot{Status: "@anna Unter uns", Visibility: "direct"}); err != nil {
			return err
		}
		list, err := anna.GetConversations(ctx, nil)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d conversations: %w", len(list), errors.Join(err))
		}
		talk = list[0]
		return errors.Join(wrong(accountNames(talk.Accounts), []string{"bert"}), wants(talk.Unread, "it is read"))
	})
	if talk == nil {
		return
	}
	g.check("GetTimelineDirect", func(ctx context.Context) error {
		list, err := anna.GetTimelineDirect(ctx, nil)
		return errors.Join(err, wrong(statusIDs(list), []mastodon.ID{talk.LastStatus.ID}))
	})
	g.check("MarkConversationAsRead", func(ctx context.Context) error {
		err := anna.MarkConversationAsRead(ctx, talk.ID)
		list, listErr := anna.GetConversations(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 1 && !list[0].Unread, "%+v", list))
	})
	g.check("DeleteConversation", func(ctx context.Context) error {
		err := anna.DeleteConversation(ctx, talk.ID)
		list, listErr := anna.GetConversations(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 0, "%+v", list))
	})
}

func (g *goContract) lists(anna *mastodon.Client, other *mastodon.Account) {
	var list *mastodon.List
	g.check("CreateList", func(ctx context.Context) (err error) {
		list, err = anna.CreateList(ctx, "Betrieb")
		return errors.Join(err, wants(list != nil && list.Title == "Betrieb", "%+v", list))
	})
	if list == nil {
		return
	}
	members := func(ctx context.Context, want ...string) error {
		got, err := anna.GetListAccounts(ctx, list.ID)
		return errors.Join(err, wants(slices.Equal(accountNames(got), want), "members %v", accountNames(got)))
	}
	g.check("AddToList", func(ctx context.Context) error { return anna.AddToList(ctx, list.ID, other.ID) })
	g.check("GetListAccounts", func(ctx context.Context) error { return members(ctx, "bert") })
	g.check("GetAccountLists", func(ctx context.Context) error {
		lists, err := anna.GetAccountLists(ctx, other.ID)
		return errors.Join(err, wants(len(lists) == 1 && lists[0].ID == list.ID, "%+v", lists))
	})
	g.check("GetTimelineList", func(ctx context.Context) error {
		statuses, err := anna.GetTimelineList(ctx, list.ID, nil)
		return errors.Join(err, wants(len(statuses) > 0 && !slices.ContainsFunc(statuses, func(s *mastodon.Status) bool { return s.Account.Acct != "bert" }), "%v", statusIDs(statuses)))
	})
	g.check("RenameList", func(ctx context.Context) error {
		renamed, err := anna.RenameList(ctx, list.ID, "Rechenzentrum")
		return errors.Join(err, wants(renamed != nil && renamed.Title == "Rechenzentrum", "%+v", renamed))
	})
	g.check("GetList", func(ctx context.Context) error {
		got, err := anna.GetList(ctx, list.ID)
		return errors.Join(err, wants(got != nil && got.Title == "Rechenzentrum", "%+v", got))
	})
	g.check("GetLists", func(ctx context.Context) error {
		lists, err := anna.GetLists(ctx)
		return errors.Join(err, wants(len(lists) == 1, "%d lists", len(lists)))
	})
	g.check("RemoveFromList", func(ctx context.Context) error {
		return errors.Join(anna.RemoveFromList(ctx, list.ID, other.ID), members(ctx))
	})
	g.check("DeleteList", func(ctx context.Context) error {
		err := anna.DeleteList(ctx, list.ID)
		_, gone := anna.GetList(ctx, list.ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

func (g *goContract) filters(anna *mastodon.Client) {
	var filter *mastodon.Filter
	same := func(f *mastodon.Filter, err error, phrase string, whole bool) error {
		if err != nil {
			return err
		}
		return wrong([]any{f.Phrase, f.Context, f.WholeWord}, []any{phrase, []string{"home"}, whole})
	}
	g.check("CreateFilter", func(ctx context.Context) (err error) {
		filter, err = anna.CreateFilter(ctx, &mastodon.Filter{Phrase: "Eintopf", Context: []string{"home"}, WholeWord: true, ExpiresAt: time.Now().Add(time.Hour)})
		return same(filter, err, "Eintopf", true)
	})
	if filter == nil {
		return
	}
	g.check("GetFilter", func(ctx context.Context) error {
		f, err := anna.GetFilter(ctx, filter.ID)
		return same(f, err, "Eintopf", true)
	})
	g.check("UpdateFilter", func(ctx context.Context) error {
		f, err := anna.UpdateFilter(ctx, filter.ID, &mastodon.Filter{ID: filter.ID, Phrase: "Suppe", Context: []string{"home"}})
		return same(f, err, "Suppe", false)
	})
	g.check("GetFilters", func(ctx context.Context) error {
		list, err := anna.GetFilters(ctx)
		return errors.Join(err, wants(len(list) == 1 && list[0].Phrase == "Suppe", "%+v", list))
	})
	g.check("DeleteFilter", func(ctx context.Context) error {
		err := anna.DeleteFilter(ctx, filter.ID)
		_, gone := anna.GetFilter(ctx, filter.ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

func (g *goContract) notifications(anna, bert *mastodon.Client, note *mastodon.Status) {
	var told []*mastodon.Notification
	g.check("GetNotifications", func(ctx context.Context) error {
		within(g.t, "notifications of a mention, a favourite and a boost", func() bool {
			var err error
			told, err = anna.GetNotifications(ctx, &mastodon.Pagination{Limit: 40})
			types := map[string]bool{}
			for _, n := range told {
				types[n.Type] = true
			}
			return err == nil && types["mention"] && types["favourite"] && types["reblog"]
		})
		i := slices.IndexFunc(told, func(n *mastodon.Notification) bool { return n.Type == "favourite" })
		return wrong([]string{told[i].Account.Acct, string(told[i].Status.ID)}, []string{"bert", string(note.ID)})
	})
	g.check("GetNotificationsExclude", func(ctx context.Context) error {
		list, err := anna.GetNotificationsExclude(ctx, &[]string{"mention"}, nil)
		return errors.Join(err, wants(len(list) > 0 && !slices.ContainsFunc(list, func(n *mastodon.Notification) bool { return n.Type == "mention" }), "%d, or a mention", len(list)))
	})
	g.check("Notifications", func(ctx context.Context) error {
		seen := 0
		for n, err := range anna.Notifications(ctx, &mastodon.NotificationFilter{Includes: []string{"mention"}}, &mastodon.Pagination{Limit: 1}) {
			if err != nil {
				return err
			}
			if seen++; n.Type != "mention" {
				return fmt.Errorf("a %s", n.Type)
			}
		}
		return wants(seen > 0, "none")
	})
	g.check("GetNotification", func(ctx context.Context) error {
		n, err := anna.GetNotification(ctx, told[0].ID)
		if err != nil {
			return err
		}
		return wrong([]string{string(n.ID), n.Type}, []string{string(told[0].ID), told[0].Type})
	})
	g.check("DismissNotification", func(ctx context.Context) error {
		err := anna.DismissNotification(ctx, told[0].ID)
		_, gone := anna.GetNotification(ctx, told[0].ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
	g.check("ClearNotifications", func(ctx context.Context) error {
		err := anna.ClearNotifications(ctx)
		list, listErr := anna.GetNotifications(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 0, "%d left", len(list)))
	})
	yes, no := mastodon.Sbool(true), mastodon.Sbool(false)
	g.check("AddPushSubscription", func(ctx context.Context) error {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		s, err := anna.AddPushSubscription(ctx, "https://push.example/anna", key.PublicKey, []byte("0123456789abcdef"), mastodon.PushAlerts{Mention: &yes, Follow: &no})
		if err != nil {
			return err
		}
		return errors.Join(wrong([]any{s.Endpoint, *s.Alerts.Mention, *s.Alerts.Follow}, []any{"https://push.example/anna", yes, no}), wants(s.ServerKey != "", "no key"))
	})
	g.check("UpdatePushSubscription", func(ctx context.Context) error {
		s, err := anna.UpdatePushSubscription(ctx, &mastodon.PushAlerts{Follow: &yes, Mention: &no})
		if err != nil {
			return err
		}
		return wrong([]mastodon.Sbool{*s.Alerts.Follow, *s.Alerts.Mention}, []mastodon.Sbool{yes, no})
	})
	g.check("GetPushSubscription", func(ctx context.Context) error {
		s, err := anna.GetPushSubscription(ctx)
		if err != nil {
			return err
		}
		return wrong(s.Endpoint, "https://push.example/anna")
	})
	g.check("RemovePushSubscription", func(ctx context.Context) error {
		err := anna.RemovePushSubscription(ctx)
		_, gone := anna.GetPushSubscription(ctx)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

// streams listens by server-sent events and by WebSocket.
func (g *goContract) streams(anna, bert *mastodon.Client, other *mastodon.Account) {
	ws := anna.NewWSClient()
	g.called["NewWSClient"]++
	ws.NetDialContext = loopback.Transport.(*http.Transport).DialContext
	list, err := anna.CreateList(g.t.Context(), "Strom")
	if err != nil {
		g.t.Fatal(err)
	}
	if err := anna.AddToList(g.t.Context(), list.ID, other.ID); err != nil {
		g.t.Fatal(err)
	}
	for _, s := range []struct {
		method, text, visibility string
		open                     func(ctx context.Context) (chan mastodon.Event, error)
	}{
		{"StreamingUser", "Strom eins", "public", anna.StreamingUser},
		{"StreamingPublic", "Strom zwei", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingPublic(ctx, false) }},
		{"StreamingPublic", "Strom drei", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingPublic(ctx, true) }},
		{"StreamingHashtag", "Ein #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return anna.StreamingHashtag(ctx, "Kilowatt", false)
		}},
		{"StreamingHashtag", "Zwei #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return anna.StreamingHashtag(ctx, "Kilowatt", true)
		}},
		{"StreamingList", "Strom vier", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingList(ctx, list.ID) }},
		{"StreamingDirect", "@anna Strom fünf", "direct", anna.StreamingDirect},
		{"StreamingWSUser", "Strom sechs", "private", ws.StreamingWSUser},
		{"StreamingWSPublic", "Strom sieben", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSPublic(ctx, false) }},
		{"StreamingWSPublic", "Strom acht", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSPublic(ctx, true) }},
		{"StreamingWSHashtag", "Drei #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return ws.StreamingWSHashtag(ctx, "Kilowatt", false)
		}},
		{"StreamingWSList", "Strom neun", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSList(ctx, list.ID) }},
		{"StreamingWSDirect", "@anna Strom zehn", "direct", ws.StreamingWSDirect},
	} {
		g.check(s.method, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			before := g.session.streams.Load()
			events, err := s.open(ctx)
			if err != nil {
				return err
			}
			defer drain(events)
			defer cancel()
			within(g.t, "the stream stands", func() bool { return g.session.streams.Load() > before })
			if _, err := bert.PostStatus(ctx, &mastodon.Toot{Status: s.text, Visibility: s.visibility}); err != nil {
				return err
			}
			return heard(events, s.text)
		})
	}
}

// drain reads what still comes, so that the library's sender ends.
func drain(events chan mastodon.Event) {
	go func() {
		for range events {
		}
	}()
}

// heard waits for the status that holds the first word of text.
func heard(events chan mastodon.Event, text string) error {
	word := strings.TrimPrefix(text, "@anna ")
	word, _, _ = strings.Cut(word, " #")
	var kinds []string
	late := time.After(time.Minute)
	for {
		select {
		case <-late:
			return fmt.Errorf("heard only %v", kinds)
		case e, open := <-events:
			if !open {
				return fmt.Errorf("the stream ended after %v", kinds)
			}
			kinds = append(kinds, fmt.Sprintf("%T", e))
			switch e := e.(type) {
			case *mastodon.ErrorEvent:
				return e
			case *mastodon.UpdateEvent:
				if strings.Contains(e.Status.Content, word) {
					return wrong(e.Status.Account.Acct, "bert")
				}
			case *mastodon.ConversationEvent:
				if strings.Contains(e.Conversation.LastStatus.Content, word) {
					return nil
				}
			}
		}
	}
}
