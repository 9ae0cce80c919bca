package demo

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/vorbild/vorbild/internal/export"
)

// document is a guide, recommendation or strategy paper that an instance publishes.
type document struct {
	Slug, Instance, Title, Type, Version, Summary, Source string
	File                                                  *struct {
		Name, Title string
		Items       []string
	}
}

// publishDocuments lets editors write documents and publish them after a look at the preview. The result of a step is the
// document's ActivityPub id.
func (s *seeder) publishDocuments(ctx context.Context, c content) error {
	for _, d := range c.documents {
		_, err := s.state.once("document/"+d.Slug, func() (string, error) {
			at := s.instances[d.Instance]
			token := s.token(d.Instance, "redaktion")
			preview, err := s.writeDocument(ctx, at, token, d)
			if err != nil {
				return "", err
			}
			_, page, err := s.browser.get(ctx, at.BaseURL()+preview, token)
			if err != nil {
				return "", err
			}
			version := page.Find("input[name=draft]").AttrOr("value", "")
			location, err := s.browser.post(ctx, at.BaseURL()+preview+"/veroeffentlichen", token, url.Values{"draft": {version}})
			if err != nil {
				return "", err
			}
			id, err := idOf(location)
			return at.BaseURL() + "/publications/" + id, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeDocument sends the form of a document, with its file where it has one, and returns where the preview is.
func (s *seeder) writeDocument(ctx context.Context, at Instance, token string, d document) (preview string, err error) {
	form := url.Values{
		"action": {"preview"}, "draft": {"0"}, "title": {d.Title}, "type": {d.Type}, "version": {d.Version}, "summary": {d.Summary}, "source": {d.Source}, "language": {"de"},
	}
	address := at.BaseURL() + "/redaktion/handreichungen/neu"
	if d.File == nil {
		return s.browser.post(ctx, address, token, form)
	}
	list := export.List{}
	for _, item := range d.File.Items {
		list.Items = append(list.Items, []export.Block{export.Paragraph{Text: export.Plain(item)}})
	}
	file, err := export.ODT(export.Document{Title: d.File.Title, Language: "de", Origin: at.Name, Author: at.Name, Blocks: []export.Block{list}, Page: "Seite", Of: "von"})
	if err != nil {
		return "", fmt.Errorf("demo: file of %s: %w", d.Slug, err)
	}
	form.Set("upload_name", d.File.Name)
	return s.browser.upload(ctx, address, token, form, d.File.Title+".odt", file)
}

// upload is post for a form with a file.
func (b *browser) upload(ctx context.Context, address, token string, form url.Values, name string, file []byte) (string, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, values := range form {
		for _, value := range values {
			if err := w.WriteField(key, value); err != nil {
				return "", err
			}
		}
	}
	part, err := w.CreateFormFile("upload", name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, page, err := b.do(req, token)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("POST %s: %s: %s", address, resp.Status, complaint(page))
	}
	return resp.Header.Get("Location"), nil
}
