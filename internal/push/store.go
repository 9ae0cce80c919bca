package push

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/notification"
)

const columns = `id, token_id, account_id, endpoint, p256dh, auth, alerts, policy, created_at`

func keys(ctx context.Context, db sqlx.ExtContext) (k keyPair, err error) {
	err = sqlx.GetContext(ctx, db, &k, `SELECT public_key, private_key FROM push_keys`)
	return k, err
}

func insertKeys(ctx context.Context, db sqlx.ExtContext, k keyPair) error {
	_, err := db.ExecContext(ctx, `INSERT INTO push_keys (public_key, private_key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, k.Public, k.Private)
	return err
}

func upsert(ctx context.Context, db sqlx.ExtContext, s Subscription) (stored Subscription, err error) {
	if s.Alerts == nil {
		s.Alerts = Alerts{}
	}
	err = sqlx.GetContext(ctx, db, &stored, `
		INSERT INTO push_subscriptions (token_id, account_id, endpoint, p256dh, auth, alerts, policy, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (token_id) DO UPDATE SET
			endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth, alerts = excluded.alerts, policy = excluded.policy,
			failing_since = NULL, parked = false, updated_at = now()
		RETURNING `+columns,
		s.TokenID, s.AccountID, s.Endpoint, s.P256DH, s.Auth, s.Alerts, s.Policy, s.CreatedAt)
	return stored, err
}

func update(ctx context.Context, db sqlx.ExtContext, tokenID int64, alerts Alerts, policy string) (stored Subscription, err error) {
	err = sqlx.GetContext(ctx, db, &stored, `
		UPDATE push_subscriptions SET alerts = coalesce($2::jsonb, alerts), policy = coalesce(nullif($3, ''), policy),
			failing_since = NULL, parked = false, updated_at = now()
		WHERE token_id = $1 RETURNING `+columns, tokenID, alerts, policy)
	return stored, err
}

func byToken(ctx context.Context, db sqlx.ExtContext, tokenID int64) (s Subscription, err error) {
	err = sqlx.GetContext(ctx, db, &s, `SELECT `+columns+` FROM push_subscriptions WHERE token_id = $1`, tokenID)
	return s, err
}

func removeByToken(ctx context.Context, db sqlx.ExtContext, tokenID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM push_subscriptions WHERE token_id = $1`, tokenID)
	return err
}

// live is the condition that messages are still sent to subscription s: its token stands, and it is not given up.
const live = `NOT s.parked AND EXISTS (
	SELECT 1 FROM api_tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = s.token_id AND t.revoked_at IS NULL AND a.state = 'active')`

// byID returns a subscription that is live.
func byID(ctx context.Context, db sqlx.ExtContext, id int64) (s Subscription, err error) {
	err = sqlx.GetContext(ctx, db, &s, `SELECT `+columns+` FROM push_subscriptions s WHERE s.id = $1 AND `+live, id)
	return s, err
}

// matching are the subscriptions that want to hear of a notification.
func matching(ctx context.Context, db sqlx.ExtContext, n notification.Notification, name string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT s.id FROM push_subscriptions s
		WHERE s.account_id = $1 AND s.alerts @> jsonb_build_object($3::text, true) AND `+live+` AND CASE s.policy
			WHEN 'all' THEN true
			WHEN 'followed' THEN EXISTS (
				SELECT 1 FROM follows f WHERE f.account_id = $1 AND f.target_id = $2 AND f.state = 'accepted' AND f.undone_at IS NULL)
			WHEN 'follower' THEN EXISTS (
				SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL)
			ELSE false END
		ORDER BY s.id`, n.AccountID, n.FromAccountID, name)
	return ids, err
}

func remove(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM push_subscriptions WHERE id = $1`, id)
	return err
}

func succeeded(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE push_subscriptions SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL`, id)
	return err
}

// failed notes that nothing gets through, and gives up after three days of it, or at once.
func failed(ctx context.Context, db sqlx.ExtContext, id int64, forGood bool) error {
	_, err := db.ExecContext(ctx, `
		UPDATE push_subscriptions SET failing_since = coalesce(failing_since, now()),
			parked = $2 OR coalesce(failing_since < now() - interval '3 days', false)
		WHERE id = $1`, id, forGood)
	return err
}
