package demo

import (
	"context"
	"net/url"
	"time"

	"github.com/vorbild/vorbild/internal/curation"
)

// decision is what the KG's editors decide about a practice at the desk.
type decision struct {
	Practice, Decision, Reason, Note string
	Feature                          bool
	Mine                             bool   // the editor looks after it
	With                             string // the practice whose group it joins
	Days                             int    // for how long it is put aside
}

// curate lets the KG's editor decide at the desk, with the same forms as anyone.
func (s *seeder) curate(ctx context.Context, c content) error {
	for _, d := range c.decisions {
		_, err := s.state.once("curate/"+d.Practice, func() (string, error) { return "ok", s.decide(ctx, d) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) decide(ctx context.Context, d decision) error {
	kg := s.instances["kg"]
	token := s.token("kg", "redaktion")
	id, err := s.arrived(ctx, kg, s.state.Done["practice/"+d.Practice])
	if err != nil {
		return err
	}
	desk := kg.BaseURL() + "/redaktion/" + id
	send := func(verb string, form url.Values) error {
		_, err := s.browser.post(ctx, desk+"/"+verb, token, form)
		return err
	}
	form := url.Values{"reason": {d.Reason}}
	switch d.Decision {
	case "nachfragen":
		form = url.Values{"source": {d.Reason}}
	case "spaeter":
		form.Set("until", curation.Today(time.Now()).AddDate(0, 0, d.Days).Format(time.DateOnly))
	}
	// Right after its arrival a practice does not stand on the desk yet.
	if err := eventually(ctx, "desk", func() error { return send(d.Decision, form) }); err != nil {
		return err
	}
	if d.Mine {
		if err := send("zuweisen", url.Values{"editor": {"ich"}}); err != nil {
			return err
		}
	}
	if d.With != "" {
		other, err := s.arrived(ctx, kg, s.state.Done["practice/"+d.With])
		if err != nil {
			return err
		}
		if err := send("gruppieren", url.Values{"other": {other}}); err != nil {
			return err
		}
	}
	if d.Feature {
		if err := send("hervorheben", nil); err != nil {
			return err
		}
	}
	if d.Note == "" {
		return nil
	}
	return send("anmerken", url.Values{"source": {d.Note}})
}
