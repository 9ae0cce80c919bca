package vocab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestPracticeRoundTrip: what one instance says of a practice is what another understands, and what is only meant for
// other software is taken off again.
func TestPracticeRoundTrip(t *testing.T) {
	doc := samplePractice()
	body, err := NewRenderer(base, testWords).Post(doc)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ParseObject(body)
	if err != nil {
		t.Fatal(err)
	}
	if !o.IsPractice() || o.Kind() != post.Article {
		t.Fatalf("not understood as a practice: %+v", o)
	}
	got, dropped := o.Practice()
	if len(dropped) > 0 {
		t.Errorf("dropped %v", dropped)
	}
	want := *doc.Practice
	want.PostID, want.Files = 0, nil // files stand where every software looks for them
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(practice.Practice{}, "UpdatedAt")); diff != "" {
		t.Errorf("practice (-sent +understood):\n%s", diff)
	}
	for name, pair := range map[string][2]string{
		"title": {doc.Post.Title, o.Name}, "summary": {doc.Post.Summary, o.Summary}, "content": {doc.Post.HTML, o.Content},
		"url": {doc.Post.URL, o.URL}, "context": {doc.Post.ContextURI, o.Context}, "author": {anna.URI, o.AttributedTo},
		"audience": {cat.URI, o.Audience}, "language": {"de", o.Language},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: sent %q, understood %q", name, pair[0], pair[1])
		}
	}
	if v := o.Visibility(anna.FollowersURI); v != post.Public {
		t.Errorf("visibility %q", v)
	}
}

func TestThreadRoundTrip(t *testing.T) {
	body, err := NewRenderer(base, testWords).Post(thread())
	if err != nil {
		t.Fatal(err)
	}
	o, err := ParseObject(body)
	if err != nil {
		t.Fatal(err)
	}
	if o.Name != thread().Post.Title || o.Content != thread().Post.HTML {
		t.Errorf("understood title %q, content %q", o.Name, o.Content)
	}
}

func TestVisibility(t *testing.T) {
	r := NewRenderer(base, testWords)
	for _, v := range []post.Visibility{post.Public, post.Unlisted, post.Followers, post.Direct} {
		doc := answer()
		doc.Post.Visibility = v
		body, err := r.Post(doc)
		if err != nil {
			t.Fatal(err)
		}
		o, err := ParseObject(body)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Visibility(anna.FollowersURI); got != v {
			t.Errorf("%s is understood as %s", v, got)
		}
		public := v == post.Public || v == post.Unlisted
		if o.Includes(bundPC.URI) != public || (o.Audience != "") != public {
			t.Errorf("%s: group addressed %v, audience %q", v, o.Includes(bundPC.URI), o.Audience)
		}
		if !o.Includes(berta.URI) {
			t.Errorf("%s does not address the author it answers", v)
		}
	}
	for _, short := range []string{"as:Public", "Public"} {
		if v := (Addressing{To: []string{short}}).Visibility(""); v != post.Public {
			t.Errorf("%s is %s", short, v)
		}
	}
}

