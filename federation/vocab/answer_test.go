package vocab

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// answerTo is an answer to a practice with a role.
func answerTo(role string) PostDoc {
	doc := thread()
	doc.Post.Title, doc.Post.Role, doc.Post.InReplyToURI = "", role, base+"/practices/1"
	return doc
}

func TestReuseRoundTrip(t *testing.T) {
	doc := answerTo(post.RoleReuse)
	less := -12.5
	doc.Reuse = &reuse.Reuse{
		State: reuse.InUse, OrganizationName: "Stadt <Kiel> & Umland", OrganizationURL: "https://kiel.example", Level: organization.LevelKommune, Region: "DE-SH",
		PracticeURI: base + "/practices/9", Figures: []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: &less}},
	}
	body, err := NewRenderer(base, testWords).Post(doc)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ParseObject(body)
	if err != nil {
		t.Fatal(err)
	}
	got, dropped, ok := o.Reuse()
	if !ok || len(dropped) > 0 {
		t.Fatalf("understood %t, dropped %v", ok, dropped)
	}
	if diff := cmp.Diff(*doc.Reuse, got, cmpopts.IgnoreFields(reuse.Reuse{}, "PostID", "UpdatedAt")); diff != "" {
		t.Errorf("reuse (-sent +understood):\n%s", diff)
	}
	if o.Content != doc.Post.HTML {
		t.Errorf("content: sent %q, understood %q", doc.Post.HTML, o.Content)
	}
	var wire struct{ Content string }
	if err := json.Unmarshal(body, &wire); err != nil || !strings.HasPrefix(wire.Content, wordsOpen) || !strings.Contains(wire.Content, "Stadt &lt;Kiel&gt; &amp; Umland") {
		t.Errorf("others read %q", wire.Content)
	}
}

func TestAssessmentRoundTrip(t *testing.T) {
	doc := answerTo(post.RoleAssessment)
	doc.Assessment = &assessment.Assessment{Status: assessment.Critical, Progress: "advanced", Urgent: true, Horizon: 2029}
	body, err := NewRenderer(base, testWords).Post(doc)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ParseObject(body)
	if err != nil {
		t.Fatal(err)
	}
	got, dropped, ok := o.Assessment()
	if !ok || len(dropped) > 0 {
		t.Fatalf("understood %t, dropped %v", ok, dropped)
	}
	if diff := cmp.Diff(*doc.Assessment, got); diff != "" {
		t.Errorf("assessment (-sent +understood):\n%s", diff)
	}
	if o.Content != doc.Post.HTML {
		t.Errorf("content: sent %q, understood %q", doc.Post.HTML, o.Content)
	}
}

// What breaks a rule is dropped term by term; without what its kind requires it is a comment as any other.
func TestAnswersThatBreakRules(t *testing.T) {
	for _, c := range []struct {
		name, terms string
		role        string
		dropped     []string
	}{
		{"a reuse", `"vb:kind":"Reuse","vb:reuseState":"planned"`, post.RoleReuse, nil},
		{"no state", `"vb:kind":"Reuse"`, "", nil},
		{"an unknown state", `"vb:kind":"Reuse","vb:reuseState":"adored"`, "", nil},
		{"a state that is no text", `"vb:kind":"Reuse","vb:reuseState":{"planned":1}`, "", nil},
		{"another's practice", `"vb:kind":"Reuse","vb:reuseState":"planned","vb:practice":"https://evil.example/practices/1"`, post.RoleReuse, []string{"vb:practice"}},
		{"nonsense", `"vb:kind":"Reuse","vb:reuseState":"planned","vb:level":7,"vb:region":"XX","vb:figures":"many","vb:organization":[]`, post.RoleReuse, []string{"vb:figures", "vb:level", "vb:organization", "vb:region"}},
		{"an assessment", `"vb:kind":"Assessment","vb:status":"critical","vb:progress":"begun"`, post.RoleAssessment, nil},
		{"no light", `"vb:kind":"Assessment","vb:progress":"begun"`, "", nil},
		{"an unknown light", `"vb:kind":"Assessment","vb:status":"purple","vb:progress":"begun"`, "", nil},
		{"no progress", `"vb:kind":"Assessment","vb:status":"critical"`, "", nil},
		{"an urgency in words", `"vb:kind":"Assessment","vb:status":"critical","vb:progress":"begun","vb:urgent":"very","vb:horizon":"soon"`, post.RoleAssessment, []string{"vb:horizon", "vb:urgent"}},
	} {
		raw := `{"id":"` + base + `/notes/1","type":"Note","attributedTo":"` + base + `/u/a","inReplyTo":"` + base + `/practices/1","content":"<p>x</p>",` + c.terms + `}`
		o, err := ParseObject([]byte(raw))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, dropped, reused := o.Reuse()
		_, more, assessed := o.Assessment()
		if o.Role != c.role || reused != (c.role == post.RoleReuse) || assessed != (c.role == post.RoleAssessment) {
			t.Errorf("%s: role %q, reuse %t, assessment %t", c.name, o.Role, reused, assessed)
		}
		if diff := cmp.Diff(c.dropped, append(dropped, more...), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: dropped %s", c.name, diff)
		}
		// What answers nothing is neither.
		o, err = ParseObject([]byte(strings.Replace(raw, `"inReplyTo"`, `"x"`, 1)))
		if err != nil || o.Role != "" {
			t.Errorf("%s without a parent: %q, %v", c.name, o.Role, err)
		}
	}
}
