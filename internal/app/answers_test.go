package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// A city reuses what a Land published, makes a practice of its own of it, and assesses the Land's on its invitation; the Land, the
// city and a third instance show the same.
func TestReuseAndAssessmentInTheBrowser(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kiel := startInstance(t, "kiel", organization.Organization{Name: "Landeshauptstadt Kiel", ShortName: "Kiel", Level: organization.LevelKommune, Region: "DE-SH"})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	everyone := []*instance{sh, kiel, kg}
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
	kiel.member("rechenzentrum", account.RoleMember)
	less := -50.5
	id, err := sh.Practices.Publish(t.Context(), mustByUsername(t, sh, "redaktion"), 0, practice.Draft{
		Title: "Serverräume wärmer betreiben", Summary: "Höhere Temperaturen sparen Kühlenergie.", Source: "Grad für Grad von 20 auf 24 °C.",
		Level: organization.LevelLand, Measures: []string{"Kaltgang einhausen"}, Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: &less}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/praxisbeispiele/%d", id)
	uri := sh.url(fmt.Sprintf("/practices/%d", id))
	there := kiel.pageOf(uri)

	// The city says that it reuses it: first with gaps, which keeps what was typed.
	b := startBrowser(t)
	b.enter(kiel, "rechenzentrum")
	b.open(kiel.url(there))
	b.run("to the form", press("Wir nutzen das nach"))
	b.waitPath("/nachnutzen$")
	b.run("say it with gaps", fill("source", "Bei uns reichten **22 °C**."), press("Nachnutzung veröffentlichen"), chromedp.WaitVisible(chromedp.CSS(".error-summary")))
	b.barriers("reuse with gaps")
	b.run("say it", tick("state", "implementing"), chromedp.SetValue(chromedp.CSS("[name='figures.0.quantity']"), "electricity"),
		chromedp.SetValue(chromedp.CSS("[name='figures.0.unit']"), "MW.h/a"), fill("figures.0.change", "-12,5"), press("Nachnutzung veröffentlichen"))
	b.waitPath(there + "$")
	says := func(i *instance, section string, words ...string) {
		t.Helper()
		within(t, i.slug+" shows "+strings.Join(words, ", "), func() bool {
			_, page := i.get(i.pageOf(uri), "")
			text := strings.Join(strings.Fields(page.Find(section).Text()), " ")
			for _, w := range words {
				if !strings.Contains(text, w) {
					return false
				}
			}
			return true
		})
	}
	for _, i := range everyone {
		says(i, "#nachnutzung", "Nachnutzung (1)", "in Umsetzung", "Landeshauptstadt Kiel", "Kommune", "−12,5", "Bei uns reichten 22 °C.")
	}

	// A practice of its own, which says where it comes from; then the reuse names it.
	b.run("begin", press("Daraus ein eigenes Praxisbeispiel machen"))
	b.waitPath("/bearbeiten$")
	b.run("complete", fill("title", "Serverräume in Kiel wärmer betreiben"), fill("summary", "Zwei Grad mehr, ohne einen Ausfall."), click("button.kern-btn[name=action][value=publish]"))
	own := b.waitPath(`^/praxisbeispiele/\d+$`)
	if text := b.text("#nachnutzung"); !strings.Contains(text, "Entstanden aus Serverräume wärmer betreiben") {
		t.Errorf("the own practice says %s", text)
	}
	b.open(kiel.url(there + "/nachnutzen"))
	b.run("name it", tick("state", "in-use"), chromedp.SetValue(chromedp.CSS("[name=practice]"), own[strings.LastIndex(own, "/")+1:]), press("Änderung veröffentlichen"))
	b.waitPath(there + "$")
	for _, i := range everyone {
		says(i, "#nachnutzung", "Nachnutzung (1)", "im Einsatz", "Eigenes Praxisbeispiel")
	}

	// The Land's editor invites the city's expert, who did not have the right to assess before.
	if n := b.count("a[href$='/bewerten']"); n != 0 {
		t.Error("who is not invited is offered to assess")
	}
	land := b.tab()
	land.enter(sh, "redaktion")
	land.open(sh.url(path + "/bewertung-einladen"))
	land.run("invite", fill("account", "rechenzentrum@"+kiel.Config.Domain()), press("Einladen"))
	land.waitText("noch keine Bewertung")
	within(t, "the invitation arrives", func() bool {
		v, err := kiel.Practices.ByID(t.Context(), post.Viewer{}, idIn(t, there))
		if err != nil {
			t.Fatal(err)
		}
		may, err := kiel.Assessments.May(t.Context(), mustByUsername(t, kiel, "rechenzentrum"), v)
		return err == nil && may
	})
	b.open(kiel.url(there))
	b.run("to the form", press("Bewerten"))
	b.waitPath("/bewerten$")
	b.run("assess with gaps", tick("status", "attention"), press("Bewertung veröffentlichen"), chromedp.WaitVisible(chromedp.CSS(".error-summary")))
	b.barriers("assessment with gaps")
	b.run("assess", tick("progress", "begun"), tick("urgent", "true"), fill("source", "Die Gewährleistung der Geräte ist offen."), press("Bewertung veröffentlichen"))
	b.waitPath(there + "$")
	for _, i := range everyone {
		says(i, "#bewertung", "Bewertung (1)", "weitere Maßnahmen erforderlich", "hohe Dringlichkeit", "Die Gewährleistung der Geräte ist offen.")
	}
	within(t, "the author is told of both", func() bool {
		n, err := sh.Notifications.Unread(t.Context(), mustByUsername(t, sh, "redaktion").ID)
		return err == nil && n >= 2
	})
	b.everyPage(kiel, "expert", []string{there, own, there + "/nachnutzen", there + "/bewerten", "/praxisbeispiele"})
	land.everyPage(sh, "editor", []string{path, path + "/bewertung-einladen", "/bereich/mitteilungen"})
}
