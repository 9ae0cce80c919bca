package demo

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/sync/errgroup"
)

// seeder lets the demo's accounts do, page by page, what staff would do.
type seeder struct {
	browser   *browser
	state     *state
	instances map[string]Instance
	tokens    map[string]string // "instance/username" -> API token
	progress  func(format string, args ...any)
}

const stepComplete = "complete"

func (s *seeder) run(ctx context.Context, c content) error {
	steps := []struct {
		name string
		f    func(context.Context, content) error
	}{
		{"the four instances follow each other", s.follow},
		{fmt.Sprintf("staff publish %d practices", len(c.practices)), s.publish},
		{fmt.Sprintf("%d discussion threads cross the instances", len(c.threads)), s.discuss},
		{"comments on practices", s.comment},
		{fmt.Sprintf("%d administrations reuse practices of others", len(c.reuses)), s.reuse},
		{fmt.Sprintf("%d assessments by experts", len(c.assessments)), s.assess},
		{fmt.Sprintf("editors publish %d documents", len(c.documents)), s.publishDocuments},
		{fmt.Sprintf("editors keep %d entries in their directories", len(c.directory)), s.list},
		{"the KG Green-IT curates", s.curate},
		{fmt.Sprintf("the KG Green-IT publishes %d collections", len(c.collections)), s.collect},
		{fmt.Sprintf("the KG Green-IT publishes an edition with %d chapters", len(c.edition.Chapters)), s.publishEdition},
		{"waiting until everything has arrived everywhere", s.arrive},
	}
	for _, step := range steps {
		s.progress("%s", step.name)
		if err := step.f(ctx, c); err != nil {
			return err
		}
	}
	_, err := s.state.once(stepComplete, func() (string, error) { return "ok", nil })
	return err
}

func (s *seeder) token(instance, username string) string { return s.tokens[instance+"/"+username] }

