package mastodon

import (
	"context"
	"slices"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/quote"
)

// Status is the Status entity. What clients must find as null has no omitempty; what is only sent to a reader has.
type Status struct {
	ID                 string            `json:"id"`
	URI                string            `json:"uri"`
	URL                *string           `json:"url"`
	CreatedAt          string            `json:"created_at"`
	EditedAt           *string           `json:"edited_at"`
	Account            Account           `json:"account"`
	Content            string            `json:"content"` // HTML
	SpoilerText        string            `json:"spoiler_text"`
	Sensitive          bool              `json:"sensitive"`
	Visibility         string            `json:"visibility"` // public, unlisted, private, direct
	Language           *string           `json:"language"`
	InReplyToID        *string           `json:"in_reply_to_id"`
	InReplyToAccountID *string           `json:"in_reply_to_account_id"`
	Reblog             *Status           `json:"reblog"`
	Application        *Application      `json:"application"`
	MediaAttachments   []MediaAttachment `json:"media_attachments"`
	Mentions           []Mention         `json:"mentions"`
	Tags               []StatusTag       `json:"tags"`
	Emojis             []CustomEmoji     `json:"emojis"`
	Card               *PreviewCard      `json:"card"`
	Poll               *Poll             `json:"poll"`
	Quote              any               `json:"quote"` // Quote; in a quoted status ShallowQuote
	QuoteApproval      *QuoteApproval    `json:"quote_approval"`
	RepliesCount       int               `json:"replies_count"`
	ReblogsCount       int               `json:"reblogs_count"`
	FavouritesCount    int               `json:"favourites_count"`
	// To a reader with an account only.
	Favourited *bool           `json:"favourited,omitempty"`
	Reblogged  *bool           `json:"reblogged,omitempty"`
	Muted      *bool           `json:"muted,omitempty"`
	Bookmarked *bool           `json:"bookmarked,omitempty"`
	Pinned     *bool           `json:"pinned,omitempty"` // own ones
	Filtered   *[]FilterResult `json:"filtered,omitempty"`
	// The answer to a deletion only: what was written, to write it anew.
	Text *string `json:"text,omitempty"`
}

// Application is the program a status was written with.
type Application struct {
	Name    string  `json:"name"`
	Website *string `json:"website"`
}

// Mention is someone named in a status.
type Mention struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Acct     string `json:"acct"`
	URL      string `json:"url"`
}

// StatusTag is a hashtag of a status.
type StatusTag struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// PreviewCard is what a link leads to.
type PreviewCard struct {
	URL          string       `json:"url"`
	Title        string       `json:"title"`
	Description  string       `json:"description"`
	Language     *string      `json:"language"`
	Type         string       `json:"type"` // link, photo, video, rich
	AuthorName   string       `json:"author_name"`
	AuthorURL    string       `json:"author_url"`
	ProviderName string       `json:"provider_name"`
	ProviderURL  string       `json:"provider_url"`
	HTML         string       `json:"html"`
	EmbedURL     string       `json:"embed_url"`
	Width        int          `json:"width"`
	Height       int          `json:"height"`
	Image        *string      `json:"image"`
	Blurhash     *string      `json:"blurhash"`
	PublishedAt  *string      `json:"published_at"`
	Authors      []CardAuthor `json:"authors"`
}

// CardAuthor is who wrote what a card leads to.
type CardAuthor struct {
	Name    string   `json:"name"`
	URL     string   `json:"url"`
	Account *Account `json:"account"`
}

// statusEntity is statusEntities for one.
func (s *Server) statusEntity(ctx context.Context, viewer post.Viewer, v post.View) (Status, error) {
	list, err := s.statusEntities(ctx, viewer, []post.View{v})
	if err != nil {
		return Status{}, err
	}
	return list[0], nil
}

// statusByID is the status of a post the viewer may see; fault.NotFound otherwise.
func (s *Server) statusByID(ctx context.Context, viewer post.Viewer, id int64) (Status, error) {
	v, err := s.Posts.ByID(ctx, viewer, id)
	if err != nil {
		return Status{}, err
	}
	return s.statusEntity(ctx, viewer, v)
}

