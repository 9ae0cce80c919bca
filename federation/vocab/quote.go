package vocab

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// The types of FEP-044f that go-fed does not know.
const (
	QuoteRequest       = "QuoteRequest"
	QuoteAuthorization = "QuoteAuthorization"
)

// quoteContext are the terms of FEP-044f, of GoToSocial's interaction policies, and of those who quoted before there was consent.
func quoteContext(m map[string]any) {
	id := func(iri string) map[string]any { return map[string]any{"@id": iri, "@type": "@id"} }
	m["gts"] = "https://gotosocial.org/ns#"
	for _, term := range []string{"interactionPolicy", "canQuote", "automaticApproval", "interactingObject", "interactionTarget"} {
		m[term] = id("gts:" + term)
	}
	m["quote"] = id("https://w3id.org/fep/044f#quote")
	m["quoteAuthorization"] = id("https://w3id.org/fep/044f#quoteAuthorization")
	m[QuoteRequest] = "https://w3id.org/fep/044f#QuoteRequest"
	m[QuoteAuthorization] = "https://w3id.org/fep/044f#QuoteAuthorization"
	m["quoteUri"] = "http://fedibird.com/ns#quoteUri"
	m["_misskey_quote"] = "https://misskey-hub.net/ns#_misskey_quote"
}

// everyoneMayQuote says that a request to quote is granted at once. The other rights of these policies stay unsaid: naming them
// would promise that we enforce them.
func everyoneMayQuote() map[string]any {
	return map[string]any{"canQuote": map[string]any{"automaticApproval": []any{PublicURI}}}
}

// quotes puts what a post quotes into its document: by FEP-044f, and by the older names that Misskey and others read.
func (d *draft) quotes(q *quote.Quote) {
	if q == nil || q.State == quote.Rejected || q.State == quote.Revoked {
		return
	}
	for _, key := range []string{"quote", "quoteUri", "_misskey_quote"} {
		d.set(key, q.QuotedURI)
	}
	d.set("quoteAuthorization", q.AuthorizationURI)
}

// quoteHTML is the line that stands in for a quote where it is not shown. Who shows it knows the line by its class.
func quoteHTML(doc PostDoc) string {
	if doc.Quote == nil {
		return ""
	}
	address := doc.Quote.QuotedURI
	if doc.QuotedURL != "" {
		address = doc.QuotedURL
	}
	return `<p class="quote-inline">RE: <a href="` + html.EscapeString(address) + `">` + html.EscapeString(address) + `</a></p>`
}

// QuoteRequestURI is the id of the request that a post of ours may quote what it quotes.
func QuoteRequestURI(p post.Post) string { return p.URI + "#quote-request" }

// QuotingURI is the post that a request of ours with that id is about; ok is false for the id of anything else.
func QuotingURI(requestURI string) (postURI string, ok bool) {
	return strings.CutSuffix(requestURI, "#quote-request")
}

// AskQuote asks author for the leave to quote their post; the post that quotes it is embedded, so that they see what they decide on.
func (r *Renderer) AskQuote(doc PostDoc, author account.Account) (Outgoing, error) {
	object, err := r.postObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	id := QuoteRequestURI(doc.Post)
	body, err := encode(finalize(map[string]any{
		"id": id, "type": QuoteRequest, "actor": doc.Author.URI, "object": doc.Quote.QuotedURI, "instrument": object,
		"to": []any{author.URI}, "cc": []any{},
	}, nil))
	if err != nil {
		return Outgoing{}, err
	}
	return Outgoing{URI: id, Type: QuoteRequest, ActorID: doc.Author.ID, ObjectURI: doc.Post.URI, Body: body}, nil
}

