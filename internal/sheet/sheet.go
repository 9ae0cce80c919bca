// Package sheet reads and writes tables as office programs do: CSV in the encodings and with the separators that are usual
// in German offices, and XLSX. Formulas are never evaluated: what counts is the value that was stored with them. It knows
// nothing of what a table is about.
package sheet

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
)

// Limits of a table that is read.
const (
	MaxSize    = 10 << 20 // bytes of the file
	MaxRows    = 5_000    // below the header
	MaxColumns = 200
	maxCells   = 200_000 // that hold something
	maxText    = MaxSize // bytes of what stands in them
	// maxLines is how far down a table may stand: empty lines are no rows, but somebody has to look at them.
	maxLines = 20_000
	// headerWithin is in how many lines from the top a header is looked for.
	headerWithin = 20
)

// Sheet is a table with a header.
type Sheet struct {
	Name    string   `json:"name"` // of the worksheet, "" where a file has only one
	Headers []string `json:"headers"`
	Rows    []Row    `json:"rows"`
}

// Row is a line below the header, with as many cells as there are headers. Number is the line's number as office programs show it.
type Row struct {
	Number int      `json:"n"`
	Cells  []string `json:"c"`
}

// Empty reports whether no cell holds anything.
func (r Row) Empty() bool {
	return !slices.ContainsFunc(r.Cells, func(c string) bool { return c != "" })
}

// mistake says why a file is no table that can be read. The field is called like the input that a file is sent with.
func mistake(message string, args map[string]any) error {
	return fault.Fields(fault.Field{Name: "file", Message: message, Args: args})
}

func errTooLong() error { return mistake("error.sheet.rows", map[string]any{"Max": MaxRows}) }

func errTooWide() error { return mistake("error.sheet.columns", map[string]any{"Max": MaxColumns}) }

func errTooMuch() error { return mistake("error.sheet.cells", map[string]any{"Max": maxCells}) }

func errNoTable() error { return mistake("error.sheet.form", nil) }

// Read takes a file apart, whatever it is called. Errors: fault.Invalid, about the field "file".
func Read(data []byte) (Sheet, error) {
	var s Sheet
	var lines []Row
	var err error
	switch {
	case len(data) == 0:
		return s, mistake("error.sheet.empty", nil)
	case len(data) > MaxSize:
		return s, mistake("error.sheet.large", map[string]any{"Max": MaxSize >> 20})
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		s.Name, lines, err = readXLSX(data)
	case bytes.Contains(data, compound):
		return s, mistake("error.sheet.old", nil)
	default:
		lines, err = readCSV(data)
	}
	if err != nil {
		return s, err
	}
	return s.of(lines)
}

// of finds the header and the rows below it.
func (s Sheet) of(lines []Row) (Sheet, error) {
	lines = slices.DeleteFunc(lines, Row.Empty)
	width, top := 0, 0
	for _, r := range lines {
		width = max(width, len(trimmed(r.Cells)))
	}
	// A title above the table has one cell; a header has more, unless most lines have but one.
	several := func(r Row) bool { return filled(r.Cells) > 1 }
	if n := len(slices.DeleteFunc(slices.Clone(lines), func(r Row) bool { return !several(r) })); 2*n >= len(lines)-1 {
		top = max(0, slices.IndexFunc(lines[:min(len(lines), headerWithin)], several))
	}
	switch {
	case len(lines) < top+2:
		return s, mistake("error.sheet.empty", nil)
	case width > MaxColumns:
		return s, errTooWide()
	case len(lines)-top-1 > MaxRows:
		return s, errTooLong()
	}
	for i := range lines {
		cells := trimmed(lines[i].Cells)
		lines[i].Cells = append(slices.Clip(cells), make([]string, width-len(cells))...)
	}
	for _, h := range lines[top].Cells {
		s.Headers = append(s.Headers, shorten(markup.Line(h)))
	}
	s.Rows = lines[top+1:]
	return s, nil
}

// trimmed leaves out empty cells at the end.
func trimmed(cells []string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func filled(cells []string) (n int) {
	for _, c := range cells {
		if c != "" {
			n++
		}
	}
	return n
}

// clean makes a cell plain text: line breaks as they are here, nothing invisible, nothing that a database refuses.
func clean(cell string) string {
	cell = strings.ToValidUTF8(strings.ReplaceAll(cell, "\r\n", "\n"), "�")
	cell = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f, r == '\ufeff':
			return -1
		}
		return r
	}, cell)
	cell = strings.TrimSpace(cell)
	if len(cell) > 1 && cell[0] == '\'' && active(cell[1:]) {
		return cell[1:] // as Harmless wrote it
	}
	return cell
}

// shorten keeps what a header can say.
func shorten(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// Column names a column as office programs do: 0 is A, 26 is AA.
func Column(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}