// statusEntities completes posts with a fixed number of queries, in the given order. A view that a boost brought becomes the
// boost with the post in Reblog.
func (s *Server) statusEntities(ctx context.Context, viewer post.Viewer, views []post.View) ([]Status, error) {
	list := make([]Status, len(views))
	if len(views) == 0 {
		return list, nil
	}
	beside, err := s.besides(ctx, viewer, views)
	if err != nil {
		return nil, err
	}
	for i, v := range views {
		e := s.newStatus(viewer, v, beside)
		if v.BoostID != 0 && v.BoostedBy != nil {
			e = wrap(v, e, beside.accounts[v.BoostedBy.ID])
		}
		list[i] = e
	}
	return list, nil
}

// beside is what belongs to a list of statuses, by the ids of accounts, posts and apps.
type beside struct {
	accounts  map[int64]Account
	media     map[int64][]media.Media
	polls     map[int64]poll.Poll
	events    map[int64]event.Event
	quotes    map[int64]quote.View
	shallow   map[int64]quote.View // what the quoted posts quote
	apps      map[int64]oauth.App
	practices map[int64]practice.Practice
	leads     map[int64]string // what an answer to a practice says beyond its text
	filtered  map[int64][]FilterResult
}

func (s *Server) besides(ctx context.Context, viewer post.Viewer, views []post.View) (b beside, err error) {
	if views, err = s.withQuoted(ctx, viewer, views, &b); err != nil {
		return b, err
	}
	var postIDs, questions, articles, meetings, appIDs []int64
	var people []account.Account
	known := map[int64]bool{}
	add := func(a account.Account) {
		if !known[a.ID] {
			known[a.ID] = true
			people = append(people, a)
		}
	}
	for _, v := range views {
		postIDs = append(postIDs, v.Post.ID)
		add(v.Author)
		if v.BoostedBy != nil {
			add(*v.BoostedBy)
		}
		switch v.Post.Kind {
		case post.Question:
			questions = append(questions, v.Post.ID)
		case post.Article:
			articles = append(articles, v.Post.ID)
		case post.Event:
			meetings = append(meetings, v.Post.ID)
		}
		if v.Post.AppID != nil {
			appIDs = append(appIDs, *v.Post.AppID)
		}
	}
	entities, err := s.accountEntities(ctx, people)
	if err != nil {
		return b, err
	}
	b.accounts = make(map[int64]Account, len(people))
	for i, a := range people {
		b.accounts[a.ID] = entities[i]
	}
	if b.media, err = s.Media.ByPosts(ctx, postIDs); err != nil {
		return b, err
	}
	if b.filtered, err = s.filterResults(ctx, viewer, views); err != nil {
		return b, err
	}
	if len(questions) > 0 {
		if b.polls, err = s.Polls.ByPosts(ctx, viewer.AccountID, questions); err != nil {
			return b, err
		}
	}
	if b.events, err = s.Events.ByPosts(ctx, meetings); err != nil {
		return b, err
	}
	if len(articles) > 0 {
		if b.practices, err = s.Practices.ByPosts(ctx, articles); err != nil {
			return b, err
		}
	}
	if b.leads, err = s.leads(ctx, views); err != nil {
		return b, err
	}
	if len(appIDs) > 0 {
		b.apps, err = s.OAuth.AppsByIDs(ctx, appIDs)
	}
	return b, err
}

// withQuoted adds to views what they quote, as that is shown within them.
func (s *Server) withQuoted(ctx context.Context, viewer post.Viewer, views []post.View, b *beside) ([]post.View, error) {
	ids := make([]int64, len(views))
	for i, v := range views {
		ids[i] = v.Post.ID
	}
	var err error
	if b.quotes, err = s.Quotes.ByPosts(ctx, viewer, ids); err != nil || len(b.quotes) == 0 {
		return views, err
	}
	all := slices.Clone(views)
	var quoted []int64
	for _, q := range b.quotes {
		if q.Quoted != nil {
			all, quoted = append(all, *q.Quoted), append(quoted, q.Quoted.Post.ID)
		}
	}
	b.shallow, err = s.Quotes.ByPosts(ctx, viewer, quoted)
	return all, err
}

