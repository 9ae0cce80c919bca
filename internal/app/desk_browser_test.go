package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// lands puts a practice of another administration on the desk, or a further version of it.
func (i *instance) lands(title string, revision int, details practice.Practice) post.Post {
	i.t.Helper()
	ctx := i.t.Context()
	host := "vitako.example"
	uri := "https://" + host + "/u/rechenzentrum"
	author, err := i.Accounts.Receive(ctx, account.Account{Username: "rechenzentrum", Domain: &host, URI: uri, Kind: account.Person, DisplayName: "Rechenzentrum", InboxURI: uri + "/inbox"})
	if err != nil {
		i.t.Fatal(err)
	}
	details.Revision, details.Level, details.Region, details.OrganizationName = revision, organization.LevelKommune, "DE-NW", "regio iT, Aachen"
	edited := time.Now().Add(-time.Hour + time.Duration(revision)*time.Minute)
	p, _, err := i.Posts.Receive(ctx, post.Received{
		URI: uri + "/" + strings.ToLower(strings.ReplaceAll(title, " ", "-")), AuthorID: author.ID, Kind: post.Article, Visibility: post.Public, Language: "de",
		Title: title, Summary: "Jedes Grad mehr im Serverraum spart Kühlenergie, ohne dass Geräte leiden.",
		HTML:        fmt.Sprintf("<p>Wir haben die Temperatur angehoben.</p><p>Stand %d.</p>", revision),
		PublishedAt: time.Now().Add(-2 * time.Hour), UpdatedAt: &edited,
	}, func(tx *sqlx.Tx, p post.Post) error { return i.Practices.Receive(ctx, tx, p, details) })
	if err != nil {
		i.t.Fatal(err)
	}
	if err := i.Curation.Arrived(ctx, p.ID); err != nil {
		i.t.Fatal(err)
	}
	return p
}

