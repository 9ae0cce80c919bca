package account

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// columns are all but the private key, so that no list or lookup ever carries one. An account of a domain that does not federate
// reads as suspended, and one whose media are refused as having none: whoever asks need not know the rules.
const columns = `id, username, domain, uri, url, kind, display_name, note, note_source, level, region,
	inbox_uri, shared_inbox_uri, outbox_uri, followers_uri, following_uri, featured_uri, catalog_uri, forum_uri,
	public_key_id, public_key_pem, approves_followers, discoverable, fields, bot, hide_collections, indexable,
	CASE WHEN media_rejected THEN '' ELSE avatar END AS avatar, CASE WHEN media_rejected THEN '' ELSE header END AS header,
	role, language, default_visibility, default_sensitive,
	CASE WHEN hidden AND state = 'active' THEN 'suspended' ELSE state END AS state, hidden AND state = 'active' AS refused, silenced, limited,
	fetched_at, created_at, updated_at,
	also_known_as, moved_to_uri, moved_at`

func accountByID(ctx context.Context, db sqlx.ExtContext, id int64) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `SELECT `+columns+` FROM accounts WHERE id = $1`, id)
	return a, err
}

// lockAccount is accountByID that makes other writers of the row wait.
func lockAccount(ctx context.Context, db sqlx.ExtContext, id int64) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `SELECT `+columns+` FROM accounts WHERE id = $1 FOR NO KEY UPDATE`, id)
	return a, err
}

func accountByURI(ctx context.Context, db sqlx.ExtContext, uri string) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `SELECT `+columns+` FROM accounts WHERE uri = $1`, uri)
	return a, err
}

func lockAccountByURI(ctx context.Context, db sqlx.ExtContext, uri string) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `SELECT `+columns+` FROM accounts WHERE uri = $1 FOR NO KEY UPDATE`, uri)
	return a, err
}

// accountByHandle takes domain "" for ours.
func accountByHandle(ctx context.Context, db sqlx.ExtContext, username, domain string) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `
		SELECT `+columns+` FROM accounts
		WHERE lower(username) = lower($1) AND coalesce(domain, '') = $2`, username, domain)
	return a, err
}

func accountsByIDs(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `SELECT `+columns+` FROM accounts WHERE id = ANY($1)`, pq.Int64Array(ids))
	return list, err
}

// remoteByKeyID prefers the account whose own address the key id is built on: another one of the same host may claim it too.
func remoteByKeyID(ctx context.Context, db sqlx.ExtContext, keyID string) (a Account, err error) {
	err = sqlx.GetContext(ctx, db, &a, `
		SELECT `+columns+` FROM accounts
		WHERE public_key_id = $1 AND public_key_id <> '' AND domain IS NOT NULL
		ORDER BY split_part(public_key_id, '#', 1) = uri DESC, id
		LIMIT 1`, keyID)
	return a, err
}

func signingKey(ctx context.Context, db sqlx.ExtContext, id int64) (keyID, pem string, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT public_key_id, private_key_pem FROM accounts
		WHERE id = $1 AND domain IS NULL AND private_key_pem <> ''`, id).Scan(&keyID, &pem)
	return keyID, pem, err
}

func localPeople(ctx context.Context, db sqlx.ExtContext) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM accounts
		WHERE domain IS NULL AND kind = 'person' AND state <> 'gone'
		ORDER BY username`)
	return list, err
}

