package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// figureFile is figures as a file: of many practices in one unit, or of one as it says them.
type figureFile struct {
	Quantity string         `json:"quantity,omitempty"`
	Basis    practice.Basis `json:"basis,omitempty"`
	Unit     string         `json:"unit,omitempty"` // of before, after and change of all that are compared
	Complete bool           `json:"complete"`       // there are no more
	Address  string         `json:"address"`        // the page that shows the same
	Figures  []figureRecord `json:"figures"`
	Apart    []figureRecord `json:"apart,omitempty"` // not compared, and why
}

// figureRecord is one figure with its source. Numbers are in Unit; Published has them as their practice does.
type figureRecord struct {
	Source       string           `json:"source"` // ActivityPub id of the practice
	Page         string           `json:"page"`
	Revision     int              `json:"revision"`
	Title        string           `json:"title"`
	Language     string           `json:"language"`
	Organization string           `json:"organization"`
	Level        string           `json:"level,omitempty"`
	Region       string           `json:"region,omitempty"`
	Licence      string           `json:"licence"`
	Position     int              `json:"position"` // of the figure in its practice, from 0
	Quantity     string           `json:"quantity"`
	Name         string           `json:"name,omitempty"`
	Unit         string           `json:"unit"`
	Before       *float64         `json:"before,omitempty"`
	After        *float64         `json:"after,omitempty"`
	Change       *float64         `json:"change,omitempty"`
	Percent      *float64         `json:"changePercent,omitempty"`
	From         string           `json:"from,omitempty"`
	To           string           `json:"to,omitempty"`
	Method       string           `json:"method,omitempty"`
	Scope        string           `json:"scope,omitempty"`
	Published    *publishedFigure `json:"published,omitempty"` // where it is in another unit
	Gap          practice.Gap     `json:"gap,omitempty"`
}

type publishedFigure struct {
	Unit   string   `json:"unit"`
	Before *float64 `json:"before,omitempty"`
	After  *float64 `json:"after,omitempty"`
	Change *float64 `json:"change,omitempty"`
}

func (s *Site) comparedCSV(w http.ResponseWriter, r *http.Request) error {
	file, err := s.comparedFile(r)
	if err != nil {
		return err
	}
	return s.figuresAsCSV(w, r, "kennzahlen-"+file.Quantity, file)
}

func (s *Site) comparedJSON(w http.ResponseWriter, r *http.Request) error {
	file, err := s.comparedFile(r)
	if err != nil {
		return err
	}
	return s.figuresAsJSON(w, r, "kennzahlen-"+file.Quantity, file)
}

// comparedFile is all that the page shows in parts.
func (s *Site) comparedFile(r *http.Request) (figureFile, error) {
	q := questionOf(r)
	q.Limit = practice.MaxCompared
	c, err := s.Practices.Compare(r.Context(), viewer(r), q)
	if err != nil {
		return figureFile{}, fmt.Errorf("compare %s: %w", q.Quantity, err)
	}
	file := figureFile{Quantity: c.Quantity, Basis: c.Basis, Unit: c.Unit, Complete: !c.Cut, Address: s.Config.BaseURL + "/kennzahlen", Figures: []figureRecord{}}
	if query := r.URL.Query().Encode(); query != "" {
		file.Address += "?" + query
	}
	for _, row := range c.Rows {
		file.Figures = append(file.Figures, s.record(row))
	}
	for _, row := range c.Apart {
		file.Apart = append(file.Apart, s.record(row))
	}
	return file, nil
}

func (s *Site) figuresCSV(w http.ResponseWriter, r *http.Request) error {
	file, id, err := s.figuresFile(r)
	if err != nil {
		return err
	}
	return s.figuresAsCSV(w, r, fmt.Sprintf("kennzahlen-%d", id), file)
}

func (s *Site) figuresJSON(w http.ResponseWriter, r *http.Request) error {
	file, id, err := s.figuresFile(r)
	if err != nil {
		return err
	}
	return s.figuresAsJSON(w, r, fmt.Sprintf("kennzahlen-%d", id), file)
}

// figuresFile is the figures of one practice as it says them.
func (s *Site) figuresFile(r *http.Request) (figureFile, int64, error) {
	id, err := pathID(r)
	if err != nil {
		return figureFile{}, id, err
	}
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return figureFile{}, id, fmt.Errorf("figures of %d: %w", id, err)
	}
	if v.Post.State != post.StatePublished {
		return figureFile{}, id, fault.New(fault.NotFound, "web.error.not_found.text")
	}
	file := figureFile{Complete: true, Address: s.Config.BaseURL + practiceURL(id), Figures: []figureRecord{}}
	origin := practice.Origin{
		PostID: id, URI: v.Post.URI, URL: v.Post.URL, Local: v.Post.Local, Title: v.Post.Title, Language: v.Post.Language, OrganizationName: v.Practice.OrganizationName,
		Level: string(v.Practice.Level), Region: v.Practice.Region, Licence: v.Practice.Licence, Revision: v.Practice.Revision,
	}
	if origin.OrganizationName == "" {
		origin.OrganizationName = v.Author.Name()
	}
	for i, f := range v.Practice.Figures {
		file.Figures = append(file.Figures, s.record(practice.Compared{Origin: origin, Position: i, Said: f, Figure: f}))
	}
	return file, id, nil
}

