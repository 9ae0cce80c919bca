package mastodon

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/oauth"
)

// Token is what a program shows with each call.
type Token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"` // seconds since 1970
}

// createToken exchanges a code, or a program's own secret, for a token: POST /oauth/token.
func (s *Server) createToken(c *call) (any, error) {
	id, secret := clientOf(c)
	t, token, err := s.OAuth.Exchange(c.ctx(), oauth.TokenRequest{
		GrantType: c.params.text("grant_type"), ClientID: id, ClientSecret: secret, Code: c.params.text("code"),
		RedirectURI: c.params.text("redirect_uri"), Verifier: c.params.text("code_verifier"), Scope: c.params.text("scope"),
	})
	if err != nil {
		return refused(c, err)
	}
	return Token{AccessToken: token, TokenType: "Bearer", Scope: t.Scopes, CreatedAt: t.CreatedAt.Unix()}, nil
}

// revokeToken ends a token of the program that asks: POST /oauth/revoke.
func (s *Server) revokeToken(c *call) (any, error) {
	id, secret := clientOf(c)
	if err := s.OAuth.Revoke(c.ctx(), id, secret, c.params.text("token")); err != nil {
		return refused(c, err)
	}
	return nil, nil
}

// clientOf reads who a program says it is: from the Authorization header (RFC 6749, 2.3.1), else from the parameters.
func clientOf(c *call) (id, secret string) {
	if user, password, ok := c.BasicAuth(); ok {
		id, err := url.QueryUnescape(user)
		secret, err2 := url.QueryUnescape(password)
		if err == nil && err2 == nil {
			return id, secret
		}
	}
	return c.params.text("client_id"), c.params.text("client_secret")
}

// descriptions are for those who write programs, as Mastodon says them.
var descriptions = map[oauth.Code]string{
	oauth.InvalidRequest: "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed.",
	oauth.InvalidClient:  "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
	oauth.InvalidGrant: "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, " +
		"or was issued to another client.",
	oauth.InvalidScope:         "The requested scope is invalid, unknown, or malformed.",
	oauth.UnauthorizedClient:   "You are not authorized to revoke this token",
	oauth.UnsupportedGrantType: "The authorization grant type is not supported by the authorization server.",
}

// refused answers in the words of RFC 6749, 5.2, which programs act upon. Every other error is told like that of any call.
func refused(c *call, err error) (any, error) {
	var code oauth.Code
	if !errors.As(err, &code) {
		return nil, err
	}
	switch fault.KindOf(err) {
	case fault.Unauthorized:
		c.status = http.StatusUnauthorized
		c.header.Set("WWW-Authenticate", `Basic realm="Vorbild"`)
	case fault.Forbidden:
		c.status = http.StatusForbidden
	default:
		c.status = http.StatusBadRequest
	}
	return failure{Error: code.Error(), Description: descriptions[code]}, nil
}

// authorizationServer is the document of RFC 8414.
type authorizationServer struct {
	Issuer                string   `json:"issuer"`
	ServiceDocumentation  string   `json:"service_documentation"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	AppRegistration       string   `json:"app_registration_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	CodeChallengeMethods  []string `json:"code_challenge_methods_supported"`
	RevocationAuthMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	InterfaceLanguages    []string `json:"ui_locales_supported"`
}

// oauthMetadata says what the OAuth server can: GET /.well-known/oauth-authorization-server.
func (s *Server) oauthMetadata(*call) (any, error) {
	base := s.Config.BaseURL
	methods := []string{"client_secret_basic", "client_secret_post"}
	return authorizationServer{
		Issuer: base + "/", ServiceDocumentation: "https://docs.joinmastodon.org/",
		AuthorizationEndpoint: base + "/oauth/authorize", TokenEndpoint: base + "/oauth/token", RevocationEndpoint: base + "/oauth/revoke",
		AppRegistration: base + "/api/v1/apps", Scopes: auth.Scopes, ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		GrantTypes: []string{"authorization_code", "client_credentials"}, AuthMethods: methods, RevocationAuthMethods: methods,
		CodeChallengeMethods: []string{"S256"}, InterfaceLanguages: []string{"de", "en"},
	}, nil
}
