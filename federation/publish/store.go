package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/post"
)

// outboxEntry is one line of an outbox: a post, or a boost of one.
type outboxEntry struct {
	ID           int64     `db:"id"`
	PostURI      string    `db:"post_uri"`
	InReplyToURI string    `db:"in_reply_to_uri"`
	AuthorID     int64     `db:"author_id"`
	BoostURI     string    `db:"boost_uri"`
	At           time.Time `db:"at"`
}

// CreateURI is the id of the activity that told of the post.
func (e outboxEntry) CreateURI() string {
	return vocab.CreateURI(post.Post{URI: e.PostURI, InReplyToURI: e.InReplyToURI})
}

// outboxSQL lists what everyone may see: own posts, top-level posts of the account's board (a group), boosts.
var outboxSQL = `
	SELECT p.id, p.uri AS post_uri, p.in_reply_to_uri, p.account_id AS author_id, '' AS boost_uri, p.published_at AS at FROM posts p
	WHERE p.visibility IN ('public', 'unlisted') AND p.published_at IS NOT NULL AND ` + post.VisibleTo("p", "0") + `
		AND (p.account_id = $1 OR (p.board_id = $1 AND p.in_reply_to_uri = ''))
	UNION ALL
	SELECT b.id, p.uri, p.in_reply_to_uri, p.account_id, b.uri, b.created_at FROM boosts b JOIN posts p ON p.id = b.post_id
	WHERE b.account_id = $1 AND b.undone_at IS NULL AND p.visibility IN ('public', 'unlisted') AND ` + post.VisibleTo("p", "0")

func outboxPage(ctx context.Context, q sqlx.ExtContext, accountID, before int64, limit int) ([]outboxEntry, error) {
	var list []outboxEntry
	err := sqlx.SelectContext(ctx, q, &list, `SELECT id, post_uri, in_reply_to_uri, author_id, boost_uri, at FROM (`+outboxSQL+`) o
		WHERE id < $2 ORDER BY id DESC LIMIT $3`, accountID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("publish: outbox of %d: %w", accountID, err)
	}
	return list, nil
}

func countOutbox(ctx context.Context, q sqlx.ExtContext, accountID int64) (int, error) {
	var n int
	err := sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM (`+outboxSQL+`) o`, accountID)
	if err != nil {
		return 0, fmt.Errorf("publish: outbox of %d: %w", accountID, err)
	}
	return n, nil
}

// publicActivity returns the bytes of an activity that everyone may read, unless it was taken back. Follows and Likes are
// addressed to one account only, but their receivers look them up.
func publicActivity(ctx context.Context, q sqlx.ExtContext, uri string) ([]byte, error) {
	var body []byte
	err := sqlx.GetContext(ctx, q, &body, `SELECT body FROM activities a WHERE uri = $1 AND (public OR type IN ('Follow', 'Like'))
		AND NOT EXISTS (SELECT 1 FROM activities u WHERE u.uri = a.uri || '#undo')`, uri)
	return body, err
}

// takenBack reports whether an activity that could be read was undone: who was told of a favourite by a group asks its origin.
func takenBack(ctx context.Context, q sqlx.ExtContext, uri string) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM activities a JOIN activities u ON u.uri = a.uri || '#undo'
		WHERE a.uri = $1 AND (a.public OR a.type IN ('Follow', 'Like')))`, uri)
	if err != nil {
		return false, fmt.Errorf("publish: taken back %s: %w", uri, err)
	}
	return yes, nil
}

// addressed reports whether a host has someone for whom a post is meant: mentioned in it, or, unless author is 0, an accepted
// follower of its author.
func addressed(ctx context.Context, q sqlx.ExtContext, postID, author int64, host string) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (
			SELECT 1 FROM mentions m JOIN accounts a ON a.id = m.account_id
			WHERE m.post_id = $1 AND a.domain IS NOT NULL AND a.state = 'active' AND lower(split_part(a.uri, '/', 3)) = $3
		) OR EXISTS (
			SELECT 1 FROM follows f JOIN accounts a ON a.id = f.account_id
			WHERE f.target_id = $2 AND f.state = 'accepted' AND f.undone_at IS NULL
				AND a.domain IS NOT NULL AND a.state = 'active' AND lower(split_part(a.uri, '/', 3)) = $3)`, postID, author, host)
	return yes, err
}
