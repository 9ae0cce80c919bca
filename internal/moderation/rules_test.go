package moderation_test

import (
	"bytes"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// TestRulesAreForAdministrators: nobody else reads or changes them, not even moderators.
func TestRulesAreForAdministrators(t *testing.T) {
	h := newHouse(t)
	rules := moderation.NewRules(h.DB, peer.New(h.DB, nil), h.Accounts, nil, h.Posts, h.Queue)
	suspended := h.Admin
	suspended.State = account.Suspended
	for name, act := range map[string]func(account.Account) error{
		"List":     func(a account.Account) error { _, err := rules.List(h.Ctx, a, ""); return err },
		"ByDomain": func(a account.Account) error { _, err := rules.ByDomain(h.Ctx, a, "x.example"); return err },
		"Policy":   func(a account.Account) error { _, err := rules.Policy(h.Ctx, a); return err },
		"SavePolicy": func(a account.Account) error {
			return rules.SavePolicy(h.Ctx, a, peer.Policy{Mode: peer.AllowList})
		},
		"Check": func(a account.Account) error {
			_, err := rules.Check(a, peer.Rule{Domain: "x.example"}, false)
			return err
		},
		"Save": func(a account.Account) error {
			_, err := rules.Save(h.Ctx, a, peer.Rule{Domain: "x.example", Severity: peer.Suspend}, true)
			return err
		},
		"Delete": func(a account.Account) error { return rules.Delete(h.Ctx, a, "x.example") },
		"Plan":   func(a account.Account) error { _, err := rules.Plan(h.Ctx, a, "x.example", ""); return err },
		"Import": func(a account.Account) error { _, err := rules.Import(h.Ctx, a, "x.example", ""); return err },
		"Export": func(a account.Account) error { return rules.Export(h.Ctx, a, &bytes.Buffer{}, true) },
	} {
		for _, a := range []account.Account{{}, h.Guest, h.Editor, h.moderator, h.Remote, suspended} {
			if err := act(a); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %q: %v, want Forbidden", name, a.Username, err)
			}
		}
	}
	if n := h.Count(`SELECT (SELECT count(*) FROM domain_rules) + (SELECT count(*) FROM federation_policy WHERE mode <> 'open') + (SELECT count(*) FROM audit_log WHERE action LIKE 'policy.%')`); n != 0 {
		t.Errorf("%d things changed", n)
	}
	if _, err := rules.Save(h.Ctx, h.Admin, peer.Rule{Domain: "y.example", Severity: peer.Silence}, true); !fault.Is(err, fault.Invalid) {
		t.Errorf("removed for good what is not suspended: %v", err)
	}
	if err := rules.SavePolicy(h.Ctx, h.Admin, peer.Policy{Mode: "closed"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown mode: %v", err)
	}
	if err := rules.Delete(h.Ctx, h.Admin, "x.example"); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleting nothing: %v", err)
	}
}

// TestRestrict: moderators restrict accounts of other servers, administrators ours, and nobody themselves.
func TestRestrict(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		name string
		by   account.Account
		who  account.Account
		want fault.Kind
	}{
		{"a stranger by a moderator", h.moderator, h.Remote, ""},
		{"one of ours by a moderator", h.moderator, h.Other, fault.Forbidden},
		{"one of ours by an administrator", h.Admin, h.Other, ""},
		{"a stranger by an editor", h.Editor, h.Remote, fault.Forbidden},
		{"a group of ours", h.Admin, h.Catalog, fault.Conflict},
	} {
		for _, how := range []moderation.Restriction{moderation.Silence, moderation.Unsilence, moderation.Suspend, moderation.Restore} {
			if err := h.moderation.Restrict(h.Ctx, tt.by, tt.who.ID, how, "Grund"); fault.KindOf(err) != tt.want {
				t.Errorf("%s, %s: %v", how, tt.name, err)
			}
		}
	}
	if err := h.moderation.Restrict(h.Ctx, h.moderator, h.Remote.ID, "quarter", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown restriction: %v", err)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE detail LIKE '%Grund' AND action IN ('account.silence', 'account.unsilence', 'account.state')`); n != 8 {
		t.Errorf("%d entries in the log", n)
	}
	own := h.Thread(h.Other, "Eigenes")
	for name, err := range map[string]error{
		"a post of ours": h.moderation.Hide(h.Ctx, h.moderator, own.ID, "Grund"), "without a reason": h.moderation.Hide(h.Ctx, h.moderator, own.ID, " "),
		"by an editor": h.moderation.Hide(h.Ctx, h.Editor, own.ID, "Grund"), "nothing": h.moderation.Hide(h.Ctx, h.moderator, 4, "Grund"),
	} {
		want := map[string]fault.Kind{"a post of ours": fault.Conflict, "without a reason": fault.Invalid, "by an editor": fault.Forbidden, "nothing": fault.NotFound}[name]
		if !fault.Is(err, want) {
			t.Errorf("hide %s: %v, want %s", name, err, want)
		}
	}
	secret := h.Write(h.Other, post.Draft{Untitled: true, Source: "nur für mich", Visibility: post.Direct})
	if _, err := h.moderation.Post(h.Ctx, h.moderator, secret.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("what only few may read is shown: %v", err)
	}
}
