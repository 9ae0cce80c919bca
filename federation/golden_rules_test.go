package federation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
)

const (
	public      = "https://www.w3.org/ns/activitystreams#Public"
	maxDocument = 256 << 10 // far below Mastodon's 1 MB, above which it drops a document unread
)

type doc = map[string]any

// check reads a document as each of the readers would.
func (w *everything) check(d said) {
	w.t.Helper()
	if strings.HasPrefix(d.name, "get_webfinger") || strings.HasPrefix(d.name, "get_nodeinfo") {
		w.checkDiscovery(d)
		return
	}
	var m doc
	if err := json.Unmarshal(d.body, &m); err != nil {
		w.t.Errorf("%s: %v", d.name, err)
		return
	}
	for reader, err := range map[string]error{
		"every reader": anyReader(d.body, m), "Lemmy": lemmy(d.body), "Mastodon": mastodon(m), "NodeBB": nodeBB(m, w.ours.Config.BaseURL), "GoToSocial": goToSocial(m), "go-fed": w.goFed(m),
	} {
		if err != nil {
			w.t.Errorf("%s would not read %s: %v\n%s", reader, d.name, err, w.normal(d.body))
		}
	}
}

// each calls f for a document and all documents in it.
func each(m doc, f func(m doc) error) error {
	problems := []error{f(m)}
	for key, v := range m {
		if key == "@context" || key == "generator" || strings.HasPrefix(key, "vb:") {
			continue // the generator is our software, named as an Application that has nothing but that name
		}
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, entry := range list {
			if inner, ok := entry.(doc); ok {
				if err := each(inner, f); err != nil {
					problems = append(problems, fmt.Errorf("%s: %w", key, err))
				}
			}
		}
	}
	return errors.Join(problems...)
}

func str(m doc, key string) string { s, _ := m[key].(string); return s }

func isOf(m doc, types ...string) bool { return slices.Contains(types, str(m, "type")) }

func isActor(m doc) bool { return isOf(m, "Person", "Group", "Application", "Organization", "Service") }

// isPost leaves out the answers of a poll, which are Notes without id, and votes.
func isPost(m doc) bool {
	return isOf(m, "Article", "Note", "Question") && m["id"] != nil && m["attributedTo"] != nil && !(m["name"] != nil && m["content"] == nil)
}

var activities = []string{
	"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Add", "Remove", "Flag", "Block", "Move", "QuoteRequest",
}

func isActivity(m doc) bool { return isOf(m, activities...) }

// anyReader: arrays of types, or strings where lists are expected, lose a document at Lemmy, NodeBB, Mobilizon, Misskey and
// Pleroma; a context that must be fetched is a burden for Friendica, which expands every document.
func anyReader(body []byte, m doc) error {
	var problems []error
	if len(body) > maxDocument {
		problems = append(problems, fmt.Errorf("%d bytes", len(body)))
	}
	problems = append(problems, inline(m["@context"]), once(json.NewDecoder(bytes.NewReader(body))))
	return errors.Join(append(problems, each(m, func(m doc) (err error) {
		wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
		for _, key := range []string{"type", "id", "actor", "attributedTo", "context", "audience", "url", "inReplyTo", "conversation"} {
			if v, ok := m[key]; ok && str(m, key) == "" {
				wrong("%s is %v, want one string", key, v)
			}
		}
		for _, key := range []string{"to", "cc", "tag", "attachment", "items", "orderedItems", "oneOf", "anyOf"} {
			if v, ok := m[key]; ok {
				if _, list := v.([]any); !list {
					wrong("%s is %T, want a list", key, v)
				}
			}
		}
		for _, key := range []string{"bto", "bcc", "language", "@graph", "@included", "@reverse"} {
			if _, ok := m[key]; ok {
				wrong("%s must not be said", key)
			}
		}
		if isActivity(m) && !isOf(m, "QuoteRequest") || isPost(m) { // what asks for a quote is answered as it came
			for _, key := range []string{"to", "cc"} {
				if m[key] == nil {
					wrong("a %s without %s", str(m, "type"), key)
				}
			}
		}
		if isPost(m) && (m["tag"] == nil || m["attachment"] == nil) {
			wrong("a %s without tag or attachment", str(m, "type"))
		}
		for _, key := range []string{"published", "updated", "deleted", "endTime", "closed"} {
			if v, ok := m[key]; ok {
				if _, bad := time.Parse("2006-01-02T15:04:05Z", fmt.Sprint(v)); bad != nil {
					wrong("%s is %v, want UTC and whole seconds", key, v)
				}
			}
		}
		if m["@context"] != nil {
			err = errors.Join(err, inline(m["@context"]))
		}
		return err
	}))...)
}

