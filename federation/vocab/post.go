package vocab

import (
	"html"

	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
	"github.com/vorbild/vorbild/internal/quote"
	"github.com/vorbild/vorbild/internal/reuse"
)

// PostDoc is all that a document about one of our posts states.
type PostDoc struct {
	Post         post.Post
	Author       account.Account
	Board        *account.Account
	Circle       *account.Account // our group whose followers in the administration network get a post meant for it
	ParentAuthor *account.Account // of the post this one answers
	Mentions     []account.Account
	Tags         []string
	Practice     *practice.Practice // nil for everything that is not a practice
	Publication  *publication.Publication
	Reuse        *reuse.Reuse
	Assessment   *assessment.Assessment
	InvitesTo    string     // of a message that invites to assess a practice: the practice
	Poll         *poll.Poll // nil for everything that asks nothing
	Media        []media.Media
	Quote        *quote.Quote // nil for what quotes nothing
	QuotedURL    string       // page of the quoted post
}

// Public reports whether everyone may see it.
func (d PostDoc) Public() bool {
	return d.Post.Visibility == post.Public || d.Post.Visibility == post.Unlisted
}

// Post builds the document of a post, or its Tombstone once it is withdrawn.
func (r *Renderer) Post(doc PostDoc) ([]byte, error) {
	m, err := r.postObject(doc)
	if err != nil {
		return nil, err
	}
	return encode(m)
}

func (r *Renderer) postObject(doc PostDoc) (map[string]any, error) {
	build := r.noteObject
	switch {
	case doc.Post.State == post.StateWithdrawn:
		return r.tombstoneObject(doc)
	case doc.Practice != nil:
		build = r.articleObject
	case doc.Publication != nil:
		build = r.publicationObject
	}
	m, err := build(doc)
	if err != nil {
		return nil, err
	}
	return r.fit(m, doc), nil
}

type content interface {
	as.Type
	addressed
	SetActivityStreamsName(as.ActivityStreamsNameProperty)
	SetActivityStreamsSummary(as.ActivityStreamsSummaryProperty)
	SetActivityStreamsContent(as.ActivityStreamsContentProperty)
	SetActivityStreamsUrl(as.ActivityStreamsUrlProperty)
	SetActivityStreamsPublished(as.ActivityStreamsPublishedProperty)
	SetActivityStreamsUpdated(as.ActivityStreamsUpdatedProperty)
	SetActivityStreamsAttributedTo(as.ActivityStreamsAttributedToProperty)
	SetActivityStreamsAudience(as.ActivityStreamsAudienceProperty)
	SetActivityStreamsContext(as.ActivityStreamsContextProperty)
	SetActivityStreamsReplies(as.ActivityStreamsRepliesProperty)
	SetActivityStreamsLikes(as.ActivityStreamsLikesProperty)
	SetActivityStreamsShares(as.ActivityStreamsSharesProperty)
}

// articleObject is a best practice: complete for every reader of Articles, structured for those that know our terms.
func (r *Renderer) articleObject(doc PostDoc) (map[string]any, error) {
	d, p := newDraft(), doc.Post
	t := streams.NewActivityStreamsArticle()
	words := r.words(p.Language)
	r.common(d, t, doc, p.HTML+factsHTML(words, doc), practiceTags(doc))
	setName(t, p.Title)
	setSummary(t, p.Summary)
	if p.Source != "" {
		d.set("source", map[string]any{"mediaType": "text/markdown", "content": p.Source + factsMarkdown(words, doc)})
	}
	if len(doc.Practice.Files) > 0 {
		d.set("attachment", r.practiceFiles(doc))
	}
	for key, value := range practiceTerms(*doc.Practice) {
		d.set(key, value)
	}
	return d.object(t)
}

