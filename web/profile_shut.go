package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
)

// shutProfile mutes or blocks an account for the reader alone, or opens it again.
func (s *Site) shutProfile(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return err
	}
	a, err := s.profile(r)
	if err != nil {
		return err
	}
	said := ""
	switch mux.Vars(r)["verb"] {
	case "stummschalten":
		said, err = "flash.mute", s.Relationships.Mute(r.Context(), reader, a.ID, true, 0)
	case "nicht-mehr-stummschalten":
		said, err = "flash.unmute", s.Relationships.Unmute(r.Context(), reader, a.ID)
	case "blockieren":
		said, err = "flash.block", s.Relationships.Block(r.Context(), reader, a.ID)
	case "nicht-mehr-blockieren":
		said, err = "flash.unblock", s.Relationships.Unblock(r.Context(), reader, a.ID)
	}
	if err != nil {
		return fmt.Errorf("shut out %s: %w", a, err)
	}
	s.flash(w, "success", said)
	return s.back(w, r, profileURL(a))
}
