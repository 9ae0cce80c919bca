package wellknown

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What NodeInfo says to programs is what FEDERATION.md says to people.
func TestProposalsAreDescribed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../FEDERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for _, m := range regexp.MustCompile(`\[(FEP-[0-9a-f]{4})\]\(`).FindAllSubmatch(text, -1) {
		described = append(described, string(m[1]))
	}
	slices.Sort(described)
	if diff := cmp.Diff(proposals, slices.Compact(described)); diff != "" {
		t.Errorf("NodeInfo against FEDERATION.md: %s", diff)
	}
}