func (s *Site) record(row practice.Compared) figureRecord {
	f := row.Figure
	record := figureRecord{
		Source: row.URI, Page: row.URL, Revision: row.Revision, Title: row.Title, Language: row.Language, Organization: row.OrganizationName,
		Level: row.Level, Region: row.Region, Licence: row.Licence, Position: row.Position, Quantity: f.Quantity, Name: f.Name, Unit: f.Unit,
		Before: plainNumber(f.Before), After: plainNumber(f.After), Change: plainNumber(f.Change), From: f.From, To: f.To, Method: f.Method, Scope: f.Scope, Gap: row.Gap,
	}
	if row.Local || record.Page == "" {
		record.Page = s.Config.BaseURL + practiceURL(row.PostID)
	}
	if d, ok := f.Difference(); ok && row.Gap == "" {
		record.Change = plainNumber(&d)
	}
	if p, ok := f.Percent(); ok && row.Gap == "" {
		record.Percent = plainNumber(&p)
	}
	if row.Said.Unit != f.Unit {
		record.Published = &publishedFigure{Unit: row.Said.Unit, Before: row.Said.Before, After: row.Said.After, Change: row.Said.Change}
	}
	return record
}

// plainNumber is a number without what binary fractions add to it.
func plainNumber(v *float64) *float64 {
	if v == nil {
		return nil
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(*v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return &rounded
}

// csvColumns are the columns of a file for spreadsheets.
var csvColumns = []string{"title", "organization", "level", "region", "quantity", "name", "unit", "before", "after", "change", "percent", "from", "to", "scope", "method",
	"published_unit", "published_before", "published_after", "published_change", "gap", "page", "source", "revision", "licence"}

// figuresAsCSV writes for the spreadsheets of German offices: UTF-8 with a mark at its beginning, without which Excel takes it for
// Windows-1252; semicolons, and commas in numbers, as Excel expects with German settings; otherwise as RFC 4180 has it. The
// columns are named in the reader's language. Who reads it by a program takes the JSON.
func (s *Site) figuresAsCSV(w http.ResponseWriter, r *http.Request, name string, file figureFile) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.Comma, out.UseCRLF = ';', true
	l := s.localizer(r)
	head := make([]string, len(csvColumns))
	for i, column := range csvColumns {
		head[i] = l.T("figures.csv." + column)
	}
	if err := out.Write(head); err != nil {
		return fmt.Errorf("figures as CSV: %w", err)
	}
	for _, records := range [][]figureRecord{file.Figures, file.Apart} {
		for _, f := range records {
			if err := out.Write(csvCells(l, f)); err != nil {
				return fmt.Errorf("figures as CSV: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("figures as CSV: %w", err)
	}
	s.sendFigures(w, r, "text/csv; charset=utf-8; header=present", name+".csv", b.Bytes())
	return nil
}

// csvCells is one record, in the order of csvColumns.
func csvCells(l *i18n.Localizer, f figureRecord) []string {
	as := publishedFigure{}
	if f.Published != nil {
		as = *f.Published
	}
	gap := ""
	if f.Gap != "" {
		gap = l.T("figures.gap." + string(f.Gap))
	}
	return []string{
		csvCell(f.Title), csvCell(f.Organization), nameOf(l, "web.level.", f.Level), csvCell(nameOf(l, "web.region.", f.Region)), quantityName(l, f.Quantity), csvCell(f.Name), csvCell(f.Unit),
		numberText(f.Before), numberText(f.After), numberText(f.Change), numberText(f.Percent), csvCell(f.From), csvCell(f.To), csvCell(f.Scope), csvCell(f.Method),
		csvCell(as.Unit), numberText(as.Before), numberText(as.After), numberText(as.Change), gap, csvCell(f.Page), csvCell(f.Source), strconv.Itoa(f.Revision), csvCell(f.Licence),
	}
}

// csvCell is what somebody wrote, so that no spreadsheet takes it for a formula (OWASP, CSV injection).
func csvCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

func (s *Site) figuresAsJSON(w http.ResponseWriter, r *http.Request, name string, file figureFile) error {
	body, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return fmt.Errorf("figures as JSON: %w", err)
	}
	s.sendFigures(w, r, "application/json; charset=utf-8", name+".json", body)
	return nil
}

// sendFigures sends a file to keep. What a member may see is kept by nobody on the way.
func (s *Site) sendFigures(w http.ResponseWriter, r *http.Request, kind, name string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Add("Vary", "Accept-Language, Cookie, Authorization")
	h.Set("Cache-Control", "no-cache")
	if currentAccount(r) != nil {
		h.Set("Cache-Control", "private, no-store")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
