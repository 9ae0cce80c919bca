// Package peer is how this instance takes others: whether it federates with everyone or only with those it allows, what an
// administrator decided about single domains, and which of them belong to the administration network (Verbund). It must not
// know who lives there, nor talk to anyone.
package peer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/fault"
)

// Mode says with whom an instance federates at all.
type Mode string

const (
	Open      Mode = "open"      // with everyone whose domain is not suspended
	AllowList Mode = "allowlist" // only with domains that are allowed
)

// Severity says how much a rule restricts a domain.
type Severity string

const (
	Unrestricted Severity = ""
	Silence      Severity = "silence" // its people are heard by those who follow them
	Suspend      Severity = "suspend" // nothing comes in, nothing goes out
)

// Policy is how the instance federates as a whole.
type Policy struct {
	Mode            Mode      `db:"mode"`
	AuthorizedFetch bool      `db:"authorized_fetch"` // objects and collections only for signed requests
	RulesPublic     bool      `db:"rules_public"`     // visitors can read the rules
	UpdatedAt       time.Time `db:"updated_at"`
}

// Rule is what holds for a domain and all names below it.
type Rule struct {
	Domain         string    `db:"domain"`
	Severity       Severity  `db:"severity"`
	Allowed        bool      `db:"allowed"`
	Network        bool      `db:"network"` // of the administration network; implies Allowed
	RejectMedia    bool      `db:"reject_media"`
	RejectReports  bool      `db:"reject_reports"`
	Obfuscate      bool      `db:"obfuscate"` // the public list shows the name with letters left out
	PublicComment  string    `db:"public_comment"`
	PrivateComment string    `db:"private_comment"`
	CreatedByID    *int64    `db:"created_by_id"`
	CreatedAt      time.Time `db:"created_at"`
	UpdatedAt      time.Time `db:"updated_at"`
}

// Changes counts what changed in tables, so that rules can be kept in memory; change.Hub implements it. ok is false while
// nothing is heard and nothing may be kept.
type Changes interface {
	GenerationOf(tables ...string) (generation uint64, ok bool)
	TouchTables(tables ...string)
}

// Service keeps policy and rules.
type Service struct {
	db      *sqlx.DB
	changes Changes

	mu   sync.Mutex
	kept *rules
	at   uint64 // the generation of kept
}

// rules is everything, as it stood at one moment.
type rules struct {
	policy Policy
	rules  map[string]Rule // by domain
}

// New returns the service. Without changes (nil) every question reads the database.
func New(db *sqlx.DB, changes Changes) *Service { return &Service{db: db, changes: changes} }

var tables = []string{"domain_rules", "federation_policy"}

// current returns what holds now, from memory while nothing changed.
func (s *Service) current(ctx context.Context) (*rules, error) {
	var generation uint64
	ok := false
	if s.changes != nil {
		generation, ok = s.changes.GenerationOf(tables...)
	}
	s.mu.Lock()
	kept := s.kept
	fresh := ok && kept != nil && s.at == generation
	s.mu.Unlock()
	if fresh {
		return kept, nil
	}
	read, err := load(ctx, s.db)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.kept, s.at = read, generation // true of this generation or a later one
	s.mu.Unlock()
	return read, nil
}

// Policy returns how the instance federates as a whole.
func (s *Service) Policy(ctx context.Context) (Policy, error) {
	r, err := s.current(ctx)
	if err != nil {
		return Policy{}, fmt.Errorf("peer.Policy: %w", err)
	}
	return r.policy, nil
}

// RuleFor returns the rule for a host, with or without port: its own, or that of the nearest domain above it, so that a domain
// cannot come back under a new label. Without a rule it is zero.
func (s *Service) RuleFor(ctx context.Context, host string) (Rule, error) {
	r, err := s.current(ctx)
	if err != nil {
		return Rule{}, fmt.Errorf("peer.RuleFor %s: %w", host, err)
	}
	return r.of(host), nil
}

