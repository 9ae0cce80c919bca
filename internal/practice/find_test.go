package practice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

func (h *house) list(viewer post.Viewer, f practice.Filter) practice.List {
	h.Helper()
	list, err := h.practices.List(h.Ctx, viewer, f)
	h.Must(err)
	return list
}

// counts are the numbers of a facet.
func counts(list practice.List, facet string) map[string]int {
	m := map[string]int{}
	for _, f := range list.Facets[facet] {
		m[f.Value] = f.Count
	}
	return m
}

func TestSearchCompounds(t *testing.T) {
	h := newHouse(t)
	for _, text := range []string{"Serverraumtemperatur", "Rechenzentrumskühlung", "Kaltgangkühlung", "Rechenzentren", "Kühlgeräte"} {
		h.arrive(h.Remote, text, nil, practice.Practice{Revision: 1}, func(r *post.Received) { r.Summary, r.HTML = "Kurz", "<p>Text</p>" })
	}
	for text, want := range map[string][]string{
		"Serverraum":             {"Serverraumtemperatur"},
		"Raumtemperatur":         {"Serverraumtemperatur"},
		"Temperatur Server":      {"Serverraumtemperatur"},
		"Kühlung":                {"Kaltgangkühlung", "Kühlgeräte", "Rechenzentrumskühlung"},
		"Kuehlung":               {"Kaltgangkühlung", "Kühlgeräte", "Rechenzentrumskühlung"},
		"kühlen":                 {"Kaltgangkühlung", "Kühlgeräte", "Rechenzentrumskühlung"},
		"Kühlgerät":              {"Kühlgeräte"},
		"Rechenzentrum":          {"Rechenzentren", "Rechenzentrumskühlung"},
		"Rechenzentrums Kühlung": {"Rechenzentrumskühlung"},
		"kuhl":                   {"Kaltgangkühlung", "Kühlgeräte", "Rechenzentrumskühlung"}, // still typing
	} {
		got := h.titles(post.Viewer{}, practice.Filter{Text: text})
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestFacetsOfStateFigureAndYear(t *testing.T) {
	h := newHouse(t)
	add := func(title, state string, year int, quantities ...string) post.Post {
		p := practice.Practice{Revision: 1, Implementation: state}
		for _, q := range quantities {
			p.Figures = append(p.Figures, practice.Figure{Quantity: q, Unit: "1", After: number(1)})
		}
		return h.arrive(h.Remote, title, nil, p, func(r *post.Received) { r.PublishedAt = time.Date(year, 12, 31, 23, 30, 0, 0, time.UTC) })
	}
	add("a", "completed", 2022, "pue", "pue", "heat")
	add("b", "completed", 2023, "pue")
	add("c", "begun", 2023)
	old := add("d", "begun", 2022, "water")
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE practices SET archived_at = now() WHERE post_id = $1`, old.ID)
	h.Must(err)

	all := h.list(post.Viewer{}, practice.Filter{})
	for facet, want := range map[string]map[string]int{
		"quantity": {"pue": 2, "heat": 1},
		"state":    {"completed": 2, "begun": 1, "archived": 1},
		"year":     {"2023": 1, "2024": 2}, // half past midnight in Berlin
	} {
		if diff := cmp.Diff(want, counts(all, facet)); diff != "" {
			t.Errorf("%s: %s", facet, diff)
		}
	}
	if years := all.Facets["year"]; years[0].Value != "2024" {
		t.Errorf("the newest year does not stand first: %v", years)
	}
	for name, test := range map[string]struct {
		f    practice.Filter
		want []string
	}{
		"figure":             {practice.Filter{Quantity: "pue"}, []string{"b", "a"}},
		"year":               {practice.Filter{Year: "2023"}, []string{"a"}},
		"state":              {practice.Filter{State: "begun"}, []string{"c"}},
		"archive":            {practice.Filter{State: practice.StateArchived}, []string{"d"}},
		"archive and figure": {practice.Filter{State: practice.StateArchived, Quantity: "pue"}, []string{}},
		"both":               {practice.Filter{State: "completed", Year: "2024"}, []string{"b"}},
		"nothing such":       {practice.Filter{Quantity: "'; DROP TABLE posts"}, []string{}},
	} {
		list := h.list(post.Viewer{}, test.f)
		titles := []string{}
		for _, v := range list.Items {
			titles = append(titles, v.Post.Title)
		}
		if diff := cmp.Diff(test.want, titles); diff != "" || list.Total != len(test.want) {
			t.Errorf("%s: %d, %s", name, list.Total, diff)
		}
	}
	// The archive can be left again: its own numbers leave its filter out.
	archive := h.list(post.Viewer{}, practice.Filter{State: practice.StateArchived})
	if diff := cmp.Diff(map[string]int{"completed": 2, "begun": 1, "archived": 1}, counts(archive, "state")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"water": 1}, counts(archive, "quantity")); diff != "" {
		t.Error(diff)
	}
	unarchived := h.list(post.Viewer{}, practice.Filter{Quantity: "pue", State: "begun"})
	if diff := cmp.Diff(map[string]int{"completed": 2}, counts(unarchived, "state")); diff != "" {
		t.Error(diff)
	}
	_, err = h.DB.ExecContext(h.Ctx, `UPDATE practices SET archived_at = NULL WHERE post_id = $1`, old.ID)
	h.Must(err)
	if list := h.list(post.Viewer{}, practice.Filter{}); list.Total != 4 || counts(list, "state")["begun"] != 2 {
		t.Errorf("taken out of the archive: %d of 4, %v", list.Total, list.Facets["state"])
	}
}

func TestListOrders(t *testing.T) {
	h := newHouse(t)
	change := func(quantity, unit string, by float64) practice.Practice {
		return practice.Practice{Revision: 1, Figures: []practice.Figure{{Quantity: quantity, Unit: unit, Change: number(by)}}}
	}
	for i, p := range []practice.Practice{
		change("emissions", "kg/a", -9000), change("emissions", "t/a", -50), change("electricity", "MW.h/a", -700), {Revision: 1}, change("electricity", "GW.h/a", -1),
	} {
		h.arrive(h.Remote, fmt.Sprint("p", i), nil, p, func(r *post.Received) { r.PublishedAt = time.Now().Add(-time.Duration(i) * time.Hour) })
	}
	for order, want := range map[string]string{
		practice.SortEffect: "p1 p0 p4 p2 p3", practice.SortNewest: "p0 p1 p2 p3 p4", "": "p0 p1 p2 p3 p4", "nonsense": "p0 p1 p2 p3 p4",
		practice.SortRelevance: "p0 p1 p2 p3 p4", // nothing is looked for
		practice.SortReused:    "p3 p0 p1 p2 p4",
	} {
		if order == practice.SortReused {
			reuse := func(by account.Account, of, state string) {
				root := h.list(post.Viewer{}, practice.Filter{Text: of}).Items[0].Post
				answer := h.Arrives(by, by.Username+"-"+of, func(r *post.Received) { r.InReplyToURI, r.Role = root.URI, "Reuse" })
				_, err := h.DB.ExecContext(h.Ctx, `INSERT INTO reuses (post_id, state) VALUES ($1, $2)`, answer.ID, state)
				h.Must(err)
			}
			reuse(h.RemoteOther, "p3", "in-use")
			reuse(h.RemoteOther, "p4", "rejected") // none
			reuse(h.Remote, "p4", "rejected")
		}
		if got := strings.Join(h.titles(post.Viewer{}, practice.Filter{Sort: order}), " "); got != want {
			t.Errorf("%q: %s, want %s", order, got, want)
		}
	}
	if got := h.titles(post.Viewer{}, practice.Filter{Text: "Text", Sort: practice.SortRelevance, Offset: 500}); len(got) != 0 {
		t.Errorf("behind the end: %v", got)
	}
}

// A search that finds little says what was probably meant, but never a word that only others may read.
func TestSuggestion(t *testing.T) {
	h := newHouse(t)
	h.arrive(h.Remote, "Abwärmenutzung", nil, practice.Practice{Revision: 1, Level: "kommune"}, nil)
	h.arrive(h.Remote, "Anderes", nil, practice.Practice{Revision: 1, Level: "bund"}, nil)
	h.arrive(h.Remote, "Geheimprojekt", nil, practice.Practice{Revision: 1}, func(r *post.Received) { r.Visibility = post.Network })
	h.arrive(h.Remote, "Folgenprojekt", nil, practice.Practice{Revision: 1}, func(r *post.Received) { r.Visibility = post.Followers })
	withdrawn := h.arrive(h.Remote, "Zurückgezogen", nil, practice.Practice{Revision: 1}, nil)
	h.Must(h.practices.Learn(h.Ctx))
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE posts SET state = 'withdrawn' WHERE id = $1`, withdrawn.ID)
	h.Must(err)
	for name, viewer := range map[string]post.Viewer{"visitor": {}, "member": {AccountID: h.Member.ID}} {
		for typed, want := range map[string]string{
			"Abwärmenutzug": "Abwärmenutzung", "abwermenutzung": "abwärmenutzung", "Geheimprojek": "", "Geheimproject": "", "Folgenproject": "",
			"Zurükgezogen": "", "Abwärmenutzung": "", "Qqqqqqqq": "",
		} {
			if got := h.list(viewer, practice.Filter{Text: typed}).Suggestion; got != want {
				t.Errorf("%s, %q: %q, want %q", name, typed, got, want)
			}
		}
	}
	if got := h.list(post.Viewer{}, practice.Filter{Text: "Abwärmenutzug", Level: "bund"}).Suggestion; got != "" {
		t.Errorf("a suggestion that finds nothing: %q", got)
	}
	if got := h.list(post.Viewer{}, practice.Filter{Text: "Abwärmenutzug", Level: "kommune"}).Suggestion; got == "" {
		t.Error("no suggestion within a facet")
	}
}

func TestLooseSearch(t *testing.T) {
	h := newHouse(t)
	h.arrive(h.Remote, "Abwärme im Hallenbad", nil, practice.Practice{Revision: 1}, nil)
	f := practice.Filter{Text: "Hallenbad Sauna"}
	if list := h.list(post.Viewer{}, f); list.Total != 0 || list.Loose {
		t.Errorf("all words: %d", list.Total)
	}
	f.Loose = true
	if list := h.list(post.Viewer{}, f); list.Total != 1 || !list.Loose {
		t.Errorf("some words: %d %v", list.Total, list.Loose)
	}
	f.Text = "Hallenbad Abwärme"
	if list := h.list(post.Viewer{}, f); list.Total != 1 || list.Loose {
		t.Errorf("both words: %d %v", list.Total, list.Loose)
	}
	f.Text = `"Hallenbad Sauna"`
	if list := h.list(post.Viewer{}, f); list.Total != 0 {
		t.Errorf("a phrase: %d", list.Total)
	}
}

// What only the network or followers may read changes no number and no list of a visitor.
func TestSearchDoesNotLeak(t *testing.T) {
	h := newHouse(t)
	details := practice.Practice{Revision: 1, Level: "bund", Region: "DE-BY", Implementation: "begun", Fields: []practice.Term{{Name: "Geheimfeld"}},
		Figures: []practice.Figure{{Quantity: "emissions", Unit: "t/a", Change: number(-999)}}}
	public := h.arrive(h.Remote, "Abwärme offen", nil, practice.Practice{Revision: 1, Level: "land", Fields: []practice.Term{{Name: "Geheimfeld"}}}, nil)
	for _, v := range []post.Visibility{post.Network, post.Followers, post.Direct, post.Unlisted} {
		h.arrive(h.Remote, "Abwärme "+string(v), nil, details, func(r *post.Received) { r.Visibility = v })
	}
	h.Must(h.practices.Learn(h.Ctx))
	for _, f := range []practice.Filter{{}, {Text: "Abwärme"}, {Text: "Abwärme", Sort: practice.SortRelevance}, {Field: "Geheimfeld"}, {Sort: practice.SortEffect}, {Text: "Abwärme Sauna", Loose: true}} {
		list := h.list(post.Viewer{}, f)
		if list.Total != 1 || len(list.Items) != 1 || len(list.Impact) != 0 || len(list.Facets["state"])+len(list.Facets["region"]) != 0 || counts(list, "field")["Geheimfeld"] != 1 {
			t.Errorf("%+v: %d hits, facets %v, impact %v", f, list.Total, list.Facets, list.Impact)
		}
		if member := h.list(post.Viewer{AccountID: h.Member.ID}, f); member.Total != 2 {
			t.Errorf("%+v: a member finds %d", f, member.Total)
		}
	}
	for _, f := range []practice.Filter{{Level: "bund"}, {Region: "DE-BY"}, {State: "begun"}, {Text: "network"}} {
		if list := h.list(post.Viewer{}, f); list.Total != 0 {
			t.Errorf("%+v: %d", f, list.Total)
		}
	}
	similar, err := h.practices.Similar(h.Ctx, post.Viewer{}, h.byID(public.ID), 10)
	h.Must(err)
	if len(similar) != 0 {
		t.Errorf("similar: %d", len(similar))
	}
	similar, err = h.practices.Similar(h.Ctx, post.Viewer{AccountID: h.Member.ID}, h.byID(public.ID), 10)
	h.Must(err)
	if len(similar) != 1 {
		t.Errorf("similar for a member: %d", len(similar))
	}
	// What becomes private, hidden or withdrawn is gone at once.
	for _, change := range []string{"visibility = 'network'", "visibility = 'public', hidden = true", "hidden = false, state = 'withdrawn'"} {
		_, err := h.DB.ExecContext(h.Ctx, `UPDATE posts SET `+change+` WHERE id = $1`, public.ID)
		h.Must(err)
		if list := h.list(post.Viewer{}, practice.Filter{}); list.Total != 0 || len(list.Facets) != 0 {
			t.Errorf("%s: %d hits, %v", change, list.Total, list.Facets)
		}
	}
}

func TestSimilar(t *testing.T) {
	h := newHouse(t)
	field := func(names ...string) practice.Practice {
		p := practice.Practice{Revision: 1}
		for _, n := range names {
			p.Fields = append(p.Fields, practice.Term{Name: n})
		}
		return p
	}
	self := h.arrive(h.Remote, "Verdunstungskühlung am Rathaus", nil, field("Rechenzentrum"), nil)
	h.arrive(h.Remote, "Papier sparen", nil, field("Organisation"), nil)
	h.arrive(h.Remote, "Kühlung mit Verdunstung", nil, field("Rechenzentrum"), nil)
	h.arrive(h.Remote, "Server abschalten", nil, field("Rechenzentrum", "Software"), nil)
	old := h.arrive(h.Remote, "Verdunstungskühlung, veraltet", nil, field("Rechenzentrum"), nil)
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE practices SET archived_at = now() WHERE post_id = $1`, old.ID)
	h.Must(err)
	h.arrive(h.Remote, "Verdunstungskühlung am Rathaus, intern", nil, field("Rechenzentrum"), func(r *post.Received) { r.Visibility = post.Network })
	h.Must(h.practices.Learn(h.Ctx))
	// What the reader may not see takes nothing else's place.
	if list, err := h.practices.Similar(h.Ctx, post.Viewer{}, h.byID(self.ID), 1); err != nil || len(list) != 1 {
		t.Errorf("the nearest: %d, %v", len(list), err)
	}
	list, err := h.practices.Similar(h.Ctx, post.Viewer{}, h.byID(self.ID), 3)
	h.Must(err)
	titles := []string{}
	for _, v := range list {
		titles = append(titles, v.Post.Title)
	}
	if len(titles) == 0 || titles[0] != "Kühlung mit Verdunstung" || slices.Contains(titles, "Papier sparen") || slices.Contains(titles, "Verdunstungskühlung, veraltet") {
		t.Errorf("similar: %v", titles)
	}
}

// Rows of other rules are written again, and until then what is there is listed.
func TestReindex(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE practice_index SET rules = 0, facets = '{}', packed = '', title = '', words = '', vocabulary = '{}'`)
	h.Must(err)
	if list := h.list(post.Viewer{}, practice.Filter{}); len(list.Facets) != 0 {
		t.Errorf("facets of nothing: %v", list.Facets)
	}
	if got, err := h.practices.Find(h.Ctx, post.Viewer{}, "Kaltgang", 5); err != nil || len(got) != 0 {
		t.Errorf("found %v, %v", got, err)
	}
	n, err := h.practices.Reindex(h.Ctx)
	if err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err = h.practices.Reindex(h.Ctx); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	if got, err := h.practices.Find(h.Ctx, post.Viewer{}, "Kaltgang", 5); err != nil || !slices.Equal(got, []int64{id}) {
		t.Errorf("found %v, %v", got, err)
	}
	if list := h.list(post.Viewer{}, practice.Filter{}); list.Total != 1 || len(list.Impact) != 1 || counts(list, "quantity")["pue"] != 1 {
		t.Errorf("%d, %v, %v", list.Total, list.Impact, list.Facets)
	}
	h.Must(h.practices.Withdraw(h.Ctx, h.Member, id))
	if n := h.Count(`SELECT count(*) FROM practice_index WHERE listed`); n != 0 {
		t.Error("what was withdrawn is listed")
	}
}

// Whatever is asked for, it is answered.
func TestSearchAbuse(t *testing.T) {
	h := newHouse(t)
	h.publish(h.Member, h.draft())
	for _, text := range []string{
		strings.Repeat("a ", 5000), strings.Repeat("kühlung", 1000), strings.Repeat(`"`, 200), strings.Repeat("-", 200), strings.Repeat("or ", 100),
		"%", "_", `\`, "';--", "$1", "a:*&!b", "<->", "((((", "\x00", "\xff\xfe", "🙂", "-", `-"`, `""`, "- - -", "or", "-or", strings.Repeat("(kühlung or ", 50),
	} {
		f := practice.Filter{
			Text: text, Level: text, Region: text, Goal: text, Field: text, Origin: text, Quantity: text, State: text, Year: text, Sort: text,
			Offset: -5, Limit: 1 << 30, Loose: true,
		}
		h.list(post.Viewer{}, f)
		h.list(post.Viewer{AccountID: h.Member.ID}, practice.Filter{Text: text, Sort: practice.SortRelevance, Offset: 1 << 40, Loose: true})
	}
}
