package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// replyForm is the form for an answer or a new discussion, also when it comes back.
type replyForm struct {
	Title      string `schema:"title"`
	Source     string `schema:"source"`
	InReplyTo  int64  `schema:"in_reply_to"`
	Visibility string `schema:"visibility"`
	Language   string `schema:"language"`
	Action     string `schema:"action"` // preview: show it first
	Quotes     int64  `schema:"zitat"`  // a discussion about another post
	Back       string `schema:"-"`

	New     bool       `schema:"-"` // a discussion, with title and visibility
	Parent  *postView  `schema:"-"` // what it answers, when that is said above the form
	Errors  formErrors `schema:"-"`
	Preview string     `schema:"-"` // sanitised HTML
	Login   string     `schema:"-"` // the session ended while the text was written
	Choices []option   `schema:"-"` // of the visibility
	Quoted  *quoteView `schema:"-"`
}

// visibilities a discussion can have, widest first.
var visibilities = []post.Visibility{post.Public, post.Unlisted, post.Network, post.Followers}

// createPost publishes a discussion or an answer. Whatever goes wrong, the form comes back with the text in it.
func (s *Site) createPost(w http.ResponseWriter, r *http.Request) error {
	var form replyForm
	decodeErr := decode(r, &form)
	form.New = form.InReplyTo == 0
	if decodeErr != nil {
		return s.returnReply(w, r, form, decodeErr)
	}
	reader := currentAccount(r)
	if reader == nil {
		return s.returnReply(w, r, form, fault.New(fault.Unauthorized, "member.error.session"))
	}
	if form.Action == "preview" {
		form.Preview = s.Practices.Preview(form.Source)
		return s.renderReply(w, r, http.StatusOK, form)
	}
	s.resolveMentions(r.Context(), *reader, form.Source)
	draft := post.Draft{
		InReplyToID: form.InReplyTo, Title: form.Title, Source: form.Source,
		Visibility: post.Visibility(form.Visibility), Language: form.Language,
	}
	if form.New && form.Quotes != 0 {
		part, err := s.Quotes.Of(r.Context(), *reader, form.Quotes)
		if err != nil {
			return s.returnReply(w, r, form, err)
		}
		draft.Parts = append(draft.Parts, part)
	}
	p, err := s.Posts.Create(r.Context(), *reader, draft)
	if err != nil {
		return s.returnReply(w, r, form, err)
	}
	target, err := s.permalink(r.Context(), p)
	if err != nil {
		return err
	}
	s.flash(w, "success", "flash.post.published")
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// returnReply shows the form again with what is wrong. Only what no form can mend becomes an error page.
func (s *Site) returnReply(w http.ResponseWriter, r *http.Request, form replyForm, err error) error {
	if usesToken(r) && fault.Is(err, fault.Unauthorized) {
		return err
	}
	switch fault.KindOf(err) {
	case fault.Unauthorized:
		form.Login = "/anmelden?weiter=/bereich"
		form.Errors = formErrors{Status: http.StatusUnauthorized, Message: s.message(r, err)}
	case fault.NotFound, fault.Gone:
		// What it answers is no longer there; the text is.
		form.InReplyTo, form.Quotes, form.New = 0, 0, true
		form.Errors = formErrors{Status: http.StatusUnprocessableEntity, Message: s.t(r, "member.error.reply_target")}
	case fault.Forbidden:
		form.Errors = formErrors{Status: http.StatusForbidden, Message: s.message(r, err)}
	default:
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "talk.field."); !ok {
			return fmt.Errorf("create post: %w", err)
		}
	}
	return s.renderReply(w, r, form.Errors.Status, form)
}

