package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
)

// Ceremonies

func insertCeremony(ctx context.Context, x sqlx.ExtContext, hash, data []byte, expiresAt time.Time) error {
	_, err := x.ExecContext(ctx, `INSERT INTO ceremonies (token_hash, data, expires_at) VALUES ($1, $2, $3)`, hash, string(data), expiresAt)
	return err
}

// deleteCeremony hands a ceremony to exactly one caller; an expired one is removed and handed to none.
func deleteCeremony(ctx context.Context, x sqlx.ExtContext, hash []byte, now time.Time) (data []byte, err error) {
	var row struct {
		Data      []byte    `db:"data"`
		ExpiresAt time.Time `db:"expires_at"`
	}
	err = sqlx.GetContext(ctx, x, &row, `DELETE FROM ceremonies WHERE token_hash = $1 RETURNING data, expires_at`, hash)
	if err == nil && !now.Before(row.ExpiresAt) {
		return nil, sql.ErrNoRows
	}
	return row.Data, err
}

// Passkeys

func credentialsOf(ctx context.Context, x sqlx.ExtContext, accountID int64) ([]webauthn.Credential, error) {
	var rows [][]byte
	err := sqlx.SelectContext(ctx, x, &rows, `SELECT credential FROM passkeys WHERE account_id = $1 ORDER BY id`, accountID)
	if err != nil {
		return nil, err
	}
	list := make([]webauthn.Credential, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row, &list[i]); err != nil {
			return nil, fmt.Errorf("read credential: %w", err)
		}
	}
	return list, nil
}

func passkeys(ctx context.Context, x sqlx.ExtContext, accountID int64) (list []Passkey, err error) {
	err = sqlx.SelectContext(ctx, x, &list, `
		SELECT id, account_id, name, created_at, used_at FROM passkeys WHERE account_id = $1 ORDER BY id`, accountID)
	return list, err
}

// insertPasskey reports known when the credential belongs to someone already.
func insertPasskey(ctx context.Context, x sqlx.ExtContext, p Passkey, credential *webauthn.Credential) (known bool, err error) {
	data, err := json.Marshal(credential)
	if err != nil {
		return false, err
	}
	n, err := affected(x.ExecContext(ctx, `
		INSERT INTO passkeys (id, account_id, credential_id, credential, name, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (credential_id) DO NOTHING`, p.ID, p.AccountID, credential.ID, string(data), p.Name, p.CreatedAt))
	return n == 0, err
}

// lockPasskeys makes those who change one account's passkeys take turns.
func lockPasskeys(ctx context.Context, x sqlx.ExtContext, accountID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, x, &ids, `SELECT id FROM passkeys WHERE account_id = $1 ORDER BY id FOR UPDATE`, accountID)
	return ids, err
}

// usePasskey stores the counter and flags that a login brought.
func usePasskey(ctx context.Context, x sqlx.ExtContext, accountID int64, credential *webauthn.Credential, now time.Time) (known bool, err error) {
	data, err := json.Marshal(credential)
	if err != nil {
		return false, err
	}
	n, err := affected(x.ExecContext(ctx, `
		UPDATE passkeys SET credential = $3, used_at = $4 WHERE account_id = $1 AND credential_id = $2`,
		accountID, credential.ID, string(data), now))
	return n == 1, err
}

func renamePasskey(ctx context.Context, x sqlx.ExtContext, accountID, id int64, name string) (ok bool, err error) {
	n, err := affected(x.ExecContext(ctx, `UPDATE passkeys SET name = $3 WHERE account_id = $1 AND id = $2`, accountID, id, name))
	return n == 1, err
}

func deletePasskey(ctx context.Context, x sqlx.ExtContext, accountID, id int64) (name string, err error) {
	err = sqlx.GetContext(ctx, x, &name, `DELETE FROM passkeys WHERE account_id = $1 AND id = $2 RETURNING name`, accountID, id)
	return name, err
}

// Invitations

