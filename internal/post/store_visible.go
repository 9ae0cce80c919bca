package post

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
)

// VisibleTo returns the SQL condition that the post with alias p is published and may be seen by the account whose id
// the parameter viewer (such as "$1") holds; 0 is a visitor. Nobody sees what moderators hid, nor the posts of hidden accounts:
// suspended, or of domains this instance does not federate with. Every query that shows posts to somebody contains it: the
// rule stands only here.
func VisibleTo(p, viewer string) string {
	return `(` + p + `.state = 'published' AND ` + audience(p, viewer) + `)`
}

// ListedTo is VisibleTo for lists that the viewer did not ask for one by one: without the posts of limited accounts, which only
// their followers, and whom they mention, come across.
func ListedTo(p, viewer string) string {
	return `(` + p + `.state = 'published' AND ` + listed(p, viewer) + `)`
}

// ShownTo is ListedTo for a person: without the posts of whom they block or mute, and of instances they want to hear nothing of.
func ShownTo(p, viewer string) string {
	return `(` + ListedTo(p, viewer) + ` AND ` + account.Wanted(p+".account_id", viewer) + `)`
}

// ListedIn is ListedTo for an index of posts that repeats, as post_id, account_id and visibility, what the rule asks of them,
// and has only posts that are published and not hidden. Whom a reader follows, who blocks them and so on is read once, not for
// each of many posts.
func ListedIn(i, viewer string) string {
	return strings.NewReplacer("{i}", i, "{viewer}", viewer+"::bigint").Replace(`((
		{i}.visibility IN ('public', 'unlisted')
		OR {i}.account_id = {viewer}
		OR {i}.visibility = 'network' AND (SELECT EXISTS (
			SELECT 1 FROM accounts ours
			WHERE ours.id = {viewer} AND ours.domain IS NULL AND ours.state = 'active' AND ours.role IN ('member', 'editor', 'moderator', 'admin')))
		OR {i}.visibility = 'followers' AND {i}.account_id IN (` + followed + `)
		OR {i}.post_id IN (SELECT m.post_id FROM mentions m WHERE m.account_id = {viewer}))
		AND {i}.account_id NOT IN (SELECT b.account_id FROM blocks b WHERE b.target_id = {viewer})
		AND {i}.account_id NOT IN (SELECT author.id FROM accounts author WHERE (author.hidden OR author.limited) AND author.hidden)
		AND ({i}.account_id NOT IN (SELECT author.id FROM accounts author WHERE (author.hidden OR author.limited) AND author.limited)
			OR {i}.account_id = {viewer}
			OR {i}.account_id IN (` + followed + `)
			OR {i}.post_id IN (SELECT m.post_id FROM mentions m WHERE m.account_id = {viewer})))`)
}

// followed are whom the viewer follows.
const followed = `SELECT f.target_id FROM follows f WHERE f.account_id = {viewer} AND f.state = 'accepted' AND f.undone_at IS NULL`

// Heard is account.Heard.
func Heard(accountID, viewer string) string { return account.Heard(accountID, viewer) }

// audience is VisibleTo whatever became of the post.
func audience(p, viewer string) string { return addressed(p, viewer, `author.hidden`) }

// listed is ListedTo whatever became of the post.
func listed(p, viewer string) string {
	return addressed(p, viewer, `(author.hidden OR author.limited) AND (author.hidden OR NOT (
			{p}.account_id = {viewer}
			OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = {p}.id AND m.account_id = {viewer})
			OR EXISTS (SELECT 1 FROM follows f
				WHERE f.account_id = {viewer} AND f.target_id = {p}.account_id AND f.state = 'accepted' AND f.undone_at IS NULL)))`)
}

// addressed is the condition that the viewer belongs to those a post is for, unless its author is restricted. Whom the author
// blocks does not belong to them. Restricted authors have a small index of their own: one look into it for each post. It is no
// NOT EXISTS, which would be answered by a join of all posts with all of them where a page needs the newest few.
func addressed(p, viewer, restricted string) string {
	return strings.NewReplacer("{p}", p, "{viewer}", viewer+"::bigint").Replace(`((
		{p}.visibility IN ('public', 'unlisted')
		OR {p}.account_id = {viewer}
		OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = {p}.id AND m.account_id = {viewer})
		OR ({p}.visibility = 'network' AND EXISTS (
			SELECT 1 FROM accounts ours
			WHERE ours.id = {viewer} AND ours.domain IS NULL AND ours.state = 'active' AND ours.role IN ('member', 'editor', 'moderator', 'admin')))
		OR ({p}.visibility = 'followers' AND EXISTS (
			SELECT 1 FROM follows f
			WHERE f.account_id = {viewer} AND f.target_id = {p}.account_id AND f.state = 'accepted' AND f.undone_at IS NULL)))
		AND NOT {p}.hidden
		AND coalesce((SELECT false FROM accounts author WHERE author.id = {p}.account_id AND ` + restricted + `), true)
		AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = {p}.account_id AND b.target_id = {viewer}))`)
}

// seenPost is a post in any state, with whether the viewer belongs to its audience.
type seenPost struct {
	Post
	Seen bool `db:"seen"`
}

func postForViewer(ctx context.Context, db sqlx.ExtContext, viewerID, id int64) (p seenPost, err error) {
	err = sqlx.GetContext(ctx, db, &p, `
		SELECT `+columns+`, `+audience("p", "$1")+` AS seen FROM posts p WHERE p.id = $2`, viewerID, id)
	return p, err
}

func visibleByURIs(ctx context.Context, db sqlx.ExtContext, viewerID int64, uris []string) (list []Post, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p WHERE p.uri = ANY ($2) AND `+VisibleTo("p", "$1"), viewerID, pq.Array(uris))
	return list, err
}

func visibleByIDs(ctx context.Context, db sqlx.ExtContext, viewerID int64, ids []int64) (list []Post, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+columns+` FROM posts p WHERE p.id = ANY ($2) AND `+VisibleTo("p", "$1"), viewerID, pq.Array(ids))
	return list, err
}
