package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
)

// who may send a form: every role from one upwards, or a list.
type allowed []string

var (
	everyone   = allowed{visitorName, "guest", "member", "editor", "moderator", "admin"}
	accounts   = everyone[1:]
	members    = everyone[2:]
	editors    = everyone[3:]
	moderators = everyone[4:]
	admins     = everyone[5:]
)

// TestAuthorization sends every form of the route table as every role: who may not is refused and changes nothing. A route
// without a line here fails.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	h := newCurator(t).house
	ctx := t.Context()
	fresh := 0
	note := func(by string) int64 {
		t.Helper()
		fresh++
		p, err := h.Posts.Create(ctx, h.people[by], post.Draft{Title: fmt.Sprint("Frage ", fresh), Source: "Wie?", Visibility: post.Public, Language: "de"})
		must(t, err)
		return p.ID
	}
	shared := func() int64 {
		t.Helper()
		id, err := h.Practices.Publish(ctx, h.people["editor"], 0, sampleDraft())
		must(t, err)
		must(t, h.Curation.Arrived(ctx, id))
		return id
	}
	other := func() int64 {
		t.Helper()
		fresh++
		a, err := h.Accounts.CreateLocal(ctx, fmt.Sprint("other", fresh), "Andere", account.RoleMember)
		must(t, err)
		return a.ID
	}
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	type rule struct {
		who  allowed
		path func() string // a fresh thing for each request
		form url.Values
	}
	at := func(format string, make func() int64) func() string {
		return func() string { return fmt.Sprintf(format, make()) }
	}
	fixed := func(path string) func() string { return func() string { return path } }
	hosts := 0
	laneHost := func() string { hosts++; return fmt.Sprintf("fern%d.example", hosts) }
	lanePath := func(verb string, which int) func() string {
		return func() string {
			host := laneHost()
			waits, failed := h.lane(t, host)
			return lanesPath + "/" + host + map[int]string{0: "", 1: fmt.Sprintf("/%d", waits), 2: fmt.Sprintf("/%d", failed)}[which] + "/" + verb
		}
	}
	ofOurs := func(verb string) func() string {
		return func() string { other(); return fmt.Sprintf("/@other%d/%s", fresh, verb) }
	}
	byMember := func() int64 { return note("member") }
	decide := func(who allowed, verb string, pairs ...string) rule {
		return rule{who, at("/redaktion/%d/"+verb, shared), form(pairs...)}
	}
	decided := func() int64 {
		t.Helper()
		id := shared()
		must(t, h.Curation.Accept(ctx, h.people["editor"], id))
		log, err := h.Curation.Decisions(ctx, id)
		must(t, err)
		return log[0].ID
	}
	newListed := func() int64 {
		t.Helper()
		fresh++
		return h.lists(t, func(e *directory.Entry) {
			e.Kind, e.Name, e.Summary = directory.Committee, fmt.Sprint("AG ", fresh), "Stimmt ab."
		})
	}
	newWork := func() int64 {
		t.Helper()
		fresh++
		w, err := h.Publications.Save(ctx, h.people["editor"], 0, 0, publication.Text{
			Title: fmt.Sprint("Leitfaden ", fresh), Summary: "Wie ein Rechenzentrum ein Wärmenetz speist.", Source: "Zuerst messen.", Language: "de", Type: "guide", Version: "1.0",
		})
		must(t, err)
		return w.ID
	}
	newPublication := func() int64 {
		t.Helper()
		id, err := h.Publications.Publish(ctx, h.people["editor"], newWork(), 1)
		must(t, err)
		return id
	}
	work := form("action", "save", "draft", "1", "title", "Leitfaden", "summary", "Wie ein Rechenzentrum ein Wärmenetz speist.", "source", "Zuerst messen.", "language", "de", "type", "guide", "version", "1.0")
	react := func(who allowed, verb string) rule { return rule{who, at("/beitraege/%d/"+verb, byMember), nil} }
	liste, err := h.Accounts.Receive(ctx, remote(account.Person, "liste", "vitako.example"))
	must(t, err)
	fromElsewhere := func() int64 {
		t.Helper()
		fresh++
		return h.received(t, liste, fmt.Sprintf("https://vitako.example/notes/%d", fresh), "Kauft!").ID
	}
	quoteOfMember := func() int64 {
		t.Helper()
		return h.quotes(t, "editor", byMember())
	}
	byStranger := func() int64 {
		t.Helper()
		a, err := h.Accounts.ByID(ctx, other())
		must(t, err)
		p, err := h.Posts.Create(ctx, a, post.Draft{Title: "Werbung", Source: "Kauft!", Visibility: post.Public, Language: "de"})
		must(t, err)
		return p.ID
	}
	question := func() int64 {
		t.Helper()
		return h.ask(t, "member", poll.Draft{Options: []string{"Ja", "Nein"}, ExpiresIn: time.Hour}).ID
	}
	reported := note("member")
	report := func() int64 {
		t.Helper()
		r, err := h.Moderation.Submit(ctx, h.people["guest"], moderation.Draft{TargetID: other()})
		must(t, err)
		_, err = h.db.ExecContext(ctx, `UPDATE reports SET post_ids = ARRAY[$1::bigint] WHERE id = $2`, reported, r.ID)
		must(t, err)
		return r.ID
	}
	waiting := func() int64 {
		t.Helper()
		d := sampleDraft()
		fresh++
		d.Title = fmt.Sprint("Wartet ", fresh)
		id, _, err := h.Practices.Ask(ctx, h.people["member"], 0, d)
		must(t, err)
		return id
	}
	archived := func() int64 {
		t.Helper()
		id := shared()
		must(t, h.Practices.Archive(ctx, h.people["editor"], id, "Das Rechenzentrum ist geschlossen."))
		return id
	}
	newTerm := func() int64 {
		t.Helper()
		fresh++
		name := fmt.Sprint("Begriff ", fresh)
		must(t, h.Taxonomies.Save(ctx, h.people["editor"], practice.Term{Scheme: practice.SchemeField, Name: name}))
		return h.term(t, name)
	}
	collected := func() (id, chapter, post int64) {
		t.Helper()
		editor := h.people["editor"]
		post = shared()
		must(t, h.Curation.Accept(ctx, editor, post))
		_, err := h.db.ExecContext(ctx, `DELETE FROM collections`) // an instance has only so many
		must(t, err)
		id, err = h.Curation.CreateCollection(ctx, editor, curation.CollectionDraft{Name: "Kühlung"})
		must(t, err)
		must(t, h.Curation.SaveChapter(ctx, editor, id, curation.Chapter{Name: "Betrieb"}))
		must(t, h.Curation.AddEntries(ctx, editor, id, []int64{post}, 0))
		c, err := h.Curation.Arranged(ctx, editor, id)
		must(t, err)
		return id, c.Chapters[0].ID, post
	}
	inCollection := func(verb string) func() string {
		return func() string { id, _, _ := collected(); return fmt.Sprintf("%s/%d%s", collectionsPath, id, verb) }
	}
	atChapter := func(verb string) func() string {
		return func() string {
			id, chapter, _ := collected()
			return fmt.Sprintf("%s/%d/kapitel/%d/%s", collectionsPath, id, chapter, verb)
		}
	}
	atEntry := func(verb string) func() string {
		return func() string {
			id, _, post := collected()
			return fmt.Sprintf("%s/%d/beispiele/%d%s", collectionsPath, id, post, verb)
		}
	}
	const oneCollection = collectionsPath + "/{id:[0-9]+}"
	rules := map[string][]rule{
		collectionsPath: {{editors, fixed(collectionsPath), form("name", "Kühlung")}},
		collectionsPath + "/{verb:zeigen|nicht-zeigen}": {{editors, fixed(collectionsPath + "/zeigen"), form("host", "kg.example", "slug", "kuehlung")}},
		oneCollection: {{editors, inCollection(""), form("name", "Wärme", "version", "1")}},
		oneCollection + "/{verb:veroeffentlichen|zuruecknehmen}":       {{editors, inCollection("/veroeffentlichen"), nil}, {editors, inCollection("/zuruecknehmen"), nil}},
		oneCollection + "/loeschen":                                    {{editors, inCollection("/loeschen"), nil}},
		oneCollection + "/gliedern":                                    {{editors, inCollection("/gliedern"), form("by", "level")}},
		oneCollection + "/aufnehmen":                                   {{editors, inCollection("/aufnehmen"), form("post", fmt.Sprint(shared()))}},
		oneCollection + "/kapitel":                                     {{editors, inCollection("/kapitel"), form("id", "0", "name", "Kauf")}},
		oneCollection + "/kapitel/{chapter:[0-9]+}/{verb:hoch|runter}": {{editors, atChapter("hoch"), nil}},
		oneCollection + "/kapitel/{chapter:[0-9]+}/entfernen":          {{editors, atChapter("entfernen"), nil}},
		oneCollection + "/beispiele/{post:[0-9]+}":                     {{editors, atEntry(""), form("annotation", "Gut.")}},
		oneCollection + "/beispiele/{post:[0-9]+}/{verb:hoch|runter}":  {{editors, atEntry("/hoch"), nil}},
		oneCollection + "/beispiele/{post:[0-9]+}/entfernen":           {{editors, atEntry("/entfernen"), form("reason", "Doppelt.")}},
		"/praxisbeispiele/neu":                                         {{members, fixed("/praxisbeispiele/neu"), form("action", "save", "title", "Entwurf")}},
		"/praxisbeispiele/{id:[0-9]+}/bearbeiten":                      {{editors, at("/praxisbeispiele/%d/bearbeiten", shared), form("action", "withdraw")}},
		"/praxisbeispiele/{id:[0-9]+}/archivieren":                     {{editors, at("/praxisbeispiele/%d/archivieren", shared), form("reason", "Das Rechenzentrum ist geschlossen.")}},
		"/praxisbeispiele/{id:[0-9]+}/wiederherstellen":                {{editors, at("/praxisbeispiele/%d/wiederherstellen", archived), nil}},
		"/redaktion/pruefung/{id:[0-9]+}/{verb:freigeben|zurueckgeben|kommentieren}": {
			{editors, at("/redaktion/pruefung/%d/freigeben", waiting), form("version", "2")},
			{editors, at("/redaktion/pruefung/%d/zurueckgeben", waiting), form("reason", "Bitte die Zahlen prüfen.")},
			{members, at("/redaktion/pruefung/%d/kommentieren", waiting), form("comment", "Gut.")},
		},
		// Not its author: shared is the editor's.
		"/praxisbeispiele/{id:[0-9]+}/nachnutzen":                                           {{allowed{"member", "moderator", "admin"}, at("/praxisbeispiele/%d/nachnutzen", shared), form("state", "planned")}},
		"/praxisbeispiele/{id:[0-9]+}/uebernehmen":                                          {{members, at("/praxisbeispiele/%d/uebernehmen", shared), nil}},
		"/praxisbeispiele/{id:[0-9]+}/bewerten":                                             {{allowed{"moderator", "admin"}, at("/praxisbeispiele/%d/bewerten", shared), form("status", "critical", "progress", "begun", "horizon", fmt.Sprint(h.Assessments.Year()), "source", "Darum.")}},
		"/praxisbeispiele/{id:[0-9]+}/bewertung-einladen":                                   {{editors, at("/praxisbeispiele/%d/bewertung-einladen", shared), form("account", "guest")}},
		"/praxisbeispiele/{id:[0-9]+}/bewertung-einladen/{invitation:[0-9]+}/zurueckziehen": {{editors, at("/praxisbeispiele/%d/bewertung-einladen/1/zurueckziehen", shared), nil}},
		"/sprache":                      {{everyone, fixed("/sprache"), form("sprache", "en")}},
		"/vorschau":                     {{accounts, fixed("/vorschau"), form("source", "*a*")}},
		"/redaktion/handreichungen/neu": {{editors, fixed("/redaktion/handreichungen/neu"), work}},
		"/redaktion/handreichungen/{id:[0-9]+}/bearbeiten":                           {{editors, at("/redaktion/handreichungen/%d/bearbeiten", newWork), work}},
		"/redaktion/handreichungen/{id:[0-9]+}/veroeffentlichen":                     {{editors, at("/redaktion/handreichungen/%d/veroeffentlichen", newWork), form("draft", "1")}},
		"/redaktion/handreichungen/{id:[0-9]+}/verwerfen":                            {{editors, at("/redaktion/handreichungen/%d/verwerfen", newWork), form("draft", "1")}},
		"/handreichungen/{id:[0-9]+}/aendern":                                        {{editors, at("/handreichungen/%d/aendern", newPublication), nil}},
		"/handreichungen/{id:[0-9]+}/zurueckziehen":                                  {{editors, at("/handreichungen/%d/zurueckziehen", newPublication), nil}},
		"/redaktion/verzeichnis/neu":                                                 {{editors, fixed("/redaktion/verzeichnis/neu"), form("kind", "committee", "name", "AG", "summary", "Stimmt ab.", "level", "land", "region", "DE-SH")}},
		"/redaktion/verzeichnis/{id:[0-9]+}":                                         {{editors, at("/redaktion/verzeichnis/%d", newListed), form("kind", "committee", "name", "AG neu", "summary", "Stimmt ab.", "level", "land", "region", "DE-SH", "revision", "1")}},
		"/redaktion/verzeichnis/{id:[0-9]+}/bestaetigen":                             {{editors, at("/redaktion/verzeichnis/%d/bestaetigen", newListed), nil}},
		"/redaktion/verzeichnis/{id:[0-9]+}/entfernen":                               {{editors, at("/redaktion/verzeichnis/%d/entfernen", newListed), nil}},
		"/redaktion/begriffe":                                                        {{editors, fixed("/redaktion/begriffe"), form("scheme", "goal", "name", "Ziel", "notation", "Z9")}},
		"/redaktion/begriffe/{id:[0-9]+}/zusammenfuehren":                            {{editors, at("/redaktion/begriffe/%d/zusammenfuehren", newTerm), form("into", fmt.Sprint(h.term(t, "Software")), "action", "confirm")}},
		"/redaktion/begriffe/{id:[0-9]+}/{verb:nicht-anbieten|anbieten|hoch|runter}": {{editors, at("/redaktion/begriffe/%d/nicht-anbieten", newTerm), nil}, {editors, at("/redaktion/begriffe/%d/hoch", newTerm), nil}},
		"/redaktion/begriffe/uebernehmen":                                            {{editors, fixed("/redaktion/begriffe/uebernehmen"), form("q", "kg.example", "seen", "x")}},
		"/redaktion/begriffe/{scheme:goal|field}/freigeben":                          {{editors, fixed("/redaktion/begriffe/goal/freigeben"), nil}},
		"/anmeldelink/{secret}":                                                      {{everyone, fixed("/anmeldelink/unbekannt"), nil}},
		"/abmelden":                                                                  {{everyone, fixed("/abmelden"), nil}},
		"/beitraege": {
			{members, fixed("/beitraege"), form("title", "T", "source", "Text", "visibility", "public")},
			{accounts, fixed("/beitraege"), form("source", "Text", "visibility", "public", "in_reply_to", fmt.Sprint(shared()))},
		},
		"/beitraege/{id:[0-9]+}/bearbeiten":                       {{allowed{"member"}, at("/beitraege/%d/bearbeiten", byMember), form("title", "T", "source", "anders")}},
		"/@{handle}/folgen":                                       {{members, fixed("/@other1/folgen"), nil}},
		"/@{handle}/entfolgen":                                    {{members, fixed("/@other1/entfolgen"), nil}},
		"/bereich/suchen":                                         {{accounts, fixed("/bereich/suchen"), form("name", "Kühlung", "query", "q=K%C3%BChlung")}},
		"/bereich/suchen/{id:[0-9]+}/entfernen":                   {{accounts, fixed("/bereich/suchen/1/entfernen"), nil}},
		"/bereich/anfragen/{id:[0-9]+}":                           {{accounts, fixed("/bereich/anfragen/1"), form("antwort", "annehmen")}},
		"/einstellungen":                                          {{accounts, fixed("/einstellungen"), form("display_name", "Stelle")}},
		"/einstellungen/zugangsschluessel/{id:[0-9]+}/umbenennen": {{accounts, fixed("/einstellungen/zugangsschluessel/1/umbenennen"), form("name", "x")}},
		"/einstellungen/zugangsschluessel/{id:[0-9]+}/entfernen":  {{accounts, fixed("/einstellungen/zugangsschluessel/1/entfernen"), nil}},
		"/einstellungen/sitzungen/{id:[0-9]+}/abmelden":           {{accounts, fixed("/einstellungen/sitzungen/1/abmelden"), nil}},
		"/einstellungen/umzug":                                    {{accounts, fixed("/einstellungen/umzug"), form("target", "niemand@nirgends.example")}},
		"/einstellungen/umzug/abschliessen":                       {{accounts, fixed("/einstellungen/umzug/abschliessen"), form("target", "niemand@nirgends.example")}},
		"/einstellungen/umzug/zuruecknehmen":                      {{accounts, fixed("/einstellungen/umzug/zuruecknehmen"), nil}},
		"/einstellungen/umzug/konten":                             {{accounts, fixed("/einstellungen/umzug/konten"), form("alias", "niemand@nirgends.example")}},
		"/einstellungen/umzug/konten/entfernen":                   {{accounts, fixed("/einstellungen/umzug/konten/entfernen"), form("uri", "https://nirgends.example/u/x")}},
		"/beitraege/{id:[0-9]+}/melden":                           {{accounts, at("/beitraege/%d/melden", byStranger), form("category", "spam")}},
		"/@{handle}/melden":                                       {{accounts, fixed("/@other1/melden"), form("category", "other")}},
		"/verwaltung/konten/{id:[0-9]+}/schliessen":               {{admins, at("/verwaltung/konten/%d/schliessen", other), nil}},
		"/einstellungen/programme/{id:[0-9]+}/entziehen":          {{accounts, fixed("/einstellungen/programme/1/entziehen"), nil}},
		"/einstellungen/token/{id:[0-9]+}/entziehen":              {{accounts, fixed("/einstellungen/token/1/entziehen"), nil}},
		"/oauth/authorize":                                        {{accounts, fixed(asks(h.program(t, "Phanpy", "read", "https://phanpy.example/"), "https://phanpy.example/")), form("antwort", "erlauben")}},
		"/verwaltung/meldungen/{id:[0-9]+}/abschliessen":          {{moderators, at("/verwaltung/meldungen/%d/abschliessen", report), form("resolution", "Erledigt")}},
		"/verwaltung/meldungen/{id:[0-9]+}/beitrag-loeschen":      {{moderators, at("/verwaltung/meldungen/%d/beitrag-loeschen", report), form("post", fmt.Sprint(reported))}},
		"/verwaltung":                                             {{admins, fixed("/verwaltung"), form("name", "Land", "short_name", "SH", "level", "land", "region", "DE-SH")}},
		"/verwaltung/konten/{id:[0-9]+}/rolle":                    {{admins, at("/verwaltung/konten/%d/rolle", other), form("role", "admin")}},
		"/verwaltung/konten/{id:[0-9]+}/zustand":                  {{admins, at("/verwaltung/konten/%d/zustand", other), form("state", "active")}},
		"/verwaltung/konten/{id:[0-9]+}/anmeldelink":              {{admins, at("/verwaltung/konten/%d/anmeldelink", other), nil}},
		"/verwaltung/einladungen":                                 {{admins, fixed("/verwaltung/einladungen"), form("role", "admin")}},
		"/verwaltung/einladungen/{id:[0-9]+}/zuruecknehmen":       {{admins, fixed("/verwaltung/einladungen/1/zuruecknehmen"), nil}},
		"/verwaltung/foederation/folgen":                          {{admins, fixed("/verwaltung/foederation/folgen"), form("ziel", "nirgends.example")}},
		lanesPath + "/{host}/versuchen":                           {{admins, lanePath("versuchen", 0), nil}},
		lanesPath + "/{host}/verwerfen":                           {{admins, lanePath("verwerfen", 0), nil}},
		lanesPath + "/{host}/{id:[0-9]+}/versuchen":               {{admins, lanePath("versuchen", 2), nil}},
		lanesPath + "/{host}/{id:[0-9]+}/verwerfen":               {{admins, lanePath("verwerfen", 1), nil}},
		"/verwaltung/regeln":                                      {{admins, fixed("/verwaltung/regeln"), form("mode", "open")}},
		"/verwaltung/regeln/regel":                                {{admins, fixed("/verwaltung/regeln/regel"), form("domain", "boese.example", "severity", "suspend")}},
		"/verwaltung/regeln/aufheben":                             {{admins, fixed("/verwaltung/regeln/aufheben"), form("domain", "boese.example")}},
		"/verwaltung/regeln/import":                               {{admins, fixed("/verwaltung/regeln/import"), form("list", "boese.example", "action", "apply")}},
		"/@{handle}/moderieren": {
			{moderators, fixed("/@liste@vitako.example/moderieren"), form("massnahme", "einschraenken")},
			{moderators, fixed("/@liste@vitako.example/moderieren"), form("massnahme", "sperren")},
			{admins, ofOurs("moderieren"), form("massnahme", "sperren")},
			{admins, ofOurs("moderieren"), form("massnahme", "einschraenken", "bestaetigt", "true")},
		},
		"/beitraege/{id:[0-9]+}/zitat-zuruecknehmen": {{allowed{"member"}, at("/beitraege/%d/zitat-zuruecknehmen", quoteOfMember), nil}},
		"/beitraege/{id:[0-9]+}/ausblenden":          {{moderators, at("/beitraege/%d/ausblenden", fromElsewhere), form("reason", "Werbung")}},
		"/beitraege/{id:[0-9]+}/einblenden":          {{moderators, at("/beitraege/%d/einblenden", fromElsewhere), nil}},
		"/webauthn/anmeldung/beginn":                 {{everyone, fixed("/webauthn/anmeldung/beginn"), nil}},
		"/webauthn/anmeldung/abschluss":              {{everyone, fixed("/webauthn/anmeldung/abschluss"), nil}},
		"/webauthn/registrierung/beginn":             {{everyone, fixed("/webauthn/registrierung/beginn"), nil}},
		"/webauthn/registrierung/abschluss":          {{everyone, fixed("/webauthn/registrierung/abschluss"), nil}},
		"/webauthn/schluessel/beginn":                {{accounts, fixed("/webauthn/schluessel/beginn"), nil}},
		"/webauthn/schluessel/abschluss":             {{accounts, fixed("/webauthn/schluessel/abschluss"), nil}},
		"/redaktion/{id:[0-9]+}/{verb:annehmen|ablehnen|nachfragen|spaeter|wiedervorlegen|hervorheben|nicht-hervorheben|anmerken|zuweisen|gruppieren|herausnehmen|fuehren|zur-kenntnis}": {
			decide(editors, "annehmen"), decide(editors, "ablehnen", "reason", "zu kurz"), decide(editors, "wiedervorlegen"),
			decide(editors, "hervorheben"), decide(editors, "nicht-hervorheben"), decide(editors, "anmerken", "source", "Gut."),
			decide(editors, "nachfragen", "source", "Seit wann?"), decide(editors, "spaeter", "until", time.Now().AddDate(0, 0, 9).Format(time.DateOnly)),
			decide(editors, "zuweisen", "editor", "0"), decide(editors, "gruppieren", "other", "1"), decide(editors, "herausnehmen"),
			decide(editors, "fuehren"), decide(editors, "zur-kenntnis"),
		},
		"/redaktion/entscheidungen/{id:[0-9]+}/zuruecknehmen": {{editors, at("/redaktion/entscheidungen/%d/zuruecknehmen", decided), nil}},
		"/@{handle}/{verb:stummschalten|nicht-mehr-stummschalten|blockieren|nicht-mehr-blockieren}": {
			{accounts, fixed("/@other1/stummschalten"), nil}, {accounts, fixed("/@other1/nicht-mehr-stummschalten"), nil},
			{accounts, fixed("/@other1/blockieren"), nil}, {accounts, fixed("/@other1/nicht-mehr-blockieren"), nil},
		},
		"/beitraege/{id:[0-9]+}/abstimmen":                       {{accounts, at("/beitraege/%d/abstimmen", question), form("wahl", "0")}},
		"/beitraege/{id:[0-9]+}/{verb:merken|nicht-mehr-merken}": {react(accounts, "merken"), react(accounts, "nicht-mehr-merken")},
		"/beitraege/{id:[0-9]+}/{verb:loeschen|favorisieren|nicht-mehr-favorisieren|teilen|nicht-mehr-teilen}": {
			{allowed{"member", "moderator", "admin"}, at("/beitraege/%d/loeschen", byMember), nil},
			react(accounts, "favorisieren"), react(accounts, "nicht-mehr-favorisieren"), react(members, "teilen"), react(members, "nicht-mehr-teilen"),
		},
	}
	ownSheet := func(verb string) func() string {
		return func() string { return h.sheetOf(t, "member") + verb }
	}
	titled := url.Values{"columns": {"title", "source"}}
	for template, lines := range map[string][]rule{
		"/praxisbeispiele/importieren":                       {{members, fixed("/praxisbeispiele/importieren"), nil}},
		"/praxisbeispiele/importieren/{id:[0-9]+}/zuordnung": {{members, ownSheet("/zuordnung"), titled}},
		"/praxisbeispiele/importieren/{id:[0-9]+}/vorschau":  {{members, ownSheet("/vorschau"), nil}},
		"/praxisbeispiele/importieren/{id:[0-9]+}/loeschen":  {{members, ownSheet("/loeschen"), nil}},
	} {
		rules[template] = lines
	}
	for template, lines := range h.editionRules(t) {
		for _, l := range lines {
			rules[template] = append(rules[template], rule(l))
		}
	}
	other() // the one whom others follow: other1

	for _, template := range postRoutes(t, h) {
		lines, ok := rules[template]
		if !ok {
			t.Errorf("POST %s has no rule here: who may send it?", template)
		}
		delete(rules, template)
		for _, r := range lines {
			for _, who := range everyone {
				path := r.path()
				h.sessions[who] = ""
				if who != visitorName {
					h.sessions[who] = h.login(t, h.people[who])
				}
				before := h.tables(t)
				a := h.post(t, who, path, r.form)
				refused := a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden
				if may := slices.Contains(r.who, who); may == refused && !strings.HasPrefix(path, "/webauthn/anmeldung") {
					t.Errorf("POST %s as %q: %d, allowed: %v", path, who, a.StatusCode, may)
				}
				if refused && h.tables(t) != before {
					t.Errorf("POST %s as %q is refused, but changes something", path, who)
				}
				if a.StatusCode >= http.StatusInternalServerError {
					t.Errorf("POST %s as %q: %d", path, who, a.StatusCode)
				}
			}
		}
	}
	for template := range rules {
		t.Errorf("no route POST %s", template)
	}
}

