package directory

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/follow"
)

func sources(ctx context.Context, q sqlx.ExtContext) (list []Source, err error) {
	err = sqlx.SelectContext(ctx, q, &list, `
		SELECT s.account_id, s.uri, s.etag, s.next_at, s.read_at, s.failures, s.hints, s.hints_read, a.domain AS host,
			(SELECT count(*) FROM directory_entries e WHERE e.account_id = s.account_id) AS entries
		FROM directory_sources s JOIN accounts a ON a.id = s.account_id
		WHERE s.account_id IN (`+follow.FollowedGroups+`) AND (s.uri <> '' OR s.failures > 0) ORDER BY a.domain, s.account_id`)
	return list, err
}

// keepSources forgets whom none of our groups follows any more, with what they said, and takes up who is new.
func keepSources(ctx context.Context, q sqlx.ExtContext, now time.Time) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM directory_sources WHERE account_id NOT IN (`+follow.FollowedGroups+`)`); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `INSERT INTO directory_sources (account_id, next_at) SELECT DISTINCT target_id, $1::timestamptz FROM (`+follow.FollowedGroups+`) followed
		WHERE NOT EXISTS (SELECT 1 FROM directory_sources s WHERE s.account_id = target_id) ON CONFLICT DO NOTHING`, now)
	return err
}

func dueSources(ctx context.Context, q sqlx.ExtContext, now time.Time, limit int) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, q, &ids, `SELECT account_id FROM directory_sources WHERE next_at <= $1 ORDER BY next_at LIMIT $2`, now, limit)
	return ids, err
}

func insertSource(ctx context.Context, q sqlx.ExtContext, accountID int64, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO directory_sources (account_id, next_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, accountID, now)
	return err
}

func lockSource(ctx context.Context, q sqlx.ExtContext, accountID int64) (s Source, err error) {
	err = sqlx.GetContext(ctx, q, &s, `SELECT account_id, uri, etag, next_at, read_at, failures, hints, hints_read FROM directory_sources WHERE account_id = $1 FOR UPDATE`, accountID)
	return s, err
}

func updateSource(ctx context.Context, q sqlx.ExtContext, accountID int64, uri, etag string) error {
	_, err := q.ExecContext(ctx, `UPDATE directory_sources SET uri = $2, etag = $3 WHERE account_id = $1`, accountID, uri, etag)
	return err
}

// noteRead sets when a directory is read again: after pause, or ever later while it fails.
func noteRead(ctx context.Context, q sqlx.ExtContext, read Source, now time.Time, pause time.Duration, failed bool) error {
	_, err := q.ExecContext(ctx, `UPDATE directory_sources SET
			failures = CASE WHEN $4 THEN failures + 1 ELSE 0 END,
			read_at = CASE WHEN $4 THEN read_at ELSE $2::timestamptz END,
			hints_read = CASE WHEN $4 THEN hints_read ELSE greatest(hints_read, $5) END,
			next_at = $2::timestamptz + CASE WHEN $4 THEN least(interval '1 hour' * power(2, least(failures, 5)), interval '1 day') ELSE interval '1 second' * $3 END
		WHERE account_id = $1`, read.AccountID, now, pause.Seconds(), failed, read.Hints)
	return err
}

func noteHint(ctx context.Context, q sqlx.ExtContext, accountID int64) error {
	_, err := q.ExecContext(ctx, `UPDATE directory_sources SET hints = hints + 1, etag = '' WHERE account_id = $1`, accountID)
	return err
}

// replaceEntries writes only what differs, so that only these pages change. An id that another catalogue has said stays with it.
func replaceEntries(ctx context.Context, q sqlx.ExtContext, accountID int64, list []Entry) error {
	uris := make([]string, len(list))
	for i, e := range list {
		uris[i] = e.URI
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM directory_entries WHERE account_id = $1 AND uri <> ALL ($2)`, accountID, pq.Array(uris)); err != nil {
		return err
	}
	for _, e := range list {
		_, err := q.ExecContext(ctx, `
			INSERT INTO directory_entries AS e (id, account_id, uri, kind, name, summary, level, region, organization, unit, cadence, members, email, phone, website, page, revision, confirmed_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
			ON CONFLICT (uri) DO UPDATE SET kind = EXCLUDED.kind, name = EXCLUDED.name, summary = EXCLUDED.summary, level = EXCLUDED.level, region = EXCLUDED.region,
				organization = EXCLUDED.organization, unit = EXCLUDED.unit, cadence = EXCLUDED.cadence, members = EXCLUDED.members, email = EXCLUDED.email, phone = EXCLUDED.phone,
				website = EXCLUDED.website, page = EXCLUDED.page, revision = EXCLUDED.revision, confirmed_at = EXCLUDED.confirmed_at, updated_at = EXCLUDED.updated_at
			WHERE e.account_id = EXCLUDED.account_id
				AND (e.kind, e.name, e.summary, e.level, e.region, e.organization, e.unit, e.cadence, e.members, e.email, e.phone, e.website, e.page, e.revision, e.confirmed_at)
				IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.name, EXCLUDED.summary, EXCLUDED.level, EXCLUDED.region, EXCLUDED.organization, EXCLUDED.unit, EXCLUDED.cadence,
					EXCLUDED.members, EXCLUDED.email, EXCLUDED.phone, EXCLUDED.website, EXCLUDED.page, EXCLUDED.revision, EXCLUDED.confirmed_at)`,
			e.ID, e.AccountID, e.URI, e.Kind, e.Name, e.Summary, e.Level, e.Region, e.Organization, e.Unit, e.Cadence, e.Members, e.Email, e.Phone, e.Website, e.Page,
			e.Revision, e.ConfirmedAt, e.UpdatedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteRemote(ctx context.Context, q sqlx.ExtContext, accountID int64, uri string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM directory_entries WHERE account_id = $1 AND uri = $2`, accountID, uri)
	return err
}