func (s *Server) newStatus(viewer post.Viewer, v post.View, b beside) Status {
	p := v.Post
	e := Status{
		ID: idText(p.ID), URI: p.URI, URL: textOrNil(p.URL), CreatedAt: stamp(published(p)), EditedAt: stampOrNil(p.EditedAt),
		Account: b.accounts[p.AccountID], SpoilerText: spoiler(p), Sensitive: p.Sensitive, Visibility: visibilityName(p.Visibility),
		Language: textOrNil(p.Language), InReplyToID: idOrNil(p.InReplyToID), InReplyToAccountID: idOrNil(v.InReplyToAccountID),
		MediaAttachments: make([]MediaAttachment, len(b.media[p.ID])), Mentions: make([]Mention, len(v.Mentions)), Tags: make([]StatusTag, len(v.Tags)),
		Emojis: []CustomEmoji{}, RepliesCount: p.RepliesCount, ReblogsCount: p.BoostsCount, FavouritesCount: p.FavouritesCount,
	}
	e.QuoteApproval = quoteApproval(p)
	details, structured := b.practices[p.ID]
	meeting, scheduled := b.events[p.ID]
	switch {
	case structured:
		e.Card = s.practiceCard(v, details, e.Account)
		e.Content = s.practiceContent(p, details)
	case scheduled:
		e.Card, e.Content = s.linkCard(v, e.Account), s.content(p, eventParagraph(s.I18n.For(p.Language), meeting))
	case linked(p):
		e.Card, e.Content = s.linkCard(v, e.Account), s.content(p, "")
	default:
		e.Content = s.content(p, b.leads[p.ID])
	}
	if q, ok := b.quotes[p.ID]; ok {
		e.Content = quoteLine(q) + e.Content
	}
	for i, m := range b.media[p.ID] {
		e.MediaAttachments[i] = s.mediaEntity(m)
	}
	for _, f := range details.Files {
		e.MediaAttachments = append(e.MediaAttachments, s.fileEntity(p, f))
	}
	for i, m := range v.Mentions {
		e.Mentions[i] = Mention{ID: idText(m.ID), Username: m.Username, Acct: m.Handle(), URL: s.profileURL(m)}
	}
	for i, name := range v.Tags {
		e.Tags[i] = StatusTag{Name: name, URL: s.Posts.TagURL(name)}
	}
	if question, ok := b.polls[p.ID]; ok {
		entity := s.pollEntity(viewer, question)
		e.Poll = &entity
	}
	if p.AppID != nil {
		if app, ok := b.apps[*p.AppID]; ok {
			e.Application = &Application{Name: app.Name, Website: textOrNil(app.Website)}
		}
	}
	e.Quote = s.quoteEntity(viewer, p.ID, b)
	if viewer.AccountID == 0 {
		return e
	}
	filtered := b.filtered[p.ID]
	if filtered == nil {
		filtered = []FilterResult{}
	}
	e.Favourited, e.Reblogged, e.Bookmarked, e.Muted, e.Filtered = &v.Favourited, &v.Boosted, &v.Bookmarked, &v.ThreadMuted, &filtered
	if p.AccountID == viewer.AccountID {
		e.Pinned = &v.Pinned
	}
	return e
}

// wrap is the boost of a status: what the client needs to sort and act stands outside, all the rest in Reblog.
func wrap(v post.View, original Status, booster Account) Status {
	e := original
	e.ID, e.URI, e.Account, e.CreatedAt, e.Reblog = idText(v.BoostID), v.BoostURI(), booster, stamp(v.BoostedAt), &original
	e.InReplyToID, e.InReplyToAccountID, e.EditedAt, e.Pinned, e.Application, e.Card, e.Poll, e.Quote = nil, nil, nil, nil, nil, nil, nil, nil
	e.MediaAttachments, e.Mentions, e.Tags = []MediaAttachment{}, []Mention{}, []StatusTag{}
	return e
}

// published is when a post appeared; a draft, which only its author sees, has only begun.
func published(p post.Post) time.Time {
	if p.PublishedAt != nil {
		return *p.PublishedAt
	}
	return p.CreatedAt
}

// spoiler is the warning before a post. The summary of an article is no warning but its beginning, unless it says that it is
// sensitive.
func spoiler(p post.Post) string {
	if p.Kind != post.Note && p.Kind != post.Question && !p.Sensitive {
		return ""
	}
	return p.Summary
}

// visibilityName and visibilityOf translate between our words and those of clients.
func visibilityName(v post.Visibility) string {
	if v == post.Followers || v == post.Network {
		return "private"
	}
	return string(v)
}

func visibilityOf(name string) post.Visibility {
	if name == "private" {
		return post.Followers
	}
	return post.Visibility(name)
}
