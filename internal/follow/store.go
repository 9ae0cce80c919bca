package follow

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

const columns = `f.id, f.account_id, f.target_id, f.uri, f.state, f.created_at, f.accepted_at, f.undone_at,
	f.show_boosts, f.notify, f.languages`

// insertFollow reports false when the pair has a follow that is not undone, or someone else's follow has that URI.
func insertFollow(ctx context.Context, db sqlx.ExtContext, f Follow) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state, created_at, accepted_at, show_boosts, notify, languages)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::text[], '{}'))
		ON CONFLICT DO NOTHING`,
		f.ID, f.AccountID, f.TargetID, f.URI, f.State, f.CreatedAt, f.AcceptedAt, f.ShowBoosts, f.Notify, f.Languages)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// releaseURI takes the id from an undone follow of the same follower, so that a new one can bear it.
func releaseURI(ctx context.Context, db sqlx.ExtContext, uri string, accountID int64) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET uri = uri || '#undone-' || id WHERE uri = $1 AND account_id = $2 AND undone_at IS NOT NULL`,
		uri, accountID)
	return err
}

func setURI(ctx context.Context, db sqlx.ExtContext, id int64, uri string) error {
	_, err := db.ExecContext(ctx, `UPDATE follows SET uri = $2 WHERE id = $1`, id, uri)
	return err
}

// setState keeps the time of the first accept.
func setState(ctx context.Context, db sqlx.ExtContext, id int64, state State, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET state = $2, accepted_at = CASE WHEN $2 = 'accepted' THEN coalesce(accepted_at, $3) ELSE accepted_at END
		WHERE id = $1`, id, state, now)
	return err
}

// setOptions writes nothing where nothing changes, so that nobody is told.
func setOptions(ctx context.Context, db sqlx.ExtContext, f Follow) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows SET show_boosts = $2, notify = $3, languages = coalesce($4::text[], '{}')
		WHERE id = $1 AND (show_boosts, notify, languages) IS DISTINCT FROM ($2, $3, coalesce($4::text[], '{}'))`,
		f.ID, f.ShowBoosts, f.Notify, f.Languages)
	return err
}

func undo(ctx context.Context, db sqlx.ExtContext, id int64, now time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE follows SET undone_at = $2 WHERE id = $1`, id, now)
	return err
}

// undoByInbox ends the follows of all accounts of other servers that read an inbox.
func undoByInbox(ctx context.Context, db sqlx.ExtContext, inboxURI string, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE follows f SET undone_at = $2 FROM accounts a
		WHERE a.id = f.account_id AND a.domain IS NOT NULL AND (a.inbox_uri = $1 OR a.shared_inbox_uri = $1) AND f.undone_at IS NULL`, inboxURI, now)
	return err
}

func followByID(ctx context.Context, db sqlx.ExtContext, id int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+columns+` FROM follows f WHERE f.id = $1`, id)
	return f, err
}

func lockFollowByID(ctx context.Context, db sqlx.ExtContext, id int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `SELECT `+columns+` FROM follows f WHERE f.id = $1 FOR UPDATE`, id)
	return f, err
}

// lockFollow finds the one follow of the pair that is not undone.
func lockFollow(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f
		WHERE f.account_id = $1 AND f.target_id = $2 AND f.undone_at IS NULL
		FOR UPDATE`, accountID, targetID)
	return f, err
}

func liveFollow(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f
		WHERE f.account_id = $1 AND f.target_id = $2 AND f.undone_at IS NULL`, accountID, targetID)
	return f, err
}

// lockPair makes all who connect or part two accounts take turns, also where there is no row yet.
func lockPair(ctx context.Context, db sqlx.ExtContext, a, b int64) error {
	_, err := db.ExecContext(ctx, `
		SELECT pg_advisory_xact_lock(hashtextextended('follows ' || least($1::bigint, $2) || ' ' || greatest($1::bigint, $2), 0))`, a, b)
	return err
}

// blocksBetween reports whether one blocks the other, or the other's instance.
func blocksBetween(ctx context.Context, db sqlx.ExtContext, a, b account.Account) (byA, byB bool, err error) {
	err = db.QueryRowxContext(ctx, `
		SELECT
			EXISTS (SELECT 1 FROM blocks WHERE account_id = $1 AND target_id = $2) OR EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = $1 AND domain = $4),
			EXISTS (SELECT 1 FROM blocks WHERE account_id = $2 AND target_id = $1) OR EXISTS (SELECT 1 FROM domain_blocks WHERE account_id = $2 AND domain = $3)`,
		a.ID, b.ID, a.Host(), b.Host()).Scan(&byA, &byB)
	return byA, byB, err
}

// connectedOn lists who of a host follows the account or is followed by it.
func connectedOn(ctx context.Context, db sqlx.ExtContext, accountID int64, host string) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT f.account_id FROM follows f JOIN accounts a ON a.id = f.account_id
		WHERE f.target_id = $1 AND a.domain = $2 AND f.undone_at IS NULL
		UNION
		SELECT f.target_id FROM follows f JOIN accounts a ON a.id = f.target_id
		WHERE f.account_id = $1 AND a.domain = $2 AND f.undone_at IS NULL
		ORDER BY 1`, accountID, host)
	return ids, err
}

func lockSentByURI(ctx context.Context, db sqlx.ExtContext, uri string, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f JOIN accounts reader ON reader.id = f.account_id
		WHERE f.uri = $1 AND f.target_id = $2 AND f.undone_at IS NULL AND reader.domain IS NULL
		FOR UPDATE OF f`, uri, targetID)
	return f, err
}

func lockSentByReader(ctx context.Context, db sqlx.ExtContext, readerURI string, targetID int64) (f Follow, err error) {
	err = sqlx.GetContext(ctx, db, &f, `
		SELECT `+columns+` FROM follows f JOIN accounts reader ON reader.id = f.account_id
		WHERE reader.uri = $1 AND f.target_id = $2 AND f.undone_at IS NULL AND reader.domain IS NULL
		FOR UPDATE OF f`, readerURI, targetID)
	return f, err
}

// localFollowers lists who of ours follows an account.
func localFollowers(ctx context.Context, db sqlx.ExtContext, targetID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT f.account_id FROM follows f JOIN accounts a ON a.id = f.account_id
		WHERE f.target_id = $1 AND f.state = 'accepted' AND f.undone_at IS NULL AND a.domain IS NULL
		ORDER BY f.account_id`, targetID)
	return ids, err
}

// undoRefused ends some follows from and to hidden accounts of a home and returns how many.
func undoRefused(ctx context.Context, db sqlx.ExtContext, home account.Home, at time.Time) (int64, error) {
	result, err := db.ExecContext(ctx, `
		UPDATE follows SET undone_at = $3 WHERE undone_at IS NULL AND id IN (
			SELECT f.id FROM accounts a JOIN follows f ON f.undone_at IS NULL AND f.account_id = a.id
			WHERE a.domain = $1 AND coalesce(url_host(a.uri), a.domain) = $2 AND a.hidden
			UNION
			SELECT f.id FROM accounts a JOIN follows f ON f.undone_at IS NULL AND f.target_id = a.id
			WHERE a.domain = $1 AND coalesce(url_host(a.uri), a.domain) = $2 AND a.hidden
			ORDER BY 1 DESC LIMIT 1000)`, home.Domain, home.Host, at)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
