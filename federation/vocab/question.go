package vocab

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// What we read of the polls of others.
const (
	maxAnswers = 50
	maxAnswer  = 500
)

type noteOrQuestion interface {
	content
	SetActivityStreamsInReplyTo(as.ActivityStreamsInReplyToProperty)
}

// note begins a Note, or a Question with its answers. A question that has lost them is a Note: a Question without answers
// is dropped by others.
func (r *Renderer) note(d *draft, doc PostDoc) noteOrQuestion {
	if doc.Poll == nil {
		return streams.NewActivityStreamsNote()
	}
	p := *doc.Poll
	key := "oneOf"
	if p.Multiple {
		key = "anyOf"
	}
	d.set(key, answers(p))
	if p.ExpiresAt != nil {
		d.set("endTime", wire(*p.ExpiresAt).Format(time.RFC3339))
	}
	if p.ClosedAt != nil {
		d.set("closed", wire(*p.ClosedAt).Format(time.RFC3339))
	}
	d.set("votersCount", p.VotersCount)
	return streams.NewActivityStreamsQuestion()
}

// answers are Notes with a name. Hidden totals are left out, from which others see that they are hidden.
func answers(p poll.Poll) []any {
	list := make([]any, len(p.Options))
	for i, o := range p.Options {
		replies := map[string]any{"type": "Collection"}
		if !p.HideTotals || p.ClosedAt != nil {
			replies["totalItems"] = o.Votes
		}
		list[i] = map[string]any{"type": "Note", "name": o.Title, "replies": replies}
	}
	return list
}

// UpdatePoll tells how a poll stands. The question itself was not edited, so its time of editing stays, and what is said
// twice has the same id.
func (r *Renderer) UpdatePoll(doc PostDoc) (Outgoing, error) {
	object, err := r.postObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	version := doc.Post.CreatedAt
	if doc.Post.EditedAt != nil {
		version = *doc.Post.EditedAt
	}
	id := fmt.Sprintf("%s#poll-%d-%d-%d", doc.Post.URI, version.Unix(), doc.Poll.Votes(), doc.Poll.VotersCount)
	if doc.Poll.ClosedAt != nil {
		id += "-closed"
	}
	d, a := newDraft(), doc.addressing()
	t := streams.NewActivityStreamsUpdate()
	d.setActivity(t, id, doc.Author.URI, doc.Post.URI, a)
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	return d.finish(t, doc.Author.ID, doc.Post.URI, object, a)
}

// Vote is a chosen answer on its way to the author of the poll: a Note that has the answer as its name and no content.
func (r *Renderer) Vote(v poll.Vote, answer string, voter account.Account, question post.Post, author account.Account) (Outgoing, error) {
	a := Addressing{To: []string{author.URI}}
	d := newDraft()
	n := streams.NewActivityStreamsNote()
	setID(n, d.iri(v.URI))
	setName(n, answer)
	by := streams.NewActivityStreamsAttributedToProperty()
	by.AppendIRI(d.iri(voter.URI))
	n.SetActivityStreamsAttributedTo(by)
	parent := streams.NewActivityStreamsInReplyToProperty()
	parent.AppendIRI(d.iri(question.URI))
	n.SetActivityStreamsInReplyTo(parent)
	d.address(n, a)
	setPublished(n, v.CreatedAt)
	object, err := d.object(n)
	if err != nil {
		return Outgoing{}, err
	}
	d = newDraft()
	t := streams.NewActivityStreamsCreate()
	d.setActivity(t, v.URI+"/activity", voter.URI, v.URI, a)
	return d.finish(t, voter.ID, v.URI, object, a)
}

// Poll reads the answers of a Question, nil where there are none.
func (o Object) Poll() *poll.Received {
	if o.Type != "Question" {
		return nil
	}
	f := o.terms
	p := &poll.Received{}
	list := f.list("oneOf")
	if len(list) == 0 {
		list, p.Multiple = f.list("anyOf"), true
	}
	for _, raw := range list[:min(len(list), maxAnswers)] {
		answer, err := parseFields(raw)
		if err != nil {
			continue
		}
		title := clip(strings.Join(strings.Fields(answer.text("name")), " "), maxAnswer)
		if title == "" {
			continue
		}
		replies, _ := parseFields(answer["replies"])
		votes, counted := integer(replies["totalItems"])
		p.HideTotals = p.HideTotals || !counted
		p.Options = append(p.Options, poll.Option{Title: title, Votes: votes})
	}
	if len(p.Options) == 0 {
		return nil
	}
	p.VotersCount, _ = integer(f["votersCount"])
	if t, ok := f.time("endTime"); ok {
		p.ExpiresAt = &t
	}
	p.ClosedAt = o.closed(p.ExpiresAt)
	return p
}

// closed reads when a poll was closed; some only say that it was.
func (o Object) closed(end *time.Time) *time.Time {
	if t, ok := o.terms.time("closed"); ok {
		return &t
	}
	var yes bool
	if json.Unmarshal(o.terms["closed"], &yes) != nil || !yes {
		return nil
	}
	if end != nil {
		return end
	}
	return &o.Published
}

// Vote reports whether the object may be a vote in a poll: a Note with a name and no text that answers something and is
// addressed to nobody but people.
func (o Object) Vote() bool {
	return o.Type == "Note" && o.Name != "" && o.Content == "" && o.InReplyTo != "" && !o.Public()
}
