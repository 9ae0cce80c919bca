package mastodon

import (
	"html"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// Quote is the Quote entity of a status: what it quotes, where that may be shown.
type Quote struct {
	State        string  `json:"state"` // pending, accepted, rejected, revoked, deleted, unauthorized
	QuotedStatus *Status `json:"quoted_status"`
}

// ShallowQuote stands in a quoted status for what that one quotes: quotes are shown one level deep.
type ShallowQuote struct {
	State          string  `json:"state"`
	QuotedStatusID *string `json:"quoted_status_id"`
}

// QuoteApproval says who may quote a status, and whether the reader may.
type QuoteApproval struct {
	Automatic   []string `json:"automatic"`
	Manual      []string `json:"manual"`
	CurrentUser string   `json:"current_user"` // automatic, denied
}

// quoteApproval: what everyone may see may be quoted by everyone.
func quoteApproval(p post.Post) *QuoteApproval {
	if p.Visibility.Listed() {
		return &QuoteApproval{Automatic: []string{"public"}, Manual: []string{}, CurrentUser: "automatic"}
	}
	return &QuoteApproval{Automatic: []string{}, Manual: []string{}, CurrentUser: "denied"}
}

// quoteState is the state as clients call it. What the reader may not see, or nobody any more, is told as not authorized.
func quoteState(q quote.View) string {
	if q.State == quote.Accepted && q.Quoted == nil {
		return "unauthorized"
	}
	return string(q.State)
}

// quoteEntity returns the quote of a status, nil for one that quotes nothing.
func (s *Server) quoteEntity(viewer post.Viewer, postID int64, b beside) any {
	q, ok := b.quotes[postID]
	if !ok {
		return nil
	}
	if q.Quoted == nil {
		return Quote{State: quoteState(q)}
	}
	status := s.newStatus(viewer, *q.Quoted, b)
	status.Quote = nil
	if inner, ok := b.shallow[q.Quoted.Post.ID]; ok {
		status.Quote = ShallowQuote{State: quoteState(inner), QuotedStatusID: idOrNil(inner.QuotedID)}
	}
	return Quote{State: quoteState(q), QuotedStatus: &status}
}

// quoteLine is where the quoted post is, for clients that show no quotes; those that do know the line by its class.
func quoteLine(q quote.View) string {
	address := q.QuotedURI
	if q.Quoted != nil && q.Quoted.Post.URL != "" {
		address = q.Quoted.Post.URL
	}
	if !webURL(address) {
		return ""
	}
	return `<p class="quote-inline">RE: <a href="` + html.EscapeString(address) + `" rel="nofollow noopener ugc">` + html.EscapeString(address) + `</a></p>`
}
