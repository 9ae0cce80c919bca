package practice

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Publish validates everything and makes the draft (or the change) public: a new revision, rows, search, and
// job.Distribute create or update. id 0 publishes without a draft before. Author, or editors and above.
// A published draft gets a new id, which is returned: ids tell the time of publication, and nobody but its author knew
// the old one. Publishing what is published already makes no new revision.
// Errors: fault.Invalid with fields named like the form (title, summary, source, level, figures.0.unit ...); fault.Forbidden
// where a second person must approve, see Ask; fault.Conflict when d.Version is no longer the newest.
func (s *Service) Publish(ctx context.Context, actor account.Account, id int64, d Draft) (int64, error) {
	author, err := s.authorOf(ctx, actor, id)
	if err != nil {
		return 0, err
	}
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return 0, fmt.Errorf("practice.Publish: %w", err)
	}
	// RULE: where four eyes are asked for, there is no way around them, for editors neither.
	if o.FourEyes {
		return 0, errFourEyes()
	}
	content, details, err := s.compose(ctx, author, d)
	if err != nil {
		return 0, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		id, err = s.publish(ctx, tx, actor, publication{id: id, authorID: author.ID, writerID: actor.ID, version: d.Version, content: content, details: details})
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// publication is a text that is to be published.
type publication struct {
	id, authorID int64 // id 0: there is nothing of it yet
	writerID     int64 // who wrote this version
	version      int   // of the text in work that it replaces, 0 for any
	content      post.Content
	details      Practice
	event        Event // what the log says of it; "" for Published or Changed
}

func (s *Service) publish(ctx context.Context, tx *sqlx.Tx, actor account.Account, a publication) (int64, error) {
	if a.id == 0 {
		return s.publishNew(ctx, tx, actor, a)
	}
	p, err := s.posts.Lock(ctx, tx, a.id)
	if err != nil {
		return 0, asPractice(err)
	}
	w, err := workOf(ctx, tx, a.id)
	if err != nil {
		return 0, fmt.Errorf("practice.Publish %d: %w", a.id, err)
	}
	stale := a.version != 0 && a.version != w.Version
	switch p.State {
	case post.StateWithdrawn:
		return 0, errGone()
	case post.StatePublished:
		return s.publishChange(ctx, tx, actor, a, p, len(w.Pending) > 0, stale)
	}
	if stale {
		return 0, errStale()
	}
	id, err := s.publishNew(ctx, tx, actor, a)
	if err != nil {
		return 0, err
	}
	if err := moveLog(ctx, tx, a.id, id); err != nil {
		return 0, fmt.Errorf("practice.Publish: log of draft %d: %w", a.id, err)
	}
	for _, f := range s.moved {
		if err := f(ctx, tx, a.id, id); err != nil {
			return 0, fmt.Errorf("practice.Publish: draft %d moves: %w", a.id, err)
		}
	}
	if err := s.posts.DiscardDraft(ctx, tx, a.id); err != nil {
		return 0, fmt.Errorf("practice.Publish: draft %d: %w", a.id, err)
	}
	return id, nil
}

func (s *Service) publishNew(ctx context.Context, tx *sqlx.Tx, actor account.Account, a publication) (int64, error) {
	a.details.Revision = 1
	p, err := s.posts.PublishArticle(ctx, tx, a.authorID, a.writerID, a.content)
	if err != nil {
		return 0, err
	}
	if err := publishFiles(ctx, tx, actor, a.id, p.ID, refsOf(a.details.Files)); err != nil {
		return 0, err
	}
	if err := s.write(ctx, tx, p, a.details); err != nil {
		return 0, err
	}
	if err := s.record(ctx, tx, actor, Entry{PostID: p.ID, Event: cmp.Or(a.event, Published), Revision: 1}); err != nil {
		return 0, err
	}
	return p.ID, s.jobs.Enqueue(ctx, tx, job.Arrive{PostID: p.ID})
}

func (s *Service) publishChange(ctx context.Context, tx *sqlx.Tx, actor account.Account, a publication, p post.Post, pending, stale bool) (int64, error) {
	published, err := s.load(ctx, tx, p.ID)
	if err != nil {
		return 0, err
	}
	same := sameContent(p, published, a.content, a.details)
	switch {
	// RULE: what was public cannot become internal, and who got it for internal use has not agreed to more.
	case a.content.Visibility != p.Visibility:
		return 0, errVisibilityFinal()
	case same && !pending:
		return p.ID, nil // as after a second click
	case stale:
		return 0, errStale()
	}
	if err := dropWork(ctx, tx, p.ID); err != nil {
		return 0, fmt.Errorf("practice.Publish %d: %w", p.ID, err)
	}
	if same {
		return p.ID, nil
	}
	a.details.Revision = published.Revision + 1
	if p, err = s.posts.ReviseArticle(ctx, tx, p, a.details.Revision, a.writerID, a.content); err != nil {
		return 0, err
	}
	if err := publishFiles(ctx, tx, actor, p.ID, p.ID, refsOf(a.details.Files)); err != nil {
		return 0, err
	}
	if err := s.write(ctx, tx, p, a.details); err != nil {
		return 0, err
	}
	if err := s.record(ctx, tx, actor, Entry{PostID: p.ID, Event: cmp.Or(a.event, Changed), Revision: a.details.Revision}); err != nil {
		return 0, err
	}
	return p.ID, s.jobs.Enqueue(ctx, tx, job.Arrive{PostID: p.ID})
}

func errVisibilityFinal() error {
	return fault.Fields(fault.Field{Name: "visibility", Message: "error.practice.visibility_final"})
}

// compose completes, checks and renders a draft for publication.
func (s *Service) compose(ctx context.Context, author account.Account, d Draft) (post.Content, Practice, error) {
	var content post.Content
	org, err := s.organizations.Get(ctx)
	if err != nil {
		return content, Practice{}, err
	}
	d = d.tidied()
	if d.Level == "" || d.Level == org.Level {
		d.Level = org.Level
		if d.Region == "" {
			d.Region = org.Region
		}
	}
	if d.Licence == "" {
		d.Licence = Licences[0]
	}
	if d.Language == "" {
		d.Language = "de"
	}
	d, invalid := d.check()
	goals, fields, err := s.chosenTerms(ctx, d)
	switch {
	case invalid != nil:
		return content, Practice{}, join(invalid, err)
	case err != nil:
		return content, Practice{}, err
	}
	catalog, err := s.accounts.Catalog(ctx)
	if err != nil {
		return content, Practice{}, fmt.Errorf("practice.Publish: %w", err)
	}
	html, mentions, tags, err := s.posts.Render(ctx, author, d.Source)
	if err != nil {
		return content, Practice{}, fmt.Errorf("practice.Publish: %w", err)
	}
	details := d.details(goals, fields)
	details.OrganizationName, details.OrganizationURL = org.Name, org.Website
	if details.OrganizationURL == "" {
		details.OrganizationURL = s.baseURL
	}
	content = post.Content{
		Title: d.Title, Summary: d.Summary, Source: d.Source, HTML: html, Language: d.Language,
		Tags: hashtags(fields, tags), Mentions: mentions, BoardID: catalog.ID, Visibility: cmp.Or(d.Visibility, post.Public),
	}
	if content.Detail, err = json.Marshal(detailOf(details)); err != nil {
		return content, details, fmt.Errorf("practice.Publish: detail: %w", err)
	}
	return content, details, nil
}

// join adds the fields of a second refusal to the first.
func join(first, second error) error {
	a, ok := first.(*fault.Error)
	b, also := second.(*fault.Error)
	if !ok || !also || b.Kind != fault.Invalid {
		return first
	}
	return mistakes(append(slices.Clone(a.Fields), b.Fields...)).err()
}

// chosenTerms looks up the goals and fields of a draft.
func (s *Service) chosenTerms(ctx context.Context, d Draft) (goals, fields []Term, err error) {
	for _, ids := range []*[]int64{&d.Goals, &d.Fields} {
		if *ids, err = s.CurrentTerms(ctx, *ids); err != nil {
			return nil, nil, err
		}
	}
	terms, err := termsByIDs(ctx, s.db, append(slices.Clone(d.Goals), d.Fields...))
	if err != nil {
		return nil, nil, fmt.Errorf("practice: terms: %w", err)
	}
	for _, t := range terms {
		switch {
		case t.Scheme == SchemeGoal && slices.Contains(d.Goals, t.ID):
			goals = append(goals, t)
		case t.Scheme == SchemeField && slices.Contains(d.Fields, t.ID):
			fields = append(fields, t)
		}
	}
	var m mistakes
	if len(goals) < len(d.Goals) {
		m.add("goals", "error.field.choice")
	}
	if len(fields) < len(d.Fields) {
		m.add("fields", "error.field.choice")
	}
	return goals, fields, m.err()
}

func (d Draft) details(goals, fields []Term) Practice {
	return Practice{
		Level: d.Level, Region: d.Region, Implementation: d.Implementation, Measures: d.Measures,
		Situation: d.Situation, Outcome: d.Outcome, Prerequisites: d.Prerequisites, Pitfalls: d.Pitfalls,
		LegalBasis: d.LegalBasis, PersonDays: d.PersonDays, Costs: d.Costs, Services: d.Services, Links: d.Links, ARS: d.ARS, ReuseOf: d.ReuseOf, Files: filesFrom(d.Files),
		ContactName: d.ContactName, ContactUnit: d.ContactUnit, ContactEmail: d.ContactEmail, ContactURL: d.ContactURL,
		Licence: d.Licence, Goals: goals, Fields: fields, Figures: d.Figures,
	}
}

// sameContent reports whether publishing would say nothing new.
func sameContent(p post.Post, published Practice, content post.Content, details Practice) bool {
	if p.Title != content.Title || p.Summary != content.Summary || p.Source != content.Source || p.Language != content.Language {
		return false
	}
	was, err := json.Marshal(detailOf(published))
	return err == nil && string(was) == string(content.Detail)
}

// hashtags are #GreenIT, one per field, and those in the text.
func hashtags(fields []Term, written []string) []string {
	tags := []string{"GreenIT"}
	for _, f := range fields {
		if t := camelCase(f.Name); t != "" {
			tags = append(tags, t)
		}
	}
	var once []string
	for _, t := range append(tags, written...) {
		if !slices.ContainsFunc(once, func(have string) bool { return strings.EqualFold(have, t) }) {
			once = append(once, t)
		}
	}
	return once
}

// camelCase writes "zentrale IT-Infrastruktur" as ZentraleITInfrastruktur, which screen readers can part into words.
func camelCase(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		words[i] = string(r)
	}
	return strings.Join(words, "")
}

