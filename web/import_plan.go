package web

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/sheet"
)

const (
	importRowsPerPage = 50
	mistakesShown     = 200
)

// importView is an import before, while and after its drafts are made.
type importView struct {
	imports.Import
	Counts     []importCount
	Making     int // drafts that would be made or changed
	Mistakes   []importMistake
	More       int // mistakes that are not shown
	Broken     int // rows
	Rows       []importRowView
	Pagination pagination
	State      imports.State // of the rows that are listed, "" for all
	Left, Of   int           // rows that wait, of how many
	Published  bool          // some are published already
	Errors     formErrors
}

// Finished reports whether all drafts were made.
func (v importView) Finished() bool { return v.Progress == imports.Done }

// Settled is how many rows are done.
func (v importView) Settled() int { return v.Of - v.Left }

// importCount is how many rows have a state.
type importCount struct {
	State  imports.State
	Count  int
	Href   string // where they are listed, "" where they are not
	Chosen bool
}

// importMistake is one line of the list of what is wrong.
type importMistake struct {
	Row                   int
	Column, Value, Reason string
}

// importRowView is one row that becomes, or became, a draft.
type importRowView struct {
	Number  int
	Title   string
	Summary string
	State   imports.State
	Href    string
	Figures []figureView
	Gaps    string // what its draft still lacks
}

// rowBadges are the shapes of states.
var rowBadges = map[imports.State]string{imports.Created: "success", imports.Changed: "info", imports.Edited: "warning", imports.InReview: "warning", imports.Broken: "danger"}

// Badge is the kind of badge of the row's state.
func (v importRowView) Badge() string { return rowBadges[v.State] }

func (s *Site) showPlan(w http.ResponseWriter, r *http.Request) error {
	return s.renderPlan(w, r, http.StatusOK, formErrors{})
}

func (s *Site) renderPlan(w http.ResponseWriter, r *http.Request, status int, errs formErrors) error {
	actor, i, place, err := s.openImport(r)
	if err != nil {
		return err
	}
	if place == "" && i.Mapping == nil {
		place = importURL(i.ID) + "/zuordnung"
	}
	if place != "" {
		http.Redirect(w, r, place, http.StatusSeeOther)
		return nil
	}
	p, err := s.Imports.Plan(r.Context(), actor, i, s.importWords())
	if err != nil {
		return fmt.Errorf("plan of import %d: %w", i.ID, err)
	}
	view := importView{Import: i, Making: p.Counts[imports.Created] + p.Counts[imports.Changed], Broken: p.Counts[imports.Broken], Errors: errs}
	view.Counts = importCounts(p.Counts, "", nil)
	if err := s.addMistakes(r, &view, p.Rows); err != nil {
		return err
	}
	rows := slices.DeleteFunc(p.Rows, func(row imports.Row) bool { return row.State == imports.Broken })
	offset := offsetOf(r, importRowsPerPage)
	view.Pagination = paginate(r, offset, importRowsPerPage, len(rows))
	rows = rows[min(offset, len(rows)):min(offset+importRowsPerPage, len(rows))]
	for _, row := range rows {
		view.Rows = append(view.Rows, s.importRow(r, row))
	}
	return s.render(w, r, status, "import_plan", page{Title: s.t(r, "import.plan.title"), Nav: "practices", Data: view, NoIndex: true})
}

// importCounts lists how many rows have which state, with where they are listed.
func importCounts(counts map[imports.State]int, chosen imports.State, href func(imports.State) string) (list []importCount) {
	for _, state := range imports.States {
		if counts[state] == 0 {
			continue
		}
		c := importCount{State: state, Count: counts[state], Chosen: state == chosen}
		if href != nil {
			c.Href = href(state)
		}
		list = append(list, c)
	}
	return list
}

// addMistakes lists what is wrong, row by row.
func (s *Site) addMistakes(r *http.Request, view *importView, rows []imports.Row) error {
	explain, err := s.explainMistakes(r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.State != imports.Broken {
			continue
		}
		for _, m := range row.Mistakes {
			if m.Gap {
				continue
			}
			if len(view.Mistakes) == mistakesShown {
				view.More++
				continue
			}
			view.Mistakes = append(view.Mistakes, importMistake{Row: row.Number, Column: s.mistakeColumn(r, m), Value: m.Value, Reason: explain(m)})
		}
	}
	return nil
}

// mistakeColumn is where a mistake stands: what the column is called, else the field that no column is for.
func (s *Site) mistakeColumn(r *http.Request, m imports.Mistake) string {
	switch {
	case m.Column != "":
		return m.Column
	case m.Target == imports.Ignored:
		return ""
	}
	return s.targetName(r, m.Target)
}

// explainMistakes returns what says a mistake in words, with the choices where there are some.
func (s *Site) explainMistakes(r *http.Request) (func(m imports.Mistake) string, error) {
	choices, err := s.importChoices(r)
	if err != nil {
		return nil, err
	}
	return func(m imports.Mistake) string {
		args := []any{"Choices", choices[m.Target]}
		for name, value := range m.Args {
			if n, ok := value.(float64); ok { // as it comes from the database
				value = int(n)
			}
			args = append(args, name, value)
		}
		return s.t(r, m.Message, args...)
	}, nil
}

func (s *Site) importRow(r *http.Request, row imports.Row) importRowView {
	v := importRowView{Number: row.Number, Title: row.Title, Summary: row.Draft.Summary, State: row.State, Figures: newFigures(s.localizer(r), row.Draft.Figures)}
	if row.PostID != 0 {
		v.Href = practiceURL(row.PostID) + "/bearbeiten"
		if row.State == imports.Published || row.State == imports.Withdrawn {
			v.Href = practiceURL(row.PostID)
		}
	}
	var gaps []string
	for _, m := range row.Mistakes {
		if name := s.targetName(r, m.Target); m.Gap && !slices.Contains(gaps, name) {
			gaps = append(gaps, name)
		}
	}
	v.Gaps = strings.Join(gaps, ", ")
	return v
}

