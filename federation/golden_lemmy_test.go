package federation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Lemmy reads what arrives into structs of serde, which refuse a whole document for one field of another type. These are the
// same demands (crates/apub/objects/src/protocol and crates/apub/activities/src/protocol of Lemmy 1.0.0-beta.1, read as
// facts): a field without omitempty must be there, a string must be one string, a list must be a list.
type (
	lemmyActor struct {
		ID                        address     `json:"id"`
		PreferredUsername         string      `json:"preferredUsername"`
		Inbox                     address     `json:"inbox"`
		Outbox                    address     `json:"outbox"`
		PublicKey                 lemmyKey    `json:"publicKey"`
		Name                      *string     `json:"name,omitempty"`
		Summary                   *string     `json:"summary,omitempty"`
		Icon                      *lemmyImage `json:"icon,omitempty"`
		Image                     *lemmyImage `json:"image,omitempty"`
		Endpoints                 *endpoints  `json:"endpoints,omitempty"`
		Published                 *instant    `json:"published,omitempty"`
		Updated                   *instant    `json:"updated,omitempty"`
		Followers                 *address    `json:"followers,omitempty"`    // Group
		Featured                  *address    `json:"featured,omitempty"`     // Group
		AttributedTo              *address    `json:"attributedTo,omitempty"` // Group: its moderators
		PostingRestrictedToMods   *bool       `json:"postingRestrictedToMods,omitempty"`
		ManuallyApprovesFollowers *bool       `json:"manuallyApprovesFollowers,omitempty"`
		Discoverable              *bool       `json:"discoverable,omitempty"`
		Sensitive                 *bool       `json:"sensitive,omitempty"`
		MediaType                 *html       `json:"mediaType,omitempty"`
		Language                  []language  `json:"language,omitempty"`
	}
	lemmyInstance struct { // the Application
		lemmyActor
		Name string `json:"name"`
	}
	lemmyKey struct {
		ID    address `json:"id"`
		Owner address `json:"owner"`
		PEM   string  `json:"publicKeyPem"`
	}
	endpoints struct {
		SharedInbox address `json:"sharedInbox"`
	}
	lemmyImage struct {
		Type imageType `json:"type"`
		URL  address   `json:"url"`
	}
	language struct {
		Identifier string `json:"identifier"`
		Name       string `json:"name"`
	}

	lemmyPost struct { // Page, Article, Note without inReplyTo, Video, Event
		ID           address           `json:"id"`
		AttributedTo address           `json:"attributedTo"`
		To           []address         `json:"to"`
		Cc           []address         `json:"cc"`
		Name         *string           `json:"name,omitempty"`
		Content      *string           `json:"content,omitempty"`
		MediaType    *html             `json:"mediaType,omitempty"`
		Attachment   []lemmyAttachment `json:"attachment"`
		Image        *lemmyImage       `json:"image,omitempty"`
		Sensitive    *bool             `json:"sensitive,omitempty"`
		Published    *instant          `json:"published,omitempty"`
		Updated      *instant          `json:"updated,omitempty"`
		Language     *language         `json:"language,omitempty"`
		Audience     *address          `json:"audience,omitempty"`
		Tag          []json.RawMessage `json:"tag"`
		Context      *string           `json:"context,omitempty"`
	}
	lemmyComment struct { // Note
		lemmyPost
		Content   string  `json:"content"`
		InReplyTo address `json:"inReplyTo"`
	}
	lemmyPrivate struct { // Note to one
		ID           address     `json:"id"`
		AttributedTo address     `json:"attributedTo"`
		To           one         `json:"to"`
		Content      string      `json:"content"`
		MediaType    *html       `json:"mediaType,omitempty"`
		Source       *lemmyEmpty `json:"source,omitempty"`
		Published    *instant    `json:"published,omitempty"`
		Updated      *instant    `json:"updated,omitempty"`
	}
	lemmyEmpty struct{}

	lemmyActivity struct {
		ID       address         `json:"id"`
		Actor    address         `json:"actor"`
		To       []address       `json:"to"`
		Cc       []address       `json:"cc"` // demanded of Create, Update, Announce, Add, Remove and Block; we have it everywhere
		Object   json.RawMessage `json:"object"`
		Audience *address        `json:"audience,omitempty"`
		Summary  *string         `json:"summary,omitempty"` // with it, a Delete is a moderator's
	}
	lemmyCurated struct { // Add, Remove, and Block
		lemmyActivity
		Object address `json:"object"`
		Target address `json:"target"`
	}
	lemmyReport struct { // Flag
		ID      address         `json:"id"`
		Actor   address         `json:"actor"`
		To      one             `json:"to"`
		Object  json.RawMessage `json:"object"`
		Content *string         `json:"content,omitempty"`
		Summary *string         `json:"summary,omitempty"`
	}
	lemmyTombstone struct {
		ID address `json:"id"`
	}
)

