package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// vocabularyNamespace is the namespace of the extension terms. Its literal prefix on the wire is "vb:".
const vocabularyNamespace = "https://w3id.org/vorbild#"

// vocabularyTerm documents one extension term for people and, by its kind, for JSON-LD processors.
type vocabularyTerm struct {
	Name   string
	Type   string
	DE, EN string
	ID     bool // its value is an address
}

// vocabularySection is the terms of one kind of object.
type vocabularySection struct {
	ID    string
	Title string // key
	Terms []vocabularyTerm
}

type vocabularyView struct {
	Namespace string
	Sections  []vocabularySection
}

// vocabulary is what version 1 says. It only grows: instances that are updated years apart read it.
var vocabulary = []vocabularySection{
	{"artikel", "about.ns.article", []vocabularyTerm{
		{Name: "kind", Type: "BestPractice", DE: "Kennzeichnet ein Praxisbeispiel. Pflicht.", EN: "Marks a best practice. Required."},
		{Name: "schema", Type: "1", DE: "Version dieses Vokabulars. Pflicht.", EN: "Version of this vocabulary. Required."},
		{Name: "revision", Type: "integer", DE: "Wächst mit jeder veröffentlichten Fassung, ab 1. Pflicht.", EN: "Grows with each published version, from 1. Required."},
		{Name: "level", Type: "bund, land, kommune, verband, extern", DE: "Verwaltungsebene.", EN: "Level of administration."},
		{Name: "region", Type: "ISO 3166-2:DE", DE: "Land, zum Beispiel DE-SH.", EN: "Land, such as DE-SH."},
		{Name: "ars", Type: "text", DE: "Amtlicher Regionalschlüssel mit 12 Ziffern, wenn eine Gemeinde gemeint ist.", EN: "Official regional key of 12 digits where a municipality is meant."},
		{Name: "organization", Type: "{name, url, id}", DE: "Wer dahintersteht.", EN: "Who stands behind it."},
		{Name: "goals", Type: "list of {id, notation, name}", DE: "Kernziele.", EN: "Core goals."},
		{Name: "fields", Type: "list of {id, notation, name}", DE: "Handlungsfelder.", EN: "Fields of action."},
		{Name: "services", Type: "list of {scheme, key, name}", DE: "Betroffene Verwaltungsleistungen (leika, ozg).", EN: "Administrative services concerned (leika, ozg)."},
		{Name: "implementation", Type: "begun, advanced, completed", DE: "Stand der Umsetzung.", EN: "State of implementation."},
		{Name: "situation", Type: "text", DE: "Ausgangslage.", EN: "Starting point."},
		{Name: "outcome", Type: "text", DE: "Wirkung in Worten.", EN: "Effect in words."},
		{Name: "prerequisites", Type: "text", DE: "Was es braucht.", EN: "What it needs."},
		{Name: "pitfalls", Type: "text", DE: "Was schiefging.", EN: "What went wrong."},
		{Name: "measures", Type: "list of text", DE: "Was getan wurde.", EN: "What was done."},
		{Name: "legalBasis", Type: "list of text", DE: "Gesetze und Normen.", EN: "Laws and norms."},
		{Name: "figures", Type: "list of {quantity, name, unit, before, after, change, from, to, method, scope}", DE: "Kennzahlen. Einheiten in UCUM, zum Beispiel MW.h/a; negativ ist eingespart.", EN: "Key figures. Units in UCUM, such as MW.h/a; negative is saved."},
		{Name: "cost", Type: "list of {amount, currency, kind, name}", DE: "Kosten, einmalig (once) oder jährlich (yearly).", EN: "Cost, once or yearly."},
		{Name: "effort", Type: "{personDays}", DE: "Aufwand in Personentagen.", EN: "Effort in person days."},
		{Name: "contact", Type: "{name, unit, email, url}", DE: "Fachlicher Kontakt, keine privaten Daten.", EN: "Functional contact, no private data."},
		{Name: "licence", Type: "URL", DE: "Lizenz des Textes.", EN: "Licence of the text.", ID: true},
		{Name: "links", Type: "list of {rel, href, name}", DE: "Verweise: opencode, documentation, law, product, other.", EN: "Links: opencode, documentation, law, product, other."},
		{Name: "visibility", Type: "network", DE: "Nur für den Verwaltungsverbund bestimmt; auch an Beiträgen.", EN: "Meant for the administration network only; on notes as well."},
		{Name: "archived", Type: "xsd:dateTime", DE: "Seit wann das Praxisbeispiel archiviert ist: noch lesbar, aber nicht mehr empfohlen.", EN: "Since when the practice is archived: still readable, but no longer recommended."},
		{Name: "archiveReason", Type: "text", DE: "Warum es archiviert ist.", EN: "Why it is archived."},
		{Name: "reuseOf", Type: "id", DE: "Das Praxisbeispiel, aus dem dieses entstanden ist.", EN: "The practice this one grew out of.", ID: true},
	}},
	{"handreichung", "about.ns.publication", []vocabularyTerm{
		{Name: "kind", Type: "Document, Edition", DE: "Kennzeichnet an einem Article eine Handreichung oder die Ausgabe eines Papiers, die der Katalog einer Instanz herausgibt. Auch sie haben schema und revision; ihre Dateien stehen in attachment, vom eigenen Host.", EN: "Marks on an Article a document or the edition of a paper that an instance's catalogue publishes. They, too, have schema and revision; their files stand in attachment, of their own host."},
		{Name: "documentType", Type: "guide, recommendation, strategy, other", DE: "An Document: Handlungsleitfaden, Empfehlung, Strategiepapier oder Weiteres.", EN: "On Document: guide, recommendation, strategy paper or other."},
		{Name: "version", Type: "text", DE: "Version, wie Menschen sie nennen, zum Beispiel 1.2 oder 2026-1.", EN: "Version as people call it, such as 1.2 or 2026-1."},
		{Name: "bytes", Type: "integer", DE: "An einer Datei in attachment: ihre Größe.", EN: "On a file in attachment: its size."},
	}},
	{"antwort", "about.ns.note", []vocabularyTerm{
		{Name: "kind", Type: "Reuse, Assessment, Question, CurationNote, Invitation", DE: "Nachnutzung, Bewertung, Rückfrage oder Anmerkung der Redaktion. Eine Nachnutzung nennt auch organization, level, region und figures. Invitation ist die persönliche Nachricht, die zu einer Bewertung einlädt.", EN: "A reuse, an assessment, an editor's question or an editor's note. A reuse also has organization, level, region and figures. Invitation is the direct message that invites to an assessment."},
		{Name: "reuseState", Type: "planned, implementing, in-use, rejected", DE: "Stand der Nachnutzung. Pflicht an Reuse.", EN: "State of the reuse. Required on Reuse."},
		{Name: "practice", Type: "id", DE: "An Reuse: das eigene Praxisbeispiel der nachnutzenden Stelle, von ihrem eigenen Host. An Invitation: das Praxisbeispiel, das bewertet werden soll.", EN: "On Reuse: the reuser's own practice, of their own host. On Invitation: the practice that is to be assessed.", ID: true},
		{Name: "status", Type: "critical, attention, uncritical", DE: "Bewertung: kritisch, weitere Maßnahmen erforderlich, unkritisch. Pflicht an Assessment; die Begründung ist der Text.", EN: "Assessment: critical, further measures needed, uncritical. Required on Assessment; the reason is the content."},
		{Name: "progress", Type: "begun, advanced, completed", DE: "Umsetzung zum Zeitpunkt der Bewertung. Pflicht an Assessment.", EN: "Implementation at the time of the assessment. Required on Assessment."},
		{Name: "urgent", Type: "boolean", DE: "Hohe Dringlichkeit.", EN: "High urgency."},
		{Name: "horizon", Type: "integer", DE: "Jahr, für das die Bewertung gilt; ohne Angabe das ihrer Veröffentlichung. Für jedes Jahr zählt die letzte eines Kontos.", EN: "Year the assessment is about; that of its publication where none is named. For each year an account's last one counts."},
		{Name: "collection", Type: "id", DE: "Sammlung, zu der eine Anmerkung gehört.", EN: "Collection that a note belongs to.", ID: true},
	}},
	{"kuratieren", "about.ns.curation", []vocabularyTerm{
		{Name: "revisionAccepted", Type: "integer", DE: "An Add: die Fassung, die aufgenommen wurde.", EN: "On Add: the version that was accepted."},
		{Name: "chapter", Type: "text", DE: "An Add und Remove: Kapitel der Sammlung.", EN: "On Add and Remove: chapter of the collection."},
		{Name: "reason", Type: "text", DE: "An Remove: warum.", EN: "On Remove: why."},
		{Name: "withdrawn", Type: "boolean", DE: "An Remove und in vb:entries: Die Quelle hat das Praxisbeispiel zurückgezogen; sein Platz in der Sammlung sagt das.", EN: "On Remove and in vb:entries: its source withdrew the practice; its place in the collection says so."},
		{Name: "chapters", Type: "list of {name, summary}", DE: "An einer Sammlung (kind: Curation): ihre Kapitel.", EN: "On a collection (kind: Curation): its chapters."},
		{Name: "entries", Type: "list of {id, revision, chapter, note, highlighted, withdrawn}", DE: "An einer Ausgabe (kind: Edition) oder einer Seite einer Sammlung: was in ihr steht, und in welcher Fassung es aufgenommen wurde. An einer Sammlung auch die Anmerkung der Redaktion (note), ob sie es besonders empfiehlt (highlighted), und was seine Quelle zurückgezogen hat (withdrawn): Das ist kein Eintrag mehr, behält aber seinen Platz.", EN: "On an edition (kind: Edition) or a page of a collection: what it contains, and which version of it was accepted. On a collection also the editors' note, whether they recommend it specially (highlighted), and what its source withdrew (withdrawn): that is no item any more, but keeps its place."},
		{Name: "checksum", Type: "text", DE: "SHA-256 des HTML einer Ausgabe. An einer Sammlung (kind: Curation): SHA-256 über ihre Einträge in ihrer Reihenfolge, je id, Leerzeichen, Fassung, Zeilenende; danach, wo etwas davon angegeben ist, chapter, note und die Wörter highlighted und withdrawn, jede der vier Angaben mit Zeilenende.", EN: "SHA-256 of an edition's HTML. On a collection (kind: Curation): SHA-256 over its entries in their order, each id, blank, version, line feed; then, where any of them is said, chapter, note and the words highlighted and withdrawn, each of the four ended by a line feed."},
		{Name: "scheme", Type: "goals, fields", DE: "An einer Taxonomie (kind: Taxonomy): welche es ist, benannt wie die Angabe am Praxisbeispiel. Ihre Begriffe (kind: Term) haben id, notation, name und summary; von Begriffen anderer Instanzen steht dort nur die id. Ihre checksum ist die SHA-256 über ihre Begriffe in ihrer Reihenfolge, je id, notation, name, summary und replacedBy, jede Angabe mit Zeilenende.", EN: "On a taxonomy (kind: Taxonomy): which one it is, named like the property of a practice. Its terms (kind: Term) have id, notation, name and summary; of terms of other instances there is but the id. Its checksum is the SHA-256 over its terms in their order, each id, notation, name, summary and replacedBy, each ended by a line feed."},
		{Name: "replacedBy", Type: "id", DE: "An einem Begriff einer Taxonomie: sein Nachfolger.", EN: "On a term of a taxonomy: its successor.", ID: true},
	}},
	{"verzeichnis", "about.ns.directory", []vocabularyTerm{
		{Name: "kind", Type: "Directory, ContactPerson, Committee, Network", DE: "Directory ist die Sammlung der Ansprechpersonen, Gremien und Netzwerke, die ein Katalog pflegt; ihre checksum ist die SHA-256 über ihre Einträge, je id, Leerzeichen, revision, Zeilenende. ContactPerson, Committee und Network sind ihre Einträge. Sie haben name, summary, url, updated, level, region, organization, contact und revision.", EN: "Directory is the collection of the contact persons, committees and networks that a catalogue keeps; its checksum is the SHA-256 over its entries, each id, blank, revision, line feed. ContactPerson, Committee and Network are its entries. They have name, summary, url, updated, level, region, organization, contact and revision."},
		{Name: "confirmed", Type: "date", DE: "An einem Eintrag: wann ihn zuletzt bestätigt hat, wer ihn pflegt.", EN: "On an entry: when who keeps it last confirmed it."},
		{Name: "cadence", Type: "text", DE: "An einem Gremium oder Netzwerk: wie oft es sich trifft.", EN: "On a committee or network: how often it meets."},
		{Name: "members", Type: "text", DE: "An einem Gremium oder Netzwerk: welche Stellen vertreten sind.", EN: "On a committee or network: which bodies are represented."},
		{Name: "contact", Type: "{unit, email, phone, url}", DE: "An einem Eintrag: dienstlicher Kontakt der Stelle, keine privaten Daten.", EN: "On an entry: official contact of the body, no private data."},
	}},
	{"instanz", "about.ns.actor", []vocabularyTerm{
		{Name: "catalogue", Type: "id", DE: "Katalog der Instanz.", EN: "The instance's catalogue.", ID: true},
		{Name: "forum", Type: "id", DE: "Forum der Instanz.", EN: "The instance's forum.", ID: true},
		{Name: "curated", Type: "id", DE: "An einem Katalog: die Sammlung dessen, was er kuratiert. Sie ist abrufbar, solange er kuratiert.", EN: "On a catalogue: the collection of what it curates. It can be fetched while it curates.", ID: true},
		{Name: "collections", Type: "id", DE: "An einem Katalog: die Liste der Sammlungen (kind: Collections), die er selbst zusammengestellt hat. Jede ist eine Sammlung (kind: Curation) mit Namen, Kapiteln und abrufbaren Seiten. Veröffentlichen und Zurücknehmen melden Add und Remove der Sammlung auf diese Liste.", EN: "On a catalogue: the list of the collections (kind: Collections) that it put together itself. Each is a collection (kind: Curation) with a name, chapters and pages that can be fetched. Publishing and taking back are told by Add and Remove of the collection on this list.", ID: true},
		{Name: "directory", Type: "id", DE: "An einem Katalog: das Verzeichnis der Ansprechpersonen, Gremien und Netzwerke, die er pflegt.", EN: "On a catalogue: the directory of the contact persons, committees and networks that it keeps.", ID: true},
		{Name: "taxonomies", Type: "list of id", DE: "An einem Katalog: seine Taxonomien, die andere Instanzen übernehmen können.", EN: "On a catalogue: its taxonomies, which other instances can take over.", ID: true},
		{Name: "featured", Type: "id", DE: "An einem Katalog: die Sammlung dessen, was er davon hervorhebt.", EN: "On a catalogue: the collection of what it puts in front of that.", ID: true},
	}},
}

// vocabularyContext is the JSON-LD context of the terms.
func vocabularyContext() ([]byte, error) {
	terms := map[string]any{"vb": vocabularyNamespace}
	for _, section := range vocabulary {
		for _, term := range section.Terms {
			if term.ID {
				terms["vb:"+term.Name] = map[string]string{"@type": "@id"}
			}
		}
	}
	body, err := json.MarshalIndent(map[string]any{"@context": terms}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("vocabulary: %w", err)
	}
	return body, nil
}

// showVocabulary documents the terms for people, and is the context for machines.
func (s *Site) showVocabulary(w http.ResponseWriter, r *http.Request) error {
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "ld+json") || wantsActivity(r) {
		body, err := vocabularyContext()
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/ld+json; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Header().Add("Vary", "Accept")
		_, _ = w.Write(body)
		return nil
	}
	return s.render(w, r, http.StatusOK, "vocabulary", page{
		Title: s.t(r, "about.ns.title"), Description: s.t(r, "about.ns.lead"), Canonical: s.Config.BaseURL + "/ns/vorbild",
		Data: vocabularyView{Namespace: vocabularyNamespace, Sections: vocabulary},
	})
}
