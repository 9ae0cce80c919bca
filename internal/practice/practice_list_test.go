package practice_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

func (h *house) titles(viewer post.Viewer, f practice.Filter) []string {
	h.Helper()
	list, err := h.practices.List(h.Ctx, viewer, f)
	h.Must(err)
	titles := []string{}
	for _, v := range list.Items {
		titles = append(titles, v.Post.Title)
	}
	return titles
}

func TestSearchGerman(t *testing.T) {
	h := newHouse(t)
	d := h.draft()
	d.Title, d.Source, d.Figures, d.Measures = "Freie Kühlung im Rechenzentrum", "Bis 16 Grad Außentemperatur kühlt die Außenluft allein.", nil, nil
	d.Summary = "Rund 2.000 Stunden mehr im Jahr ohne Kältemaschine."
	h.publish(h.Member, d)
	d.Title, d.Source = "Gebrauchte Geräte weitergeben", "500 Computer und 800 Bildschirme gehen an Familien."
	d.Summary, d.Goals, d.Fields = "Aussortierte Hardware wird wiederverwendet.", nil, []int64{h.fields["Kreislaufwirtschaft"]}
	h.publish(h.Member, d)
	cooling, reuse := "Freie Kühlung im Rechenzentrum", "Gebrauchte Geräte weitergeben"
	for text, want := range map[string][]string{
		"":                          {reuse, cooling},
		"kühlungen":                 {cooling}, // stem
		"Kuhlung":                   {cooling}, // umlaut
		"KÜHLUNG":                   {cooling},
		"Kuehlung":                  {cooling}, // as typed without umlauts
		"freie Kuehl":               {cooling},
		"Geraete weiter":            {reuse},
		`"Gebrauchte Geraete"`:      {reuse},
		"Grad -Kuehlung":            {},        // however it is typed
		"rechenz":                   {cooling}, // still typing
		"freie rechenzent":          {cooling},
		"Computern":                 {reuse},
		"Kreislaufwirtschaft":       {reuse}, // a term
		`"freie Kühlung"`:           {cooling},
		`"Kühlung freie"`:           {},
		"Geräte or Kühlung":         {reuse, cooling},
		"Grad -Kühlung":             {},
		"Schleswig-Holstein":        {reuse, cooling}, // the organisation
		"der":                       {reuse, cooling}, // a stop word finds nothing by stem
		"Quantencomputer":           {},
		`' & | ! ( ) :* <-> \ "`:    {},
		"x\x00y":                    {},
		"freie AND (kühlung:* | ''": {},
	} {
		got := h.titles(post.Viewer{}, practice.Filter{Text: text})
		if text == "der" { // only that it is no error: whether it finds depends on the texts
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if got := h.titles(post.Viewer{}, practice.Filter{Text: "Kühlung Familien or Kühlung", Sort: "relevance"}); len(got) != 1 {
		t.Errorf("by relevance: %v", got)
	}
}

func TestFacetsAndImpact(t *testing.T) {
	h := newHouse(t)
	add := func(level organization.Level, region, field string, figures ...practice.Figure) {
		d := h.draft()
		d.Title = fmt.Sprintf("%s %s %s", level, region, field)
		d.Level, d.Region, d.Fields, d.Figures = level, region, []int64{h.fields[field]}, figures
		h.publish(h.Member, d)
	}
	add("land", "DE-SH", "Rechenzentrum",
		practice.Figure{Quantity: "electricity", Unit: "MW.h/a", Before: number(120), After: number(70)},
		practice.Figure{Quantity: "electricity", Unit: "kWh/a", Change: number(-5000)},
		practice.Figure{Quantity: "emissions", Unit: "t/a", Change: number(-21)})
	add("kommune", "DE-SH", "Rechenzentrum",
		practice.Figure{Quantity: "electricity", Unit: "GW.h/a", Change: number(-1)},
		practice.Figure{Quantity: "electricity", Unit: "MW.h", Change: number(-999)}, // of some period
		practice.Figure{Quantity: "emissions", Unit: "kg/a", Before: number(1500)})   // no difference
	add("kommune", "DE-HH", "Beschaffung", practice.Figure{Quantity: "heat", Unit: "MW.h/a", Change: number(-7)})
	h.arrive(h.Remote, "fremd", nil, practice.Practice{
		Revision: 1, Level: "verband", Fields: []practice.Term{{Name: "rechenzentrum"}},
		Figures: []practice.Figure{{Quantity: "emissions", Unit: "kg/a", Change: number(-500)}},
	}, nil)

	facets := func(list practice.List, name string) map[string]int {
		m := map[string]int{}
		for _, f := range list.Facets[name] {
			m[f.Value] = f.Count
		}
		return m
	}
	all, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{})
	h.Must(err)
	if diff := cmp.Diff(map[string]int{"land": 1, "kommune": 2, "verband": 1}, facets(all, "level")); diff != "" {
		t.Error("level", diff)
	}
	if diff := cmp.Diff(map[string]int{"local": 3, "vitako.example": 1}, facets(all, "origin")); diff != "" {
		t.Error("origin", diff)
	}
	if got := facets(all, "field"); got["Rechenzentrum"]+got["rechenzentrum"] != 3 || len(got) != 2 {
		t.Errorf("field: %v", got)
	}
	want := []practice.Impact{{Quantity: "electricity", Unit: "MW.h/a", Sum: -1055, Practices: 2}, {Quantity: "emissions", Unit: "t/a", Sum: -21.5, Practices: 2}}
	if diff := cmp.Diff(want, all.Impact); diff != "" {
		t.Error(diff)
	}

	// A facet leaves its own filter out, so that one can switch; the others narrow it.
	some, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Level: "kommune", Field: "RECHENZENTRUM"})
	h.Must(err)
	if some.Total != 1 || len(some.Items) != 1 || some.Items[0].Post.Title != "kommune DE-SH Rechenzentrum" {
		t.Errorf("found %d", some.Total)
	}
	if diff := cmp.Diff(map[string]int{"land": 1, "kommune": 1, "verband": 1}, facets(some, "level")); diff != "" {
		t.Error("level", diff)
	}
	if diff := cmp.Diff(map[string]int{"Rechenzentrum": 1, "Beschaffung": 1}, facets(some, "field")); diff != "" {
		t.Error("field", diff)
	}
	if diff := cmp.Diff(map[string]int{"DE-SH": 1}, facets(some, "region")); diff != "" {
		t.Error("region", diff)
	}
	if some.Impact[0].Sum != -1000 || some.Impact[0].Practices != 1 || len(some.Impact) != 1 {
		t.Errorf("impact: %+v", some.Impact)
	}
	for origin, n := range map[string]int{"local": 3, "VITAKO.example": 1, "x.example": 0} {
		if list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Origin: origin}); err != nil || list.Total != n {
			t.Errorf("origin %s: %d %v", origin, list.Total, err)
		}
	}
	second, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Limit: 3, Offset: 3})
	h.Must(err)
	if second.Total != 4 || len(second.Items) != 1 {
		t.Errorf("second page: %d of %d", len(second.Items), second.Total)
	}
}

