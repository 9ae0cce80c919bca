// Package account is everyone who can publish: people and groups of this instance and of others. It holds the
// roles that every service enforces. It must not know posts, nor how other servers are reached: what it needs of
// them it takes as a Resolver.
package account

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
)

// Kind is the ActivityStreams actor type in lower case.
type Kind string

const (
	Person       Kind = "person"
	Group        Kind = "group"
	Application  Kind = "application"
	ServiceActor Kind = "service"
	Organization Kind = "organization"
)

// Role is what someone may do on this instance. Each role may do all that the ones before it may.
type Role string

const (
	RoleNone      Role = ""       // remote accounts and groups
	RoleGuest     Role = "guest"  // read, comment
	RoleMember    Role = "member" // write practices and threads, follow
	RoleEditor    Role = "editor" // publish for the organisation, curate, follow as the instance
	RoleModerator Role = "moderator"
	RoleAdmin     Role = "admin"
)

// Roles lists the roles of people, least first.
var Roles = []Role{RoleGuest, RoleMember, RoleEditor, RoleModerator, RoleAdmin}

// AtLeast reports whether r includes the rights of want.
func (r Role) AtLeast(want Role) bool { return r.rank() >= want.rank() && r.rank() > 0 }

func (r Role) rank() int {
	for i, x := range Roles {
		if x == r {
			return i + 1
		}
	}
	return 0
}

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return r.rank() > 0 }

// State is what became of an account.
type State string

const (
	Active    State = "active"
	Suspended State = "suspended" // by our moderators, or with its domain: ours cannot log in, nobody sees what it wrote
	Gone      State = "gone"      // deleted where it lived; never comes back
)

// Usernames of the actors every instance has.
const (
	CatalogUsername = "praxis" // Group: announces the published practices, follows other catalogues, curates
	ForumUsername   = "forum"  // Group: announces the discussion threads
)

// Account is one actor. A row begins with Bootstrap or an invitation (ours), or when another server first speaks of it
// (Receive); it ends as Gone and is kept, so that nobody can take its place. Its private key is not part of it:
// only SigningKey reads that.
type Account struct {
	ID                int64          `db:"id"`
	Username          string         `db:"username"`
	Domain            *string        `db:"domain"` // nil: ours; else host[:port], lower case
	URI               string         `db:"uri"`
	URL               string         `db:"url"`
	Kind              Kind           `db:"kind"`
	DisplayName       string         `db:"display_name"`
	Note              string         `db:"note"`        // sanitised HTML
	NoteSource        string         `db:"note_source"` // ours only: the Markdown that Note was made from
	Level             string         `db:"level"`
	Region            string         `db:"region"`
	InboxURI          string         `db:"inbox_uri"`
	SharedInboxURI    string         `db:"shared_inbox_uri"`
	OutboxURI         string         `db:"outbox_uri"`
	FollowersURI      string         `db:"followers_uri"`
	FollowingURI      string         `db:"following_uri"`
	FeaturedURI       string         `db:"featured_uri"`
	CatalogURI        string         `db:"catalog_uri"` // Application only: its instance's catalogue
	ForumURI          string         `db:"forum_uri"`   // Application only: its instance's forum
	PublicKeyID       string         `db:"public_key_id"`
	PublicKeyPEM      string         `db:"public_key_pem"`
	ApprovesFollowers bool           `db:"approves_followers"`
	Discoverable      bool           `db:"discoverable"`
	Avatar            string         `db:"avatar"` // a file of ours, or an address at the origin; "": none
	Header            string         `db:"header"`
	Fields            Fields         `db:"fields"`
	Bot               bool           `db:"bot"`
	HideCollections   bool           `db:"hide_collections"` // its followers and whom it follows are nobody else's business
	Indexable         bool           `db:"indexable"`        // others may find its public posts by their words
	Role              Role           `db:"role"`
	Language          string         `db:"language"`
	DefaultVisibility string         `db:"default_visibility"` // in the words of post.Visibility
	DefaultSensitive  bool           `db:"default_sensitive"`
	State             State          `db:"state"`
	Refused           bool           `db:"refused"`       // its domain does not federate: Suspended for as long as that is so
	Silenced          bool           `db:"silenced"`      // limited by our moderators
	Limited           bool           `db:"limited"`       // Silenced, or its domain is: only its followers come across what it writes
	AlsoKnownAs       pq.StringArray `db:"also_known_as"` // ids of other accounts of the same person, as this one says
	MovedToURI        string         `db:"moved_to_uri"`  // where its owner is found now; "" while they are here
	MovedAt           *time.Time     `db:"moved_at"`      // when its followers were last led on
	FetchedAt         *time.Time     `db:"fetched_at"`
	CreatedAt         time.Time      `db:"created_at"`
	UpdatedAt         time.Time      `db:"updated_at"`
}

// Local reports whether the account lives on this instance.
func (a Account) Local() bool { return a.Domain == nil }

// Host returns the domain of a remote account, "" for ours.
func (a Account) Host() string {
	if a.Domain == nil {
		return ""
	}
	return *a.Domain
}

// Handle returns user@host for remote accounts and user for ours.
func (a Account) Handle() string {
	if a.Domain == nil {
		return a.Username
	}
	return a.Username + "@" + *a.Domain
}

// Name returns the display name, the username when there is none.
func (a Account) Name() string {
	if n := strings.TrimSpace(a.DisplayName); n != "" {
		return n
	}
	return a.Username
}

// Is reports whether the account says that it belongs to the same person as the one with that id.
func (a Account) Is(uri string) bool { return slices.Contains(a.AlsoKnownAs, uri) }

// Able reports whether the account may act with the rights of want: it has the role and is neither suspended nor gone.
func (a Account) Able(want Role) bool {
	return a.Role.AtLeast(want) && a.State != Suspended && a.State != Gone
}

// Operator returns the actor of the command line: whoever holds the machine holds the database, so every role rule
// lets them pass. It is no row, and the zero Account is not it: a request without login can never become one.
func Operator() Account {
	return Account{ID: operatorID, Username: "vorbild", Role: RoleAdmin, State: Active}
}

// operatorID is no id of any row.
const operatorID = -1

// IsOperator reports whether a is Operator.
func (a Account) IsOperator() bool { return a.ID == operatorID }

// String returns the handle, which is all that a message may say of an account.
func (a Account) String() string { return a.Handle() }

// LogValue keeps an account in a log line to its id and handle.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("id", a.ID), slog.String("handle", a.Handle()))
}

// Resolver finds accounts of other servers; federation/transport implements it.
type Resolver interface {
	// ResolveHandle looks up user@host, or a bare host for its instance actor, by WebFinger and stores what it finds.
	// Errors: fault.NotFound, fault.Unavailable.
	ResolveHandle(ctx context.Context, handle string) (Account, error)
	// ResolveURI fetches the actor with that ActivityPub id or profile URL and stores it.
	// Errors: fault.NotFound, fault.Unavailable.
	ResolveURI(ctx context.Context, uri string) (Account, error)
}
