package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// threadView is the discussion below a first post: a practice or the beginning of a thread. A page gets one from
// Site.thread, keeps it in its data and shows it, heading included, with
//
//	{{template "thread" .Data.Thread}}
//
// The section has the id "antworten"; each answer the id "beitrag-{id}". "Antworten" at an answer leads to the same page
// with ?antwort={id}, which Site.thread reads: the form then answers that post.
type threadView struct {
	Base       string // address of the page the thread stands on
	Words      threadWords
	Posts      []postView
	Count      int   // answers that are not withdrawn
	Latest     int64 // newest answer, 0 when there is none
	Form       *replyForm
	Login      string // for visitors: where to log in to answer
	Address    string // ActivityPub id of the first post, to answer from elsewhere
	MayDiscuss bool
}

// threadWords are the keys of what a thread calls its posts: answers below a discussion, comments below a practice.
type threadWords struct{ Heading, None, Write string }

var (
	answerWords  = threadWords{"talk.answers.title", "talk.answers.none", "talk.reply.title"}
	commentWords = threadWords{"talk.comments.title", "talk.comments.none", "talk.comments.write"}
)

// postView is one post within a thread or a list, with what the reader may do with it. The services decide again.
type postView struct {
	post.View
	Permalink string
	Back      string // where small forms lead back to
	Indent    int    // 0 to 2
	ReplyTo   string // name of whom it answers, where the indentation no longer says it
	ReplyHref string // "" where the reader cannot answer
	Mine      bool
	MayDelete bool
	MayHide   bool // from everyone here, as a moderator
	MayReact  bool
	MayBoost  bool
	Folded    bool // long, shown behind a summary
	Lead      string
	InList    bool
	Topic     string // in a list: title of the thread that an answer belongs to
	Head      post.Head
	Files     []fileView
	Poll      *pollView
	Event     *eventView
	Quote     *quoteView
	Answer    *saidView
	QuoteHref string // "" where the reader cannot quote it
}

// Withdrawn reports whether only the place is left.
func (v postView) Withdrawn() bool { return v.Post.State == post.StateWithdrawn }

// Domain is the instance of the author, "" for ours.
func (v postView) Domain() string { return v.Author.Host() }

// Excerpt is the beginning of the text, for lists that show no more.
func (v postView) Excerpt() string {
	text := markup.Text(v.Post.HTML)
	if text == "" && !v.Post.Sensitive {
		text = v.Post.Summary
	}
	return excerpt(text, excerptLength)
}

// excerptLength is how many characters of a post such a list shows.
const excerptLength = 220

// foldAfter is how many characters a post in a list may have before it is folded.
const foldAfter = 1500

// maxIndent is how many steps answers are indented: more would leave no room on a phone.
const maxIndent = 2

// thread reads the discussion that root begins. base is the address of the page it is shown on.
func (s *Site) thread(r *http.Request, root post.View, base string) (threadView, error) {
	views, err := s.Posts.Thread(r.Context(), viewer(r), root.Post.ThreadID)
	if err != nil {
		return threadView{}, fmt.Errorf("thread %d: %w", root.Post.ThreadID, err)
	}
	if s.ThreadOpened != nil {
		s.ThreadOpened(r.Context(), root.Post)
	}
	t := threadView{Base: base, Words: answerWords, Address: root.Post.URI}
	names := make(map[int64]string, len(views))
	for _, v := range views {
		names[v.Post.ID] = v.Author.Name()
		if v.Post.ID == root.Post.ID {
			continue
		}
		p := s.postView(r, v)
		p.Permalink = fmt.Sprintf("%s#beitrag-%d", base, v.Post.ID)
		p.Back = p.Permalink
		p.Indent = min(max(v.Depth-1, 0), maxIndent)
		if v.Depth-1 > maxIndent && v.Post.InReplyToID != nil {
			p.ReplyTo = names[*v.Post.InReplyToID]
		}
		if p.ReplyHref != "" {
			p.ReplyHref = fmt.Sprintf("%s?antwort=%d#antwort", base, v.Post.ID)
		}
		if !p.Withdrawn() {
			t.Count++
			t.Latest = max(t.Latest, v.Post.ID)
		}
		t.Posts = append(t.Posts, p)
	}
	all := make([]*postView, len(t.Posts))
	for i := range t.Posts {
		all[i] = &t.Posts[i]
	}
	if err := s.hang(r, all...); err != nil {
		return threadView{}, fmt.Errorf("thread %d: %w", root.Post.ThreadID, err)
	}
	reader := currentAccount(r)
	if reader == nil {
		t.Login = "/anmelden?weiter=" + url.QueryEscape(base+"#antworten")
		return t, nil
	}
	t.MayDiscuss = reader.Able(account.RoleGuest) && root.Post.State == post.StatePublished
	if t.MayDiscuss {
		t.Form = &replyForm{InReplyTo: root.Post.ID, Language: root.Post.Language, Back: base}
		if id, err := strconv.ParseInt(r.URL.Query().Get("antwort"), 10, 64); err == nil {
			for i := range t.Posts {
				if p := &t.Posts[i]; p.Post.ID == id && p.ReplyHref != "" {
					t.Form.InReplyTo, t.Form.Parent = id, p
				}
			}
		}
	}
	return t, nil
}

