package export

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// sampleBook is a document of several parts, as an edition of a paper is one.
func sampleBook() Document {
	d := sampleDocument()
	d.Contents, d.Found = "Inhalt", true
	d.Blocks = []Block{Heading{Level: 2, Text: Plain("Vorwort"), ID: "vorwort", Role: "foreword"}, Paragraph{Plain("Für & mit <allen>.")}}
	for i := range 2 {
		d.Blocks = append(d.Blocks,
			Heading{Level: 2, Text: Plain(fmt.Sprintf("%d Kapitel", i+1)), ID: fmt.Sprintf("kapitel-%d", i+1), Role: "chapter"},
			Heading{Level: 3, Text: Plain(fmt.Sprintf("%d.1 Beispiel", i+1)), ID: fmt.Sprintf("beispiel-%d-1", i+1)},
			Table{Caption: "Angaben", Rows: [][][]Inline{{Plain("Herkunft"), Linked("regio iT", "https://regioit.example")}}, RowHeads: true},
			Heading{Level: 4, Text: Plain("Kennzahlen")},
			Table{Head: [][]Inline{Plain("Kennzahl"), Plain("Vorher")}, Rows: [][][]Inline{{Plain("Strom"), Plain("420")}}, RowHeads: true}, Rule{})
		d.Blocks = append(d.Blocks, Foreign{Lang: "en", Blocks: append([]Block{Heading{Level: 4, Text: Plain("In English")}}, Body(sampleHTML, 5)...)})
	}
	return d
}

type unpacked struct {
	t     *testing.T
	names []string
	files map[string][]byte
}

func unpack(t *testing.T, archive []byte) unpacked {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	u := unpacked{t: t, files: map[string][]byte{}}
	for i, f := range z.File {
		if i == 0 && f.Method != zip.Store {
			t.Error("the type is compressed")
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		u.names, u.files[f.Name] = append(u.names, f.Name), content
	}
	return u
}

// wellFormed fails unless each part is XML.
func (u unpacked) wellFormed() {
	u.t.Helper()
	for name, content := range u.files {
		if !slices.Contains([]string{".xml", ".opf", ".xhtml"}, path.Ext(name)) {
			continue
		}
		d := xml.NewDecoder(bytes.NewReader(content))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				u.t.Errorf("%s is no XML: %v", name, err)
				break
			}
		}
	}
}

type opf struct {
	Identifier string `xml:"metadata>identifier"`
	Title      string `xml:"metadata>title"`
	Language   string `xml:"metadata>language"`
	Metas      []struct {
		Property string `xml:"property,attr"`
		Value    string `xml:",chardata"`
	} `xml:"metadata>meta"`
	Items []struct {
		ID         string `xml:"id,attr"`
		Href       string `xml:"href,attr"`
		Type       string `xml:"media-type,attr"`
		Properties string `xml:"properties,attr"`
	} `xml:"manifest>item"`
	Spine []struct {
		ID string `xml:"idref,attr"`
	} `xml:"spine>itemref"`
}

