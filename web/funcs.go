package web

import (
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// templateFuncs is what templates can call, in one language.
func (s *Site) templateFuncs(l *i18n.Localizer) template.FuncMap {
	return template.FuncMap{
		// Words.
		"t":             l.T,
		"lang":          l.Lang,
		"otherLanguage": func() string { return otherLanguage(l.Lang()) },
		"levelName":     func(level any) string { return nameOf(l, "web.level.", fmt.Sprint(level)) },
		"regionName":    func(region string) string { return nameOf(l, "web.region.", region) },
		// Practices.
		"strongest":    func(p practice.Practice) *figureView { return strongest(l, p) },
		"quantityName": func(q string) string { return quantityName(l, q) },
		"termFieldID":  termFieldID,
		// Numbers and times.
		"laneError":  func(text string) string { return laneError(l, text) },
		"reportDays": func(seconds float64) string { return daysText(l, seconds) },
		"number":     func(v any, digits int) string { return l.Number(toFloat(v), digits) },
		"difference": func(v float64) string { return signed(l, v) },
		"ago":        func(v any) string { return onTime(v, func(t time.Time) string { return l.Ago(t, time.Now()) }) },
		"date":       func(v any) string { return onTime(v, l.Date) },
		"datetime":   func(v any) string { return onTime(v, l.DateTime) },
		"iso":        func(v any) string { return onTime(v, func(t time.Time) string { return t.UTC().Format(time.RFC3339) }) },
		// Addresses.
		"asset": s.assets.url,
		"query": url.QueryEscape,
		"host":  hostOf,
		// safeHTML is for text that package markup sanitised, and for nothing else.
		"safeHTML": func(html string) template.HTML { return template.HTML(html) }, //nolint:gosec // see above
		// Building arguments for partials.
		"field": func(errs formErrors, name, label string, opts ...any) (fieldView, error) {
			return newField(l, errs, name, label, opts...)
		},
		"dict":   dict,
		"list":   func(items ...any) []any { return items },
		"add":    func(a, b int) int { return a + b },
		"string": func(v any) string { return fmt.Sprint(v) },
		"join":   func(items []string, sep string) string { return strings.Join(items, sep) },
		"levels": func() []option {
			out := make([]option, 0, len(organization.Levels))
			for _, level := range organization.Levels {
				out = append(out, option{Value: string(level), Label: nameOf(l, "web.level.", string(level))})
			}
			return out
		},
		"regions": func() []option {
			out := make([]option, 0, len(organization.Regions))
			for _, region := range organization.Regions {
				out = append(out, option{Value: region, Label: nameOf(l, "web.region.", region)})
			}
			return out
		},
	}
}

// nameOf translates a code; an unknown one, which another server may send, is shown as it is.
func nameOf(l *i18n.Localizer, prefix, code string) string {
	if code == "" {
		return ""
	}
	if name := l.T(prefix + code); name != prefix+code {
		return name
	}
	return code
}

// signed formats a difference with a real minus sign and without false precision.
func signed(l *i18n.Localizer, v float64) string {
	text := l.Number(math.Abs(v), digitsFor(v))
	switch {
	case v < 0:
		return "−" + text
	case v > 0:
		return "+" + text
	}
	return "±0"
}

// digitsFor is how many decimals v needs, at most two, three for small numbers: nobody measures more finely.
func digitsFor(v float64) int {
	most := 2
	if math.Abs(v) < 1 {
		most = 3
	}
	for digits := range most {
		scale := math.Pow10(digits)
		if math.Abs(math.Round(v*scale)/scale-v) < 1e-9*math.Max(1, math.Abs(v)) {
			return digits
		}
	}
	return most
}

func onTime(v any, f func(time.Time) string) string {
	switch t := v.(type) {
	case time.Time:
		if !t.IsZero() {
			return f(t)
		}
	case *time.Time:
		if t != nil && !t.IsZero() {
			return f(*t)
		}
	}
	return ""
}

func toFloat(v any) float64 {
	switch n := v.(type) {
	case int:
		return float64(n)
	case int64:
		return float64(n)
	case float64:
		return n
	case *float64:
		if n != nil {
			return *n
		}
	}
	return 0
}

// hostOf returns the host of an address, for the text of a link that leads away.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: odd number of arguments")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is not a string", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// parseNumber reads a number as people write it.
func parseNumber(text string) (float64, bool) { return i18n.ParseNumber(text) }
