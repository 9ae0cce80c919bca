package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/schedule"
)

func faultOf(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// notYours answers for what somebody else wrote as if it were not there, which is what clients expect of writing.
func notYours(err error) error {
	if fault.Is(err, fault.Forbidden) {
		return errNotFound()
	}
	return err
}

// updateStatus writes the status anew. Of words and their marks those stay that a client leaves out. Files and poll are those it
// sends and no others, as on every server it knows: a form has no other way to say that the last one goes. Practices are not changed here: a client knows neither their
// figures nor their structure.
func (s *Server) updateStatus(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	p := v.Post
	if p.AccountID != c.account().ID {
		return nil, errNotFound()
	}
	if p.Kind == post.Article {
		page := fmt.Sprintf("%s/praxisbeispiele/%d/bearbeiten", s.Config.BaseURL, p.ID)
		return nil, fault.Fields(fault.Field{Name: "status", Message: "error.practice.own_page", Args: map[string]any{"URL": page}})
	}
	changes := post.Changes{Careful: c.params.text("content_type") == ""}
	for name, field := range map[string]**string{"status": &changes.Source, "spoiler_text": &changes.Summary} {
		if c.params.has(name) {
			text := c.params.text(name)
			*field = &text
		}
	}
	if language := c.params.text("language"); language != "" {
		changes.Language = &language
	}
	if c.params.has("sensitive") {
		sensitive := c.params.boolean("sensitive", p.Sensitive)
		changes.Sensitive = &sensitive
	}
	asked := pollParams(c.params)
	if changes.Wordless, err = s.changeMedia(c, p, &changes); err != nil {
		return nil, err
	}
	if changes.Wordless && asked != nil {
		return nil, fault.Fields(fault.Field{Name: "media_ids", Message: "error.media.with_poll"})
	}
	if err := s.changePoll(c, p, asked, &changes); err != nil {
		return nil, err
	}
	if changes.Source != nil {
		s.findMentioned(c, *changes.Source)
	}
	if p, err = s.Posts.Revise(c.ctx(), c.account(), p.ID, changes); err != nil {
		return nil, asClientSays(notYours(err))
	}
	return s.written(c, p), nil
}

// changeMedia adds the part that changes what hangs on the post, if anything does, and reports whether something will hang there.
func (s *Server) changeMedia(c *call, p post.Post, changes *post.Changes) (hangs bool, err error) {
	byPost, err := s.Media.ByPosts(c.ctx(), []int64{p.ID})
	if err != nil {
		return false, err
	}
	hanging := byPost[p.ID]
	before := make([]int64, len(hanging))
	for i, m := range hanging {
		before[i] = m.ID
	}
	after := c.params.ids("media_ids")
	var said []media.Change
	for _, attributes := range c.params.objects("media_attributes") {
		change, err := mediaChange(attributes)
		if err != nil {
			return false, err
		}
		change.ID = attributes.id("id")
		if slices.Contains(after, change.ID) && !slices.ContainsFunc(hanging, func(m media.Media) bool { return says(m, change) }) {
			said = append(said, change)
		}
	}
	if len(said) > 0 || !slices.Equal(before, after) {
		changes.Parts = append(changes.Parts, s.Media.Attach(c.account(), after, said...))
	}
	return len(after) > 0, nil
}

// says reports whether m is the file that a change is of and already says the same.
func says(m media.Media, c media.Change) bool {
	return m.ID == c.ID && (c.Description == nil || *c.Description == m.Description) && (c.Focus == nil || c.Focus.X == m.FocusX && c.Focus.Y == m.FocusY)
}

// changePoll adds the part that changes or removes the poll. The same poll again, as clients send it with each edit, would begin it
// anew: it stays as it is.
func (s *Server) changePoll(c *call, p post.Post, sent *schedule.Poll, changes *post.Changes) error {
	if sent == nil {
		if p.Kind == post.Question {
			changes.Kind, changes.Parts = post.Note, append(changes.Parts, s.Polls.Remove())
		}
		return nil
	}
	if p.Kind == post.Question {
		polls, err := s.Polls.ByPosts(c.ctx(), c.viewer().AccountID, []int64{p.ID})
		if err != nil {
			return err
		}
		if samePoll(polls[p.ID], *sent) {
			return nil
		}
	}
	asked := sent.Draft()
	if err := s.Polls.Check(asked); err != nil {
		return err
	}
	changes.Kind, changes.Parts = post.Question, append(changes.Parts, s.Polls.Replace(asked))
	return nil
}

func samePoll(p poll.Poll, sent schedule.Poll) bool {
	return p.Multiple == sent.Multiple && p.HideTotals == sent.HideTotals &&
		slices.EqualFunc(p.Options, sent.Options, func(o poll.Option, title string) bool { return o.Title == markup.Line(title) })
}

// deleteStatus returns what was written, so that it can be written anew with the same media, unless the client wants those
// deleted, too. Deleting an own boost ends it; an own practice is withdrawn, and its words stay with its authors.
func (s *Server) deleteStatus(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	if v.BoostID != 0 {
		if v.BoostedBy.ID != c.account().ID {
			return nil, errNotFound()
		}
		return s.unreblogStatus(c)
	}
	e, err := s.statusEntity(c.ctx(), c.viewer(), v)
	if err != nil {
		return nil, err
	}
	if err := s.takeBack(c, v.Post); err != nil {
		return nil, notYours(err)
	}
	e.Text = &v.Post.Source
	return e, nil
}

func (s *Server) takeBack(c *call, p post.Post) error {
	own := p.AccountID == c.account().ID
	switch {
	case own && p.Kind == post.Article:
		return s.Practices.Withdraw(c.ctx(), c.account(), p.ID)
	case own && !c.params.boolean("delete_media", false):
		return s.Posts.Delete(c.ctx(), c.account(), p.ID, s.Media.Release())
	}
	return s.Posts.Delete(c.ctx(), c.account(), p.ID)
}

// StatusSource is what was typed.
type StatusSource struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	SpoilerText string `json:"spoiler_text"`
}

