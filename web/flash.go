package web

import (
	"net/http"
	"strings"
)

const flashCookie = "vorbild_flash"

// flashView is a message about what was just done, shown once on the next page.
type flashView struct {
	Kind string // success, info, warning, danger
	Text string
}

// flash leaves a message for the next page. key must begin with "flash."; the cookie carries only the key, so nobody can
// put words of their own on our pages.
func (s *Site) flash(w http.ResponseWriter, kind, key string) {
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: kind + ":" + key, Path: "/", MaxAge: 60, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

// takeFlash reads the message and forgets it.
func (s *Site) takeFlash(w http.ResponseWriter, r *http.Request) *flashView {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
	kind, key, _ := strings.Cut(c.Value, ":")
	switch kind {
	case "success", "info", "warning", "danger":
	default:
		return nil
	}
	text := s.t(r, key)
	if !strings.HasPrefix(key, "flash.") || text == key {
		return nil
	}
	return &flashView{Kind: kind, Text: text}
}
