package markup

import (
	"strings"
	"testing"
)

func TestHead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Wärme & Strom ", 100)
	for name, test := range map[string]struct {
		fragment string
		limit    int
		want     string
	}{
		"short":            {"<p>eins</p>", 50, "<p>eins</p>"},
		"whole blocks":     {"<p>eins</p><ul><li>zwei</li><li>drei</li></ul><p>vier</p>", 50, "<p>eins</p><ul><li>zwei</li><li>drei</li></ul>"},
		"a block too much": {"<p>eins</p><ul><li>zwei</li></ul>", 30, "<p>eins</p>"},
	} {
		if got := Head(test.fragment, test.limit); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	got := Head("<p>"+long+"</p>", 200)
	if len(got) > 200 || !strings.HasPrefix(got, "<p>Wärme &amp; Strom") || !strings.HasSuffix(got, "…</p>") {
		t.Errorf("one long paragraph: %s", got)
	}
}
