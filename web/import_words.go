package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

// importCodes are what may be chosen of fields with choices, but for the taxonomies.
func importCodes() map[imports.Target][]string {
	codes := map[imports.Target][]string{
		"region": organization.Regions, "implementation": practice.Implementations, "licence": practice.Licences,
		"language": languages, "visibility": {string(post.Public), string(post.Network)}, imports.Quantity: practice.Quantities,
	}
	for _, level := range organization.Levels {
		codes["level"] = append(codes["level"], string(level))
	}
	return codes
}

// choiceName is what a choice is called.
func (s *Site) choiceName(l *i18n.Localizer, t imports.Target, code string) string {
	switch t {
	case "level", "region":
		return l.T("web." + string(t) + "." + code)
	case "implementation":
		return l.T("practices.state." + code)
	case "licence":
		return licenceName(code)
	case "visibility":
		return l.T("import.visibility." + code)
	}
	return l.T("practices." + string(t) + "." + code)
}

// importWords are the choices as people write them, in all languages that we speak.
func (s *Site) importWords() imports.Words {
	words := imports.Words{}
	for _, lang := range languages {
		l := s.I18n.For(lang)
		for t, codes := range importCodes() {
			for _, code := range codes {
				words.Add(t, code, s.choiceName(l, t, code))
			}
		}
	}
	for _, code := range organization.Regions {
		words.Add("region", code, code[len("DE-"):])
	}
	return words
}

// sampleColumns are those of the sheet that people start with.
var sampleColumns = []imports.Target{
	imports.Key, "title", "summary", "source", "level", "region", "implementation", "fields", "situation", "measures", "outcome", "prerequisites", "pitfalls",
	imports.FigureTarget(1, "before"), imports.FigureTarget(1, "after"), imports.FigureTarget(2, "saving"), imports.From, imports.To, imports.Method,
	"person_days", imports.CostOnce, "legal_basis", "links", "contact_name", "contact_unit", "contact_email",
}

// sampleSheet sends a sheet that fits, with one row that shows how.
func (s *Site) sampleSheet(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleMember); err != nil {
		return err
	}
	rows := [][]string{make([]string, len(sampleColumns)), make([]string, len(sampleColumns))}
	fields, err := s.Practices.Terms(r.Context(), practice.SchemeField)
	if err != nil {
		return fmt.Errorf("sample sheet: %w", err)
	}
	for n, t := range sampleColumns {
		rows[0][n] = s.t(r, "import.sample."+string(t))
		switch {
		case t != "fields":
			rows[1][n] = s.t(r, "import.sample."+string(t)+".value")
		case len(fields) > 0:
			rows[1][n] = fields[0].Name
		}
	}
	form := mux.Vars(r)["form"]
	var file bytes.Buffer
	if form == "xlsx" {
		err = sheet.WriteXLSX(&file, s.t(r, "practices.list.title"), rows)
	} else {
		err = sheet.WriteCSV(&file, rows)
	}
	if err != nil {
		return err
	}
	return sendSheet(w, form, s.t(r, "import.sample.file"), file.Bytes())
}
