package demo

import (
	"context"
	"fmt"
	"net/url"
)

// listed is a contact person, committee or network that an instance keeps in its directory.
type listed struct {
	Slug, Instance, Kind, Name, Organization, Unit, Level, Region, Summary, Cadence, Members, Email string
}

// list lets editors fill the directories of their instances, and waits until the KG's shows all of them.
func (s *seeder) list(ctx context.Context, c content) error {
	for _, e := range c.directory {
		_, err := s.state.once("directory/"+e.Slug, func() (string, error) {
			form := url.Values{
				"kind": {e.Kind}, "name": {e.Name}, "organization": {e.Organization}, "unit": {e.Unit}, "level": {e.Level}, "region": {e.Region}, "summary": {e.Summary},
				"cadence": {e.Cadence}, "members": {e.Members}, "email": {e.Email},
			}
			_, err := s.browser.post(ctx, s.instances[e.Instance].BaseURL()+"/redaktion/verzeichnis/neu", s.token(e.Instance, "redaktion"), form)
			return "ok", err
		})
		if err != nil {
			return fmt.Errorf("demo: directory/%s: %w", e.Slug, err)
		}
	}
	return eventually(ctx, "the directories of all at the KG", func() error {
		_, page, err := s.browser.get(ctx, s.instances["kg"].BaseURL()+"/verzeichnis", "")
		if err != nil {
			return err
		}
		if page.Find(".listed").Length() < len(c.directory) {
			return errNotYet
		}
		return nil
	})
}
