package app_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// publish writes a practice as its form does and returns its path.
func (i *instance) publish(token, title, summary, text string, more ...string) string {
	i.t.Helper()
	form := url.Values{
		"title": {title}, "summary": {summary}, "source": {text}, "level": {"kommune"}, "region": {"DE-SH"}, "implementation": {"completed"},
		"licence": {"https://www.govdata.de/dl-de/by-2-0"}, "language": {"de"}, "action": {"publish"},
		"figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.before": {"900"}, "figures.0.after": {"700"},
	}
	for n := 0; n+1 < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	return i.post("/praxisbeispiele/neu", token, form)
}

// TestFinding looks for practices as a person does: mistypes, follows the suggestion, narrows, keeps the search, and hears of
// what comes later. No script of ours is needed for any of it.
func TestFinding(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"})
	writer := sh.member("rechenzentrum", account.RoleMember)
	sh.member("klima", account.RoleMember)
	warm := sh.publish(writer, "Serverraumtemperatur anheben", "Wärmere Räume sparen Strom für die Kühlung.", "Seit 2007 steigt die Temperatur Grad für Grad. Die Kaltgangkühlung blieb.")
	sh.publish(writer, "Rechenzentrumskühlung mit Außenluft", "Freie Kühlung an 2.000 Stunden im Jahr.", "Verdunstung verlängert die freie Kühlung.", "level", "land", "implementation", "begun")
	sh.publish(writer, "Geräte weitergeben", "Familien erhalten geprüfte Computer.", "Aussortierte Hardware wird wiederverwendet.", "region", "DE-HH", "figures.0.quantity", "devices", "figures.0.unit", "1")
	sh.post("/beitraege", writer, url.Values{"title": {"Welche Kühlung nutzen Sie?"}, "source": {"Wir suchen Erfahrungen mit Verdunstungskühlung im Serverraum."}, "visibility": {"public"}})
	within(t, "words and discussions are known", func() bool {
		if err := sh.Practices.Learn(t.Context()); err != nil { // words are counted once a minute at most
			t.Fatal(err)
		}
		_, words := sh.get("/praxisbeispiele?q=K%C3%BClung", "")
		_, notes := sh.get("/suche?q=Verdunstung", "")
		return words.Find(".suggestion").Length() > 0 && notes.Find("#treffer-diskussionen ~ ul").Length() > 0
	})

	b := startBrowser(t)
	b.run("without scripts", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.open(sh.url("/praxisbeispiele"))
	b.run("mistype", chromedp.Focus(chromedp.CSS("main #suche")), chromedp.SendKeys(chromedp.CSS("main #suche"), "Külung"+kb.Enter), chromedp.WaitVisible(chromedp.CSS(".suggestion a")))
	if got := b.text(".suggestion"); !strings.Contains(got, "Kühlung") {
		t.Fatalf("suggested is %q", got)
	}
	b.run("take it", chromedp.Focus(chromedp.CSS(".suggestion a")), chromedp.SendKeys(chromedp.CSS(".suggestion a"), kb.Enter), holds(`!document.querySelector(".suggestion") && document.querySelector(".results .card")`))
	if got := b.text("#ergebnisse"); got != "2 Praxisbeispiele" {
		t.Errorf("Kühlung finds %q: the compounds, too", got)
	}
	b.run("narrow", click(".facet a[href*='stand=begun']"), chromedp.WaitVisible(chromedp.CSS(".chip[href*='q=']")))
	if got := b.text("main"); !strings.Contains(got, "Rechenzentrumskühlung mit Außenluft") || strings.Contains(got, "Serverraumtemperatur anheben") {
		t.Errorf("narrowed to %s", got)
	}
	b.run("with scripts", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
		return err
	}))
	pages := []string{"/praxisbeispiele", "/praxisbeispiele?q=K%C3%BChlung&kennzahl=electricity", "/praxisbeispiele?q=K%C3%BClung", "/praxisbeispiele?q=K%C3%BChlung+Sauna",
		"/suche?q=K%C3%BChlung", "/suche?q=K%C3%BChlung&art=beitraege", "/suche?q=stelle&art=konten", warm}
	b.everyPage(sh, "visitor", pages)

	b.run("wide", chromedp.EmulateViewport(1280, 900))
	b.enter(sh, "klima")
	b.open(sh.url("/praxisbeispiele?q=K%C3%BChlung&ebene=kommune"))
	b.run("keep it", click(".results__keep a"))
	b.waitPath("/bereich/suchen")
	b.barriers("a search to keep")
	b.run("no name", chromedp.Clear(chromedp.CSS("#f-name")), click("main form button[type=submit]"), chromedp.WaitVisible(chromedp.CSS("#f-name-error")))
	b.barriers("a search without a name")
	b.run("a name", fill("name", "Kühlung in Kommunen"), click("main form button[type=submit]"), chromedp.WaitVisible(chromedp.CSS(".flash")))
	if got := b.text("main"); !strings.Contains(got, "Kühlung in Kommunen") || !strings.Contains(got, "Kommune") {
		t.Errorf("kept is %s", got)
	}
	later := sh.publish(writer, "Kaltgangkühlung nachrüsten", "Bleche trennen kalte und warme Luft.", "Einhausung in zwei Tagen.")
	sh.publish(writer, "Noch eine Kühlung", "Am selben Tag.", "Davon erfährt niemand zweimal.")
	within(t, "the member hears of it", func() bool {
		b.open(sh.url("/bereich/mitteilungen"))
		return strings.Contains(b.text("main"), "Kaltgangkühlung nachrüsten")
	})
	if got := b.text("main"); !strings.Contains(got, "Kühlung in Kommunen") || strings.Contains(got, "Noch eine Kühlung") {
		t.Errorf("notifications: %s", got)
	}
	b.everyPage(sh, "member", []string{"/bereich/suchen", "/bereich/suchen?suche=q%3DK%25C3%25BChlung", "/bereich/mitteilungen"})
	b.open(sh.url(later))
	if got := b.text(".similar"); !strings.Contains(got, "Serverraumtemperatur anheben") && !strings.Contains(got, "Rechenzentrumskühlung") {
		t.Errorf("similar: %s", got)
	}
	feed, _ := sh.get(eval[string](b, "feed", fmt.Sprintf(`fetch(%q).then(r => r.text()).then(h => new DOMParser().parseFromString(h, "text/html").querySelector("a[href$='.atom'][href^='/suchen/']").getAttribute("href"))`, sh.url("/bereich/suchen"))), "")
	if feed.StatusCode != 200 || !strings.HasPrefix(feed.Header.Get("Content-Type"), "application/atom+xml") {
		t.Errorf("its feed: %s %s", feed.Status, feed.Header.Get("Content-Type"))
	}
}
