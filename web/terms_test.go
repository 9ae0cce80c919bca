package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// term is the id of a field that may be chosen.
func (h *house) term(t *testing.T, name string) int64 {
	t.Helper()
	list, err := h.Practices.Terms(t.Context(), practice.SchemeField)
	must(t, err)
	i := slices.IndexFunc(list, func(x practice.Term) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("no field %q in %v", name, list)
	}
	return list[i].ID
}

// offered are the fields of the form of a practice.
func (in *curator) offered() []string {
	in.t.Helper()
	list, err := in.Practices.Terms(in.t.Context(), practice.SchemeField)
	must(in.t, err)
	var names []string
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}

// goesTo follows a redirect that is expected.
func (in *curator) goesTo(a answer, want string) {
	in.t.Helper()
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != want {
		in.t.Errorf("%d to %q, want %q: %s", a.StatusCode, a.Header.Get("Location"), want, strings.Join(strings.Fields(a.Find("main").Text()), " "))
	}
}

func words(a answer, selector string) string {
	return strings.Join(strings.Fields(a.Find(selector).Text()), " ")
}

// A term is renamed only after the page has said what changes with it, and nothing that was typed is lost on the way.
func TestRenameTerm(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, _ := in.sample()
	id := in.term(t, "Rechenzentrum")
	form := func(values ...string) url.Values {
		f := url.Values{"scheme": {"field"}, "id": {fmt.Sprint(id)}, "name": {"Serverbetrieb"}, "notation": {"4"}, "description": {"Räume & Server"}}
		for i := 0; i < len(values); i += 2 {
			f.Set(values[i], values[i+1])
		}
		return f
	}
	ask := in.post(termsPath, "editor", form())
	checkPage(t, "rename", ask)
	if got := words(ask, "main"); ask.StatusCode != http.StatusOK || !strings.Contains(got, "„Rechenzentrum“ heißt dann „4 Serverbetrieb“.") ||
		!strings.Contains(got, "1 Praxisbeispiel dieser Instanz") || !strings.Contains(got, "1 Praxisbeispiel einer anderen Instanz") {
		t.Fatalf("%d: %s", ask.StatusCode, got)
	}
	if in.term(t, "Rechenzentrum") != id {
		t.Error("renamed before anybody agreed")
	}
	sent := url.Values{}
	ask.Find("main form input").Each(func(_ int, input *goquery.Selection) {
		sent.Add(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	back := in.post(termsPath, "editor", url.Values{"action": {"edit"}, "scheme": sent["scheme"], "id": sent["id"], "name": sent["name"], "notation": sent["notation"], "description": sent["description"]})
	if got := back.Find(fmt.Sprintf("#f-field-%d-description", id)).Text(); back.StatusCode != http.StatusOK || got != "Räume & Server" {
		t.Errorf("back: %d, %q", back.StatusCode, got)
	}
	if diff := cmp.Diff(form("action", "confirm"), sent); diff != "" {
		t.Errorf("what the question carries (-want +got):\n%s", diff)
	}
	in.goesTo(in.post(termsPath, "editor", sent), termsPath+"#field")
	if got := words(in.get(practiceURL(own), ""), `a[href^="/praxisbeispiele?feld="]`); got != "Serverbetrieb" {
		t.Errorf("the practice says %q", got)
	}
	_, err := in.Practices.Reindex(t.Context()) // what other instances said is found anew by and by
	must(t, err)
	list := in.get("/praxisbeispiele?feld=Rechenzentrum", "")
	if n, now := list.Find("main article.card").Length(), list.Find(`main input[name="feld"]`).AttrOr("value", ""); n != 2 || now != "Serverbetrieb" {
		t.Errorf("an address with the old word finds %d, as %q", n, now)
	}
	// Without other words nothing is asked.
	in.goesTo(in.post(termsPath, "editor", form("description", "Nur anders erklärt")), termsPath+"#field")
	bad := in.post(termsPath, "editor", form("name", "Software", "description", "Bleibt stehen.", "action", "confirm"))
	if got := bad.Find(fmt.Sprintf("#f-field-%d-description", id)).Text(); bad.StatusCode != http.StatusUnprocessableEntity || got != "Bleibt stehen." {
		t.Errorf("taken name: %d %q", bad.StatusCode, got)
	}
	checkPage(t, "a name that is taken", bad)
}

func TestMergeTerms(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	own, _ := in.sample()
	id, into := in.term(t, "Rechenzentrum"), in.term(t, "Zentrale IT-Infrastruktur")
	at := fmt.Sprintf("%s/%d/zusammenfuehren", termsPath, id)
	choose := in.get(at, "editor")
	checkPage(t, "merge", choose)
	if choose.Find(fmt.Sprintf(`option[value="%d"]`, into)).Length() != 1 || choose.Find(fmt.Sprintf(`option[value="%d"]`, id)).Length() != 0 {
		t.Error("what it can go into")
	}
	for _, wrong := range []string{"", "x", "1", fmt.Sprint(id)} {
		if a := in.post(at, "editor", url.Values{"into": {wrong}, "action": {"confirm"}}); a.StatusCode != http.StatusUnprocessableEntity || a.Find(".kern-error").Length() == 0 {
			t.Errorf("into %q: %d", wrong, a.StatusCode)
		}
	}
	ask := in.post(at, "editor", url.Values{"into": {fmt.Sprint(into)}})
	checkPage(t, "merge?", ask)
	if got := words(ask, "main"); !strings.Contains(got, "1 Praxisbeispiel dieser Instanz") || !strings.Contains(got, "lässt sich nicht zurücknehmen") {
		t.Errorf("the question: %s", got)
	}
	if a := in.post(at, "editor", url.Values{"into": {fmt.Sprint(into)}, "action": {"edit"}}); a.Find(fmt.Sprintf(`option[value="%d"][selected]`, into)).Length() != 1 {
		t.Error("the choice is lost on the way back")
	}
	in.goesTo(in.post(at, "editor", url.Values{"into": {fmt.Sprint(into)}, "action": {"confirm"}}), termsPath+"#field")
	if got := words(in.get(practiceURL(own), ""), `a[href^="/praxisbeispiele?feld="]`); got != "Zentrale IT-Infrastruktur" {
		t.Errorf("the practice says %q", got)
	}
	if slices.Contains(in.offered(), "Rechenzentrum") {
		t.Error("still offered")
	}
	page := in.get(termsPath, "editor")
	checkPage(t, "terms", page)
	if got := words(page, ".terms-gone"); got != "Rechenzentrum, jetzt „Zentrale IT-Infrastruktur“" {
		t.Errorf("gone: %q", got)
	}
	if a := in.get(at, "editor"); a.StatusCode != http.StatusConflict {
		t.Errorf("merging it again: %d", a.StatusCode)
	}
}

func TestOrderTerms(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.sample()
	before := in.offered()
	first := in.term(t, before[0])
	page := in.get(termsPath, "editor")
	if page.Find(fmt.Sprintf(`form[action="%s/%d/hoch"]`, termsPath, first)).Length() != 0 || page.Find(fmt.Sprintf(`form[action="%s/%d/runter"]`, termsPath, first)).Length() != 1 {
		t.Error("the first one can go where it cannot")
	}
	in.goesTo(in.post(fmt.Sprintf("%s/%d/runter", termsPath, first), "editor", nil), fmt.Sprintf("%s#begriff-%d", termsPath, first))
	if got := in.offered(); got[0] != before[1] || got[1] != before[0] {
		t.Errorf("order %v", got)
	}
	id := in.term(t, "Rechenzentrum")
	at := fmt.Sprintf("%s/%d/nicht-anbieten", termsPath, id)
	ask := in.get(at, "editor")
	checkPage(t, "retire?", ask)
	if got := words(ask, "main"); !strings.Contains(got, "2 Praxisbeispiele behalten ihn.") {
		t.Errorf("the question: %s", got)
	}
	in.goesTo(in.post(at, "editor", nil), termsPath+"#field")
	if slices.Contains(in.offered(), "Rechenzentrum") {
		t.Error("still offered")
	}
	own := in.publishedWith(id)
	if n := in.get(practiceURL(own)+"/bearbeiten", "editor").Find(fmt.Sprintf(`input[name="fields"][value="%d"][checked]`, id)).Length(); n != 1 {
		t.Error("the form drops a field that is no longer offered")
	}
	in.goesTo(in.post(fmt.Sprintf("%s/%d/anbieten", termsPath, id), "editor", nil), termsPath+"#field")
	if !slices.Contains(in.offered(), "Rechenzentrum") {
		t.Error("not offered again")
	}
}

// publishedWith finds a practice of ours with a term.
func (in *curator) publishedWith(term int64) (id int64) {
	in.t.Helper()
	must(in.t, in.db.GetContext(in.t.Context(), &id, `SELECT pt.post_id FROM practice_terms pt JOIN posts p ON p.id = pt.post_id AND p.local WHERE pt.term_id = $1`, term))
	return id
}

// Lists of another instance are taken over only after the page has said what changes here, and only as they were shown.
func TestAdoptTerms(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.sample()
	kg := remote(account.Group, account.CatalogUsername, "kg.example")
	house := remote(account.Application, "", "kg.example")
	house.CatalogURI = kg.URI
	person := remote(account.Person, "jemand", "kg.example")
	for name, a := range map[string]account.Account{"kg.example": house, kg.URI: kg, "praxis@kg.example": kg, "jemand@kg.example": person, "leer.example": remote(account.Group, "praxis", "leer.example")} {
		in.others.known[name] = a
	}
	said := []taxonomy.Said{
		{URI: "https://kg.example/terms/1", Name: "Rechenzentren"}, {URI: "https://kg.example/terms/2", Name: "Rechenzentrum", ReplacedBy: "https://kg.example/terms/1"},
		{URI: "https://kg.example/terms/3", Name: "SOFTWARE"}, {URI: "https://kg.example/terms/4", Name: "<script>alert(1)</script>"},
	}
	offer := taxonomy.Offer{Scheme: practice.SchemeField, URI: "https://kg.example/g/praxis/collections/fields", Terms: said, Foreign: 2}
	var failure error
	in.TaxonomiesOf = func(_ context.Context, a account.Account) ([]taxonomy.Offer, error) {
		if a.URI != kg.URI {
			return nil, failure
		}
		return []taxonomy.Offer{offer}, failure
	}
	in.serve(t)
	at := termsPath + "/uebernehmen"
	before := in.offered()
	for _, wrong := range []string{"", "kein Name", "nirgends.example", "jemand@kg.example", "leer.example", "localhost", strings.Repeat("x", 5000)} {
		a := in.post(at, "editor", url.Values{"q": {wrong}})
		if a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusNotFound || a.Find("#f-q").AttrOr("value", "") != wrong || a.Find("#f-q-error").Length() != 1 {
			t.Errorf("%.30q: %d %s", wrong, a.StatusCode, words(a, ".kern-error"))
		}
	}
	for _, failure = range []error{fault.New(fault.Unavailable, "error.remote.unavailable"), fault.New(fault.NotFound, "error.remote.not_found"), fault.New(fault.Limited, "error.federation.limited"), fmt.Errorf("no JSON")} {
		if a := in.post(at, "editor", url.Values{"q": {"kg.example"}}); a.StatusCode < 400 || a.StatusCode == http.StatusInternalServerError || a.Find("#f-q-error").Length() != 1 {
			t.Errorf("%v: %d", failure, a.StatusCode)
		}
	}
	failure = nil

	look := in.post(at, "editor", url.Values{"q": {"kg.example"}})
	checkPage(t, "preview", look)
	got := words(look, "main")
	for _, want := range []string{"Listen von kg.example übernehmen?", "„Rechenzentrum“ geht auf in „Rechenzentren“ (1 Praxisbeispiel)", "„Software“ heißt künftig „SOFTWARE“", "<script>alert(1)</script>", "7 eigene Begriffe bleiben", "2 Begriffe der Liste pflegt kg.example selbst nicht."} {
		if !strings.Contains(got, want) {
			t.Errorf("the preview lacks %q: %s", want, got)
		}
	}
	if diff := cmp.Diff(before, in.offered()); diff != "" {
		t.Errorf("changed by looking:\n%s", diff)
	}
	seen := look.Find(`input[name="seen"]`).AttrOr("value", "")
	offer.Terms = append(said[:3:3], taxonomy.Said{URI: "https://kg.example/terms/5", Name: "Netze"})
	again := in.post(at, "editor", url.Values{"q": {"kg.example"}, "seen": {seen}})
	checkPage(t, "preview again", again)
	if again.StatusCode != http.StatusConflict || !strings.Contains(words(again, "main"), "seit der Vorschau geändert") || !slices.Equal(before, in.offered()) {
		t.Errorf("other lists than those shown: %d", again.StatusCode)
	}
	in.goesTo(in.post(at, "editor", url.Values{"q": {"@praxis@kg.example"}, "seen": {again.Find(`input[name="seen"]`).AttrOr("value", "")}}), termsPath)
	if got := in.offered(); !slices.Equal(got[:3], []string{"Rechenzentren", "SOFTWARE", "Netze"}) || len(got) != 10 {
		t.Errorf("now offered: %v", got)
	}
	page := in.get(termsPath, "editor")
	checkPage(t, "terms", page)
	theirs := page.Find(fmt.Sprintf("#begriff-%d", in.term(t, "Netze")))
	if theirs.Find("form").Length() != 0 || !strings.Contains(theirs.Text(), "pflegt kg.example") {
		t.Errorf("theirs can be changed: %s", theirs.Text())
	}
	if own := page.Find(fmt.Sprintf("#begriff-%d", in.term(t, "Beschaffung"))); own.Find(".kern-badge").Text() != "eigener" || own.Find("form").Length() == 0 {
		t.Errorf("ours is not marked: %s", own.Text())
	}
	if a := in.post(termsPath, "editor", url.Values{"scheme": {"field"}, "id": {fmt.Sprint(in.term(t, "Netze"))}, "name": {"Anders"}}); a.StatusCode != http.StatusConflict {
		t.Errorf("changing theirs: %d", a.StatusCode)
	}
	if a := in.get(fmt.Sprintf("%s/%d/zusammenfuehren", termsPath, in.term(t, "Netze")), "editor"); a.StatusCode != http.StatusConflict {
		t.Errorf("merging theirs: %d", a.StatusCode)
	}
	in.goesTo(in.get(termsPath+"/goal/freigeben", "editor"), termsPath+"#goal")
	ask := in.get(termsPath+"/field/freigeben", "editor")
	checkPage(t, "release?", ask)
	in.goesTo(in.post(termsPath+"/field/freigeben", "editor", nil), termsPath+"#field")
	if page := in.get(termsPath, "editor"); page.Find(fmt.Sprintf("#begriff-%d form", in.term(t, "Netze"))).Length() == 0 {
		t.Error("not ours after all")
	}
}