// TestDeskByKeys decides with nothing but the keyboard, takes it back, and finds each decision in the log and under its address.
func TestDeskByKeys(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "Kooperationsgruppe Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	editor := kg.member("redaktion", account.RoleEditor)
	first := kg.lands("Serverraum mit Außenluft kühlen", 1, practice.Practice{})
	second := kg.lands("Serverraum wärmer betreiben", 1, practice.Practice{ReuseOf: first.URI})
	third := kg.lands("Drucker zentral beschaffen", 1, practice.Practice{})
	b := startBrowser(t)
	b.enter(kg, "redaktion")
	b.everyPage(kg, "editor", []string{"/redaktion", fmt.Sprintf("/redaktion/%d", first.ID), "/redaktion/entscheidungen"})

	press := func(key string) {
		b.run("press "+key, chromedp.WaitVisible(chromedp.CSS("[data-keys]")), chromedp.KeyEvent(key)) // the list of keys shows that they are listened to
	}
	tab := func(state string) string {
		_, page := kg.get("/redaktion?stand="+state, editor)
		return page.Find("ol.desk").Text()
	}
	focus := func(p post.Post) {
		t.Helper()
		within(t, "the focus goes on to "+p.Title, func() bool {
			got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.activeElement?.textContent ?? ""`))
			return err == nil && got == p.Title
		})
	}
	b.open(kg.url("/redaktion"))
	press("?")
	b.waitText("nächstes Praxisbeispiel")
	press("j")
	press("a")
	b.waitText("Zuletzt: Angenommen, Serverraum mit Außenluft kühlen")
	focus(second) // what took its place
	if said := eval[string](b, "read out", `document.getElementById(document.activeElement.getAttribute("aria-describedby")).innerText`); !strings.Contains(said, "Angenommen.") {
		t.Errorf("with the next one is read out %q", said)
	}
	press("u")
	b.waitText("Zurückgenommen. Es gilt wieder, was vorher war.")
	focus(first)
	if tab("accepted") != "" {
		t.Error("the undone one is still accepted")
	}
	press("a")
	b.waitText("Zuletzt: Angenommen")
	focus(second)
	press("d")
	b.run("think better of it", chromedp.KeyEvent(kb.Escape))
	if opened := b.count("[data-open=d][open]"); opened != 0 {
		t.Error("Escape leaves the form open")
	}
	press("f")
	b.run("type a question", chromedp.KeyEvent("Jeder Buchstabe ist hier nur ein Buchstabe: adjkuflh?"))
	b.run("ask", chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.waitText("Die Frage ist gestellt.")
	focus(third)
	press("d")
	b.run("type a reason", chromedp.KeyEvent("Ohne Bezug zu Green-IT."))
	b.run("decline", click("[data-open=d][open] button[type=submit]"))
	b.waitText("Zuletzt: Abgelehnt, Drucker zentral beschaffen")
	for state, p := range map[string]post.Post{"accepted": first, "asked": second, "declined": third} {
		if got := tab(state); !strings.Contains(got, p.Title) {
			t.Errorf("%s: %s", state, got)
		}
	}

	// Who is disturbed by the keys switches them off, for good.
	b.open(kg.url("/redaktion?stand=asked"))
	b.run("open the list", click("[data-keys] > summary"))
	b.run("keys off", click("[data-keys-off]"))
	if label := strings.TrimSpace(b.text("[data-keys-off]")); label != "Tasten einschalten" {
		t.Errorf("the button for the keys says %q", label)
	}
	b.open(kg.url("/redaktion?stand=asked"))
	press("j")
	press("a")
	if got := tab("asked"); !strings.Contains(got, second.Title) {
		t.Error("the keys still decide")
	}

	kg.lands("Serverraum mit Außenluft kühlen", 2, practice.Practice{ContactName: "Neue Stelle"})
	changed := fmt.Sprintf("/redaktion/%d", first.ID)
	b.open(kg.url(changed))
	for _, want := range []string{"Seit der Aufnahme geändert", "Stand 2.", "Neue Stelle", "nutzt dieses nach"} {
		if text := b.text("main"); !strings.Contains(text, want) {
			t.Errorf("the changed one does not show %q:\n%s", want, text)
		}
	}
	b.run("group", click("form[action$='/gruppieren'] button"))
	b.waitText("Diese Praxisbeispiele gehören zusammen")
	b.run("to the decision", click("#protokoll ~ .log li:last-child a"))
	decision := b.waitPath(`^/redaktion/entscheidungen/\d+$`)
	if text := b.text("main"); !strings.Contains(text, "So zitieren Sie") || !strings.Contains(text, kg.url(decision)) {
		t.Errorf("the decision:\n%s", text)
	}
	b.everyPage(kg, "editor", []string{
		changed, decision, "/redaktion/entscheidungen", "/redaktion?stand=changed", "/redaktion?stand=asked", "/redaktion?stand=accepted&ebene=kommune",
		"/redaktion?stand=declined", "/redaktion?stand=withdrawn", fmt.Sprintf("/redaktion/%d", second.ID),
	})
}

// TestDeskWithoutScripts: what the keys do is done by the buttons, too.
func TestDeskWithoutScripts(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "Kooperationsgruppe Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true, TwoEditors: true})
	kg.member("redaktion", account.RoleEditor)
	p := kg.lands("Serverraum mit Außenluft kühlen", 1, practice.Practice{})
	b := startBrowser(t)
	b.enter(kg, "redaktion")
	b.run("without scripts", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(kg.url("/redaktion"))
	b.run("accept", click("form[action$='/annehmen'] button"), chromedp.WaitVisible(chromedp.CSS(".desk__last button")))
	if text := b.text("main"); !strings.Contains(text, "Annahme vorgeschlagen") || !strings.Contains(strings.Join(strings.Fields(text), " "), "Zweite Stimme 1") {
		t.Errorf("where two decide, one proposes:\n%s", text)
	}
	b.run("undo", click(".desk__last button"), chromedp.WaitVisible(chromedp.CSS("form[action$='/annehmen'] button")))
	b.run("later", click("[data-open=l] > summary"), click("[data-open=l] button"), chromedp.WaitVisible(chromedp.CSS(".empty")))
	b.open(kg.url("/redaktion?stand=postponed"))
	if text := b.text("main"); !strings.Contains(text, p.Title) || !strings.Contains(text, "zurückgestellt bis") {
		t.Errorf("put aside:\n%s", text)
	}
}