// beginImport makes the drafts and leads to how far that is.
func (s *Site) beginImport(w http.ResponseWriter, r *http.Request) error {
	actor, i, err := s.importAt(r)
	if err != nil {
		return err
	}
	if i.Progress == imports.Open {
		err = s.Imports.Begin(r.Context(), actor, i.ID, s.importWords())
	}
	if fault.Is(err, fault.Invalid) {
		errs, _ := s.formErrors(r, err)
		return s.renderPlan(w, r, errs.Status, errs)
	}
	if err != nil {
		return fmt.Errorf("begin import %d: %w", i.ID, err)
	}
	http.Redirect(w, r, importURL(i.ID), http.StatusSeeOther)
	return nil
}

// showImported shows how far an import is, and what became of its rows.
func (s *Site) showImported(w http.ResponseWriter, r *http.Request) error {
	_, i, err := s.importAt(r)
	if err != nil {
		return err
	}
	if i.Progress == imports.Open {
		http.Redirect(w, r, importURL(i.ID)+"/vorschau", http.StatusSeeOther)
		return nil
	}
	view := importView{Import: i, Broken: i.Counts[imports.Broken]}
	return s.renderImportResult(w, r, view)
}

func (s *Site) renderImportResult(w http.ResponseWriter, r *http.Request, view importView) error {
	view.State = imports.State(r.URL.Query().Get("zustand"))
	if !slices.Contains(imports.States, view.State) {
		view.State = ""
	}
	counts := view.Import.Counts
	view.Left, view.Of, view.Published = counts[imports.Waiting], view.Import.Total(), counts[imports.Published] > 0
	view.Counts = importCounts(counts, view.State, func(state imports.State) string {
		return importURL(view.ID) + "?zustand=" + string(state)
	})
	broken, err := s.Imports.Rows(r.Context(), view.Import, imports.Broken, 0, mistakesShown)
	if err != nil {
		return err
	}
	if err := s.addMistakes(r, &view, broken); err != nil {
		return err
	}
	if view.State == imports.Broken {
		view.State = ""
	}
	offset, total := offsetOf(r, importRowsPerPage), view.Of
	if view.State != "" {
		total = counts[view.State]
	}
	rows, err := s.Imports.Rows(r.Context(), view.Import, view.State, offset, importRowsPerPage)
	if err != nil {
		return err
	}
	view.Pagination = paginate(r, offset, importRowsPerPage, total)
	for _, row := range rows {
		view.Rows = append(view.Rows, s.importRow(r, row))
	}
	p := page{Title: s.t(r, "import.result.title"), Nav: "practices", Data: view, NoIndex: true}
	if !view.Finished() {
		p.Scripts = []string{"import.js"}
	}
	return s.render(w, r, http.StatusOK, "import_result", p)
}

// importProgress says to the script of the page how far an import is.
func (s *Site) importProgress(w http.ResponseWriter, r *http.Request) error {
	_, i, err := s.importAt(r)
	if err != nil {
		return err
	}
	total := i.Total()
	done := total - i.Counts[imports.Waiting]
	writeJSON(w, http.StatusOK, map[string]any{
		"done": done, "total": total, "finished": i.Progress == imports.Done, "text": s.t(r, "import.running.rows", "Done", done, "Count", total),
	})
	return nil
}

// brokenRows sends the rows that were left out, to be mended and sent again.
func (s *Site) brokenRows(w http.ResponseWriter, r *http.Request) error {
	actor, i, err := s.importAt(r)
	if err != nil {
		return err
	}
	explain, err := s.explainMistakes(r)
	if err != nil {
		return err
	}
	rows, err := s.Imports.Broken(r.Context(), actor, i, s.importWords(), s.t(r, "import.broken.reason"), func(m imports.Mistake) string {
		if column := s.mistakeColumn(r, m); column != "" {
			return column + ": " + explain(m)
		}
		return explain(m)
	})
	if err != nil {
		return fmt.Errorf("broken rows of %d: %w", i.ID, err)
	}
	var file bytes.Buffer
	if err := sheet.WriteCSV(&file, rows); err != nil {
		return err
	}
	return sendSheet(w, "csv", s.t(r, "import.broken.file", "Number", strconv.FormatInt(i.ID, 10)), file.Bytes())
}

// sendSheet sends a table as a file.
func sendSheet(w http.ResponseWriter, form, name string, content []byte) error {
	kind := "text/csv; charset=utf-8; header=present"
	if form == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, form))
	w.Header().Set("Cache-Control", "private, no-store")
	_, err := w.Write(content)
	return err
}

// importChoices are what may be chosen of fields, in words.
func (s *Site) importChoices(r *http.Request) (map[imports.Target]string, error) {
	choices := map[imports.Target]string{}
	for t, codes := range importCodes() {
		names := make([]string, len(codes))
		for n, code := range codes {
			names[n] = s.choiceName(s.localizer(r), t, code)
		}
		choices[t] = strings.Join(names, ", ")
	}
	for t, scheme := range map[imports.Target]string{"goals": practice.SchemeGoal, "fields": practice.SchemeField} {
		terms, err := s.Practices.Terms(r.Context(), scheme)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(terms))
		for n, term := range terms {
			names[n] = term.Name
		}
		choices[t] = strings.Join(names, ", ")
	}
	return choices, nil
}
