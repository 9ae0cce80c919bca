package demo

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// collection is what the KG's editors arrange of the practices they accepted.
type collection struct {
	Slug, Name, Introduction string
	Chapters                 []struct {
		Name, Introduction string
		Entries            []struct {
			Practice, Annotation string
			Featured             bool
		}
	}
}

// collect lets the KG's editor arrange and publish collections, and the Land show one of them as a page of its own.
func (s *seeder) collect(ctx context.Context, c content) error {
	for _, one := range c.collections {
		if _, err := s.state.once("collection/"+one.Slug, func() (string, error) { return "ok", s.arrange(ctx, one) }); err != nil {
			return fmt.Errorf("demo: collection/%s: %w", one.Slug, err)
		}
	}
	_, err := s.state.once("collection/shown", func() (string, error) { return "ok", s.showCollection(ctx) })
	return err
}

func (s *seeder) arrange(ctx context.Context, c collection) error {
	kg := s.instances["kg"]
	token := s.token("kg", "redaktion")
	place, err := s.browser.post(ctx, kg.BaseURL()+"/redaktion/sammlungen", token, url.Values{"name": {c.Name}, "introduction": {c.Introduction}})
	if err != nil {
		return err
	}
	at := kg.BaseURL() + "/redaktion/sammlungen/" + path.Base(place)
	for _, chapter := range c.Chapters {
		if _, err := s.browser.post(ctx, at+"/kapitel", token, url.Values{"id": {"0"}, "name": {chapter.Name}, "introduction": {chapter.Introduction}}); err != nil {
			return err
		}
		_, page, err := s.browser.get(ctx, at+"/aufnehmen", token)
		if err != nil {
			return err
		}
		id := chapterCalled(page, chapter.Name)
		form, said := url.Values{"chapter": {id}}, map[string]url.Values{}
		for _, e := range chapter.Entries {
			post, err := s.arrived(ctx, kg, s.state.Done["practice/"+e.Practice])
			if err != nil {
				return err
			}
			form.Add("post", post)
			if e.Annotation != "" || e.Featured {
				said[post] = url.Values{"chapter": {id}, "annotation": {e.Annotation}, "featured": {strconv.FormatBool(e.Featured)}}
			}
		}
		if _, err := s.browser.post(ctx, at+"/aufnehmen", token, form); err != nil {
			return err
		}
		for post, form := range said {
			if _, err := s.browser.post(ctx, at+"/beispiele/"+post, token, form); err != nil {
				return err
			}
		}
	}
	_, err = s.browser.post(ctx, at+"/veroeffentlichen", token, nil)
	return err
}

// chapterCalled is the value of the chapter with a name in a form that offers them.
func chapterCalled(page *goquery.Document, name string) string {
	option := page.Find("select[name=chapter] option").FilterFunction(func(_ int, o *goquery.Selection) bool { return strings.TrimSpace(o.Text()) == name })
	return option.AttrOr("value", "")
}

// showCollection makes a collection of the KG a page of the Land, once the Land has read it.
func (s *seeder) showCollection(ctx context.Context) error {
	sh, kg := s.instances["sh"], s.instances["kg"]
	return eventually(ctx, "the KG's collections at the Land", func() error {
		_, err := s.browser.post(ctx, sh.BaseURL()+"/redaktion/sammlungen/zeigen", s.token("sh", "redaktion"), url.Values{"host": {kg.Host()}, "slug": {"serverraeume-sparsam-betreiben"}})
		return err
	})
}
