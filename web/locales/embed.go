// Package locales holds the words of the interface: one file per area and language, flat keys, go-i18n format.
package locales

import "embed"

// FS holds <area>.<language>.json.
//
//go:embed *.json
var FS embed.FS