// noteObject is a thread or an answer, which may ask something. A thread's title stands in name and, for the many peers that ignore the name of
// a Note, as the first line of the content; our own peers take that line off again.
func (r *Renderer) noteObject(doc PostDoc) (map[string]any, error) {
	d, p := newDraft(), doc.Post
	t := r.note(d, doc)
	body := r.answerWords(doc) + p.HTML
	if p.Title != "" {
		setName(t, p.Title)
		body = titleOpen + html.EscapeString(p.Title) + titleClose + body
	}
	body += quoteHTML(doc)
	d.quotes(doc.Quote)
	// The summary of a Note is read as a content warning everywhere.
	setSummary(t, p.Summary)
	r.common(d, t, doc, body, doc.Tags)
	if p.InReplyToURI != "" {
		parent := streams.NewActivityStreamsInReplyToProperty()
		parent.AppendIRI(d.iri(p.InReplyToURI))
		t.SetActivityStreamsInReplyTo(parent)
	}
	d.set("vb:kind", p.Role)
	for key, value := range answerTerms(doc) {
		d.set(key, value)
	}
	return d.object(t)
}

func (r *Renderer) common(d *draft, t content, doc PostDoc, body string, tags []string) {
	p := doc.Post
	setID(t, d.iri(p.URI))
	d.setURL(t, p.URL)
	author := streams.NewActivityStreamsAttributedToProperty()
	author.AppendIRI(d.iri(doc.Author.URI))
	t.SetActivityStreamsAttributedTo(author)
	d.address(t, doc.addressing())
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	d.setNetwork(t, doc)
	setContent(t, body)
	if p.Language != "" {
		d.set("contentMap", map[string]any{p.Language: body})
		for key, text := range map[string]string{"nameMap": p.Title, "summaryMap": p.Summary} {
			if text != "" {
				d.set(key, map[string]any{p.Language: text})
			}
		}
	}
	if p.PublishedAt != nil {
		setPublished(t, *p.PublishedAt)
	}
	// Only when edited: Mastodon shows a newer date as a visible edit. Never before published: GoToSocial refuses that.
	if p.EditedAt != nil && p.PublishedAt != nil && p.EditedAt.After(*p.PublishedAt) {
		setUpdated(t, *p.EditedAt)
	}
	if p.ContextURI != "" {
		thread := streams.NewActivityStreamsContextProperty()
		thread.AppendIRI(d.iri(p.ContextURI))
		t.SetActivityStreamsContext(thread)
		d.set("conversation", p.ContextURI)
	}
	replies := streams.NewActivityStreamsRepliesProperty()
	replies.SetIRI(d.iri(p.URI + "/replies"))
	t.SetActivityStreamsReplies(replies)
	likes := streams.NewActivityStreamsLikesProperty()
	likes.SetActivityStreamsCollection(d.count(p.URI+"/likes", p.FavouritesCount))
	t.SetActivityStreamsLikes(likes)
	shares := streams.NewActivityStreamsSharesProperty()
	shares.SetActivityStreamsCollection(d.count(p.URI+"/shares", p.BoostsCount))
	t.SetActivityStreamsShares(shares)
	d.set("sensitive", p.Sensitive)
	if doc.Public() {
		d.set("interactionPolicy", everyoneMayQuote())
	}
	d.set("tag", r.tags(doc, tags))
	if len(doc.Media) > 0 {
		d.set("attachment", r.attachments(doc.Media))
	}
}

func (d *draft) count(id string, n int) as.ActivityStreamsCollection {
	c := streams.NewActivityStreamsCollection()
	setID(c, d.iri(id))
	setTotal(c, n)
	return c
}

// Tombstone builds what stands in the place of a withdrawn post.
func (r *Renderer) tombstoneObject(doc PostDoc) (map[string]any, error) {
	d, p := newDraft(), doc.Post
	t := streams.NewActivityStreamsTombstone()
	setID(t, d.iri(p.URI))
	former := streams.NewActivityStreamsFormerTypeProperty()
	former.AppendXMLSchemaString(formerType(p.Kind))
	t.SetActivityStreamsFormerType(former)
	if p.WithdrawnAt != nil {
		deleted := streams.NewActivityStreamsDeletedProperty()
		deleted.Set(wire(*p.WithdrawnAt))
		t.SetActivityStreamsDeleted(deleted)
	}
	return d.object(t)
}

func formerType(k post.Kind) string {
	switch k {
	case post.Article:
		return "Article"
	case post.Question:
		return "Question"
	}
	return "Note"
}
