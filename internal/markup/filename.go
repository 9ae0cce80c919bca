package markup

import (
	"path"
	"regexp"
	"strings"
)

// maxFileName is how many characters a file's name has before its ending.
const maxFileName = 80

var notInFileName = regexp.MustCompile(`[^\p{L}\p{N}._-]+`)

// FileName is what a file is called by those who save it: what its sender called it, else fallback, with the ending of what it is.
func FileName(sent, extension, fallback string) string {
	base := path.Base(strings.ReplaceAll(Line(sent), `\`, "/"))
	base = strings.Trim(notInFileName.ReplaceAllString(strings.TrimSuffix(base, path.Ext(base)), "-"), ".-_")
	if r := []rune(base); len(r) > maxFileName {
		base = string(r[:maxFileName])
	}
	if base == "" {
		base = fallback
	}
	return base + extension
}
