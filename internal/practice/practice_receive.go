package practice

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of others' practices, as the vocabulary sets them: texts, and words that stand on one line.
const (
	maxText = 10_000
	maxName = 500
)

// Receive stores the details of a remote practice in the transaction of post.Service.Receive; it drops values that break
// the vocabulary term by term and keeps the revision growing: an older revision changes nothing.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, details Practice) error {
	if p.Local || p.Kind != post.Article {
		return errForbidden()
	}
	details = details.believable()
	known, err := revisionOf(ctx, tx, p.ID)
	if err != nil && !db.IsNotFound(err) {
		return fmt.Errorf("practice.Receive %d: %w", p.ID, err)
	}
	if known > details.Revision {
		return nil
	}
	if err := s.write(ctx, tx, p, details); err != nil {
		return err
	}
	if err := archivePractice(ctx, tx, p.ID, details.ArchivedAt, details.ArchiveReason); err != nil {
		return fmt.Errorf("practice.Receive %d: %w", p.ID, err)
	}
	if err := s.receiveVersion(ctx, tx, p, details); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Arrive{PostID: p.ID})
}

// receiveVersion keeps what was received, so that readers see later what changed; the version that our desk accepted for as
// long as it is the accepted one.
func (s *Service) receiveVersion(ctx context.Context, tx *sqlx.Tx, p post.Post, details Practice) error {
	detail, err := json.Marshal(detailOf(details))
	if err != nil {
		return fmt.Errorf("practice.Receive %d: detail: %w", p.ID, err)
	}
	accepted, err := acceptedRevision(ctx, tx, p.ID)
	if err != nil {
		return fmt.Errorf("practice.Receive %d: %w", p.ID, err)
	}
	return s.posts.ReceiveVersion(ctx, tx, p, details.Revision, detail, accepted)
}

// believable returns the practice without what the vocabulary does not allow.
func (p Practice) believable() Practice {
	p.Revision = min(max(p.Revision, 1), 1<<30)
	if !p.Level.Valid() {
		p.Level = ""
	}
	if !organization.ValidRegion(p.Region) {
		p.Region = ""
	}
	if !slices.Contains(Implementations, p.Implementation) {
		p.Implementation = ""
	}
	for _, text := range []*string{&p.Situation, &p.Outcome, &p.Prerequisites, &p.Pitfalls} {
		*text = within(markup.Block(*text), maxText)
	}
	for _, line := range []*string{&p.OrganizationName, &p.ContactName, &p.ContactUnit} {
		*line = within(markup.Line(*line), maxName)
	}
	for _, address := range []*string{&p.OrganizationURL, &p.ContactURL, &p.Licence} {
		if *address = markup.Line(*address); !webAddress(*address) {
			*address = ""
		}
	}
	if p.ContactEmail = within(markup.Line(p.ContactEmail), 254); !plausibleEmail(p.ContactEmail) {
		p.ContactEmail = ""
	}
	if p.ArchiveReason = within(markup.Block(p.ArchiveReason), maxText); p.ArchivedAt == nil {
		p.ArchiveReason = ""
	}
	p.Measures, p.LegalBasis = believableLines(p.Measures), believableLines(p.LegalBasis)
	p = p.believableStructure()
	p.Goals, p.Fields = believableTerms(p.Goals, SchemeGoal), believableTerms(p.Fields, SchemeField)
	var figures []Figure
	for _, f := range firsts(p.Figures) {
		if f, ok := f.believable(); ok {
			figures = append(figures, f)
		}
	}
	p.Figures = figures
	return p
}

// believableStructure keeps of what is listed only the entries that are whole.
func (p Practice) believableStructure() Practice {
	if p.PersonDays != nil && (!finite(*p.PersonDays) || *p.PersonDays < 0) {
		p.PersonDays = nil
	}
	if !arsKey.MatchString(p.ARS) {
		p.ARS = ""
	}
	if !webAddress(p.ReuseOf) {
		p.ReuseOf = ""
	}
	var costs []Cost
	for _, c := range firsts(p.Costs) {
		c.Name = within(markup.Line(c.Name), maxName)
		if finite(c.Amount) && currency.MatchString(c.Currency) && slices.Contains(CostKinds, c.Kind) {
			costs = append(costs, c)
		}
	}
	var services []ServiceKey
	for _, k := range firsts(p.Services) {
		k.Name = within(markup.Line(k.Name), maxName)
		if k.valid() {
			services = append(services, k)
		}
	}
	var links []Link
	for _, l := range firsts(p.Links) {
		l.Name = within(markup.Line(l.Name), maxName)
		if !slices.Contains(LinkRels, l.Rel) {
			l.Rel = "other"
		}
		if webAddress(l.Href) {
			links = append(links, l)
		}
	}
	p.Costs, p.Services, p.Links = costs, services, links
	return p
}

func believableLines(lines []string) []string {
	var list []string
	for _, line := range firsts(lines) {
		if line = within(markup.Line(line), maxText); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func believableTerms(terms []Term, scheme string) []Term {
	var list []Term
	for _, t := range firsts(terms) {
		t.ID, t.Scheme, t.Name, t.Notation = 0, scheme, within(markup.Line(t.Name), maxName), within(markup.Line(t.Notation), maxUnit)
		if t.URI = markup.Line(t.URI); !webAddress(t.URI) {
			t.URI = ""
		}
		if t.Name != "" {
			list = append(list, t)
		}
	}
	return list
}

func (f Figure) believable() (Figure, bool) {
	if !slices.Contains(Quantities, f.Quantity) {
		return f, false
	}
	f.Name, f.Scope = within(markup.Line(f.Name), maxName), within(markup.Line(f.Scope), maxName)
	f.Unit, f.Method = tidyUnit(f.Quantity, within(markup.Line(f.Unit), maxUnit)), within(markup.Block(f.Method), maxText)
	for _, date := range []*string{&f.From, &f.To} {
		if !isoDate.MatchString(*date) {
			*date = ""
		}
	}
	for _, v := range []**float64{&f.Before, &f.After, &f.Change} {
		if *v != nil && !finite(**v) {
			*v = nil
		}
	}
	if f.Before != nil && f.After != nil {
		f.Change = nil
	}
	return f, f.Before != nil || f.After != nil || f.Change != nil
}

// within returns s, or nothing when it is too long to be what it says it is.
func within(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		return ""
	}
	return s
}

func firsts[T any](list []T) []T { return list[:min(len(list), maxList)] }
