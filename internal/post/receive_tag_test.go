package post

import (
	"strings"
	"testing"
)

// TestIsTagName: what peers send as a hashtag is one word of letters, digits and underscores in any script, of at most 100
// characters.
func TestIsTagName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"GreenIT": true, "Wärme_2026": true, "_": true, "नमस्ते": true, "环境": true, "½": true,
		strings.Repeat("ä", 100): true, strings.Repeat("ä", 101): false,
		"": false, "Green IT": false, "Green-IT": false, "a#b": false, "<b>": false, "a\n": false, "a\xff": false, "a\ufffd": false, "🌱": false,
	} {
		if got := isTagName(name); got != want {
			t.Errorf("isTagName(%q) = %v, want %v", name, got, want)
		}
	}
}