// renderReply shows the form on a page of its own, with the post it answers above.
func (s *Site) renderReply(w http.ResponseWriter, r *http.Request, status int, form replyForm) error {
	title := s.t(r, "talk.new.title")
	if !form.New {
		parent, err := s.Posts.ByID(r.Context(), viewer(r), form.InReplyTo)
		switch {
		case err == nil:
			p := s.postView(r, parent)
			if p.Permalink, err = s.permalink(r.Context(), parent.Post); err != nil {
				return err
			}
			p.InList, p.ReplyHref = true, ""
			form.Parent, form.Back = &p, p.Permalink
			title = s.t(r, "talk.reply.to", "Name", parent.Author.Name())
		case fault.Is(err, fault.Internal):
			return fmt.Errorf("form for an answer: %w", err)
		default:
			title = s.t(r, "talk.reply.title")
		}
	}
	if form.Language == "" {
		form.Language = s.localizer(r).Lang()
	}
	if form.New {
		if err := s.fillQuoted(r, &form); err != nil {
			return err
		}
		if form.Visibility == "" {
			form.Visibility = string(post.Public)
		}
		for _, v := range visibilities {
			form.Choices = append(form.Choices, option{Value: string(v), Label: s.t(r, "visibility."+string(v))})
		}
	}
	return s.render(w, r, status, "reply", page{Title: title, Nav: "discussions", Data: form, NoIndex: true, Scripts: []string{"preview.js"}})
}

// fillQuoted shows what a new discussion quotes above its form, and calls the discussion after it.
func (s *Site) fillQuoted(r *http.Request, form *replyForm) error {
	if form.Quotes == 0 {
		return nil
	}
	quoted, err := s.Posts.ByID(r.Context(), viewer(r), form.Quotes)
	if fault.Is(err, fault.Internal) {
		return fmt.Errorf("form for a quote: %w", err)
	}
	if err != nil {
		form.Quotes = 0 // it is gone; what was written stays
		return nil
	}
	form.Quoted = s.quoteView(r, post.Post{}, quote.View{Quote: quote.Quote{State: quote.Accepted}, Quoted: &quoted})
	form.Quoted.MayRevoke = false
	if heading := quoted.Post.Heading(); form.Title == "" && heading != "" && form.Source == "" {
		form.Title = excerpt(s.t(r, "objects.quote.title", "Title", heading), maxQuoteTitle)
	}
	return nil
}

// maxQuoteTitle is how long the title is that is proposed for a discussion about another post.
const maxQuoteTitle = 150

// showReply is the form for an answer from a list.
func (s *Site) showReply(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleGuest); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := s.Posts.ByID(r.Context(), viewer(r), id); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return s.renderReply(w, r, http.StatusOK, replyForm{InReplyTo: id})
}

// How much looking up of strangers one post may cause, and how long its author waits for it.
const (
	maxLookups   = 5
	lookupPeriod = 5 * time.Second
)

// mentionPattern finds @user@host; the host may have a port.
var mentionPattern = regexp.MustCompile(`(?:^|[^\w/@])@([A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)`)

// resolveMentions fetches the mentioned accounts of other instances that we do not know yet, so that they hear of the post.
// Who cannot be found stays plain text: that never stops a post.
func (s *Site) resolveMentions(ctx context.Context, actor account.Account, source string) {
	if s.Resolver == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookupPeriod)
	defer cancel()
	var wg sync.WaitGroup
	for _, handle := range s.unknownHandles(ctx, source) {
		wg.Go(func() {
			if _, err := s.lookUpHandle(ctx, actor, handle); err != nil && !errors.Is(err, context.Canceled) {
				s.Log.InfoContext(ctx, "mentioned account not found", "handle", handle, "error", err)
			}
		})
	}
	wg.Wait()
}

// unknownHandles lists the first few mentioned handles of other instances that no account here has.
func (s *Site) unknownHandles(ctx context.Context, source string) []string {
	var handles []string
	seen := map[string]bool{}
	for _, m := range mentionPattern.FindAllStringSubmatch(source, -1) {
		handle := strings.ToLower(m[1])
		_, host, _ := strings.Cut(handle, "@")
		if seen[handle] || host == strings.ToLower(s.Config.Domain()) {
			continue
		}
		seen[handle] = true
		if _, err := s.Accounts.ByHandle(ctx, handle); !fault.Is(err, fault.NotFound) {
			continue
		}
		if handles = append(handles, m[1]); len(handles) == maxLookups {
			break
		}
	}
	return handles
}
