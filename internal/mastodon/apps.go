package mastodon

import (
	"context"
	"strings"

	"github.com/vorbild/vorbild/internal/oauth"
)

// CredentialApplication is a registered program. The secret is told once, to who registered it.
type CredentialApplication struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Website      *string  `json:"website"`
	Scopes       []string `json:"scopes"`
	RedirectURIs []string `json:"redirect_uris"`
	RedirectURI  string   `json:"redirect_uri"` // all of them, for older clients
	ClientID     string   `json:"client_id,omitempty"`
	ClientSecret string   `json:"client_secret,omitempty"`
	// ExpiresAt of the secret: 0, never; absent where the secret is not told.
	ExpiresAt *int   `json:"client_secret_expires_at,omitempty"`
	VapidKey  string `json:"vapid_key"`
}

func (s *Server) appEntity(ctx context.Context, a oauth.App) (CredentialApplication, error) {
	key, err := s.Push.PublicKey(ctx)
	if err != nil {
		return CredentialApplication{}, err
	}
	return CredentialApplication{
		ID: idText(a.ID), Name: a.Name, Website: textOrNil(a.Website), Scopes: strings.Fields(a.Scopes),
		RedirectURIs: append([]string{}, a.RedirectURIs...), RedirectURI: strings.Join(a.RedirectURIs, "\n"), VapidKey: key,
	}, nil
}

// createApp registers a program: POST /api/v1/apps.
func (s *Server) createApp(c *call) (any, error) {
	a, secret, err := s.OAuth.Register(c.ctx(), oauth.Registration{
		Name: c.params.text("client_name"), Website: c.params.text("website"), Scopes: strings.Join(c.params.texts("scopes"), " "),
		RedirectURIs: c.params.texts("redirect_uris"),
	})
	if err != nil {
		return nil, err
	}
	entity, err := s.appEntity(c.ctx(), a)
	entity.ClientID, entity.ClientSecret, entity.ExpiresAt = a.ClientID, secret, new(int)
	return entity, err
}

// verifyApp tells a program that its token is good, and whose it is: GET /api/v1/apps/verify_credentials. A token that a
// person made by hand belongs to no registered program; it is answered with its own name.
func (s *Server) verifyApp(c *call) (any, error) {
	t := c.grant.Token
	if t.AppID == nil {
		return s.appEntity(c.ctx(), oauth.App{ID: t.ID, Name: t.Name, Scopes: t.Scopes})
	}
	a, err := s.OAuth.AppByID(c.ctx(), *t.AppID)
	if err != nil {
		return nil, err
	}
	return s.appEntity(c.ctx(), a)
}
