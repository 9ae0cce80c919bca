package web

import (
	"slices"

	"github.com/vorbild/vorbild/internal/i18n"
)

// chartRows is a chart with a row for each thing, drawn on the server. All lengths are in units of the drawing. The table beside it
// says the same.
type chartRows struct {
	ID                 string // begins the ids in the drawing
	Title, Description string
	Width, Height      int
	Series             []chartSeries // with a legend where there are several
	Left, Right        int           // where bars begin and end
	Most               string        // what the longest bar is
	Rows               []chartLine
}

// chartSeries is one kind of bars, told apart by its pattern.
type chartSeries struct{ Name, Pattern string }

// chartLine is one of its rows.
type chartLine struct {
	ValueY, Base int
	Label        []chartText
	Value        string // at the end of the row, "" for none
	Bars         []chartRect
}

type chartRect struct {
	Pattern       string
	X, Y          string
	Width, Height string
}

const (
	rowsWidth  = 320
	rowsLeft   = 128                          // of the names
	rowsEnd    = 34                           // for the numbers
	rowsLabel  = (rowsLeft - 8) / chartLetter // characters
	barHeight  = 8
	spark      = 22 // height of a row of columns
	sparkBlank = 8
)

// patterns are those of the series, in their order.
var patterns = []string{"full", "stripe", "dot"}

// chartNumbers is one row of numbers, one for each series or column.
type chartNumbers struct {
	Label  string
	Values []int
}

func highest(rows []chartNumbers) (most int, at chartNumbers) {
	for _, row := range rows {
		if m := slices.Max(row.Values); m > most {
			most, at = m, row
		}
	}
	return most, at
}

// name sets the row's name and number around its middle.
func (line *chartLine) name(s string, middle int) {
	lines := chartLines(s, rowsLabel)
	first := middle + 5 - (len(lines)-1)*chartTextY/2
	for i, text := range lines {
		line.Label = append(line.Label, chartText{first + i*chartTextY, text})
	}
	line.ValueY = middle + 5
}

// barsOf draws a bar for each number of each row, one series below the other; nil where all are 0.
func barsOf(l *i18n.Localizer, id, title string, series []string, rows []chartNumbers) *chartRows {
	most, at := highest(rows)
	if most == 0 {
		return nil
	}
	c := chartRows{
		ID: id, Title: title, Width: rowsWidth, Left: rowsLeft, Right: rowsWidth - rowsEnd, Most: l.Number(float64(most), 0),
		Description: l.T("reports.chart.bars", "Count", len(rows), "Most", most, "At", at.Label),
	}
	for i, name := range series {
		c.Series = append(c.Series, chartSeries{name, patterns[i]})
	}
	y := 4
	for _, row := range rows {
		bars := len(row.Values) * (barHeight + 1)
		height := max(bars, len(chartLines(row.Label, rowsLabel))*chartTextY)
		line := chartLine{Base: y}
		line.name(row.Label, y+height/2)
		for i, v := range row.Values {
			if v > 0 {
				width := float64(v) / float64(most) * float64(c.Right-c.Left)
				top := y + (height-bars)/2 + i*(barHeight+1)
				line.Bars = append(line.Bars, chartRect{patterns[i], chartLength(rowsLeft), chartLength(float64(top)), chartLength(max(width, 2)), chartLength(barHeight)})
			}
		}
		if len(row.Values) == 1 {
			line.Value = l.Number(float64(row.Values[0]), 0)
		}
		c.Rows = append(c.Rows, line)
		y += height + 8
	}
	c.Height = y
	return &c
}

// columnsOf draws for each row its numbers in time as small columns, all rows by the same measure; nil where all are 0.
func columnsOf(l *i18n.Localizer, id, title string, columns []string, rows []chartNumbers) *chartRows {
	most, at := highest(rows)
	if most == 0 {
		return nil
	}
	c := chartRows{
		ID: id, Title: title, Width: rowsWidth, Left: rowsLeft, Right: rowsWidth - rowsEnd,
		Description: l.T("reports.chart.columns", "Count", len(rows), "From", columns[0], "To", columns[len(columns)-1], "Most", most, "At", at.Label),
	}
	step := float64(c.Right-c.Left) / float64(len(columns))
	y := 0
	for _, row := range rows {
		height := max(spark, len(chartLines(row.Label, rowsLabel))*chartTextY)
		base := y + height
		line := chartLine{Base: base}
		line.name(row.Label, y+height/2)
		sum := 0
		for n, v := range row.Values {
			sum += v
			if v > 0 {
				height := max(float64(v)/float64(most)*spark, 2)
				line.Bars = append(line.Bars, chartRect{patterns[0], chartLength(rowsLeft + float64(n)*step + 2), chartLength(float64(base) - height), chartLength(max(step-4, 2)), chartLength(height)})
			}
		}
		line.Value = l.Number(float64(sum), 0)
		c.Rows = append(c.Rows, line)
		y = base + sparkBlank
	}
	c.Height = y
	return &c
}
