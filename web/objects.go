package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// eventView is when an event takes place, in words.
type eventView struct {
	event.Event
	When string
}

// viewOfEvent says the times of the clocks at the place, and that they are others than here where they are.
func viewOfEvent(l *i18n.Localizer, e event.Event) *eventView {
	v := &eventView{Event: e, When: l.DateTime(e.Local(e.StartsAt))}
	if e.EndsAt != nil && e.EndsAt.After(e.StartsAt) {
		from, to := e.Local(e.StartsAt), e.Local(*e.EndsAt)
		until := l.DateTime(to)
		if l.Date(from) == l.Date(to) {
			until = strings.TrimLeft(strings.TrimPrefix(until, l.Date(to)), ", ")
		}
		v.When = l.T("objects.event.span", "From", v.When, "To", until)
	}
	if e.Elsewhere() {
		v.When = l.T("objects.event.elsewhere", "When", v.When, "Zone", e.TimeZone)
	}
	return v
}

// quotedLength is how many characters of a quoted post are shown.
const quotedLength = 400

// quoteView is what a post quotes: the post, or only where it is.
type quoteView struct {
	quote.View
	Href      string // of the quoted post on our pages, else at its origin; "" where it leads nowhere
	Text      string // its beginning
	MayRevoke bool   // the reader wrote what is quoted
}

func (s *Site) quoteView(r *http.Request, by post.Post, v quote.View) *quoteView {
	q := &quoteView{View: v}
	if v.Quoted == nil {
		if u, err := url.Parse(v.QuotedURI); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			q.Href = v.QuotedURI
		}
		return q
	}
	q.Href = fmt.Sprintf("/beitraege/%d", v.Quoted.Post.ID)
	// What its author warns of is not shown within another post.
	if p := v.Quoted.Post; !p.Sensitive {
		q.Text = excerpt(cmp.Or(markup.Text(p.HTML), p.Summary), quotedLength)
	}
	reader := currentAccount(r)
	q.MayRevoke = reader != nil && v.Quoted.Post.Local && v.Quoted.Post.AccountID == reader.ID && by.AccountID != reader.ID
	return q
}

// revokeQuote takes back that another post may quote one of the reader's.
func (s *Site) revokeQuote(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("revoke quote: %w", err)
	}
	target, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	if err := s.Quotes.Revoke(r.Context(), reader, id); err != nil {
		return fmt.Errorf("revoke quote %d: %w", id, err)
	}
	s.flash(w, "success", "objects.quote.revoked")
	return s.back(w, r, target)
}

// showObjects completes posts with when they take place and what they quote.
func (s *Site) showObjects(r *http.Request, posts []*postView, ids []int64) error {
	var meetings []int64
	for _, p := range posts {
		if p.Post.Kind == post.Event && !p.Withdrawn() {
			meetings = append(meetings, p.Post.ID)
		}
	}
	events, err := s.Events.ByPosts(r.Context(), meetings)
	if err != nil {
		return err
	}
	quotes, err := s.Quotes.ByPosts(r.Context(), viewer(r), ids)
	if err != nil {
		return err
	}
	for _, p := range posts {
		p.Event, p.Quote = nil, nil
		if e, ok := events[p.Post.ID]; ok {
			p.Event = viewOfEvent(s.localizer(r), e)
		}
		if q, ok := quotes[p.Post.ID]; ok && !p.Withdrawn() {
			p.Quote = s.quoteView(r, p.Post, q)
		}
	}
	return nil
}

// Starts is the machine's form of a time.
func (e eventView) Starts() string { return e.StartsAt.UTC().Format(time.RFC3339) }
