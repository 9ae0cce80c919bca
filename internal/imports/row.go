package imports

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

// maxKey is how long the key of a row may be, in characters.
const maxKey = 200

// Mistake is what is wrong with a row, or still missing from it: in which column (a header, or its letter; "" where there is no
// column for it), what stands there, and why that is no good. Message is a locale key.
type Mistake struct {
	Column  string         `json:"column"`
	Target  Target         `json:"target"`
	Value   string         `json:"value"`
	Message string         `json:"message"`
	Args    map[string]any `json:"args,omitempty"`
	Gap     bool           `json:"gap,omitempty"` // the draft can be made, but not yet published
}

// choiceMistake is the message of a choice that is none; the page adds what may be chosen.
const choiceMistake = "import.mistake.choice"

// reader makes drafts of rows.
type reader struct {
	headers []string
	mapping Mapping
	words   Words
	blank   practice.Draft
	columns map[Target][]int
}

func newReader(headers []string, m Mapping, words Words, blank practice.Draft) *reader {
	c := &reader{headers: headers, mapping: m, words: words, blank: blank, columns: map[Target][]int{}}
	for i, t := range m.Columns {
		if t != Ignored {
			c.columns[t] = append(c.columns[t], i)
		}
	}
	return c
}

// reading is one row on its way to become a draft.
type reading struct {
	*reader
	cells    []string
	draft    practice.Draft
	mistakes []Mistake
	origin   map[string]Target // which columns an entry of a list came from: figures.0 is figures.2
}

// read makes a draft of a row, says what is wrong with it and how the row is known again.
func (c *reader) read(row sheet.Row) (d practice.Draft, identity string, mistakes []Mistake) {
	r := &reading{reader: c, cells: row.Cells, draft: c.blank, origin: map[string]Target{}}
	for i, cell := range row.Cells {
		if c.mapping.Columns[i] != Ignored && slices.Contains(errorValues, cell) {
			r.wrong(c.mapping.Columns[i], cell, "import.mistake.formula", nil)
		}
	}
	r.texts()
	r.place()
	r.lists()
	r.costs()
	r.figures()
	d, err := r.draft.Fit()
	var invalid *fault.Error
	if errors.As(err, &invalid) {
		r.explain(invalid.Fields)
	}
	key := markup.Line(r.text(Key))
	if utf8.RuneCountInString(key) > maxKey {
		r.wrong(Key, key, "error.field.too_long", map[string]any{"Max": maxKey})
	}
	slices.SortStableFunc(r.mistakes, func(a, b Mistake) int { return order(a.Target) - order(b.Target) })
	return d, identityOf(key, d), r.mistakes
}

// errorValues are what a cell holds whose formula went wrong.
var errorValues = []string{"#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#DIV/0!", "#NAME?", "#NUM!", "#ZAHL!", "#NULL!"}

// identityOf is how a row is known again: by its key, else by its title and whose it is.
func identityOf(key string, d practice.Draft) string {
	if key = plain(key); key != "" {
		return "key:" + key
	}
	return titleIdentity(d.Title, d.ContactUnit)
}

func titleIdentity(title, unit string) string { return "title:" + plain(title) + "|" + plain(unit) }

// order is the target's place in the form.
func order(t Target) int {
	n := 0
	for _, g := range Groups {
		if i := slices.Index(g.Targets, t); i >= 0 {
			return n + i
		}
		n += len(g.Targets)
	}
	return n
}

// broken reports whether there is a mistake that is more than a gap.
func broken(mistakes []Mistake) bool {
	return slices.ContainsFunc(mistakes, func(m Mistake) bool { return !m.Gap })
}

func (r *reading) wrong(t Target, value, message string, args map[string]any) {
	m := Mistake{Target: t, Value: shorten(value), Message: message, Args: args}
	if at := r.columns[t]; len(at) > 0 {
		column := at[0]
		for _, i := range at { // of several columns the one that holds it
			if value != "" && strings.Contains(r.cells[i], value) {
				column = i
				break
			}
		}
		if m.Column = r.headers[column]; m.Column == "" {
			m.Column = sheet.Column(column)
		}
		if m.Value == "" {
			m.Value = shorten(r.cells[column])
		}
	}
	r.mistakes = append(r.mistakes, m)
}

