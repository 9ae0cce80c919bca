package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
	"github.com/vorbild/vorbild/internal/timeline"
)

// searchWords finds practices, discussions and comments by their words, and people by their names: a little of each, or a page
// of one.
func (s *Site) searchWords(r *http.Request, view *searchView) error {
	if view.Part == "" || view.Part == partPapers {
		if err := s.searchPapers(r, view); err != nil {
			return err
		}
	}
	if view.Part == "" || view.Part == partNotes {
		if err := s.searchNotes(r, view); err != nil {
			return err
		}
	}
	if view.Part == "" || view.Part == partPeople {
		if err := s.searchPeople(r, view); err != nil {
			return err
		}
	}
	if view.Part != "" {
		return nil
	}
	if err := s.searchBest(r, view); err != nil {
		return err
	}
	return s.searchTag(r, view)
}

func (s *Site) searchBest(r *http.Request, view *searchView) error {
	found, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Text: view.Text, Loose: true, Sort: practice.SortRelevance, Limit: bestPractices})
	if err != nil {
		return err
	}
	if err := s.countAnswers(r, found.Items); err != nil {
		return err
	}
	view.Practices, view.Loose = found.Total, found.Loose
	for _, v := range found.Items {
		view.Best = append(view.Best, practiceHit{View: v, Excerpt: s.Practices.Excerpt(r.Context(), view.Text, v)})
	}
	if found.Suggestion != "" {
		view.Meant = &facetChoice{Label: found.Suggestion, Href: with(r, "q", found.Suggestion)}
	}
	return nil
}

func (s *Site) searchNotes(r *http.Request, view *searchView) error {
	offset, limit := 0, bestNotes
	if view.Part != "" {
		offset, limit = offsetOf(r, hitsPerPage), hitsPerPage
	}
	notes, total, err := s.Searches.Notes(r.Context(), viewer(r), view.Text, offset, limit)
	if err != nil {
		return err
	}
	for _, n := range notes {
		view.Notes = append(view.Notes, noteHit{Note: n, Href: fmt.Sprintf("/beitraege/%d", n.Post.ID), Heading: noteHeading(n.Post)})
	}
	view.NoteCount = total
	if view.Part != "" {
		view.Pages = paginate(r, offset, limit, total)
	} else if total > limit {
		view.MoreNotes = with(r, "art", partNotes)
	}
	return nil
}

// searchPapers finds documents and editions.
func (s *Site) searchPapers(r *http.Request, view *searchView) error {
	offset, limit := 0, bestPapers
	if view.Part != "" {
		offset, limit = offsetOf(r, hitsPerPage), hitsPerPage
	}
	papers, total, err := s.Searches.Publications(r.Context(), viewer(r), view.Text, offset, limit)
	if err != nil {
		return err
	}
	for _, p := range papers {
		view.Papers = append(view.Papers, noteHit{Note: p, Href: s.publicationURL(p.Post), Heading: p.Post.Heading()})
	}
	view.PaperCount = total
	if view.Part != "" {
		view.Pages = paginate(r, offset, limit, total)
	} else if total > limit {
		view.MorePapers = with(r, "art", partPapers)
	}
	return nil
}

// noteHeading is what a note is called in a list: its title, or how it begins.
func noteHeading(p post.Post) string {
	if p.Title != "" || p.Sensitive {
		return p.Heading()
	}
	return excerpt(markup.Text(p.HTML), excerptLength)
}

func (s *Site) searchPeople(r *http.Request, view *searchView) error {
	people, err := s.Accounts.Search(r.Context(), account.Query{ViewerID: viewer(r).AccountID, Text: view.Text, Limit: maxPeople})
	if err != nil {
		return err
	}
	view.Known = len(people)
	offset, limit := 0, bestPeople
	if view.Part != "" {
		offset, limit = offsetOf(r, hitsPerPage), hitsPerPage
		view.Pages = paginate(r, offset, limit, len(people))
	} else if len(people) > limit {
		view.MorePeople = with(r, "art", partPeople)
	}
	offset = min(offset, len(people))
	view.People = people[offset:min(offset+limit, len(people))]
	return nil
}

// searchTag lists posts with a hashtag that was asked for.
func (s *Site) searchTag(r *http.Request, view *searchView) error {
	name, ok := strings.CutPrefix(view.Text, "#")
	if !ok || name == "" {
		return nil
	}
	lines, err := s.Timeline.Tag(r.Context(), viewer(r), name, timeline.Options{}, paging.Page{MaxID: maxID(r)})
	if err != nil {
		return err
	}
	view.Older = olderThan(r, lines.Next())
	view.Tagged, err = s.listView(r, lines.Items)
	return err
}

// Overview leads from a part back to everything.
func (v searchView) Overview() string { return "/suche?q=" + url.QueryEscape(v.Text) }

// Rest leads to all practices that fit.
func (v searchView) Rest() string { return "/praxisbeispiele?q=" + url.QueryEscape(v.Text) }

// Most reports whether there may be more notes than were counted.
func (v searchView) Most() bool { return v.NoteCount >= search.MaxNotes }

// Crowd reports whether there may be more accounts than were counted.
func (v searchView) Crowd() bool { return v.Known >= maxPeople }

// MoreWords is the key of what leads to the other notes.
func (v searchView) MoreWords() string {
	if v.Most() {
		return "search.notes.most"
	}
	return "search.notes.more"
}
