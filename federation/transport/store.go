package transport

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// learnedSchemes lists the hosts whose signature scheme was learned since a time, the newest first.
func learnedSchemes(ctx context.Context, q sqlx.ExtContext, since time.Time, limit int) ([]learned, error) {
	var list []learned
	err := sqlx.SelectContext(ctx, q, &list, `SELECT host, sig_scheme, sig_learned_at, sig_evidence FROM peers
		WHERE sig_learned_at > $1 ORDER BY sig_learned_at DESC LIMIT $2`, since, limit)
	if err != nil {
		return nil, fmt.Errorf("learnedSchemes: %w", err)
	}
	return list, nil
}

func saveScheme(ctx context.Context, q sqlx.ExtContext, l learned) error {
	_, err := q.ExecContext(ctx, `INSERT INTO peers (host, sig_scheme, sig_learned_at, sig_evidence) VALUES ($1, $2, $3, $4)
		ON CONFLICT (host) DO UPDATE SET sig_scheme = $2, sig_learned_at = $3, sig_evidence = $4`, l.Host, l.Scheme, l.At, l.Evidence)
	return err
}