func TestListVisibility(t *testing.T) {
	h := newHouse(t)
	h.Follow(h.Other, h.Remote)
	readers := map[string]post.Viewer{"visitor": {}, "follower": {AccountID: h.Other.ID}, "mentioned": {AccountID: h.Guest.ID}, "editor": {AccountID: h.Editor.ID}}
	for visibility, want := range map[post.Visibility][]string{
		post.Public: {"editor", "follower", "mentioned", "visitor"}, post.Unlisted: nil,
		post.Followers: {"follower", "mentioned"}, post.Direct: {"mentioned"},
	} {
		p := h.arrive(h.Remote, string(visibility), nil, practice.Practice{Revision: 1}, func(r *post.Received) {
			r.Visibility, r.MentionIDs = visibility, []int64{h.Guest.ID}
		})
		var got []string
		for name, viewer := range readers {
			if slices.Contains(h.titles(viewer, practice.Filter{}), string(visibility)) {
				got = append(got, name)
			}
			views, err := h.practices.Views(h.Ctx, viewer, []int64{p.ID})
			h.Must(err)
			if may := visibility.Listed() || slices.Contains(want, name); may != (len(views) == 1) {
				t.Errorf("%s for %s: %d views", visibility, name, len(views))
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", visibility, diff)
		}
	}
}

func TestListOrderAndCuration(t *testing.T) {
	h := newHouse(t)
	old := h.arrive(h.Remote, "alt", nil, practice.Practice{Revision: 2}, func(r *post.Received) { r.PublishedAt = time.Now().Add(-48 * time.Hour) })
	h.arrive(h.Remote, "neu", nil, practice.Practice{Revision: 1}, nil)
	if diff := cmp.Diff([]string{"neu", "alt"}, h.titles(post.Viewer{}, practice.Filter{})); diff != "" {
		t.Error(diff)
	}
	_, err := h.DB.ExecContext(h.Ctx, `INSERT INTO curations (post_id, state, featured, revision_accepted) VALUES ($1, 'accepted', true, 1)`, old.ID)
	h.Must(err)
	for _, f := range []practice.Filter{{Accepted: true}, {Featured: true}} {
		if diff := cmp.Diff([]string{"alt"}, h.titles(post.Viewer{}, f)); diff != "" {
			t.Error(diff)
		}
	}
	if v := h.byID(old.ID); !v.ChangedSince() || !v.Curation.Featured {
		t.Errorf("curation: %+v", v.Curation)
	}
	views, err := h.practices.Views(h.Ctx, post.Viewer{}, []int64{old.ID, h.Thread(h.Member, "Ein Faden").ID, 1})
	h.Must(err)
	if len(views) != 1 {
		t.Errorf("%d views", len(views))
	}
}
