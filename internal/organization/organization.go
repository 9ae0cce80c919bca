// Package organization is the public body this instance belongs to: one row, edited by its administrators.
package organization

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
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

// Regions are the Länder as ISO 3166-2:DE codes, in the order of their German names.
var Regions = []string{"DE-BW", "DE-BY", "DE-BE", "DE-BB", "DE-HB", "DE-HH", "DE-HE", "DE-MV", "DE-NI", "DE-NW", "DE-RP", "DE-SL", "DE-SN", "DE-ST", "DE-SH", "DE-TH"}

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
	Imprint      string    `db:"imprint"` // Markdown
	Privacy      string    `db:"privacy"` // Markdown
	Curates      bool      `db:"curates"` // shows the aggregate view and the desk
	UpdatedAt    time.Time `db:"updated_at"`
}

// Service reads and changes the organisation.
type Service struct{ db *sqlx.DB }

// New returns the service.
func New(db *sqlx.DB) *Service { return &Service{db: db} }

// Get returns the organisation, fault.NotFound before the instance was set up.
func (s *Service) Get(ctx context.Context) (Organization, error) { panic("not built") }

// Save validates and writes the organisation.
func (s *Service) Save(ctx context.Context, o Organization) error { panic("not built") }
