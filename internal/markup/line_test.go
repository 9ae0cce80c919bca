package markup

import "testing"

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  zwei \n\t Wörter ": "zwei Wörter", "bis 27\u00a0°C ": "bis 27\u00a0°C", "\u00a0\u202f ": "", "a\x00b\u202ec": "abc",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}