// postRoutes lists the templates of all routes that change something.
func postRoutes(t *testing.T, h *house) []string {
	t.Helper()
	var list []string
	err := h.handler.(*mux.Router).Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		methods, err := route.GetMethods()
		if err != nil || slices.Equal(methods, []string{http.MethodGet, http.MethodHead}) {
			return nil // a subrouter, or only for reading
		}
		template, err := route.GetPathTemplate()
		list = append(list, template)
		return err
	})
	must(t, err)
	if len(list) < 20 {
		t.Fatalf("only %d routes found", len(list))
	}
	return list
}

// tables is all that forms can change, sessions' last use apart.
func (h *house) tables(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"posts", "practices", "practice_terms", "practice_reviews", "practice_log", "terms", "term_words", "term_uris", "taxonomy_sources", "revisions", "follows", "favourites", "boosts", "accounts", "organization", "invitations", "login_links", "passkeys", "curations", "curation_decisions", "collections", "collection_chapters", "collection_entries", "collection_changes", "curated_collections", "curation_numbers", "editions", "edition_chapters", "edition_entries", "edition_files", "publications", "publication_drafts", "publication_files", "directory_entries", "directory_sources", "river_job", "oauth_codes", "reports", "poll_votes", "domain_rules", "federation_policy", "hidden_posts", "lanes", "deliveries", "reuses", "assessments", "assessment_invitations", "imports", "import_rows", "import_keys", "import_mappings"} {
		var rows string
		must(t, h.db.GetContext(t.Context(), &rows, `SELECT coalesce(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM `+table+` x`))
		b.WriteString(table + "\n" + rows + "\n")
	}
	return b.String()
}

