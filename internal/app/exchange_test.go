package app_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// What the product is for: somebody writes in the short form what regio iT did, a second person approves it, another
// administration reuses it, an expert of a third assesses it, and all four instances say the same of it.
func TestExchange(t *testing.T) {
	t.Parallel()
	vitako := startInstance(t, "vitako", organization.Organization{
		Name: "VITAKO", ShortName: "VITAKO", Level: organization.LevelVerband, FourEyes: true, ContactName: "Geschäftsstelle", ContactEmail: "green-it@vitako.example",
	})
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	bund := startInstance(t, "bund", organization.Organization{Name: "Green-IT-Initiative des Bundes", ShortName: "Bund", Level: organization.LevelBund})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	everyone := []*instance{vitako, sh, bund, kg}
	for _, i := range everyone {
		editor := i.member("redaktion", account.RoleEditor)
		i.member("rechenzentrum", account.RoleMember)
		for _, other := range everyone {
			if other != i {
				i.followInstance(other, editor)
			}
		}
	}
	at := func(i *instance, username string) *browser {
		b := startBrowser(t)
		b.enter(i, username)
		return b
	}

	writer := at(vitako, "rechenzentrum")
	writer.open(vitako.url("/praxisbeispiele/neu"))
	typed := map[string]string{
		"title":   "Serverräume Grad für Grad wärmer betreiben",
		"summary": "Gänge einhausen und von 20 auf 24 °C gehen: Jedes Grad spart bis zu fünf Prozent der Kühlenergie.",
		"source": "Seit 2007 trennen wir kalte und warme Gänge. Danach haben wir die Temperatur in Schritten von einem Grad angehoben und nach " +
			"jedem Schritt die Messwerte der Geräte geprüft. Rund 50 Tonnen CO2 im Jahr haben wir damals gespart.",
		"figures.0.change": "-50",
	}
	effort := 0.0 // minutes: 150 characters a minute, and ten seconds for each field to find it and think
	var steps []step
	for name, text := range typed {
		effort += float64(utf8.RuneCountInString(text))/150 + 1.0/6
		steps = append(steps, fill(name, text))
	}
	for name, value := range map[string]string{"figures.0.quantity": "emissions", "figures.0.unit": "t/a"} {
		effort += 1.0 / 6
		steps = append(steps, chromedp.SetValue(chromedp.CSS("[name='"+name+"']"), value))
	}
	if effort > 5 {
		t.Errorf("the short form takes %.1f minutes", effort)
	}
	writer.run("write the short form", steps...)
	writer.run("give to approval", click("button.kern-btn[name=action][value=ask]"))
	review := writer.waitPath(`^/redaktion/pruefung/\d+$`)

	editor := at(vitako, "redaktion")
	editor.open(vitako.url(review))
	editor.run("approve", click("form[action$='/freigeben'] button"))
	id := strings.TrimPrefix(editor.waitPath(`^/praxisbeispiele/\d+$`), "/praxisbeispiele/")
	uri := vitako.url("/practices/" + id)

	reuser := at(sh, "rechenzentrum")
	there := sh.pageOf(uri)
	reuser.open(sh.url(there + "/nachnutzen"))
	reuser.run("reuse", click("input[name=state][value=implementing]"), fill("source", "Wir sind bei 23 °C. Zuerst war der Doppelboden abzudichten."),
		click("button.kern-btn[name=action][value=save]"))
	reuser.waitPath("^" + there + "$")

	inviter := at(kg, "redaktion")
	there = kg.pageOf(uri)
	inviter.open(kg.url(there + "/bewertung-einladen"))
	inviter.run("invite", fill("account", "rechenzentrum"), click("main form button.kern-btn--primary"))
	inviter.waitText("noch keine Bewertung")
	expert := at(kg, "rechenzentrum")
	expert.open(kg.url(there + "/bewerten"))
	expert.run("assess", click("input[name=status][value=attention]"), click("input[name=progress][value=advanced]"),
		click("input[name=urgent]"), fill("source", "Ohne Messung am Geräteeinlass ist das Anheben nicht zu verantworten."),
		click("main form.form button.kern-btn--primary"))
	expert.waitPath("^" + there + "$")

	want := []string{
		"Serverräume Grad für Grad wärmer betreiben", "Emissionen", "in Umsetzung Land Schleswig-Holstein Land Schleswig-Holstein",
		strconv.Itoa(kg.Assessments.Year()) + ": weitere Maßnahmen erforderlich hohe Dringlichkeit Umsetzung: fortgeschritten",
	}
	for _, i := range everyone {
		path := i.pageOf(uri)
		var got []string
		within(t, "reuse and assessment on "+i.slug, func() bool {
			_, page := i.get(path, "")
			got = stateOf(page)
			return len(got) >= len(want)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", i.slug, diff)
		}
	}
}

// stateOf is what a practice's page says: its title, its figures, who reuses it and how it is assessed.
func stateOf(page *goquery.Document) (state []string) {
	page.Find("h1, .figures__name, #nachnutzung .answer__head, #bewertung .answer__head").Each(func(_ int, part *goquery.Selection) {
		state = append(state, strings.Join(strings.Fields(part.Text()), " "))
	})
	return state
}