func participants(ctx context.Context, db sqlx.ExtContext, limit int) (list []Account, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM accounts
		WHERE state = 'active' AND NOT hidden AND NOT limited AND (kind = 'group' OR (kind IN ('person', 'organization', 'service') AND discoverable))
		ORDER BY kind <> 'group', domain IS NOT NULL, domain, username
		LIMIT $1`, limit)
	return list, err
}

// insertLocal stores one of ours with its key pair. It reports whether there was room for it: the URI or the username
// may be taken.
func insertLocal(ctx context.Context, db sqlx.ExtContext, a Account, privateKeyPEM string) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `
		INSERT INTO accounts (id, username, uri, url, kind, display_name, level, region,
			inbox_uri, shared_inbox_uri, outbox_uri, followers_uri, following_uri, featured_uri, catalog_uri, forum_uri,
			public_key_id, public_key_pem, private_key_pem, role, language)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		ON CONFLICT DO NOTHING`,
		a.ID, a.Username, a.URI, a.URL, a.Kind, a.DisplayName, a.Level, a.Region,
		a.InboxURI, a.SharedInboxURI, a.OutboxURI, a.FollowersURI, a.FollowingURI, a.FeaturedURI, a.CatalogURI, a.ForumURI,
		a.PublicKeyID, a.PublicKeyPEM, privateKeyPEM, a.Role, a.Language)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// upsertRemote writes what another server says of its actor. It returns no row when the URI is one of ours or gone.
func upsertRemote(ctx context.Context, db sqlx.ExtContext, a Account, now time.Time) (stored Account, err error) {
	err = sqlx.GetContext(ctx, db, &stored, `
		INSERT INTO accounts (id, username, domain, uri, url, kind, display_name, note, level, region,
			inbox_uri, shared_inbox_uri, outbox_uri, followers_uri, following_uri, featured_uri, catalog_uri, forum_uri,
			public_key_id, public_key_pem, approves_followers, discoverable, language, fetched_at, avatar, header, fields, indexable,
			also_known_as, moved_to_uri)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
			$25, $26, $27, $28, coalesce($29::text[], '{}'), $30)
		ON CONFLICT (uri) DO UPDATE SET
			username = excluded.username, domain = excluded.domain, url = excluded.url, kind = excluded.kind,
			display_name = excluded.display_name, note = excluded.note, level = excluded.level, region = excluded.region,
			inbox_uri = excluded.inbox_uri, shared_inbox_uri = excluded.shared_inbox_uri, outbox_uri = excluded.outbox_uri,
			followers_uri = excluded.followers_uri, following_uri = excluded.following_uri, featured_uri = excluded.featured_uri,
			catalog_uri = excluded.catalog_uri, forum_uri = excluded.forum_uri,
			public_key_id = excluded.public_key_id, public_key_pem = excluded.public_key_pem,
			approves_followers = excluded.approves_followers, discoverable = excluded.discoverable,
			language = excluded.language, fetched_at = excluded.fetched_at, avatar = excluded.avatar, header = excluded.header,
			fields = excluded.fields, indexable = excluded.indexable, also_known_as = excluded.also_known_as,
			moved_to_uri = excluded.moved_to_uri, updated_at = now()
		WHERE accounts.domain IS NOT NULL AND accounts.state <> 'gone'
		RETURNING `+columns,
		a.ID, a.Username, a.Domain, a.URI, a.URL, a.Kind, a.DisplayName, a.Note, a.Level, a.Region,
		a.InboxURI, a.SharedInboxURI, a.OutboxURI, a.FollowersURI, a.FollowingURI, a.FeaturedURI, a.CatalogURI, a.ForumURI,
		a.PublicKeyID, a.PublicKeyPEM, a.ApprovesFollowers, a.Discoverable, a.Language, now,
		a.Avatar, a.Header, a.Fields, a.Indexable, a.AlsoKnownAs, a.MovedToURI)
	return stored, err
}

// markGone forgets a remote account's words. Its key stays, so that a repeated Delete can still be verified.
func markGone(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE accounts SET state = 'gone', display_name = '', note = '', avatar = '', header = '', fields = '[]', discoverable = false,
			also_known_as = '{}', moved_to_uri = '',
			updated_at = now()
		WHERE id = $1 AND domain IS NOT NULL`, id)
	return err
}

// freeHandle lets another account take the handle: a tilde stands in no username.
func freeHandle(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `UPDATE accounts SET username = username || '~' || id WHERE id = $1`, id)
	return err
}

func endFollows(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET undone_at = now() WHERE (account_id = $1 OR target_id = $1) AND undone_at IS NULL`, id)
	return err
}

// endSessions logs an account out everywhere and takes its tokens and open login links.
func endSessions(ctx context.Context, db sqlx.ExtContext, id int64) error {
	_, err := db.ExecContext(ctx, `
		WITH s AS (DELETE FROM sessions WHERE account_id = $1), l AS (DELETE FROM login_links WHERE account_id = $1 AND used_at IS NULL)
		UPDATE api_tokens SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL`, id)
	return err
}

// updateActor brings the names of one of ours up to date and reports whether that changed anything.
func updateActor(ctx context.Context, db sqlx.ExtContext, id int64, displayName, level, region string) (changed bool, err error) {
	result, err := db.ExecContext(ctx, `
		UPDATE accounts SET display_name = $2, level = $3, region = $4, updated_at = now()
		WHERE id = $1 AND (display_name, level, region) IS DISTINCT FROM ($2, $3, $4)`, id, displayName, level, region)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func updateRole(ctx context.Context, db sqlx.ExtContext, id int64, role Role) error {
	_, err := db.ExecContext(ctx, `UPDATE accounts SET role = $2, updated_at = now() WHERE id = $1`, id, role)
	return err
}

func updateSilenced(ctx context.Context, db sqlx.ExtContext, id int64, silenced bool) error {
	_, err := db.ExecContext(ctx, `UPDATE accounts SET silenced = $2, updated_at = now() WHERE id = $1`, id, silenced)
	return err
}

func updateState(ctx context.Context, db sqlx.ExtContext, id int64, state State) error {
	_, err := db.ExecContext(ctx, `UPDATE accounts SET state = $2, updated_at = now() WHERE id = $1`, id, state)
	return err
}

// lockAdmins returns who can administrate. Two that change administrators at once take turns here, and the second
// sees what the first has done.
func lockAdmins(ctx context.Context, db sqlx.ExtContext) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM accounts
		WHERE role = 'admin' AND state = 'active' AND domain IS NULL
		ORDER BY id FOR NO KEY UPDATE`)
	return ids, err
}
