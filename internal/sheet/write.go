package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// WriteCSV writes rows so that a German office program opens them with a double click: UTF-8 with its mark, semicolons.
func WriteCSV(out io.Writer, rows [][]string) error {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return fmt.Errorf("sheet.WriteCSV: %w", err)
	}
	w := csv.NewWriter(out)
	w.Comma, w.UseCRLF = ';', true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Harmless(cell)
		}
		if err := w.Write(cells); err != nil {
			return fmt.Errorf("sheet.WriteCSV: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("sheet.WriteCSV: %w", err)
	}
	return nil
}

// WriteXLSX writes rows of text to a workbook with one worksheet, the first row as its header.
func WriteXLSX(out io.Writer, name string, rows [][]string) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // it was written, or not
	if err := writeXLSX(f, name, rows); err != nil {
		return fmt.Errorf("sheet.WriteXLSX: %w", err)
	}
	if err := f.Write(out); err != nil {
		return fmt.Errorf("sheet.WriteXLSX: %w", err)
	}
	return nil
}

func writeXLSX(f *excelize.File, name string, rows [][]string) error {
	if err := f.SetSheetName(f.GetSheetName(0), name); err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		if err := w.SetColWidth(1, max(1, len(rows[0])), 24); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, row := range rows {
		cells := make([]any, len(row))
		for c, text := range row {
			cells[c] = text
		}
		var opts []excelize.RowOpts
		if i == 0 {
			opts = append(opts, excelize.RowOpts{StyleID: bold})
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := w.SetRow(at, cells, opts...); err != nil {
			return err
		}
	}
	return w.Flush()
}

var plainNumber = regexp.MustCompile(`^[-+][\d.,]+\s?%?$`)

// active reports whether an office program would take a text for a formula.
func active(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && !plainNumber.MatchString(cell)
}

// Harmless marks what an office program would calculate when it opens a CSV file; Read takes the mark away again.
func Harmless(cell string) string {
	if active(cell) {
		return "'" + cell
	}
	return cell
}
