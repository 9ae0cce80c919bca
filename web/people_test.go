package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

func TestWhoMaySeeWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const login, no, ok = http.StatusSeeOther, http.StatusForbidden, http.StatusOK
	roles := []string{visitorName, "guest", "member", "editor", "moderator", "admin"}
	for path, want := range map[string][]int{
		"/diskussionen":                    {ok, ok, ok, ok, ok, ok},
		"/diskussionen/neu":                {login, no, ok, ok, ok, ok},
		"/mitmachende":                     {ok, ok, ok, ok, ok, ok},
		"/suche":                           {ok, ok, ok, ok, ok, ok},
		"/@member":                         {ok, ok, ok, ok, ok, ok},
		"/@praxis":                         {ok, ok, ok, ok, ok, ok},
		"/bereich":                         {login, ok, ok, ok, ok, ok},
		"/bereich?zeit=bekannt":            {login, ok, ok, ok, ok, ok},
		"/bereich/mitteilungen":            {login, ok, ok, ok, ok, ok},
		"/bereich/entwuerfe":               {login, ok, ok, ok, ok, ok},
		"/bereich/anfragen":                {login, ok, ok, ok, ok, ok},
		"/einstellungen":                   {login, ok, ok, ok, ok, ok},
		"/einstellungen/zugangsschluessel": {login, ok, ok, ok, ok, ok},
		"/einstellungen/sitzungen":         {login, ok, ok, ok, ok, ok},
		"/verwaltung":                      {login, no, no, no, no, ok},
		"/verwaltung/konten":               {login, no, no, no, no, ok},
		"/verwaltung/einladungen":          {login, no, no, no, no, ok},
		"/verwaltung/foederation":          {login, no, no, no, no, ok},
		"/verwaltung/protokoll":            {login, no, no, no, no, ok},
		"/impressum":                       {ok, ok, ok, ok, ok, ok},
		"/datenschutz":                     {ok, ok, ok, ok, ok, ok},
		"/barrierefreiheit":                {ok, ok, ok, ok, ok, ok},
		"/instanz":                         {ok, ok, ok, ok, ok, ok},
		"/ns/vorbild":                      {ok, ok, ok, ok, ok, ok},
	} {
		for i, role := range roles {
			page := h.get(t, role, path)
			if page.StatusCode != want[i] {
				t.Errorf("%s as %q: %d, want %d", path, role, page.StatusCode, want[i])
				continue
			}
			if page.StatusCode == login {
				continue
			}
			if n := page.Find("h1").Length(); n != 1 {
				t.Errorf("%s as %q: %d h1", path, role, n)
			}
			if page.StatusCode == no && page.Find("main form").Length() != 0 {
				t.Errorf("%s as %q: a refused page shows a form", path, role)
			}
		}
	}
}

func TestAdministrationRefusesOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	konto := fmt.Sprintf("/verwaltung/konten/%d", h.people["guest"].ID)
	for path, form := range map[string]url.Values{
		"/verwaltung":                    {"name": {"Übernommen"}, "short_name": {"X"}, "level": {"bund"}},
		konto + "/rolle":                 {"role": {"admin"}},
		konto + "/zustand":               {"state": {"suspended"}},
		konto + "/anmeldelink":           {},
		"/verwaltung/einladungen":        {"role": {"admin"}},
		"/verwaltung/foederation/folgen": {"q": {"bund.example"}},
	} {
		for role, want := range map[string]int{visitorName: http.StatusUnauthorized, "guest": http.StatusForbidden, "editor": http.StatusForbidden, "moderator": http.StatusForbidden} {
			if got := h.post(t, role, path, form).StatusCode; got != want {
				t.Errorf("POST %s as %q: %d, want %d", path, role, got, want)
			}
		}
	}
	o, err := h.Organizations.Get(t.Context())
	must(t, err)
	guest, err := h.Accounts.ByID(t.Context(), h.people["guest"].ID)
	must(t, err)
	if o.Name == "Übernommen" || guest.Role != account.RoleGuest || guest.State != account.Active {
		t.Errorf("carried out: %s, %s, %s", o.Name, guest.Role, guest.State)
	}
}

