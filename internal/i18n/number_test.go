package i18n

import "testing"

// TestParseNumber reads numbers as people write them.
func TestParseNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"12": 12, "12,5": 12.5, "12.5": 12.5, "-50": -50, "−50": -50, "2.400": 2400, "2.400,5": 2400.5, "1 000": 1000, "0.125": 0.125, "1.38": 1.38, "10.000.000": 1e7,
		"1,250.5": 1250.5, "1,250,000": 1.25e6, "1,250": 1.25, "1.250": 1250, "-1.250,5": -1250.5, "+3": 3, "1e3": 1000} {
		if got, ok := ParseNumber(text); !ok || got != want {
			t.Errorf("ParseNumber(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "viel", "12 MWh", "1e999", "NaN", "1,2,3", "12.50,5", "12,50.5", "1.2.3", "0x10", "inf", "1_000", "-", ".", ","} {
		if got, ok := ParseNumber(text); ok {
			t.Errorf("ParseNumber(%q) = %v, want a refusal", text, got)
		}
	}
}
