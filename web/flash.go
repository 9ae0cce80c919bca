package web

import (
	"net/http"
	"net/url"
	"strconv"
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
func (s *Site) flash(w http.ResponseWriter, kind, key string) { s.flashCounts(w, kind, key, nil) }

// flashCounts is flash with the numbers that the message names.
func (s *Site) flashCounts(w http.ResponseWriter, kind, key string, counts map[string]int) {
	said := kind + ":" + key
	if len(counts) > 0 {
		numbers := url.Values{}
		for name, n := range counts {
			numbers.Set(name, strconv.Itoa(n))
		}
		said += "?" + numbers.Encode()
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: said, Path: "/", MaxAge: 60, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
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
	key, numbers, _ := strings.Cut(key, "?")
	counts, _ := url.ParseQuery(numbers)
	var args []any
	for name := range counts {
		if n, err := strconv.Atoi(counts.Get(name)); err == nil {
			args = append(args, name, n)
		}
	}
	text := s.t(r, key, args...)
	if !strings.HasPrefix(key, "flash.") || text == key {
		return nil
	}
	return &flashView{Kind: kind, Text: text}
}
