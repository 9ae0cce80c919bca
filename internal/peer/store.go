package peer

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

const columns = `domain, severity, allowed, network, reject_media, reject_reports, obfuscate, public_comment, private_comment,
	created_by_id, created_at, updated_at`

func load(ctx context.Context, q sqlx.ExtContext) (*rules, error) {
	r := &rules{rules: map[string]Rule{}}
	if err := sqlx.GetContext(ctx, q, &r.policy, `SELECT mode, authorized_fetch, rules_public, updated_at FROM federation_policy`); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	var list []Rule
	if err := sqlx.SelectContext(ctx, q, &list, `SELECT `+columns+` FROM domain_rules`); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	for _, rule := range list {
		r.rules[rule.Domain] = rule
	}
	return r, nil
}

// savePolicy replaces the one row.
func savePolicy(ctx context.Context, q sqlx.ExtContext, p Policy) error {
	_, err := q.ExecContext(ctx, `UPDATE federation_policy SET mode = $1, authorized_fetch = $2, rules_public = $3, updated_at = $4`,
		p.Mode, p.AuthorizedFetch, p.RulesPublic, p.UpdatedAt)
	return err
}

// saveRule inserts or replaces the rule for its domain.
func saveRule(ctx context.Context, q sqlx.ExtContext, r Rule) error {
	_, err := q.ExecContext(ctx, `INSERT INTO domain_rules (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
		ON CONFLICT (domain) DO UPDATE SET severity = $2, allowed = $3, network = $4, reject_media = $5, reject_reports = $6, obfuscate = $7,
			public_comment = $8, private_comment = $9, updated_at = $11`,
		r.Domain, r.Severity, r.Allowed, r.Network, r.RejectMedia, r.RejectReports, r.Obfuscate, r.PublicComment, r.PrivateComment,
		r.CreatedByID, r.UpdatedAt)
	return err
}