// TestPracticeTermByTerm: a bad term is dropped and named, the others stay.
func TestPracticeTermByTerm(t *testing.T) {
	raw := `{"id":"https://x.example/p/1","type":"Article","vb:kind":"BestPractice","vb:revision":-1,"vb:level":"galaxy","vb:region":"DE-SH",
		"vb:situation":["no","text"],"vb:outcome":"` + strings.Repeat("x", 10001) + `","vb:measures":["good",7,""],"vb:licence":"javascript:alert(1)",
		"vb:figures":[{"quantity":"heat","name":"Wärme","unit":"MW.h/a","change":-180},{"quantity":"heat","before":"many"},{"quantity":"joy","name":"Freude","after":1e999,"before":3}],
		"vb:goals":[{"id":"javascript:alert(1)","name":"Kennzahlen"},{"notation":"9"},{"id":"https://kg.example/terms/4","name":"Messwesen"}],"vb:contact":{"name":"Stelle","email":"not an address","url":"https://x.example/c"},"vb:future":{"any":1}}`
	o, err := ParseObject([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	got, dropped := o.Practice()
	want := practice.Practice{
		Revision: 1, Region: "DE-SH", Measures: []string{"good"}, ContactName: "Stelle", ContactURL: "https://x.example/c",
		Goals: []practice.Term{{Scheme: "goal", Name: "Kennzahlen"}, {Scheme: "goal", URI: "https://kg.example/terms/4", Name: "Messwesen"}},
		Figures: []practice.Figure{
			{Quantity: "heat", Name: "Wärme", Unit: "MW.h/a", Change: number(-180)},
			{Quantity: "other", Name: "Freude", Before: number(3)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("practice (-want +got):\n%s", diff)
	}
	wantDropped := []string{"vb:contact.email", "vb:figures", "vb:goals", "vb:level", "vb:licence", "vb:measures", "vb:outcome", "vb:revision", "vb:situation"}
	if diff := cmp.Diff(wantDropped, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

func TestParseActivity(t *testing.T) {
	tests := map[string]struct {
		raw   string
		actor string // "" : refused
		obj   string
	}{
		"plain":             {`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","object":"https://b.example/p"}`, "https://a.example/u", "https://b.example/p"},
		"actor object":      {`{"id":"https://a.example/1","type":"Like","actor":{"id":"https://a.example/u","type":"Person"},"object":{"id":"https://b.example/p"}}`, "https://a.example/u", "https://b.example/p"},
		"actor list of one": {`{"id":"https://a.example/1","type":"Like","actor":["https://a.example/u"],"object":["https://b.example/p"]}`, "https://a.example/u", "https://b.example/p"},
		"two actors":        {`{"id":"https://a.example/1","type":"Like","actor":["https://a.example/u","https://a.example/v"]}`, "", ""},
		"other case":        {`{"ID":"https://a.example/1","type":"Like","actor":"https://a.example/u"}`, "", ""},
		"no id":             {`{"type":"Like","actor":"https://a.example/u"}`, "", ""},
		"id not http":       {`{"id":"tag:a","type":"Like","actor":"https://a.example/u"}`, "", ""},
		"type list":         {`{"id":"https://a.example/1","type":["Like"],"actor":"https://a.example/u"}`, "", ""},
		"list":              {`[]`, "", ""},
		"null":              {`null`, "", ""},
		"object is number":  {`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","object":7}`, "https://a.example/u", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := ParseActivity([]byte(test.raw))
			if test.actor == "" {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("got %+v, %v, want ErrMalformed", a, err)
				}
				return
			}
			if err != nil || a.Actor != test.actor || a.ObjectID != test.obj {
				t.Errorf("got actor %q, object %q, %v", a.Actor, a.ObjectID, err)
			}
		})
	}
}

func TestCheckShape(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	long := func(n int) string { return `{"a":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}` }
	for name, test := range map[string]struct {
		raw string
		ok  bool
	}{
		"object":        {`{"a":{"b":[1,{"c":null}]}}`, true},
		"deep enough":   {deep(31), true},
		"too deep":      {deep(32), false},
		"long enough":   {long(1000), true},
		"too long":      {long(1001), false},
		"graph":         {`{"a":[{"@graph":[]}]}`, false},
		"graph as text": {`{"a":"@graph"}`, true},
		"reverse":       {`{"@reverse":{}}`, false},
		"two documents": {`{} {}`, false},
		"rest":          {`{}x`, false},
		"cut":           {`{"a":`, false},
		"list":          {`[]`, false},
		"text":          {`"a"`, false},
		"nothing":       {``, false},
	} {
		if err := CheckShape([]byte(test.raw)); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDispatch(t *testing.T) {
	var got string
	note := func(name string) Handler {
		return func(_ context.Context, a Activity) error { got = name + " " + a.ObjectID; return nil }
	}
	d, err := NewDispatcher(Handlers{
		Create: note("Create"), Update: note("Update"), Delete: note("Delete"), Follow: note("Follow"), Accept: note("Accept"), Reject: note("Reject"),
		Undo: note("Undo"), Like: note("Like"), Announce: note("Announce"), Add: note("Add"), Remove: note("Remove"),
		Move: note("Move"), Block: note("Block"), Flag: note("Flag"), QuoteRequest: note("QuoteRequest"),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, typ := range []string{"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce", "Add", "Remove", "Move", "Block", "Flag"} {
		a, err := ParseActivity(fmt.Appendf(nil, `{"id":"https://a.example/1","type":%q,"actor":"https://a.example/u","object":"https://b.example/p"}`, typ))
		if err != nil {
			t.Fatal(err)
		}
		got = ""
		if err := d.Dispatch(ctx, a); err != nil || got != typ+" https://b.example/p" || !a.Known(ctx) {
			t.Errorf("%s: handled as %q, %v", typ, got, err)
		}
	}
	if err := d.Dispatch(ctx, Activity{Type: EmojiReact, ObjectID: "https://b.example/p"}); err != nil || got != "Like https://b.example/p" {
		t.Errorf("a reaction by a picture: handled as %q, %v", got, err)
	}
	if err := d.Dispatch(ctx, Activity{Type: QuoteRequest, ObjectID: "https://b.example/p"}); err != nil || got != "QuoteRequest https://b.example/p" {
		t.Errorf("a request to quote: handled as %q, %v", got, err)
	}
	for typ, known := range map[string]bool{"FeatureRequest": false, "Note": false, "Dislike": true, "Join": true, "Leave": true, "Invite": true, "Offer": true, "Listen": true, "Read": true, "View": true, "Travel": false, "Arrive": false} {
		a := Activity{ID: "https://a.example/1", Type: typ, Actor: "https://a.example/u"}
		if err := d.Dispatch(ctx, a); !errors.Is(err, ErrUnknownType) || a.Known(ctx) != known {
			t.Errorf("%s: %v, known %v", typ, err, a.Known(ctx))
		}
	}
}
