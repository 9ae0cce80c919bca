package oauth

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Apps

const appColumns = `id, client_id, name, website, redirect_uris, scopes, created_at`

func insertApp(ctx context.Context, x sqlx.ExtContext, a App, secretHash []byte) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO oauth_apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.ClientID, secretHash, a.Name, a.Website, a.RedirectURIs, a.Scopes, a.CreatedAt)
	return err
}

func clientByID(ctx context.Context, x sqlx.ExtContext, clientID string) (c client, err error) {
	err = sqlx.GetContext(ctx, x, &c, `SELECT `+appColumns+`, secret_hash FROM oauth_apps WHERE client_id = $1`, clientID)
	return c, err
}

func appsByIDs(ctx context.Context, x sqlx.ExtContext, ids []int64) (list []App, err error) {
	err = sqlx.SelectContext(ctx, x, &list, `SELECT `+appColumns+` FROM oauth_apps WHERE id = ANY ($1)`, pq.Array(ids))
	return list, err
}

func touchApp(ctx context.Context, x sqlx.ExtContext, id int64, now time.Time) error {
	_, err := x.ExecContext(ctx, `UPDATE oauth_apps SET used_at = $2 WHERE id = $1`, id, now)
	return err
}

func deleteUnusedApps(ctx context.Context, x sqlx.ExtContext, before time.Time) error {
	_, err := x.ExecContext(ctx, `
		DELETE FROM oauth_apps a
		WHERE coalesce(a.used_at, a.created_at) <= $1 AND NOT EXISTS (SELECT FROM api_tokens t WHERE t.app_id = a.id)`, before)
	return err
}

// Codes

// code is what a person allowed, as it is stored.
type code struct {
	AppID       int64      `db:"app_id"`
	AccountID   int64      `db:"account_id"`
	RedirectURI string     `db:"redirect_uri"`
	Scopes      string     `db:"scopes"`
	Challenge   string     `db:"challenge"`
	Method      string     `db:"challenge_method"`
	CreatedAt   time.Time  `db:"created_at"`
	ExpiresAt   time.Time  `db:"expires_at"`
	UsedAt      *time.Time `db:"used_at"`
	TokenID     *int64     `db:"token_id"`
}

func insertCode(ctx context.Context, x sqlx.ExtContext, c code, hash []byte) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO oauth_codes (code_hash, app_id, account_id, redirect_uri, scopes, challenge, challenge_method, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		hash, c.AppID, c.AccountID, c.RedirectURI, c.Scopes, c.Challenge, c.Method, c.CreatedAt, c.ExpiresAt)
	return err
}

// lockCode makes those who show one code take turns. There is none of who may not act anymore.
func lockCode(ctx context.Context, x sqlx.ExtContext, hash []byte) (c code, err error) {
	err = sqlx.GetContext(ctx, x, &c, `
		SELECT c.app_id, c.account_id, c.redirect_uri, c.scopes, c.challenge, c.challenge_method, c.created_at, c.expires_at, c.used_at, c.token_id
		FROM oauth_codes c JOIN accounts a ON a.id = c.account_id
		WHERE c.code_hash = $1 AND a.state = 'active' FOR UPDATE OF c`, hash)
	return c, err
}

func useCode(ctx context.Context, x sqlx.ExtContext, hash []byte, now time.Time) error {
	_, err := x.ExecContext(ctx, `UPDATE oauth_codes SET used_at = $2 WHERE code_hash = $1`, hash, now)
	return err
}

func setCodeToken(ctx context.Context, x sqlx.ExtContext, hash []byte, tokenID int64) error {
	_, err := x.ExecContext(ctx, `UPDATE oauth_codes SET token_id = $2 WHERE code_hash = $1`, hash, tokenID)
	return err
}

func deleteCodesOf(ctx context.Context, x sqlx.ExtContext, accountID, appID int64) error {
	_, err := x.ExecContext(ctx, `DELETE FROM oauth_codes WHERE account_id = $1 AND app_id = $2`, accountID, appID)
	return err
}

func deleteCodes(ctx context.Context, x sqlx.ExtContext, before time.Time) error {
	_, err := x.ExecContext(ctx, `DELETE FROM oauth_codes WHERE expires_at <= $1`, before)
	return err
}
