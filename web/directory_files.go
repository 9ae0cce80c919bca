package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/organization"
)

// listedRecord is an entry of the directory for programs.
type listedRecord struct {
	Source       string             `json:"source"` // ActivityPub id, on the instance that keeps it
	Page         string             `json:"page"`
	Kind         directory.Kind     `json:"kind"`
	Name         string             `json:"name"`
	Summary      string             `json:"summary,omitempty"`
	Level        organization.Level `json:"level"`
	Region       string             `json:"region,omitempty"` // ISO 3166-2:DE, absent where it is of several Länder or of the Bund
	Organization string             `json:"organization,omitempty"`
	Unit         string             `json:"unit,omitempty"`
	Cadence      string             `json:"cadence,omitempty"`
	Members      string             `json:"members,omitempty"`
	Email        string             `json:"email,omitempty"`
	Phone        string             `json:"phone,omitempty"`
	Website      string             `json:"website,omitempty"`
	MaintainedBy string             `json:"maintainedBy"`        // host
	Confirmed    string             `json:"confirmed,omitempty"` // date, absent where who keeps it does not say
	Stale        bool               `json:"stale"`               // not confirmed for twelve months
}

func (s *Site) listedRecord(v listedView) listedRecord {
	host := v.Host
	if v.Local() {
		host = s.Config.Domain()
	}
	record := listedRecord{
		Source: v.URI, Page: v.Page, Kind: v.Kind, Name: v.Name, Summary: v.Summary, Level: v.Level, Region: v.Region, Organization: v.Organization, Unit: v.Unit,
		Cadence: v.Cadence, Members: v.Members, Email: v.Email, Phone: v.Phone, Website: v.Website, MaintainedBy: host, Stale: v.Stale,
	}
	if v.EverConfirmed() {
		record.Confirmed = v.ConfirmedAt.UTC().Format(time.DateOnly)
	}
	return record
}

func (s *Site) directoryJSON(w http.ResponseWriter, r *http.Request) error {
	list, err := s.directoryFile(r)
	if err != nil {
		return err
	}
	records := make([]listedRecord, len(list))
	for i, v := range list {
		records[i] = s.listedRecord(v)
	}
	body, err := json.MarshalIndent(map[string]any{"address": s.Config.BaseURL + address(directoryPath, r.URL.Query()), "entries": records}, "", " ")
	if err != nil {
		return fmt.Errorf("directory as JSON: %w", err)
	}
	s.sendFile(w, r, file{mediaType: "application/json; charset=utf-8", name: "verzeichnis.json", body: body, public: true, canonical: s.Config.BaseURL + directoryPath})
	return nil
}

// directoryColumns are the columns of the file for spreadsheets.
var directoryColumns = []string{"kind", "name", "organization", "unit", "level", "region", "email", "phone", "website", "summary", "cadence", "members", "kept", "confirmed", "stale", "page", "source"}

// directoryCSV writes for the spreadsheets of German offices, as figuresAsCSV does.
func (s *Site) directoryCSV(w http.ResponseWriter, r *http.Request) error {
	list, err := s.directoryFile(r)
	if err != nil {
		return err
	}
	l := s.localizer(r)
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.Comma, out.UseCRLF = ';', true
	head := make([]string, len(directoryColumns))
	for i, column := range directoryColumns {
		head[i] = l.T("directory.csv." + column)
	}
	rows := [][]string{head}
	for _, v := range list {
		stale, confirmed := "", ""
		if v.EverConfirmed() {
			confirmed = l.Date(v.ConfirmedAt)
		}
		if v.Stale {
			stale = l.T("directory.stale")
		}
		rows = append(rows, []string{
			l.T("directory.kind." + string(v.Kind)), csvCell(v.Name), csvCell(v.Organization), csvCell(v.Unit), nameOf(l, "web.level.", string(v.Level)), s.directoryRegion(r, v.Region),
			csvCell(v.Email), csvPhone(v.Phone), csvCell(v.Website), csvCell(v.Summary), csvCell(v.Cadence), csvCell(v.Members), csvCell(v.KeptBy), confirmed, stale,
			csvCell(v.Page), csvCell(v.URI),
		})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("directory as CSV: %w", err)
	}
	w.Header().Add("Vary", "Accept-Language, Cookie, Authorization")
	s.sendFile(w, r, file{mediaType: "text/csv; charset=utf-8; header=present", name: "verzeichnis.csv", body: b.Bytes(), public: true, canonical: s.Config.BaseURL + directoryPath})
	return nil
}

// csvPhone keeps a spreadsheet from reckoning with a number such as +49 431 988-0 and from taking away the zero before another one.
func csvPhone(number string) string {
	if number == "" {
		return ""
	}
	return "'" + number
}
