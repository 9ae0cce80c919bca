package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/markup"
)

// titleLength is how much is shown of a post without a title, in characters.
const titleLength = 80

// deliveryRow is one delivery in words.
type deliveryRow struct {
	lane.Delivery
	Kind  string // what happened: a new post, a change
	About string // title of the post or name of the account; "" where the reader cannot see it, or it is gone
	Href  string
}

// Name is both in one.
func (d deliveryRow) Name() string {
	if d.About == "" {
		return d.Kind
	}
	return d.Kind + ": " + d.About
}

// subject is what a delivery is about in the end.
func subject(d lane.Delivery) string { return cmp.Or(d.OfURI, d.ObjectURI) }

// deliveryRows puts deliveries into words. An administrator reads titles of those posts only that they may see.
func (s *Site) deliveryRows(r *http.Request, list []lane.Delivery) ([]deliveryRow, error) {
	uris := make([]string, len(list))
	for i, d := range list {
		uris[i] = subject(d)
	}
	posts, err := s.Posts.ByURIs(r.Context(), viewer(r), uris)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	rows := make([]deliveryRow, len(list))
	for i, d := range list {
		row := deliveryRow{Delivery: d}
		aboutAccount := false
		if p, ok := posts[subject(d)]; ok {
			row.About, row.Href = cmp.Or(p.Title, excerpt(markup.Text(p.HTML), titleLength)), fmt.Sprintf("/beitraege/%d", p.ID)
		} else {
			switch a, err := s.Accounts.ByURI(r.Context(), subject(d)); {
			case err == nil:
				row.About, aboutAccount = a.Name(), true
				if a.State != account.Gone {
					row.Href = profileURL(a)
				}
			case !fault.Is(err, fault.NotFound):
				return nil, fmt.Errorf("deliveries: %w", err)
			}
		}
		row.Kind = s.kindOfDelivery(r, d, aboutAccount)
		rows[i] = row
	}
	return rows, nil
}

// kindOfDelivery says what an activity tells the other side.
func (s *Site) kindOfDelivery(r *http.Request, d lane.Delivery, aboutAccount bool) string {
	word := func(activity string) string {
		key := "lanes.kind." + strings.ToLower(activity)
		if aboutAccount && (activity == "Update" || activity == "Delete") {
			key += ".account"
		}
		if text := s.t(r, key); text != key {
			return text
		}
		return s.t(r, "lanes.kind.other")
	}
	switch {
	case d.Type == "Undo" && d.OfType != "":
		return s.t(r, "lanes.kind.undo.of", "What", word(d.OfType))
	case d.Type == "Announce" && d.OfType != "":
		return s.t(r, "lanes.kind.announce.of", "What", word(d.OfType))
	}
	return word(d.Type)
}
