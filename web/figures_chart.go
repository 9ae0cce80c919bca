package web

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/practice"
)

// chartView is a chart of bars, one below the other, each under its name and number. All lengths are in units of the drawing.
type chartView struct {
	ID                 string // before the ids within it, where a page has more than one chart
	Title, Description string
	Width, Height      int
	Zero               string // x of what is no change
	Right              int    // x at which numbers end
	Bars               []chartBar
}

// chartBar is one of them.
type chartBar struct {
	BarY, ValueY int
	Label        []chartText
	Value        string
	X, Width     string
	Trend        string // better, worse, changed: a shape, beside the side on which the bar lies
}

// chartText is a line of a name.
type chartText struct {
	Y    int
	Text string
}

// Letters are 13 units high and in the widest of the usual fonts 8 wide, 9 where they are bold.
const (
	chartWidth  = 320
	chartMargin = 4
	chartLetter = 8
	chartBold   = 9
	chartTextY  = 16 // from one line to the next
	chartBarY   = 13 // height of a bar
	chartGap    = 14 // between a bar and the next name
)

// trendMarks are shapes that tell trends apart without a color; the style sheet fills the bars in different patterns too.
var trendMarks = map[string]string{"better": "✓ ", "worse": "! "}

// newChart draws the changes that a table says; nil where there are none. percent draws those in percent.
func newChart(l *i18n.Localizer, rows []comparedView, c practice.Comparison, percent bool) *chartView {
	var values []chartValue
	for _, row := range rows {
		value, text, ok := 0.0, row.Change, false
		if percent {
			value, ok = row.Figure.Percent()
			text = row.Percent
		} else if row.Figure.Change != nil {
			value, ok = *row.Figure.Change, true
		}
		if ok {
			values = append(values, chartValue{Label: strconv.Itoa(row.Number) + ". " + row.Title, Text: text, Trend: row.Trend, Value: value})
		}
	}
	return drawChart(l, l.T("figures.chart.title", "Name", quantityName(l, c.Quantity)), values)
}

// chartValue is what a bar stands for.
type chartValue struct {
	Label, Text string
	Trend       string // as that of chartBar
	Value       float64
}

// drawChart draws one bar for each value; nil where there are none.
func drawChart(l *i18n.Localizer, title string, values []chartValue) *chartView {
	if len(values) == 0 {
		return nil
	}
	v := chartView{Title: title, Width: chartWidth, Right: chartWidth - chartMargin}
	lowest, highest := 0.0, 0.0
	const room = chartWidth - 2*chartMargin
	y := 0
	for _, value := range values {
		bar := chartBar{Value: trendMarks[value.Trend] + value.Text, Trend: value.Trend}
		lines := chartLines(value.Label, room/chartLetter)
		for _, line := range lines {
			y += chartTextY
			bar.Label = append(bar.Label, chartText{y, line})
		}
		if chartLetter*(utf8.RuneCountInString(lines[len(lines)-1])+1)+chartBold*utf8.RuneCountInString(bar.Value) > room {
			y += chartTextY
		}
		bar.ValueY, bar.BarY = y, y+6
		v.Bars = append(v.Bars, bar)
		y += 6 + chartBarY + chartGap
		lowest, highest = min(lowest, value.Value), max(highest, value.Value)
	}
	scale := 0.0
	if highest > lowest {
		scale = room / (highest - lowest)
	}
	at := func(value float64) float64 { return chartMargin + (value-lowest)*scale }
	for i, value := range values {
		from, to := min(at(0), at(value.Value)), max(at(0), at(value.Value))
		v.Bars[i].X, v.Bars[i].Width = chartLength(from), chartLength(max(to-from, 2)) // what is small can still be seen
	}
	v.Zero = chartLength(at(0))
	v.Height = y - chartGap + 4
	first, last := 0, len(v.Bars)-1
	v.Description = l.T("figures.chart.description", "Count", len(v.Bars), "First", values[first].Label, "FirstValue", v.Bars[first].Value,
		"Last", values[last].Label, "LastValue", v.Bars[last].Value)
	return &v
}

func chartLength(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// chartLines breaks a name into lines of at most so many characters: behind spaces and hyphens, and within a word that is longer.
// Nothing of the name is left out.
func chartLines(s string, most int) []string {
	var lines []string
	rest := []rune(s)
	for len(rest) > most {
		end := most
		for i := most; i > 0; i-- {
			if rest[i] == ' ' || rest[i-1] == '-' {
				end = i
				break
			}
		}
		lines = append(lines, strings.TrimSpace(string(rest[:end])))
		rest = []rune(strings.TrimSpace(string(rest[end:])))
	}
	return append(lines, string(rest))
}
