package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// confirmClose asks once more before an account is deleted for good, here and elsewhere.
func (s *Site) confirmClose(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	if a.State == account.Gone || a.ID == admin.ID {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	title := s.t(r, "activities.close.ask", "Name", a.Name())
	back := fmt.Sprintf("/verwaltung/konten/%d", a.ID)
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "administration", NoIndex: true, Data: confirmView{
		Title: title, Text: s.t(r, "activities.close.ask.text", "Username", a.Username), Button: s.t(r, "activities.close.confirm"),
		Action: back + "/schliessen", Cancel: back,
	}})
}

func (s *Site) closeAccount(w http.ResponseWriter, r *http.Request) error {
	admin, a, err := s.managed(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.Close(r.Context(), admin, a.ID); err != nil {
		return s.returnAccount(w, r, admin, a, err)
	}
	s.flash(w, "success", "flash.account.closed")
	http.Redirect(w, r, "/verwaltung/konten", http.StatusSeeOther)
	return nil
}
