package demo

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/curation"
)

// reuse lets staff say on a practice's page that they use it as well.
func (s *seeder) reuse(ctx context.Context, c content) error {
	for _, r := range c.reuses {
		form := url.Values{"state": {r.State}, "source": {r.Source}}
		fillFigures(form, r.Figures)
		if err := s.say(ctx, "reuse/"+r.Practice+"/"+r.Instance+"/"+r.Author, r.Practice, r.Instance, r.Author, "nachnutzen", form); err != nil {
			return err
		}
	}
	return nil
}

// assess lets the experts whom their own editors invite assess practices.
func (s *seeder) assess(ctx context.Context, c content) error {
	for _, a := range c.assessments {
		step := fmt.Sprintf("assessment/%s/%s/%s/%d", a.Practice, a.Instance, a.Author, a.Horizon)
		if a.Author != "redaktion" {
			form := url.Values{"account": {a.Author}}
			if err := s.say(ctx, step+"/invitation", a.Practice, a.Instance, "redaktion", "bewertung-einladen", form); err != nil {
				return err
			}
		}
		form := url.Values{
			"status": {a.Status}, "progress": {a.Progress}, "horizon": {strconv.Itoa(curation.Today(time.Now()).Year() + a.Horizon)}, "source": {a.Source},
		}
		if a.Urgent {
			form.Set("urgent", "true")
		}
		if err := s.say(ctx, step, a.Practice, a.Instance, a.Author, "bewerten", form); err != nil {
			return err
		}
	}
	return nil
}

// say sends a form of a practice's page at the instance where its author works.
func (s *seeder) say(ctx context.Context, step, practice, instance, author, page string, form url.Values) error {
	_, err := s.state.once(step, func() (string, error) {
		at := s.instances[instance]
		id, err := s.arrived(ctx, at, s.state.Done["practice/"+practice])
		if err != nil {
			return "", err
		}
		return s.browser.post(ctx, at.BaseURL()+"/praxisbeispiele/"+id+"/"+page, s.token(instance, author), form)
	})
	return err
}

// saidEverywhere waits until an instance shows all reuses and assessments of each practice.
func (s *seeder) saidEverywhere(ctx context.Context, at Instance, c content) error {
	for _, p := range c.practices {
		reuses, assessments := c.said(p.Slug)
		if reuses+assessments == 0 {
			continue
		}
		id, err := s.arrived(ctx, at, s.state.Done["practice/"+p.Slug])
		if err != nil {
			return err
		}
		what := fmt.Sprintf("%d reuses and %d assessments of %s on %s", reuses, assessments, p.Slug, at.ShortName)
		err = eventually(ctx, what, func() error {
			_, page, err := s.browser.get(ctx, at.BaseURL()+"/praxisbeispiele/"+id, "")
			if err != nil {
				return err
			}
			if page.Find("#nachnutzung .answer").Length() < reuses || page.Find("#bewertung .answer").Length() < assessments {
				return errNotYet
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// said counts what others say of a practice.
func (c content) said(slug string) (reuses, assessments int) {
	for _, r := range c.reuses {
		if r.Practice == slug {
			reuses++
		}
	}
	for _, a := range c.assessments {
		if a.Practice == slug {
			assessments++
		}
	}
	return reuses, assessments
}
