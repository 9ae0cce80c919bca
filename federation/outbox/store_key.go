package outbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// oneOfEachHost returns one active account of every host that got something of an account, or of every host that we know.
func oneOfEachHost(ctx context.Context, q sqlx.ExtContext, accountID int64, all bool) ([]int64, error) {
	var ids []int64
	err := sqlx.SelectContext(ctx, q, &ids, `SELECT DISTINCT ON (domain) id FROM accounts x
		WHERE domain IS NOT NULL AND state = 'active' AND inbox_uri <> '' AND ($2 OR lower(split_part(inbox_uri, '/', 3)) IN (
			SELECT d.host FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.account_id = $1))
		ORDER BY domain, shared_inbox_uri = '', id`, accountID, all)
	if err != nil {
		return nil, fmt.Errorf("oneOfEachHost %d: %w", accountID, err)
	}
	return ids, nil
}
