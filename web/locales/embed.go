// Package locales holds the words of the interface: one file per area and language, flat keys, go-i18n format.
package locales

import (
	"embed"
	"sync"

	"github.com/vorbild/vorbild/internal/i18n"
)

// FS holds <area>.<language>.json.
//
//go:embed *.json
var FS embed.FS

// Load reads all of them, once.
var Load = sync.OnceValues(func() (*i18n.Bundle, error) { return i18n.Load(FS) })
