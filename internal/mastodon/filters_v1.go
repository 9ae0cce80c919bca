package mastodon

import (
	"github.com/vorbild/vorbild/internal/filter"
)

// FilterV1 is the Filter entity of version 1: one phrase. Its id is that of a keyword.
type FilterV1 struct {
	ID           string   `json:"id"`
	Phrase       string   `json:"phrase"`
	Context      []string `json:"context"`
	WholeWord    bool     `json:"whole_word"`
	ExpiresAt    *string  `json:"expires_at"`
	Irreversible bool     `json:"irreversible"` // hidden, not warned of
}

func filterV1Entity(f filter.Filter, k filter.Keyword) FilterV1 {
	return FilterV1{
		ID: idText(k.ID), Phrase: k.Keyword, Context: append([]string{}, f.Contexts...), WholeWord: k.WholeWord,
		ExpiresAt: stampOrNil(f.ExpiresAt), Irreversible: f.Action == filter.Hide,
	}
}

func (s *Server) filtersV1(c *call) (any, error) {
	list, err := s.Filters.Filters(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	entities := []FilterV1{}
	for _, f := range list {
		for _, k := range f.Keywords {
			entities = append(entities, filterV1Entity(f, k))
		}
	}
	return entities, nil
}

// filterChangeV1 is what version 1 calls the parts of a filter with one keyword.
func (c *call) filterChangeV1() (filter.KeywordChange, filter.Change) {
	k, change := c.params.keywordChange(), filter.Change{ExpiresAt: c.expiry(), Contexts: c.params.texts("context")}
	if c.params.has("phrase") {
		phrase := c.params.text("phrase")
		k.Keyword = &phrase
	}
	if c.params.text("irreversible") != "" {
		action := filter.Warn
		if c.params.boolean("irreversible", false) {
			action = filter.Hide
		}
		change.Action = &action
	}
	return k, change
}

// createFilterV1 calls the filter like its phrase, or as much of it as a title holds.
func (s *Server) createFilterV1(c *call) (any, error) {
	k, change := c.filterChangeV1()
	if k.WholeWord == nil {
		no := false // the default of this version
		k.WholeWord = &no
	}
	if k.Keyword != nil {
		title := *k.Keyword
		if letters := []rune(title); len(letters) > filter.MaxTitle {
			title = string(letters[:filter.MaxTitle])
		}
		change.Title = &title
	}
	change.Keywords = []filter.KeywordChange{k}
	f, err := s.Filters.Create(c.ctx(), c.account(), change)
	if err != nil {
		return nil, err
	}
	return filterV1Entity(f, f.Keywords[0]), nil
}

func (s *Server) showFilterV1(c *call) (any, error) {
	k, f, err := s.ownKeyword(c)
	if err != nil {
		return nil, err
	}
	return filterV1Entity(f, k), nil
}

func (s *Server) updateFilterV1(c *call) (any, error) {
	k, change := c.filterChangeV1()
	if _, err := s.changeKeyword(c, k, change); err != nil {
		return nil, err
	}
	return s.showFilterV1(c)
}

// deleteFilterV1 deletes the filter with its last keyword.
func (s *Server) deleteFilterV1(c *call) (any, error) {
	_, f, err := s.ownKeyword(c)
	if err != nil {
		return nil, err
	}
	if len(f.Keywords) == 1 && len(f.Statuses) == 0 {
		return nil, s.Filters.Delete(c.ctx(), c.account(), f.ID)
	}
	_, err = s.changeKeyword(c, filter.KeywordChange{Delete: true}, filter.Change{})
	return nil, err
}
