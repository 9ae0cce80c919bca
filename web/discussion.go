package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// discussionList is the page of all discussions.
type discussionList struct {
	Items      []postView
	Pagination pagination
	MayWrite   bool
}

func (s *Site) listDiscussions(w http.ResponseWriter, r *http.Request) error {
	items, err := s.Posts.Threads(r.Context(), viewer(r), paging.Page{MaxID: maxID(r)})
	if err != nil {
		return fmt.Errorf("list discussions: %w", err)
	}
	view := discussionList{Pagination: olderThan(r, nextPage(items))}
	if view.Items, err = s.listView(r, items); err != nil {
		return fmt.Errorf("list discussions: %w", err)
	}
	if a := currentAccount(r); a != nil {
		view.MayWrite = a.Able(account.RoleMember)
	}
	return s.render(w, r, http.StatusOK, "discussions", page{
		Title: s.t(r, "talk.title"), Description: s.t(r, "talk.lead"), Nav: "discussions", Data: view,
		Canonical: s.Config.BaseURL + "/diskussionen", NoIndex: maxID(r) != 0, Feeds: []feedLink{{s.t(r, "talk.title"), "/diskussionen.atom"}},
	})
}

// nextPage is where the page after a full one begins, 0 at the end.
func nextPage(items []post.View) int64 {
	if len(items) < (paging.Page{}).Size() {
		return 0
	}
	return items[len(items)-1].Post.ID
}

// discussionView is one discussion: its first post and the thread below.
type discussionView struct {
	Root   postView
	Thread threadView
}

func (s *Site) showDiscussion(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	status := http.StatusOK
	root, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if fault.Is(err, fault.Gone) {
		// The answers stay readable when the first post was withdrawn.
		status = http.StatusGone
		views, threadErr := s.Posts.Thread(r.Context(), viewer(r), id)
		if threadErr != nil || len(views) < 2 || views[0].Post.ID != id {
			return err
		}
		root, err = views[0], nil
	}
	if err != nil {
		return fmt.Errorf("show discussion: %w", err)
	}
	if wantsActivity(r) && root.Post.Local && status == http.StatusOK {
		http.Redirect(w, r, root.Post.URI, http.StatusSeeOther)
		return nil
	}
	// Answers and practices have their place elsewhere.
	address, err := s.permalink(r.Context(), root.Post)
	if err != nil {
		return err
	}
	base := discussionURL(id)
	if address != base {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return nil
	}
	view := discussionView{Root: s.postView(r, root)}
	view.Root.Permalink, view.Root.Back, view.Root.ReplyHref = base, base, ""
	if err := s.hang(r, &view.Root); err != nil {
		return fmt.Errorf("show discussion: %w", err)
	}
	if view.Thread, err = s.thread(r, root, base); err != nil {
		return fmt.Errorf("show discussion: %w", err)
	}
	p := page{Title: s.titleOf(r, root), Nav: "discussions", Data: view, Canonical: s.Config.BaseURL + base, Article: true, Scripts: []string{"preview.js", "copy.js"}, Preview: s.previewOf(root)}
	if root.Post.Local {
		p.Activity = root.Post.URI
	} else if root.Post.URL != "" {
		p.Canonical = root.Post.URL
	}
	if !root.Post.Sensitive && status == http.StatusOK {
		p.Description = excerpt(markup.Text(root.Post.HTML), describedLength)
	}
	p.NoIndex = root.Post.Visibility != post.Public || status != http.StatusOK
	return s.render(w, r, status, "discussion", p)
}

// titleOf is what a discussion is called. Other programs write threads without a title: those are called after their first
// words.
func (s *Site) titleOf(r *http.Request, v post.View) string {
	if heading := v.Post.Heading(); heading != "" {
		return heading
	}
	return s.t(r, "talk.of", "Name", v.Author.Name())
}

func (s *Site) newDiscussion(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleMember); err != nil {
		return err
	}
	form := replyForm{New: true, Visibility: string(post.Public), Language: s.localizer(r).Lang(), Back: "/diskussionen"}
	if id, err := strconv.ParseInt(r.URL.Query().Get("zitat"), 10, 64); err == nil {
		form.Quotes = id
	}
	return s.renderReply(w, r, http.StatusOK, form)
}
