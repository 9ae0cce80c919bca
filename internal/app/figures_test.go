package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// TestFiguresInBrowser writes a figure as a person does: what is chosen to be measured leaves only units of it; and looks at what
// others measured, in shapes and in words.
func TestFiguresInBrowser(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"})
	writer := sh.member("rechenzentrum", account.RoleMember)
	figure := func(title string, pairs ...string) string {
		t.Helper()
		return sh.publish(writer, title, "Was es gebracht hat, steht in Zahlen da.", "Ein Text.", pairs...)
	}
	path := figure("Serverraum wärmer", "figures.0.quantity", "electricity", "figures.0.unit", "kW.h/a", "figures.0.before", "400.000", "figures.0.after", "300.000", "figures.0.change", "",
		"figures.1.quantity", "temperature", "figures.1.unit", "Cel", "figures.1.before", "22", "figures.1.after", "26,5")
	figure("Kältemaschine getauscht", "figures.0.quantity", "electricity", "figures.0.unit", "MW.h/a", "figures.0.before", "", "figures.0.after", "", "figures.0.change", "12")
	figure("Umbau", "figures.0.quantity", "electricity", "figures.0.unit", "MW.h", "figures.0.before", "", "figures.0.after", "", "figures.0.change", "-5")

	b := startBrowser(t)
	pages := []string{"/kennzahlen", "/kennzahlen?sort=prozent", "/kennzahlen?kennzahl=temperature", "/kennzahlen?kennzahl=water", path}
	b.everyPage(sh, "visitor", pages)

	b.enter(sh, "rechenzentrum")
	b.open(sh.url("/praxisbeispiele/neu"))
	choose := func(value string) []string {
		t.Helper()
		return strings.Fields(eval[string](b, "choose "+value, `(() => {
			const [quantity, unit] = document.querySelectorAll("[data-units] select");
			quantity.value = "`+value+`";
			quantity.dispatchEvent(new Event("change", {bubbles: true}));
			return [unit.value || "-", ...[...unit.options].map((o) => o.value)].join(" ");
		})()`))
	}
	all := choose("other")
	if got := choose("pue"); !slices.Equal(got, []string{"1", "1"}) {
		t.Errorf("of a PUE there are units %q", got)
	}
	if got := choose("temperature"); !slices.Equal(got, []string{"-", "Cel", "K"}) {
		t.Errorf("of a temperature there are units %q", got)
	}
	if got := choose("other"); len(got) != len(all) || len(got) < 20 {
		t.Errorf("of anything there are %d units, first %d", len(got), len(all))
	}
	b.barriers("form with a chosen figure")
}
