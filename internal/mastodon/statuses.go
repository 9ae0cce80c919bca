package mastodon

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/schedule"
)

const (
	maxBatch     = 40 // statuses asked for by their ids
	maxLookups   = 5  // of people nobody here knows yet, for one status
	lookupPeriod = 5 * time.Second
)

// createStatus publishes a note, or keeps it for its time. A client that did not hear our answer sends again under the same
// key and gets the same status.
func (s *Server) createStatus(c *call) (any, error) {
	key := strings.TrimSpace(c.Header.Get("Idempotency-Key"))
	if id, err := s.Posts.Repeated(c.ctx(), c.account().ID, key); err != nil {
		return nil, err
	} else if id != 0 {
		return s.repeatedStatus(c, id)
	}
	sent, err := s.statusParams(c)
	if err != nil {
		return nil, err
	}
	s.findMentioned(c, sent.Text)
	quoted, err := s.quotedPart(c)
	if err != nil {
		return nil, err
	}
	if at := c.params.text("scheduled_at"); at != "" {
		if quoted != nil {
			return nil, fault.Fields(fault.Field{Name: "quoted_status_id", Message: "error.quote.scheduled"})
		}
		when, err := scheduledTime(at)
		if err != nil {
			return nil, err
		}
		entry, err := s.Schedule.Add(c.ctx(), c.account(), when, sent, c.grant.Token.AppID, key)
		if err != nil {
			return nil, err
		}
		return s.scheduledStatus(c, entry)
	}
	draft, err := s.Schedule.Draft(c.account(), sent)
	if err != nil {
		return nil, err
	}
	draft.AppID, draft.Key = c.grant.Token.AppID, key
	if quoted != nil {
		draft.Parts = append(draft.Parts, quoted)
	}
	v, whole, err := s.Posts.CreateView(c.ctx(), c.account(), draft)
	if err != nil {
		return nil, asClientSays(err)
	}
	if whole && quoted == nil {
		if e, err := s.statusEntity(c.ctx(), c.viewer(), v); err == nil {
			return e, nil
		}
	}
	return s.written(c, v.Post), nil
}

// quotedPart makes the new status quote what the client names; nil where it names nothing.
func (s *Server) quotedPart(c *call) (post.Part, error) {
	named := c.params.text("quoted_status_id")
	if named == "" {
		return nil, nil
	}
	id := parseID(named)
	if id == 0 {
		return nil, errNotFound()
	}
	v, err := s.viewOf(c, id)
	if err != nil {
		return nil, err
	}
	return s.Quotes.Of(c.ctx(), c.account(), v.Post.ID)
}

// repeatedStatus answers for what was sent before, be it published or waiting.
func (s *Server) repeatedStatus(c *call, id int64) (any, error) {
	e, err := s.statusByID(c.ctx(), c.viewer(), id)
	if !fault.Is(err, fault.NotFound) {
		return e, err
	}
	entry, err := s.Schedule.Get(c.ctx(), c.account(), id)
	if err != nil {
		return nil, errNotFound()
	}
	return s.scheduledStatus(c, entry)
}

// written is the entity of a post that is stored. Clients that are told of an error post again, so there is none to tell any
// more: what cannot be read just now is left out.
func (s *Server) written(c *call, p post.Post) Status {
	e, err := s.statusByID(c.ctx(), c.viewer(), p.ID)
	if err == nil {
		return e
	}
	s.Log.ErrorContext(c.ctx(), "a status was stored but could not be read again", slog.Int64("post", p.ID), slog.Any("error", err))
	b := beside{}
	if author, err := s.accountEntity(context.WithoutCancel(c.ctx()), c.account()); err == nil {
		b.accounts = map[int64]Account{p.AccountID: author}
	}
	return s.newStatus(c.viewer(), post.View{Post: p, Author: c.account()}, b)
}

// statusParams reads what a client wants to publish.
func (s *Server) statusParams(c *call) (schedule.Params, error) {
	account := c.account()
	sent := schedule.Params{
		Text: c.params.text("status"), SpoilerText: c.params.text("spoiler_text"), Sensitive: c.params.boolean("sensitive", account.DefaultSensitive),
		Visibility: visibilityOf(c.params.text("visibility")), Language: c.params.text("language"), MediaIDs: c.params.ids("media_ids"),
		Poll: pollParams(c.params), SourceType: sourceType(c.params.text("content_type")),
	}
	if sent.Language == "" {
		sent.Language = account.Language
	}
	if sent.Visibility == "" {
		sent.Visibility = post.Visibility(account.DefaultVisibility)
	}
	if strings.TrimSpace(sent.Text) == "" && len(sent.MediaIDs) == 0 {
		sent.Text, sent.SpoilerText = sent.SpoilerText, ""
	}
	if parent := c.params.text("in_reply_to_id"); parent != "" {
		id := parseID(parent)
		if id == 0 {
			return sent, errNotFound()
		}
		v, err := s.viewOf(c, id)
		if err != nil {
			return sent, err
		}
		sent.InReplyToID = v.Post.ID
		// A client answers what it shows as private with private: here that means whoever may read what is answered.
		if v.Post.Visibility == post.Network && sent.Visibility == post.Followers {
			sent.Visibility = post.Network
		}
	}
	return sent, nil
}

