package demo

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed content
var contentFS embed.FS

// Instance is one organisation of the demo.
type Instance struct {
	Slug        string
	Name        string
	ShortName   string
	Level       string
	Region      string
	Description string
	Website     string
	Curates     bool
	FourEyes    bool // a second person approves its practices
	Port        int
}

// Host is the name a browser and the other instances reach it by.
func (i Instance) Host() string { return fmt.Sprintf("%s.localhost:%d", i.Slug, i.Port) }

// BaseURL is its public address.
func (i Instance) BaseURL() string { return "http://" + i.Host() }

func instances(firstPort int) []Instance {
	all := []Instance{
		{Slug: "bund", Name: "Green-IT-Initiative des Bundes", ShortName: "Bund", Level: "bund",
			Description: "Die Bundesverwaltung teilt hier, was ihre Rechenzentren und Arbeitsplätze sparsamer macht."},
		{Slug: "sh", Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: "land", Region: "DE-SH",
			Description: "Das Land Schleswig-Holstein veröffentlicht hier eigene Praxisbeispiele und die seiner Kommunen."},
		{Slug: "vitako", Name: "VITAKO – Bundes-Arbeitsgemeinschaft der Kommunalen IT-Dienstleister", ShortName: "VITAKO", Level: "verband", FourEyes: true,
			Description: "Die kommunalen IT-Dienstleister lernen voneinander: Praxisbeispiele und Umfragen der Mitglieder."},
		{Slug: "kg", Name: "Kooperationsgruppe Green-IT des IT-Planungsrats", ShortName: "KG Green-IT", Level: "verband", Curates: true,
			Description: "Die KG Green-IT liest, was alle veröffentlichen, wählt aus und stellt den Überblick für alle bereit."},
	}
	for i := range all {
		all[i].Port = firstPort + i
		all[i].Website = all[i].BaseURL()
	}
	return all
}

// functionalAccount is an account of the demo; there are no invented persons.
type functionalAccount struct{ username, name, role string }

var functionalAccounts = []functionalAccount{
	{"gast", "Externe Beratung", "guest"},
	{"green-it", "Green-IT-Stelle", "member"},
	{"rechenzentrum", "Rechenzentrum", "member"},
	{"redaktion", "Redaktion", "editor"},
	{"moderation", "Moderation", "moderator"},
	{"verwaltung", "Administration", "admin"},
}

type figure struct {
	Quantity, Name, Unit, Before, After, Change, From, To, Method, Scope string
}

type practice struct {
	Slug, Instance, Author        string
	Title, Summary, Level, Region string
	Implementation                string
	Goals, Fields, Measures       []string
	Figures                       []figure
	ContactName                   string `json:"contact_name"`
	ContactUnit                   string `json:"contact_unit"`
	ContactEmail                  string `json:"contact_email"`
	Source                        string `json:"-"`
}

type note struct {
	Slug, Instance, Author, Practice, Title, Source string
	Answers                                         []note
}

// reuse is what somebody at another instance says of using a practice as well.
type reuse struct {
	Practice, Instance, Author, State, Source string
	Figures                                   []figure
}

// assessment is an expert's; Horizon is in years from now.
type assessment struct {
	Practice, Instance, Author, Status, Progress, Source string
	Urgent                                               bool
	Horizon                                              int
}

type content struct {
	practices   []practice
	threads     []note
	comments    []note
	decisions   []decision
	reuses      []reuse
	assessments []assessment
	collections []collection
	documents   []document
	edition     edition
	directory   []listed
}

func loadContent() (content, error) {
	var c content
	for name, into := range map[string]any{
		"practices": &c.practices, "threads": &c.threads, "comments": &c.comments, "curation": &c.decisions,
		"reuses": &c.reuses, "assessments": &c.assessments, "collections": &c.collections, "documents": &c.documents, "edition": &c.edition, "directory": &c.directory,
	} {
		raw, err := contentFS.ReadFile("content/" + name + ".json")
		if err != nil {
			return c, fmt.Errorf("demo: content: %w", err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return c, fmt.Errorf("demo: content/%s.json: %w", name, err)
		}
	}
	for i := range c.practices {
		raw, err := contentFS.ReadFile("content/" + c.practices[i].Slug + ".md")
		if err != nil {
			return c, fmt.Errorf("demo: content: %w", err)
		}
		c.practices[i].Source = string(raw)
	}
	return c, nil
}

// PracticeTitles lists the titles of the practices that the demo publishes.
func PracticeTitles() []string {
	c, err := loadContent()
	if err != nil {
		panic(err) // embedded, and held by a test
	}
	list := make([]string, len(c.practices))
	for n, p := range c.practices {
		list[n] = p.Title
	}
	return list
}
