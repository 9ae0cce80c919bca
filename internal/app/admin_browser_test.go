package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// TestModerationInTheBrowser passes what is only seen after a form was sent, in both widths: the preview of a list, mistakes, and the
// questions before something weighs heavily. No answer is given, so nothing changes.
func TestModerationInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	kg.member("verwaltung", account.RoleAdmin)
	strange := kg.ruled()
	lanes := kg.laned(mustByUsername(t, kg, "verwaltung"))
	b := startBrowser(t)
	b.enter(kg, "verwaltung")
	for _, width := range []int64{1280, 390} {
		b.run("resize", chromedp.EmulateViewport(width, 900))
		looks := func(name string) {
			t.Helper()
			b.barriers(fmt.Sprintf("%s (%d px)", name, width))
			b.fits(name, width)
		}
		const list = "boese.example,silence\nunter.boese.example,noop\nfern.example,suspend,false,false,Werbung\nneu.example,suspend\n*.falsch.example"
		b.open(kg.url("/verwaltung/regeln/import"))
		b.run("list", fill("list", list))
		b.press("form button[type=submit]", "#vorschau")
		if got := b.text("main"); !strings.Contains(got, "Bisher: gesperrt, keine Meldungen. Künftig: eingeschränkt, keine Meldungen.") {
			t.Errorf("preview: %s", got)
		}
		looks("preview of a list")
		b.press("button[value=edit]", "#f-list")
		if got := eval[string](b, "list", `document.querySelector("#f-list").value`); got != list {
			t.Errorf("the list comes back as %q", got)
		}
		eval[int](b, "too much", `document.querySelector("#f-list").value = "a".repeat(2 << 20), 0`)
		b.press("form button[type=submit]", "#f-list-error")
		looks("list that is too large")

		b.open(kg.url("/verwaltung/regeln/regel"))
		b.run("rule", fill("domain", "boese.example"))
		b.press("form button[type=submit]", "#f-domain-error")
		looks("second rule for a domain")
		b.run("rule", fill("domain", "schlimm.example"), click("#f-severity-2"), click("#f-purge"))
		b.press("form button[type=submit]", "input[name=action][value=confirm] ~ p button")
		looks("question before data is removed")
		b.press("button[value=edit]", "#f-domain")
		if !eval[bool](b, "kept", `document.querySelector("#f-domain").value === "schlimm.example" && document.querySelector("#f-purge").checked && document.querySelector("#f-severity-2").checked`) {
			t.Error("what was chosen is lost")
		}

		b.open(kg.url("/@werbung@fern.example"))
		b.run("moderate", click("details:has(#f-massnahme-grund) summary"), fill("reason", "Werbung"))
		b.press("button[value=sperren]", "#f-reason")
		if got := eval[string](b, "reason", `document.querySelector("#f-reason").value`); got != "Werbung" {
			t.Errorf("the reason comes back as %q", got)
		}
		looks("question before an account is suspended")

		b.open(kg.url(fmt.Sprintf("/beitraege/%d/ausblenden?weiter=/verwaltung/meldungen", strange.ID)))
		b.press("form button[type=submit]", "#f-reason-error")
		looks("hiding without a reason")
		b.press("form a.kern-btn", "h1")
		b.waitPath("/verwaltung/meldungen")

		b.open(kg.url(lanes[len(lanes)-1]))
		looks("question before a delivery is dropped")
		b.open(kg.url(lanes[2]))
		eval[int](b, "open the details", `document.querySelectorAll("main details").forEach(d => d.open = true), 0`)
		looks("what waits for an instance")
	}
}
