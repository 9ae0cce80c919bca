package moderation

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// Rules is what administrators decide about other domains, and what follows from it.
type Rules struct {
	db       *sqlx.DB
	peers    *peer.Service
	accounts *account.Service
	follows  *follow.Service
	posts    *post.Service
	jobs     *job.Queue
}

// NewRules returns the service.
func NewRules(db *sqlx.DB, peers *peer.Service, accounts *account.Service, follows *follow.Service, posts *post.Service, jobs *job.Queue) *Rules {
	return &Rules{db: db, peers: peers, accounts: accounts, follows: follows, posts: posts, jobs: jobs}
}

// List returns the rules whose domain or comments contain a text, by domain; all of them for "". For administrators.
func (s *Rules) List(ctx context.Context, actor account.Account, text string) ([]peer.Rule, error) {
	if !actor.Able(account.RoleAdmin) {
		return nil, errForbidden()
	}
	all, err := s.peers.List(ctx)
	if err != nil {
		return nil, err
	}
	text = strings.ToLower(strings.TrimSpace(text))
	list := make([]peer.Rule, 0, len(all))
	for _, r := range all {
		for _, where := range []string{r.Domain, peer.Shown(r.Domain), strings.ToLower(r.PublicComment), strings.ToLower(r.PrivateComment)} {
			if strings.Contains(where, text) {
				list = append(list, r)
				break
			}
		}
	}
	return list, nil
}

// ByDomain returns the rule of just this domain, for administrators. Errors: Forbidden, NotFound.
func (s *Rules) ByDomain(ctx context.Context, actor account.Account, domain string) (peer.Rule, error) {
	if !actor.Able(account.RoleAdmin) {
		return peer.Rule{}, errForbidden()
	}
	return s.peers.ByDomain(ctx, domain)
}

// Policy returns how the instance federates, for administrators.
func (s *Rules) Policy(ctx context.Context, actor account.Account) (peer.Policy, error) {
	if !actor.Able(account.RoleAdmin) {
		return peer.Policy{}, errForbidden()
	}
	return s.peers.Policy(ctx)
}

// Published is what everyone may read of the rules, with the policy; no rules where it keeps them to the house.
func (s *Rules) Published(ctx context.Context) ([]peer.Published, peer.Policy, error) {
	p, err := s.peers.Policy(ctx)
	if err != nil || !p.RulesPublic {
		return nil, p, err
	}
	list, _, err := s.peers.Published(ctx)
	return list, p, err
}

// SavePolicy changes how the instance federates. Nothing is deleted by it: who is not allowed now is there again when they are.
func (s *Rules) SavePolicy(ctx context.Context, actor account.Account, p peer.Policy) error {
	if p.Mode != peer.Open && p.Mode != peer.AllowList {
		return fault.Fields(fault.Field{Name: "mode", Message: "error.policy.mode"})
	}
	detail := fmt.Sprintf("mode %s, authorized fetch %t, rules public %t", p.Mode, p.AuthorizedFetch, p.RulesPublic)
	return s.change(ctx, actor, "policy.save", "", detail, func(tx *sqlx.Tx) error { return s.peers.PutPolicy(ctx, tx, p) })
}

// Check brings a rule into its form, as Save does, and stores nothing. Errors: Forbidden, Invalid.
func (s *Rules) Check(actor account.Account, r peer.Rule, purge bool) (peer.Rule, error) {
	if !actor.Able(account.RoleAdmin) {
		return r, errForbidden()
	}
	r, err := r.Check(s.accounts.Domain())
	if err == nil && purge && r.Severity != peer.Suspend {
		err = fault.Fields(fault.Field{Name: "purge", Message: "error.policy.purge"})
	}
	return r, err
}

// Save inserts or replaces the rule for its domain. With purge, what is here of a suspended domain is removed for good.
// Errors: Forbidden, Invalid.
func (s *Rules) Save(ctx context.Context, actor account.Account, r peer.Rule, purge bool) (peer.Rule, error) {
	r, err := s.Check(actor, r, purge)
	if err != nil {
		return r, err
	}
	r.CreatedByID = byWhom(actor)
	detail := said(r)
	if purge {
		detail += ", purge"
	}
	return r, s.change(ctx, actor, "policy.rule", r.Domain, detail, func(tx *sqlx.Tx) error {
		if err := s.peers.Put(ctx, tx, r); err != nil {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, job.Enforce{}); err != nil || !purge {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Purge{Domain: r.Domain})
	})
}

