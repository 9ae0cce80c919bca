package vocab

import (
	"fmt"
	"testing"
)

// One host has one spelling, or blocks and "is it ours" could be talked round.
func TestHostOf(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"https://peer.example/u/anna":      "peer.example",
		"HTTPS://PEER.Example/u/anna":      "peer.example",
		"https://peer.example:443/":        "peer.example",
		"http://peer.example:80":           "peer.example",
		"http://peer.example:443/":         "peer.example:443",
		"http://sh.localhost:8402/inbox":   "sh.localhost:8402",
		"https://my_host.example/":         "my_host.example",
		"https://köln.example/u/anna":      "xn--kln-sna.example",
		"https://k%C3%B6ln.example/":       "xn--kln-sna.example",
		"https://KÖLN.example/":            "xn--kln-sna.example",
		"https://ｐｅｅｒ.example/":            "peer.example",
		"https://xn--kln-sna.example/":     "xn--kln-sna.example",
		"https://[2001:DB8::1]:8443/":      "[2001:db8::1]:8443",
		"https://peer.example./":           "",
		"https://.peer.example/":           "",
		"https://peer..example/":           "",
		"https://peer.example:/":           "",
		"https://peer.example:0443/":       "",
		"http://sh.localhost:08402/":       "",
		"https://peer.example:99999/":      "",
		"https://user@peer.example/":       "",
		"https://peer.example@evil.test/":  "",
		"https://peer.example\\@evil.test": "",
		"https:peer.example":               "",
		"https:///u/anna":                  "",
		"//peer.example/":                  "",
		"ftp://peer.example/":              "",
		"javascript:alert(1)":              "",
		"":                                 "",
		"https://peer\x00.example/":        "",
		"https://peer example/":            "",
		"https://peer.example/\x7f":        "",
	} {
		if got := HostOf(id); got != want {
			t.Errorf("HostOf(%q) = %q, want %q", id, got, want)
		}
	}
	if !SameHost("https://köln.example/1", "https://xn--kln-sna.example/2") || SameHost("https://peer.example/", "https://peer.example./") || SameHost("", "") {
		t.Error("SameHost disagrees with HostOf")
	}
}

// Whoever addresses a thousand ids makes us look up a few.
func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	o := Object{Audience: "https://peer.example/g/forum"}
	for n := range 1000 {
		o.To = append(o.To, fmt.Sprint("https://peer.example/u/", n))
		o.Cc = append(o.Cc, fmt.Sprint("https://peer.example/v/", n))
	}
	if ids := o.Groups(); len(ids) != maxGroups || ids[0] != o.Audience {
		t.Errorf("%d ids, the first %s", len(ids), ids[0])
	}
}
