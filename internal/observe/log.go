// Package observe lets operators see what an instance does: its log, and a line for each request. It never writes
// secrets, nor who did what: no addresses, no query strings, no paths that hold a one-time link.
package observe

import (
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"unicode"
)

// NewLogger writes to w what is at least as important as level (debug, info, warn, error; info if it is none of them):
// text for people at a terminal, JSON lines for everything else.
func NewLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: l, ReplaceAttr: redact}
	if !isTerminal(w) {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05"))
		}
		return redact(groups, a)
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Redacted stands where a secret was.
const Redacted = "[redacted]"

// redact is a slog.HandlerOptions.ReplaceAttr. It hides attributes that are named like secrets, alone or in a group of
// such a name, and what looks like one in other texts.
func redact(groups []string, a slog.Attr) slog.Attr {
	secret := isSecret(a.Key)
	for _, g := range groups {
		secret = secret || isSecret(g)
	}
	if secret {
		return slog.String(a.Key, Redacted)
	}
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, maskText(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, maskText(err.Error()))
		}
	}
	return a
}

var secretWords = map[string]bool{
	"token": true, "tokens": true, "secret": true, "secrets": true, "password": true, "passphrase": true, "key": true, "keys": true,
	"cookie": true, "cookies": true, "authorization": true, "dsn": true, "credential": true, "credentials": true,
}

// isSecret reports whether a word of name says that the value is a secret: api_key, AccessToken, Set-Cookie. Ids of
// secrets are none: key_id, TokenID.
func isSecret(name string) bool {
	words := splitWords(name)
	if len(words) > 1 && words[len(words)-1] == "id" {
		return false
	}
	for _, w := range words {
		if secretWords[w] {
			return true
		}
	}
	return false
}

// splitWords takes names apart, whatever way they are written.
func splitWords(name string) []string {
	var words []string
	var word []rune
	lower := false
	for _, r := range name {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if len(word) > 0 && (!letter || lower && unicode.IsUpper(r)) {
			words, word = append(words, strings.ToLower(string(word))), nil
		}
		if letter {
			word = append(word, r)
		}
		lower = unicode.IsLower(r)
	}
	if len(word) > 0 {
		words = append(words, strings.ToLower(string(word)))
	}
	return words
}

var (
	urlPassword = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
	bearerToken = regexp.MustCompile(`(?i)(bearer )[^\s"',;]+`)
	dsnPassword = regexp.MustCompile(`(?i)(password=)('[^']*'|\S+)`)
)

// maskText hides passwords in addresses and connection strings, and bearer tokens.
func maskText(text string) string {
	if strings.Contains(text, "://") {
		text = urlPassword.ReplaceAllString(text, "${1}"+Redacted+"@")
	}
	if strings.Contains(text, "earer ") {
		text = bearerToken.ReplaceAllString(text, "${1}"+Redacted)
	}
	if strings.Contains(text, "assword=") {
		text = dsnPassword.ReplaceAllString(text, "${1}"+Redacted)
	}
	return text
}
