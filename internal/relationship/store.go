package relationship

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

func between(ctx context.Context, db sqlx.ExtContext, accountID int64, targetIDs []int64) (list []Relationship, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT t.id AS target_id,
			coalesce(mine.state = 'accepted', false) AS following, coalesce(mine.state = 'pending', false) AS requested,
			coalesce(mine.show_boosts, false) AS show_boosts, coalesce(mine.notify, false) AS notify, mine.languages,
			coalesce(theirs.state = 'accepted', false) AS followed_by, coalesce(theirs.state = 'pending', false) AS requested_by,
			EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = $1 AND b.target_id = t.id) AS blocking,
			EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = t.id AND b.target_id = $1) AS blocked_by,
			m.id IS NOT NULL AS muting, coalesce(m.notifications, false) AS muting_notices, m.expires_at AS mute_expires_at,
			EXISTS (SELECT 1 FROM domain_blocks d WHERE d.account_id = $1 AND d.domain = t.domain) AS domain_blocking,
			coalesce(mine.state = 'accepted', false) AND EXISTS (SELECT 1 FROM endorsements e WHERE e.account_id = $1 AND e.target_id = t.id) AS endorsed,
			coalesce(n.comment, '') AS note
		FROM accounts t
		LEFT JOIN follows mine ON mine.account_id = $1 AND mine.target_id = t.id AND mine.undone_at IS NULL AND mine.state <> 'rejected'
		LEFT JOIN follows theirs ON theirs.account_id = t.id AND theirs.target_id = $1 AND theirs.undone_at IS NULL
		LEFT JOIN mutes m ON m.account_id = $1 AND m.target_id = t.id AND (m.expires_at IS NULL OR m.expires_at > now())
		LEFT JOIN account_notes n ON n.account_id = $1 AND n.target_id = t.id
		WHERE t.id = ANY ($2)`, accountID, pq.Int64Array(targetIDs))
	return list, err
}

// insertBlock reports false when the block stands. uri is empty for ours.
func insertBlock(ctx context.Context, db sqlx.ExtContext, id, accountID, targetID int64, uri string, now time.Time) (inserted bool, err error) {
	result, err := db.ExecContext(ctx, `
		INSERT INTO blocks (id, account_id, target_id, uri, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id, target_id) DO NOTHING`, id, accountID, targetID, uri, now)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// deleteBlock returns the id of the block that ended; sql.ErrNoRows when none stood.
func deleteBlock(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) (id int64, err error) {
	err = sqlx.GetContext(ctx, db, &id, `DELETE FROM blocks WHERE account_id = $1 AND target_id = $2 RETURNING id`, accountID, targetID)
	return id, err
}

func blockByID(ctx context.Context, db sqlx.ExtContext, id int64) (b BlockEnds, err error) {
	err = sqlx.GetContext(ctx, db, &b, `SELECT account_id, target_id FROM blocks WHERE id = $1`, id)
	return b, err
}

func deleteNotificationsBetween(ctx context.Context, db sqlx.ExtContext, a, b int64) error {
	_, err := db.ExecContext(ctx, `
		WITH requests AS (
			DELETE FROM notification_requests WHERE (account_id = $1 AND from_account_id = $2) OR (account_id = $2 AND from_account_id = $1))
		DELETE FROM notifications WHERE (account_id = $1 AND from_account_id = $2) OR (account_id = $2 AND from_account_id = $1)`, a, b)
	return err
}

func deleteNotificationsFromHost(ctx context.Context, db sqlx.ExtContext, accountID int64, host string) error {
	_, err := db.ExecContext(ctx, `
		WITH requests AS (
			DELETE FROM notification_requests r USING accounts a WHERE r.account_id = $1 AND a.id = r.from_account_id AND a.domain = $2)
		DELETE FROM notifications n USING accounts a WHERE n.account_id = $1 AND a.id = n.from_account_id AND a.domain = $2`, accountID, host)
	return err
}

func insertDomainBlock(ctx context.Context, db sqlx.ExtContext, id, accountID int64, domain string, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO domain_blocks (id, account_id, domain, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, domain) DO NOTHING`, id, accountID, domain, now)
	return err
}

