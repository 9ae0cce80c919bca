package notification

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

func policyOf(ctx context.Context, db sqlx.ExtContext, accountID int64) (p Policy, err error) {
	err = sqlx.GetContext(ctx, db, &p, `
		SELECT for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts
		FROM notification_policies WHERE account_id = $1`, accountID)
	return p, err
}

func savePolicy(ctx context.Context, db sqlx.ExtContext, accountID int64, p Policy) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO notification_policies (account_id, for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id) DO UPDATE SET
			for_not_following = excluded.for_not_following, for_not_followers = excluded.for_not_followers,
			for_new_accounts = excluded.for_new_accounts, for_private_mentions = excluded.for_private_mentions,
			for_limited_accounts = excluded.for_limited_accounts`,
		accountID, p.NotFollowing, p.NotFollowers, p.NewAccounts, p.PrivateMentions, p.LimitedAccounts)
	return err
}

// ask makes somebody's request, or opens it again. Who was let in meanwhile has none.
func ask(ctx context.Context, db sqlx.ExtContext, id, accountID, fromID int64, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO notification_requests AS r (id, account_id, from_account_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (account_id, from_account_id) DO UPDATE SET
			id = CASE r.state WHEN 'waiting' THEN r.id ELSE excluded.id END,
			created_at = CASE r.state WHEN 'waiting' THEN r.created_at ELSE excluded.created_at END,
			state = 'waiting', updated_at = excluded.updated_at
		WHERE r.state <> 'accepted'`, id, accountID, fromID, now)
	return err
}

var requestColumns = `r.id, r.from_account_id, r.created_at, r.updated_at,
	(SELECT count(*) FROM notifications n
		WHERE n.account_id = r.account_id AND n.from_account_id = r.from_account_id AND n.filtered AND ` + shown("n") + `) AS count,
	(SELECT n.post_id FROM notifications n
		WHERE n.account_id = r.account_id AND n.from_account_id = r.from_account_id AND n.filtered AND n.post_id IS NOT NULL AND ` + shown("n") + `
		ORDER BY n.id DESC LIMIT 1) AS last_post_id`

func requests(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (list []Request, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+requestColumns+` FROM notification_requests r
		WHERE r.account_id = $1 AND r.state = 'waiting' AND r.id > $2 AND r.id < $3 AND `+account.Told("r.from_account_id", "$1")+`
		ORDER BY r.id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

func request(ctx context.Context, db sqlx.ExtContext, accountID, id int64) (r Request, err error) {
	err = sqlx.GetContext(ctx, db, &r, `
		SELECT `+requestColumns+` FROM notification_requests r
		WHERE r.id = $2 AND r.account_id = $1 AND r.state = 'waiting' AND `+account.Told("r.from_account_id", "$1"), accountID, id)
	return r, err
}

// decideRequests settles those of the requests that wait and returns whose they were.
func decideRequests(ctx context.Context, db sqlx.ExtContext, accountID int64, ids []int64, state string) (fromIDs []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &fromIDs, `
		UPDATE notification_requests SET state = $3, updated_at = now()
		WHERE account_id = $1 AND id = ANY ($2) AND state = 'waiting' RETURNING from_account_id`, accountID, pq.Array(ids), state)
	return fromIDs, err
}

func release(ctx context.Context, db sqlx.ExtContext, accountID int64, fromIDs []int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE notifications SET filtered = false WHERE account_id = $1 AND from_account_id = ANY ($2) AND filtered`, accountID, pq.Array(fromIDs))
	return err
}

func removeFiltered(ctx context.Context, db sqlx.ExtContext, accountID int64, fromIDs []int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM notifications WHERE account_id = $1 AND from_account_id = ANY ($2) AND filtered`, accountID, pq.Array(fromIDs))
	return err
}

func pending(ctx context.Context, db sqlx.ExtContext, accountID int64, limit int) (people, notifications int, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT (SELECT count(*) FROM (
				SELECT 1 FROM notification_requests r
				WHERE r.account_id = $1 AND r.state = 'waiting' AND `+account.Told("r.from_account_id", "$1")+` LIMIT $2) AS listed),
			(SELECT count(*) FROM (
				SELECT 1 FROM notifications n WHERE n.account_id = $1 AND n.filtered AND `+shown("n")+` LIMIT $2) AS listed)`,
		accountID, limit).Scan(&people, &notifications)
	return people, notifications, err
}
