package inbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// readOn reports whether somebody on a host belongs to the audience of a post that not everyone may see.
func readOn(ctx context.Context, q sqlx.ExtContext, postID int64, host string) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `
		SELECT EXISTS (SELECT 1 FROM mentions m JOIN accounts a ON a.id = m.account_id WHERE m.post_id = $1 AND a.domain = $2)
			OR EXISTS (
				SELECT 1 FROM posts p JOIN follows f ON f.target_id = p.account_id AND f.state = 'accepted' AND f.undone_at IS NULL
				JOIN accounts a ON a.id = f.account_id
				WHERE p.id = $1 AND p.visibility = 'followers' AND a.domain = $2)`, postID, host)
	if err != nil {
		return false, fmt.Errorf("readOn %d: %w", postID, err)
	}
	return yes, nil
}