func TestProfileAndFollow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.discussion(t, "editor", "Messen", "Wie messen Sie?")
	page := h.get(t, "member", "/@editor").wants(t, http.StatusOK)
	if got := page.Find("#adresse").AttrOr("value", ""); got != "@editor@sh.localhost:8402" {
		t.Errorf("handle %q", got)
	}
	if !strings.Contains(page.text("main .post-list"), "Messen") {
		t.Error("posts are missing")
	}
	h.get(t, visitorName, "/@editor@sh.localhost:8402").leadsTo(t, "/@editor")
	h.get(t, visitorName, "/@nobody").wants(t, http.StatusNotFound)
	h.get(t, visitorName, "/@nobody@bund.example").wants(t, http.StatusNotFound)

	h.post(t, "guest", "/@editor/folgen", nil).wants(t, http.StatusForbidden)
	h.post(t, visitorName, "/@editor/folgen", nil).wants(t, http.StatusUnauthorized)
	h.post(t, "member", "/@editor/folgen", url.Values{"weiter": {"//evil.example"}}).leadsTo(t, "/@editor")
	page = h.get(t, "member", "/@editor")
	if got := page.Find("[data-followers]").AttrOr("data-followers", ""); got != "1" {
		t.Errorf("%s followers", got)
	}
	if page.Find("form[action='/@editor/entfolgen']").Length() != 1 || page.Find("form[action='/@editor/folgen']").Length() != 0 {
		t.Error("the button did not change")
	}
	if got := h.get(t, "member", "/bereich").text(".post-list"); !strings.Contains(got, "Messen") {
		t.Errorf("not in the timeline: %q", got)
	}
	h.post(t, "member", "/@editor/entfolgen", nil).leadsTo(t, "/@editor")
	if got := h.get(t, "member", "/@editor").Find("[data-followers]").AttrOr("data-followers", ""); got != "0" {
		t.Errorf("%s followers after leaving", got)
	}
}

func TestMuteAndBlockOnTheProfile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	has := func(page answer, verb string) bool {
		return page.Find("form[action='/@editor/"+verb+"']").Length() == 1
	}
	must(t, h.Accounts.SaveProfile(t.Context(), h.people["editor"], h.people["editor"].ID, account.Profile{
		Fields: &account.Fields{{Name: "Seite", Source: "https://kiel.example/<x>"}},
	}))
	page := h.get(t, "guest", "/@editor").wants(t, http.StatusOK)
	if !has(page, "stummschalten") || !has(page, "blockieren") || has(page, "nicht-mehr-blockieren") {
		t.Error("a stranger's profile lacks the buttons")
	}
	if link := page.Find(".facts a[rel~='me']"); link.AttrOr("href", "") != "https://kiel.example/%3Cx%3E" || link.Text() != "https://kiel.example/<x>" {
		t.Errorf("field: %q to %q", link.Text(), link.AttrOr("href", ""))
	}
	if has(h.get(t, "editor", "/@editor"), "stummschalten") || has(h.get(t, visitorName, "/@editor"), "stummschalten") {
		t.Error("the buttons stand where they make no sense")
	}
	h.post(t, visitorName, "/@editor/blockieren", nil).wants(t, http.StatusUnauthorized)
	h.post(t, "guest", "/@guest/blockieren", nil).wants(t, http.StatusUnprocessableEntity)
	for _, step := range []struct{ do, undo string }{{"stummschalten", "nicht-mehr-stummschalten"}, {"blockieren", "nicht-mehr-blockieren"}} {
		h.post(t, "guest", "/@editor/"+step.do, nil).leadsTo(t, "/@editor")
		if page := h.get(t, "guest", "/@editor"); !has(page, step.undo) || has(page, step.do) {
			t.Errorf("after %s the other button is missing", step.do)
		}
		h.post(t, "guest", "/@editor/"+step.undo, nil).leadsTo(t, "/@editor")
		if page := h.get(t, "guest", "/@editor"); has(page, step.undo) || !has(page, step.do) {
			t.Errorf("after %s the button is missing", step.undo)
		}
	}
	h.post(t, "member", "/@editor/blockieren", nil).leadsTo(t, "/@editor")
	if has(h.get(t, "member", "/@editor"), "folgen") {
		t.Error("one can follow whom one blocks")
	}
}

