package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/practice"
)

// similarShown is how many similar practices a page leads to.
const similarShown = 3

// similarPractices are those that are about the same as one, for its page.
func (s *Site) similarPractices(r *http.Request, v practice.View) ([]practice.View, error) {
	list, err := s.Practices.Similar(r.Context(), viewer(r), v, similarShown)
	if err != nil {
		return nil, fmt.Errorf("similar to %d: %w", v.Post.ID, err)
	}
	return list, s.countAnswers(r, list)
}
