package peer

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
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

// saveRules inserts or replaces rules. Who made a rule, and when, stays.
func saveRules(ctx context.Context, q sqlx.ExtContext, list []Rule, at time.Time) error {
	n := len(list)
	domains, severities, public, private := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	allowed, network, media, reports, obfuscate := make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n), make([]bool, n)
	by := make([]sql.NullInt64, n)
	for i, r := range list {
		domains[i], severities[i], public[i], private[i] = r.Domain, string(r.Severity), r.PublicComment, r.PrivateComment
		allowed[i], network[i], media[i], reports[i], obfuscate[i] = r.Allowed, r.Network, r.RejectMedia, r.RejectReports, r.Obfuscate
		if r.CreatedByID != nil {
			by[i] = sql.NullInt64{Int64: *r.CreatedByID, Valid: true}
		}
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO domain_rules (domain, severity, allowed, network, reject_media, reject_reports, obfuscate, public_comment, private_comment,
			created_by_id, created_at, updated_at)
		SELECT r.domain, r.severity, r.allowed, r.network, r.media, r.reports, r.obfuscate, r.public, r.private, r.by_id, $11, $11
		FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::boolean[], $6::boolean[], $7::boolean[], $8::text[], $9::text[], $10::bigint[])
			AS r (domain, severity, allowed, network, media, reports, obfuscate, public, private, by_id)
		ON CONFLICT (domain) DO UPDATE SET severity = excluded.severity, allowed = excluded.allowed, network = excluded.network,
			reject_media = excluded.reject_media, reject_reports = excluded.reject_reports, obfuscate = excluded.obfuscate,
			public_comment = excluded.public_comment, private_comment = excluded.private_comment, updated_at = excluded.updated_at`,
		pq.Array(domains), pq.Array(severities), pq.Array(allowed), pq.Array(network), pq.Array(media), pq.Array(reports), pq.Array(obfuscate),
		pq.Array(public), pq.Array(private), pq.Array(by), at)
	return err
}

func deleteRule(ctx context.Context, q sqlx.ExtContext, domain string) (bool, error) {
	result, err := q.ExecContext(ctx, `DELETE FROM domain_rules WHERE domain = $1`, domain)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
