package mastodon

import (
	"context"
	"encoding/base64"
	"io"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
)

// verifyCredentials is the reader's own account, with what only its owner sees. A token for the profile alone sees no more than others do.
func (s *Server) verifyCredentials(c *call) (any, error) {
	return s.credentials(c, c.account())
}

func (s *Server) credentials(c *call, a account.Account) (any, error) {
	e, err := s.accountEntity(c.ctx(), a)
	if err != nil {
		return nil, err
	}
	e.Role = s.role(a)
	if !c.grant.Allows("read:accounts") {
		return e, nil
	}
	waiting, err := s.Follows.RequestsPage(c.ctx(), a.ID, paging.Page{Limit: mostAccounts})
	if err != nil {
		return nil, err
	}
	p := s.preferencesOf(a)
	e.Source = &Source{
		Privacy: p.Visibility, Sensitive: p.Sensitive, Language: p.Language, Note: a.NoteSource, Fields: make([]Field, len(a.Fields)),
		FollowRequestsCount: len(waiting), HideCollections: a.HideCollections, Discoverable: a.Discoverable, Indexable: a.Indexable,
	}
	for i, f := range a.Fields {
		e.Source.Fields[i] = Field{Name: f.Name, Value: f.Source}
	}
	return e, nil
}

// Permissions of Mastodon that clients look at, as bits of a number.
const (
	permissionAdministrator = 1 << 0
	permissionReports       = 1 << 4
	permissionInvite        = 1 << 16
)

func (s *Server) role(a account.Account) *Role {
	permissions := 0
	if a.Able(account.RoleModerator) {
		permissions |= permissionReports
	}
	if a.Able(account.RoleAdmin) {
		permissions |= permissionAdministrator | permissionInvite
	}
	return &Role{
		ID: roleID(a.Role), Name: s.I18n.For(a.Language).T("role." + string(a.Role)), Permissions: strconv.Itoa(permissions),
		Highlighted: a.Role.AtLeast(account.RoleEditor),
	}
}

// updateCredentials changes what the client names and leaves the rest.
func (s *Server) updateCredentials(c *call) (any, error) {
	a := c.account()
	p := c.params
	change := account.Profile{
		DisplayName: p.optional("display_name"), Note: p.optional("note"), ApprovesFollowers: c.flag("locked"), Bot: c.flag("bot"),
		Discoverable: c.flag("discoverable"), Indexable: c.flag("indexable"), HideCollections: c.flag("hide_collections"),
	}
	source := p.object("source")
	change.DefaultSensitive = flagOf(source, "sensitive")
	if language := source.text("language"); language != "" {
		change.Language = &language
	}
	if privacy := source.text("privacy"); privacy != "" {
		visibility := string(visibilityOf(privacy))
		change.DefaultVisibility = &visibility
	}
	if p.has("fields_attributes") {
		fields := make(account.Fields, 0, account.MaxFields)
		for _, f := range p.objects("fields_attributes") {
			fields = append(fields, account.Field{Name: f.text("name"), Source: f.text("value")})
		}
		change.Fields = &fields
	}
	var err error
	if change.Avatar, err = s.uploaded(c, "avatar", s.Media.StoreAvatar); err != nil {
		return nil, err
	}
	if change.Header, err = s.uploaded(c, "header", s.Media.StoreHeader); err != nil {
		return nil, err
	}
	return s.save(c, a, change)
}

func (s *Server) save(c *call, a account.Account, change account.Profile) (any, error) {
	if err := s.Accounts.SaveProfile(c.ctx(), a, a.ID, change); err != nil {
		return nil, err
	}
	a, err := s.Accounts.ByID(c.ctx(), a.ID)
	if err != nil {
		return nil, err
	}
	return s.credentials(c, a)
}

func (s *Server) deleteAvatar(c *call) (any, error) {
	return s.save(c, c.account(), account.Profile{Avatar: new(string)})
}

func (s *Server) deleteHeader(c *call) (any, error) {
	return s.save(c, c.account(), account.Profile{Header: new(string)})
}

// uploaded stores a picture that came as a file or, from libraries without files, as a data: address; nil where none came.
func (s *Server) uploaded(c *call, name string, store func(context.Context, io.Reader) (string, error)) (*string, error) {
	if header := c.params.file(name); header != nil {
		f, err := header.Open()
		if err != nil {
			return nil, errMalformed(err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		file, err := store(c.ctx(), f)
		return &file, err
	}
	text := c.params.text(name)
	if text == "" {
		return nil, nil
	}
	_, encoded, ok := strings.Cut(text, ";base64,")
	if !ok || !strings.HasPrefix(text, "data:") {
		return nil, fault.Fields(fault.Field{Name: name, Message: "error.relation.picture"})
	}
	file, err := store(c.ctx(), base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	return &file, err
}

// optional returns a parameter where the client sent one, be it empty.
func (p params) optional(name string) *string {
	if !p.has(name) {
		return nil
	}
	text := p.text(name)
	return &text
}
