package web

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/peer"
)

// ruleForm is one rule, new or known.
type ruleForm struct {
	Domain         string     `schema:"domain"`
	Severity       string     `schema:"severity"`
	Federates      string     `schema:"federates"` // "", allowed, network
	RejectMedia    bool       `schema:"reject_media"`
	RejectReports  bool       `schema:"reject_reports"`
	Obfuscate      bool       `schema:"obfuscate"`
	PublicComment  string     `schema:"public_comment"`
	PrivateComment string     `schema:"private_comment"`
	Purge          bool       `schema:"purge"`
	Known          bool       `schema:"known"`  // there was a rule when the form was opened
	Action         string     `schema:"action"` // confirm or edit, of what was asked before data is removed
	Name           string     `schema:"-"`
	Existing       string     `schema:"-"` // domain that somebody wants to make a rule for although it has one
	Severities     []option   `schema:"-"`
	Trusts         []option   `schema:"-"`
	Errors         formErrors `schema:"-"`
}

func (f ruleForm) rule() peer.Rule {
	return peer.Rule{
		Domain: f.Domain, Severity: peer.Severity(f.Severity), Allowed: f.Federates != "", Network: f.Federates == "network",
		RejectMedia: f.RejectMedia, RejectReports: f.RejectReports, Obfuscate: f.Obfuscate, PublicComment: f.PublicComment, PrivateComment: f.PrivateComment,
	}
}

func formOfRule(r peer.Rule) ruleForm {
	f := ruleForm{
		Domain: r.Domain, Severity: string(r.Severity), RejectMedia: r.RejectMedia, RejectReports: r.RejectReports, Obfuscate: r.Obfuscate,
		PublicComment: r.PublicComment, PrivateComment: r.PrivateComment, Known: true, Name: peer.Shown(r.Domain),
	}
	switch {
	case r.Network:
		f.Federates = "network"
	case r.Allowed:
		f.Federates = "allowed"
	}
	return f
}

func (s *Site) showRule(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	asked := r.URL.Query().Get("domain")
	rule, err := s.Rules.ByDomain(r.Context(), admin, asked)
	if fault.Is(err, fault.NotFound) {
		return s.renderRule(w, r, http.StatusOK, ruleForm{Domain: asked})
	}
	if err != nil {
		return fmt.Errorf("rule %q: %w", asked, err)
	}
	return s.renderRule(w, r, http.StatusOK, formOfRule(rule))
}

func (s *Site) renderRule(w http.ResponseWriter, r *http.Request, status int, form ruleForm) error {
	for _, v := range []string{"", "silence", "suspend"} {
		form.Severities = append(form.Severities, option{Value: v, Label: s.t(r, "policy.severity."+cmp.Or(v, "none")), Selected: v == form.Severity})
	}
	for _, v := range []string{"", "allowed", "network"} {
		form.Trusts = append(form.Trusts, option{Value: v, Label: s.t(r, "policy.federates."+cmp.Or(v, "none")), Selected: v == form.Federates})
	}
	title := s.t(r, "policy.rule.new")
	if form.Known {
		title = s.t(r, "policy.rule.title", "Domain", form.Name)
	}
	return s.render(w, r, status, "admin_rule", page{Title: title, Nav: "administration", Data: form, NoIndex: true})
}

func (s *Site) saveRule(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form ruleForm
	if err = decode(r, &form); err == nil {
		err = s.checkRule(r, admin, &form)
	}
	switch {
	case err != nil:
	case form.Action == "edit":
		return s.renderRule(w, r, http.StatusOK, form)
	case form.Purge && form.Action != "confirm":
		return s.confirmPurge(w, r, form)
	default:
		_, err = s.Rules.Save(r.Context(), admin, form.rule(), form.Purge)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "policy.rule."); !ok {
			return fmt.Errorf("save rule %q: %w", form.Domain, err)
		}
		return s.renderRule(w, r, form.Errors.Status, form)
	}
	s.flash(w, "success", "flash.policy.rule.saved")
	http.Redirect(w, r, rulesPath, http.StatusSeeOther)
	return nil
}

// checkRule finds the mistakes before anything is asked or stored. A rule that is there already is changed by its own form only, which
// shows what it says.
func (s *Site) checkRule(r *http.Request, admin account.Account, form *ruleForm) error {
	rule, err := s.Rules.Check(admin, form.rule(), form.Purge)
	if form.Known {
		form.Name = peer.Shown(form.Domain)
		return err
	}
	if err != nil {
		return err
	}
	switch _, err := s.Rules.ByDomain(r.Context(), admin, rule.Domain); {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	form.Existing = rule.Domain
	return fault.Fields(fault.Field{Name: "domain", Message: "error.policy.domain.known"})
}

// confirmPurge asks before what is here of a domain is removed for good, and keeps all that was typed.
func (s *Site) confirmPurge(w http.ResponseWriter, r *http.Request, form ruleForm) error {
	domain, err := peer.Domain(form.Domain)
	if err != nil {
		return err
	}
	title := s.t(r, "policy.purge.title", "Domain", peer.Shown(domain))
	view := confirmView{
		Title: title, Text: s.t(r, "policy.purge.text"), Button: s.t(r, "policy.purge.button"), Action: rulesPath + "/regel", Return: true,
		Points: []string{s.t(r, "policy.purge.posts"), s.t(r, "policy.purge.people"), s.t(r, "policy.purge.follows"), s.t(r, "policy.purge.ever")},
		Fields: []hiddenField{{Name: "action", Value: "confirm"}},
	}
	for _, name := range []string{"domain", "severity", "federates", "reject_media", "reject_reports", "obfuscate", "public_comment", "private_comment", "purge", "known"} {
		if v := r.PostForm.Get(name); v != "" {
			view.Fields = append(view.Fields, hiddenField{Name: name, Value: v})
		}
	}
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "administration", NoIndex: true, Data: view})
}

func (s *Site) deleteRule(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	domain := r.PostFormValue("domain")
	if err := s.Rules.Delete(r.Context(), admin, domain); err != nil {
		return fmt.Errorf("delete rule %q: %w", domain, err)
	}
	s.flash(w, "success", "flash.policy.rule.deleted")
	http.Redirect(w, r, rulesPath, http.StatusSeeOther)
	return nil
}
