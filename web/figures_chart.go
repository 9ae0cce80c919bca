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
	name := quantityName(l, c.Quantity)
	v := chartView{Title: l.T("figures.chart.title", "Name", name), Width: chartWidth, Right: chartWidth - chartMargin}
	var values []float64
	lowest, highest := 0.0, 0.0
	for _, row := range rows {
		value, text, ok := 0.0, row.Change, false
		if percent {
			value, ok = row.Figure.Percent()
			text = row.Percent
		} else if row.Figure.Change != nil {
			value, ok = *row.Figure.Change, true
		}
		if !ok {
			continue
		}
		y := len(v.Bars) * chartRow
		v.Bars = append(v.Bars, chartBar{
			Y: y, TextY: y + 15, BarY: y + 21, Value: trendMarks[row.Trend] + text, Trend: row.Trend,
			Label: chartText(strconv.Itoa(row.Number)+". "+row.Title, chartLabel-max(0, utf8.RuneCountInString(text)-9)),
		})
		values = append(values, value)
		lowest, highest = min(lowest, value), max(highest, value)
	}
	if len(v.Bars) == 0 {
		return nil
	}
	scale := 0.0
	if highest > lowest {
		scale = (chartWidth - 2*chartMargin) / (highest - lowest)
	}
	at := func(value float64) float64 { return chartMargin + (value-lowest)*scale }
	for i, value := range values {
		from, to := min(at(0), at(value)), max(at(0), at(value))
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
