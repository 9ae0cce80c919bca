package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/post"
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
	return nil, errNotBuilt()
}
