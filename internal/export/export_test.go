package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rendered "github.com/yuin/goldmark/renderer/html"
)

// nasty is text that means something in each of the formats.
var nasty = []string{
	"<script>alert(1)</script>", "</script><img src=http://evil.example/x.png onerror=alert(1)>", "# keine Überschrift", "1. keine Liste", "- auch nicht", "+ so", "---", "=== ",
	"[Link](javascript:alert(1))", "![Bild](http://evil.example/a.png)", "`Code` und ``` mehr", "*kursiv* __fett__ ~~weg~~", "a | b | c", "&lt;b&gt; &amp; &#60;", `\# Rückstrich \`, "<https://evil.example>",
	"]]> <!-- -->", "{{.Title}}", "file:///etc/passwd", "\" ' &quot;", "> Zitat", "| --- |", "a\u0000\u0008b\ufffe", "+++", "  eingerückt",
}

func sampleDocument() Document {
	return Document{
		Title: "Serverräume Grad für Grad wärmer betreiben", Summary: "Mit Einhausung der Gänge sinkt der Kühlaufwand um bis zu 5 % je Grad.", Language: "de",
		Origin: "regio iT", Author: "Green-IT-Team", Subject: "Praxisbeispiel", Keywords: []string{"Rechenzentrum", "Kühlung"}, Licence: "Datenlizenz Deutschland – Namensnennung 2.0",
		Date: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Modified: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC), Revision: 3, Address: "https://gruen.example/praxisbeispiele/1",
		Facts: []Fact{
			{"Herkunft", Plain("regio iT")}, {"Lizenz", Linked("Datenlizenz Deutschland", "https://www.govdata.de/dl-de/by-2-0")},
			{"Adresse", Linked("https://gruen.example/praxisbeispiele/1", "https://gruen.example/praxisbeispiele/1")},
		},
		Page: "Seite", Of: "von",
		Blocks: append([]Block{
			Heading{Level: 2, Text: Plain("Kennzahlen")},
			Table{Caption: "Was gemessen wurde", Head: [][]Inline{Plain("Kennzahl"), Plain("Vorher"), Plain("Nachher")}, Rows: [][][]Inline{{Plain("Strom"), Plain("420 MWh/a"), Plain("310 MWh/a")}}, RowHeads: true},
			Heading{Level: 2, Text: Plain("Beschreibung")},
		}, Body(sampleHTML, 3)...),
	}
}

const sampleHTML = `<h2>Vorgehen</h2><p>Zuerst <strong>messen</strong>, dann <a href="https://example.org/a_(b)?b=1&amp;c=2">lesen</a>.<br>Zeile zwei</p><h4>Tiefer</h4>` +
	`<ol start="3"><li>eins</li><li><p>zwei</p><ul><li>innen</li></ul></li></ol><blockquote><h2>Zitat</h2><p>Ja.</p></blockquote><pre><code>a  b
c</code></pre><table><tr><th>K</th><th>V</th></tr><tr><td>a|b</td><td><code>x|y</code></td></tr></table><hr><h2>Ergebnis</h2><p>Gut.</p>`

func nastyDocument() Document {
	d := sampleDocument()
	d.Title, d.Summary, d.Origin, d.Author, d.Licence = nasty[1], strings.Join(nasty, "\n"), nasty[0], nasty[0], nasty[10]
	d.Keywords, d.Notices, d.Blocks = nasty, nasty, nil
	d.Facts = nil
	for _, n := range nasty {
		d.Facts = append(d.Facts, Fact{n, Plain(n)}, Fact{"F", Linked(n, n)}, Fact{"G", Linked(n, "https://example.org/"+n)})
		d.Blocks = append(d.Blocks, Heading{Level: 2, Text: Plain(n)}, Paragraph{Plain(n + "\n" + n)}, Bullets([][]Inline{Plain(n)}), Quote{[]Block{Paragraph{Plain(n)}}}, Code{n},
			Table{Caption: n, Head: [][]Inline{Plain(n)}, Rows: [][][]Inline{{{{Text: n, Code: true}}}, {{{Text: n, Strong: true}}}}}, Paragraph{[]Inline{{Text: n, Code: true}}})
	}
	return d
}

func TestBody(t *testing.T) {
	t.Parallel()
	var levels []int
	for _, b := range Body(`<h3>a</h3><h6>b</h6><h4>c</h4><h2>d</h2><h5>e</h5><h6>f</h6>`, 3) {
		levels = append(levels, b.(Heading).Level)
	}
	if diff := cmp.Diff([]int{3, 4, 4, 3, 4, 5}, levels); diff != "" {
		t.Errorf("levels of headings (-want +got):\n%s", diff)
	}
	want := []Block{
		Paragraph{[]Inline{{Text: "Ein "}, {Text: "Wort", Strong: true}, {Text: " und "}, {Text: "ein Link", Href: "https://a.example/"}, {Break: true}, {Text: "neu"}}},
		Paragraph{Plain("lose")},
		List{Ordered: true, Start: 4, Items: [][]Block{{Paragraph{Plain("x")}}}},
		Table{Head: [][]Inline{Plain("A"), Plain("B")}, Rows: [][][]Inline{{Plain("1")}}},
	}
	got := Body("<p> Ein\n<strong>Wort</strong> und <a href='https://a.example/'>ein\tLink</a> <br> neu </p>lose<script>x()</script><ol start=4><li>x</li><li></li></ol><table><thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1</td></tr></table>", 2)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	if got := Body(`<a href="javascript:alert(1)">x</a> <a href="file:///etc/passwd">y</a>`, 2); !cmp.Equal(got, []Block{Paragraph{Plain("x y")}}) {
		t.Errorf("links that nobody may follow: %v", got)
	}
	deep := Body(strings.Repeat("<ul><li>", 200)+"ganz unten"+strings.Repeat("</li></ul>", 200), 2)
	if page, _ := HTML(Document{Blocks: deep}); !strings.Contains(string(page), "ganz unten") || strings.Count(string(page), "<ul>") > maxDepth {
		t.Errorf("deep nesting: %d lists", strings.Count(string(page), "<ul>"))
	}
}

// TestBodyOfWideTables: a wide row above many narrow ones makes no millions of cells; its words stay.
func TestBodyOfWideTables(t *testing.T) {
	t.Parallel()
	table := func(columns, rows int) string {
		return "<table><tbody><tr>" + strings.Repeat("<td>breit</td>", columns) + "</tr>" + strings.Repeat("<tr><td>Zeile</td></tr>", rows) + "</tbody></table>"
	}
	for name, c := range map[string]struct {
		source string
		most   int // bytes of the page
		want   string
	}{
		"one of another instance": {table(2_000, 2_000), 200_000, "breit | breit"},
		"one that people write":   {table(20, 200), 200_000, "<td>breit</td><td>breit</td>"},
	} {
		page, _ := HTML(Document{Title: "Tabelle", Blocks: Body(c.source, 3)})
		if len(page) > c.most || !strings.Contains(string(page), c.want) || strings.Count(string(page), "Zeile") < 200 {
			t.Errorf("%s: %d bytes, %q is missing or a row is", name, len(page), c.want)
		}
	}
}

// TestMarkdown reads what was written with a renderer that lets all HTML through: nothing of what people wrote may have become
// markup, and no word may be lost.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough), goldmark.WithRendererOptions(rendered.WithUnsafe()))
	read := func(d Document) *goquery.Document {
		_, body, ok := strings.Cut(strings.TrimPrefix(string(Markdown(d)), "---\n"), "\n---\n")
		if !ok {
			t.Fatal("no head")
		}
		var buf bytes.Buffer
		if err := md.Convert([]byte(body), &buf); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(&buf)
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	doc := read(sampleDocument())
	for selector, want := range map[string]int{"h1": 1, "h2": 2, "h3": 2, "h4": 1, "ol[start='3'] > li": 2, "ol ul li": 1, "table": 2, "th": 5, "blockquote": 1, "pre": 1, "hr": 1, "strong": 5, "a": 3, "br": 1} {
		if got := doc.Find(selector).Length(); got != want {
			t.Errorf("%d × %s, want %d\n%s", got, selector, want, Markdown(sampleDocument()))
		}
	}
	if got := doc.Find("td").Last().Text() + doc.Find("td").Eq(3).Text(); got != "x|ya|b" {
		t.Errorf("cells with bars: %q", got)
	}
	doc = read(nastyDocument())
	if n := doc.Find("script, img, del, a[href^='javascript'], a[href^='file']").Length(); n > 0 {
		t.Errorf("%d elements were smuggled in", n)
	}
	if got, want := doc.Find("h1").Text(), nasty[1]; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	for selector, want := range map[string]int{"h1": 1, "h2": len(nasty), "h3": 0, "ol": 0, "hr": 0, "ul": len(nasty) + 1, "table": len(nasty), "pre": len(nasty), "ul blockquote": 0} {
		if got := doc.Find(selector).Length(); got != want {
			t.Errorf("%d × %s, want %d", got, selector, want)
		}
	}
	for i, n := range nasty {
		if i == 22 { // characters that no text has
			continue
		}
		want := strings.TrimSpace(n)
		if got := strings.TrimSpace(doc.Find("h2").Eq(i).Text()); got != want {
			t.Errorf("heading %q became %q", want, got)
		}
		if got := strings.TrimSpace(doc.Find("pre").Eq(i).Text()); got != want {
			t.Errorf("code %q became %q", want, got)
		}
		if got := strings.TrimSpace(doc.Find("table").Eq(i).Find("td").First().Text()); got != want {
			t.Errorf("code in a table %q became %q", want, got)
		}
	}
}

func TestODT(t *testing.T) {
	t.Parallel()
	parts := func(d Document) map[string]string {
		odt, err := ODT(d)
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(odt), int64(len(odt)))
		if err != nil {
			t.Fatal(err)
		}
		if first := z.File[0]; first.Name != "mimetype" || first.Method != zip.Store || !bytes.HasPrefix(odt[30:], []byte("mimetype"+ODTType)) {
			t.Errorf("the file does not begin with its type: %s, method %d", first.Name, first.Method)
		}
		all := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			all[f.Name] = string(content)
			if strings.HasSuffix(f.Name, ".xml") {
				for dec := xml.NewDecoder(bytes.NewReader(content)); ; {
					if _, err := dec.Token(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Fatalf("%s is no XML: %v", f.Name, err)
					}
				}
			}
		}
		return all
	}
	// The same text is the same file: who has it is told so.
	first, err := ODT(sampleDocument())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := ODT(sampleDocument()); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("the same document became another file (%v)", err)
		}
	}
	all := parts(sampleDocument())
	for part, wants := range map[string][]string{
		"META-INF/manifest.xml": {`manifest:full-path="content.xml"`},
		"meta.xml":              {"<dc:title>Serverräume Grad für Grad wärmer betreiben</dc:title>", "<dc:language>de</dc:language>", "<meta:keyword>Kühlung</meta:keyword>", "<dc:date>2026-04-01T09:00:00Z</dc:date>", "Datenlizenz Deutschland – Namensnennung 2.0</meta:user-defined>"},
		"styles.xml":            {`fo:language="de" fo:country="DE"`, `style:default-outline-level="2"`, "Seite <text:page-number"},
		"content.xml": {
			`<text:h text:style-name="Title" text:outline-level="1">`, `<text:h text:style-name="Heading_20_3" text:outline-level="3">Vorgehen</text:h>`, `text:outline-level="4">Tiefer`,
			`<text:list text:style-name="Numbers"><text:list-item text:start-value="3">`, "<table:table-header-rows>", `<text:a xlink:type="simple" xlink:href="https://example.org/a_(b)?b=1&amp;c=2"`,
			`a<text:s text:c="2"/>b<text:line-break/>c`,
		},
	} {
		for _, want := range wants {
			if !strings.Contains(all[part], want) {
				t.Errorf("%s does not say %s", part, want)
			}
		}
	}
	for name, content := range parts(nastyDocument()) {
		if strings.Contains(content, "<script") || strings.Contains(content, `xlink:href="javascript`) || strings.Contains(content, `xlink:href="file`) {
			t.Errorf("%s: something was smuggled in", name)
		}
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	page, policy := HTML(nastyDocument())
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Find("script, img, iframe, object, link, base, form, [src], [onerror], [style], a[href^='javascript'], a[href^='file']").Length(); n > 0 {
		t.Errorf("%d elements were smuggled in", n)
	}
	if got := doc.Find("style").Length(); got != 1 {
		t.Fatalf("%d styles", got)
	}
	sum := sha256.Sum256([]byte(doc.Find("style").Text()))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if !strings.Contains(policy, "default-src 'none'; style-src "+hash+";") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q, the style has %s", policy, hash)
	}
	if got := doc.Find("meta[http-equiv='Content-Security-Policy']").AttrOr("content", ""); got == "" || !strings.HasPrefix(policy, got) {
		t.Errorf("policy in the page %q", got)
	}
	if got := doc.Find("title").Text(); got != nasty[1] {
		t.Errorf("title %q", got)
	}
	page, _ = HTML(sampleDocument())
	for _, want := range []string{`<html lang="de">`, `<th scope="row">Herkunft</th>`, `<th scope="col">Vorher</th>`, "<caption>Was gemessen wurde</caption>", `<ol start="3">`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

func TestAtom(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
	f := Feed{ID: "https://gruen.example/praxisbeispiele.atom", Title: nasty[0], Language: "de", Self: "https://gruen.example/praxisbeispiele.atom?q=a&b=c", Page: "https://gruen.example/praxisbeispiele", Author: nasty[1]}
	for _, n := range nasty {
		f.Entries = append(f.Entries, Entry{ID: "https://gruen.example/practices/1", Title: n, Page: "https://gruen.example/praxisbeispiele/1", Published: at.Add(-time.Hour), Updated: at, Author: n, Categories: []string{n}, Summary: n, HTML: "<p>" + n + "</p>"})
	}
	out, err := Atom(f)
	if err != nil {
		t.Fatal(err)
	}
	var back atomFeed
	if err := xml.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	if back.Updated != "2026-05-01T10:00:00Z" || len(back.Entries) != len(nasty) || back.Links[0].Href != f.Self || back.Links[0].Rel != "self" {
		t.Errorf("feed: updated %s, %d entries, %v", back.Updated, len(back.Entries), back.Links)
	}
	for i, e := range back.Entries {
		if i == 22 {
			continue
		}
		if e.Title != nasty[i] || e.Content.Text != "<p>"+nasty[i]+"</p>" || e.Content.Type != "html" || e.Categories[0].Term != nasty[i] || e.Published != "2026-05-01T09:00:00Z" {
			t.Errorf("entry %d came back as %+v", i, e)
		}
	}
	if empty, err := Atom(Feed{}); err != nil || !bytes.Contains(empty, []byte("<updated>1970-01-01T00:00:00Z</updated>")) {
		t.Errorf("empty feed: %v\n%s", err, empty)
	}
}
