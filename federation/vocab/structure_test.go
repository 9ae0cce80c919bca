package vocab

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestStructureTermByTerm: of lists the entries that break a rule are dropped one by one, and the list is named.
func TestStructureTermByTerm(t *testing.T) {
	raw := `{"id":"https://x.example/p/1","type":"Article","vb:kind":"BestPractice","vb:revision":1,
		"vb:legalBasis":["§ 11 EnEfG",7,"","` + strings.Repeat("x", 10001) + `"],"vb:effort":{"personDays":"many"},
		"vb:cost":[{"amount":"viel","currency":"EUR","kind":"once"},{"amount":5,"currency":"EUR","kind":"monthly"},{"amount":5,"kind":"once"},"x",{"amount":12.5,"currency":"EUR","kind":"yearly","name":"Wartung","later":1}],
		"vb:services":[{"scheme":"fim","key":"1"},{"scheme":"ozg"},{"scheme":"ozg","key":"10113"}],
		"vb:links":[{"rel":"law","href":"javascript:alert(1)"},{"rel":"law","name":"ohne Adresse"},{"rel":"later","href":"https://x.example/l","name":"Skripte"}],
		"vb:ars":"` + strings.Repeat("1", 501) + `","vb:reuseOf":"mailto:a@b.example"}`
	o, err := ParseObject([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	got, dropped := o.Practice()
	want := practice.Practice{
		Revision: 1, LegalBasis: []string{"§ 11 EnEfG"}, Costs: []practice.Cost{{Amount: 12.5, Currency: "EUR", Kind: "yearly", Name: "Wartung"}},
		Services: []practice.ServiceKey{{Scheme: "ozg", Key: "10113"}}, Links: []practice.Link{{Rel: "later", Href: "https://x.example/l", Name: "Skripte"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("practice (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"vb:ars", "vb:cost", "vb:effort", "vb:legalBasis", "vb:links", "vb:reuseOf", "vb:services"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	o, err = ParseObject([]byte(`{"id":"https://x.example/p/1","type":"Article","vb:kind":"BestPractice","vb:effort":7,"vb:cost":{"amount":1,"currency":"EUR","kind":"once"},"vb:links":"https://x.example/"}`))
	if err != nil {
		t.Fatal(err)
	}
	// JSON-LD writes a list of one without brackets.
	if got, dropped = o.Practice(); len(got.Costs) != 1 || cmp.Diff([]string{"vb:effort", "vb:links"}, dropped) != "" {
		t.Errorf("costs %v, dropped %v", got.Costs, dropped)
	}
}

// TestFilesTravel: the files of a practice are attachments that every software knows; those of one for the network have addresses
// with a key.
func TestFilesTravel(t *testing.T) {
	for visibility, suffix := range map[post.Visibility]string{post.Public: "", post.Network: "?schluessel=0123456789abcdef0123456789abcdef"} {
		doc := samplePractice()
		doc.Post.Visibility = visibility
		body, err := NewRenderer(base, testWords).Post(doc)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := ParseObject(body); err != nil {
			t.Fatal(err)
		} else if got := o.Media(); len(got) != 2 || got[0] != (media.Received{
			URL: base + "/praxisbeispiele/42/anlagen/7/leitfaden%20f%C3%BCr-alle.odt" + suffix, ContentType: "application/vnd.oasis.opendocument.text",
			Kind: media.Unknown, Description: "Leitfaden",
		}) || got[1].Kind != media.Image || got[1].Width != 900 || got[1].Description != "Grundriss mit zwei Reihen Schränken" {
			t.Errorf("%s: understood as %+v", visibility, got)
		}
	}
}

// TestStructureInWords: software that does not know our terms reads them in the text, and links can be followed.
func TestStructureInWords(t *testing.T) {
	text := factsHTML(testWords("de"), samplePractice())
	for _, want := range []string{
		"<strong>Aufwand</strong><br>42,5 Personentage</p>", "<li>120.000 Euro einmalig (Anschluss &lt;A&gt;)</li><li>900,50 Euro jährlich</li>",
		"<li>§ 11 EnEfG</li>", "<li>Gewerbe anmelden (LeiKa 99050012104000)</li><li>OZG 10113</li>",
		`<a href="https://gitlab.opencode.de/kiel/abwaerme?a=1&amp;b=[2]" rel="nofollow noopener">Open CoDE: Regelung [Quelltext]</a>`,
		`rel="nofollow noopener">Recht: www.gesetze-im-internet.de/enefg</a>`, "Die Genehmigung<br>dauerte.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the content lacks %s in\n%s", want, text)
		}
	}
	markdown := factsMarkdown(testWords("de"), samplePractice())
	if want := `- [Open CoDE: Regelung \[Quelltext\]](<https://gitlab.opencode.de/kiel/abwaerme?a=1&b=[2]>)`; !strings.Contains(markdown, want) {
		t.Errorf("the source lacks %s in\n%s", want, markdown)
	}
}