func deleteDomainBlock(ctx context.Context, db sqlx.ExtContext, accountID int64, domain string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM domain_blocks WHERE account_id = $1 AND domain = $2`, accountID, domain)
	return err
}

func upsertMute(ctx context.Context, db sqlx.ExtContext, id, accountID, targetID int64, notices bool, until *time.Time, now time.Time) error {
	_, err := db.ExecContext(ctx, `
		INSERT INTO mutes (id, account_id, target_id, notifications, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, target_id) DO UPDATE SET notifications = excluded.notifications, expires_at = excluded.expires_at`,
		id, accountID, targetID, notices, until, now)
	return err
}

func deleteMute(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM mutes WHERE account_id = $1 AND target_id = $2`, accountID, targetID)
	return err
}

func deleteExpiredMutes(ctx context.Context, db sqlx.ExtContext, now time.Time) error {
	_, err := db.ExecContext(ctx, `DELETE FROM mutes WHERE expires_at <= $1`, now)
	return err
}

func setNote(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64, comment string) error {
	if comment == "" {
		_, err := db.ExecContext(ctx, `DELETE FROM account_notes WHERE account_id = $1 AND target_id = $2`, accountID, targetID)
		return err
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO account_notes (account_id, target_id, comment) VALUES ($1, $2, $3)
		ON CONFLICT (account_id, target_id) DO UPDATE SET comment = excluded.comment`, accountID, targetID, comment)
	return err
}

// insertEndorsement reports whether the account follows the target; else nothing is stored.
func insertEndorsement(ctx context.Context, db sqlx.ExtContext, id, accountID, targetID int64, now time.Time) (following bool, err error) {
	err = sqlx.GetContext(ctx, db, &following, `
		WITH follow AS (
			SELECT 1 FROM follows WHERE account_id = $2 AND target_id = $3 AND state = 'accepted' AND undone_at IS NULL
		), stored AS (
			INSERT INTO endorsements (id, account_id, target_id, created_at) SELECT $1::bigint, $2::bigint, $3::bigint, $4::timestamptz FROM follow
			ON CONFLICT (account_id, target_id) DO NOTHING)
		SELECT EXISTS (SELECT 1 FROM follow)`, id, accountID, targetID, now)
	return following, err
}

func deleteEndorsement(ctx context.Context, db sqlx.ExtContext, accountID, targetID int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM endorsements WHERE account_id = $1 AND target_id = $2`, accountID, targetID)
	return err
}

func deleteEndorsementsBetween(ctx context.Context, db sqlx.ExtContext, a, b int64) error {
	_, err := db.ExecContext(ctx, `
		DELETE FROM endorsements WHERE (account_id = $1 AND target_id = $2) OR (account_id = $2 AND target_id = $1)`, a, b)
	return err
}

// entryRow is a row of a list of accounts.
type entryRow struct {
	ID        int64      `db:"id"`
	TargetID  int64      `db:"target_id"`
	ExpiresAt *time.Time `db:"expires_at"`
}

func blocks(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (list []entryRow, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT b.id, b.target_id FROM blocks b
		WHERE b.account_id = $1 AND b.id > $2 AND b.id < $3
		ORDER BY b.id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

func mutes(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (list []entryRow, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT m.id, m.target_id, m.expires_at FROM mutes m
		WHERE m.account_id = $1 AND m.id > $2 AND m.id < $3 AND (m.expires_at IS NULL OR m.expires_at > now())
		ORDER BY m.id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

func domainBlocks(ctx context.Context, db sqlx.ExtContext, accountID int64, page paging.Page) (list []DomainBlock, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT d.id, d.domain, d.created_at FROM domain_blocks d
		WHERE d.account_id = $1 AND d.id > $2 AND d.id < $3
		ORDER BY d.id `+page.Order()+` LIMIT $4`, accountID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}

// endorsements count as long as the account follows whom it recommends.
func endorsements(ctx context.Context, db sqlx.ExtContext, viewerID, accountID int64, page paging.Page) (list []entryRow, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT e.id, e.target_id FROM endorsements e
		JOIN follows f ON f.account_id = e.account_id AND f.target_id = e.target_id AND f.state = 'accepted' AND f.undone_at IS NULL
		JOIN accounts target ON target.id = e.target_id AND target.state = 'active'
		WHERE e.account_id = $1 AND e.id > $3 AND e.id < $4
			AND ($2::bigint = $1 OR (`+account.Heard("e.target_id", "$2")+` AND `+account.Heard("e.account_id", "$2")+`))
		ORDER BY e.id `+page.Order()+` LIMIT $5`, accountID, viewerID, after, before, page.Size())
	paging.NewestFirst(page, list)
	return list, err
}
