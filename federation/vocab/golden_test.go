package vocab

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestGolden holds every document we emit: its exact form, the shape rules of strict peers, and that go-fed and a reader
// as strict as Lemmy decode it.
func TestGolden(t *testing.T) {
	for name, body := range documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, body, "", "  "); err != nil {
				t.Fatalf("not JSON: %v\n%s", err, body)
			}
			pretty.WriteByte('\n')
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, pretty.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
				t.Errorf("%s changed (-want +got; go test -update rewrites it):\n%s", path, diff)
			}
			var m map[string]any
			if err := json.Unmarshal(body, &m); err != nil {
				t.Fatal(err)
			}
			checkContext(t, m["@context"], m)
			delete(m, "@context")
			checkShape(t, "", m)
			if err := CheckShape(body); err != nil {
				t.Errorf("our own check refuses it: %v", err)
			}
			m["@context"] = "https://www.w3.org/ns/activitystreams"
			if _, err := streams.ToType(context.Background(), m); err != nil {
				t.Errorf("streams.ToType: %v", err)
			}
			decodeStrictly(t, m["type"].(string), body)
		})
	}
}

// TestGoldenComplete fails when a file of testdata is no longer emitted.
func TestGoldenComplete(t *testing.T) {
	docs := documents(t)
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); docs[name] == nil {
			t.Errorf("%s belongs to no document", file)
		}
	}
}

// checkContext holds that a document maps what it says beyond ActivityStreams, and where its prefixes lead.
func checkContext(t *testing.T, c any, document map[string]any) {
	t.Helper()
	list, ok := c.([]any)
	if !ok || len(list) < 2 || len(list) > 3 || list[0] != "https://www.w3.org/ns/activitystreams" || list[1] != "https://w3id.org/security/v1" {
		t.Fatalf("@context = %v, want two well-known URLs and one inline object", c)
	}
	inline := map[string]any{}
	if len(list) == 3 {
		inline, _ = list[2].(map[string]any)
	}
	for _, name := range extensions(document) {
		if inline[name] == nil {
			t.Errorf("inline context does not map %s: %v", name, inline)
		}
	}
	for name, meaning := range inline {
		id, _ := meaning.(string)
		if m, ok := meaning.(map[string]any); ok {
			id, _ = m["@id"].(string)
		}
		if prefix, _, _ := strings.Cut(id, ":"); prefix != "https" && prefix != "http" && prefix != "as" && inline[prefix] == nil {
			t.Errorf("inline context says %s by %s, and does not map that", name, prefix)
		}
	}
}

// extensions lists the names and types that a document uses and neither of the two well-known contexts has.
func extensions(v any) (names []string) {
	switch v := v.(type) {
	case []any:
		for _, entry := range v {
			names = append(names, extensions(entry)...)
		}
	case map[string]any:
		for key, value := range v {
			prefix, _, prefixed := strings.Cut(key, ":")
			switch {
			case key == "@context":
				continue
			case prefixed:
				names = append(names, prefix)
				continue // our terms have their own shapes
			case slices.Contains([]string{
				"sensitive", "conversation", "blurhash", "focalPoint", "votersCount", "discoverable", "indexable", "featured", "manuallyApprovesFollowers",
				"alsoKnownAs", "movedTo", "postingRestrictedToMods", "implements", "interactionPolicy", "canQuote", "quote", "quoteUri", "quoteAuthorization",
			}, key):
				names = append(names, key)
			}
			if typ, ok := value.(string); key == "type" && ok && slices.Contains([]string{"Hashtag", "PropertyValue", "QuoteRequest", "QuoteAuthorization"}, typ) {
				names = append(names, typ)
			}
			if inner, ok := value.(map[string]any); !ok || inner["@context"] == nil { // a spliced activity maps its own
				names = append(names, extensions(value)...)
			}
		}
	}
	return names
}

// checkShape holds what the strictest receivers ask of strings and arrays (FEDERATION.md, Objects), for the document and everything in it.
func checkShape(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, entry := range v {
			checkShape(t, path+"[]", entry)
		}
	case map[string]any:
		for key, value := range v {
			at := path + "." + key
			if strings.HasPrefix(key, "vb:") {
				continue // shaped by the vocabulary itself
			}
			switch key {
			case "@context":
				// A spliced activity of ours keeps its own.
				checkContext(t, value, v)
				continue
			case "type", "attributedTo", "context", "audience", "url", "inReplyTo", "actor", "id", "conversation":
				if _, ok := value.(string); !ok {
					t.Errorf("%s is %T, want one string", at, value)
				}
			case "to", "cc", "tag", "attachment", "items", "orderedItems", "oneOf", "anyOf", "alsoKnownAs":
				if _, ok := value.([]any); !ok {
					t.Errorf("%s is %T, want an array", at, value)
				}
			case "bto", "bcc", "language":
				t.Errorf("%s must not be sent", at)
			case "published", "updated", "deleted", "endTime", "closed":
				s, _ := value.(string)
				if at2, err := time.Parse("2006-01-02T15:04:05Z", s); err != nil || at2.Nanosecond() != 0 {
					t.Errorf("%s = %v, want UTC and whole seconds", at, value)
				}
			}
			checkShape(t, at, value)
		}
		if v["type"] == "Note" && v["id"] == nil {
			checkAnswer(t, path, v)
			return
		}
		switch v["type"] {
		case "Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Add", "Remove", "Move", "Block", "Flag", "Article", "Note", "Question":
			for _, key := range []string{"to", "cc"} {
				if _, ok := v[key]; !ok {
					t.Errorf("%s %s has no %s", path, v["type"], key)
				}
			}
		}
	}
}

