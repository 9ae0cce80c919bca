package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
)

// stored is one row of activities.
type stored struct {
	ID        int64     `db:"id"`
	URI       string    `db:"uri"`
	AccountID int64     `db:"account_id"`
	Type      string    `db:"type"`
	ObjectURI string    `db:"object_uri"`
	Public    bool      `db:"public"`
	Body      []byte    `db:"body"`
	CreatedAt time.Time `db:"created_at"`
}

// insertActivity stores the bytes once; false when the activity was stored before.
func insertActivity(ctx context.Context, q sqlx.ExtContext, id int64, a vocab.Outgoing, at time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO activities (id, uri, account_id, type, object_uri, public, followers_only, body, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (uri) DO NOTHING`,
		id, a.URI, a.ActorID, a.Type, a.ObjectURI, a.Public, a.FollowersOnly, a.Body, at)
	if err != nil {
		return false, fmt.Errorf("insertActivity %s: %w", a.URI, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func activityByURI(ctx context.Context, q sqlx.ExtContext, uri string) (stored, error) {
	var s stored
	err := sqlx.GetContext(ctx, q, &s,
		`SELECT id, uri, account_id, type, object_uri, public, body, created_at FROM activities WHERE uri = $1`, uri)
	return s, err
}

func activityByID(ctx context.Context, q sqlx.ExtContext, id int64) (stored, error) {
	var s stored
	err := sqlx.GetContext(ctx, q, &s,
		`SELECT id, uri, account_id, type, object_uri, public, body, created_at FROM activities WHERE id = $1`, id)
	return s, err
}

// deletePassedOn removes a group's wrapped announces from before the given time, with their deliveries: an Announce whose
// object is an activity, not a post. They are the bulk of all bytes, and their texts stand in the posts.
func deletePassedOn(ctx context.Context, q sqlx.ExtContext, before time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM activities a WHERE a.created_at < $1 AND a.type = 'Announce' AND a.uri LIKE '%/announces/%'
		AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.uri = a.object_uri)
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.activity_id = a.id AND d.state = 'pending')`, before)
	if err != nil {
		return fmt.Errorf("deletePassedOn: %w", err)
	}
	return nil
}

// deleteDelivered removes the deliveries of activities about which nobody will have to hear again.
func deleteDelivered(ctx context.Context, q sqlx.ExtContext, before time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM deliveries d USING activities a WHERE a.id = d.activity_id AND d.state <> 'pending'
		AND a.created_at < $1 AND a.type IN ('Accept', 'Reject', 'Undo', 'Delete', 'Remove')`, before)
	if err != nil {
		return fmt.Errorf("deleteDelivered: %w", err)
	}
	return nil
}

// receivedBody returns the bytes of an activity that came to our inbox.
func receivedBody(ctx context.Context, q sqlx.ExtContext, id int64) ([]byte, error) {
	var body []byte
	err := sqlx.GetContext(ctx, q, &body, `SELECT body FROM inbox_activities WHERE id = $1`, id)
	return body, err
}

// countActivities counts what an account sent of a type about an object, and how much of it still waits for its
// receivers.
func countActivities(ctx context.Context, q sqlx.ExtContext, accountID int64, typ, objectURI string) (sent, waiting int, err error) {
	err = q.QueryRowxContext(ctx, `SELECT count(DISTINCT a.id), count(d.id) FILTER (WHERE d.state = 'pending')
		FROM activities a LEFT JOIN deliveries d ON d.activity_id = a.id
		WHERE a.account_id = $1 AND a.type = $2 AND a.object_uri = $3`, accountID, typ, objectURI).Scan(&sent, &waiting)
	return sent, waiting, err
}

// sentAdd reports whether our catalogue has told anyone that a post stands in a collection.
func sentAdd(ctx context.Context, q sqlx.ExtContext, collection, postURI string) (bool, error) {
	var yes bool
	err := sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (SELECT 1 FROM activities
		WHERE object_uri = $1 AND type = 'Add' AND starts_with(uri, $2))`, postURI, collection+"#add-")
	return yes, err
}

// lockTables are the rows by which Distribute jobs about the same object take turns.
var lockTables = map[string]string{
	"posts": "posts", "favourites": "favourites", "boosts": "boosts", "follows": "follows", "accounts": "accounts",
	"curations": "curations", "collections": "collections", "poll_votes": "poll_votes", "quote_requests": "quote_requests", "blocks": "blocks", "reports": "reports",
	"directory_entries": "directory_entries",
}

// lockObject locks the row an activity is about. Writers of the row wait, readers and foreign keys do not.
func lockObject(ctx context.Context, q sqlx.ExtContext, table string, id int64) error {
	name, ok := lockTables[table]
	if !ok {
		return fmt.Errorf("lockObject: no table %q", table)
	}
	key := "id"
	if name == "curations" {
		key = "post_id"
	}
	var got int64
	err := sqlx.GetContext(ctx, q, &got, `SELECT `+key+` FROM `+name+` WHERE `+key+` = $1 FOR NO KEY UPDATE`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// postVersion is what a rendered post was true for.
type postVersion struct {
	State      string     `db:"state"`
	Visibility string     `db:"visibility"`
	EditedAt   *time.Time `db:"edited_at"`
}

func (v postVersion) equal(w postVersion) bool {
	return v.State == w.State && v.Visibility == w.Visibility &&
		(v.EditedAt == nil) == (w.EditedAt == nil) && (v.EditedAt == nil || v.EditedAt.Equal(*w.EditedAt))
}

func postVersionByID(ctx context.Context, q sqlx.ExtContext, id int64) (postVersion, error) {
	var v postVersion
	err := sqlx.GetContext(ctx, q, &v, `SELECT state, visibility, edited_at FROM posts WHERE id = $1`, id)
	return v, err
}

// curationState is where a practice stands on our desk.
type curationState struct {
	State    string `db:"state"`
	Featured bool   `db:"featured"`
}

func curationStateByPost(ctx context.Context, q sqlx.ExtContext, postID int64) (curationState, error) {
	var s curationState
	err := sqlx.GetContext(ctx, q, &s, `SELECT state, featured FROM curations WHERE post_id = $1`, postID)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	return s, err
}

// listedRevision is 0 for an entry of the directory that is gone.
func listedRevision(ctx context.Context, q sqlx.ExtContext, id int64) (revision int, err error) {
	err = sqlx.GetContext(ctx, q, &revision, `SELECT revision FROM directory_entries WHERE id = $1 AND account_id IS NULL`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return revision, err
}

// recipients says who gets an activity.
type recipients struct {
	FollowersOf []int64 // accounts whose remote followers get it
	Accounts    []int64 // remote accounts that get it
	Personal    bool    // at their own inbox, never a shared one
	ToldOf      string  // also every inbox that ever got an activity about this object
	ToldBy      int64   // also every inbox that got this activity
	NotHost     string  // except this host, where it came from
	NetworkOnly bool    // only on hosts of the administration network
}
