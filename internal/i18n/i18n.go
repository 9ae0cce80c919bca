// Package i18n translates message keys and formats numbers and dates for German and English readers. The messages
// stand in web/locales, German first: a message that English lacks is shown in German.
package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Bundle holds all messages. It is safe for concurrent use.
type Bundle struct {
	matcher    language.Matcher
	localizers []*Localizer // in the order of the matcher; the first is the default
}

// Load reads the messages of all files <area>.de.json and <area>.en.json of fsys. A key that stands in two files of
// a language, or a message that is no template, is an error.
func Load(fsys fs.FS) (*Bundle, error) {
	tags := make([]language.Tag, len(languages))
	for i, l := range languages {
		tags[i] = language.Make(l.code)
	}
	messages := i18n.NewBundle(tags[0])

	b := &Bundle{matcher: language.NewMatcher(tags)}
	for i, l := range languages {
		plain, err := load(messages, fsys, l.code)
		if err != nil {
			return nil, fmt.Errorf("i18n.Load: %w", err)
		}
		b.localizers = append(b.localizers, &Localizer{language: &languages[i], plain: plain, messages: i18n.NewLocalizer(messages, l.code)})
		b.localizers[i].german = b.localizers[0].plain
	}
	return b, nil
}

// load adds those messages of one language to messages that have placeholders or plurals, and returns the others: plain text,
// most of all, would cost half a kilobyte each there.
func load(messages *i18n.Bundle, fsys fs.FS, code string) (plain map[string]string, err error) {
	files, err := fs.Glob(fsys, "*."+code+".json")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no file *.%s.json", code)
	}
	plain = make(map[string]string)
	origin := make(map[string]string)
	var errs []error
	for _, name := range files {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		file, err := i18n.ParseMessageFileBytes(content, name, map[string]i18n.UnmarshalFunc{"json": json.Unmarshal})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, m := range file.Messages {
			if other, twice := origin[m.ID]; twice {
				errs = append(errs, fmt.Errorf("%s: key %q stands in %s too", name, m.ID, other))
			}
			origin[m.ID] = name
			for _, text := range []string{m.One, m.Other} {
				if _, err := template.New("").Parse(text); err != nil {
					errs = append(errs, fmt.Errorf("%s: key %q: %w", name, m.ID, err))
				}
			}
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				plain[m.ID] = m.Other
			} else if err := messages.AddMessages(file.Tag, m); err != nil {
				errs = append(errs, fmt.Errorf("%s: key %q: %w", name, m.ID, err))
			}
		}
	}
	return plain, errors.Join(errs...)
}

// For returns the localizer of the first language that the Accept-Language headers or language tags given ask for
// and we speak; German otherwise.
func (b *Bundle) For(prefs ...string) *Localizer {
	for _, p := range prefs {
		if p == "" {
			continue
		}
		for _, l := range b.localizers {
			if p == l.language.code {
				return l
			}
		}
		tags, _, err := language.ParseAcceptLanguage(p)
		if err != nil {
			continue
		}
		if _, i, confidence := b.matcher.Match(tags...); confidence != language.No {
			return b.localizers[i]
		}
	}
	return b.localizers[0]
}

// Localizer speaks one language. There is one for each, shared by all requests.
type Localizer struct {
	language *speech
	plain    map[string]string // messages without placeholders, most of a page
	german   map[string]string // the same in German, for what plain lacks
	messages *i18n.Localizer   // the others, in both languages
}

// Lang is "de" or "en".
func (l *Localizer) Lang() string { return l.language.code }

// T translates a key; a missing key returns the key itself. args are pairs: "Name", value ... ; "Count", an integer,
// also picks the plural.
func (l *Localizer) T(key string, args ...any) string {
	if text, ok := l.plain[key]; ok {
		return text
	}
	config := i18n.LocalizeConfig{MessageID: key}
	if len(args) > 1 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			data[name] = args[i+1]
		}
		if n, ok := integer(data["Count"]); ok {
			config.PluralCount = n
			data["Count"] = l.Number(float64(n), 0)
		}
		config.TemplateData = data
	}
	// With an error there may still be a text: the German one, or the one without plural.
	if text, err := l.messages.Localize(&config); err == nil || text != "" {
		return text
	}
	if text, ok := l.german[key]; ok {
		return text
	}
	return key
}

func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case int32:
		return int64(n), true
	case uint64:
		return int64(n), true
	default:
		return 0, false
	}
}
