package curation

import (
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// longestPeriod bounds a report, in years.
const longestPeriod = 20

// Period is a run of whole days in Europe/Berlin: From is the midnight it begins with, To the one after its last day.
type Period struct {
	From, To time.Time
}

// Last is the last day.
func (p Period) Last() time.Time { return p.To.AddDate(0, 0, -1) }

// Unit is how finely a report tells of its period.
type Unit string

// Units.
const (
	Month   Unit = "month"
	Quarter Unit = "quarter"
	Year    Unit = "year"
)

// berlin is where the months of a report begin.
var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.FixedZone("CET", 3600)
	}
	return l
}()

// dayLayouts are how days are sent by browsers, and how people write them.
var dayLayouts = []string{"2006-01-02", "2.1.2006", "2. 1. 2006"}

// ParsePeriod reads the first and the last day of a report. Without a first day it begins with the month eleven months before its
// last one, without a last day it ends today. Errors: fault.Invalid, at the fields "from" and "to".
func ParsePeriod(from, to string, now time.Time) (Period, error) {
	var mistakes []fault.Field
	day := func(field, text string) time.Time {
		t, ok := parseDay(text)
		if !ok {
			mistakes = append(mistakes, fault.Field{Name: field, Message: "error.report.day"})
		}
		return t
	}
	today := Today(now)
	first, last := day("from", from), day("to", to)
	if last.IsZero() || last.After(today) {
		last = today
	}
	if first.IsZero() {
		first = time.Date(last.Year(), last.Month()-11, 1, 0, 0, 0, 0, berlin)
	}
	switch {
	case len(mistakes) > 0:
	case first.After(today):
		mistakes = append(mistakes, fault.Field{Name: "from", Message: "error.report.future"})
	case first.After(last):
		mistakes = append(mistakes, fault.Field{Name: "to", Message: "error.report.order"})
	case first.Before(last.AddDate(-longestPeriod, 0, 0)):
		mistakes = append(mistakes, fault.Field{Name: "from", Message: "error.report.long", Args: map[string]any{"Max": longestPeriod}})
	}
	return Period{From: first, To: last.AddDate(0, 0, 1)}, fault.Fields(mistakes...)
}

// parseDay reads a day; nothing is the zero time.
func parseDay(text string) (t time.Time, ok bool) {
	if text = strings.TrimSpace(text); text == "" {
		return time.Time{}, true
	}
	for _, layout := range dayLayouts {
		if t, err := time.ParseInLocation(layout, text, berlin); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Today is the midnight in Europe/Berlin with which the day of a moment began: wherever the server stands, it is their day.
func Today(now time.Time) time.Time {
	year, month, day := now.In(berlin).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, berlin)
}

// Steps cuts the period into at most that many months, quarters or years, years if they are more. Each is given by its beginning;
// the first begins with the period.
func (p Period) Steps(most int) (Unit, []time.Time) {
	var starts []time.Time
	for _, unit := range []Unit{Month, Quarter, Year} {
		if starts = p.steps(unit); len(starts) <= most || unit == Year {
			return unit, starts
		}
	}
	return Year, starts
}

func (p Period) steps(unit Unit) []time.Time {
	starts := []time.Time{p.From}
	year, month := p.From.Year(), p.From.Month()
	switch unit {
	case Quarter:
		month -= (month - 1) % 3
	case Year:
		month = time.January
	}
	months := map[Unit]time.Month{Month: 1, Quarter: 3, Year: 12}[unit]
	for {
		month += months
		next := time.Date(year, month, 1, 0, 0, 0, 0, berlin)
		if !next.Before(p.To) {
			return starts
		}
		starts = append(starts, next)
	}
}
