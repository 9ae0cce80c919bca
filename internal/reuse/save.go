package reuse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxCandidates is how many own practices a member chooses from.
const maxCandidates = 100

// Save says that the organization of this instance reuses a practice, ours or another instance's, or changes what the actor said
// of it before. Any member but the practice's author. It is published as an answer to the practice, to whoever that is for.
// Errors: NotFound, Gone, Forbidden, and Invalid with the fields state, source, practice, figures.0.unit ...
func (s *Service) Save(ctx context.Context, actor account.Account, practiceID int64, d Draft) (post.Post, error) {
	v, err := s.practices.ByID(ctx, post.Viewer{AccountID: actor.ID}, practiceID)
	if err != nil {
		return post.Post{}, err
	}
	if !May(actor, v) {
		return post.Post{}, errForbidden()
	}
	r, err := s.checked(ctx, actor, v, d)
	if err != nil {
		return post.Post{}, err
	}
	if known, said, err := s.Own(ctx, actor, practiceID); err == nil && known.Source == d.Source && same(said, r) {
		return known, nil
	} else if err != nil && !fault.Is(err, fault.NotFound) {
		return known, err
	}
	draft := post.Draft{
		InReplyToID: practiceID, Source: d.Source, Wordless: true, Role: post.RoleReuse, Language: actor.Language,
		Parts: []post.Part{func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
			r.PostID = p.ID
			if err := upsertReuse(ctx, tx, r); err != nil {
				return fmt.Errorf("reuse %d of %d: %w", p.ID, practiceID, err)
			}
			return nil
		}},
	}
	return s.posts.PublishOnce(ctx, actor, draft, func(ctx context.Context, tx *sqlx.Tx) (int64, error) {
		return ownNote(ctx, tx, actor.ID, practiceID)
	})
}

// same reports whether two reuses say the same.
func same(a, b Reuse) bool {
	a.PostID, a.UpdatedAt = b.PostID, b.UpdatedAt
	if len(a.Figures)+len(b.Figures) == 0 {
		a.Figures, b.Figures = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

func (s *Service) checked(ctx context.Context, actor account.Account, v practice.View, d Draft) (Reuse, error) {
	var mistakes []fault.Field
	if !d.State.Valid() {
		mistakes = append(mistakes, fault.Field{Name: "state", Message: "error.reuse.state"})
	}
	org, err := s.organizations.Get(ctx)
	if err != nil {
		return Reuse{}, err
	}
	r := Reuse{State: d.State, OrganizationName: org.Name, OrganizationURL: cmp.Or(org.Website, s.baseURL), Level: org.Level, Region: org.Region}
	figures, invalid := practice.CheckedFigures(d.Figures)
	var wrong *fault.Error
	if errors.As(invalid, &wrong) {
		mistakes = append(mistakes, wrong.Fields...)
	} else if invalid != nil {
		return r, invalid
	}
	r.Figures = figures
	if d.PracticeID != 0 {
		own, err := s.Candidates(ctx, actor, v)
		if err != nil {
			return r, err
		}
		at := slices.IndexFunc(own, func(p post.Post) bool { return p.ID == d.PracticeID })
		if at < 0 {
			mistakes = append(mistakes, fault.Field{Name: "practice", Message: "error.field.choice"})
		} else {
			r.PracticeURI = own[at].URI
		}
	}
	return r, fault.Fields(mistakes...)
}

// Candidates lists the practices that the actor may name as the own one that grew out of v: those they wrote, and those of this
// instance that say so themselves. Of what is for the network only, none is named below what everyone may read.
func (s *Service) Candidates(ctx context.Context, actor account.Account, v practice.View) ([]post.Post, error) {
	ids, err := candidates(ctx, s.db, actor.ID, v.Post.ID, v.Post.URI, v.Post.Visibility == post.Network, maxCandidates)
	if err != nil {
		return nil, fmt.Errorf("reuse.Candidates for %d: %w", v.Post.ID, err)
	}
	byID, err := s.posts.ByIDs(ctx, post.Viewer{AccountID: actor.ID}, ids)
	if err != nil {
		return nil, err
	}
	list := make([]post.Post, 0, len(byID))
	for _, id := range ids {
		if p, ok := byID[id]; ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// Begin starts an own practice from another one: a draft of the actor with what carries over, and where it comes from. credit is
// the text it begins with, which names source and licence. Figures, outcome and cost are not taken over: they are the other house's,
// and would be summed twice.
func (s *Service) Begin(ctx context.Context, actor account.Account, practiceID int64, credit string) (draftID int64, err error) {
	v, err := s.practices.ByID(ctx, post.Viewer{AccountID: actor.ID}, practiceID)
	if err != nil {
		return 0, err
	}
	if !actor.Local() || !actor.Able(account.RoleMember) || v.Post.State != post.StatePublished {
		return 0, errForbidden()
	}
	org, err := s.organizations.Get(ctx)
	if err != nil {
		return 0, err
	}
	d := practice.Draft{
		Title: v.Post.Title, Source: credit, Language: v.Post.Language, Level: org.Level, Region: org.Region, Implementation: "begun",
		Measures: v.Practice.Measures, Prerequisites: v.Practice.Prerequisites, Pitfalls: v.Practice.Pitfalls, LegalBasis: v.Practice.LegalBasis,
		Services: v.Practice.Services, Links: v.Practice.Links, ReuseOf: v.Post.URI,
		ContactName: cmp.Or(org.ContactName, actor.Name()), ContactUnit: org.Name, ContactEmail: org.ContactEmail,
		Licence: v.Practice.Licence, Visibility: v.Post.Visibility,
	}
	if d.Visibility != post.Network {
		d.Visibility = post.Public
	}
	if !slices.Contains(practice.Licences, d.Licence) {
		d.Licence = practice.Licences[0]
	}
	if d.Goals, err = s.termsNamed(ctx, practice.SchemeGoal, v.Practice.Goals); err != nil {
		return 0, err
	}
	if d.Fields, err = s.termsNamed(ctx, practice.SchemeField, v.Practice.Fields); err != nil {
		return 0, err
	}
	return s.practices.SaveDraft(ctx, actor, 0, d)
}

// termsNamed finds the terms of our taxonomy that are called as those of another instance.
func (s *Service) termsNamed(ctx context.Context, scheme string, theirs []practice.Term) (ids []int64, err error) {
	if len(theirs) == 0 {
		return nil, nil
	}
	ours, err := s.practices.Terms(ctx, scheme)
	if err != nil {
		return nil, fmt.Errorf("reuse: terms: %w", err)
	}
	for _, t := range ours {
		if slices.ContainsFunc(theirs, func(other practice.Term) bool { return other.Name == t.Name }) {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}