// inline: everyone ships the two addresses; terms of ours and others stand in objects.
func inline(c any) error {
	list, _ := c.([]any)
	if s, ok := c.(string); ok {
		list = []any{s}
	}
	if len(list) == 0 || list[0] != "https://www.w3.org/ns/activitystreams" {
		return fmt.Errorf("@context %v", c)
	}
	for _, entry := range list[1:] {
		if _, ok := entry.(doc); !ok && entry != "https://w3id.org/security/v1" {
			return fmt.Errorf("@context names %v", entry)
		}
	}
	return nil
}

// once: serde, and so Lemmy, loses a document that names a key twice; others read the first or the last.
func once(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return err
	}
	keys := map[json.Token]bool{}
	for (open == json.Delim('{') || open == json.Delim('[')) && d.More() {
		if open == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if keys[key] {
				return fmt.Errorf("%v stands in it twice", key)
			}
			keys[key] = true
		}
		if err := once(d); err != nil {
			return err
		}
	}
	if open == json.Delim('{') || open == json.Delim('[') {
		_, err = d.Token()
	}
	return err
}

func host(id string) string {
	u, err := url.Parse(id)
	if err != nil || u.Scheme == "" {
		return ""
	}
	return u.Host
}

// mastodon holds what Mastodon asks (app/lib/activitypub and app/services/activitypub of 4.7.0-alpha.1): of actors inbox,
// name and key; of activities an id of the actor's host; of posts an author on their host, times that parse, tags with name and href; of
// polls options with names and counts.
func mastodon(m doc) error {
	return each(m, func(m doc) (err error) {
		wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
		switch {
		case isActor(m):
			key, _ := m["publicKey"].(doc)
			if str(m, "inbox") == "" || str(m, "preferredUsername") == "" || str(key, "owner") != str(m, "id") || !strings.Contains(str(key, "publicKeyPem"), "PUBLIC KEY") {
				wrong("inbox %q, preferredUsername %q, key of %q", str(m, "inbox"), str(m, "preferredUsername"), str(key, "owner"))
			}
			if host(str(m, "inbox")) != host(str(m, "id")) || !strings.HasPrefix(str(m, "url"), "http") {
				wrong("inbox %q, url %q", str(m, "inbox"), str(m, "url"))
			}
			if name := str(m, "name"); len([]rune(name)) > 2048 {
				wrong("name of %d characters", len([]rune(name)))
			}
		case isPost(m):
			if host(str(m, "id")) == "" || host(str(m, "id")) != host(str(m, "attributedTo")) {
				wrong("id %q by %q", str(m, "id"), str(m, "attributedTo"))
			}
			if _, bad := time.Parse(time.RFC3339, str(m, "published")); bad != nil {
				wrong("published %q", str(m, "published"))
			}
			if str(m, "content") == "" && m["contentMap"] == nil && str(m, "name") == "" {
				wrong("nothing to show")
			}
			if u := str(m, "url"); u != "" && host(u) != host(str(m, "id")) {
				wrong("url %q is elsewhere", u)
			}
			for _, key := range []string{"name", "summary", "content", "inReplyTo", "conversation"} {
				if v, ok := m[key]; ok && v != nil {
					if _, isString := v.(string); !isString {
						wrong("%s is %T", key, v)
					}
				}
			}
			if isOf(m, "Question") {
				err = errors.Join(err, mastodonPoll(m))
			}
		case isActivity(m):
			if host(str(m, "id")) == "" || host(str(m, "id")) != host(str(m, "actor")) {
				wrong("id %q by %q", str(m, "id"), str(m, "actor"))
			}
			inner, _ := m["object"].(doc)
			switch {
			case isOf(m, "Accept", "Reject", "Undo") && (str(inner, "id") == "" || str(inner, "type") == ""):
				wrong("what is answered or taken back stands not in it: %v", m["object"])
			case isOf(m, "Follow", "Like", "Block") && str(m, "object") == "":
				wrong("object is %T", m["object"])
			case isOf(m, "Move") && (str(m, "object") != str(m, "actor") || str(m, "target") == ""):
				wrong("moves %v to %v", m["object"], m["target"])
			case isOf(m, "Add", "Remove") && host(str(m, "target")) != host(str(m, "actor")):
				wrong("target %q", str(m, "target"))
			case isOf(m, "Delete") && inner == nil && str(m, "object") != str(m, "actor"):
				wrong("deletes %v", m["object"])
			}
		case isOf(m, "Mention", "Hashtag"):
			if str(m, "href") == "" || isOf(m, "Mention") && strings.Count(str(m, "name"), "@") != 2 || isOf(m, "Hashtag") && !strings.HasPrefix(str(m, "name"), "#") {
				wrong("%s %q to %q", str(m, "type"), str(m, "name"), str(m, "href"))
			}
		case isOf(m, "Document", "Image"):
			if str(m, "url") == "" || !strings.Contains(str(m, "mediaType"), "/") {
				wrong("file %q of type %q", str(m, "url"), str(m, "mediaType"))
			}
		case isOf(m, "PropertyValue"):
			if str(m, "name") == "" || str(m, "value") == "" {
				wrong("field %v", m)
			}
		}
		return err
	})
}

