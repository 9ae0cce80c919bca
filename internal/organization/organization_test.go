package organization_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
)

var ministry = organization.Organization{
	Name: "Ministerium für Digitalisierung", ShortName: "Schleswig-Holstein", Description: "Green-IT\nim Land",
	Level: organization.LevelLand, Region: "DE-SH", Website: "https://www.schleswig-holstein.de",
	ContactName: "Green-IT", ContactEmail: "green-it@sh.localhost", Imprint: "## Impressum", Privacy: "## Datenschutz", Curates: true,
}

func TestSaveAndGet(t *testing.T) {
	t.Parallel()
	s := organization.New(dbtest.New(t))
	ctx := t.Context()

	if _, err := s.Get(ctx); !fault.Is(err, fault.NotFound) {
		t.Fatalf("Get before the setup: %v, want not found", err)
	}
	padded := ministry
	padded.Name = "  " + padded.Name + "\n"
	padded.Imprint = "## Impressum\r\n"
	if err := s.Save(ctx, padded); err != nil {
		t.Fatal(err)
	}
	changed := ministry
	changed.ShortName, changed.Curates, changed.FourEyes, changed.TwoEditors = "SH", false, true, true
	if err := s.Save(ctx, changed); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changed, got, cmpopts.IgnoreFields(organization.Organization{}, "UpdatedAt")); diff != "" {
		t.Errorf("saved and read (-want +got):\n%s", diff)
	}
	if time.Since(got.UpdatedAt) > time.Minute {
		t.Errorf("updated at %s, want now", got.UpdatedAt)
	}
	if diff := cmp.Diff([]string{"short_name", "curates", "four_eyes", "two_editors"}, got.Changed(ministry)); diff != "" {
		t.Errorf("changed fields (-want +got):\n%s", diff)
	}
}

func TestSaveNamesEveryMistake(t *testing.T) {
	t.Parallel()
	s := organization.New(dbtest.New(t))
	for _, test := range []struct {
		name   string
		change func(*organization.Organization)
		want   map[string]string
	}{
		{"nothing filled in", func(o *organization.Organization) { *o = organization.Organization{} },
			map[string]string{"name": "error.organization.required", "short_name": "error.organization.required", "level": "error.organization.level"}},
		{"blank is empty", func(o *organization.Organization) { o.Name = " \t" }, map[string]string{"name": "error.organization.required"}},
		{"unknown level", func(o *organization.Organization) { o.Level = "kreis" }, map[string]string{"level": "error.organization.level"}},
		{"Land without region", func(o *organization.Organization) { o.Region = "" }, map[string]string{"region": "error.organization.region_required"}},
		{"Kommune without region", func(o *organization.Organization) { o.Level, o.Region = organization.LevelKommune, "" },
			map[string]string{"region": "error.organization.region_required"}},
		{"region abroad", func(o *organization.Organization) { o.Region = "AT-9" }, map[string]string{"region": "error.organization.region"}},
		{"Bund without region", func(o *organization.Organization) { o.Level, o.Region = organization.LevelBund, "" }, nil},
		{"website without scheme", func(o *organization.Organization) { o.Website = "www.beispiel.de" }, map[string]string{"website": "error.organization.website"}},
		{"website runs script", func(o *organization.Organization) { o.Website = "javascript:alert(1)" }, map[string]string{"website": "error.organization.website"}},
		{"mail without domain", func(o *organization.Organization) { o.ContactEmail = "green-it@" }, map[string]string{"contact_email": "error.organization.email"}},
		{"mail with a name", func(o *organization.Organization) { o.ContactEmail = "Green <g@sh.localhost>" }, map[string]string{"contact_email": "error.organization.email"}},
		{"mail with a subject", func(o *organization.Organization) { o.ContactEmail = "g?subject=x@sh.localhost" }, map[string]string{"contact_email": "error.organization.email"}},
		{"mail without dot", func(o *organization.Organization) { o.ContactEmail = "g@localhost" }, map[string]string{"contact_email": "error.organization.email"}},
		{"too long", func(o *organization.Organization) { o.ShortName = strings.Repeat("ä", 61) }, map[string]string{"short_name": "error.organization.too_long"}},
		{"just fits", func(o *organization.Organization) { o.ShortName = strings.Repeat("ä", 60) }, nil},
		{"line break in a name", func(o *organization.Organization) { o.Name = "a\nb" }, map[string]string{"name": "error.organization.characters"}},
		{"zero byte", func(o *organization.Organization) { o.Imprint = "a\x00b" }, map[string]string{"imprint": "error.organization.characters"}},
		{"broken UTF-8", func(o *organization.Organization) { o.Privacy = "a\xffb" }, map[string]string{"privacy": "error.organization.characters"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := ministry
			test.change(&o)
			err := s.Save(t.Context(), o)
			var got map[string]string
			var e *fault.Error
			if errors.As(err, &e) {
				got = map[string]string{}
				for _, f := range e.Fields {
					got[f.Name] = f.Message
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}
