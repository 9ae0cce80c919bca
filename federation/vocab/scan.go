package vocab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Documents are taken apart here and not by encoding/json, because each is read several times: its envelope while the sender
// waits, the rest later. encoding/json says first whether it is JSON at all; what follows relies on that.

// scanner walks through valid JSON.
type scanner struct {
	raw []byte
	at  int
}

// next skips blanks, and what separates values, and returns the character that begins the next; 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.raw); s.at++ {
		switch c := s.raw[s.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return c
		}
	}
	return 0
}

// text skips a string and returns what stands between its quotes.
func (s *scanner) text() []byte {
	s.at++
	from := s.at
	for s.raw[s.at] != '"' {
		if s.raw[s.at] == '\\' {
			s.at++
		}
		s.at++
	}
	s.at++
	return s.raw[from : s.at-1]
}

// key skips a string and returns what it means, without a copy where nothing in it is escaped.
func (s *scanner) key() []byte {
	key := s.text()
	if bytes.IndexByte(key, '\\') >= 0 {
		key = []byte(unquote(key))
	}
	return key
}

// literal skips a number, true, false or null.
func (s *scanner) literal() {
	for ; s.at < len(s.raw); s.at++ {
		switch s.raw[s.at] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']':
			return
		}
	}
}

// value skips a value of any kind.
func (s *scanner) value() json.RawMessage {
	first := s.next()
	from := s.at
	switch first {
	case '"':
		s.text()
	case '{', '[':
		for depth := 0; ; {
			switch s.next() {
			case '"':
				s.text()
			case '{', '[':
				depth++
				s.at++
			case '}', ']':
				depth--
				s.at++
			default:
				s.literal()
			}
			if depth == 0 {
				break
			}
		}
	default:
		s.literal()
	}
	return json.RawMessage(s.raw[from:s.at:s.at])
}

// unquote returns what a string means.
func unquote(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return string(text)
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(text)+`"`), &s) != nil {
		return ""
	}
	return s
}

// text returns a plain string, "" for anything else.
func text(raw json.RawMessage) string {
	if raw = bytes.TrimSpace(raw); len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	return unquote(raw[1 : len(raw)-1])
}

// parseFields takes an object apart. As with encoding/json, the last of equal keys counts.
func parseFields(raw []byte) (fields, error) {
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	s := &scanner{raw: raw}
	if s.next() != '{' {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	s.at++
	f := make(fields, 16)
	for s.next() == '"' {
		key := unquote(s.text())
		f[key] = s.value()
	}
	return f, nil
}

// idIn returns the id of a valid object, or its href where it has none. Most objects are asked for nothing else, and some are large.
func idIn(raw []byte) string {
	s := &scanner{raw: raw, at: 1}
	var id, href json.RawMessage
	for s.next() == '"' {
		switch key := s.key(); string(key) {
		case "id":
			id = s.value()
		case "href":
			href = s.value()
		default:
			s.value()
		}
	}
	return cmp.Or(text(id), text(href))
}

// checkLevels refuses valid JSON that is too deep or too long, or has a key that means something to readers of linked data.
func checkLevels(raw []byte) error {
	type level struct {
		object  bool
		entries int
	}
	var levels [maxDepth]level
	s := &scanner{raw: raw}
	for depth := 0; ; {
		c := s.next()
		if c == '}' || c == ']' {
			s.at++
			if depth--; depth == 0 {
				return nil
			}
			continue
		}
		isKey := false
		if depth > 0 {
			top := &levels[depth-1]
			top.entries++
			if top.entries > 2*maxList || !top.object && top.entries > maxList {
				return fmt.Errorf("%w: more than %d entries", ErrMalformed, maxList)
			}
			isKey = top.object && top.entries%2 == 1
		}
		switch c {
		case '{', '[':
			if depth == maxDepth {
				return fmt.Errorf("%w: deeper than %d", ErrMalformed, maxDepth)
			}
			levels[depth] = level{object: c == '{'}
			depth++
			s.at++
		case '"':
			if !isKey {
				s.text()
				continue
			}
			switch key := s.key(); string(key) {
			case "@graph", "@included", "@reverse":
				return fmt.Errorf("%w: %s", ErrMalformed, key)
			}
		default:
			s.literal()
		}
	}
}