// follow makes every catalogue follow the others' catalogues and forums, by the page an editor uses.
func (s *seeder) follow(ctx context.Context, _ content) error {
	group, groupCtx := errgroup.WithContext(ctx)
	for _, from := range s.instances {
		group.Go(func() error {
			for _, to := range s.instances {
				if to.Slug == from.Slug {
					continue
				}
				for _, name := range []string{"praxis", "forum"} {
					if err := s.followOne(groupCtx, from, name+"@"+to.Host()); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, i := range s.instances {
		for _, name := range []string{"praxis", "forum"} {
			err := eventually(ctx, "followers of "+name+"@"+i.Host(), func() error {
				_, page, err := s.browser.get(ctx, i.BaseURL()+"/@"+name, "")
				if err != nil {
					return err
				}
				if n, _ := strconv.Atoi(page.Find("[data-followers]").AttrOr("data-followers", "0")); n < len(s.instances)-1 {
					return errNotYet
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *seeder) followOne(ctx context.Context, from Instance, handle string) error {
	_, err := s.state.once("follow/"+from.Slug+"/"+handle, func() (string, error) {
		token := s.token(from.Slug, "redaktion")
		if _, _, err := s.browser.get(ctx, from.BaseURL()+"/suche?q="+url.QueryEscape(handle), token); err != nil {
			return "", err
		}
		_, err := s.browser.post(ctx, from.BaseURL()+"/@"+handle+"/folgen", token, url.Values{"als": {"catalog"}})
		return "ok", err
	})
	return err
}

// publish writes each practice in its author's form. The result of a step is the practice's ActivityPub id.
func (s *seeder) publish(ctx context.Context, c content) error {
	for _, p := range c.practices {
		_, err := s.state.once("practice/"+p.Slug, func() (string, error) {
			at := s.instances[p.Instance]
			form, err := s.practiceForm(ctx, at, p)
			if err != nil {
				return "", err
			}
			location, err := s.browser.post(ctx, at.BaseURL()+"/praxisbeispiele/neu", s.token(p.Instance, p.Author), form)
			if err != nil {
				return "", err
			}
			if strings.HasPrefix(location, "/redaktion/pruefung/") {
				if location, err = s.approve(ctx, at, location); err != nil {
					return "", err
				}
			}
			id, err := idOf(location)
			return at.BaseURL() + "/practices/" + id, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// approve lets the editors publish what waits for a second person.
func (s *seeder) approve(ctx context.Context, at Instance, review string) (string, error) {
	token := s.token(at.Slug, "redaktion")
	_, page, err := s.browser.get(ctx, at.BaseURL()+review, token)
	if err != nil {
		return "", err
	}
	version := page.Find("input[name=version]").AttrOr("value", "")
	return s.browser.post(ctx, at.BaseURL()+review+"/freigeben", token, url.Values{"version": {version}})
}

func (s *seeder) practiceForm(ctx context.Context, at Instance, p practice) (url.Values, error) {
	_, page, err := s.browser.get(ctx, at.BaseURL()+"/praxisbeispiele/neu", s.token(p.Instance, p.Author))
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"title": {p.Title}, "summary": {p.Summary}, "source": {p.Source}, "language": {"de"}, "level": {p.Level}, "region": {p.Region},
		"implementation": {p.Implementation}, "measures": {strings.Join(p.Measures, "\n")}, "contact_name": {p.ContactName},
		"contact_unit": {p.ContactUnit}, "contact_email": {p.ContactEmail}, "licence": {"https://www.govdata.de/dl-de/by-2-0"}, "action": {"publish"},
	}
	for field, wanted := range map[string][]string{"goals": p.Goals, "fields": p.Fields} {
		for _, name := range wanted {
			id, err := termID(page, field, name)
			if err != nil {
				return nil, err
			}
			form.Add(field, id)
		}
	}
	fillFigures(form, p.Figures)
	return form, nil
}

func fillFigures(form url.Values, figures []figure) {
	for i, f := range figures {
		for name, value := range map[string]string{
			"quantity": f.Quantity, "name": f.Name, "unit": f.Unit, "before": f.Before, "after": f.After, "change": f.Change,
			"from": f.From, "to": f.To, "method": f.Method, "scope": f.Scope,
		} {
			form.Set(fmt.Sprintf("figures.%d.%s", i, name), value)
		}
	}
}

// termID finds the value of the checkbox whose label is the name, or starts with the number, of a goal or field.
func termID(page *goquery.Document, field, name string) (string, error) {
	var id string
	page.Find("input[name=" + field + "]").EachWithBreak(func(_ int, box *goquery.Selection) bool {
		label := strings.TrimSpace(page.Find("label[for='" + box.AttrOr("id", "") + "']").Text())
		if strings.EqualFold(label, name) || strings.HasPrefix(label, name+" ") {
			id = box.AttrOr("value", "")
		}
		return id == ""
	})
	if id == "" {
		return "", fmt.Errorf("the form offers no %s %q", field, name)
	}
	return id, nil
}

func (s *seeder) discuss(ctx context.Context, c content) error {
	for _, t := range c.threads {
		uri, err := s.state.once("thread/"+t.Slug, func() (string, error) {
			return s.write(ctx, t, url.Values{"title": {t.Title}})
		})
		if err != nil {
			return err
		}
		if err := s.answer(ctx, "thread/"+t.Slug, uri, t.Answers); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) comment(ctx context.Context, c content) error {
	for _, n := range c.comments {
		if err := s.answer(ctx, "comment/"+n.Practice, s.state.Done["practice/"+n.Practice], []note{n}); err != nil {
			return err
		}
	}
	return nil
}

// answer writes answers to the post with that id; each waits until the post has arrived where its author works.
func (s *seeder) answer(ctx context.Context, step, parentURI string, answers []note) error {
	for n, a := range answers {
		step := fmt.Sprintf("%s/%d", step, n)
		uri, err := s.state.once(step, func() (string, error) {
			parent, err := s.arrived(ctx, s.instances[a.Instance], parentURI)
			if err != nil {
				return "", err
			}
			return s.write(ctx, a, url.Values{"in_reply_to": {parent}})
		})
		if err != nil {
			return err
		}
		if err := s.answer(ctx, step, uri, a.Answers); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) write(ctx context.Context, n note, form url.Values) (string, error) {
	at := s.instances[n.Instance]
	form.Set("source", n.Source)
	form.Set("visibility", "public")
	form.Set("language", "de")
	location, err := s.browser.post(ctx, at.BaseURL()+"/beitraege", s.token(n.Instance, n.Author), form)
	if err != nil {
		return "", err
	}
	id, err := idOf(location)
	return at.BaseURL() + "/notes/" + id, err
}

// arrive waits until every practice and every discussion post can be found on every instance, and what others say of a practice
// stands on its page.
func (s *seeder) arrive(ctx context.Context, c content) error {
	for step, uri := range s.state.Done {
		if !strings.HasPrefix(uri, "http") {
			continue
		}
		for _, i := range s.instances {
			if _, err := s.arrived(ctx, i, uri); err != nil {
				return fmt.Errorf("demo: %s: %w", step, err)
			}
		}
	}
	for _, i := range s.instances {
		if err := s.saidEverywhere(ctx, i, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) arrived(ctx context.Context, at Instance, uri string) (id string, err error) {
	err = eventually(ctx, uri+" on "+at.ShortName, func() error {
		id, err = s.browser.find(ctx, at, uri)
		return err
	})
	return id, err
}
