package account

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// search is what searchAccounts looks for: how the words of a name begin, as a tsquery, or how the username begins, as a
// pattern of LIKE. host narrows it to instances whose name begins so; own stands for ours.
type search struct {
	viewerID               int64
	words, username, exact string
	host, own              string
	followed               bool
	limit, offset          int
}

// searchAccounts looks at no more than some thousand candidates, however short the beginning: exact usernames come first,
// then whom the viewer follows, ours, and those with the most followers. Visitors find only who wants to be found.
func searchAccounts(ctx context.Context, db sqlx.ExtContext, q search) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		WITH found AS (
			(SELECT id FROM accounts WHERE account_words(username, display_name) @@ $2::tsquery AND state = 'active' LIMIT 2000)
			UNION
			(SELECT id FROM accounts WHERE lower(username) LIKE $3 LIMIT 2000)
			UNION
			(SELECT id FROM accounts WHERE lower(username) = $4 LIMIT 2000)
		), ranked AS (
			SELECT found.id AS found_id, coalesce(s.followers_count, 0) AS followers, EXISTS (
				SELECT 1 FROM follows f WHERE f.account_id = $1 AND f.target_id = found.id AND f.state = 'accepted' AND f.undone_at IS NULL) AS followed
			FROM found LEFT JOIN account_stats s ON s.account_id = found.id
		)
		SELECT `+columns+` FROM accounts JOIN ranked ON ranked.found_id = accounts.id
		WHERE state = 'active' AND kind <> 'application' AND ($5 = '' OR coalesce(domain, $6) LIKE $5)
			AND (discoverable OR $1 <> 0) AND (followed OR NOT $7) AND (NOT limited OR followed OR lower(username) = $4) AND `+Heard("accounts.id", "$1")+`
		ORDER BY lower(username) = $4 DESC, followed DESC, domain IS NULL DESC, followers DESC, id
		LIMIT $8 OFFSET $9`, q.viewerID, q.words, q.username, q.exact, q.host, q.own, q.followed, q.limit, q.offset)
	return list, err
}

// directory lists who wants to be found: by their last post, or the newest first.
func directory(ctx context.Context, db sqlx.ExtContext, viewerID int64, newest, local bool, limit, offset int) (list []Account, err error) {
	order := `(SELECT s.last_status_at FROM account_stats s WHERE s.account_id = accounts.id) DESC NULLS LAST, id DESC`
	if newest {
		order = `id DESC`
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM accounts
		WHERE state = 'active' AND discoverable AND NOT limited AND kind <> 'application' AND (domain IS NULL OR NOT $2)
			AND id <> $1 AND `+Heard("accounts.id", "$1")+`
		ORDER BY `+order+` LIMIT $3 OFFSET $4`, viewerID, local, limit, offset)
	return list, err
}
