package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/peer"
)

// rulesPath is where administrators decide about other instances.
const rulesPath = "/verwaltung/regeln"

// rulesAtOnce is how many rules a page shows.
const rulesAtOnce = 100

// rulesView is the policy and a page of the rules.
type rulesView struct {
	Policy policyForm
	Text   string // searched for
	Rules  []ruleRow
	Count  int    // of all that were found
	Next   string // address of the next page
	Errors formErrors
}

// policyForm is how the instance federates as a whole.
type policyForm struct {
	Mode            string   `schema:"mode"`
	AuthorizedFetch bool     `schema:"authorized_fetch"`
	RulesPublic     bool     `schema:"rules_public"`
	Modes           []option `schema:"-"`
}

// ruleRow is one rule of the list.
type ruleRow struct {
	peer.Rule
	Name   string // as people write it
	Badges []ruleBadge
}

// ruleBadge is one thing that a rule decides.
type ruleBadge struct{ Kind, Key string }

func rowOf(r peer.Rule) ruleRow {
	row := ruleRow{Rule: r, Name: peer.Shown(r.Domain)}
	for _, b := range []struct {
		set bool
		ruleBadge
	}{
		{r.Severity == peer.Suspend, ruleBadge{"danger", "policy.badge.suspend"}},
		{r.Severity == peer.Silence, ruleBadge{"warning", "policy.badge.silence"}},
		{r.Network, ruleBadge{"success", "policy.badge.network"}},
		{r.Allowed && !r.Network, ruleBadge{"success", "policy.badge.allowed"}},
		{r.RejectMedia, ruleBadge{"warning", "policy.badge.media"}},
		{r.RejectReports, ruleBadge{"warning", "policy.badge.reports"}},
	} {
		if b.set {
			row.Badges = append(row.Badges, b.ruleBadge)
		}
	}
	if len(row.Badges) == 0 {
		row.Badges = []ruleBadge{{"info", "policy.badge.none"}}
	}
	return row
}

func (s *Site) showRules(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	p, err := s.Rules.Policy(r.Context(), admin)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return s.renderRules(w, r, http.StatusOK, admin, rulesView{
		Policy: policyForm{Mode: string(p.Mode), AuthorizedFetch: p.AuthorizedFetch, RulesPublic: p.RulesPublic},
	})
}

func (s *Site) renderRules(w http.ResponseWriter, r *http.Request, status int, admin account.Account, view rulesView) error {
	asked := r.URL.Query()
	view.Text = strings.TrimSpace(asked.Get("q"))
	list, err := s.Rules.List(r.Context(), admin, view.Text)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	view.Count = len(list)
	if after := asked.Get("nach"); after != "" {
		list = slices.DeleteFunc(list, func(r peer.Rule) bool { return r.Domain <= after })
	}
	if len(list) > rulesAtOnce {
		list = list[:rulesAtOnce]
		view.Next = rulesPath + "?" + url.Values{"q": {view.Text}, "nach": {list[rulesAtOnce-1].Domain}}.Encode()
	}
	for _, rule := range list {
		view.Rules = append(view.Rules, rowOf(rule))
	}
	for _, mode := range []peer.Mode{peer.Open, peer.AllowList} {
		view.Policy.Modes = append(view.Policy.Modes, option{Value: string(mode), Label: s.t(r, "policy.mode."+string(mode))})
	}
	return s.render(w, r, status, "admin_rules", page{Title: s.t(r, "policy.title"), Nav: "administration", Data: view, NoIndex: true})
}

func (s *Site) savePolicy(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	var form policyForm
	if err = decode(r, &form); err == nil {
		err = s.Rules.SavePolicy(r.Context(), admin, peer.Policy{Mode: peer.Mode(form.Mode), AuthorizedFetch: form.AuthorizedFetch, RulesPublic: form.RulesPublic})
	}
	if err != nil {
		errs, ok := s.formErrors(r, err, "policy.")
		if !ok {
			return fmt.Errorf("save policy: %w", err)
		}
		return s.renderRules(w, r, errs.Status, admin, rulesView{Policy: form, Errors: errs})
	}
	s.flash(w, "success", "flash.policy.saved")
	http.Redirect(w, r, rulesPath, http.StatusSeeOther)
	return nil
}

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
	Known          bool       `schema:"-"`
	Name           string     `schema:"-"`
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
		_, err = s.Rules.Save(r.Context(), admin, form.rule(), form.Purge)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "policy.rule."); !ok {
			return fmt.Errorf("save rule %q: %w", form.Domain, err)
		}
		if known, err := s.Rules.ByDomain(r.Context(), admin, form.Domain); err == nil {
			form.Known, form.Name = true, peer.Shown(known.Domain)
		}
		return s.renderRule(w, r, form.Errors.Status, form)
	}
	s.flash(w, "success", "flash.policy.rule.saved")
	http.Redirect(w, r, rulesPath, http.StatusSeeOther)
	return nil
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
