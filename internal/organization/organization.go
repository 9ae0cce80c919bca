// Package organization is the public body this instance belongs to: one row, edited by its administrators. It must
// not know accounts: who may save is checked by account.Service.SaveOrganization.
package organization

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Level is the Verwaltungsebene.
type Level string

const (
	LevelBund    Level = "bund"
	LevelLand    Level = "land"
	LevelKommune Level = "kommune"
	LevelVerband Level = "verband"
	LevelExtern  Level = "extern"
)

// Levels lists all levels in the order of the interface.
var Levels = []Level{LevelBund, LevelLand, LevelKommune, LevelVerband, LevelExtern}

// Valid reports whether l is one of Levels.
func (l Level) Valid() bool { return slices.Contains(Levels, l) }

// Regions are the Länder as ISO 3166-2:DE codes, in the order of their German names.
var Regions = []string{"DE-BW", "DE-BY", "DE-BE", "DE-BB", "DE-HB", "DE-HH", "DE-HE", "DE-MV", "DE-NI", "DE-NW", "DE-RP", "DE-SL", "DE-SN", "DE-ST", "DE-SH", "DE-TH"}

// ValidRegion reports whether code is one of Regions.
func ValidRegion(code string) bool { return slices.Contains(Regions, code) }

// Organization is who publishes here.
type Organization struct {
	Name         string    `db:"name"`
	ShortName    string    `db:"short_name"`
	Description  string    `db:"description"`
	Level        Level     `db:"level"`
	Region       string    `db:"region"`
	Website      string    `db:"website"`
	ContactName  string    `db:"contact_name"`
	ContactEmail string    `db:"contact_email"`
	Imprint      string    `db:"imprint"`     // Markdown
	Privacy      string    `db:"privacy"`     // Markdown
	Curates      bool      `db:"curates"`     // shows the aggregate view and the desk
	FourEyes     bool      `db:"four_eyes"`   // practices are published only after a second person approved them
	TwoEditors   bool      `db:"two_editors"` // the desk takes practices in, or declines them, only when two editors agree
	UpdatedAt    time.Time `db:"updated_at"`
}

// Changed names the fields in which o differs from old, as the form calls them.
func (o Organization) Changed(old Organization) []string {
	var names []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", o.Name == old.Name},
		{"short_name", o.ShortName == old.ShortName},
		{"description", o.Description == old.Description},
		{"level", o.Level == old.Level},
		{"region", o.Region == old.Region},
		{"website", o.Website == old.Website},
		{"contact_name", o.ContactName == old.ContactName},
		{"contact_email", o.ContactEmail == old.ContactEmail},
		{"imprint", o.Imprint == old.Imprint},
		{"privacy", o.Privacy == old.Privacy},
		{"curates", o.Curates == old.Curates},
		{"four_eyes", o.FourEyes == old.FourEyes},
		{"two_editors", o.TwoEditors == old.TwoEditors},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

// Service reads and changes the organisation.
type Service struct{ db *sqlx.DB }

// New returns the service.
func New(db *sqlx.DB) *Service { return &Service{db: db} }

// Get returns the organisation, fault.NotFound before the instance was set up.
func (s *Service) Get(ctx context.Context) (Organization, error) {
	o, err := selectOrganization(ctx, s.db)
	if db.IsNotFound(err) {
		return o, fault.New(fault.NotFound, "error.organization.not_found")
	}
	if err != nil {
		return o, fmt.Errorf("organization.Get: %w", err)
	}
	return o, nil
}

// Save validates and writes the organisation. It asks for no role: the setup of an instance calls it; administrators
// come through account.Service.SaveOrganization.
func (s *Service) Save(ctx context.Context, o Organization) error {
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		_, _, err := s.SaveIn(ctx, tx, o)
		return err
	})
}

// SaveIn is Save within the caller's transaction. It returns what was there before, zero for a new instance, and what
// was written: o with blanks trimmed. Two that save at once take turns.
func (s *Service) SaveIn(ctx context.Context, tx *sqlx.Tx, o Organization) (old, saved Organization, err error) {
	o = o.trimmed()
	if err := o.validate(); err != nil {
		return old, o, err
	}
	if old, err = lockOrganization(ctx, tx); err != nil && !db.IsNotFound(err) {
		return old, o, fmt.Errorf("organization.Save: read: %w", err)
	}
	if o.UpdatedAt, err = upsertOrganization(ctx, tx, o); err != nil {
		return old, o, fmt.Errorf("organization.Save: %w", err)
	}
	return old, o, nil
}
