package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// separators are what cells are parted by, the usual one of German office programs first.
var separators = []rune{';', '\t', ','}

// sampled is how many lines are looked at to find out what parts the cells.
const sampled = 30

// readCSV reads a text whose lines are rows.
func readCSV(data []byte) ([]Row, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	text, comma := separator(text)
	if line := openQuote(text, comma); line > 0 {
		return nil, mistake("error.sheet.quotes", map[string]any{"Line": line})
	}
	r := newReader(text, comma)
	var lines []Row
	folded := 0 // line breaks within cells so far: office programs do not count them
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, errNoTable()
		}
		at, _ := r.FieldPos(0)
		row := Row{Number: at - folded, Cells: slices.Clone(record)}
		if row.Number > maxLines {
			return nil, errTooLong()
		}
		for i, cell := range record {
			folded += strings.Count(cell, "\n")
			row.Cells[i] = clean(cell)
		}
		row.Cells = slices.Clip(trimmed(row.Cells))
		if len(row.Cells) > MaxColumns {
			return nil, errTooWide()
		}
		if lines = append(lines, row); len(lines) > MaxRows+headerWithin {
			return nil, errTooLong()
		}
	}
}

// newReader takes quotes as they come: a name in quotes within a text is usual, and doubled by few who write by hand.
func newReader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, true, true
	return r
}

// decode finds out how a text is encoded: by its mark, by the zeros of UTF-16, else UTF-8 if it is that, else Windows-1252.
func decode(data []byte) (string, error) {
	var text string
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		text = strings.ToValidUTF8(string(data[3:]), "�")
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")), zeros(data, 1), zeros(data, 0):
		endian := unicode.LittleEndian
		if zeros(data, 0) {
			endian = unicode.BigEndian
		}
		b, err := unicode.UTF16(endian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", errNoTable()
		}
		text = string(b)
	case utf8.Valid(data):
		text = string(data)
	default:
		b, err := charmap.Windows1252.NewDecoder().Bytes(data)
		if err != nil {
			return "", errNoTable()
		}
		text = string(b)
	}
	if binary(text) {
		return "", errNoTable()
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), nil
}

// zeros reports whether every second byte from start is mostly zero, as in European texts in UTF-16 that lack a mark.
func zeros(data []byte, start int) bool {
	const enough = 1000
	data = data[:min(len(data), enough)&^1]
	if len(data) < 4 {
		return false
	}
	n := 0
	for i := start; i < len(data); i += 2 {
		if data[i] == 0 {
			n++
		}
	}
	return n*4 > len(data) // more than half of every second byte
}

// binary reports whether a text is none. The mark U+FFFD is what could not be decoded, U+0080 to U+009F is what
// Windows-1252 does not have.
func binary(text string) bool {
	n := 0
	for _, r := range text {
		switch {
		case r == 0:
			return true
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r >= 0x7f && r < 0xa0, r == utf8.RuneError:
			n++
		}
	}
	return n*100 > len(text)
}

// separator finds what parts the cells, and leaves out the line "sep=;" by which some programs say it.
func separator(text string) (rest string, comma rune) {
	first, after, _ := strings.Cut(text, "\n")
	if mark, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(strings.Trim(first, `"`))), "sep="); ok && len(mark) == 1 && slices.Contains(separators, rune(mark[0])) {
		return "\n" + after, rune(mark[0]) // the line still counts
	}
	type score struct{ even, header int }
	var best score
	comma = separators[0]
	for _, c := range separators {
		counts := fieldCounts(text, c)
		if len(counts) == 0 {
			continue
		}
		seen := map[int]int{}
		for _, n := range counts {
			if n > 1 {
				seen[n]++
			}
		}
		now := score{header: counts[0]}
		for _, n := range seen {
			now.even = max(now.even, 10*n/len(counts)) // in tenths: a broken line decides nothing
		}
		if now.even > best.even || now.even == best.even && now.header > best.header {
			best, comma = now, c
		}
	}
	return text, comma
}

// fieldCounts says how many cells the first lines have.
func fieldCounts(text string, comma rune) (counts []int) {
	r := newReader(text, comma)
	for len(counts) < sampled {
		record, err := r.Read()
		if err != nil {
			break
		}
		if n := len(record); n > 1 || strings.TrimSpace(record[0]) != "" {
			counts = append(counts, n)
		}
	}
	return counts
}

// openQuote returns the line of a quote that is never closed, and would swallow all that follows; 0 where there is none.
func openQuote(text string, comma rune) int {
	r := newReader(text, comma)
	r.LazyQuotes = false
	line := 0
	for {
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return line
		}
		line = 0
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) && errors.Is(err, csv.ErrQuote) && parse.Line > parse.StartLine {
			line = parse.StartLine
		}
	}
}
