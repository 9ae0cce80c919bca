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

// shownOfPlan is how many lines of each kind a preview shows; the counts are of all.
const shownOfPlan = 200

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

// planView is what a list would do.
type planView struct {
	New, Changed []ruleRow
	Mistakes     []planMistake
	Unknown      []string
	Counts       struct{ New, Changed, Unchanged, Mistakes int }
}

// Applicable reports whether there is anything to apply.
func (v planView) Applicable() bool { return v.Counts.New+v.Counts.Changed > 0 }

// More is how many lines of a kind are not shown.
func (v planView) More(all, shown int) int { return all - shown }

type planMistake struct {
	Line         int
	Text, Reason string
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

// importRules shows what a list would change; what the preview sends back is looked at once more and applied.
func (s *Site) importRules(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form importForm
	err = decode(r, &form)
	if err == nil && form.List == "" {
		form.List, err = uploadedList(r)
	}
	var plan peer.Plan
	if err == nil {
		do := s.Rules.Plan
		if form.Action == "apply" {
			do = s.Rules.Import
		}
		plan, err = do(r.Context(), admin, form.List, peer.Bare(form.Bare))
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "policy.import."); !ok {
			return fmt.Errorf("import rules: %w", err)
		}
		return s.renderImport(w, r, form.Errors.Status, form)
	}
	if form.Action == "apply" {
		s.flash(w, "success", "flash.policy.imported")
		http.Redirect(w, r, rulesPath, http.StatusSeeOther)
		return nil
	}
	form.Plan = s.planView(r, plan)
	return s.renderImport(w, r, http.StatusOK, form)
}

// uploadedList reads the file of the form.
func uploadedList(r *http.Request) (string, error) {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return "", fault.Fields(fault.Field{Name: "list", Message: "error.policy.list.empty"})
	}
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "web.error.form", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, peer.MaxList+1))
	if err != nil {
		return "", fmt.Errorf("uploaded list: %w", err)
	}
	return string(content), nil
}

func (s *Site) planView(r *http.Request, p peer.Plan) *planView {
	v := &planView{Unknown: p.Unknown}
	v.Counts.New, v.Counts.Changed, v.Counts.Unchanged, v.Counts.Mistakes = len(p.New), len(p.Changed), p.Unchanged, len(p.Mistakes)
	for _, c := range p.New[:min(len(p.New), shownOfPlan)] {
		v.New = append(v.New, rowOf(c.Rule))
	}
	for _, c := range p.Changed[:min(len(p.Changed), shownOfPlan)] {
		row := rowOf(c.Rule)
		row.Was = rowOf(*c.Old).Badges
		v.Changed = append(v.Changed, row)
	}
	for _, m := range p.Mistakes[:min(len(p.Mistakes), shownOfPlan)] {
		args := make([]any, 0, 2*len(m.Args))
		for name, value := range m.Args {
			args = append(args, name, value)
		}
		v.Mistakes = append(v.Mistakes, planMistake{Line: m.Line, Text: m.Text, Reason: s.t(r, m.Message, args...)})
	}
	return v
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
