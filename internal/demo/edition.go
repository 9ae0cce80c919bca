package demo

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// edition is one of the Best-Practice-Papier.
type edition struct {
	Title, Summary, Foreword, Credits string
	Chapters                          []struct {
		Title, Introduction string
		Practices           []string
	}
}

// publishEdition lets the KG's editor compose an edition of the paper from what the desk accepted, and publish it.
func (s *seeder) publishEdition(ctx context.Context, c content) error {
	kg := s.instances["kg"]
	token := s.token("kg", "redaktion")
	place, err := s.state.once("edition/draft", func() (string, error) {
		return s.browser.post(ctx, kg.BaseURL()+"/redaktion/papier", token, nil)
	})
	if err != nil {
		return err
	}
	draft := kg.BaseURL() + place
	_, err = s.state.once("edition/text", func() (string, error) {
		_, page, err := s.browser.get(ctx, draft, token)
		if err != nil {
			return "", err
		}
		form := filledIn(page, "form[data-editor]")
		for name, value := range map[string]string{"title": c.edition.Title, "summary": c.edition.Summary, "foreword": c.edition.Foreword, "credits": c.edition.Credits, "action": "save"} {
			form.Set(name, value)
		}
		for n, chapter := range c.edition.Chapters {
			form.Set(fmt.Sprintf("chapters.%d.title", n), chapter.Title)
			form.Set(fmt.Sprintf("chapters.%d.introduction", n), chapter.Introduction)
		}
		return s.browser.post(ctx, draft, token, form)
	})
	if err != nil {
		return err
	}
	for n, chapter := range c.edition.Chapters {
		_, err := s.state.once(fmt.Sprintf("edition/chapter/%d", n), func() (string, error) {
			form := url.Values{"chapter": {fmt.Sprint(n)}}
			for _, slug := range chapter.Practices {
				id, err := s.arrived(ctx, kg, s.state.Done["practice/"+slug])
				if err != nil {
					return "", err
				}
				form.Add("practice", id)
			}
			return s.browser.post(ctx, draft+"/auswahl", token, form)
		})
		if err != nil {
			return err
		}
	}
	_, err = s.state.once("edition/published", func() (string, error) {
		_, page, err := s.browser.get(ctx, draft+"/veroeffentlichen", token)
		if err != nil {
			return "", err
		}
		version := page.Find("input[name=version]").AttrOr("value", "")
		if version == "" {
			return "", fmt.Errorf("the edition cannot be published: %s", strings.Join(strings.Fields(page.Find("main").Text()), " "))
		}
		return s.browser.post(ctx, draft+"/veroeffentlichen", token, url.Values{"version": {version}})
	})
	return err
}

// filledIn is what a browser sends of a form that nobody has touched, without its buttons.
func filledIn(page *goquery.Document, form string) url.Values {
	values := url.Values{}
	page.Find(form).Find("input, textarea, select").Each(func(_ int, field *goquery.Selection) {
		name, value := field.AttrOr("name", ""), field.AttrOr("value", "")
		switch {
		case name == "" || field.Is("[type=checkbox]") && !field.Is("[checked]"):
			return
		case field.Is("textarea"):
			value = strings.TrimPrefix(field.Text(), "\n")
		case field.Is("select"):
			value = field.Find("option[selected]").AttrOr("value", field.Find("option").AttrOr("value", ""))
		}
		values.Set(name, value)
	})
	return values
}