const invitationColumns = `id, role, note, created_at, expires_at, used_by_id, used_at, revoked_at`

func insertInvitation(ctx context.Context, x sqlx.ExtContext, i Invitation, hash []byte, createdByID *int64) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO invitations (id, token_hash, role, note, created_by_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, i.ID, hash, i.Role, i.Note, createdByID, i.CreatedAt, i.ExpiresAt)
	return err
}

func invitationByHash(ctx context.Context, x sqlx.ExtContext, hash []byte) (i Invitation, err error) {
	err = sqlx.GetContext(ctx, x, &i, `SELECT `+invitationColumns+` FROM invitations WHERE token_hash = $1`, hash)
	return i, err
}

func invitationByID(ctx context.Context, x sqlx.ExtContext, id int64) (i Invitation, err error) {
	err = sqlx.GetContext(ctx, x, &i, `SELECT `+invitationColumns+` FROM invitations WHERE id = $1`, id)
	return i, err
}

func lockInvitation(ctx context.Context, x sqlx.ExtContext, id int64) (i Invitation, err error) {
	err = sqlx.GetContext(ctx, x, &i, `SELECT `+invitationColumns+` FROM invitations WHERE id = $1 FOR UPDATE`, id)
	return i, err
}

func invitations(ctx context.Context, x sqlx.ExtContext) (list []Invitation, err error) {
	err = sqlx.SelectContext(ctx, x, &list, `SELECT `+invitationColumns+` FROM invitations ORDER BY id DESC`)
	return list, err
}

func revokeInvitation(ctx context.Context, x sqlx.ExtContext, id int64, now time.Time) error {
	_, err := x.ExecContext(ctx, `UPDATE invitations SET revoked_at = $2 WHERE id = $1`, id, now)
	return err
}

// useInvitation closes an open invitation; of two at once the second finds it closed. Who used it is set when the
// account exists (setInvitationUser).
func useInvitation(ctx context.Context, x sqlx.ExtContext, id int64, now time.Time) (open bool, err error) {
	n, err := affected(x.ExecContext(ctx, `
		UPDATE invitations SET used_at = $2
		WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2`, id, now))
	return n == 1, err
}

func setInvitationUser(ctx context.Context, x sqlx.ExtContext, id, accountID int64) error {
	_, err := x.ExecContext(ctx, `UPDATE invitations SET used_by_id = $2 WHERE id = $1`, id, accountID)
	return err
}

// Login links

func insertLoginLink(ctx context.Context, x sqlx.ExtContext, hash []byte, accountID int64, now, expiresAt time.Time) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO login_links (token_hash, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)`,
		hash, accountID, now, expiresAt)
	return err
}

func loginLinkAccount(ctx context.Context, x sqlx.ExtContext, hash []byte, now time.Time) (accountID int64, err error) {
	err = sqlx.GetContext(ctx, x, &accountID, `
		SELECT account_id FROM login_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2`, hash, now)
	return accountID, err
}

func useLoginLink(ctx context.Context, x sqlx.ExtContext, hash []byte, now time.Time) (accountID int64, err error) {
	err = sqlx.GetContext(ctx, x, &accountID, `
		UPDATE login_links SET used_at = $2
		WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
		RETURNING account_id`, hash, now)
	return accountID, err
}

// Sessions

const sessionColumns = `id, account_id, user_agent, created_at, seen_at, expires_at`

func insertSession(ctx context.Context, x sqlx.ExtContext, s Session, hash []byte) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, account_id, user_agent, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, s.ID, hash, s.AccountID, s.UserAgent, s.CreatedAt, s.SeenAt, s.ExpiresAt)
	return err
}

func sessionByHash(ctx context.Context, x sqlx.ExtContext, hash []byte, now time.Time) (s Session, err error) {
	err = sqlx.GetContext(ctx, x, &s, `
		SELECT `+sessionColumns+` FROM sessions WHERE token_hash = $1 AND expires_at > $2`, hash, now)
	return s, err
}

func sessions(ctx context.Context, x sqlx.ExtContext, accountID int64, now time.Time) (list []Session, err error) {
	err = sqlx.SelectContext(ctx, x, &list, `
		SELECT `+sessionColumns+` FROM sessions WHERE account_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC`,
		accountID, now)
	return list, err
}

func touchSession(ctx context.Context, x sqlx.ExtContext, s Session) error {
	_, err := x.ExecContext(ctx, `UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1`, s.ID, s.SeenAt, s.ExpiresAt)
	return err
}

func deleteSessionByHash(ctx context.Context, x sqlx.ExtContext, hash []byte) error {
	_, err := x.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hash)
	return err
}

func deleteSession(ctx context.Context, x sqlx.ExtContext, accountID, id int64) (ok bool, err error) {
	n, err := affected(x.ExecContext(ctx, `DELETE FROM sessions WHERE account_id = $1 AND id = $2`, accountID, id))
	return n == 1, err
}

// Tokens

const tokenColumns = `id, account_id, app_id, name, scopes, created_at, used_at, revoked_at`

func insertToken(ctx context.Context, x sqlx.ExtContext, t Token, hash []byte) error {
	_, err := x.ExecContext(ctx, `
		INSERT INTO api_tokens (id, token_hash, account_id, app_id, name, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, hash, t.AccountID, t.AppID, t.Name, t.Scopes, t.CreatedAt)
	return err
}