// checkAnswer holds what an answer of a poll has: a name, and a number of votes unless they are hidden, nothing else.
func checkAnswer(t *testing.T, path string, v map[string]any) {
	t.Helper()
	replies, _ := v["replies"].(map[string]any)
	if name, _ := v["name"].(string); name == "" || replies["type"] != "Collection" || len(v) != 3 {
		t.Errorf("%s is no answer of a poll: %v", path, v)
	}
}

// The structs below decode as strictly as Lemmy 1.0: required fields without a default, single strings, real arrays.
type (
	strictActor struct {
		ID                string  `json:"id" strict:"required"`
		Type              string  `json:"type" strict:"required"`
		PreferredUsername string  `json:"preferredUsername" strict:"required"`
		Inbox             string  `json:"inbox" strict:"required"`
		Outbox            string  `json:"outbox" strict:"required"`
		Followers         string  `json:"followers"`
		Name              *string `json:"name"`
		Summary           *string `json:"summary"`
		Featured          *string `json:"featured"`
		Restricted        *bool   `json:"postingRestrictedToMods"`
		Endpoints         struct {
			SharedInbox string `json:"sharedInbox" strict:"required"`
		} `json:"endpoints"`
		PublicKey struct {
			ID    string `json:"id" strict:"required"`
			Owner string `json:"owner" strict:"required"`
			PEM   string `json:"publicKeyPem" strict:"required"`
		} `json:"publicKey"`
		Published *time.Time       `json:"published"`
		Language  []map[string]any `json:"language"`
	}
	strictObject struct {
		ID           string             `json:"id" strict:"required"`
		Type         string             `json:"type" strict:"required"`
		AttributedTo string             `json:"attributedTo" strict:"required"`
		To           []string           `json:"to" strict:"required"`
		Cc           []string           `json:"cc" strict:"required"`
		Name         *string            `json:"name"`
		Content      string             `json:"content" strict:"required"`
		Source       *strictSource      `json:"source"`
		Attachment   []map[string]any   `json:"attachment" strict:"required"`
		Tag          []strictTag        `json:"tag" strict:"required"`
		Image        *map[string]string `json:"image"`
		Sensitive    *bool              `json:"sensitive"`
		Published    *time.Time         `json:"published"`
		Updated      *time.Time         `json:"updated"`
		InReplyTo    *string            `json:"inReplyTo"`
		Audience     *string            `json:"audience"`
		Context      *string            `json:"context"`
		Language     *map[string]string `json:"language"`
	}
	strictSource struct {
		Content   string `json:"content" strict:"required"`
		MediaType string `json:"mediaType" strict:"required"`
	}
	strictTag struct {
		Type string `json:"type" strict:"required"`
		Name string `json:"name" strict:"required"`
		Href string `json:"href" strict:"required"`
	}
	strictActivity struct {
		ID       string          `json:"id" strict:"required"`
		Type     string          `json:"type" strict:"required"`
		Actor    string          `json:"actor" strict:"required"`
		To       []string        `json:"to" strict:"required"`
		Cc       []string        `json:"cc" strict:"required"`
		Object   json.RawMessage `json:"object" strict:"required"`
		Target   *string         `json:"target"`
		Audience *string         `json:"audience"`
	}
	strictTombstone struct {
		ID   string `json:"id" strict:"required"`
		Type string `json:"type" strict:"required"`
	}
	strictCollection struct {
		ID           string            `json:"id" strict:"required"`
		Type         string            `json:"type" strict:"required"`
		TotalItems   *int              `json:"totalItems"`
		Items        []json.RawMessage `json:"items"`
		OrderedItems []json.RawMessage `json:"orderedItems"`
	}
)

func isVote(body []byte) bool {
	o, err := ParseObject(body)
	return err == nil && o.Vote()
}

func decodeStrictly(t *testing.T, typ string, body []byte) {
	t.Helper()
	var v any
	switch typ {
	case "Person", "Service", "Group", "Application":
		v = &strictActor{}
	case "Article", "Note", "Question":
		v = &strictObject{}
	case "Object": // of a taxonomy: nobody else reads it
		return
	case "Tombstone":
		v = &strictTombstone{}
	case "OrderedCollection", "OrderedCollectionPage", "Collection", "CollectionPage":
		v = &strictCollection{}
	default:
		v = &strictActivity{}
	}
	if err := json.Unmarshal(body, v); err != nil {
		t.Errorf("a strict reader of %s fails: %v", typ, err)
	}
	for _, missing := range missingFields(v, body) {
		if missing == "content" && isVote(body) {
			continue // by that it is known; it is sent to nobody but the author of a poll
		}
		t.Errorf("a strict reader of %s misses %s", typ, missing)
	}
	a, ok := v.(*strictActivity)
	if !ok || len(a.Object) == 0 || a.Object[0] != '{' {
		return
	}
	var inner struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(a.Object, &inner); err != nil {
		t.Fatal(err)
	}
	if typ == "Delete" && inner.Type != "Tombstone" {
		t.Errorf("Delete of a %s, want a Tombstone", inner.Type)
	}
	decodeStrictly(t, inner.Type, a.Object)
}
