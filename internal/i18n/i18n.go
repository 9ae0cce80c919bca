// Package i18n translates message keys and formats numbers and dates for German and English readers. The messages
// stand in web/locales.
package i18n

import (
	"io/fs"
	"time"
)

// Bundle holds all messages.
type Bundle struct{}

// Load reads de.json and en.json (go-i18n, flat keys) from fsys.
func Load(fsys fs.FS) (*Bundle, error) { panic("not built") }

// Localizer speaks one language.
type Localizer struct{}

// For picks the first supported language of the Accept-Language header or language tags given; German otherwise.
func (b *Bundle) For(prefs ...string) *Localizer { panic("not built") }

// Lang is "de" or "en".
func (l *Localizer) Lang() string { panic("not built") }

// T translates a key; a missing key returns the key itself. args are pairs: "Name", value ... ; "Count" picks the plural.
func (l *Localizer) T(key string, args ...any) string { panic("not built") }

// Number formats with the language's separators and at most digits decimals. Ago is "vor 3 Stunden"; Date and DateTime are in
// Europe/Berlin.
func (l *Localizer) Number(v float64, digits int) string { panic("not built") }
func (l *Localizer) Ago(t, now time.Time) string         { panic("not built") }
func (l *Localizer) Date(t time.Time) string             { panic("not built") }
func (l *Localizer) DateTime(t time.Time) string         { panic("not built") }
