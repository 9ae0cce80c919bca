package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// aYear puts practices on the desk that came in over a year from all over, and decides about most of them.
func (i *instance) aYear(editor account.Account) {
	i.t.Helper()
	ctx := i.t.Context()
	must := func(err error) {
		i.t.Helper()
		if err != nil {
			i.t.Fatal(err)
		}
	}
	for n := range 48 {
		host := []string{"green-it.schleswig-holstein.example", "vitako.example", "bund.example", "stadt-mit-einem-sehr-langen-namen.nordrhein-westfalen.example"}[n%4]
		uri := "https://" + host + "/u/green-it"
		author, err := i.Accounts.Receive(ctx, account.Account{Username: "green-it", Domain: &host, URI: uri, Kind: account.Person, DisplayName: "Green-IT", InboxURI: uri + "/inbox"})
		must(err)
		p, _, err := i.Posts.Receive(ctx, post.Received{
			URI: fmt.Sprintf("%s/%d", uri, n), AuthorID: author.ID, Kind: post.Article, Visibility: post.Public, Language: "de", HTML: "<p>Text</p>", PublishedAt: time.Now().Add(-time.Hour),
			Title: fmt.Sprintf("Serverräume wärmer betreiben und Abwärme nutzen, Teil %d", n+1),
		}, func(tx *sqlx.Tx, p post.Post) error {
			return i.Practices.Receive(ctx, tx, p, practice.Practice{
				Revision: 1, Level: organization.Levels[n%len(organization.Levels)], Region: organization.Regions[(n*n)%len(organization.Regions)],
				OrganizationName: fmt.Sprintf("Stadtwerke Nummer %d", n%7),
			})
		})
		must(err)
		must(i.Curation.Arrived(ctx, p.ID))
		_, err = i.DB.ExecContext(ctx, `UPDATE curations SET received_at = now() - $2 * interval '1 day' WHERE post_id = $1`, p.ID, 340-7*n)
		must(err)
		switch n % 6 {
		case 0, 1, 2, 3:
			must(i.Curation.Accept(ctx, editor, p.ID))
		case 4:
			must(i.Curation.Decline(ctx, editor, p.ID, "Es fehlen Messwerte."))
		}
		_, err = i.DB.ExecContext(ctx, `UPDATE curation_decisions SET created_at = now() - ($2 - 3 * ($3 % 20)) * interval '1 day' WHERE post_id = $1`, p.ID, 340-7*n, n)
		must(err)
	}
}

// TestReportsInTheBrowser reads the editors' reports in every width: nothing is cut off, the drawings have their tables, and a period
// is chosen without a script.
func TestReportsInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "Kooperationsgruppe Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	kg.member("redaktion", account.RoleEditor)
	b := startBrowser(t)
	b.enter(kg, "redaktion")
	const reports = "/redaktion/berichte"
	b.everyPage(kg, "editor", []string{reports}) // of an empty desk
	kg.aYear(mustByUsername(t, kg, "redaktion"))
	b.everyPage(kg, "editor", []string{reports, reports + "?von=2024-01-01", reports + "?von=gestern", reports + "?von=2024-01-01&bis=2024-02-01"})

	b.open(kg.url(reports))
	b.press(".sorts a", "[aria-labelledby=titel-verlauf]")
	if got := eval[int](b, "rows", `document.querySelectorAll("[aria-labelledby=titel-verlauf] tbody tr").length`); got != 3 {
		t.Errorf("the last three months are %d", got)
	}
	// The bars of the drawing are as many as the numbers of its table that are more than nothing.
	drawn := eval[int](b, "bars", `document.querySelectorAll("[aria-labelledby=titel-verlauf] .rowchart__drawing > .rowchart__bar").length`)
	said := eval[int](b, "numbers", `[...document.querySelectorAll("[aria-labelledby=titel-verlauf] tbody tr")].flatMap((tr) => [...tr.cells].slice(1, 4)).filter((td) => td.innerText.trim() !== "0").length`)
	if drawn != said || drawn < 4 {
		t.Errorf("%d bars for %d numbers", drawn, said)
	}
	if text := b.text("main"); !strings.Contains(text, "Was am längsten wartet") {
		t.Errorf("the report: %s", text)
	}
}
