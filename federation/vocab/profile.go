package vocab

import (
	"strings"

	"github.com/vorbild/vorbild/internal/account"
)

// Of what others show on their profiles we read this much.
const (
	maxProfileFields = 20
	maxFieldName     = 255
	maxFieldValue    = 2_000
)

// profileFields are the fields of a profile as Mastodon sends them.
func profileFields(fields account.Fields) []any {
	list := []any{}
	for _, f := range fields {
		list = append(list, map[string]any{"type": "PropertyValue", "name": f.Name, "value": f.Value})
	}
	return list
}

// parseProfileFields reads the fields among the attachments of an actor; their values are HTML that is not yet sanitised.
func parseProfileFields(f fields) (list account.Fields) {
	for _, raw := range f.list("attachment") {
		item, err := parseFields(raw)
		if err != nil || len(list) == maxProfileFields {
			continue
		}
		if kind := item.text("type"); kind != "PropertyValue" && kind != "schema:PropertyValue" {
			continue
		}
		name, value := clip(oneLine(item.text("name")), maxFieldName), clip(item.text("value"), maxFieldValue)
		if name != "" {
			list = append(list, account.Field{Name: name, Value: value})
		}
	}
	return list
}

// picture is the address by https, or of a server that is spoken to by http by http, of an actor's icon or image, "" where it has none.
func picture(f fields, key string) string {
	for _, raw := range f.list(key) {
		address := ""
		if item, err := parseFields(raw); err == nil {
			address = pageOf(item)
		} else {
			address = idOf(raw)
		}
		if _, ok := actorAddress(address); ok && (strings.HasPrefix(address, "https://") || strings.HasPrefix(f.text("id"), "http://")) {
			return address
		}
	}
	return ""
}