func mastodonPoll(m doc) error {
	options, _ := m["oneOf"].([]any)
	if m["anyOf"] != nil {
		options, _ = m["anyOf"].([]any)
	}
	if len(options) < 2 || (m["endTime"] == nil && m["closed"] == nil) {
		return fmt.Errorf("poll of %d options that ends at %v", len(options), m["endTime"])
	}
	for _, o := range options {
		option, _ := o.(doc)
		replies, _ := option["replies"].(doc)
		if _, counted := replies["totalItems"].(float64); str(option, "type") != "Note" || str(option, "name") == "" || !counted {
			return fmt.Errorf("option %v", o)
		}
	}
	return nil
}

// nodeBB holds what NodeBB compares (src/activitypub of 4.15.1): the key's id without its fragment is the actor's; types are
// strings it knows; ids are addresses of the web with no query where letters are delivered to.
func nodeBB(m doc, base string) error {
	return each(m, func(m doc) error {
		if !isActor(m) {
			return nil
		}
		key, _ := m["publicKey"].(doc)
		id, _, fragment := strings.Cut(str(key, "id"), "#")
		if id != str(m, "id") || !fragment {
			return fmt.Errorf("key %q of %q", str(key, "id"), str(m, "id"))
		}
		ends, _ := m["endpoints"].(doc)
		for _, inbox := range []string{str(m, "inbox"), str(ends, "sharedInbox")} {
			if !strings.HasPrefix(inbox, base+"/") || strings.ContainsAny(inbox, "?#") {
				return fmt.Errorf("inbox %q", inbox)
			}
		}
		return nil
	})
}

// goToSocial refuses an update before the publication, and finds the language of a post by the entry of contentMap that is
// letter by letter its content (internal/ap/extract.go); it needs inbox, outbox, followers, following and a key of an actor.
func goToSocial(m doc) error {
	return each(m, func(m doc) (err error) {
		wrong := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }
		if updated, published := str(m, "updated"), str(m, "published"); updated != "" && published != "" && updated < published { // both UTC, whole seconds
			wrong("updated %s before it was published, %s", updated, published)
		}
		for _, key := range []string{"content", "name", "summary"} {
			byLanguage, ok := m[key+"Map"].(doc)
			if !ok {
				continue
			}
			found := false
			for language, text := range byLanguage {
				found = found || text == m[key] && language != ""
			}
			if !found {
				wrong("%s is none of %sMap", key, key)
			}
		}
		if isPost(m) && m["contentMap"] == nil && str(m, "content") != "" {
			wrong("a post without language")
		}
		if isActor(m) {
			for _, key := range []string{"inbox", "outbox", "followers", "following", "publicKey"} {
				if m[key] == nil {
					wrong("an actor without %s", key)
				}
			}
		}
		return err
	})
}

// goFed reads it with the library that most servers written in Go stand on. What it has no type for it must say so.
func (w *everything) goFed(m doc) error {
	copied := doc{}
	for key, v := range m {
		copied[key] = v
	}
	copied["@context"] = "https://www.w3.org/ns/activitystreams"
	read, err := streams.ToType(w.t.Context(), copied)
	if isOf(m, "QuoteRequest", "QuoteAuthorization") {
		if err == nil {
			return errors.New("a type of FEP-044f is known now")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if read.GetTypeName() != str(m, "type") {
		return fmt.Errorf("read as %s", read.GetTypeName())
	}
	return nil
}

// checkDiscovery holds the loop that Mastodon and NodeBB walk: the name leads to the id, and the actor's own name and host
// lead to the same.
func (w *everything) checkDiscovery(d said) {
	w.t.Helper()
	if strings.HasPrefix(d.name, "get_nodeinfo") {
		return // its form is wellknown's own test; Fedify's parser reads it, too
	}
	var jrd struct {
		Subject string
		Links   []struct{ Rel, Type, Href string }
	}
	if err := json.Unmarshal(d.body, &jrd); err != nil {
		w.t.Errorf("%s: %v", d.name, err)
		return
	}
	i := slices.IndexFunc(jrd.Links, func(l struct{ Rel, Type, Href string }) bool {
		return l.Rel == "self" && l.Type == "application/activity+json"
	})
	if i < 0 {
		w.t.Errorf("%s: no self in %+v", d.name, jrd)
		return
	}
	id := jrd.Links[i].Href
	status, body := get(w.t, w.ours, strings.TrimPrefix(id, w.ours.Config.BaseURL))
	var actor doc
	if err := json.Unmarshal(body, &actor); err != nil || status != 200 || str(actor, "id") != id || jrd.Subject != "acct:"+str(actor, "preferredUsername")+"@"+host(id) {
		w.t.Errorf("%s says %s is %s, which says it is %q, %q (%d, %v)", d.name, jrd.Subject, id, str(actor, "id"), str(actor, "preferredUsername"), status, err)
	}
}
