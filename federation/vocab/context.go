package vocab

import (
	"bytes"
	"strings"
)

// terms is all that our documents say beyond ActivityStreams and the security vocabulary.
var terms = allTerms()

func allTerms() map[string]any {
	terms := map[string]any{
		"toot":                      "http://joinmastodon.org/ns#",
		"discoverable":              "toot:discoverable",
		"indexable":                 "toot:indexable",
		"featured":                  map[string]any{"@id": "toot:featured", "@type": "@id"},
		"manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
		"alsoKnownAs":               map[string]any{"@id": "as:alsoKnownAs", "@type": "@id"},
		"movedTo":                   map[string]any{"@id": "as:movedTo", "@type": "@id"},
		"lemmy":                     "https://join-lemmy.org/ns#",
		"postingRestrictedToMods":   "lemmy:postingRestrictedToMods",
		"Hashtag":                   "as:Hashtag",
		"sensitive":                 "as:sensitive",
		"ostatus":                   "http://ostatus.org#",
		"conversation":              "ostatus:conversation",
		"blurhash":                  "toot:blurhash",
		"focalPoint":                map[string]any{"@container": "@list", "@id": "toot:focalPoint"},
		"votersCount":               "toot:votersCount",
		"schema":                    "http://schema.org#",
		"PropertyValue":             "schema:PropertyValue",
		"value":                     "schema:value",
		"implements":                map[string]any{"@container": "@list", "@id": "https://w3id.org/fep/844e/implements", "@type": "@id"},
		"vb":                        Namespace,
	}
	quoteContext(terms)
	return terms
}

// contextOf is the @context of an encoded document: two well-known URLs and, so that no peer has to fetch a private context, one
// inline object with those of our terms that the document may use. A word of its text that looks like a term adds a term.
func contextOf(document []byte) []any {
	used := map[string]any{}
	for name, meaning := range terms {
		if bytes.Contains(document, []byte(`"`+name+`"`)) || bytes.Contains(document, []byte(`"`+name+`:`)) {
			use(used, name, meaning)
		}
	}
	list := []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
	if len(used) > 0 {
		list = append(list, used)
	}
	return list
}

// use adds a term with the prefix that it is said by.
func use(used map[string]any, name string, meaning any) {
	used[name] = meaning
	id, _ := meaning.(string)
	if m, ok := meaning.(map[string]any); ok {
		id, _ = m["@id"].(string)
	}
	if prefix, _, ok := strings.Cut(id, ":"); ok && terms[prefix] != nil {
		used[prefix] = terms[prefix]
	}
}
