package markup

import (
	"strings"
	"testing"
)

// TestEntities: what no person typed does not come in spelled as an entity either.
func TestEntities(t *testing.T) {
	t.Parallel()
	r := New()
	const turned = "Rechnung &#8238;fdp.exe&#x202e; &#1;Ende<a href=\"https://x.example/&#8238;\" title=\"&#8238;\">hier</a>"
	for name, got := range map[string]string{"HTML": r.Sanitize("<p>" + turned + "</p>"), "Markdown": r.Render(turned)} {
		if strings.ContainsAny(got, "\u202e\x01") || !strings.Contains(got, "Rechnung fdp.exe") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
