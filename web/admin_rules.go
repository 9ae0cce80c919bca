package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
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
