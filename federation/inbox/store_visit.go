package inbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// visitDue reports whether a thread was not read at its origin for the given time; with none given, for a tenth of the
// time in which nothing happened in it.
func visitDue(ctx context.Context, q sqlx.ExtContext, postID int64, now time.Time, pause time.Duration) (bool, error) {
	var seen struct {
		VisitedAt *time.Time `db:"visited_at"`
		Latest    *time.Time `db:"latest"`
	}
	err := sqlx.GetContext(ctx, q, &seen, `SELECT (SELECT visited_at FROM thread_visits WHERE post_id = $1) AS visited_at,
		(SELECT max(created_at) FROM posts WHERE thread_id = $1) AS latest`, postID)
	if err != nil {
		return false, fmt.Errorf("visitDue %d: %w", postID, err)
	}
	if pause == 0 && seen.Latest != nil {
		pause = min(max(now.Sub(*seen.Latest)/10, visitPause), visitPauseMax)
	}
	return seen.VisitedAt == nil || now.Sub(*seen.VisitedAt) >= pause, nil
}

// beginVisit counts a visit and returns which one it is of those that the thread takes; 0 when it was read to its end since
// the given time.
func beginVisit(ctx context.Context, q sqlx.ExtContext, postID int64, now, since time.Time) (rounds int, err error) {
	err = sqlx.GetContext(ctx, q, &rounds, `INSERT INTO thread_visits AS v (post_id, visited_at, rounds) VALUES ($1, $2, 1)
		ON CONFLICT (post_id) DO UPDATE SET visited_at = $2, rounds = v.rounds + 1 WHERE v.rounds > 0 OR v.visited_at <= $3
		RETURNING rounds`, postID, now, since)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("beginVisit %d: %w", postID, err)
	}
	return rounds, nil
}

func endVisit(ctx context.Context, q sqlx.ExtContext, postID int64) error {
	if _, err := q.ExecContext(ctx, `UPDATE thread_visits SET rounds = 0 WHERE post_id = $1`, postID); err != nil {
		return fmt.Errorf("endVisit %d: %w", postID, err)
	}
	return nil
}

// remotePosts lists the ids of a thread's posts that stand at other servers, for everyone to read, but for the first.
func remotePosts(ctx context.Context, q sqlx.ExtContext, threadID int64, limit int) (uris []string, err error) {
	err = sqlx.SelectContext(ctx, q, &uris, `SELECT uri FROM posts WHERE thread_id = $1 AND id <> $1 AND NOT local
		AND state = 'published' AND visibility IN ('public', 'unlisted') ORDER BY id LIMIT $2`, threadID, limit)
	if err != nil {
		return nil, fmt.Errorf("remotePosts of %d: %w", threadID, err)
	}
	return uris, nil
}
