package sheet

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/vorbild/vorbild/internal/fault"
)

// because returns the message of the one mistake that a file was refused for.
func because(t *testing.T, err error) string {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != "file" {
		t.Fatalf("got %v, want a refusal of the file", err)
	}
	return e.Fields[0].Message
}

func cells(s Sheet) (rows [][]string) {
	for _, r := range s.Rows {
		rows = append(rows, r.Cells)
	}
	return rows
}

func encode(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEncodings: the same table in every form in which office programs of German administrations write it.
func TestEncodings(t *testing.T) {
	t.Parallel()
	want := [][]string{{"Wärme aus dem Serverraum", "1.250,5", "„Größe“ – ß; und, mehr"}, {"Kühlung", "3", ""}}
	for _, comma := range []rune{';', '\t', ','} {
		var b strings.Builder
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = comma, true
		_ = w.WriteAll(append([][]string{{"Titel", "Strom vorher", "Beschreibung"}}, want...))
		text := b.String()
		for name, data := range map[string][]byte{
			"UTF-8":                   []byte(text),
			"UTF-8 with mark":         []byte("\ufeff" + text),
			"Windows-1252":            encode(t, charmap.Windows1252, text),
			"UTF-16LE with mark":      encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text),
			"UTF-16BE with mark":      encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), text),
			"UTF-16LE":                encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), text),
			"UTF-16BE":                encode(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), text),
			"separator said":          []byte("sep=" + string(comma) + "\r\n" + text),
			"line breaks of old Macs": []byte(strings.ReplaceAll(text, "\r\n", "\r")),
			"a title above":           []byte("Praxisbeispiele 2026\r\n\r\n" + text),
		} {
			s, err := Read(data)
			if err != nil {
				t.Errorf("%s, %q: %v", name, comma, err)
				continue
			}
			if diff := cmp.Diff([]string{"Titel", "Strom vorher", "Beschreibung"}, s.Headers); diff != "" {
				t.Errorf("%s, %q: headers: %s", name, comma, diff)
			}
			if diff := cmp.Diff(want, cells(s)); diff != "" {
				t.Errorf("%s, %q: %s", name, comma, diff)
			}
		}
	}
}