// Refused reports whether nothing is exchanged with a host: its domain is suspended, or only allowed ones federate and it is
// not among them.
func (s *Service) Refused(ctx context.Context, host string) (bool, error) {
	r, err := s.current(ctx)
	if err != nil {
		return false, fmt.Errorf("peer.Refused %s: %w", host, err)
	}
	rule := r.of(host)
	return rule.Severity == Suspend || r.policy.Mode == AllowList && !rule.Allowed && !rule.Network, nil
}

// InNetwork reports whether a host belongs to the administration network.
func (s *Service) InNetwork(ctx context.Context, host string) (bool, error) {
	rule, err := s.RuleFor(ctx, host)
	return rule.Network && rule.Severity != Suspend, err
}

// of finds the rule for a host among all of them.
func (r *rules) of(host string) Rule {
	for _, name := range names(host) {
		if rule, ok := r.rules[name]; ok {
			return rule
		}
	}
	return Rule{}
}

// names lists the names whose rule holds for a host, the nearest first: itself with and without port, and all parents with
// at least two labels. host_names does the same in the database.
func names(host string) []string {
	host = strings.ToLower(host)
	list := []string{host}
	if i := strings.LastIndexByte(host, ':'); i > 0 && digits(host[i+1:]) {
		host = host[:i]
		list = append(list, host)
	}
	for {
		_, parent, ok := strings.Cut(host, ".")
		if !ok || !strings.Contains(parent, ".") {
			return list
		}
		list = append(list, parent)
		host = parent
	}
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// List returns all rules by domain.
func (s *Service) List(ctx context.Context) ([]Rule, error) {
	r, err := s.current(ctx)
	if err != nil {
		return nil, fmt.Errorf("peer.List: %w", err)
	}
	list := slices.Collect(maps.Values(r.rules))
	slices.SortFunc(list, func(a, b Rule) int { return strings.Compare(a.Domain, b.Domain) })
	return list, nil
}

// ByDomain returns the rule of just this domain. fault.NotFound.
func (s *Service) ByDomain(ctx context.Context, domain string) (Rule, error) {
	r, err := s.current(ctx)
	if err != nil {
		return Rule{}, fmt.Errorf("peer.ByDomain %s: %w", domain, err)
	}
	rule, ok := r.rules[domain]
	if !ok {
		return Rule{}, fault.New(fault.NotFound, "error.policy.not_found")
	}
	return rule, nil
}

// SavePolicy replaces the policy. It asks nobody's role, and tells nobody: moderation.Service does.
func (s *Service) SavePolicy(ctx context.Context, p Policy) error {
	if err := s.PutPolicy(ctx, s.db, p); err != nil {
		return err
	}
	s.Changed()
	return nil
}

// Save inserts or replaces the rule for its domain, as SavePolicy does.
func (s *Service) Save(ctx context.Context, r Rule) error {
	if err := s.Put(ctx, s.db, r); err != nil {
		return err
	}
	s.Changed()
	return nil
}

// PutPolicy, Put and Remove change what is stored, in the caller's transaction; Changed tells this process after it.
func (s *Service) PutPolicy(ctx context.Context, q sqlx.ExtContext, p Policy) error {
	p.UpdatedAt = time.Now()
	if err := savePolicy(ctx, q, p); err != nil {
		return fmt.Errorf("peer.PutPolicy: %w", err)
	}
	return nil
}

// Put inserts or replaces rules, all in one statement: what they make of accounts is looked up once for each.
func (s *Service) Put(ctx context.Context, q sqlx.ExtContext, list ...Rule) error {
	if len(list) == 0 {
		return nil
	}
	if err := saveRules(ctx, q, list, time.Now()); err != nil {
		return fmt.Errorf("peer.Put %s: %w", list[0].Domain, err)
	}
	return nil
}

// Remove deletes the rule of just this domain. fault.NotFound.
func (s *Service) Remove(ctx context.Context, q sqlx.ExtContext, domain string) error {
	removed, err := deleteRule(ctx, q, domain)
	if err != nil {
		return fmt.Errorf("peer.Remove %s: %w", domain, err)
	}
	if !removed {
		return fault.New(fault.NotFound, "error.policy.not_found")
	}
	return nil
}

// Changed makes this process see its own changes at once.
func (s *Service) Changed() {
	if s.changes != nil {
		s.changes.TouchTables(tables...)
	}
}