// Withdraw takes a published practice back everywhere; a draft is discarded. Author, or editors and above.
func (s *Service) Withdraw(ctx context.Context, actor account.Account, id int64) error {
	if _, err := s.mine(ctx, actor, id); err != nil {
		if fault.Is(err, fault.Gone) {
			return nil
		}
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, err := s.posts.Lock(ctx, tx, id)
		if err != nil {
			return asPractice(err)
		}
		if p.State == post.StateDraft {
			return s.posts.DiscardDraft(ctx, tx, id)
		}
		if p.State == post.StateWithdrawn {
			return nil
		}
		if err := dropWork(ctx, tx, id); err != nil {
			return fmt.Errorf("practice.Withdraw %d: %w", id, err)
		}
		if err := s.posts.WithdrawArticle(ctx, tx, id); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, Entry{PostID: id, Event: Withdrawn}); err != nil {
			return err
		}
		if p.AccountID == actor.ID {
			return nil
		}
		return s.accounts.Audit(ctx, tx, actor, "practice.withdraw", p.URI, "")
	})
}

// Discard drops the text in work, and with it a draft that was never published. version names what the actor saw of it; 0 for
// whatever stands there. Author, or editors and above. Errors: fault.Conflict when it changed meanwhile.
func (s *Service) Discard(ctx context.Context, actor account.Account, id int64, version int) error {
	if _, err := s.mine(ctx, actor, id); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		p, err := s.posts.Lock(ctx, tx, id)
		if err != nil {
			return asPractice(err)
		}
		w, err := workOf(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("practice.Discard %d: %w", id, err)
		}
		switch {
		case p.State == post.StatePublished && len(w.Pending) == 0:
			return nil
		case version != 0 && version != w.Version:
			return errStale()
		case p.State == post.StateDraft:
			return s.posts.DiscardDraft(ctx, tx, id)
		}
		if err := dropWork(ctx, tx, id); err != nil {
			return fmt.Errorf("practice.Discard %d: %w", id, err)
		}
		return nil
	})
}

// Preview renders Markdown as the page will show it.
func (s *Service) Preview(source string) string {
	html, _, _ := s.markup.RenderWithLinks(strings.TrimSpace(markup.Block(source)), func(string) string { return "" }, s.posts.TagURL)
	return html
}
