package markup

import "testing"

func TestEscape(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"24 °C", "# kein Titel", "[Link](https://example.org)", "<b>fett</b>", "*a* _b_ `c` ~~d~~", `\*`, "1. erstens", "- Punkt", "a | b"} {
		if got := Text(New().Render(Escape(text))); got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
}