// TestEPUB: the container (OCF), the package, the table of contents and each part are as EPUB 3.3 and EPUB Accessibility 1.1 want them.
func TestEPUB(t *testing.T) {
	t.Parallel()
	raw, err := EPUB(sampleBook(), EPUBWords{Accessibility: "Alles ist Text.", Start: "Titelseite"})
	if err != nil {
		t.Fatal(err)
	}
	u := unpack(t, raw)
	u.wellFormed()
	if u.names[0] != "mimetype" || string(u.files["mimetype"]) != EPUBType || !bytes.Contains(u.files["META-INF/container.xml"], []byte(`full-path="EPUB/package.opf"`)) {
		t.Errorf("container: %v", u.names)
	}
	var p opf
	if err := xml.Unmarshal(u.files["EPUB/package.opf"], &p); err != nil {
		t.Fatal(err)
	}
	if p.Identifier != sampleBook().Address || p.Title != sampleBook().Title || p.Language != "de" {
		t.Errorf("package: %q, %q, %q", p.Identifier, p.Title, p.Language)
	}
	metas := map[string][]string{}
	for _, m := range p.Metas {
		metas[m.Property] = append(metas[m.Property], m.Value)
	}
	for property, want := range map[string]string{
		"dcterms:modified": "2026-04-01T09:00:00Z", "schema:accessMode": "textual", "schema:accessModeSufficient": "textual", "schema:accessibilityHazard": "none",
		"schema:accessibilitySummary": "Alles ist Text.",
	} {
		if got := strings.Join(metas[property], ","); got != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	if len(metas["schema:accessibilityFeature"]) < 3 {
		t.Errorf("features %v", metas["schema:accessibilityFeature"])
	}

	listed, pages := map[string]bool{}, map[string]string{}
	for _, item := range p.Items {
		listed["EPUB/"+item.Href] = true
		pages[item.ID] = item.Href
		if item.Properties == "nav" && item.Href != "nav.xhtml" {
			t.Errorf("the table of contents is %s", item.Href)
		}
	}
	for name := range u.files {
		if strings.HasPrefix(name, "EPUB/") && name != "EPUB/package.opf" && !listed[name] {
			t.Errorf("%s is in no manifest", name)
		}
	}
	var spine []string
	for _, ref := range p.Spine {
		spine = append(spine, pages[ref.ID])
	}
	if got := strings.Join(spine, " "); got != "title.xhtml nav.xhtml part-001.xhtml part-002.xhtml part-003.xhtml" {
		t.Errorf("order of reading: %s", got)
	}

	var links []string
	for name, content := range u.files {
		if path.Ext(name) != ".xhtml" {
			continue
		}
		root := parsed(t, content)
		if attributeOf(root, "html", "lang") != "de" {
			t.Errorf("%s has no language", name)
		}
		headings := headingsOf(root)
		if len(headings) == 0 || headings[0] != 1 {
			t.Errorf("%s begins with heading %v", name, headings)
		}
		for i := 1; i < len(headings); i++ {
			if headings[i] > headings[i-1]+1 {
				t.Errorf("%s leaves out a level: %v", name, headings)
			}
		}
		each(root, func(n *html.Node) {
			if href := attribute(n, "href"); n.Data == "a" && name == "EPUB/nav.xhtml" {
				links = append(links, href)
			}
		})
	}
	for _, link := range links {
		file, id, _ := strings.Cut(link, "#")
		if file == "" {
			file = "nav.xhtml"
		}
		content, ok := u.files["EPUB/"+file]
		if !ok || id != "" && !bytes.Contains(content, []byte(`id="`+id+`"`)) {
			t.Errorf("the table of contents leads to %s, which is not there", link)
		}
	}
	if got := strings.Join(links[:6], " "); got != "title.xhtml part-001.xhtml#vorwort part-002.xhtml#kapitel-1 part-002.xhtml#beispiel-1-1 part-003.xhtml#kapitel-2 part-003.xhtml#beispiel-2-1" {
		t.Errorf("contents: %s", got)
	}
	if chapter := string(u.files["EPUB/part-002.xhtml"]); !strings.Contains(chapter, `<section epub:type="chapter" role="doc-chapter" aria-labelledby="kapitel-1">`) || !strings.Contains(chapter, `<th scope="col">Kennzahl</th>`) || !strings.Contains(chapter, `<th scope="row">Strom</th>`) ||
		!strings.Contains(chapter, `<div lang="en" xml:lang="en">`) || !strings.Contains(chapter, "<h3>In English</h3>") {
		t.Errorf("chapter: %s", chapter)
	}
}

// TestEPUBTakesAnything: what people write breaks neither the files nor their number, and a document without parts is a book too.
func TestEPUBTakesAnything(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Document{"nasty": nastyDocument(), "empty": {Title: "x", Language: "de"}, "sample": sampleDocument()} {
		raw, err := EPUB(d, EPUBWords{Accessibility: nasty[0], Start: nasty[1]})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		u := unpack(t, raw)
		u.wellFormed()
		for part, content := range u.files {
			if bytes.Contains(content, []byte("<script")) || bytes.Contains(content, []byte("javascript:alert")) && bytes.Contains(content, []byte(`href="javascript`)) {
				t.Errorf("%s: %s runs something", name, part)
			}
		}
	}
}

// TestBook: a page with a table of contents leads to each of its parts, as an OpenDocument text does.
func TestBook(t *testing.T) {
	t.Parallel()
	d := sampleBook()
	page, policy := HTML(d)
	root := parsed(t, page)
	ids, links := map[string]int{}, []string{}
	each(root, func(n *html.Node) {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
		if href := attribute(n, "href"); strings.HasPrefix(href, "#") {
			links = append(links, href[1:])
			if attribute(n, "class") != "" || attribute(n, "rel") != "" {
				t.Errorf("a link within the page looks like one to elsewhere: %s", href)
			}
		}
		if n.Data == "h4" && n.FirstChild.Data == "In English" && attribute(n.Parent, "lang") != "en" {
			t.Error("nobody says that a part is in another language")
		}
		if n.Data == "meta" && attribute(n, "name") == "robots" {
			t.Error("a page that may be found says it may not")
		}
	})
	if got := strings.Join(links, " "); got != "vorwort kapitel-1 beispiel-1-1 kapitel-2 beispiel-2-1" {
		t.Errorf("contents: %s", got)
	}
	for _, link := range links {
		if ids[link] != 1 {
			t.Errorf("#%s stands %d times", link, ids[link])
		}
	}
	if ids[contentsID] != 1 || PolicyOf(page) != policy {
		t.Errorf("ids %v, policy %q", ids, PolicyOf(page))
	}
	odt, err := ODT(d)
	if err != nil {
		t.Fatal(err)
	}
	u := unpack(t, odt)
	u.wellFormed()
	content := string(u.files["content.xml"])
	for _, want := range []string{`<text:table-of-content `, `xlink:href="#kapitel-1"`, `<text:bookmark text:name="kapitel-1"/>`, `text:style-name="Contents_20_3"`} {
		if !strings.Contains(content, want) {
			t.Errorf("the text lacks %s", want)
		}
	}
	if !strings.Contains(string(u.files["styles.xml"]), `style:name="Contents_20_3"`) {
		t.Error("lines of the table of contents have no style")
	}
	if strings.Contains(string(unpack(t, must(ODT(sampleDocument()))).files["content.xml"]), "table-of-content") {
		t.Error("a document without contents has a table of them")
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func parsed(t *testing.T, content []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func each(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, f)
	}
}

func attributeOf(root *html.Node, element, key string) (value string) {
	each(root, func(n *html.Node) {
		if n.Data == element {
			value = attribute(n, key)
		}
	})
	return value
}

func headingsOf(root *html.Node) (levels []int) {
	each(root, func(n *html.Node) {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			levels = append(levels, int(n.Data[1]-'0'))
		}
	})
	return levels
}
