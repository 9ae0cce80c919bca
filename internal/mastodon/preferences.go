package mastodon

import (
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Preferences is the Preferences entity; its keys are words of Mastodon's settings.
type Preferences struct {
	Visibility string `json:"posting:default:visibility"`
	Sensitive  bool   `json:"posting:default:sensitive"`
	Language   string `json:"posting:default:language"`
	Media      string `json:"reading:expand:media"`
	Spoilers   bool   `json:"reading:expand:spoilers"`
	Autoplay   bool   `json:"reading:autoplay:gifs"`
}

func (s *Server) preferences(c *call) (any, error) { return s.preferencesOf(c.account()), nil }

func (s *Server) preferencesOf(a account.Account) Preferences {
	return Preferences{
		Visibility: visibilityName(post.Visibility(a.DefaultVisibility)), Sensitive: a.DefaultSensitive, Language: a.Language, Media: "default",
	}
}