func tokenByHash(ctx context.Context, x sqlx.ExtContext, hash []byte) (t Token, err error) {
	err = sqlx.GetContext(ctx, x, &t, `SELECT `+tokenColumns+` FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL`, hash)
	return t, err
}

func tokens(ctx context.Context, x sqlx.ExtContext, accountID int64) (list []Token, err error) {
	err = sqlx.SelectContext(ctx, x, &list, `
		SELECT `+tokenColumns+` FROM api_tokens WHERE account_id = $1 AND revoked_at IS NULL ORDER BY id DESC`, accountID)
	return list, err
}

func touchToken(ctx context.Context, x sqlx.ExtContext, id int64, now time.Time) error {
	_, err := x.ExecContext(ctx, `UPDATE api_tokens SET used_at = $2 WHERE id = $1`, id, now)
	return err
}

func revokeToken(ctx context.Context, x sqlx.ExtContext, accountID, id int64, now time.Time) (name string, err error) {
	err = sqlx.GetContext(ctx, x, &name, `
		UPDATE api_tokens SET revoked_at = $3 WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING name`,
		accountID, id, now)
	return name, err
}

func endToken(ctx context.Context, x sqlx.ExtContext, id int64, now time.Time) error {
	_, err := x.ExecContext(ctx, `UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, now)
	return err
}

func endTokensOf(ctx context.Context, x sqlx.ExtContext, accountID, appID int64, now time.Time) (int64, error) {
	return affected(x.ExecContext(ctx, `
		UPDATE api_tokens SET revoked_at = $3 WHERE account_id = $1 AND app_id = $2 AND revoked_at IS NULL`, accountID, appID, now))
}

// sweep removes what expired before now, and what is kept to be looked at when it ended before keep.
func sweep(ctx context.Context, conn *sqlx.DB, now, keep time.Time) error {
	return db.InTx(ctx, conn, func(tx *sqlx.Tx) error {
		for _, step := range []struct {
			query  string
			before time.Time
		}{
			{`DELETE FROM ceremonies WHERE expires_at <= $1`, now},
			{`DELETE FROM sessions WHERE expires_at <= $1`, now},
			{`DELETE FROM login_links WHERE expires_at <= $1`, keep},
			{`DELETE FROM api_tokens WHERE revoked_at <= $1`, keep},
			{`DELETE FROM api_tokens WHERE account_id IS NULL AND coalesce(used_at, created_at) <= $1`, keep},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.before); err != nil {
				return err
			}
		}
		return nil
	})
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
