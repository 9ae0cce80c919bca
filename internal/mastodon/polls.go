package mastodon

import "strconv"

func (s *Server) showPoll(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	p, err := s.Polls.Get(c.ctx(), c.viewer(), id)
	if err != nil {
		return nil, err
	}
	return s.pollEntity(c.viewer(), p), nil
}

func (s *Server) vote(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	p, err := s.Polls.Vote(c.ctx(), c.account(), id, pollChoices(c.params))
	if err != nil {
		return nil, err
	}
	return s.pollEntity(c.viewer(), p), nil
}

// pollChoices reads the chosen positions; what is no number is no answer either, and refused as one.
func pollChoices(p params) []int {
	choices := []int{}
	for _, text := range p.texts("choices") {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1
		}
		choices = append(choices, n)
	}
	return choices
}