func sourceType(contentType string) post.SourceType {
	if contentType == string(post.Markdown) {
		return post.Markdown
	}
	return post.PlainText
}

// pollParams returns the poll a client sent, nil for none. Some send the key with nothing in it.
func pollParams(p params) *schedule.Poll {
	sent := p.object("poll")
	options := sent.texts("options")
	if len(options) == 0 {
		return nil
	}
	return &schedule.Poll{
		Options: options, Multiple: sent.boolean("multiple", false), HideTotals: sent.boolean("hide_totals", false),
		ExpiresIn: sent.integer("expires_in", 0),
	}
}

// asClientSays names the mistakes of a draft as clients name its parts.
func asClientSays(err error) error {
	f := faultOf(err)
	if f == nil || len(f.Fields) == 0 {
		return err
	}
	names := map[string]string{"source": "status", "summary": "spoiler_text"}
	renamed := *f
	renamed.Fields = make([]fault.Field, len(f.Fields))
	for i, field := range f.Fields {
		if name, ok := names[field.Name]; ok {
			field.Name = name
		}
		renamed.Fields[i] = field
	}
	return &renamed
}

// findMentioned makes people of other instances known whom a text names and nobody here knows yet, so that they hear of it.
// Who cannot be found stays plain text: that never stops a status.
func (s *Server) findMentioned(c *call, text string) {
	if !mayResolve(c) {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx(), lookupPeriod)
	defer cancel()
	var unknown []string
	for _, handle := range markup.Handles(text) {
		_, host, remote := strings.Cut(handle, "@")
		if !remote || strings.EqualFold(host, s.Config.Domain()) || len(unknown) == maxLookups {
			continue
		}
		if _, err := s.Accounts.ByHandle(ctx, handle); !fault.Is(err, fault.NotFound) {
			continue
		}
		if err := s.Accounts.CountLookup(c.account()); err != nil {
			break // who is not found is not linked
		}
		unknown = append(unknown, handle)
	}
	var wg sync.WaitGroup
	for _, handle := range unknown {
		wg.Go(func() {
			if _, err := s.Resolver.ResolveHandle(ctx, handle); err != nil {
				s.Log.InfoContext(ctx, "mentioned account not found", slog.String("handle", handle), slog.Any("error", err))
			}
		})
	}
	wg.Wait()
}

// statusView is the status that the path names; see viewOf.
func (s *Server) statusView(c *call) (post.View, error) {
	id, err := c.id("id")
	if err != nil {
		return post.View{}, err
	}
	return s.viewOf(c, id)
}

// viewOf returns the post with that id, or the one that the boost with that id is of: clients call both a status.
func (s *Server) viewOf(c *call, id int64) (post.View, error) {
	v, err := s.Posts.ByID(c.ctx(), c.viewer(), id)
	if fault.Is(err, fault.NotFound) {
		if boosted, e := s.Posts.Boosted(c.ctx(), c.viewer(), id); !fault.Is(e, fault.NotFound) {
			return boosted, e
		}
	}
	if err == nil && v.Post.State != post.StatePublished {
		return post.View{}, errNotFound() // a draft is no status
	}
	return v, err
}

// original is a view without the boost that brought it.
func original(v post.View) post.View {
	v.BoostedBy, v.BoostID, v.BoostedAt = nil, 0, time.Time{}
	return v
}

func (s *Server) showStatus(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	return s.statusEntity(c.ctx(), c.viewer(), v)
}

// statusesByID leaves out what the reader may not see.
func (s *Server) statusesByID(c *call) (any, error) {
	ids := c.params.ids("id")
	if len(ids) > maxBatch {
		ids = ids[:maxBatch]
	}
	views, err := s.Posts.ViewsByIDs(c.ctx(), c.viewer(), ids)
	if err != nil {
		return nil, err
	}
	return s.statusEntities(c.ctx(), c.viewer(), views)
}

// Context is what stands around a status.
type Context struct {
	Ancestors   []Status `json:"ancestors"`
	Descendants []Status `json:"descendants"`
}

func (s *Server) statusContext(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	if s.ThreadOpened != nil {
		s.ThreadOpened(c.ctx(), v.Post)
	}
	above, below, err := s.Posts.Surroundings(c.ctx(), c.viewer(), v.Post.ID)
	if err != nil {
		return nil, err
	}
	list, err := s.statusEntities(c.ctx(), c.viewer(), append(above[:len(above):len(above)], below...))
	if err != nil {
		return nil, err
	}
	return Context{Ancestors: list[:len(above)], Descendants: list[len(above):]}, nil
}

// scheduledTime reads a time as clients write it: RFC 3339, with or without a fraction.
func scheduledTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds > 0 {
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, fault.Fields(fault.Field{Name: "scheduled_at", Message: "error.schedule.time"})
}
