package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// feedLength is how many entries a feed has.
//
// Feeds show what a visitor sees, whoever asks, and are in German as most of what is written here: so one answer is right for
// everybody. It may be kept, but is asked for anew each time: what was withdrawn since is shown no more. They do not say when they
// were last modified: what leaves a feed makes it no newer.
const feedLength = 30

// feedLink leads to the feed of what a page shows.
type feedLink struct{ Title, Href string }

// practiceFeed is the catalogue, narrowed by the parameters of the page.
func (s *Site) practiceFeed(w http.ResponseWriter, r *http.Request) error {
	f, query := s.readFilter(r.URL.RawQuery)
	l := s.I18n.For(languages[0])
	feed := export.Feed{Title: l.T("practices.list.title"), Subtitle: l.T("practices.list.lead")}
	if asked := s.asked(l, f); len(asked) > 0 {
		feed.Title += ": " + strings.Join(asked, ", ")
	}
	return s.sendPractices(w, r, feed, f, "/praxisbeispiele", query, true)
}

// listFeed leads from the list of practices to the feed of what it shows.
func (s *Site) listFeed(r *http.Request) []feedLink {
	_, query := s.readFilter(r.URL.RawQuery)
	return []feedLink{{s.t(r, "practices.list.title"), address("/praxisbeispiele.atom", asQuery(query))}}
}

// savedFeed is what is new for a search that somebody keeps, for whoever knows its address.
func (s *Site) savedFeed(w http.ResponseWriter, r *http.Request) error {
	saved, err := s.Searches.ByToken(r.Context(), pathText(r, "secret"))
	if err != nil {
		return err
	}
	f, query := s.readFilter(saved.Query)
	return s.sendPractices(w, r, export.Feed{Title: saved.Name}, f, "/praxisbeispiele", query, false)
}

// sendPractices sends the newest practices that pass the filter. path is that of the page that shows the same.
func (s *Site) sendPractices(w http.ResponseWriter, r *http.Request, feed export.Feed, f practice.Filter, path, query string, public bool) error {
	f, err := s.Practices.Current(r.Context(), f)
	if err != nil {
		return fmt.Errorf("feed of practices: %w", err)
	}
	f.Sort, f.Offset, f.Limit = practice.SortNewest, 0, feedLength
	list, err := s.Practices.List(r.Context(), post.Viewer{}, f)
	if err != nil {
		return fmt.Errorf("feed of practices: %w", err)
	}
	for _, v := range list.Items {
		if v.Post.Visibility != post.Public {
			continue
		}
		entry := s.feedEntry(v.View, practiceURL(v.Post.ID))
		entry.Categories = nil // its hashtags are made of these
		for _, t := range append(append([]practice.Term{}, v.Practice.Fields...), v.Practice.Goals...) {
			entry.Categories = append(entry.Categories, t.Name)
		}
		entry.Rights = v.Practice.Licence
		feed.Entries = append(feed.Entries, entry)
	}
	page, self := address(path, asQuery(query)), r.URL.Path
	if public {
		self = address(path+".atom", asQuery(query))
	}
	return s.sendFeed(w, r, feed, self, page, public)
}

func asQuery(query string) url.Values {
	q, _ := url.ParseQuery(query)
	return q
}

// discussionFeed is what was begun to be discussed.
func (s *Site) discussionFeed(w http.ResponseWriter, r *http.Request) error {
	threads, err := s.Posts.Threads(r.Context(), post.Viewer{}, paging.Page{Limit: feedLength})
	if err != nil {
		return fmt.Errorf("feed of discussions: %w", err)
	}
	l := s.I18n.For(languages[0])
	feed := export.Feed{Title: l.T("talk.title"), Subtitle: l.T("talk.lead")}
	for _, v := range threads {
		if v.Post.Visibility == post.Public {
			feed.Entries = append(feed.Entries, s.feedEntry(v, discussionURL(v.Post.ID)))
		}
	}
	return s.sendFeed(w, r, feed, "/diskussionen.atom", "/diskussionen", true)
}

// profileFeed is what one of our people, or a group of ours, published last. Others' have their own at home.
func (s *Site) profileFeed(w http.ResponseWriter, r *http.Request) error {
	a, err := s.profile(r)
	if err != nil {
		return err
	}
	if !a.Local() || a.Kind == account.Application || a.State != account.Active {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	list := s.Posts.ByAccount
	if a.Kind == account.Group {
		list = s.Posts.ByGroup
	}
	posts, err := list(r.Context(), post.Viewer{}, a.ID, paging.Page{Limit: feedLength})
	if err != nil {
		return fmt.Errorf("feed of %s: %w", a, err)
	}
	feed := export.Feed{Title: a.Name(), Subtitle: s.fullHandle(a)}
	for _, v := range posts {
		if v.Post.Visibility != post.Public || v.BoostedBy != nil {
			continue
		}
		page, err := s.permalink(r.Context(), v.Post)
		if err != nil {
			return err
		}
		feed.Entries = append(feed.Entries, s.feedEntry(v, page))
	}
	return s.sendFeed(w, r, feed, profileURL(a)+".atom", profileURL(a), true)
}

// feedEntry is one post. What its author warns of is only named.
func (s *Site) feedEntry(v post.View, page string) export.Entry {
	l := s.I18n.For(v.Post.Language)
	e := export.Entry{
		ID: v.Post.URI, Title: cmp.Or(v.Post.Heading(), l.T("talk.of", "Name", v.Author.Name())), Page: s.Config.BaseURL + page, Language: v.Post.Language,
		Updated: changedAt(v.Post), Author: v.Author.Name(), AuthorURL: s.Config.BaseURL + profileURL(v.Author), Categories: v.Tags, Summary: v.Post.Summary, HTML: v.Post.HTML,
	}
	if v.Post.PublishedAt != nil {
		e.Published = *v.Post.PublishedAt
	}
	if v.Post.Sensitive {
		e.HTML = ""
	}
	return e
}

func (s *Site) sendFeed(w http.ResponseWriter, r *http.Request, feed export.Feed, self, page string, public bool) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	feed.Language, feed.Author = languages[0], o.Name
	feed.Self, feed.Page = s.Config.BaseURL+self, s.Config.BaseURL+page
	feed.ID = feed.Self
	if public {
		feed.Title += " – " + o.ShortName
	}
	body, err := export.Atom(feed)
	if err != nil {
		return err
	}
	s.sendFile(w, r, file{mediaType: export.AtomType, body: body, public: public})
	return nil
}
