package web

import (
	"net/http"

	"github.com/gorilla/mux"
)

// routes is the table of all pages, readable from top to bottom.
func (s *Site) routes(r *mux.Router) {
	get, post := s.table(r)

	// Anyone: what is here, and finding it.
	get("/", s.showStart)
	s.registerPortal(r)
	get("/praxisbeispiele", s.listPractices)
	get("/praxisbeispiele/{id:[0-9]+}", s.showPractice)

	post("/sprache", s.chooseLanguage)

	// Members: writing.
	get("/praxisbeispiele/neu", s.newPractice)
	post("/praxisbeispiele/neu", s.savePractice)
	get("/praxisbeispiele/{id:[0-9]+}/bearbeiten", s.editPractice)
	post("/praxisbeispiele/{id:[0-9]+}/bearbeiten", s.savePractice)
	get("/praxisbeispiele/{id:[0-9]+}/zurueckziehen", s.confirmWithdraw)
	get("/praxisbeispiele/{id:[0-9]+}/verlauf", s.limitMade(s.showHistory))
	post("/vorschau", s.preview)

	// Editors: the desk.
	s.registerDesk(r)

	// Collections of accepted practices.
	s.registerCollections(r)

	// Figures of many practices side by side.
	s.registerFigures(r)

	// Files, feeds and linked data. Their addresses are those of pages with an ending, so they come first.
	s.registerExport(r)

	// Practices from a spreadsheet.
	s.registerImport(r)

	// Searches that are kept.
	s.registerSearch(r)

	// People and talk: accounts, home, discussions, profiles, administration.
	s.registerMember(r)

	// Documents and images that belong to practices.
	s.registerPracticeFiles(r)

	// Approving practices, and putting them away.
	s.registerReview(r)
	s.registerTerms(r)
	s.registerDirectory(r)
	s.registerCurationReports(r)
	s.registerEditions(r)
	s.registerReuse(r)
	s.registerAssessment(r)
	s.registerPublications(r)
}

// table returns what adds a page to read, and what adds one that takes a form.
func (s *Site) table(r *mux.Router) (get, post func(path string, h handler)) {
	get = func(path string, h handler) { r.Handle(path, s.handle(h)).Methods(http.MethodGet, http.MethodHead) }
	post = func(path string, h handler) { r.Handle(path, s.handle(h)).Methods(http.MethodPost) }
	return get, post
}
