package app_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// A practice goes through its approval in real browsers: a member writes, an editor returns it with a reason, the member changes
// it in two windows that get in each other's way, the editor approves, and everyone reads it. Every page of this is searched
// for barriers, and the author and the editor each see what is theirs.
func TestReviewInTheBrowser(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{
		Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH", FourEyes: true,
	})
	sh.member("klimaschutz", account.RoleMember)
	sh.member("redaktion", account.RoleEditor)
	author, editor := startBrowser(t), startBrowser(t)
	author.enter(sh, "klimaschutz")
	editor.enter(sh, "redaktion")
	button := func(value string) step {
		return click("button.kern-btn[name=action][value=" + value + "]")
	}

	author.open(sh.url("/praxisbeispiele/neu"))
	author.run("give to approval", fill("title", "Serverräume wärmer betreiben"), fill("summary", "Höhere Temperaturen sparen Kühlenergie, ohne die Geräte zu gefährden."),
		fill("source", "Grad für Grad von 20 auf 24 °C."), button("ask"))
	review := author.waitPath(`^/redaktion/pruefung/\d+$`)
	edit := "/praxisbeispiele/" + strings.TrimPrefix(review, "/redaktion/pruefung/") + "/bearbeiten"
	author.everyPage(sh, "author", []string{review, edit, "/bereich/entwuerfe"})
	if author.count("form[action$='/freigeben']") != 0 {
		t.Error("the author could approve")
	}

	editor.open(sh.url("/"))
	if menu := eval[string](editor, "menu", `document.querySelector(".menu__list").textContent`); !strings.Contains(menu, "Freigaben (1)") {
		t.Errorf("the editor's menu says %q", menu)
	}
	editor.everyPage(sh, "editor", []string{"/redaktion/pruefung", review, "/bereich/entwuerfe"})
	editor.open(sh.url(review))
	editor.run("give a reason", click("details.reveal > summary"), fill("reason", "Bitte nennen Sie die Quelle der Zahlen."))
	editor.press("form[action$='/zurueckgeben'] button", ".flash")

	author.open(sh.url(review))
	if text := author.text("main"); !strings.Contains(text, "Bitte nennen Sie die Quelle der Zahlen.") {
		t.Errorf("the author does not read why: %s", text)
	}

	// Two windows. The second saves by itself, is told, and both texts are brought together.
	author.open(sh.url(edit))
	second := author.tab()
	second.open(sh.url(edit))
	author.run("write in the first window", fill("source", "Grad für Grad von 20 auf 24 °C.\n\nQuelle: Leittechnik."))
	author.press("button.kern-btn[name=action][value=save]", ".flash")
	second.run("write in the second window", fill("title", "Serverräume deutlich wärmer betreiben"))
	eval[int](second, "leave the second window", `Object.defineProperty(document, "visibilityState", {value: "hidden"}), document.dispatchEvent(new Event("visibilitychange")), 0`)
	second.waitText("an anderer Stelle geändert")
	if stored, _, err := sh.Practices.DraftOf(t.Context(), mustByUsername(t, sh, "klimaschutz"), idIn(t, review)); err != nil || stored.Title != "Serverräume wärmer betreiben" {
		t.Errorf("the second window wrote over the first: %q, %v", stored.Title, err)
	}
	second.run("compare", click("[data-conflict-actions] button"), chromedp.WaitVisible(chromedp.CSS("[value=merge]")))
	if marked := second.text(".diff"); !strings.Contains(marked, "Quelle: Leittechnik.") || !strings.Contains(marked, "deutlich") {
		t.Errorf("the conflict shows %q", marked)
	}
	for _, width := range []int64{1280, 390} {
		second.run("resize", chromedp.EmulateViewport(width, 900))
		second.barriers("conflict")
		second.fits("conflict", width)
	}
	second.run("merge", button("merge"), chromedp.WaitVisible(chromedp.CSS("section[aria-labelledby=andere]")))
	second.barriers("merge")
	second.run("give to approval again", fill("source", "Grad für Grad von 20 auf 24 °C.\n\nQuelle: Leittechnik."), button("ask"))
	second.waitPath(review)

	editor.open(sh.url(review))
	editor.run("approve", click("form[action$='/freigeben'] button"))
	path := editor.waitPath(`^/praxisbeispiele/\d+$`)
	_, page := sh.get(path, "")
	if text := page.Find("main").Text(); !strings.Contains(text, "Serverräume deutlich wärmer betreiben") || !strings.Contains(text, "Quelle: Leittechnik.") {
		t.Errorf("everyone reads %s", text)
	}
	within(t, "the author is told", func() bool {
		n, err := sh.Notifications.Unread(t.Context(), mustByUsername(t, sh, "klimaschutz").ID)
		return err == nil && n >= 2 // returned and approved
	})

	// A change of it waits beside what is published; then it is put away.
	writer, id := mustByUsername(t, sh, "klimaschutz"), idIn(t, path)
	d, _, err := sh.Practices.DraftOf(t.Context(), writer, id)
	if err != nil {
		t.Fatal(err)
	}
	d.Title, d.Measures = "Serverräume viel wärmer betreiben", []string{"Gänge einhausen", "Temperatur Grad für Grad anheben"}
	if _, _, err := sh.Practices.Ask(t.Context(), writer, id, d); err != nil {
		t.Fatal(err)
	}
	if err := sh.Practices.Archive(t.Context(), writer, id, "Das Rechenzentrum ist seit 2025 geschlossen."); err != nil {
		t.Fatal(err)
	}
	author.everyPage(sh, "author", []string{
		"/bereich/mitteilungen", "/redaktion/pruefung/" + path[len("/praxisbeispiele/"):], path + "/verlauf?von=1&bis=entwurf", path + "/archivieren", path + "/verwerfen", path,
	})
}

// enter logs in with a link, as somebody does who lost their key.
func (b *browser) enter(i *instance, username string) {
	b.t.Helper()
	link, err := i.Auth.LoginLink(b.t.Context(), account.Operator(), mustByUsername(i.t.(*testing.T), i, username).ID, time.Hour)
	if err != nil {
		b.t.Fatal(err)
	}
	b.open(i.url("/anmeldelink/" + link))
	b.run("use the link", click("main form button[type=submit]"))
	b.waitPath("/einstellungen")
}

// tab opens another tab of the same browser, with the same session.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	p := &browser{t: b.t, ctx: ctx, axe: b.axe}
	// The first call opens the tab, which lives as long as the context of that call.
	p.plugIn(ctx)
	return p
}

// waitText waits until the page says something.
func (b *browser) waitText(words string) {
	b.t.Helper()
	b.run("the page says "+words, holds(fmt.Sprintf(`document.querySelector("main") && document.body.innerText.includes(%q)`, words)))
}

func (b *browser) count(selector string) int {
	b.t.Helper()
	return eval[int](b, "count", `document.querySelectorAll("`+selector+`").length`)
}

// idIn is the number at the end of an address.
func idIn(t *testing.T, path string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