// The pages of an instance's groups show what stands on their boards.
func TestGroupProfiles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	in.discussion(t, "editor", "Messen", "Wie messen Sie?")
	in.post("/praxisbeispiele/neu", "member", filled())
	for group, want := range map[string]string{"forum": "Messen", "praxis": "Strom am Arbeitsplatz sparen"} {
		titles := in.house.get(t, visitorName, "/@"+group).wants(t, http.StatusOK).Find(".post-list .post__title")
		if titles.Length() != 1 || titles.Text() != want {
			t.Errorf("@%s shows %q, want only %q", group, titles.Text(), want)
		}
	}
	page := in.house.get(t, visitorName, "/mitmachende").wants(t, http.StatusOK)
	if got := page.Find(".instance a[href='/praxisbeispiele?herkunft=local']").Text(); got != "1 Praxisbeispiel" {
		t.Errorf("our instance counts %q", got)
	}
}

func TestProfileAsActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "editor", "Messen", "Wie messen Sie?")
	for path, want := range map[string]string{
		"/@editor":                               h.people["editor"].URI,
		"/instanz":                               houseURL + "/actor",
		fmt.Sprintf("/diskussionen/%d", root.ID): root.URI,
	} {
		r := httptest.NewRequest(http.MethodGet, houseURL+path, nil)
		r.Header.Set("Accept", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
		h.do(t, visitorName, r).leadsTo(t, want)
	}
}

func TestApprovedFollowers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must(t, h.Accounts.UpdateProfile(t.Context(), h.people["editor"], h.people["editor"].ID, "Stelle editor", "", true, "de"))
	h.post(t, "member", "/@editor/folgen", nil).wants(t, http.StatusSeeOther)
	if got := h.get(t, "member", "/@editor").text(".profile__side"); !strings.Contains(got, "Angefragt") {
		t.Errorf("state of the request: %s", got)
	}
	requests := h.get(t, "editor", "/bereich/anfragen").wants(t, http.StatusOK)
	action := requests.Find("main form.row__actions").AttrOr("action", "")
	if action == "" || requests.text(".tabs .count") != "1" {
		t.Fatalf("the request does not wait: %s", requests.text("main"))
	}
	h.post(t, "admin", action, url.Values{"antwort": {"annehmen"}}).wants(t, http.StatusForbidden)
	h.post(t, "editor", action, url.Values{"antwort": {"annehmen"}}).leadsTo(t, "/bereich/anfragen")
	if got := h.get(t, "member", "/@editor").text(".profile__side"); !strings.Contains(got, "Sie folgen") {
		t.Errorf("after the answer: %s", got)
	}
}

func TestSearchLeadsToWhatAnAddressNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	root := h.discussion(t, "member", "Messen", "Wie messen Sie?")
	answer := h.reply(t, "guest", root, "Mit Zählern.")
	bund := remote(account.Person, "green-it", "bund.example")
	h.others.known[bund.Handle()], h.others.known[bund.URL] = bund, bund
	h.others.instance("vitako.example")
	fetched := false
	h.FetchPost = func(_ context.Context, address string) (post.Post, error) {
		if address == "https://bund.example/notes/1" {
			fetched = true
			return root, nil
		}
		return post.Post{}, fault.New(fault.NotFound, "error.post.not_found")
	}
	h.serve(t)
	search := func(role, q string) answerOf { return answerOf{h.get(t, role, "/suche?q="+url.QueryEscape(q))} }

	// What is known here leads visitors too.
	search(visitorName, "@member@sh.localhost:8402").leadsTo(t, "/@member")
	search(visitorName, "@member").leadsTo(t, "/@member")
	search(visitorName, root.URI).leadsTo(t, fmt.Sprintf("/diskussionen/%d", root.ID))
	search(visitorName, answer.URI).leadsTo(t, fmt.Sprintf("/diskussionen/%d#beitrag-%d", root.ID, answer.ID))
	search(visitorName, houseURL+"/mitmachende").leadsTo(t, "/mitmachende")
	search(visitorName, h.people["member"].URI).leadsTo(t, "/@member")
	search(visitorName, "sh.localhost:8402").leadsTo(t, "/instanz")
	h.get(t, visitorName, strings.TrimPrefix(h.Posts.TagURL("Kühlung"), houseURL)).leadsTo(t, "/suche?q=%23K%C3%BChlung")
	search(visitorName, h.Posts.TagURL("Kühlung")).leadsTo(t, "/tags/K%C3%BChlung")

	// A hashtag finds the posts that bear it, and of those only what the reader may see.
	for _, v := range []post.Visibility{post.Public, post.Followers} {
		_, err := h.Posts.Create(t.Context(), h.people["editor"], post.Draft{Title: "Zur Kühlung", Source: "#Kühlung " + string(v), Visibility: v})
		must(t, err)
	}
	if found := search(visitorName, "#kühlung").wants(t, http.StatusOK).Find("#treffer-beitraege ~ *").Text(); !strings.Contains(found, "public") || strings.Contains(found, "followers") {
		t.Errorf("posts with a hashtag: %q", found)
	}

	// Visitors and guests do not make us ask others.
	for _, role := range []string{visitorName, "guest"} {
		for _, q := range []string{"@green-it@bund.example", bund.URL, "vitako.example", "https://bund.example/notes/1"} {
			if page := search(role, q).wants(t, http.StatusOK); page.Find("main .kern-alert").Length() != 1 {
				t.Errorf("%q as %q: no explanation", q, role)
			}
		}
	}
	if len(h.others.asked) != 0 || fetched {
		t.Fatalf("asked others for a visitor: %v", h.others.asked)
	}

	search("member", "@green-it@bund.example").leadsTo(t, "/@green-it@bund.example")
	search("member", bund.URL).leadsTo(t, "/@green-it@bund.example")
	search("member", "https://bund.example/notes/1").leadsTo(t, fmt.Sprintf("/diskussionen/%d", root.ID))
	for _, q := range []string{"@nobody@bund.example", "https://bund.example/nothing", "fern.example"} {
		page := search("member", q).wants(t, http.StatusOK)
		if !strings.Contains(page.text("main .kern-alert"), q) {
			t.Errorf("%q: %s", q, page.text("main"))
		}
	}
	words := search(visitorName, "Stelle").wants(t, http.StatusOK)
	if words.Find("main a[href='/@member']").Length() != 1 {
		t.Errorf("people by name: %s", words.text("main"))
	}
	for _, q := range []string{"", "  ", strings.Repeat("x", 5000), "@", "@@", "a@b@c", "https://", "http://[", "%", "\x00", "'; DROP TABLE posts; --"} {
		if got := search("member", q).StatusCode; got != http.StatusOK {
			t.Errorf("search for %.20q: %d", q, got)
		}
	}
}

func TestLookupsAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// While this lasts, some more are allowed.
	tries, said := 0, ""
	for ; !strings.Contains(said, "warten"); tries++ {
		if tries > 10*account.LookupsPerMinute {
			t.Fatalf("asked others %d times; it says %s", len(h.others.asked), said)
		}
		said = h.get(t, "member", fmt.Sprintf("/suche?q=@a%d@fern.example", tries)).wants(t, http.StatusOK).text("main .kern-alert")
	}
	asked := len(h.others.asked)
	if asked != tries-1 || asked < account.LookupsPerMinute {
		t.Errorf("asked others %d times for %d searches", asked, tries)
	}
	h.get(t, "member", "/suche?q=@editor").leadsTo(t, "/@editor") // what is known here stays within reach
	h.get(t, "editor", "/suche?q=@b@fern.example")
	if len(h.others.asked) != asked+1 {
		t.Error("one account's searches hold up another's")
	}
}