// postView says what the reader may do with a post.
func (s *Site) postView(r *http.Request, v post.View) postView {
	p := postView{View: v, Permalink: fmt.Sprintf("/beitraege/%d", v.Post.ID), Back: r.URL.RequestURI()}
	reader := currentAccount(r)
	if reader == nil || v.Post.State != post.StatePublished {
		return p
	}
	p.Mine = v.Post.AccountID == reader.ID && v.Post.Local
	p.MayDelete = p.Mine || (v.Post.Local && reader.Able(account.RoleModerator))
	p.MayHide = !v.Post.Local && v.Post.Visibility.Listed() && reader.Able(account.RoleModerator)
	p.MayReact = reader.Able(account.RoleGuest)
	p.MayBoost = reader.Able(account.RoleMember) && (v.Post.Visibility == post.Public || v.Post.Visibility == post.Unlisted)
	if p.MayBoost {
		p.QuoteHref = fmt.Sprintf("/diskussionen/neu?zitat=%d", v.Post.ID)
	}
	if p.MayReact {
		p.ReplyHref = fmt.Sprintf("/beitraege/%d/antworten", v.Post.ID)
	}
	return p
}

// listView prepares posts for a list: links instead of positions in a thread, long ones folded.
func (s *Site) listView(r *http.Request, views []post.View) ([]postView, error) {
	var articles []int64
	for _, v := range views {
		if v.Post.Kind == post.Article && !v.Post.Publication() {
			articles = append(articles, v.Post.ID)
		}
	}
	practices := map[int64]bool{}
	if len(articles) > 0 {
		found, err := s.Practices.Views(r.Context(), viewer(r), articles)
		if err != nil {
			return nil, fmt.Errorf("practices of a list: %w", err)
		}
		for _, v := range found {
			practices[v.Post.ID] = true
		}
	}
	heads, err := s.heads(r, views)
	if err != nil {
		return nil, err
	}
	list := make([]postView, 0, len(views))
	for _, v := range views {
		p := s.postView(r, v)
		p.InList = true
		switch {
		case v.Post.Publication():
			p.Permalink = s.publicationURL(v.Post)
			p.ReplyHref = fmt.Sprintf("%s/%d#antworten", publicationsPath, v.Post.ID)
		case practices[v.Post.ID]:
			p.Permalink = practiceURL(v.Post.ID)
			p.ReplyHref = p.Permalink + "#antworten"
		case v.Post.ThreadID == v.Post.ID:
			p.Permalink = discussionURL(v.Post.ID)
		default:
			p.Topic = heads[v.Post.ThreadID].Title
		}
		p.Head = heads[v.Post.ThreadID]
		text := markup.Text(v.Post.HTML)
		if utf8.RuneCountInString(text) > foldAfter {
			p.Folded, p.Lead = true, excerpt(text, excerptLength)
		}
		list = append(list, p)
	}
	all := make([]*postView, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	if err := s.hang(r, all...); err != nil {
		return nil, fmt.Errorf("files of a list: %w", err)
	}
	return list, nil
}

// heads reads what the lists say of the threads that the posts belong to.
func (s *Site) heads(r *http.Request, views []post.View) (map[int64]post.Head, error) {
	ids := make([]int64, 0, len(views))
	for _, v := range views {
		ids = append(ids, v.Post.ThreadID)
	}
	heads, err := s.Posts.Heads(r.Context(), viewer(r), ids)
	if err != nil {
		return nil, fmt.Errorf("threads of a list: %w", err)
	}
	return heads, nil
}

// permalink is the address of a post on our pages: its place in its thread, on the page of the practice or discussion that
// the thread belongs to.
func (s *Site) permalink(ctx context.Context, p post.Post) (string, error) {
	root := p
	if p.ThreadID != p.ID && p.ThreadID != 0 {
		var err error
		if root, err = s.Posts.Get(ctx, p.ThreadID); err != nil {
			return "", fmt.Errorf("permalink of %d: %w", p.ID, err)
		}
	}
	base := discussionURL(root.ID)
	if root.Publication() {
		base = fmt.Sprintf("%s/%d", publicationsPath, root.ID)
	} else if root.Kind == post.Article {
		switch _, err := s.Practices.Get(ctx, root.ID); {
		case err == nil:
			base = practiceURL(root.ID)
		case !fault.Is(err, fault.NotFound):
			return "", fmt.Errorf("permalink of %d: %w", p.ID, err)
		}
	}
	if root.ID == p.ID {
		return base, nil
	}
	return fmt.Sprintf("%s#beitrag-%d", base, p.ID), nil
}

func discussionURL(id int64) string { return fmt.Sprintf("/diskussionen/%d", id) }

// excerpt cuts text at the last blank before limit characters.
func excerpt(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	cut := string(runes[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return cut + " …"
}
