package account

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// Service reads and changes accounts.
type Service struct {
	db      *sqlx.DB
	baseURL string // https://sh.example, no slash at the end
	domain  string // host[:port] of baseURL
}

// New returns the service. baseURL has no slash at its end.
func New(db *sqlx.DB, baseURL, domain string) *Service {
	return &Service{db: db, baseURL: baseURL, domain: domain}
}

// Bootstrap makes the actors every instance has (Application, catalogue, forum) with keys, once; later calls only
// bring names and level up to date. Called at start with what the organisation is called.
func (s *Service) Bootstrap(ctx context.Context, name, level, region string) error {
	panic("not built")
}

// Instance returns our Application actor, Catalog and Forum our groups.
func (s *Service) Instance(ctx context.Context) (Account, error) { panic("not built") }
func (s *Service) Catalog(ctx context.Context) (Account, error)  { panic("not built") }
func (s *Service) Forum(ctx context.Context) (Account, error)    { panic("not built") }

// CreateLocal makes a person with a key pair. Errors: fault.Invalid with fields username, display_name;
// fault.Conflict when the username is taken.
func (s *Service) CreateLocal(ctx context.Context, username, displayName string, role Role) (Account, error) {
	panic("not built")
}

// ByID, ByURI, ByUsername (ours) and ByHandle (user@host or user) return fault.NotFound when there is none.
func (s *Service) ByID(ctx context.Context, id int64) (Account, error)          { panic("not built") }
func (s *Service) ByURI(ctx context.Context, uri string) (Account, error)       { panic("not built") }
func (s *Service) ByUsername(ctx context.Context, name string) (Account, error) { panic("not built") }
func (s *Service) ByHandle(ctx context.Context, handle string) (Account, error) { panic("not built") }

// ByIDs returns the accounts by id; unknown ids are left out.
func (s *Service) ByIDs(ctx context.Context, ids []int64) (map[int64]Account, error) {
	panic("not built")
}

// ByKeyID returns the remote account whose stored key has that id.
func (s *Service) ByKeyID(ctx context.Context, keyID string) (Account, error) { panic("not built") }

// Receive stores what another server says of one of its actors: insert by URI, or update. a.Domain is set.
// It keeps id, role and state of a known row. A "gone" account stays gone.
func (s *Service) Receive(ctx context.Context, a Account) (Account, error) { panic("not built") }

// MarkGone notes that a remote account was deleted at its origin and removes its follows.
func (s *Service) MarkGone(ctx context.Context, uri string) error { panic("not built") }

// UpdateProfile changes our person's or group's own words and settings; note is plain text or Markdown.
// The actor must be the account itself, or an administrator.
func (s *Service) UpdateProfile(ctx context.Context, actor Account, id int64, displayName, note string, approvesFollowers bool, language string) error {
	panic("not built")
}

// SetRole and SetState are for administrators (actor). Nobody can take the last administrator's role.
func (s *Service) SetRole(ctx context.Context, actor Account, id int64, role Role) error {
	panic("not built")
}
func (s *Service) SetState(ctx context.Context, actor Account, id int64, state string) error {
	panic("not built")
}

// Local lists our people, by username; Participants lists known catalogues and forums (kind group) and active
// remote and local people that are discoverable, for "Wer macht mit".
func (s *Service) Local(ctx context.Context) ([]Account, error)        { panic("not built") }
func (s *Service) Participants(ctx context.Context) ([]Account, error) { panic("not built") }