// answerOf lets a closure be used like the house.
type answerOf struct{ answer }

func TestFollowInstance(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.others.instance("vitako.example")
	find := "/suche?q=vitako.example"
	if page := h.get(t, "member", find).wants(t, http.StatusOK); page.Find("main form[action$='folgen']").Length() != 0 || page.Find("main .rows a").Length() != 2 {
		t.Errorf("a member sees catalogue and forum, and cannot follow for the instance: %s", page.text("main"))
	}
	page := h.get(t, "editor", find).wants(t, http.StatusOK)
	form := page.Find("main form[action$='/folgen']")
	if form.Find("input[name=als]").AttrOr("value", "") != "catalog" {
		t.Fatalf("no way to follow the instance: %s", page.text("main"))
	}
	action := form.AttrOr("action", "")
	h.post(t, "member", action, url.Values{"als": {"catalog"}}).wants(t, http.StatusForbidden)
	h.post(t, "editor", action, url.Values{"als": {"catalog"}, "weiter": {find}}).leadsTo(t, find)

	catalog, err := h.Accounts.Catalog(t.Context())
	must(t, err)
	sent, err := h.Follows.Sent(t.Context(), catalog.ID)
	must(t, err)
	got := map[string]bool{}
	for _, f := range sent {
		got[f.Account.Handle()] = true
	}
	if diff := cmp.Diff(map[string]bool{"praxis@vitako.example": true, "forum@vitako.example": true}, got); diff != "" {
		t.Errorf("followed (-want +got):\n%s", diff)
	}
	if got := h.get(t, "editor", find).text("main"); !strings.Contains(got, "angefragt") {
		t.Errorf("state: %s", got)
	}
	if got := h.get(t, visitorName, "/mitmachende").text("main"); !strings.Contains(got, "vitako.example") || !strings.Contains(got, "angefragt") {
		t.Errorf("participants: %s", got)
	}
	// One catalogue, from its profile.
	h.post(t, "editor", "/@praxis@vitako.example/entfolgen", url.Values{"als": {"catalog"}}).leadsTo(t, "/@praxis@vitako.example")
	sent, err = h.Follows.Sent(t.Context(), catalog.ID)
	must(t, err)
	if len(sent) != 1 {
		t.Errorf("%d follows left, want 1", len(sent))
	}
}

func TestAboutPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.get(t, visitorName, "/instanz").wants(t, http.StatusOK)
	for _, want := range []string{"1.2.3", "5 Konten", "EUPL"} {
		if !strings.Contains(page.text("main"), want) {
			t.Errorf("%q is missing: %s", want, page.text("main"))
		}
	}
	if got := page.Find("#adresse-katalog").AttrOr("value", ""); got != "@praxis@sh.localhost:8402" {
		t.Errorf("catalogue %q", got)
	}
	r := httptest.NewRequest(http.MethodGet, houseURL+"/ns/vorbild", nil)
	r.Header.Set("Accept", "application/ld+json")
	res := h.do(t, visitorName, r).wants(t, http.StatusOK)
	var doc struct {
		Context map[string]any `json:"@context"`
	}
	if err := json.Unmarshal([]byte(res.body), &doc); err != nil || doc.Context["vb"] != vocabularyNamespace || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/ld+json") {
		t.Errorf("context: %v %s", err, res.body)
	}
}

func TestCommonEnd(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"Praxisbeispiele Schleswig-Holstein", "Diskussionen Schleswig-Holstein", "Schleswig-Holstein"},
		{"Praxisbeispiele KG Green-IT", "Diskussionen KG Green-IT", "KG Green-IT"},
		{"praxis", "forum", ""},
		{"Alles", "Alles", "Alles"},
	} {
		if got := commonEnd(c[0], c[1]); got != c[2] {
			t.Errorf("%q and %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