// Delete ends a rule. What it hid is seen again; follows that it ended stay ended. Errors: Forbidden, NotFound.
func (s *Rules) Delete(ctx context.Context, actor account.Account, domain string) error {
	return s.change(ctx, actor, "policy.rule.delete", domain, "", func(tx *sqlx.Tx) error {
		if err := s.peers.Remove(ctx, tx, domain); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Enforce{}) // it may have kept the domain in the network
	})
}

// Plan shows what a list would change, before anything is. Errors: Forbidden, Invalid.
func (s *Rules) Plan(ctx context.Context, actor account.Account, text string, bare peer.Bare) (peer.Plan, error) {
	if !actor.Able(account.RoleAdmin) {
		return peer.Plan{}, errForbidden()
	}
	return s.peers.Plan(ctx, text, bare, s.accounts.Domain())
}

// Import applies a list: the lines that can be taken, all at once. The plan says what it did. Errors: Forbidden, Invalid.
func (s *Rules) Import(ctx context.Context, actor account.Account, text string, bare peer.Bare) (peer.Plan, error) {
	p, err := s.Plan(ctx, actor, text, bare)
	if err != nil {
		return p, err
	}
	list := p.Rules()
	for i := range list {
		list[i].CreatedByID = byWhom(actor)
	}
	detail := fmt.Sprintf("%d new, %d changed, %d unchanged, %d refused", len(p.New), len(p.Changed), p.Unchanged, len(p.Mistakes))
	return p, s.change(ctx, actor, "policy.import", "", detail, func(tx *sqlx.Tx) error {
		if err := s.peers.Put(ctx, tx, list...); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Enforce{})
	})
}

// Export writes all rules as a list; with private it has what is said for this house only.
func (s *Rules) Export(ctx context.Context, actor account.Account, w io.Writer, private bool) error {
	list, err := s.List(ctx, actor, "")
	if err != nil {
		return err
	}
	if err := peer.Write(w, list, private); err != nil {
		return fmt.Errorf("moderation.Export: %w", err)
	}
	return nil
}

// Enforce works one job.Enforce as far as accounts are concerned: nobody follows from or to a suspended domain. What is sent is
// the matter of the federation. Domains that are only not allowed keep their follows.
func (s *Rules) Enforce(ctx context.Context) error {
	return s.suspended(ctx, func(h account.Home) error { return s.follows.SeverHome(ctx, h) }, "")
}

// purgeAtOnce is how many accounts Purge looks up at a time.
const purgeAtOnce = 100

// Purge works one job.Purge: posts and words of the accounts of a domain, as long as it is suspended.
func (s *Rules) Purge(ctx context.Context, domain string) error {
	return s.suspended(ctx, func(h account.Home) error {
		for after := int64(0); ; {
			ids, err := s.accounts.RefusedAt(ctx, h, after, purgeAtOnce)
			if err != nil || len(ids) == 0 {
				return err
			}
			for _, id := range ids {
				if err := s.posts.Purge(ctx, id); err != nil {
					return err
				}
				if err := s.accounts.Erase(ctx, id); err != nil {
					return err
				}
				after = id
			}
		}
	}, domain)
}

// suspended does something with each home that a rule suspends, the rule of one domain or, with "", any.
func (s *Rules) suspended(ctx context.Context, do func(account.Home) error, domain string) error {
	homes, err := s.accounts.RefusedHomes(ctx)
	if err != nil {
		return err
	}
	for _, h := range homes {
		for _, name := range []string{h.Domain, h.Host} {
			r, err := s.peers.RuleFor(ctx, name)
			if err != nil {
				return err
			}
			if r.Severity != peer.Suspend || domain != "" && r.Domain != domain {
				continue
			}
			if err := do(h); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// change does something that only administrators may, and notes it.
func (s *Rules) change(ctx context.Context, actor account.Account, action, subject, detail string, do func(tx *sqlx.Tx) error) error {
	if !actor.Able(account.RoleAdmin) {
		return errForbidden()
	}
	err := db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		if err := s.jobs.Enqueue(ctx, tx, job.TellUnseen{}); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, action, subject, detail)
	})
	if err == nil {
		s.peers.Changed()
	}
	return err
}

func byWhom(actor account.Account) *int64 {
	if actor.IsOperator() {
		return nil
	}
	return &actor.ID
}

// said is a rule in one line, for the log.
func said(r peer.Rule) string {
	var words []string
	if r.Severity != peer.Unrestricted {
		words = append(words, string(r.Severity))
	}
	for _, flag := range []struct {
		set  bool
		word string
	}{{r.Allowed, "allowed"}, {r.Network, "network"}, {r.RejectMedia, "reject media"}, {r.RejectReports, "reject reports"}, {r.Obfuscate, "obfuscate"}} {
		if flag.set {
			words = append(words, flag.word)
		}
	}
	return strings.Join(words, ", ")
}
