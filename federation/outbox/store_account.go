package outbox

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// oneOfEach names one active account of every other host that we know, one with a shared inbox where there is any: by these an
// activity reaches everybody.
func oneOfEach(ctx context.Context, q sqlx.ExtContext) ([]int64, error) {
	var ids []int64
	err := sqlx.SelectContext(ctx, q, &ids, `
		SELECT DISTINCT ON (domain) id FROM accounts
		WHERE domain IS NOT NULL AND state = 'active' AND inbox_uri <> ''
		ORDER BY domain, shared_inbox_uri = '', id`)
	if err != nil {
		return nil, fmt.Errorf("oneOfEach: %w", err)
	}
	return ids, nil
}

func blockStands(ctx context.Context, q sqlx.ExtContext, id int64) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM blocks WHERE id = $1)`, id)
	return yes, err
}

// lastAdd is the number of the pin by which followers were told last that a post is in a collection, 0 when none was.
func lastAdd(ctx context.Context, q sqlx.ExtContext, collection, postURI string) (int64, error) {
	var uris []string
	err := sqlx.SelectContext(ctx, q, &uris, `
		SELECT uri FROM activities WHERE object_uri = $1 AND type = 'Add' AND starts_with(uri, $2) ORDER BY id DESC LIMIT 1`, postURI, collection+"#add-")
	if err != nil || len(uris) == 0 {
		return 0, err
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(uris[0], collection+"#add-"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("lastAdd %s: %w", uris[0], err)
	}
	return number, nil
}
