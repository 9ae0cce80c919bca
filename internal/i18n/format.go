package i18n

import (
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that a container without time zones knows Berlin
)

// speech is what formatting must know of a language.
type speech struct {
	code             string
	group, decimal   byte
	months           [12]string
	date, clock, sep string // date has D, M, Y for day, month and year; clock is a layout of package time
}

// languages are those we speak; the first is the default.
var languages = []speech{
	{
		code: "de", group: '.', decimal: ',', date: "D. M Y", sep: ", ", clock: "15:04 Uhr",
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	},
	{
		code: "en", group: ',', decimal: '.', date: "D M Y", sep: ", ", clock: "15:04",
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	},
}

// berlin is where our readers live.
var berlin = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // it is linked in
	}
	return loc
}()

// Number formats v with the language's separators and at most digits decimals: 1.234,5 in German. The minus is the
// typographic one, which screen readers read. What is no number is a dash.
func (l *Localizer) Number(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	plain := strconv.FormatFloat(math.Abs(v), 'f', max(0, digits), 64)
	whole, fraction, _ := strings.Cut(plain, ".")
	fraction = strings.TrimRight(fraction, "0")

	var b strings.Builder
	b.Grow(len(plain) + len(whole)/3 + len("−"))
	if v < 0 && (fraction != "" || whole != "0") {
		b.WriteString("−")
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(l.language.group)
		}
		b.WriteByte(whole[i])
	}
	if fraction != "" {
		b.WriteByte(l.language.decimal)
		b.WriteString(fraction)
	}
	return b.String()
}

// Ago says how long before now t was, as people do: "gerade eben", "vor 3 Stunden", "gestern", "vor 5 Tagen"; the
// date when it is longer ago than a week or lies ahead.
func (l *Localizer) Ago(t, now time.Time) string {
	t, now = t.In(berlin), now.In(berlin)
	since, days := now.Sub(t), daysBetween(t, now)
	switch {
	case since < -time.Minute: // less is a clock that is not quite right
		return l.DateTime(t)
	case since < time.Minute:
		return l.T("platform.ago.now")
	case since < time.Hour:
		return l.T("platform.ago.minutes", "Count", int(since/time.Minute))
	case days == 0 || since < 6*time.Hour:
		return l.T("platform.ago.hours", "Count", int(since/time.Hour))
	case days == 1:
		return l.T("platform.ago.yesterday")
	case days < 7:
		return l.T("platform.ago.days", "Count", days)
	default:
		return l.Date(t)
	}
}

// daysBetween counts the midnights between a and b, whatever hours the days have.
func daysBetween(a, b time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(b).Sub(midnight(a)) / (24 * time.Hour))
}

// Date is the day in Europe/Berlin: 3. Oktober 2026.
func (l *Localizer) Date(t time.Time) string {
	year, month, day := t.In(berlin).Date()
	var b strings.Builder
	for i := range len(l.language.date) {
		switch c := l.language.date[i]; c {
		case 'D':
			b.WriteString(strconv.Itoa(day))
		case 'M':
			b.WriteString(l.language.months[month-1])
		case 'Y':
			b.WriteString(strconv.Itoa(year))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Month is the month in Europe/Berlin: Oktober 2026.
func (l *Localizer) Month(t time.Time) string {
	t = t.In(berlin)
	return l.language.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// DateTime is the day and the time in Europe/Berlin: 3. Oktober 2026, 14:05 Uhr.
func (l *Localizer) DateTime(t time.Time) string {
	return l.Date(t) + l.language.sep + t.In(berlin).Format(l.language.clock)
}
