package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
)

// TestTwoMeanings: a document that says two things to two readers says to us only what its signer may say.
func TestTwoMeanings(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	liar, honest, own := c.liar.Author.URI, c.honest.Editor.URI, c.own.URI
	head := func() string {
		return fmt.Sprintf(`"@context":"https://www.w3.org/ns/activitystreams","id":%q`, c.id(c.liar))
	}
	note := func() string {
		return fmt.Sprintf(`"id":%q,"type":"Note","published":"2026-01-01T00:00:00Z","to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[%q],"content":"untergeschoben"`, c.id(c.liar), c.victim.Author.URI)
	}
	before := c.victim.State(c.liar)
	for name, body := range map[string]string{
		"actor twice":             fmt.Sprintf(`{%s,"type":"Like","actor":%q,"actor":%q,"object":%q}`, head(), liar, honest, own),
		"actor in capitals":       fmt.Sprintf(`{%s,"type":"Like","Actor":%q,"ACTOR":%q,"object":%q}`, head(), liar, honest, own),
		"actor with two ids":      fmt.Sprintf(`{%s,"type":"Like","actor":{"id":%q,"id":%q},"object":%q}`, head(), liar, honest, own),
		"actor by another key":    fmt.Sprintf(`{%s,"type":"Like","actor":{"ID":%q,"@id":%q,"id":%q},"object":%q}`, head(), liar, liar, honest, own),
		"id twice":                fmt.Sprintf(`{%s,"id":%q,"type":"Like","actor":%q,"object":%q}`, head(), c.id(c.honest), liar, own),
		"author in capitals":      fmt.Sprintf(`{%s,"type":"Create","actor":%q,"object":{%s,"AttributedTo":%q}}`, head(), liar, note(), liar),
		"author twice":            fmt.Sprintf(`{%s,"type":"Create","actor":%q,"object":{%s,"attributedTo":%q,"attributedTo":%q}}`, head(), liar, note(), liar, honest),
		"author is a list":        fmt.Sprintf(`{%s,"type":"Create","actor":%q,"object":{%s,"attributedTo":[%q,%q]}}`, head(), liar, note(), honest, liar),
		"id of the object twice":  fmt.Sprintf(`{%s,"type":"Update","actor":%q,"object":{%s,"id":%q,"attributedTo":%q,"updated":"2036-01-01T00:00:00Z"}}`, head(), liar, note(), c.practice.URI, liar),
		"user before the host":    fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}`, head(), strings.Replace(honest, "http://", "http://"+strings.TrimPrefix(c.liar.Config.BaseURL, "http://")+"@", 1), own),
		"the other scheme":        fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}`, head(), strings.Replace(liar, "http://", "https://", 1), own),
		"fragment after the id":   fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}`, head(), liar+"#x", own),
		"query after the id":      fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}`, head(), liar+"?x", own),
		"two dots lead elsewhere": fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}`, head(), c.liar.Config.BaseURL+"/u/x/../author", own),
		"two documents":           fmt.Sprintf(`{%s,"type":"Like","actor":%q,"object":%q}{}`, head(), liar, own),
		"long id":                 fmt.Sprintf(`{"id":%q,"type":"Like","actor":%q,"object":%q}`, c.liar.Config.BaseURL+"/"+strings.Repeat("x", 3000), liar, own),
		"NUL":                     fmt.Sprintf(`{%s,"type":"Like\u0000","actor":%q,"object":%q}`, head(), liar, own),
	} {
		if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: body}); status >= 500 {
			t.Errorf("%s: answered %d", name, status)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s\n%s", diff, c.victim.Diary())
	}
}

// TestSpellingOfHosts: another spelling of a blocked host, or of ours, is no other host.
func TestSpellingOfHosts(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.DB.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ($1, 'suspend')`, c.liar.Config.Domain())
	before := c.victim.State(c.liar)
	port := c.liar.Config.BaseURL[strings.LastIndex(c.liar.Config.BaseURL, ":")+1:]
	for _, host := range []string{"liar.localhost.:" + port, "LIAR.localhost:" + port, "liar.localhost:0" + port, "ｌiar.localhost:" + port} {
		base := "http://" + host
		signer := c.liar.Author
		signer.PublicKeyID = base + "/u/author#main-key"
		body := strings.ReplaceAll(c.encode(c.activity("Like", c.id(c.liar), c.liar.Author.URI, c.own.URI)), c.liar.Config.BaseURL, base)
		if status := c.liar.Send(signer, ft.Letter{To: c.inbox, Body: body}); status != http.StatusForbidden && status != http.StatusUnauthorized && status != http.StatusBadRequest {
			t.Errorf("%s: answered %d", host, status)
		}
		if _, err := c.victim.Transport.Get(t.Context(), base+"/u/author"); err == nil {
			t.Errorf("%s is fetched", host)
		}
	}
	ours := c.victim.Config.BaseURL[strings.LastIndex(c.victim.Config.BaseURL, ":")+1:]
	for _, host := range []string{"victim.localhost.:" + ours, "VICTIM.localhost:" + ours, "victim.localhost:0" + ours} {
		if _, err := c.victim.Transport.Get(t.Context(), "http://"+host+"/u/author"); err == nil {
			t.Errorf("%s: we fetch from ourselves", host)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s", diff)
	}
}
