package web

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/peer"
)

// importForm takes a list of rules, and shows what it would change before it is applied.
type importForm struct {
	List    string     `schema:"list"`
	Bare    string     `schema:"bare"`
	Action  string     `schema:"action"`
	Bares   []option   `schema:"-"`
	Plan    *planView  `schema:"-"`
	MaxSize int        `schema:"-"` // KiB
	Errors  formErrors `schema:"-"`
}

func (s *Site) showImport(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleAdmin); err != nil {
		return err
	}
	return s.renderImport(w, r, http.StatusOK, importForm{})
}

func (s *Site) renderImport(w http.ResponseWriter, r *http.Request, status int, form importForm) error {
	form.MaxSize = peer.MaxList >> 10
	for _, v := range []string{"", "suspend", "silence", "allowlist"} {
		form.Bares = append(form.Bares, option{Value: v, Label: s.t(r, "policy.bare."+cmp.Or(v, "form")), Selected: v == form.Bare})
	}
	return s.render(w, r, status, "admin_rules_import", page{Title: s.t(r, "policy.import"), Nav: "administration", Data: form, NoIndex: true})
}

// importRules shows what a list would change; what the preview sends back is looked at once more and applied, or shown again to be
// changed.
func (s *Site) importRules(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form importForm
	if err = decode(r, &form); err == nil {
		err = form.upload(r)
	}
	var plan peer.Plan
	switch {
	case err != nil:
	case form.Action == "edit":
		return s.renderImport(w, r, http.StatusOK, form)
	case form.Action == "apply":
		plan, err = s.Rules.Import(r.Context(), admin, form.List, peer.Bare(form.Bare))
	default:
		plan, err = s.Rules.Plan(r.Context(), admin, form.List, peer.Bare(form.Bare))
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		err = listTooLarge("list")
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err); !ok {
			return fmt.Errorf("import rules: %w", err)
		}
		return s.renderImport(w, r, form.Errors.Status, form)
	}
	if form.Action == "apply" {
		s.flashCounts(w, "success", "flash.policy.imported", map[string]int{
			"New": len(plan.New), "Changed": len(plan.Changed), "Unchanged": plan.Unchanged, "Skipped": len(plan.Mistakes),
		})
		http.Redirect(w, r, rulesPath, http.StatusSeeOther)
		return nil
	}
	form.Plan = s.planView(r, plan)
	return s.renderImport(w, r, http.StatusOK, form)
}

// upload puts the file of the form, if there is one, in the place of what was typed. Of a file that is too large nothing is kept:
// part of a list would look like all of it.
func (f *importForm) upload(r *http.Request) error {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "web.error.form", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, peer.MaxList+1))
	if err != nil {
		return fmt.Errorf("uploaded list: %w", err)
	}
	if len(content) > peer.MaxList {
		return listTooLarge("file")
	}
	f.List = string(content)
	return nil
}

func listTooLarge(field string) error {
	return fault.Fields(fault.Field{Name: field, Message: "error.policy.list.large", Args: map[string]any{"Max": peer.MaxList >> 10}})
}

// exportRules sends the rules as a file: to keep, with all that is said of them, or to give away.
func (s *Site) exportRules(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	private := r.URL.Query().Get("umfang") == "alles"
	var file bytes.Buffer
	if err := s.Rules.Export(r.Context(), admin, &file, private); err != nil {
		return fmt.Errorf("export rules: %w", err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", `attachment; filename="regeln.csv"`)
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(file.Bytes())
	return err
}

// publicRulesView is what everyone may read of the rules.
type publicRulesView struct {
	Rules     []peer.Published
	AllowList bool
}

func (s *Site) showPublicRules(w http.ResponseWriter, r *http.Request) error {
	list, policy, err := s.Rules.Published(r.Context())
	if err != nil {
		return fmt.Errorf("public rules: %w", err)
	}
	if !policy.RulesPublic {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	view := publicRulesView{Rules: list, AllowList: policy.Mode == peer.AllowList}
	return s.render(w, r, http.StatusOK, "instance_rules", page{Title: s.t(r, "policy.public.title"), Data: view})
}
