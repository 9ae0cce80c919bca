package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// curator is a house that curates, and whose posts arrive at two of three other instances.
type curator struct {
	*house
	t *testing.T
}

func newCurator(t *testing.T) *curator {
	t.Helper()
	in := &curator{house: furnish(t), t: t}
	must(t, in.Organizations.Save(t.Context(), organization.Organization{
		Name: "Kooperationsgruppe Green-IT des IT-Planungsrates", ShortName: "KG Green-IT", Level: organization.LevelLand, Region: "DE-SH", Curates: true,
		Description:  "Bund, Länder und Kommunen teilen hier, was ihre IT sparsamer und langlebiger gemacht hat.",
		ContactEmail: "green-it@kg.example", ContactName: "Geschäftsstelle", Website: "https://kg.example",
	}))
	in.Deliveries = func(context.Context, string) (int, int, int, error) { return 2, 1, 0, nil }
	in.serve(t)
	return in
}

// get opens a page as someone; "" is a visitor. Redirects are not followed.
func (in *curator) get(path, who string, header ...string) answer {
	in.t.Helper()
	return in.ask(httptest.NewRequest(http.MethodGet, houseURL+path, nil), who, header)
}

// post sends a form as someone.
func (in *curator) post(path, who string, form url.Values, header ...string) answer {
	in.t.Helper()
	r := httptest.NewRequest(http.MethodPost, houseURL+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return in.ask(r, who, header)
}

func (in *curator) ask(r *http.Request, who string, header []string) answer {
	in.t.Helper()
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return in.do(in.t, who, r)
}

// publish makes a practice of ours public.
func (in *curator) publish(who string, change func(*practice.Draft)) int64 {
	in.t.Helper()
	d := sampleDraft()
	if change != nil {
		change(&d)
	}
	id, err := in.Practices.Publish(in.t.Context(), in.people[who], 0, d)
	must(in.t, err)
	must(in.t, in.Curation.Arrived(in.t.Context(), id))
	return id
}

func number(v float64) *float64 { return &v }

func sampleDraft() practice.Draft {
	return practice.Draft{
		Title: "Serverräume Grad für Grad wärmer betreiben", Summary: "Mit Einhausung der Gänge und 24 statt 20 °C sinkt der Kühlaufwand um bis zu 5 % je Grad.",
		Source: "## Ausgangslage\n\nDie Räume wurden auf 20 °C gekühlt.\n\n## Vorgehen\n\n- Gänge einhausen\n- Temperatur schrittweise anheben\n\nNach jedem Schritt wurden die Messwerte geprüft.",
		Level:  organization.LevelKommune, Region: "DE-NW", Implementation: "completed", Language: "de",
		Measures: []string{"Kalt- und Warmgänge einhausen", "Raumtemperatur in Schritten von einem Grad anheben"},
		Figures: []practice.Figure{
			{Quantity: "emissions", Name: "Emissionen", Unit: "t/a", Change: number(-50), Method: "Angabe des Betreibers"},
			{Quantity: "electricity", Name: "Strom für Kühlung", Unit: "MW.h/a", Before: number(420), After: number(310), From: "2022", To: "2023", Scope: "Rechenzentrum Nord"},
			{Quantity: "pue", Name: "PUE", Unit: "1", Before: number(1.52), After: number(1.38)},
		},
		ContactName: "Rechenzentrumsbetrieb", ContactUnit: "regio iT, Aachen", ContactEmail: "rechenzentrum@example.org", Licence: practice.Licences[0],
	}
}

// receive stores a practice of another instance as its inbox would.
func (in *curator) receive(host, organizationName, title string, details practice.Practice) int64 {
	in.t.Helper()
	ctx := in.t.Context()
	base := "https://" + host
	said := remote(account.Person, "green-it", host)
	said.DisplayName = organizationName
	author, err := in.Accounts.Receive(ctx, said)
	must(in.t, err)
	details.OrganizationName = organizationName
	if details.Revision == 0 {
		details.Revision = 1
	}
	slug := url.PathEscape(title)
	p, _, err := in.Posts.Receive(ctx, post.Received{
		URI: base + "/practices/" + slug, URL: base + "/praxisbeispiele/" + slug, AuthorID: author.ID, Kind: post.Article, Visibility: post.Public,
		Title: title, Summary: "Ein Praxisbeispiel von " + organizationName + ", das andere nachnutzen können.", HTML: "<p>Text von nebenan.</p>", Language: "de",
		PublishedAt: time.Now().Add(-48 * time.Hour),
	}, func(tx *sqlx.Tx, p post.Post) error { return in.Practices.Receive(ctx, tx, p, details) })
	must(in.t, err)
	must(in.t, in.Curation.Arrived(ctx, p.ID))
	return p.ID
}

// sample fills the instance with what a visitor of a lively one sees; it returns the ids of an own and a remote practice.
func (in *curator) sample() (own, other int64) {
	in.t.Helper()
	ctx := in.t.Context()
	terms := map[string]int64{}
	for _, scheme := range []string{practice.SchemeGoal, practice.SchemeField} {
		list, err := in.Practices.Terms(ctx, scheme)
		must(in.t, err)
		for _, t := range list {
			terms[t.Name] = t.ID
		}
	}
	own = in.publish("member", func(d *practice.Draft) {
		for name, id := range terms {
			switch name {
			case "Rechenzentrum":
				d.Fields = append(d.Fields, id)
			case "Kennzahlen", "Klimaneutraler Betrieb":
				d.Goals = append(d.Goals, id)
			}
		}
	})
	other = in.receive("sh.example", "Land Schleswig-Holstein", "Green-IT-Strategie 2.0: 46 Maßnahmen in drei Handlungsfeldern", practice.Practice{
		Level: organization.LevelLand, Region: "DE-SH", Implementation: "advanced", Fields: []practice.Term{{Name: "Übergreifende Maßnahmen"}},
		Figures: []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: number(-2400)}},
	})
	second := in.receive("vitako.example", "VITAKO", "Ausgemusterte Geräte ein zweites Mal nutzen", practice.Practice{
		Level: organization.LevelVerband, Region: "DE-SN", Implementation: "begun", Fields: []practice.Term{{Name: "Kreislaufwirtschaft"}},
		Figures: []practice.Figure{{Quantity: "devices", Name: "Weiterverwendete Geräte", Unit: "1", Change: number(1300)}},
	})
	in.receive("bund.example", "Green-IT-Initiative des Bundes", "CPU-Auslastung dauerhaft messen und Leerlauf abschalten", practice.Practice{
		Level: organization.LevelBund, Implementation: "completed", Fields: []practice.Term{{Name: "Rechenzentrum"}},
		Figures: []practice.Figure{{Quantity: "cpu-utilization", Name: "Mittlere CPU-Auslastung", Unit: "%", Before: number(20), After: number(45)}},
	})
	editor := in.people["editor"]
	must(in.t, in.Curation.Accept(ctx, editor, own))
	must(in.t, in.Curation.Accept(ctx, editor, other))
	must(in.t, in.Curation.Feature(ctx, editor, other, true))
	must(in.t, in.Curation.Decline(ctx, editor, second, "Es fehlen noch Angaben zum Umfang."))
	for i, title := range []string{"Wer hat Erfahrung mit 27 °C Zuluft?", "Austauschtermin der Länder im Herbst"} {
		thread, err := in.Posts.Create(ctx, in.people["member"], post.Draft{Title: title, Source: "Wie gehen Sie damit um?", Visibility: post.Public, Language: "de"})
		must(in.t, err)
		for n := range i + 1 {
			_, err = in.Posts.Create(ctx, in.people["editor"], post.Draft{InReplyToID: thread.ID, Source: fmt.Sprintf("Antwort %d", n+1), Visibility: post.Public, Language: "de"})
			must(in.t, err)
		}
	}
	_, err := in.Posts.Create(ctx, in.people["editor"], post.Draft{InReplyToID: own, Source: "Danke. Wie lange hat die Einhausung gedauert?", Visibility: post.Public, Language: "de"})
	must(in.t, err)
	return own, other
}
