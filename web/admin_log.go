package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

// auditView is one page of the log.
type auditView struct {
	Entries    []account.Entry
	Pagination pagination
}

func (s *Site) showAuditLog(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	at := paging.Page{MaxID: maxID(r), Limit: 50}
	entries, err := s.Accounts.AuditLog(r.Context(), admin, at)
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	view := auditView{Entries: entries}
	if len(entries) == at.Size() {
		view.Pagination = olderThan(r, entries[len(entries)-1].ID)
	}
	return s.render(w, r, http.StatusOK, "admin_log", page{Title: s.t(r, "admin.log"), Nav: "administration", Data: view, NoIndex: true})
}
