package vocab

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Activity is the envelope of what arrived: ids and types only, no human text.
type Activity struct {
	Addressing
	ID       string
	Type     string
	Actor    string
	Object   json.RawMessage // as received: an id or an embedded object
	ObjectID string
	// Objects are all objects, where there are several: a Flag names an actor and its posts.
	Objects []string
	// Result is what an Accept grants: the stamp of a quote. Instrument is the post that wants to quote.
	Result     string
	Instrument json.RawMessage
	Target     string
	// Revision, Chapter, Reason and Withdrawn are vb:revisionAccepted, vb:chapter, vb:reason and vb:withdrawn of Add and Remove.
	Revision  int
	Chapter   string
	Reason    string
	Withdrawn bool
	Content   string // what a Flag says, plain or HTML
	Published time.Time
	Raw       json.RawMessage
}

// ParseActivity reads an envelope. actor may be a string, an object or a list of one: it is made one id first, as checks
// that look at another spelling than the one that is used later have let blocked actors through elsewhere.
func ParseActivity(raw []byte) (Activity, error) {
	f, err := parseFields(raw)
	if err != nil {
		return Activity{}, err
	}
	a := Activity{
		ID: f.text("id"), Type: f.text("type"), Object: only(f["object"]), ObjectID: f.id("object"),
		Objects: f.ids("object"), Target: f.id("target"), Content: clip(f.text("content"), maxSummary), Reason: clip(f.text("vb:reason"), 1000), Raw: raw,
		Chapter: clip(oneLine(f.text("vb:chapter")), maxChapter), Withdrawn: f.boolean("vb:withdrawn"),
		Result: f.id("result"), Instrument: only(f["instrument"]),
		Addressing: Addressing{To: f.ids("to"), Cc: f.ids("cc")},
	}
	if len(f.list("actor")) == 1 {
		a.Actor = f.id("actor")
	}
	if n, ok := integer(f["vb:revisionAccepted"]); ok {
		a.Revision = n
	}
	a.Published, _ = f.time("published")
	switch {
	case HostOf(a.ID) == "" || len(a.ID) > maxID || strings.ContainsAny(a.ID, " \t\r\n\x00"):
		return a, fmt.Errorf("%w: id %.100q", ErrMalformed, a.ID)
	case a.Type == "" || len(a.Type) > 100 || strings.ContainsFunc(a.Type, unicode.IsControl):
		return a, fmt.Errorf("%w: type is not one string", ErrMalformed)
	case HostOf(a.Actor) == "" || len(a.Actor) > maxID || strings.ContainsRune(a.Actor, 0):
		return a, fmt.Errorf("%w: actor %.100q", ErrMalformed, a.Actor)
	case len(a.ObjectID) > maxID || strings.ContainsRune(a.ObjectID, 0):
		return a, fmt.Errorf("%w: object id", ErrMalformed)
	}
	return a, nil
}

// only is the entry of a list of one, else the value itself.
func only(raw json.RawMessage) json.RawMessage {
	if list := (fields{"": raw}).list(""); len(list) == 1 {
		return list[0]
	}
	return raw
}

// maxParts bounds how many objects of one activity are looked at.
const maxParts = 50

// Parts are the activities that one with several objects stands for: GoToSocial sends all the answers that somebody chose in a
// poll by one Create.
func (a Activity) Parts() []Activity {
	list := (fields{"": a.Object}).list("")
	if len(list) < 2 {
		return []Activity{a}
	}
	parts := make([]Activity, 0, min(len(list), maxParts))
	for _, raw := range list[:min(len(list), maxParts)] {
		part := a
		part.Object, part.ObjectID = raw, idOf(raw)
		part.Objects = []string{part.ObjectID}
		parts = append(parts, part)
	}
	return parts
}

// InstrumentID is the id of the post that wants to quote.
func (a Activity) InstrumentID() string { return idOf(a.Instrument) }

// maxID is the longest id we keep.
const maxID = 2048

// EmbeddedObject reports whether the object came as an object rather than as an id.
func (a Activity) EmbeddedObject() bool {
	for _, c := range a.Object {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return c == '{'
	}
	return false
}

// Inner reads the object as an activity: what is accepted, undone or passed on.
func (a Activity) Inner() (Activity, error) {
	if !a.EmbeddedObject() {
		return Activity{}, fmt.Errorf("%w: no embedded activity", ErrMalformed)
	}
	return ParseActivity(a.Object)
}

func integer(raw json.RawMessage) (int, bool) {
	var n float64
	if json.Unmarshal(raw, &n) != nil || n != float64(int(n)) || n < 0 || n > 1e9 {
		return 0, false
	}
	return int(n), true
}
