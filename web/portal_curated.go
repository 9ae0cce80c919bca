package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/vorbild/vorbild/internal/edition"
)

// curatedCollections is how many collections stand on the overview.
const curatedCollections = 6

// curatedView is what the desk made of the practices it accepted: the newest edition of the paper, and collections.
type curatedView struct {
	Edition     *edition.Edition
	Collections []collectionLink
}

// curatedWorks returns nil where nothing has been published yet.
func (s *Site) curatedWorks(r *http.Request) (*curatedView, error) {
	editions, err := s.Editions.List(r.Context())
	if err != nil {
		return nil, fmt.Errorf("aggregate: editions: %w", err)
	}
	collections, err := s.Curation.Collections(r.Context())
	if err != nil {
		return nil, fmt.Errorf("aggregate: collections: %w", err)
	}
	newest := slices.IndexFunc(editions, readable)
	if newest < 0 && len(collections) == 0 {
		return nil, nil
	}
	v := &curatedView{}
	if newest >= 0 {
		v.Edition = &editions[newest]
	}
	for _, c := range collections[:min(len(collections), curatedCollections)] {
		v.Collections = append(v.Collections, collectionLink{c, collectionHref(c)})
	}
	return v, nil
}
