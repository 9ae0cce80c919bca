package vocab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"
)

// alwaysArrays are the properties that Lemmy and others read as lists even when there is one entry or none.
var alwaysArrays = []string{"to", "cc", "tag", "attachment", "items", "orderedItems", "oneOf", "anyOf", "alsoKnownAs"}

// alwaysSingle are the properties that strict peers read as one string.
var alwaysSingle = []string{"attributedTo", "context", "audience", "url", "inReplyTo", "type", "actor"}

// draft is a document while it is built: what streams has no property for goes into extra.
type draft struct {
	id    string // of an activity
	extra map[string]any
	exact map[string]string
	err   error
}

func newDraft() *draft { return &draft{extra: map[string]any{}, exact: map[string]string{}} }

// set adds a property that streams does not know; empty strings and nil are left out.
func (d *draft) set(key string, value any) {
	if value == nil || value == "" {
		return
	}
	d.extra[key] = value
}

// iri parses an id for a streams property. net/url may print it differently from how its owner writes it, and ids are
// compared letter by letter, so the exact text is put back by finalize.
func (d *draft) iri(id string) *url.URL {
	u, err := url.Parse(id)
	if err != nil || u.Scheme == "" {
		if d.err == nil {
			d.err = fmt.Errorf("vocab: %q is not an id: %w", id, err)
		}
		return &url.URL{Scheme: "about", Opaque: "invalid"}
	}
	if printed := u.String(); printed != id {
		d.exact[printed] = id
	}
	return u
}

// object serializes t without @context, to be embedded or encoded.
func (d *draft) object(t as.Type) (map[string]any, error) {
	if d.err != nil {
		return nil, d.err
	}
	m, err := streams.Serialize(t)
	if err != nil {
		return nil, fmt.Errorf("vocab: serialize %s: %w", t.GetTypeName(), err)
	}
	delete(m, "@context")
	for key, value := range d.extra {
		m[key] = value
	}
	return finalize(m, d.exact), nil
}

// document is object with the @context, encoded.
func (d *draft) document(t as.Type) ([]byte, error) {
	m, err := d.object(t)
	if err != nil {
		return nil, err
	}
	return encode(m)
}

// finalize gives a serialized document the shape that every peer accepts: arrays where lists are expected, single
// strings elsewhere, no hidden recipients, ids exactly as their owners write them.
func finalize(m map[string]any, exact map[string]string) map[string]any {
	delete(m, "bto")
	delete(m, "bcc")
	if _, ok := m["language"].(string); ok {
		delete(m, "language") // Lemmy expects an object here and drops the whole document otherwise
	}
	for _, key := range required(m["type"]) {
		if _, ok := m[key]; !ok && m["id"] != nil { // the answers of a poll are Notes without id, and have a name only
			m[key] = []any{}
		}
	}
	for _, key := range alwaysArrays {
		if v, ok := m[key]; ok {
			m[key] = asArray(v)
		}
	}
	for _, key := range alwaysSingle {
		if list, ok := m[key].([]any); ok && len(list) == 1 {
			m[key] = list[0]
		}
	}
	for key, value := range m {
		if !strings.HasPrefix(key, "vb:") { // our terms have their own shapes: "to" of a figure is a year
			m[key] = finalizeValue(value, exact)
		}
	}
	return m
}

func finalizeValue(v any, exact map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		return finalize(v, exact)
	case []any:
		for i := range v {
			v[i] = finalizeValue(v[i], exact)
		}
	case string:
		if id, ok := exact[v]; ok {
			return id
		}
	}
	return v
}

// required lists the arrays that must be there, even empty, for a type.
func required(typ any) []string {
	switch typ {
	case "Article", "Note", "Question":
		return []string{"to", "cc", "tag", "attachment"}
	case "Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Add", "Remove", "Move", "Block", "Flag":
		return []string{"to", "cc"}
	case "OrderedCollectionPage":
		return []string{"orderedItems"}
	case "CollectionPage":
		return []string{"items"}
	}
	return nil
}

func asArray(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	}
	return []any{v}
}

// encode adds the @context and writes the bytes that are stored and sent.
func encode(m map[string]any) ([]byte, error) {
	delete(m, "@context") // of a document that was encoded before; named twice, strict readers lose the whole
	body, err := plainJSON(m)
	if err != nil {
		return nil, err
	}
	context, err := plainJSON(map[string]any{"@context": contextOf(body)})
	if err != nil {
		return nil, err
	}
	return slices.Concat(context[:len(context)-1], []byte(","), body[1:]), nil
}

func plainJSON(m map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("vocab: encode: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// wire is how times are sent: UTC, whole seconds.
func wire(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