// TestSeparator: decimal commas, texts full of commas and lines that are broken do not mislead.
func TestSeparator(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Titel;vorher;nachher\nA;1,5;2,5\nB;2,5;3,5\nC;1,0;2,0":                   {"Titel", "vorher", "nachher"},
		"Titel;Text\nA;eins, zwei, drei\nB;vier, fünf\nC;sechs":                   {"Titel", "Text"},
		"Titel,Text,Zahl\nA,\"eins; zwei\",3\nB,\"drei; vier\",4":                 {"Titel", "Text", "Zahl"},
		"Titel\tText\nA; B\teins, zwei\nC\tdrei, vier":                            {"Titel", "Text"},
		"Titel;Text;Zahl\nA;x;1\nB;y;2\nkaputt\nC;z;3\nD;z;3\nE;z;3\nF;z;3\nG;;5": {"Titel", "Text", "Zahl"},
		"Titel\nKühlung\nLüftung, Klima\nStrom":                                   {"Titel", ""},
	} {
		s, err := Read([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, s.Headers); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestRowNumbers: a mistake is found in the line that the office program shows, though cells have line breaks and lines are empty.
func TestRowNumbers(t *testing.T) {
	t.Parallel()
	s, err := Read([]byte("Titel;Text\nA;\"eins\nzwei\ndrei\"\n\nB;vier\nC;\"fünf\nsechs\"\nD;sieben"))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, r := range s.Rows {
		numbers = append(numbers, r.Number)
	}
	if diff := cmp.Diff([]int{2, 4, 5, 6}, numbers); diff != "" {
		t.Error(diff)
	}
	if got := s.Rows[0].Cells[1]; got != "eins\nzwei\ndrei" {
		t.Errorf("cell %q", got)
	}
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	s, err := Read([]byte("Titel;Text\nServer \"Nord\";\"ein \"\"Zitat\"\"\"\nB;\"vorn\" und hinten\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{`Server "Nord"`, `ein "Zitat"`}, {"B", `vorn" und hinten`}}, cells(s)); diff != "" {
		t.Error(diff)
	}
	// A quote that is never closed would make one cell of half the table.
	_, err = Read([]byte("Titel;Text\nA;eins\nB;\"zwei\nC;drei\nD;vier\n"))
	if got := because(t, err); got != "error.sheet.quotes" {
		t.Errorf("an open quote: %s", got)
	}
	var e *fault.Error
	if errors.As(err, &e); e.Fields[0].Args["Line"] != 3 {
		t.Errorf("an open quote: line %v, want 3", e.Fields[0].Args["Line"])
	}
}

// TestRefused: what is no table, or too large a one, is refused with a reason, and quickly.
func TestRefused(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("x;", 1_000_000) + "\n" + strings.Repeat("y;", 1_000_000)
	long := "Titel;Text\n" + strings.Repeat("A;B\n", MaxRows+1)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":              {nil, "error.sheet.empty"},
		"a header alone":       {[]byte("Titel;Text\n"), "error.sheet.empty"},
		"blank lines":          {[]byte("\n\n;;\n"), "error.sheet.empty"},
		"a picture":            {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"), "error.sheet.form"},
		"a PDF":                {append([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), bytes.Repeat([]byte{1, 2, 3, 200}, 50)...), "error.sheet.form"},
		"zeros in the text":    {[]byte("Titel;Text\nA;B\x00C\nD;E"), "error.sheet.form"},
		"an old workbook":      {append(slices.Clone(compound), 0, 0, 0), "error.sheet.old"},
		"a zip of other files": {zipped(t, map[string]string{"brief.txt": "Guten Tag"}), "error.sheet.form"},
		"a broken zip":         {[]byte("PK\x03\x04kaputt"), "error.sheet.form"},
		"a million columns":    {[]byte(wide), "error.sheet.columns"},
		"too many rows":        {[]byte(long), "error.sheet.rows"},
		"too many bytes":       {bytes.Repeat([]byte("a;b\n"), MaxSize/4+1), "error.sheet.large"},
	} {
		if _, err := Read(c.data); because(t, err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if s, err := Read([]byte("Titel;Text\n" + strings.Repeat("A;B\n", MaxRows))); err != nil || len(s.Rows) != MaxRows {
		t.Errorf("as many rows as there may be: %d, %v", len(s.Rows), err)
	}
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// workbook builds an XLSX file.
func workbook(t *testing.T, fill func(f *excelize.File, sheet string) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	var b bytes.Buffer
	err := fill(f, "Sheet1")
	if err == nil {
		err = f.Write(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWorkbook: numbers, days, percentages and texts come out as they were meant, whatever they look like.
func TestWorkbook(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File, s string) error {
		style := func(s *excelize.Style) int {
			id, err := f.NewStyle(s)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		custom := "mmm yyyy"
		money := `#,##0.00 "€/day"`
		set := []struct {
			cell  string
			value any
			style int
		}{
			{"A3", "Bericht", 0},
			{"A4", "Titel", 0}, {"B4", "Zahl", 0}, {"C4", "Tag", 0}, {"D4", "Anteil", 0}, {"E4", "Schlüssel", 0}, {"F4", "Betrag", 0},
			{"A5", "Kühlung\r\nim Norden", 0}, {"B5", 12.125, 0}, {"C5", 45031, style(&excelize.Style{NumFmt: 14})}, {"D5", 0.45, style(&excelize.Style{NumFmt: 9})}, {"E5", "053340002002", 0}, {"F5", 1250.5, style(&excelize.Style{CustomNumFmt: &money})},
			{"A7", "Lüftung", 0}, {"B7", "12.125", 0}, {"C7", 45031, style(&excelize.Style{CustomNumFmt: &custom})}, {"D7", 0.1 + 0.2, 0}, {"E7", int64(99050012104000), 0}, {"F7", -1e7, style(&excelize.Style{NumFmt: 4})},
		}
		for _, c := range set {
			if err := f.SetCellValue(s, c.cell, c.value); err != nil {
				return err
			}
			if c.style != 0 {
				if err := f.SetCellStyle(s, c.cell, c.cell, c.style); err != nil {
					return err
				}
			}
		}
		return nil
	})
	s, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{5, []string{"Kühlung\nim Norden", "12,125", "2023-04-15", "45 %", "053340002002", "1250,5"}},
		{7, []string{"Lüftung", "12.125", "2023-04-15", "0,3", "99050012104000", "-10000000"}},
	}
	if diff := cmp.Diff(want, s.Rows); diff != "" {
		t.Error(diff)
	}
}

// TestFormulas: what counts is the value that was stored; nothing is calculated.
func TestFormulas(t *testing.T) {
	t.Parallel()
	data := packed(t, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
		<row r="1"><c r="A1" t="inlineStr"><is><t>Titel</t></is></c><c r="B1" t="inlineStr"><is><t>Zahl</t></is></c><c r="C1" t="inlineStr"><is><t>Netz</t></is></c></row>
		<row r="2"><c r="A2" t="str"><f>CONCATENATE("Küh","lung")</f><v>Kühlung</v></c><c r="B2"><f>1+1</f><v>42</v></c><c r="C2"><f>WEBSERVICE("http://127.0.0.1/")</f></c></row>
		</sheetData></worksheet>`, 0)
	s, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"Kühlung", "42", ""}}, cells(s)); diff != "" {
		t.Error(diff)
	}
}

func TestWorksheets(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File, s string) error {
		if _, err := f.NewSheet("Versteckt"); err != nil {
			return err
		}
		if _, err := f.NewSheet("Beispiele"); err != nil {
			return err
		}
		f.SetActiveSheet(0)
		return errors.Join(
			f.SetSheetRow("Versteckt", "A1", &[]string{"Geheim", "x"}), f.SetSheetRow("Versteckt", "A2", &[]string{"1", "2"}), f.SetSheetVisible("Versteckt", false),
			f.SetSheetRow("Beispiele", "A1", &[]string{"Titel", "Text"}), f.SetSheetRow("Beispiele", "A2", &[]string{"A", "B"}),
		)
	})
	s, err := Read(data)
	if err != nil || s.Name != "Beispiele" || s.Headers[0] != "Titel" {
		t.Errorf("read %q %v, %v", s.Name, s.Headers, err)
	}
}

// TestBombs: files that grow when they are unpacked, or lie about how much, are refused.
func TestBombs(t *testing.T) {
	t.Parallel()
	rows := func(n int, row func(i int) string) string {
		var b strings.Builder
		b.WriteString(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
		for i := range n {
			b.WriteString(row(i + 1))
		}
		return b.String() + `</sheetData></worksheet>`
	}
	ordinary := func(i int) string {
		return fmt.Sprintf(`<row r="%d"><c r="A%d"><v>1</v></c><c r="B%d"><v>2</v></c></row>`, i, i, i)
	}
	for name, c := range map[string]struct{ sheet, want string }{
		"zeros":          {rows(1, ordinary) + strings.Repeat(" ", maxUnzipped), "error.sheet.large"},
		"a million rows": {rows(1_000_000, func(i int) string { return fmt.Sprintf(`<row r="%d"/>`, i) }), "error.sheet.rows"},

		"a row far below":   {rows(2, func(i int) string { return fmt.Sprintf(`<row r="%d"><c><v>1</v></c></row>`, i*1_000_000_000) }), "error.sheet.rows"},
		"a column far away": {rows(MaxRows, func(i int) string { return fmt.Sprintf(`<row r="%d"><c r="XFD%d"><v>1.125</v></c></row>`, i, i) }), "error.sheet.columns"},
		"no cell names":     {rows(3, func(int) string { return "<row>" + strings.Repeat("<c><v>1</v></c>", 300) + "</row>" }), "error.sheet.columns"},
		"too many cells":    {rows(MaxRows-1, func(int) string { return "<row>" + strings.Repeat("<c><v>1.125</v></c>", 60) + "</row>" }), "error.sheet.cells"},
		"a text everywhere": {rows(1_000, func(int) string { return "<row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, 100) + "</row>" }), "error.sheet.cells"},
		"cells of nothing": {rows(100, func(int) string {
			return "<row><c><v>1.125</v></c><c><v>2</v></c>" + strings.Repeat("<c/>", 6_000) + "</row>"
		}), "error.sheet.cells"},
		"by another name": {rows(100, func(int) string { return "<row>" + strings.Repeat("<x:c/>", 6_000) + "</row>" }), "error.sheet.cells"},
		"tags of nothing": {rows(maxTags, func(int) string { return "<a/>" }), "error.sheet.cells"},
	} {
		if _, err := Read(packed(t, c.sheet, 0, strings.Repeat("Serverraum ", 1_000))); because(t, err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if s, err := Read(packed(t, rows(MaxRows, func(int) string { return "<row>" + strings.Repeat(`<c t="s"><v>0</v></c>`, 39) + "</row>" }), 0, "Serverraum")); err != nil || len(s.Rows) != MaxRows-1 || s.Rows[0].Cells[38] != "Serverraum" {
		t.Errorf("a large one that people write: %d, %v", len(s.Rows), err)
	}
	if s, err := Read(packed(t, rows(3, ordinary), 0)); err != nil || len(s.Rows) != 2 {
		t.Fatalf("the ordinary one: %v, %v", s, err)
	}
	if _, err := Read(packed(t, rows(3, ordinary)+strings.Repeat(" ", maxUnzipped), 100)); because(t, err) != "error.sheet.form" {
		t.Errorf("one that lies about its size: %v", err)
	}
}

// packed is a workbook around a worksheet as it stands, and texts that its cells share. size is what the directory says of it, 0
// for the truth.
func packed(t *testing.T, sheet string, size uint64, shared ...string) []byte {
	t.Helper()
	data := workbook(t, func(*excelize.File, string) error { return nil })
	old, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range old.File {
		if f.Name == "xl/worksheets/sheet1.xml" || f.Name == "xl/sharedStrings.xml" {
			continue
		}
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	texts, err := w.Create("xl/sharedStrings.xml")
	if err == nil {
		_, err = io.WriteString(texts, `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>`+strings.Join(shared, "</t></si><si><t>")+`</t></si></sst>`)
	}
	if err != nil {
		t.Fatal(err)
	}
	var deflated bytes.Buffer
	fw, err := flate.NewWriter(&deflated, flate.BestSpeed)
	if err == nil {
		_, err = io.WriteString(fw, sheet)
	}
	if err = errors.Join(err, fw.Close()); err != nil {
		t.Fatal(err)
	}
	if size == 0 {
		size = uint64(len(sheet))
	}
	out, err := w.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: uint64(deflated.Len()), UncompressedSize64: size, CRC32: crc32.ChecksumIEEE([]byte(sheet))})
	if err == nil {
		_, err = out.Write(deflated.Bytes())
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWritten: what is written is read again as it was, also what an office program would calculate.
func TestWritten(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"Titel", "Text"}, {"=1+1", "@SUM(A1)"}, {"-12,5", "+Netz"}, {"＝1+1", "–"}, {"mehr\nZeilen", `ein "Zitat"; und mehr`}}
	var text, book bytes.Buffer
	if err := errors.Join(WriteCSV(&text, rows), WriteXLSX(&book, "Muster", rows)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "'=1+1;'@SUM(A1)") || !strings.Contains(text.String(), "'＝1+1;–") || !strings.Contains(text.String(), "\n-12,5;'+Netz") {
		t.Errorf("formulas are not marked: %q", text.String())
	}
	for name, data := range map[string][]byte{"CSV": text.Bytes(), "XLSX": book.Bytes()} {
		s, err := Read(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(rows[1:], cells(s)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := Column(i); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
	}
}

// FuzzRead: whatever is sent, the answer is a table within the limits, or a refusal.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Titel;Strom vorher\nKühlung;1.250,5\n"))
	f.Add([]byte("\xff\xfeT\x00i\x00\n\x00a\x00"))
	f.Add([]byte("sep=,\na,b\n\"c\n,d\",e\n"))
	f.Add([]byte("T\xe4t;x\n\"un\"gleich\";1\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Read(data)
		if err != nil {
			because(t, err)
			return
		}
		if len(s.Rows) == 0 || len(s.Rows) > MaxRows || len(s.Headers) > MaxColumns {
			t.Fatalf("%d rows, %d columns", len(s.Rows), len(s.Headers))
		}
		last := 0
		for _, r := range s.Rows {
			if len(r.Cells) != len(s.Headers) || r.Number <= last || r.Empty() {
				t.Fatalf("row %d of %d cells after row %d, %d headers", r.Number, len(r.Cells), last, len(s.Headers))
			}
			if last = r.Number; strings.ContainsAny(strings.Join(r.Cells, ""), "\x00\r") {
				t.Fatalf("row %d: %q", r.Number, r.Cells)
			}
		}
	})
}