// shorten keeps what fits into a table.
func shorten(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// text returns what the columns of a target say, several one below the other.
func (r *reading) text(t Target) string {
	var parts []string
	for _, i := range r.columns[t] {
		if r.cells[i] != "" {
			parts = append(parts, r.cells[i])
		}
	}
	return strings.Join(parts, "\n\n")
}

func (r *reading) texts() {
	for t, into := range map[Target]*string{
		"title": &r.draft.Title, "summary": &r.draft.Summary, "source": &r.draft.Source, "situation": &r.draft.Situation, "outcome": &r.draft.Outcome,
		"prerequisites": &r.draft.Prerequisites, "pitfalls": &r.draft.Pitfalls, "ars": &r.draft.ARS,
	} {
		*into = r.text(t)
	}
	contact := map[Target]*string{"contact_name": &r.draft.ContactName, "contact_unit": &r.draft.ContactUnit, "contact_email": &r.draft.ContactEmail, "contact_url": &r.draft.ContactURL}
	for t := range contact {
		if !r.mapping.Uses(t) {
			continue
		}
		// A sheet that names contacts says all of them; ours stand in only for one that names none.
		for t, into := range contact {
			*into = r.text(t)
		}
		break
	}
}

func (r *reading) place() {
	own := r.draft.Level
	if level := r.choice("level"); level != "" {
		r.draft.Level = organization.Level(level)
	}
	if region := r.choice("region"); region != "" {
		r.draft.Region = region
	} else if r.draft.Level != own {
		r.draft.Region = "" // ours goes with our own level
	}
	r.draft.Implementation = r.choice("implementation")
	for t, into := range map[Target]*string{"licence": &r.draft.Licence, "language": &r.draft.Language} {
		if code := r.choice(t); code != "" {
			*into = code
		}
	}
	r.draft.Visibility = post.Visibility(r.choice("visibility"))
}

// choice reads one of the words of a target.
func (r *reading) choice(t Target) string {
	text := r.text(t)
	if text == "" {
		return ""
	}
	code, ok := r.words.find(t, text)
	if !ok {
		r.wrong(t, text, choiceMistake, nil)
	}
	return code
}

var (
	entries   = regexp.MustCompile(`[\n;|]+`)
	bullet    = regexp.MustCompile(`^\s*[-*•–]\s+`)
	addresses = regexp.MustCompile(`[\s;|]+`)
	digits    = regexp.MustCompile(`^[\d .]+$`)
)

// list takes a cell with several entries apart.
func (r *reading) list(t Target) (list []string) {
	for _, entry := range entries.Split(r.text(t), -1) {
		if entry = strings.TrimSpace(bullet.ReplaceAllString(entry, "")); entry != "" {
			list = append(list, entry)
		}
	}
	return list
}

func (r *reading) lists() {
	r.draft.Measures, r.draft.LegalBasis = r.list("measures"), r.list("legal_basis")
	r.draft.Goals, r.draft.Fields = r.terms("goals"), r.terms("fields")
	for _, entry := range r.list("services") {
		number, name, _ := strings.Cut(entry, ":")
		if number = strings.NewReplacer(" ", "", ".", "").Replace(number); !digits.MatchString(number) {
			r.wrong("services", entry, "import.mistake.service", nil)
			continue
		}
		scheme := "leika"
		if len(number) == 5 {
			scheme = "ozg"
		}
		r.draft.Services = append(r.draft.Services, practice.ServiceKey{Scheme: scheme, Key: number, Name: strings.TrimSpace(name)})
	}
	for _, address := range addresses.Split(r.text("links"), -1) {
		if address != "" {
			r.draft.Links = append(r.draft.Links, practice.Link{Rel: linkRel(address), Href: address})
		}
	}
}

func linkRel(address string) string {
	if strings.Contains(address, "opencode.de/") {
		return "opencode"
	}
	return "other"
}

// terms reads entries of a taxonomy by name, by number or by both. A name may itself hold what parts entries.
func (r *reading) terms(t Target) (ids []int64) {
	add := func(text string) bool {
		code, ok := r.words.find(t, text)
		if id, err := strconv.ParseInt(code, 10, 64); ok && err == nil {
			ids = append(ids, id)
		}
		return ok
	}
	for _, entry := range r.list(t) {
		if add(entry) {
			continue
		}
		for _, part := range strings.Split(entry, ",") {
			if part = strings.TrimSpace(part); part != "" && !add(part) {
				r.wrong(t, part, choiceMistake, nil)
			}
		}
	}
	return ids
}
