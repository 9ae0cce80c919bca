package web

import "net/http"

func (s *Site) showStart(w http.ResponseWriter, r *http.Request) error { return s.showNotFound(w, r) }
func (s *Site) showAggregate(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) listPractices(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) showPractice(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) newPractice(w http.ResponseWriter, r *http.Request) error { return s.showNotFound(w, r) }
func (s *Site) savePractice(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) editPractice(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) confirmWithdraw(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) showHistory(w http.ResponseWriter, r *http.Request) error { return s.showNotFound(w, r) }
func (s *Site) preview(w http.ResponseWriter, r *http.Request) error     { return s.showNotFound(w, r) }
func (s *Site) showDesk(w http.ResponseWriter, r *http.Request) error    { return s.showNotFound(w, r) }
func (s *Site) showTerms(w http.ResponseWriter, r *http.Request) error   { return s.showNotFound(w, r) }
func (s *Site) saveTerm(w http.ResponseWriter, r *http.Request) error    { return s.showNotFound(w, r) }
func (s *Site) showDeskItem(w http.ResponseWriter, r *http.Request) error {
	return s.showNotFound(w, r)
}
func (s *Site) decide(w http.ResponseWriter, r *http.Request) error { return s.showNotFound(w, r) }
