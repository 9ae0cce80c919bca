package mastodon

import (
	"time"

	"github.com/vorbild/vorbild/internal/filter"
)

// change reads what a client wants of a filter: lists of keywords come as keywords_attributes in any encoding.
func (c *call) filterChange() filter.Change {
	change := filter.Change{ExpiresAt: c.expiry(), Contexts: c.params.texts("context")}
	if c.params.has("context") && change.Contexts == nil {
		change.Contexts = []string{}
	}
	if c.params.has("title") {
		title := c.params.text("title")
		change.Title = &title
	}
	if action := c.params.text("filter_action"); action != "" {
		change.Action = &action
	}
	for _, sent := range c.params.objects("keywords_attributes") {
		k := sent.keywordChange()
		k.ID, k.Delete = sent.id("id"), sent.boolean("_destroy", false)
		change.Keywords = append(change.Keywords, k)
	}
	return change
}

func (p params) keywordChange() (k filter.KeywordChange) {
	if p.has("keyword") {
		keyword := p.text("keyword")
		k.Keyword = &keyword
	}
	if p.text("whole_word") != "" {
		whole := p.boolean("whole_word", true)
		k.WholeWord = &whole
	}
	return k
}

// expiry is nil where the client says nothing, a nil time where the filter shall not end: clients send null, nothing, -1 or 0 for
// that.
func (c *call) expiry() **time.Time {
	var at *time.Time
	seconds, ok := c.params.decimal("expires_in")
	switch {
	case !c.params.has("expires_in") && !c.params.nulls["expires_in"]:
		return nil
	case ok && seconds > 0:
		t := time.Now().Add(time.Duration(min(seconds, maxExpiry.Seconds()) * float64(time.Second))).UTC().Truncate(time.Millisecond)
		at = &t
	}
	return &at
}

// maxExpiry keeps times within what a database and a client can say.
const maxExpiry = 100 * 365 * 24 * time.Hour

func (s *Server) filters(c *call) (any, error) {
	list, err := s.Filters.Filters(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	entities := make([]Filter, len(list))
	for i, f := range list {
		entities[i] = filterEntity(f)
	}
	return entities, nil
}

func (s *Server) createFilter(c *call) (any, error) {
	f, err := s.Filters.Create(c.ctx(), c.account(), c.filterChange())
	if err != nil {
		return nil, err
	}
	return filterEntity(f), nil
}

func (s *Server) ownFilter(c *call) (filter.Filter, error) {
	id, err := c.id("id")
	if err != nil {
		return filter.Filter{}, err
	}
	return s.Filters.ByID(c.ctx(), c.account(), id)
}

func (s *Server) showFilter(c *call) (any, error) {
	f, err := s.ownFilter(c)
	if err != nil {
		return nil, err
	}
	return filterEntity(f), nil
}

func (s *Server) updateFilter(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	f, err := s.Filters.Update(c.ctx(), c.account(), id, c.filterChange())
	if err != nil {
		return nil, err
	}
	return filterEntity(f), nil
}

func (s *Server) deleteFilter(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Filters.Delete(c.ctx(), c.account(), id)
}

func (s *Server) filterKeywords(c *call) (any, error) {
	f, err := s.ownFilter(c)
	if err != nil {
		return nil, err
	}
	return keywordEntities(f.Keywords), nil
}

// createFilterKeyword answers with the newest keyword of the filter, which is the one just made.
func (s *Server) createFilterKeyword(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	f, err := s.Filters.Update(c.ctx(), c.account(), id, filter.Change{Keywords: []filter.KeywordChange{c.params.keywordChange()}})
	if err != nil {
		return nil, err
	}
	return keywordEntity(f.Keywords[len(f.Keywords)-1]), nil
}

func (s *Server) showFilterKeyword(c *call) (any, error) {
	k, _, err := s.ownKeyword(c)
	if err != nil {
		return nil, err
	}
	return keywordEntity(k), nil
}

func (s *Server) ownKeyword(c *call) (filter.Keyword, filter.Filter, error) {
	id, err := c.id("id")
	if err != nil {
		return filter.Keyword{}, filter.Filter{}, err
	}
	return s.Filters.Keyword(c.ctx(), c.account(), id)
}

func (s *Server) updateFilterKeyword(c *call) (any, error) {
	k, err := s.changeKeyword(c, c.params.keywordChange(), filter.Change{})
	if err != nil {
		return nil, err
	}
	return keywordEntity(k), nil
}

// changeKeyword changes a keyword named by the route, and what else of its filter.
func (s *Server) changeKeyword(c *call, change filter.KeywordChange, rest filter.Change) (filter.Keyword, error) {
	k, f, err := s.ownKeyword(c)
	if err != nil {
		return k, err
	}
	change.ID = k.ID
	rest.Keywords = []filter.KeywordChange{change}
	if _, err := s.Filters.Update(c.ctx(), c.account(), f.ID, rest); err != nil || change.Delete {
		return k, err
	}
	k, _, err = s.Filters.Keyword(c.ctx(), c.account(), k.ID)
	return k, err
}

func (s *Server) deleteFilterKeyword(c *call) (any, error) {
	_, err := s.changeKeyword(c, filter.KeywordChange{Delete: true}, filter.Change{})
	return nil, err
}

func (s *Server) filterStatuses(c *call) (any, error) {
	f, err := s.ownFilter(c)
	if err != nil {
		return nil, err
	}
	return filterStatusEntities(f.Statuses), nil
}

func (s *Server) createFilterStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	x, err := s.Filters.AddStatus(c.ctx(), c.account(), id, c.params.id("status_id"))
	if err != nil {
		return nil, err
	}
	return filterStatusEntity(x), nil
}

func (s *Server) showFilterStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	x, err := s.Filters.Status(c.ctx(), c.account(), id)
	if err != nil {
		return nil, err
	}
	return filterStatusEntity(x), nil
}

func (s *Server) deleteFilterStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Filters.DeleteStatus(c.ctx(), c.account(), id)
}
