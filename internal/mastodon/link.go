package mastodon

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/paging"
)

// page reads the paging parameters; limit 0 and what is no number mean usual, more than most is most.
func (c *call) page(usual, most int) paging.Page {
	limit := c.params.integer("limit", usual)
	if limit <= 0 {
		limit = usual
	}
	return paging.Page{
		MaxID: c.params.id("max_id"), SinceID: c.params.id("since_id"), MinID: c.params.id("min_id"),
		Limit: min(limit, most),
	}
}

// link writes the Link header (RFC 8288) of a list: first and last are the cursors of its newest and its oldest item,
// more says whether there is anything older. All other parameters of the request stay.
func (s *Server) link(c *call, first, last int64, more bool) {
	var links []string
	if more && last > 0 {
		links = append(links, `<`+s.pageURL(c, "max_id", last)+`>; rel="next"`)
	}
	if first > 0 {
		links = append(links, `<`+s.pageURL(c, "min_id", first)+`>; rel="prev"`)
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
}

// linkList is link for a list that a page selected: it goes on below where the page is full, or was read upwards.
func linkList[T any](s *Server, c *call, page paging.Page, list []T, cursor func(T) int64) {
	if n := len(list); n > 0 {
		s.link(c, cursor(list[0]), cursor(list[n-1]), n == page.Size() || page.Upwards())
	}
}

func (s *Server) pageURL(c *call, cursor string, id int64) string {
	query := url.Values{}
	for name, values := range c.URL.Query() {
		if name != "max_id" && name != "since_id" && name != "min_id" && name != "access_token" {
			query[name] = values
		}
	}
	query.Set(cursor, strconv.FormatInt(id, 10))
	// Clients split the header at commas.
	return s.Config.BaseURL + strings.ReplaceAll(c.URL.EscapedPath(), ",", "%2C") + "?" + query.Encode()
}
