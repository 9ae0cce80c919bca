package practice_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// The parts of a sum rest on the same practices as the sum: what is counted once in the whole is counted once in its parts, and
// what the reader may not see, or the filter leaves out, is in none.
func TestEffectsByPart(t *testing.T) {
	h := newHouse(t)
	names := 0
	add := func(from string, level organization.Level, region string, figures []practice.Figure, fields ...string) {
		names++
		p := practice.Practice{Revision: 1, ReuseOf: from, Level: level, Region: region, Figures: figures}
		for _, f := range fields {
			p.Fields = append(p.Fields, practice.Term{Name: f})
		}
		h.arrive(h.Remote, fmt.Sprint("wirkung", names), nil, p, nil)
	}
	saves := func(electricity float64, method string) []practice.Figure {
		return []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-electricity), Method: method}}
	}
	add("", "land", "DE-SH", append(saves(100, "Zähler"), practice.Figure{Quantity: "emissions", Unit: "t/a", Change: number(-40), Method: ""}), "Rechenzentrum", "Beschaffung")
	add("https://"+h.Remote.Host()+"/practices/wirkung1", "kommune", "DE-HH", saves(1000, "Zähler"), "Rechenzentrum") // grew out of the first
	add("", "kommune", "DE-HH", saves(20, ""), "Rechenzentrum")
	add("", "kommune", "DE-HH", []practice.Figure{{Quantity: "electricity", Unit: "MW.h", Change: number(-5000), Method: "Zähler"}}, "Rechenzentrum") // of some period
	add("", "bund", "", saves(3, "Schätzung"))
	d := h.draft()
	d.Visibility, d.Figures = post.Network, saves(7777, "Zähler")
	h.publish(h.Member, d)

	effects := func(viewer post.Viewer, f practice.Filter) practice.Effects {
		t.Helper()
		e, err := h.practices.Effects(h.Ctx, viewer, f)
		h.Must(err)
		return e
	}
	want := practice.Effects{Practices: 5, Quantities: []practice.Effect{
		{
			Impact: practice.Impact{Quantity: "electricity", Unit: "MW.h/a", Sum: -123, Practices: 3, Repeated: 1}, Methods: 2,
			Parts: map[string][]practice.Part{
				"level":  {{Value: "land", Sum: -100, Practices: 1}, {Value: "kommune", Sum: -20, Practices: 1}, {Value: "bund", Sum: -3, Practices: 1}},
				"region": {{Value: "DE-SH", Sum: -100, Practices: 1}, {Value: "DE-HH", Sum: -20, Practices: 1}},
				"field":  {{Value: "Rechenzentrum", Sum: -120, Practices: 2}, {Value: "Beschaffung", Sum: -100, Practices: 1}},
			},
		},
		{
			Impact: practice.Impact{Quantity: "emissions", Unit: "t/a", Sum: -40, Practices: 1},
			Parts: map[string][]practice.Part{
				"level": {{Value: "land", Sum: -40, Practices: 1}}, "region": {{Value: "DE-SH", Sum: -40, Practices: 1}},
				"field": {{Value: "Beschaffung", Sum: -40, Practices: 1}, {Value: "Rechenzentrum", Sum: -40, Practices: 1}},
			},
		},
	}}
	if diff := cmp.Diff(want, effects(post.Viewer{}, practice.Filter{})); diff != "" {
		t.Error(diff)
	}
	// Without the first one, what grew out of it counts.
	if e := effects(post.Viewer{}, practice.Filter{Region: "de-hh"}); e.Practices != 3 || len(e.Quantities) != 1 || e.Quantities[0].Sum != -1020 || e.Quantities[0].Repeated != 0 {
		t.Errorf("in one Land: %+v", e)
	}
	if e := effects(post.Viewer{AccountID: h.Member.ID}, practice.Filter{}); e.Practices != 6 || e.Quantities[0].Sum != -7900 {
		t.Errorf("for a member: %+v", e)
	}
	for name, f := range map[string]practice.Filter{"nothing": {Field: "Quantenrechner"}, "words that are none": {Text: "?!"}, "none accepted": {Accepted: true}} {
		if e := effects(post.Viewer{}, f); e.Practices != 0 || len(e.Quantities) != 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// A practice whose row of the index is yet to be written is not counted, and those around it are counted right.
func TestCountsPassWhatIsNotIndexed(t *testing.T) {
	h := newHouse(t)
	var ids []int64
	for n := range 3 {
		ids = append(ids, h.arrive(h.Remote, fmt.Sprint("zahl", n), nil, practice.Practice{
			Revision: 1, Region: "DE-SH", Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: number(-float64(n + 1))}},
		}, nil).ID)
	}
	for _, query := range []string{
		`UPDATE practice_index SET packed = '' WHERE post_id = $1`,
		`UPDATE practice_index SET packed = packed WHERE post_id <> $1`, // so that they are read after it
	} {
		_, err := h.DB.ExecContext(h.Ctx, query, ids[1])
		h.Must(err)
	}
	list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{})
	h.Must(err)
	want := []practice.Impact{{Quantity: "electricity", Unit: "MW.h/a", Sum: -4, Practices: 2}}
	if diff := cmp.Diff(want, list.Impact); diff != "" || list.Total != 2 || counts(list, "region")["DE-SH"] != 2 {
		t.Errorf("%d, %v: %s", list.Total, list.Facets, diff)
	}
}
