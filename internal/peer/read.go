package peer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
)

// Limits of a list that is imported.
const (
	MaxList      = 512 << 10 // bytes
	MaxListRules = 20_000
)

// Bare says what it means that a list names a domain and nothing else.
type Bare string

const (
	BareByForm  Bare = ""          // a list with the header #domain alone allows, as Mastodon exports it; any other suspends
	BareSuspend Bare = "suspend"   // block list
	BareSilence Bare = "silence"   // list of what is to be limited
	BareAllowed Bare = "allowlist" // list of whom to federate with
)

// columnNames are the columns of lists. The first six are Mastodon's, in its order, in which lists without a header have them.
var columnNames = []string{"domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate", "allowed", "network", "private_comment"}

// Mistake is a line of a list that cannot be taken. Message is a locale key.
type Mistake struct {
	Line    int
	Text    string // what stands there, shortened
	Message string
	Args    map[string]any
}

// entry is one line of a list: what it says, by column.
type entry struct {
	line   int
	values map[string]string
	rule   Rule // of bare domains: what the list as a whole says
	bare   bool
}

// read takes a list apart: Mastodon's export of domain blocks with its header or without, lists of allowed domains, ours, and
// plain lists with one domain a line. Columns are separated by commas or, as some programs for tables write them, by semicolons.
// Unknown columns are named. fault.Invalid for what is no list at all.
func read(text string, bare Bare) (entries []entry, unknown []string, mistakes []Mistake, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	switch {
	case len(text) > MaxList:
		return nil, nil, nil, fault.Fields(fault.Field{Name: "list", Message: "error.policy.list.large", Args: map[string]any{"Max": MaxList >> 10}})
	case strings.ContainsRune(text, 0):
		return nil, nil, nil, fault.Fields(fault.Field{Name: "list", Message: "error.policy.list.form"})
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comma = -1, true, separator(text)
	columns := columnNames[:6]
	var lines []string
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return entries, unknown, mistakes, nil
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			if len(mistakes) == MaxListRules {
				return nil, nil, nil, tooLong()
			}
			if lines == nil {
				lines = strings.Split(text, "\n")
			}
			mistakes = append(mistakes, Mistake{Line: parse.StartLine, Text: line(lines, parse.StartLine), Message: "error.policy.list.quotes"})
			continue
		} else if err != nil {
			return nil, nil, nil, err
		}
		at, _ := r.FieldPos(0)
		name := strings.TrimSpace(record[0])
		if first {
			if header := headerOf(record); header != nil {
				columns = header
				unknown = slices.DeleteFunc(slices.Clone(header), func(c string) bool { return slices.Contains(columnNames, c) })
				if bare == BareByForm && len(header) == 1 {
					bare = BareAllowed
				}
				continue
			}
		}
		if name == "" && len(record) == 1 || strings.HasPrefix(name, "#") {
			continue // a remark between the lines
		}
		if len(entries)+len(mistakes) >= MaxListRules {
			return nil, nil, nil, tooLong()
		}
		e := entry{line: at, values: map[string]string{}}
		for i, v := range record {
			if i < len(columns) {
				e.values[columns[i]] = strings.TrimSpace(v)
			}
		}
		switch {
		case !utf8.ValidString(strings.Join(record, "")):
			mistakes = append(mistakes, Mistake{Line: at, Text: shorten(strings.ToValidUTF8(name, "�")), Message: "error.policy.list.encoding"})
			continue
		case len(record) > len(columns):
			mistakes = append(mistakes, Mistake{Line: at, Text: shorten(name), Message: "error.policy.list.columns"})
			continue
		}
		if len(record) == 1 {
			e.bare, e.rule = true, bare.rule()
		}
		entries = append(entries, e)
	}
}

// rule is what a bare domain means.
func (b Bare) rule() Rule {
	switch b {
	case BareAllowed:
		return Rule{Allowed: true}
	case BareSilence:
		return Rule{Severity: Silence}
	default:
		return Rule{Severity: Suspend}
	}
}

// headerOf returns the columns that a first line names, nil when it is a line like the others.
func headerOf(record []string) []string {
	columns := make([]string, len(record))
	for i, c := range record {
		columns[i] = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(c)), "#")
	}
	if columns[0] != "domain" {
		return nil
	}
	return columns
}

// separator is a semicolon where the first line has one and no comma.
func separator(text string) rune {
	first, _ := bufio.NewReader(strings.NewReader(text)).ReadString('\n')
	if strings.Contains(first, ";") && !strings.Contains(first, ",") {
		return ';'
	}
	return ','
}

func tooLong() error {
	return fault.Fields(fault.Field{Name: "list", Message: "error.policy.list.long", Args: map[string]any{"Max": MaxListRules}})
}

// line returns a line by its number, shortened.
func line(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return shorten(strings.TrimSpace(strings.ToValidUTF8(lines[n-1], "�")))
}

// shorten keeps what fits into a table.
func shorten(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) > most {
		return string([]rune(s)[:most-1]) + "…"
	}
	return s
}

// on lays what a line says over the rule that holds for its domain already: what the list does not speak of stays.
func (e entry) on(old Rule) (Rule, *Mistake) {
	rule := old
	rule.Domain = e.values["domain"]
	wrong := func(column string) *Mistake {
		return &Mistake{Line: e.line, Text: shorten(e.values[column]), Message: "error.policy.list." + column}
	}
	if e.bare {
		if e.rule.Allowed {
			rule.Allowed = true
		} else {
			rule.Severity = e.rule.Severity
		}
		return rule, nil
	}
	if text, ok := e.values["severity"]; ok {
		switch strings.ToLower(text) {
		case "suspend", "block":
			rule.Severity = Suspend
		case "silence", "limit":
			rule.Severity = Silence
		case "noop", "none", "":
			rule.Severity = Unrestricted
		default:
			return rule, wrong("severity")
		}
	}
	for column, into := range map[string]*bool{
		"reject_media": &rule.RejectMedia, "reject_reports": &rule.RejectReports, "obfuscate": &rule.Obfuscate, "allowed": &rule.Allowed, "network": &rule.Network,
	} {
		text, ok := e.values[column]
		if !ok {
			continue
		}
		switch strings.ToLower(text) {
		case "true", "t", "1", "yes", "ja", "wahr":
			*into = true
		case "false", "f", "0", "no", "nein", "falsch", "":
			*into = false
		default:
			m := wrong(column)
			m.Message = "error.policy.list.flag"
			return rule, m
		}
	}
	for column, into := range map[string]*string{"public_comment": &rule.PublicComment, "private_comment": &rule.PrivateComment} {
		if text := e.values[column]; text != "" { // a list that says nothing takes nothing away
			*into = unquoted(text)
		}
	}
	return rule, nil
}