// address is one string that is an absolute address.
type address string

func (a *address) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() {
		return fmt.Errorf("%q is no absolute address", s)
	}
	*a = address(s)
	return nil
}

// one is a list of exactly one address.
type one struct{}

func (*one) UnmarshalJSON(b []byte) error {
	var list []address
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("%d entries, want one", len(list))
	}
	return nil
}

// instant is a time of RFC 3339.
type instant time.Time

func (t *instant) UnmarshalJSON(b []byte) error { return (*time.Time)(t).UnmarshalJSON(b) }

type html string

func (h *html) UnmarshalJSON(b []byte) error { return oneOf(b, "text/html", "text/markdown") }

type imageType string

func (i *imageType) UnmarshalJSON(b []byte) error { return oneOf(b, "Image") }

func oneOf(b []byte, allowed ...string) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if !slices.Contains(allowed, s) {
		return fmt.Errorf("%q, want one of %q", s, allowed)
	}
	return nil
}

// lemmyAttachment is a Link with href, or an Image or Document with url; anything else and the post is lost.
type lemmyAttachment struct{}

func (*lemmyAttachment) UnmarshalJSON(b []byte) error {
	var a struct {
		Type, Href, URL string
		Name, MediaType *string
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return err
	}
	if a.Type == "Link" && a.Href != "" || (a.Type == "Image" || a.Type == "Document") && a.URL != "" {
		return nil
	}
	return fmt.Errorf("attachment %s", b)
}

// strict decodes as serde does: what has no omitempty must be there and not null.
func strict(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return err
	}
	var there map[string]json.RawMessage
	if err := json.Unmarshal(body, &there); err != nil {
		return err
	}
	var missing []error
	v := reflect.ValueOf(into).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		tag := f.Tag.Get("json")
		if f.Anonymous || tag == "" {
			continue
		}
		key, optional := strings.CutSuffix(tag, ",omitempty")
		raw, ok := there[key]
		switch {
		case !ok || string(raw) == "null":
			if !optional {
				missing = append(missing, fmt.Errorf("%s is missing", key))
			}
		case f.Type.Kind() == reflect.Struct && f.Type.NumField() > 0:
			if err := strict(raw, reflect.New(f.Type).Interface()); err != nil {
				missing = append(missing, fmt.Errorf("%s: %w", key, err))
			}
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct && f.Type.Elem().NumField() > 0 && f.Type.Elem() != reflect.TypeFor[instant]():
			if err := strict(raw, reflect.New(f.Type.Elem()).Interface()); err != nil {
				missing = append(missing, fmt.Errorf("%s: %w", key, err))
			}
		}
	}
	return errors.Join(missing...)
}

// lemmy reads a document as Lemmy would. What it has no struct for it drops without harm: Question, Move, QuoteRequest,
// collections that it does not ask for.
func lemmy(body []byte) error {
	var d struct {
		Type, InReplyTo, Name, Content string
		To, Cc                         json.RawMessage
		Object                         json.RawMessage
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	public := strings.Contains(string(d.To)+string(d.Cc), "#Public") || strings.Contains(string(d.To)+string(d.Cc), "/followers")
	switch d.Type {
	case "Person", "Service", "Organization", "Group":
		return strict(body, &lemmyActor{})
	case "Application":
		return strict(body, &lemmyInstance{})
	case "Article", "Page":
		return strict(body, &lemmyPost{})
	case "Note":
		switch {
		case d.Content == "":
			return nil // a vote, to one author
		case d.InReplyTo != "":
			return strict(body, &lemmyComment{})
		case !public:
			return strict(body, &lemmyPrivate{})
		}
		return strict(body, &lemmyPost{})
	case "Tombstone":
		return strict(body, &lemmyTombstone{})
	case "Create", "Update", "Announce", "Delete", "Follow", "Accept", "Reject", "Undo", "Like":
		if err := strict(body, &lemmyActivity{}); err != nil {
			return err
		}
	case "Add", "Remove":
		return strict(body, &lemmyCurated{})
	case "Flag":
		return strict(body, &lemmyReport{})
	default:
		return nil
	}
	if len(d.Object) == 0 || d.Object[0] != '{' {
		return json.Unmarshal(d.Object, new(address))
	}
	if err := lemmy(d.Object); err != nil {
		return fmt.Errorf("object: %w", err)
	}
	return nil
}
