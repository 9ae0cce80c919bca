package peer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
)

const own = "web.sh.example:8443"

func TestDomain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Peer.Example": "peer.example", " https://peer.example/ ": "peer.example", "http://peer.example": "peer.example", "peer.example.": "peer.example",
		"köln.example": "xn--kln-sna.example", "XN--KLN-SNA.example": "xn--kln-sna.example", "ｐｅｅｒ.example": "peer.example",
		"intranet:8443": "intranet:8443", "peer.example:443": "peer.example", "10.1.2.3:8443": "10.1.2.3:8443", "[FD00::1]:8443": "[fd00::1]:8443",
		strings.Repeat("a.", 125) + "example": "",
	} {
		if got, err := Domain(text); got != want || want == "" && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, why := range map[string]string{
		"": "empty", "https://": "empty", "*.example.org": "wildcard", "ex****le.org": "wildcard", "anna@peer.example": "person", "com": "label", "peer.example:0": "port",
		"peer.example:99999": "port", "peer.example:": "port", "peer.example:080": "port", "peer..example": "form", "-peer.example": "form", "a b.example": "form",
		"peer.example/users": "form", "[::1": "form", "[1.2.3.4]:80": "form", "peer.example\x00": "form", "’; DROP TABLE": "form",
	} {
		if got, wrong := domain(text); wrong != "error.policy.domain."+why {
			t.Errorf("%q: %q, %s, want %s", text, got, wrong, why)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rule  Rule
		field string
	}{
		"ourselves":             {Rule{Domain: "web.sh.example:8443"}, "domain"},
		"a domain above us":     {Rule{Domain: "sh.example", Severity: Suspend}, "domain"},
		"a contradiction":       {Rule{Domain: "peer.example", Severity: Suspend, Network: true}, "severity"},
		"an unknown severity":   {Rule{Domain: "peer.example", Severity: "noop"}, "severity"},
		"a long public comment": {Rule{Domain: "peer.example", PublicComment: strings.Repeat("ü", MaxPublicComment+1)}, "public_comment"},
		"a long remark":         {Rule{Domain: "peer.example", PrivateComment: strings.Repeat("ü", MaxPrivateComment+1)}, "private_comment"},
	} {
		if _, err := tt.rule.Check(own); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "["+tt.field+" ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	got, err := Rule{Domain: "Köln.example", Severity: Silence, Network: true, PublicComment: " " + strings.Repeat("ü", MaxPublicComment) + "\x00 "}.Check(own)
	if err != nil || got.Domain != "xn--kln-sna.example" || !got.Allowed || got.PublicComment != strings.Repeat("ü", MaxPublicComment) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	for _, r := range []Rule{
		{Domain: "same.example", Severity: Suspend, PublicComment: "Werbung", PrivateComment: "intern", CreatedByID: nil},
		{Domain: "harder.example", Severity: Silence, PrivateComment: "bleibt", RejectReports: true},
		{Domain: "bund.example", Allowed: true, Network: true},
		{Domain: "bad.example", Severity: Suspend},
	} {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	short := func(changes []Change) (list []string) {
		for _, c := range changes {
			list = append(list, fmt.Sprintf("%d %s %q media %t reports %t obfuscate %t allowed %t network %t %q %q", c.Line, c.Rule.Domain, c.Rule.Severity,
				c.Rule.RejectMedia, c.Rule.RejectReports, c.Rule.Obfuscate, c.Rule.Allowed, c.Rule.Network, c.Rule.PublicComment, c.Rule.PrivateComment))
		}
		return list
	}
	wrong := func(mistakes []Mistake) (list []string) {
		for _, m := range mistakes {
			list = append(list, fmt.Sprintf("%d %s %s", m.Line, m.Text, strings.TrimPrefix(m.Message, "error.policy.")))
		}
		return list
	}
	const header = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
	for name, tt := range map[string]struct {
		list                   string
		bare                   Bare
		fresh, changed, wrongs []string
		unchanged              int
		unknown                []string
	}{
		"as Mastodon exports it": {
			list: "\ufeff" + header + "same.example,suspend,FALSE,false,Werbung,false\r\nharder.example,suspend,true,true,\"Hass, \"\"Hetze\"\"\nund mehr\",true\nnew.example,silence,false,false,,false\n" +
				"*.wild.example,suspend,,,,\nbund.example,suspend,false,false,,false\nnew.example,suspend,false,false,,false\nodd.example,destroy,,,,\nflag.example,noop,perhaps,,,\n" +
				"web.sh.example:8443,suspend,,,,\ntoo,suspend,,,,,,many\n\xff.example,suspend,,,,\n",
			fresh:     []string{`5 new.example "silence" media false reports false obfuscate false allowed false network false "" ""`},
			changed:   []string{`3 harder.example "suspend" media true reports true obfuscate true allowed false network false "Hass, \"Hetze\"\nund mehr" "bleibt"`},
			unchanged: 1,
			wrongs: []string{"6 *.wild.example domain.wildcard", "7 bund.example list.allowed", "8 new.example list.twice", "9 destroy list.severity",
				"10 perhaps list.flag", "11 web.sh.example:8443 domain.own", "12 too list.columns", "13 \ufffd.example list.encoding"},
		},
		"without a header, as it was once": {
			list:  "a.example,suspend,true,false,Grund,true\nb.example,silence\n",
			fresh: []string{`1 a.example "suspend" media true reports false obfuscate true allowed false network false "Grund" ""`, `2 b.example "silence" media false reports false obfuscate false allowed false network false "" ""`},
		},
		"one domain a line": {
			list:   "# from a friend\na.example\n\nköln.example\nhttps://c.example/\nnonsense\n<html>\n",
			fresh:  []string{`2 a.example "suspend" media false reports false obfuscate false allowed false network false "" ""`, `4 xn--kln-sna.example "suspend" media false reports false obfuscate false allowed false network false "" ""`, `5 c.example "suspend" media false reports false obfuscate false allowed false network false "" ""`},
			wrongs: []string{"6 nonsense domain.label", "7 <html> domain.form"},
		},
		"one domain a line, to allow": {
			list: "a.example\nbad.example\n", bare: BareAllowed,
			fresh:  []string{`1 a.example "" media false reports false obfuscate false allowed true network false "" ""`},
			wrongs: []string{"2 bad.example list.suspended"},
		},
		"Mastodon's list of allowed domains": {
			list:  "#domain\na.example\nbund.example\n",
			fresh: []string{`2 a.example "" media false reports false obfuscate false allowed true network false "" ""`}, unchanged: 1,
		},
		"ours, by a program for tables": {
			list:    "domain;severity;network;private_comment;colour\na.example;noop;wahr;nur hier;blau\n",
			fresh:   []string{`2 a.example "" media false reports false obfuscate false allowed true network true "" "nur hier"`},
			unknown: []string{"colour"},
		},
		"a quote that stands wrong": {
			list:   "a.example\nb\"c.example,suspend\nd.example\n",
			fresh:  []string{`1 a.example "suspend" media false reports false obfuscate false allowed false network false "" ""`, `3 d.example "suspend" media false reports false obfuscate false allowed false network false "" ""`},
			wrongs: []string{`2 b"c.example,suspend list.quotes`},
		},
	} {
		p, err := s.Plan(t.Context(), tt.list, tt.bare, own)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for what, diff := range map[string]string{
			"new": cmp.Diff(tt.fresh, short(p.New)), "changed": cmp.Diff(tt.changed, short(p.Changed)), "mistakes": cmp.Diff(tt.wrongs, wrong(p.Mistakes)),
			"unknown": cmp.Diff(tt.unknown, p.Unknown, cmpopts.EquateEmpty()), "unchanged": cmp.Diff(tt.unchanged, p.Unchanged),
		} {
			if diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, what, diff)
			}
		}
	}
	for name, list := range map[string]string{
		"nothing": " \n# remark\n", "too large": strings.Repeat("#", MaxList+1), "too long": strings.Repeat("a.de\n", MaxListRules+1), "a program": "MZ\x00\x01",
	} {
		if _, err := s.Plan(t.Context(), list, "", own); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRoundTrip: what is written is read again, and nothing is lost.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s, other := New(dbtest.New(t), nil), New(dbtest.New(t), nil)
	rules := []Rule{
		{Domain: "a.example", Severity: Suspend, RejectMedia: true, Obfuscate: true, PublicComment: "Hass, \"Hetze\"\nund mehr", PrivateComment: "=1+1; siehe Akte"},
		{Domain: "b.example", Severity: Silence, RejectReports: true}, {Domain: "c.example", Allowed: true}, {Domain: "d.example:8443", Allowed: true, Network: true},
		{Domain: "e.example", PublicComment: "#1"},
	}
	if err := s.Put(t.Context(), s.db, rules...); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all, shared strings.Builder
	if err := Write(&all, list, true); err != nil {
		t.Fatal(err)
	}
	p, err := other.Plan(t.Context(), all.String(), "", own)
	if err != nil || len(p.Mistakes) > 0 {
		t.Fatalf("%v, mistakes %v", err, p.Mistakes)
	}
	if diff := cmp.Diff(rules, p.Rules()); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
	if again, err := s.Plan(t.Context(), all.String(), "", own); err != nil || again.Unchanged != len(rules) {
		t.Errorf("read where they are: %+v, %v", again, err)
	}
	if err := Write(&shared, list, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(shared.String(), "Akte") || !strings.HasPrefix(shared.String(), "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate,#allowed,#network\n") {
		t.Errorf("given away:\n%s", shared.String())
	}
}

// TestPublished: letters are left out as Mastodon does it, and the digest is that of the whole name.
func TestPublished(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	for _, r := range []Rule{
		{Domain: "silent.example", Severity: Silence, PublicComment: "laut", PrivateComment: "geheim"}, {Domain: "friend.example", Allowed: true},
		{Domain: "evil-site.example.org", Severity: Suspend, Obfuscate: true},
	} {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if list, ok, err := s.Published(t.Context()); list != nil || ok || err != nil {
		t.Errorf("kept to the house: %v, %v, %v", list, ok, err)
	}
	if err := s.SavePolicy(t.Context(), Policy{Mode: Open, RulesPublic: true}); err != nil {
		t.Fatal(err)
	}
	list, ok, err := s.Published(t.Context())
	want := []Published{
		{Domain: "evil-s***.******e.org", Digest: "16429aac7c1b6653a7e003cfcd93a95e6046920caa0f6be588edc363d7cd39ff", Severity: Suspend}, {Domain: "silent.example", Severity: Silence, Comment: "laut"},
	}
	want[1].Digest = list[1].Digest
	if diff := cmp.Diff(want, list); diff != "" || !ok || err != nil {
		t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
	}
}

// TestSameInQueries: the database answers every question about a host as the service does.
func TestSameInQueries(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s := New(db, nil)
	for _, r := range []Rule{
		{Domain: "bad.example", Severity: Suspend}, {Domain: "good.bad.example"}, {Domain: "land.example", Allowed: true}, {Domain: "bund.example", Network: true, Allowed: true},
		{Domain: "loud.example", Severity: Silence, RejectMedia: true}, {Domain: "intranet:8443", Severity: Suspend}, {Domain: "[fd00::1]", Severity: Suspend}, {Domain: "good.bad.example:9000", Severity: Suspend},
	} {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []Mode{Open, AllowList} {
		if err := s.SavePolicy(t.Context(), Policy{Mode: mode}); err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{
			"bad.example", "X.Bad.example:8443", "good.bad.example", "a.good.bad.example", "good.bad.example:9000", "notbad.example", "land.example", "green.land.example:1", "bund.example",
			"loud.example", "a.loud.example", "intranet", "intranet:8443", "intranet:8444", "[fd00::1]:8443", "[fd00::1]", "example", "localhost:80", "",
		} {
			rule, err := s.RuleFor(t.Context(), host)
			if err != nil {
				t.Fatal(err)
			}
			refused, err := s.Refused(t.Context(), host)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprint(!refused, refused, rule.Severity == Silence, rule.RejectMedia)
			var federates, alsoRefused, silence, media bool
			if err := db.QueryRow(`SELECT federates($1), refused, silence, no_media FROM verdict_on($1)`, host).Scan(&federates, &alsoRefused, &silence, &media); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(federates, alsoRefused, silence, media); got != want {
				t.Errorf("%s, %s: the database says %s, the service %s", mode, host, got, want)
			}
		}
	}
}
