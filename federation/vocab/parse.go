package vocab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits on what we read of others.
const (
	maxDepth = 32
	maxList  = 1000
)

// ErrMalformed says that bytes are not an ActivityStreams document we can read.
var ErrMalformed = errors.New("vocab: malformed document")

// CheckShape refuses JSON that is too deep or too long, and the JSON-LD constructs by which a document can say one thing
// to a linked-data reader and another to us.
func CheckShape(raw []byte) error {
	if !json.Valid(raw) {
		return fmt.Errorf("%w: no JSON", ErrMalformed)
	}
	if begin := bytes.TrimLeft(raw, " \t\r\n"); begin[0] != '{' {
		return fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return checkLevels(raw)
}

// fields is a JSON object by its exact keys. encoding/json would match struct fields whatever their case, so that
// {"id": …, "ID": …} could mean two things.
type fields map[string]json.RawMessage

// text returns a plain string, "" for anything else.
func (f fields) text(key string) string { return text(f[key]) }

// texts returns the strings of a list, or the only one.
func (f fields) texts(key string) (list []string) {
	for _, raw := range f.list(key) {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			list = append(list, s)
		}
	}
	return list
}

// id returns one id: a string, an object with an id (or href), or the first entry of a list of these.
func (f fields) id(key string) string { return idOf(f[key]) }

// ids returns all of them, at most maxList.
func (f fields) ids(key string) []string {
	var list []string
	for _, raw := range f.list(key) {
		if id := idOf(raw); id != "" {
			list = append(list, id)
		}
	}
	return list
}

// list returns the entries of a list, or the only value.
func (f fields) list(key string) []json.RawMessage {
	raw := bytes.TrimSpace(f[key])
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if raw[0] == '[' {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return nil
		}
		return list[:min(len(list), maxList)]
	}
	return []json.RawMessage{raw}
}

// timeLayouts are how times are written; what has no zone is UTC.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00",
	"2006-01-02T15:04", "2006-01-02", time.RFC1123, time.RFC1123Z,
}

func (f fields) time(key string) (time.Time, bool) {
	s := strings.TrimSpace(f.text(key))
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 && t.Year() < 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func (f fields) boolean(key string) bool {
	var b bool
	return json.Unmarshal(f[key], &b) == nil && b
}

// idOf is fields.id of a value, which is valid JSON.
func idOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		return text(raw)
	case '{':
		return idIn(raw)
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 || bytes.HasPrefix(bytes.TrimSpace(list[0]), []byte("[")) {
			return ""
		}
		return idOf(list[0])
	}
	return ""
}

// clip cuts a text at a number of characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
