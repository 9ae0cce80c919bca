package mastodon

import "github.com/vorbild/vorbild/internal/relationship"

// A page of blocked instances.
const (
	usualDomains = 100
	mostDomains  = 200
)

func (s *Server) domainBlocks(c *call) (any, error) {
	page := c.page(usualDomains, mostDomains)
	list, err := s.Relationships.Domains(c.ctx(), c.account(), page)
	if err != nil {
		return nil, err
	}
	domains := make([]string, len(list))
	for i, d := range list {
		domains[i] = d.Domain
	}
	linkList(s, c, page, list, func(d relationship.DomainBlock) int64 { return d.ID })
	return domains, nil
}

func (s *Server) blockDomain(c *call) (any, error) {
	return nil, s.Relationships.BlockDomain(c.ctx(), c.account(), c.params.text("domain"))
}

func (s *Server) unblockDomain(c *call) (any, error) {
	return nil, s.Relationships.UnblockDomain(c.ctx(), c.account(), c.params.text("domain"))
}
