package media_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"fmt"
	"html"
	"strings"
	"testing"
)

// part is a part of an office document.
type part struct{ name, content string }

// zipped packs parts as programs do, the type of an OpenDocument file unpacked.
func zipped(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		method := zip.Deflate
		if p.name == "mimetype" {
			method = zip.Store
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: method, Comment: "geheim"})
		must(t, err)
		_, err = to.Write([]byte(p.content))
		must(t, err)
	}
	must(t, w.SetComment("geheim"))
	must(t, w.Close())
	return b.Bytes()
}

const (
	openXML  = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	relation = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"%s/></Relationships>`
	manifest = `<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/></manifest:manifest>`
	odfText  = `<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:s="urn:oasis:names:tc:opendocument:xmlns:script:1.0"><office:body><office:text>%s</office:text></office:body></office:document-content>`
)

// docx is a document of one line, and what else is given.
func docx(t testing.TB, more ...part) []byte {
	t.Helper()
	return zipped(t, append([]part{
		{"[Content_Types].xml", openXML},
		{"_rels/.rels", fmt.Sprintf(relation, "officeDocument", "word/document.xml", "")},
		{"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Leitfaden</w:t></w:r></w:p></w:body></w:document>`},
		{"word/_rels/document.xml.rels", fmt.Sprintf(relation, "hyperlink", "https://example.org/", ` TargetMode="External"`)},
		{"docProps/core.xml", `<core><creator>Erika Mustermann</creator></core>`},
		{"docProps/app.xml", `<app>Erikas Amt</app>`},
		{"docProps/custom.xml", `<custom>Aktenzeichen geheim</custom>`},
	}, more...)...)
}

// odt is the same as OpenDocument, with a body of its own.
func odt(t testing.TB, body string, more ...part) []byte {
	t.Helper()
	return zipped(t, append([]part{
		{"mimetype", "application/vnd.oasis.opendocument.text"},
		{"content.xml", fmt.Sprintf(odfText, body)},
		{"meta.xml", `<meta>Erika Mustermann</meta>`},
		{"Object 1/meta.xml", `<meta>Erika Mustermann</meta>`},
		{"META-INF/manifest.xml", manifest},
	}, more...)...)
}

// pdf is a document of one empty page. catalog is what else its first object says, objects those from the fifth on.
func pdf(catalog string, objects ...string) []byte {
	all := append([]string{
		"<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R" + catalog + ">>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>",
		stream("/Type/Metadata/Subtype/XML", "<x:xmpmeta>Erika Mustermann</x:xmpmeta>"),
		"<</Author(Erika Mustermann)/Title(Entwurf)>>",
	}, objects...)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	offsets := make([]int, 0, len(all))
	for i, object := range all {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(all)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info 5 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(all)+1, start)
	return b.Bytes()
}

func stream(entries, content string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(content), content)
}

func deflated(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write([]byte(content))
	must(t, err)
	must(t, w.Close())
	return b.String()
}

// hiddenPDF keeps its catalog and one more object in a packed list of objects, as newer programs do, with a list of places for
// both (ISO 32000-2, 7.5.7 and 7.5.8).
func hiddenPDF(t testing.TB, catalog, object string, padding int) []byte {
	t.Helper()
	first := "<</Type/Catalog/Pages 2 0 R" + catalog + ">>"
	second := "<</Type/Pages/Kids[3 0 R]/Count 1>>"
	third := "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>"
	numbers := fmt.Sprintf("1 0 2 %d 3 %d 4 %d ", len(first)+1, len(first)+len(second)+2, len(first)+len(second)+len(third)+3)
	content := numbers + strings.Join([]string{first, second, third, object}, " ") + strings.Repeat(" ", padding)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := b.Len()
	fmt.Fprintf(&b, "5 0 obj\n%s\nendobj\n", stream(fmt.Sprintf("/Type/ObjStm/N 4/First %d/Filter/FlateDecode", len(numbers)), deflated(t, content)))
	start := b.Len()
	places := []byte{0, 0, 0, 0, 2, 0, 5, 0, 2, 0, 5, 1, 2, 0, 5, 2, 2, 0, 5, 3, 1, byte(at >> 8), byte(at), 0, 1, byte(start >> 8), byte(start), 0}
	fmt.Fprintf(&b, "6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", stream("/Type/XRef/Size 7/W[1 2 1]/Root 1 0 R", string(places)), start)
	return b.Bytes()
}

// manyLists is a PDF with so many lists of objects, each of so many bytes that say nothing.
func manyLists(t testing.TB, lists, padding int) []byte {
	t.Helper()
	list := stream("/Type/ObjStm/N 1/First 5/Filter/FlateDecode", deflated(t, "99 0 "+strings.Repeat(" ", padding)+"null"))
	var b bytes.Buffer
	var places []byte
	place := func(kind byte, at int, index byte) {
		places = append(places, kind, byte(at>>16), byte(at>>8), byte(at), index)
	}
	b.WriteString("%PDF-1.7\n")
	place(0, 0, 0)
	add := func(number int, object string) {
		place(1, b.Len(), 0)
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", number, object)
	}
	add(1, "<</Type/Catalog/Pages 2 0 R>>")
	add(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	add(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<<>>>>")
	for i := range lists {
		add(4+i, list)
	}
	for i := range lists {
		place(2, 4+i, 0)
	}
	start, size := b.Len(), 4+2*lists
	fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", size,
		stream(fmt.Sprintf("/Type/XRef/Size %d/Index[0 %d]/W[1 3 1]/Root 1 0 R", size+1, size), string(places)), start)
	return b.Bytes()
}

// Fields of Word, in the parts in which it writes them.
const (
	begin    = `<w:r><w:fldChar w:fldCharType="begin"/></w:r>`
	separate = `<w:r><w:fldChar w:fldCharType="separate"/></w:r>`
	end      = `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
)

func instruction(text string) string {
	return `<w:r><w:instrText xml:space="preserve">` + html.EscapeString(text) + `</w:instrText></w:r>`
}

// word is a part of a text.
func word(name, body string) part {
	return part{name, `<?xml version="1.0" encoding="UTF-8"?><w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>` + body + `</w:p></w:hdr>`}
}

// utf16 is a part in the other letters that XML is written in.
func utf16(text string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range strings.Replace(text, "UTF-8", "UTF-16", 1) {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}
