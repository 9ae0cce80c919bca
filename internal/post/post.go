// Package post is everything that federates as an object: notes, articles and what else arrives, their threads,
// mentions, favourites and boosts. One row per object, whoever wrote it. It must not know what a practice is.
//
// Two rules hold its transactions together. Counters are recounted, never incremented, so that a replay does not drift.
// And whoever adds to a thread locks the thread's first post before the post it answers: so a thread that moves below a
// late parent moves whole.
package post

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/markup"
)

// Kind is the ActivityStreams object type in lower case; everything we only link to is a link.
type Kind string

const (
	Note     Kind = "note"
	Article  Kind = "article"
	Question Kind = "question"
	Event    Kind = "event"
	Link     Kind = "link"
)

// State of a post.
type State string

const (
	StateDraft     State = "draft"
	StatePublished State = "published"
	StateWithdrawn State = "withdrawn"
)

// Visibility says who may see a post.
type Visibility string

const (
	Public    Visibility = "public"
	Unlisted  Visibility = "unlisted"
	Network   Visibility = "network" // our people and the administration network (Verbund); no group passes it on
	Followers Visibility = "followers"
	Direct    Visibility = "direct"
)

// SourceType says how the source of a post is to be read.
type SourceType string

const (
	Markdown  SourceType = "text/markdown"
	PlainText SourceType = "text/plain"
)

// Part is something that hangs on a post and is stored in the same transaction: its media, its poll.
type Part func(ctx context.Context, tx *sqlx.Tx, p Post) error

// Roles of a note in reply to a practice (the vocabulary's vb:kind), and of the message that invites to assess one.
const (
	RoleCurationNote = "CurationNote"
	RoleQuestion     = "Question"
	RoleReuse        = "Reuse"
	RoleAssessment   = "Assessment"
	RoleInvitation   = "Invitation"
)

// Roles of an article that is no practice but published by an instance as such (the vocabulary's vb:kind).
const (
	RoleDocument = "Document" // a guide, recommendation or strategy
	RoleEdition  = "Edition"  // of a paper that was made of practices
)

// Publication reports whether p is an article that an instance published as such, not as a practice.
func (p Post) Publication() bool {
	return p.Kind == Article && (p.Role == RoleDocument || p.Role == RoleEdition)
}

// Post is one object.
type Post struct {
	ID              int64      `db:"id"`
	URI             string     `db:"uri"` // ActivityPub id
	URL             string     `db:"url"` // page for people at the origin
	AccountID       int64      `db:"account_id"`
	Local           bool       `db:"local"`
	Kind            Kind       `db:"kind"`
	State           State      `db:"state"`
	Visibility      Visibility `db:"visibility"`
	Role            string     `db:"role"`
	BoardID         *int64     `db:"board_id"` // the group whose board it stands on
	InReplyToID     *int64     `db:"in_reply_to_id"`
	InReplyToURI    string     `db:"in_reply_to_uri"`
	ThreadID        int64      `db:"thread_id"` // first post of the thread; its own id for that post
	ContextURI      string     `db:"context_uri"`
	Title           string     `db:"title"`
	Summary         string     `db:"summary"`
	HTML            string     `db:"html"`   // sanitised
	Source          string     `db:"source"` // Markdown, ours only
	SourceType      SourceType `db:"source_type"`
	AppID           *int64     `db:"app_id"` // the program it was written with
	Language        string     `db:"language"`
	Sensitive       bool       `db:"sensitive"`
	RepliesCount    int        `db:"replies_count"`
	BoostsCount     int        `db:"boosts_count"`
	FavouritesCount int        `db:"favourites_count"`
	PublishedAt     *time.Time `db:"published_at"`
	EditedAt        *time.Time `db:"edited_at"`
	WithdrawnAt     *time.Time `db:"withdrawn_at"`
	CreatedAt       time.Time  `db:"created_at"`
}

// maxHeading is how many characters of a text stand in for a title.
const maxHeading = 80

// Heading is what a post is called where one line is shown of it: its title, else the warning that stands before it, else its
// first words. It is empty for what has no words, or none any more.
func (p Post) Heading() string {
	switch {
	case p.Title != "":
		return p.Title
	case p.Sensitive && p.Summary != "":
		return markup.Line(p.Summary)
	}
	return markup.Excerpt(p.HTML, maxHeading)
}

// Listed reports whether anyone may see the post.
func (v Visibility) Listed() bool { return v == Public || v == Unlisted }

// Valid reports whether v is one of the five.
func (v Visibility) Valid() bool { return v.rank() > 0 }

// Narrower returns the one of v and w that fewer may see.
func (v Visibility) Narrower(w Visibility) Visibility {
	if w.rank() > v.rank() {
		return w
	}
	return v
}

func (v Visibility) rank() int {
	return slices.Index([]Visibility{"", Public, Unlisted, Network, Followers, Direct}, v)
}

// Viewer is who looks: the zero value is a visitor without an account.
type Viewer struct {
	AccountID int64
}

// View is a post with what a page or a client shows beside it.
type View struct {
	Post     Post
	Author   account.Account
	Board    *account.Account
	Mentions []account.Account
	Tags     []string
	// Who wrote what it answers; nil when we do not know that post.
	InReplyToAccountID *int64
	// By the viewer:
	Favourited, Boosted, Bookmarked, Pinned bool
	ThreadMuted                             bool
	Depth                                   int // in a thread: 0 for the first post, its answers 1, theirs 2 ...
	// Of a line in a timeline that a boost brought: who, and the boost itself.
	BoostedBy *account.Account
	BoostID   int64
	BoostedAt time.Time
}

// Received is what another server says of one of its posts, as plain values; HTML is not yet sanitised.
type Received struct {
	URI, URL     string
	AuthorID     int64
	Kind         Kind
	Visibility   Visibility
	Role         string
	BoardID      *int64
	InReplyToURI string
	ContextURI   string
	Title        string
	Summary      string
	HTML         string
	Format       SourceType // "": HTML is HTML; else it is written in this
	Links        []WebLink  // said below the text
	Language     string
	Sensitive    bool
	Tags         []string
	MentionIDs   []int64
	PublishedAt  time.Time
	UpdatedAt    *time.Time
	// First says that its author told of it as something new: what is known already stays as it is.
	First bool
}

// WebLink is the address of a page and what it is called, "" where nobody said.
type WebLink struct{ URL, Name string }

// Revision is one published version.
type Revision struct {
	PostID    int64     `db:"post_id"`
	Revision  int       `db:"revision"`
	AccountID *int64    `db:"account_id"`
	Title     string    `db:"title"`
	Summary   string    `db:"summary"`
	HTML      string    `db:"html"`
	Source    string    `db:"source"`
	Detail    []byte    `db:"detail"`
	CreatedAt time.Time `db:"created_at"`
}

// Reaction is a favourite or a boost.
type Reaction struct {
	ID        int64      `db:"id"`
	AccountID int64      `db:"account_id"`
	PostID    int64      `db:"post_id"`
	URI       string     `db:"uri"`
	CreatedAt time.Time  `db:"created_at"`
	UndoneAt  *time.Time `db:"undone_at"`
}
