package account

import "testing"

// TestNamesTurnNoLines: what stands beside a name reads as it was written.
func TestNamesTurnNoLines(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"\u202e", "\u202a", "\u2066", "\u2069"} {
		if checkDisplayName("Stelle"+c+"Nord") == nil {
			t.Errorf("%+q may stand in a name", c)
		}
		if got := oneLine("Stelle" + c + "Nord"); got != "Stelle Nord" {
			t.Errorf("%+q of others: %+q", c, got)
		}
	}
	for _, name := range []string{"Jürgen", "\u05d3\u05d5\u05d3\u200f", "\U0001f468\u200d\U0001f4bb"} {
		if checkDisplayName(name) != nil || oneLine(name) != name {
			t.Errorf("%+q is no name", name)
		}
	}
}
