package sheet

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxUnzipped is how much a file may hold when it is unpacked, in bytes. What is read stays in memory.
const maxUnzipped = 48 << 20

// compound begins files of old and of encrypted office documents.
var compound = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// parsing lets one file at a time be unpacked: what fits into memory once need not fit ten times.
var parsing = make(chan struct{}, 1)

// readXLSX reads the first visible worksheet that holds something.
func readXLSX(data []byte) (name string, lines []Row, err error) {
	// Encrypted parts would be tried with as many rounds as the file says.
	if bytes.Contains(data, compound) {
		return "", nil, mistake("error.sheet.old", nil)
	}
	parsing <- struct{}{}
	defer func() { <-parsing }()
	defer func() {
		if v := recover(); v != nil { // the library trusts what it reads here and there
			name, lines, err = "", nil, errNoTable()
		}
	}()
	if err := fits(data); err != nil {
		return "", nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		if strings.Contains(err.Error(), "unzip size exceeds") {
			return "", nil, mistake("error.sheet.large", map[string]any{"Max": MaxSize >> 20})
		}
		return "", nil, errNoTable()
	}
	defer f.Close() //nolint:errcheck // nothing was written
	names := f.GetSheetList()
	for _, sheet := range names {
		if visible, err := f.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		w := worksheet{file: f, name: sheet}
		if lines, err = w.read(); err != nil {
			return "", nil, err
		}
		if len(lines) > 0 {
			if len(names) > 1 {
				name = shorten(clean(sheet))
			}
			return name, lines, nil
		}
	}
	return "", nil, mistake("error.sheet.empty", nil)
}

type worksheet struct {
	file *excelize.File
	name string
}

// read takes the cells as they are stored and as they are shown, and lays down what was meant.
func (w worksheet) read() ([]Row, error) {
	stored, err := w.all(true)
	if err != nil {
		return nil, err
	}
	shown, err := w.all(false)
	if err != nil || len(shown) != len(stored) {
		return nil, errNoTable()
	}
	var lines []Row
	for i, row := range stored {
		for c, raw := range row.Cells {
			display := raw
			if c < len(shown[i].Cells) {
				display = shown[i].Cells[c]
			}
			row.Cells[c] = clean(w.meant(raw, display, c, row.Number))
		}
		if !row.Empty() {
			lines = append(lines, row)
		}
	}
	return lines, nil
}

// all reads the rows one after the other, so that a table too large is refused before it is in memory.
func (w worksheet) all(raw bool) (list []Row, err error) {
	rows, err := w.file.Rows(w.name)
	if err != nil {
		return nil, errNoTable()
	}
	defer rows.Close() //nolint:errcheck // nothing was written
	var left = budget{cells: maxCells, bytes: maxText}
	for filled := 0; rows.Next(); {
		cells, err := rows.Columns(excelize.Options{RawCellValue: raw})
		if err != nil {
			return nil, errNoTable()
		}
		if cells = trimmed(cells); len(cells) > MaxColumns {
			return nil, errTooWide()
		}
		if !left.take(cells) {
			return nil, errTooMuch()
		}
		if len(cells) > 0 {
			filled++
		}
		if list = append(list, Row{Number: len(list) + 1, Cells: cells}); len(list) > maxLines || filled > MaxRows+headerWithin {
			return nil, errTooLong()
		}
	}
	return list, nil
}

// budget is what a table may still hold. A workbook of a few kilobytes can say the same long text in each of a million cells.
type budget struct{ cells, bytes int }

func (b *budget) take(cells []string) bool {
	for _, c := range cells {
		if c != "" {
			b.cells--
			b.bytes -= len(c)
		}
	}
	return b.cells >= 0 && b.bytes >= 0
}

var (
	storedNumber = regexp.MustCompile(`^-?\d+(\.\d+)?([eE][+-]?\d+)?$`)
	shownNumber  = regexp.MustCompile(`^[-−]?[\d.,' ]+$`)
	whole        = regexp.MustCompile(`^-?\d+$`)
	// grouped is what a German reads as a whole number when it is a text, and a program as a fraction when it is a number.
	grouped = regexp.MustCompile(`^-?\d{1,3}\.\d{3}$`)
)

// meant writes a number with a decimal comma, and a day as 2023-04-15: the form in which Excel stores the one and shows the
// other depends on the computer.
func (w worksheet) meant(raw, display string, column, row int) string {
	if !storedNumber.MatchString(raw) {
		return raw
	}
	cell, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return raw
	}
	if grouped.MatchString(raw) && w.isText(cell) {
		return raw
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return raw
	}
	switch {
	case shownNumber.MatchString(display):
	case strings.HasSuffix(display, "%"):
		return decimal(value*100) + " %"
	case w.isDate(cell):
		if t, err := excelize.ExcelDateToTime(value, w.since1904()); err == nil {
			return t.Format("2006-01-02")
		}
	}
	if whole.MatchString(raw) {
		return raw // also keys with zeros in front
	}
	return decimal(value)
}

func (w worksheet) isText(cell string) bool {
	kind, err := w.file.GetCellType(w.name, cell)
	return err == nil && (kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString)
}

// decimal writes a number as Germans do, as exactly as office programs keep it.
func decimal(v float64) string {
	text := fmt.Sprintf("%.15g", v)
	if strings.ContainsAny(text, "e") {
		text = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Replace(text, ".", ",", 1)
}

func (w worksheet) since1904() bool {
	props, err := w.file.GetWorkbookProps()
	return err == nil && props.Date1904 != nil && *props.Date1904
}

var (
	dateLetters = regexp.MustCompile(`(?i)[dy]`)
	quotedParts = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.`)
)

// isDate reports whether a cell is shown as a day (ECMA-376 part 1, 18.8.30).
func (w worksheet) isDate(cell string) bool {
	index, err := w.file.GetCellStyle(w.name, cell)
	if err != nil {
		return false
	}
	style, err := w.file.GetStyle(index)
	if err != nil {
		return false
	}
	if style.CustomNumFmt != nil {
		return dateLetters.MatchString(quotedParts.ReplaceAllString(*style.CustomNumFmt, ""))
	}
	n := style.NumFmt
	return n >= 14 && n <= 17 || n == 22 || n >= 27 && n <= 36 || n >= 50 && n <= 58
}
