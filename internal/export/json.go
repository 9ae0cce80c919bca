package export

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"
)

// Format and version of the JSON of a practice. It only grows; a field that means something else would be version 2.
const (
	Format        = "vorbild-practice"
	FormatVersion = 1
)

// PracticeSchema is the JSON Schema (2020-12) of Practice.
//
//go:embed practice.schema.json
var PracticeSchema []byte

// Practice is a practice as programs read it: the terms of the vocabulary (/ns/vorbild) under their plain names.
type Practice struct {
	Schema         string        `json:"$schema"`
	Format         string        `json:"format"`
	Version        int           `json:"formatVersion"`
	ID             string        `json:"id"`  // of the object in the federation
	URL            string        `json:"url"` // page for people
	Title          string        `json:"title"`
	Summary        string        `json:"summary"`
	Language       string        `json:"language"` // BCP 47
	Revision       int           `json:"revision"`
	Published      *time.Time    `json:"published,omitempty"`
	Updated        *time.Time    `json:"updated,omitempty"`
	Archived       *time.Time    `json:"archived,omitempty"`
	ArchiveReason  string        `json:"archiveReason,omitempty"`
	Visibility     string        `json:"visibility"` // public, unlisted, network
	Author         Author        `json:"author"`
	Instance       string        `json:"instance"` // host
	Organization   *Organization `json:"organization,omitempty"`
	Level          string        `json:"level,omitempty"`
	Region         string        `json:"region,omitempty"`
	ARS            string        `json:"ars,omitempty"`
	Implementation string        `json:"implementation,omitempty"`
	Goals          []Term        `json:"goals"`
	Fields         []Term        `json:"fields"`
	Situation      string        `json:"situation,omitempty"`
	Measures       []string      `json:"measures"`
	Content        string        `json:"content"`          // sanitised HTML
	Source         string        `json:"source,omitempty"` // Markdown, where it was written here
	Outcome        string        `json:"outcome,omitempty"`
	Prerequisites  string        `json:"prerequisites,omitempty"`
	Pitfalls       string        `json:"pitfalls,omitempty"`
	LegalBasis     []string      `json:"legalBasis"`
	Figures        []Figure      `json:"figures"`
	Cost           []Cost        `json:"cost"`
	Effort         *Effort       `json:"effort,omitempty"`
	Services       []Service     `json:"services"`
	Contact        *Contact      `json:"contact,omitempty"`
	Licence        string        `json:"licence,omitempty"`
	Links          []Link        `json:"links"`
	ReuseOf        string        `json:"reuseOf,omitempty"`
	Attachments    []Attachment  `json:"attachments"`

	Files string `json:"-"` // address of its files here, without their ends; "" for what was written elsewhere
	NoPDF bool   `json:"-"` // no PDF is among them
}

// Author is the account that published it.
type Author struct {
	Name   string `json:"name"`
	Handle string `json:"handle"`
	ID     string `json:"id"`
	URL    string `json:"url,omitempty"`

	Person bool `json:"-"` // one, and not an office or a program
}

// Organization stands behind a practice.
type Organization struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Term of a taxonomy.
type Term struct {
	ID       string `json:"id,omitempty"`
	Notation string `json:"notation,omitempty"`
	Name     string `json:"name"`
}

// Figure is one measured effect; its unit is a UCUM code, a negative change is saved.
type Figure struct {
	Quantity string   `json:"quantity"`
	Name     string   `json:"name,omitempty"`
	Unit     string   `json:"unit"`
	Before   *float64 `json:"before,omitempty"`
	After    *float64 `json:"after,omitempty"`
	Change   *float64 `json:"change,omitempty"`
	From     string   `json:"from,omitempty"`
	To       string   `json:"to,omitempty"`
	Method   string   `json:"method,omitempty"`
	Scope    string   `json:"scope,omitempty"`
}

// Cost is an amount once or each year.
type Cost struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
	Kind     string  `json:"kind"`
	Name     string  `json:"name,omitempty"`
}

// Effort in days of one person.
type Effort struct {
	PersonDays float64 `json:"personDays"`
}

// Service is an administrative service that is concerned.
type Service struct {
	Scheme string `json:"scheme"`
	Key    string `json:"key"`
	Name   string `json:"name,omitempty"`
}

// Contact answers questions.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Unit  string `json:"unit,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Link leads to what belongs to it.
type Link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Name string `json:"name,omitempty"`
}

// Attachment is a file that can be taken over.
type Attachment struct {
	Name      string `json:"name"`
	URL       string `json:"url"`
	MediaType string `json:"mediaType"`
}

// JSON writes a practice. base is the address of this instance, where the schema stands.
func JSON(p Practice, base string) ([]byte, error) {
	p.Schema, p.Format, p.Version = base+SchemaPath, Format, FormatVersion
	// Lists are lists even when they are empty: who reads them need not look first.
	p.Goals, p.Fields, p.Measures, p.LegalBasis = some(p.Goals), some(p.Fields), some(p.Measures), some(p.LegalBasis)
	p.Figures, p.Cost, p.Services, p.Links, p.Attachments = some(p.Figures), some(p.Cost), some(p.Services), some(p.Links), some(p.Attachments)
	out, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export.JSON: %w", err)
	}
	return append(out, '\n'), nil
}

// SchemaPath is where an instance publishes PracticeSchema.
const SchemaPath = "/ns/vorbild/praxisbeispiel-1.schema.json"

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
