package peer

import (
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/db/dbtest"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"peer.example":          "peer.example",
		"A.b.peer.example:8443": "a.b.peer.example:8443 a.b.peer.example b.peer.example peer.example",
		"localhost:8080":        "localhost:8080 localhost",
	} {
		if got := strings.Join(names(host), " "); got != want {
			t.Errorf("%s: %s", host, got)
		}
	}
}

// The nearest rule counts, and in allow-list mode only who is allowed is talked to.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), nil)
	for _, r := range []Rule{
		{Domain: "bad.example", Severity: Suspend}, {Domain: "good.bad.example"}, {Domain: "land.example", Allowed: true},
		{Domain: "bund.example", Network: true}, {Domain: "loud.example", Severity: Silence},
	} {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		host            string
		open, allowlist bool // refused
	}{
		{"bad.example", true, true}, {"x.bad.example:8443", true, true}, {"good.bad.example", false, true}, {"notbad.example", false, true},
		{"land.example", false, false}, {"green-it.land.example", false, false}, {"bund.example", false, false}, {"loud.example", false, true},
		{"else.example", false, true},
	} {
		for mode, want := range map[Mode]bool{Open: tt.open, AllowList: tt.allowlist} {
			if err := s.SavePolicy(t.Context(), Policy{Mode: mode}); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Refused(t.Context(), tt.host); err != nil || got != want {
				t.Errorf("%s, %s: refused %v, %v", tt.host, mode, got, err)
			}
		}
	}
}