func (s *Server) statusSource(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	if v.Post.AccountID != c.account().ID {
		return nil, errNotFound()
	}
	return StatusSource{ID: idText(v.Post.ID), Text: v.Post.Source, SpoilerText: spoiler(v.Post)}, nil
}

func (s *Server) statusCard(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	e, err := s.statusEntity(c.ctx(), c.viewer(), original(v))
	if err != nil || e.Card == nil {
		return nil, err
	}
	return e.Card, nil
}

// StatusEdit is one version of a status.
type StatusEdit struct {
	Content          string            `json:"content"`
	SpoilerText      string            `json:"spoiler_text"`
	Sensitive        bool              `json:"sensitive"`
	CreatedAt        string            `json:"created_at"`
	Account          Account           `json:"account"`
	MediaAttachments []MediaAttachment `json:"media_attachments"`
	Emojis           []CustomEmoji     `json:"emojis"`
	Poll             *StatusEditPoll   `json:"poll,omitempty"`
}

// StatusEditPoll is what a version asked.
type StatusEditPoll struct {
	Options []StatusEditOption `json:"options"`
}

// StatusEditOption is one of its answers.
type StatusEditOption struct {
	Title string `json:"title"`
}

// statusHistory lists the versions, oldest first. Of what came from elsewhere only the present one is known.
func (s *Server) statusHistory(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	now, err := s.statusEntity(c.ctx(), c.viewer(), original(v))
	if err != nil {
		return nil, err
	}
	current := StatusEdit{
		Content: now.Content, SpoilerText: now.SpoilerText, Sensitive: now.Sensitive, CreatedAt: now.CreatedAt, Account: now.Account,
		MediaAttachments: now.MediaAttachments, Emojis: []CustomEmoji{}, Poll: editPoll(now.Poll),
	}
	if now.EditedAt != nil {
		current.CreatedAt = *now.EditedAt
	}
	versions, err := s.revisions(c.ctx(), c.viewer(), v.Post)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return []StatusEdit{current}, nil
	}
	edits := make([]StatusEdit, len(versions))
	for i, r := range versions {
		edits[i] = s.statusEdit(v.Post, r, now)
	}
	last := &edits[len(edits)-1]
	current.CreatedAt = last.CreatedAt
	*last = current
	return edits, nil
}

// revisions are the published versions of one of our posts, oldest first.
func (s *Server) revisions(ctx context.Context, viewer post.Viewer, p post.Post) ([]post.Revision, error) {
	if !p.Local {
		return nil, nil
	}
	list, err := s.Posts.Revisions(ctx, viewer, p.ID)
	slices.Reverse(list)
	return list, err
}

// statusEdit is an older version. Of its media those are shown that the post still has.
func (s *Server) statusEdit(p post.Post, r post.Revision, now Status) StatusEdit {
	p.Title, p.Summary, p.HTML, p.Source = r.Title, r.Summary, r.HTML, r.Source
	e := StatusEdit{
		Content: s.flatContent(p, ""), SpoilerText: spoiler(p), Sensitive: p.Sensitive, CreatedAt: stamp(r.CreatedAt), Account: now.Account,
		MediaAttachments: []MediaAttachment{}, Emojis: []CustomEmoji{},
	}
	if p.Kind == post.Article {
		return e
	}
	var detail struct {
		Sensitive bool    `json:"sensitive"`
		Media     []int64 `json:"media"`
	}
	if json.Unmarshal(r.Detail, &detail) != nil {
		return e // written before versions kept more than their words
	}
	e.Sensitive = detail.Sensitive
	for _, id := range detail.Media {
		for _, m := range now.MediaAttachments {
			if m.ID == idText(id) {
				e.MediaAttachments = append(e.MediaAttachments, m)
			}
		}
	}
	return e
}

func editPoll(p *Poll) *StatusEditPoll {
	if p == nil {
		return nil
	}
	asked := &StatusEditPoll{Options: make([]StatusEditOption, len(p.Options))}
	for i, o := range p.Options {
		asked.Options[i].Title = o.Title
	}
	return asked
}
