package app_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/mattn/go-mastodon"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// The main job, from an invitation to the aggregate view: a person registers a passkey in a real browser and publishes;
// another instance comments; the KG accepts; the author is told; a change and a withdrawal reach the KG. Every page that
// is passed is searched for barriers.
func TestJourney(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	vitako := startInstance(t, "vitako", organization.Organization{Name: "VITAKO", ShortName: "VITAKO", Level: organization.LevelVerband})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	everyone := []*instance{sh, vitako, kg}
	editors := map[*instance]string{}
	for _, i := range everyone {
		editors[i] = i.member("redaktion", account.RoleEditor)
	}
	for _, i := range everyone {
		for _, other := range everyone {
			if i != other {
				i.followInstance(other, editors[i])
			}
		}
	}
	b := startBrowser(t)

	// An invitation, a passkey, and the way back in with it.
	invitation, err := sh.Auth.Invite(t.Context(), account.Operator(), account.RoleMember, "Green-IT-Stelle", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b.open(sh.url("/einladung/" + invitation))
	b.barriers("invitation")
	b.run("register", fill("username", "green-it"), fill("display_name", "Green-IT-Stelle"), fill("name", "Dienstrechner"),
		click("[data-passkey-start]"))
	b.waitPath("/bereich")
	eval[int](b, "log out", `document.querySelector("form[action='/abmelden']").submit(), 0`)
	b.waitPath("/$")
	b.open(sh.url("/bereich"))
	b.waitPath("/anmelden")
	b.barriers("login")
	b.run("log in", click("[data-passkey-start]"))
	b.waitPath("/bereich")
	if resp, _ := sh.get("/einladung/"+invitation, ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a used invitation answers %s", resp.Status)
	}

	// Publishing: a mistake first, which keeps what was typed; then complete.
	b.open(sh.url("/praxisbeispiele/neu"))
	b.barriers("form")
	b.run("publish with gaps", fill("title", "Serverräume wärmer betreiben"), click("button.kern-btn[name=action][value=publish]"))
	b.run("error summary", chromedp.WaitVisible(chromedp.CSS(".error-summary")))
	b.barriers("form with mistakes")
	if title := eval[string](b, "kept", `document.querySelector("[name=title]").value`); title != "Serverräume wärmer betreiben" {
		t.Errorf("after a mistake the title is %q", title)
	}
	b.run("publish",
		fill("summary", "Höhere Temperaturen sparen Kühlenergie, ohne die Geräte zu gefährden."),
		fill("source", "## Vorgehen\n\nGrad für Grad von 20 auf 24 °C."),
		chromedp.SetValue(chromedp.CSS("[name='figures.0.quantity']"), "electricity"),
		chromedp.SetValue(chromedp.CSS("[name='figures.0.unit']"), "MW.h/a"),
		fill("figures.0.before", "120,5"), fill("figures.0.after", "70"),
		click("button.kern-btn[name=action][value=publish]"))
	path := b.waitPath(`^/praxisbeispiele/\d+$`)
	uri := sh.url("/practices/" + strings.TrimPrefix(path, "/praxisbeispiele/"))
	b.barriers("own practice")

	// It stands complete on the others, with its origin.
	for _, i := range []*instance{vitako, kg} {
		_, page := i.get(i.pageOf(uri), "")
		text := strings.Join(strings.Fields(page.Find("main").Text()), " ")
		for _, want := range []string{"Serverräume wärmer betreiben", "Höhere Temperaturen sparen Kühlenergie", "Grad für Grad", "120,5", "70", "Schleswig-Holstein"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not show %q", i.slug, want)
			}
		}
		if page.Find("main a[href='"+sh.url(path)+"']").Length() == 0 {
			t.Errorf("%s does not link the origin %s", i.slug, sh.url(path))
		}
	}

	// A comment from VITAKO reaches the origin and, through its group, the KG.
	commenter := vitako.member("rechenzentrum", account.RoleMember)
	id := vitako.pageOf(uri)[len("/praxisbeispiele/"):]
	vitako.post("/beitraege", commenter, url.Values{"in_reply_to": {id}, "source": {"Wie haben Sie die **Einhausung** gelöst?"}, "visibility": {"public"}})
	for _, i := range []*instance{sh, kg} {
		within(t, "the comment stands at "+i.slug, func() bool {
			_, page := i.get(i.pageOf(uri), "")
			return strings.Contains(page.Find("main").Text(), "Wie haben Sie die Einhausung gelöst?")
		})
	}

	// The KG's editor accepts at the desk; the aggregate view sums up; the author is told.
	link, err := kg.Auth.LoginLink(t.Context(), account.Operator(), mustByUsername(t, kg, "redaktion").ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b.open(kg.url("/anmeldelink/" + link))
	b.barriers("login link")
	b.run("use the link", click("main form button[type=submit]"))
	b.waitPath("/einstellungen/zugangsschluessel")
	b.barriers("passkeys")
	b.open(kg.url("/redaktion"))
	b.barriers("desk")
	b.press("form[action$='/annehmen'] button", ".desk__last")
	b.open(kg.url("/ueberblick"))
	b.barriers("overview")
	if text := b.text("main"); !strings.Contains(text, "Serverräume wärmer betreiben") || !strings.Contains(text, "50,5") {
		t.Errorf("the overview does not show the accepted practice and its sum:\n%s", text)
	}
	within(t, "the author hears of the curation", func() bool {
		list, err := sh.Notifications.Unread(t.Context(), mustByUsername(t, sh, "green-it").ID)
		return err == nil && list >= 2 // the comment and the curation
	})
	b.open(sh.url("/bereich/mitteilungen"))
	b.barriers("notifications")
	if text := b.text("main"); !strings.Contains(text, "KG Green-IT") {
		t.Errorf("the author's notifications do not name the KG:\n%s", text)
	}

	// A change at the origin is visible at the KG, as a change since the curation; so is the withdrawal.
	b.open(sh.url(path + "/bearbeiten"))
	b.run("change", fill("title", "Serverräume deutlich wärmer betreiben"), click("button.kern-btn[name=action][value=publish]"))
	b.waitPath(path + "$")
	within(t, "the KG shows the change", func() bool {
		_, page := kg.get("/redaktion?stand=changed", editors[kg])
		return strings.Contains(page.Find("main").Text(), "Serverräume deutlich wärmer betreiben")
	})
	b.open(sh.url(path + "/verlauf"))
	b.barriers("history")
	b.open(sh.url(path + "/zurueckziehen"))
	b.barriers("withdraw")
	b.run("withdraw", click("main form button[type=submit]"))
	within(t, "the withdrawal reaches everyone", func() bool {
		return !slices.ContainsFunc(everyone, func(i *instance) bool {
			_, page := i.get("/praxisbeispiele", "")
			_, overview := kg.get("/ueberblick", "")
			return strings.Contains(page.Find("main").Text()+overview.Find("main").Text(), "Serverräume deutlich")
		})
	})
	if resp, _ := sh.get(path, ""); resp.StatusCode != http.StatusGone {
		t.Errorf("the withdrawn practice answers %s at its origin", resp.Status)
	}
}

func mustByUsername(t *testing.T, i *instance, name string) account.Account {
	t.Helper()
	a, err := i.Accounts.ByUsername(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Every page of every role, with content, in both widths, light and dark.
func TestNoBarriersAnywhere(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	admin := kg.member("verwaltung", account.RoleAdmin)
	location := kg.post("/praxisbeispiele/neu", admin, url.Values{
		"title": {"Abwärme nutzen"}, "summary": {"Die Abwärme des Rechenzentrums heizt zwei Schulen."}, "source": {"## Vorgehen\n\n1. messen\n2. anschließen\n\n| a | b |\n|---|---|\n| 1 | 2 |"},
		"level": {"kommune"}, "region": {"DE-SH"}, "implementation": {"advanced"}, "licence": {"https://www.govdata.de/dl-de/by-2-0"}, "language": {"de"}, "action": {"publish"},
		"figures.0.quantity": {"heat"}, "figures.0.name": {"Wärme"}, "figures.0.unit": {"MW.h/a"}, "figures.0.change": {"-180"},
	})
	practice := strings.Split(location, "?")[0]
	practiceID := practice[strings.LastIndex(practice, "/")+1:]
	thread := kg.post("/beitraege", admin, url.Values{"title": {"Wer hat Erfahrung?"}, "source": {"Bitte **melden**, auch @nachhaltigkeitsbeauftragte@rechenzentrum-der-kommunen.example:8503.\n\n> Zitat"}, "visibility": {"public"}})
	comment := kg.post("/beitraege", admin, url.Values{"in_reply_to": {practiceID}, "source": {"Eine Ergänzung."}, "visibility": {"public"}})
	commentID := comment[strings.LastIndex(comment, "-")+1:]
	within(t, "the practice is on the desk", func() bool {
		_, page := kg.get("/redaktion", admin)
		return strings.Contains(page.Find("main").Text(), "Abwärme nutzen")
	})
	kg.post("/redaktion/"+practiceID+"/annehmen", admin, nil)
	kg.member("gast", account.RoleGuest)
	guest, administrator := mustByUsername(t, kg, "gast"), mustByUsername(t, kg, "verwaltung")
	reportedPost, err := strconv.ParseInt(commentID, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	about, err := kg.Moderation.Submit(t.Context(), guest, moderation.Draft{
		TargetID: administrator.ID, PostIDs: []int64{reportedPost}, Category: moderation.Spam, Comment: "Das ist Werbung.",
	})
	if err != nil {
		t.Fatal(err)
	}
	person, err := kg.Moderation.Submit(t.Context(), administrator, moderation.Draft{TargetID: guest.ID})
	if err != nil {
		t.Fatal(err)
	}

	strange := kg.ruled()
	received := kg.eventful(administrator, guest, reportedPost)

	asked := kg.fromClient(kg.member("fragestelle", account.RoleMember))
	kg.post("/beitraege/"+commentID+"/merken", admin, nil)

	// A program asks for everything.
	program, secret, err := kg.OAuth.Register(t.Context(), oauth.Registration{Name: "Ein Programm", Website: "https://programm.example", RedirectURIs: []string{oauth.OutOfBand}, Scopes: "read write follow push"})
	if err != nil {
		t.Fatal(err)
	}
	asks := "/oauth/authorize?" + url.Values{"client_id": {program.ClientID}, "redirect_uri": {oauth.OutOfBand}, "response_type": {"code"}, "scope": {program.Scopes}}.Encode()

	public := []string{"/", "/ueberblick", "/ueberblick?land=DE-SH", "/einbetten?anzahl=3", "/praxisbeispiele", "/praxisbeispiele?q=abw%C3%A4rme&level=kommune", "/praxisbeispiele?q=nichtsdergleichen", practice,
		practice + "/verlauf", practice + ".html", "/diskussionen", thread, asked[0], asked[1], "/mitmachende", "/suche?q=abw%C3%A4rme", "/@praxis", "/@verwaltung", "/anmelden", "/impressum", "/datenschutz",
		"/barrierefreiheit", "/instanz", "/instanz/regeln", "/ns/vorbild", "/gibt-es-nicht", "/einladung/unbekannt"}
	internal := []string{"/", "/bereich", "/bereich?zeit=lokal", "/bereich?zeit=alle", "/bereich/mitteilungen", "/bereich/gemerkt", "/bereich/entwuerfe", "/bereich/anfragen", "/praxisbeispiele/neu", asked[0], asked[1], "/@fragestelle",
		practice, practice + "/bearbeiten", practice + "/zurueckziehen", "/diskussionen/neu", thread, "/beitraege/" + commentID + "/bearbeiten", "/beitraege/" + commentID + "/antworten",
		"/beitraege/" + commentID + "/loeschen", "/einstellungen", "/einstellungen/zugangsschluessel", "/einstellungen/sitzungen", "/einstellungen/programme", "/einstellungen/umzug", "/@gast", "/@verwaltung", asks, strings.Replace(asks, "%3Aoob", "", 1),
		"/redaktion", "/redaktion?stand=accepted",
		"/redaktion/" + practiceID, "/redaktion/begriffe", "/verwaltung", "/verwaltung/konten", "/verwaltung/einladungen", "/verwaltung/foederation", "/verwaltung/foederation/zustellung", "/verwaltung/protokoll",
		"/verwaltung/regeln", "/verwaltung/regeln/regel", "/verwaltung/regeln/regel?domain=boese.example", "/verwaltung/regeln/import", "/@werbung@fern.example", fmt.Sprintf("/beitraege/%d/ausblenden", strange.ID),
		"/verwaltung/meldungen", "/verwaltung/meldungen?stand=abgeschlossen", fmt.Sprintf("/verwaltung/meldungen/%d", about.ID),
		fmt.Sprintf("/verwaltung/meldungen/%d", person.ID), fmt.Sprintf("/verwaltung/meldungen/%d", received), "/@werbung@fern.example/melden",
		fmt.Sprintf("/beitraege/%d/melden", strange.ID), fmt.Sprintf("/verwaltung/konten/%d", guest.ID), fmt.Sprintf("/verwaltung/konten/%d/schliessen", guest.ID)}

	listed := kg.listed(administrator)
	public = append(public, listed...)
	internal = append(internal, "/redaktion/verzeichnis", strings.Replace(listed[1], "/", "/redaktion/", 1), "/redaktion/verzeichnis/neu?art=netzwerk", "/redaktion/verzeichnis/neu?art=ansprechperson")
	internal = append(internal, kg.laned(administrator)...)
	internal = append(internal, kg.worldly(administrator)...)

	b := startBrowser(t)
	b.everyPage(kg, "visitor", public)
	link, err := kg.Auth.LoginLink(t.Context(), account.Operator(), administrator.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b.open(kg.url("/anmeldelink/" + link))
	b.run("use the link", click("main form button[type=submit]"))
	b.waitPath("/einstellungen")
	b.open(kg.url(asks))
	b.run("allow", click("[value=erlauben]"), chromedp.WaitVisible(chromedp.CSS("#code")))
	b.barriers("code")
	if _, _, err := kg.OAuth.Exchange(t.Context(), oauth.TokenRequest{
		GrantType: "authorization_code", ClientID: program.ClientID, ClientSecret: secret, RedirectURI: oauth.OutOfBand,
		Code: eval[string](b, "code", `document.querySelector("#code").value`),
	}); err != nil {
		t.Fatal(err)
	}
	b.everyPage(kg, "administration", internal)
}

// fromClient publishes, as programs do, a poll and an image with its description, and returns the pages they stand on.
func (i *instance) fromClient(token string) (pages [2]string) {
	i.t.Helper()
	client := mastodon.NewClient(&mastodon.Config{Server: i.Config.BaseURL, AccessToken: token})
	client.Client = *loopback
	media, err := client.UploadMediaFromMedia(i.t.Context(), &mastodon.Media{
		File: bytes.NewReader(picturePNG()), Description: "Messwerte der Kühlung von Januar bis Juni: der Strombedarf sinkt um ein Viertel.",
	})
	if err != nil {
		i.t.Fatal(err)
	}
	for n, toot := range []*mastodon.Toot{
		{Status: "Welche Temperatur hat Ihr Serverraum?", Poll: &mastodon.TootPoll{Options: []string{"bis 24 Grad", "25 bis 27 Grad", "mehr"}, ExpiresInSeconds: 86400}},
		{Status: "Unsere Messwerte", SpoilerText: "Vorläufige Zahlen", MediaIDs: []mastodon.ID{media.ID}},
	} {
		status, err := client.PostStatus(i.t.Context(), toot)
		if err != nil {
			i.t.Fatal(err)
		}
		pages[n] = strings.TrimPrefix(status.URL, i.Config.BaseURL)
	}
	return pages
}

// everyPage searches the pages for barriers, wide and narrow, and their colours also in the dark: nothing else changes there.
func (b *browser) everyPage(i *instance, who string, paths []string) {
	b.t.Helper()
	for _, path := range paths {
		b.look(1280, "light")
		b.open(i.url(path))
		b.barriers(who + " " + path)
		b.fits(path, 1280)
		b.look(1280, "dark")
		b.barriers(who+" "+path+" in the dark", "cat.color")
		b.look(390, "light")
		b.barriers(who + " " + path + " on a phone")
		b.fits(path, 390)
		b.look(320, "light") // 400 % of 1280
		b.fits(path, 320)
	}
	b.look(1280, "light")
}

// fits checks that the page is read without scrolling sideways.
func (b *browser) fits(path string, width int64) {
	b.t.Helper()
	if overflow := eval[int](b, "width", "document.documentElement.scrollWidth - document.documentElement.clientWidth"); overflow > 0 {
		b.t.Errorf("%s at %d px is %d px too wide", path, width, overflow)
	}
	if width > 390 {
		return
	}
	// On a phone a table has no columns that lie outside of what is seen.
	if tables := eval[int](b, "tables", `[...document.querySelectorAll(".table-scroll")].filter((t) => t.scrollWidth > t.clientWidth).length`); tables > 0 {
		b.t.Errorf("%s at %d px has %d tables that scroll sideways", path, width, tables)
	}
}

// eventful lets somebody move, something be pinned, and another server report; it returns the number of that report.
func (i *instance) eventful(who, mover account.Account, postID int64) int64 {
	i.t.Helper()
	ctx := i.t.Context()
	must := func(err error) {
		i.t.Helper()
		if err != nil {
			i.t.Fatal(err)
		}
	}
	must(i.Accounts.AddAlias(ctx, who, mover))
	target, err := i.Accounts.ByID(ctx, who.ID)
	must(err)
	must(i.Accounts.MoveTo(ctx, mover, target))
	must(i.Posts.Pin(ctx, who, postID))
	must(i.Moderation.Receive(ctx, moderation.Received{
		Host: "landesrechenzentrum-der-kommunen.example", URI: "https://landesrechenzentrum-der-kommunen.example/actor#flag-1", TargetID: mover.ID, Comment: "Werbung",
	}))
	var id int64
	must(i.DB.GetContext(ctx, &id, `SELECT id FROM reports WHERE host <> ''`))
	return id
}

// ruled gives the instance rules that everyone may read, and a post of another one that moderators could hide.
func (i *instance) ruled() post.Post {
	i.t.Helper()
	ctx, far := i.t.Context(), "fern.example"
	must := func(err error) {
		i.t.Helper()
		if err != nil {
			i.t.Fatal(err)
		}
	}
	for _, r := range []peer.Rule{
		{Domain: "boese.example", Severity: peer.Suspend, PublicComment: "Hetze und Betrug", Obfuscate: true, RejectReports: true},
		{Domain: far, Severity: peer.Silence, PublicComment: "viel Werbung", RejectMedia: true}, {Domain: "bund.example", Network: true},
	} {
		_, err := i.Rules.Save(ctx, account.Operator(), r, false)
		must(err)
	}
	must(i.Rules.SavePolicy(ctx, account.Operator(), peer.Policy{Mode: peer.Open, RulesPublic: true}))
	uri := "https://" + far + "/u/werbung"
	a, err := i.Accounts.Receive(ctx, account.Account{Username: "werbung", Domain: &far, URI: uri, Kind: account.Person, DisplayName: "Werbung", InboxURI: uri + "/inbox"})
	must(err)
	p, _, err := i.Posts.Receive(ctx, post.Received{
		URI: "https://" + far + "/notes/1", AuthorID: a.ID, Kind: post.Note, Visibility: post.Public, HTML: "<p>Kauft!</p>", Language: "de", PublishedAt: time.Now(),
	}, nil)
	must(err)
	return p
}
