package web

import (
	"math"
	"strconv"
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
	Y, TextY, BarY int
	Label, Value   string
	X, Width       string
	Trend          string // better, worse, changed: a shape, beside the side on which the bar lies
}

const (
	chartWidth  = 320
	chartRow    = 42
	chartLabel  = 26 // characters
	chartMargin = 4
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
	for i, value := range values {
		y := i * chartRow
		v.Bars = append(v.Bars, chartBar{
			Y: y, TextY: y + 15, BarY: y + 21, Value: trendMarks[value.Trend] + value.Text, Trend: value.Trend,
			Label: chartText(value.Label, chartLabel-max(0, utf8.RuneCountInString(value.Text)-9)),
		})
		lowest, highest = min(lowest, value.Value), max(highest, value.Value)
	}
	scale := 0.0
	if highest > lowest {
		scale = (chartWidth - 2*chartMargin) / (highest - lowest)
	}
	at := func(value float64) float64 { return chartMargin + (value-lowest)*scale }
	for i, value := range values {
		from, to := min(at(0), at(value.Value)), max(at(0), at(value.Value))
		v.Bars[i].X, v.Bars[i].Width = chartLength(from), chartLength(max(to-from, 2)) // what is small can still be seen
	}
	v.Zero = chartLength(at(0))
	v.Height = len(v.Bars)*chartRow + 4
	v.Description = l.T("figures.chart.description", "Count", len(v.Bars), "First", v.Bars[0].Label, "FirstValue", v.Bars[0].Value,
		"Last", v.Bars[len(v.Bars)-1].Label, "LastValue", v.Bars[len(v.Bars)-1].Value)
	return &v
}

func chartLength(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// chartText is a name that fits.
func chartText(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