// AnswerQuote grants or refuses a request; a grant points to the stamp.
func (r *Renderer) AnswerQuote(q quote.Request, quoted post.Post, author, asker account.Account, stampURI string) (Outgoing, error) {
	d, a := newDraft(), Addressing{To: []string{asker.URI}}
	id := func(verb string) string {
		return fmt.Sprintf("%s#%s-quote-%d-%d", author.URI, verb, q.ID, q.UpdatedAt.UnixMilli())
	}
	asked := finalize(map[string]any{
		"id": q.URI, "type": QuoteRequest, "actor": asker.URI, "object": quoted.URI, "instrument": q.InteractingURI,
	}, nil)
	if q.State != quote.Accepted {
		t := streams.NewActivityStreamsReject()
		d.setActivity(t, id("reject"), author.URI, q.URI, a)
		return d.finish(t, author.ID, q.URI, asked, a)
	}
	t := streams.NewActivityStreamsAccept()
	d.setActivity(t, id("accept"), author.URI, q.URI, a)
	d.set("result", stampURI)
	return d.finish(t, author.ID, q.URI, asked, a)
}

// RevokeQuote takes a stamp back.
func (r *Renderer) RevokeQuote(q quote.Request, quoted post.Post, author, asker account.Account, stampURI string) (Outgoing, error) {
	d, a := newDraft(), openly(author, asker.URI)
	t := streams.NewActivityStreamsDelete()
	d.setActivity(t, stampURI+"#delete", author.URI, stampURI, a)
	return d.finish(t, author.ID, stampURI, stamp(q, quoted, author, stampURI), a)
}

// Stamp builds the document of an accepted request.
func (r *Renderer) Stamp(q quote.Request, quoted post.Post, author account.Account, stampURI string) ([]byte, error) {
	return encode(stamp(q, quoted, author, stampURI))
}

func stamp(q quote.Request, quoted post.Post, author account.Account, stampURI string) map[string]any {
	return map[string]any{
		"id": stampURI, "type": QuoteAuthorization, "attributedTo": author.URI,
		"interactingObject": q.InteractingURI, "interactionTarget": quoted.URI,
	}
}

// UpdateQuote tells that the leave to quote came or went. The post itself was not edited, so its time of editing stays.
func (r *Renderer) UpdateQuote(doc PostDoc) (Outgoing, error) {
	object, err := r.postObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), doc.addressing()
	t := streams.NewActivityStreamsUpdate()
	d.setActivity(t, doc.Post.URI+"#quote-"+strconv.FormatInt(doc.Quote.UpdatedAt.UnixMilli(), 10), doc.Author.URI, doc.Post.URI, a)
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	return d.finish(t, doc.Author.ID, doc.Post.URI, object, a)
}

// Stamp is a QuoteAuthorization of another server.
type Stamp struct{ ID, AttributedTo, InteractingObject, InteractionTarget string }

// ParseStamp reads a QuoteAuthorization.
func ParseStamp(raw []byte) (Stamp, error) {
	f, err := parseFields(raw)
	if err != nil {
		return Stamp{}, err
	}
	if !slices.Contains(f.texts("type"), QuoteAuthorization) {
		return Stamp{}, fmt.Errorf("%w: no %s", ErrMalformed, QuoteAuthorization)
	}
	return Stamp{
		ID: f.text("id"), AttributedTo: f.id("attributedTo"),
		InteractingObject: f.id("interactingObject"), InteractionTarget: f.id("interactionTarget"),
	}, nil
}

// quoteRels say that a Link among the tags is a quote (FEP-e232).
var quoteRels = []string{"https://misskey-hub.net/ns#_misskey_quote", "http://fedibird.com/ns#quoteUri", "https://w3id.org/fep/044f#quote"}

// Quote reads what a post quotes, however its software says it, and the stamp that allows it.
func (o Object) Quote() quote.Received {
	f := o.terms
	for _, key := range []string{"quote", "quoteUri", "quoteUrl", "_misskey_quote"} {
		if uri := f.id(key); webID(uri) {
			r := quote.Received{URI: uri}
			if authorization := f.id("quoteAuthorization"); webID(authorization) {
				r.AuthorizationURI = authorization
			}
			return r
		}
	}
	for _, raw := range f.list("tag") {
		link, err := parseFields(raw)
		if err != nil || link.text("type") != "Link" || !webID(link.text("href")) {
			continue
		}
		if slices.ContainsFunc(link.texts("rel"), func(rel string) bool { return slices.Contains(quoteRels, rel) }) {
			return quote.Received{URI: link.text("href")}
		}
	}
	return quote.Received{}
}
