package mastodon

import (
	"context"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Account is the Account entity. Remote accounts carry their host in Acct, ours do not.
type Account struct {
	ID             string        `json:"id"`
	Username       string        `json:"username"`
	Acct           string        `json:"acct"`
	URL            string        `json:"url"`
	URI            string        `json:"uri"`
	DisplayName    string        `json:"display_name"`
	Note           string        `json:"note"` // HTML
	Avatar         string        `json:"avatar"`
	AvatarStatic   string        `json:"avatar_static"`
	Header         string        `json:"header"`
	HeaderStatic   string        `json:"header_static"`
	Locked         bool          `json:"locked"`
	Bot            bool          `json:"bot"`
	Group          bool          `json:"group"`
	Discoverable   bool          `json:"discoverable"`
	Indexable      bool          `json:"indexable"`
	HideCollection bool          `json:"hide_collections"`
	NoIndex        bool          `json:"noindex"`
	CreatedAt      string        `json:"created_at"`
	LastStatusAt   *string       `json:"last_status_at"` // YYYY-MM-DD
	StatusesCount  int           `json:"statuses_count"`
	FollowersCount int           `json:"followers_count"`
	FollowingCount int           `json:"following_count"`
	Emojis         []CustomEmoji `json:"emojis"`
	Fields         []Field       `json:"fields"`
	Roles          []AccountRole `json:"roles"`
	Suspended      bool          `json:"suspended,omitempty"`
	Moved          *Account      `json:"moved,omitempty"`
	// Of verify_credentials only.
	Source *Source `json:"source,omitempty"`
	Role   *Role   `json:"role,omitempty"`
	// Of the accounts of mutes only.
	MuteExpiresAt *string `json:"mute_expires_at,omitempty"`
}

// Field is a name and value of a profile; Value is HTML.
type Field struct {
	Name       string  `json:"name"`
	Value      string  `json:"value"`
	VerifiedAt *string `json:"verified_at"`
}

// Source is what the owner of a profile wrote, and how they like to post.
type Source struct {
	Privacy             string  `json:"privacy"`
	Sensitive           bool    `json:"sensitive"`
	Language            string  `json:"language"`
	Note                string  `json:"note"`
	Fields              []Field `json:"fields"`
	FollowRequestsCount int     `json:"follow_requests_count"`
	HideCollections     bool    `json:"hide_collections"`
	Discoverable        bool    `json:"discoverable"`
	Indexable           bool    `json:"indexable"`
}

// AccountRole is a badge; Role is what the reader themselves may do.
type AccountRole struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// Role of verify_credentials.
type Role struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"`
	Permissions string `json:"permissions"`
	Highlighted bool   `json:"highlighted"`
}

// CustomEmoji is part of other entities; this instance has none of its own.
type CustomEmoji struct {
	Shortcode       string `json:"shortcode"`
	URL             string `json:"url"`
	StaticURL       string `json:"static_url"`
	VisibleInPicker bool   `json:"visible_in_picker"`
}

// format is the shape of all times: UTC, exactly three digits of a second (some clients parse only that).
const timeFormat = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

func stampOrNil(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := stamp(*t)
	return &text
}

func textOrNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

func idOrNil(id *int64) *string {
	if id == nil {
		return nil
	}
	text := idText(*id)
	return &text
}

// accountEntity is accountEntities for one.
func (s *Server) accountEntity(ctx context.Context, viewer post.Viewer, a account.Account) (Account, error) {
	list, err := s.accountEntities(ctx, viewer, []account.Account{a})
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// accountEntities completes accounts with a fixed number of queries, in the given order.
func (s *Server) accountEntities(ctx context.Context, viewer post.Viewer, accounts []account.Account) ([]Account, error) {
	return nil, errNotBuilt()
}