var pathVariable = regexp.MustCompile(`\{[a-z]+(?::([^{}|]*)[^{}]*)?\}`)

// TestCrossSite: no form and no passkey dialog of ours can be sent from another site's page, whoever is logged in.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := h.tables(t)
	for _, template := range postRoutes(t, h) {
		path := pathVariable.ReplaceAllStringFunc(template, func(v string) string {
			if words := pathVariable.FindStringSubmatch(v)[1]; words != "" && !strings.HasPrefix(words, "[") {
				return words
			}
			return "1"
		})
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "sec-fetch-site": "same-site", "Origin": "https://evil.example", "origin": "null"} {
			r := httptest.NewRequest(http.MethodPost, houseURL+path, strings.NewReader(`{}`))
			r.Header.Set("Content-Type", "text/plain") // what a page elsewhere can send without asking first
			r.Header.Set(name, value)
			if a := h.do(t, "admin", r); a.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s answers %d", path, name, value, a.StatusCode)
			}
		}
	}
	if h.tables(t) != before {
		t.Error("something changed")
	}
}

// TestSecretsInPaths: the pages behind one-time links are kept by no cache, and the secret does not get into the log, also
// when the page fails.
func TestSecretsInPaths(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var log strings.Builder
	h.Log = slog.New(slog.NewTextHandler(&log, nil))
	h.serve(t)
	link, err := h.Auth.LoginLink(t.Context(), account.Operator(), h.people["member"].ID, 0)
	must(t, err)
	invitation, err := h.Auth.Invite(t.Context(), h.people["admin"], account.RoleMember, "", 0)
	must(t, err)
	for _, path := range []string{"/anmeldelink/" + link, "/einladung/" + invitation} {
		a := h.get(t, visitorName, path).wants(t, http.StatusOK)
		if got := a.Header.Get("Cache-Control"); got != "private, no-store" || a.Header.Get("ETag") != "" {
			t.Errorf("%s: Cache-Control %q, ETag %q", path, got, a.Header.Get("ETag"))
		}
	}
	must(t, h.db.Close())
	for _, path := range []string{"/anmeldelink/" + link, "/einladung/" + invitation} {
		h.get(t, visitorName, path).wants(t, http.StatusInternalServerError)
		h.post(t, visitorName, path, nil)
	}
	if text := log.String(); text == "" || strings.Contains(text, link) || strings.Contains(text, invitation) {
		t.Errorf("the log says %s", text)
	}
}
