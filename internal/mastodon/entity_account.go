package mastodon

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
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
	Limited        bool          `json:"limited,omitempty"`
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

// timeFormat is the shape of all times: UTC, exactly three digits of a second (some clients parse only that).
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
func (s *Server) accountEntity(ctx context.Context, a account.Account) (Account, error) {
	list, err := s.accountEntities(ctx, []account.Account{a})
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// accountEntities completes accounts with a fixed number of queries, in the given order. Nothing in it depends on who reads.
func (s *Server) accountEntities(ctx context.Context, accounts []account.Account) ([]Account, error) {
	moved, err := s.Accounts.MovedTo(ctx, accounts)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(accounts), len(accounts)+len(moved))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	for _, target := range moved {
		ids = append(ids, target.ID)
	}
	stats, err := s.Accounts.Stats(ctx, ids)
	if err != nil {
		return nil, err
	}
	entities := make([]Account, len(accounts))
	for i, a := range accounts {
		entities[i] = s.describe(a, stats[a.ID])
		if target, ok := moved[a.ID]; ok {
			to := s.describe(target, stats[target.ID])
			entities[i].Moved = &to
		}
	}
	return entities, nil
}

func (s *Server) describe(a account.Account, stats account.Stats) Account {
	e := Account{
		ID: idText(a.ID), Username: a.Username, Acct: a.Handle(), URL: s.profileURL(a), URI: a.URI,
		DisplayName: a.DisplayName, Note: flatNote(a.Note),
		Locked: a.ApprovesFollowers, Bot: a.Automatic(), Group: a.Kind == account.Group,
		Discoverable: a.Discoverable, Indexable: a.Indexable, HideCollection: a.HideCollections, NoIndex: !a.Indexable,
		CreatedAt: stamp(a.CreatedAt), LastStatusAt: dayOrNil(stats.LastStatusAt),
		StatusesCount: stats.StatusesCount, FollowersCount: stats.FollowersCount, FollowingCount: stats.FollowingCount,
		Emojis: []CustomEmoji{}, Fields: fieldEntities(a.Fields), Roles: s.badges(a),
		Suspended: a.State != account.Active, Limited: a.Limited,
	}
	avatar, header := a.Avatar, a.Header
	if e.Suspended {
		// What a suspended account says of itself is not shown on.
		e.DisplayName, e.Note, e.Fields, e.Roles = "", "", []Field{}, []AccountRole{}
		avatar, header = "", ""
	}
	e.Avatar, e.Header = s.picture(avatar, media.MissingAvatar(a.Kind), media.Avatar), s.picture(header, media.MissingHeader(), media.Header)
	e.AvatarStatic, e.HeaderStatic = e.Avatar, e.Header
	return e
}

// flatNote is a note as clients can show it. Most are flat, which costs no more than to look.
func flatNote(note string) string {
	if note == "" {
		return ""
	}
	return markup.Flatten(note)
}

// profileURL is the page of an account for people; where another server named none, its actor.
func (s *Server) profileURL(a account.Account) string {
	switch {
	case a.Local():
		return s.Config.BaseURL + "/@" + a.Username
	case a.URL != "":
		return a.URL
	}
	return a.URI
}

// picture is the address of an avatar or header, never empty: clients decode it as an address. Pictures of other instances come
// through us: else clients would fetch them from there, and tell it who reads what and when.
func (s *Server) picture(file, missing string, use media.Use) string {
	if strings.Contains(file, "://") {
		return cmp.Or(s.Media.RemoteURL(use, file), s.Config.BaseURL+missing)
	}
	if file == "" {
		return s.Config.BaseURL + missing
	}
	return s.Media.URL(file)
}

func fieldEntities(fields account.Fields) []Field {
	list := make([]Field, len(fields))
	for i, f := range fields {
		list[i] = Field{Name: f.Name, Value: f.Value}
	}
	return list
}

// badges name what people of ours answer for beyond their own words.
func (s *Server) badges(a account.Account) []AccountRole {
	if !a.Local() || a.Kind != account.Person || !a.Role.AtLeast(account.RoleEditor) {
		return []AccountRole{}
	}
	name := s.I18n.For().T("role." + string(a.Role))
	return []AccountRole{{ID: roleID(a.Role), Name: name, Color: ""}}
}

// roleID numbers the roles, least first; 0 is that of who has none.
func roleID(r account.Role) string { return strconv.Itoa(slices.Index(account.Roles, r) + 1) }

func dayOrNil(t *time.Time) *string {
	if t == nil {
		return nil
	}
	day := t.UTC().Format(time.DateOnly)
	return &day
}
