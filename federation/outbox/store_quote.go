package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// quoteRequestState is how a request to quote stands now.
func quoteRequestState(ctx context.Context, q sqlx.ExtContext, id int64) (state string, err error) {
	err = sqlx.GetContext(ctx, q, &state, `SELECT state FROM quote_requests WHERE id = $1`, id)
	return state, err
}
