package schedule

import (
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// Params is a post as a program sends it, before anything of it is looked up: it can wait for its time.
type Params struct {
	Text        string          `json:"text"`
	SpoilerText string          `json:"spoiler_text,omitempty"`
	Sensitive   bool            `json:"sensitive,omitempty"`
	Visibility  post.Visibility `json:"visibility,omitempty"`
	Language    string          `json:"language,omitempty"`
	InReplyToID int64           `json:"in_reply_to_id,omitempty"`
	MediaIDs    []int64         `json:"media_ids,omitempty"`
	Poll        *Poll           `json:"poll,omitempty"`
	SourceType  post.SourceType `json:"source_type,omitempty"`
}

// Poll is what Params ask.
type Poll struct {
	Options    []string `json:"options"`
	Multiple   bool     `json:"multiple,omitempty"`
	HideTotals bool     `json:"hide_totals,omitempty"`
	ExpiresIn  int      `json:"expires_in"` // seconds from publication
}

// Draft is what the poll asks in package poll's terms.
func (p Poll) Draft() poll.Draft {
	return poll.Draft{Options: p.Options, Multiple: p.Multiple, HideTotals: p.HideTotals, ExpiresIn: time.Duration(p.ExpiresIn) * time.Second}
}

// Draft returns the note that params ask for, with its media and its poll as parts.
func (s *Service) Draft(actor account.Account, p Params) (post.Draft, error) {
	d := post.Draft{
		InReplyToID: p.InReplyToID, Untitled: true, Source: p.Text, SourceType: p.SourceType, Summary: p.SpoilerText, Sensitive: p.Sensitive,
		Visibility: p.Visibility, Language: p.Language, Kind: post.Note,
	}
	if d.SourceType == "" {
		d.SourceType = post.PlainText
	}
	if len(p.MediaIDs) > 0 && p.Poll != nil {
		return d, fault.Fields(fault.Field{Name: "media_ids", Message: "error.media.with_poll"})
	}
	if len(p.MediaIDs) > 0 {
		d.Parts, d.Wordless = append(d.Parts, s.media.Attach(actor, p.MediaIDs)), true
	}
	if p.Poll != nil {
		asked := p.Poll.Draft()
		if err := s.polls.Check(asked); err != nil {
			return d, err
		}
		d.Kind, d.Parts = post.Question, append(d.Parts, s.polls.Ask(asked))
	}
	return d, nil
}
