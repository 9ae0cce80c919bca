package account

import (
	"context"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
)

// Service reads and changes accounts.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	jobs          *job.Queue
	markup        *markup.Renderer
	generateKey   func() (*rsa.PrivateKey, error)
	baseURL       string // https://sh.example, no slash at the end
	domain        string // host[:port] of baseURL
	forumID       atomic.Int64
	lookups       lookups
	remembered    remembered
	usage         counted[Usage]
	activity      counted[[]Week]
	peers         counted[[]string]
}

// New returns the service. baseURL has no slash at its end, domain is its host[:port].
func New(db *sqlx.DB, organizations *organization.Service, jobs *job.Queue, baseURL, domain string) *Service {
	return &Service{
		db: db, organizations: organizations, jobs: jobs, markup: markup.New(), generateKey: generateKey,
		baseURL: strings.TrimRight(baseURL, "/"), domain: strings.ToLower(domain),
	}
}

// Domain is what stands behind the @ in the handles of our accounts.
func (s *Service) Domain() string { return s.domain }

// Instance returns our Application actor, Catalog and Forum our groups.
func (s *Service) Instance(ctx context.Context) (Account, error) { return s.ByUsername(ctx, s.domain) }
func (s *Service) Catalog(ctx context.Context) (Account, error) {
	return s.ByUsername(ctx, CatalogUsername)
}
func (s *Service) Forum(ctx context.Context) (Account, error) {
	return s.ByUsername(ctx, ForumUsername)
}

// ForumID is the id of our forum, which never changes once it has been made.
func (s *Service) ForumID(ctx context.Context) (int64, error) {
	if id := s.forumID.Load(); id != 0 {
		return id, nil
	}
	forum, err := s.Forum(ctx)
	if err != nil {
		return 0, err
	}
	s.forumID.Store(forum.ID)
	return forum.ID, nil
}

// ByID, ByURI, ByUsername (ours) and ByHandle (user@host or user) return fault.NotFound when there is none.
func (s *Service) ByID(ctx context.Context, id int64) (Account, error) {
	return s.ByIDIn(ctx, s.db, id)
}

// ByIDIn is ByID within the caller's transaction.
func (s *Service) ByIDIn(ctx context.Context, x sqlx.ExtContext, id int64) (Account, error) {
	a, err := accountByID(ctx, x, id)
	return found(a, err, "account.ByID %d", id)
}

// ByURI finds an account, ours or another's, by its ActivityPub id.
func (s *Service) ByURI(ctx context.Context, uri string) (Account, error) {
	return s.remembered.get(ctx, uri, func(ctx context.Context, uri string) (Account, error) {
		a, err := accountByURI(ctx, s.db, uri)
		return found(a, err, "account.ByURI %q", uri)
	})
}

// ByUsername finds one of ours; upper and lower case are the same.
func (s *Service) ByUsername(ctx context.Context, name string) (Account, error) {
	a, err := accountByHandle(ctx, s.db, name, "")
	return found(a, err, "account.ByUsername %q", name)
}

// ByHandle finds a known account by user, user@host or @user@host; our own host may be written out.
func (s *Service) ByHandle(ctx context.Context, handle string) (Account, error) {
	username, domain := s.splitHandle(handle)
	a, err := accountByHandle(ctx, s.db, username, domain)
	return found(a, err, "account.ByHandle %q", handle)
}

// splitHandle returns domain "" for our own.
func (s *Service) splitHandle(handle string) (username, domain string) {
	username, domain, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(handle), "@"), "@")
	if domain = strings.ToLower(domain); domain == s.domain {
		domain = ""
	}
	return username, domain
}

// ByIDs returns the accounts by id; unknown ids are left out.
func (s *Service) ByIDs(ctx context.Context, ids []int64) (map[int64]Account, error) {
	byID := make(map[int64]Account, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	list, err := accountsByIDs(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("account.ByIDs: %w", err)
	}
	for _, a := range list {
		byID[a.ID] = a
	}
	return byID, nil
}

// ByKeyID returns the remote account whose stored key has that id.
func (s *Service) ByKeyID(ctx context.Context, keyID string) (Account, error) {
	a, err := remoteByKeyID(ctx, s.db, keyID)
	return found(a, err, "account.ByKeyID %q", keyID)
}

// SigningKey returns the key id and the private key (PEM) of one of our accounts. Only federation/transport asks.
func (s *Service) SigningKey(ctx context.Context, id int64) (keyID, pem string, err error) {
	keyID, pem, err = signingKey(ctx, s.db, id)
	if db.IsNotFound(err) {
		return "", "", errNotFound()
	}
	if err != nil {
		return "", "", fmt.Errorf("account.SigningKey %d: %w", id, err)
	}
	return keyID, pem, nil
}

// Local lists our people, by username, without those whose account was closed.
func (s *Service) Local(ctx context.Context) ([]Account, error) {
	list, err := localPeople(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("account.Local: %w", err)
	}
	return list, nil
}

// Participants lists known catalogues and forums (kind group) and active remote and local people that are
// discoverable, for "Wer macht mit": groups first, ours before others', at most 1,000.
func (s *Service) Participants(ctx context.Context) ([]Account, error) {
	list, err := participants(ctx, s.db, 1_000)
	if err != nil {
		return nil, fmt.Errorf("account.Participants: %w", err)
	}
	return list, nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.account.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.account.forbidden") }

// found turns "no rows" into fault.NotFound and says what was looked for in any other error.
func found(a Account, err error, format string, args ...any) (Account, error) {
	if db.IsNotFound(err) {
		return Account{}, errNotFound()
	}
	if err != nil {
		return Account{}, fmt.Errorf(format+": %w", append(args, err)...)
	}
	return a, nil
}
