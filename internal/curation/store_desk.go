package curation

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Conditions over curations c, practices d, posts p and the catalogue's id.
var (
	isOpen = `(c.state = 'waiting' OR c.state = 'accepted' AND d.revision > c.revision_accepted)`
	isLate = `(c.later_until IS NOT NULL AND c.later_until > now())`
	// An answer hangs below the question; the authors may as well answer elsewhere in the thread.
	isAnswered = `(c.question_id IS NOT NULL AND EXISTS (SELECT 1 FROM posts r, posts q WHERE q.id = c.question_id AND r.account_id <> q.account_id
		AND (r.in_reply_to_id = q.id OR r.thread_id = q.thread_id AND r.id > q.id AND r.account_id = p.account_id)
		AND ` + post.VisibleTo("r", "q.account_id") + `))`
	// Few questions are open: which of them were answered is looked up once, before all that is counted and listed.
	withAnswers = `WITH answers AS MATERIALIZED (SELECT c.post_id FROM curations c JOIN posts p ON p.id = c.post_id WHERE ` + isAnswered + `) `
	hasAnswer   = `(c.question_id IS NOT NULL AND c.post_id IN (SELECT post_id FROM answers))`
	isAsked     = `(c.question_id IS NOT NULL AND c.post_id NOT IN (SELECT post_id FROM answers))`
)

// tabs are the conditions of the desk's tabs, in queries that begin withAnswers.
var tabs = map[string]string{
	Waiting:   `c.state = 'waiting' AND c.proposal = '' AND NOT ` + isLate + ` AND NOT ` + isAsked,
	Changed:   `c.state = 'accepted' AND d.revision > c.revision_accepted AND c.proposal = '' AND NOT ` + isLate + ` AND NOT ` + isAsked,
	Proposed:  `c.proposal <> '' AND NOT ` + isLate,
	Asked:     isAsked + ` AND c.state <> 'declined' AND c.proposal = '' AND NOT ` + isLate,
	Postponed: isLate + ` AND ` + isOpen,
	Accepted:  `c.state = 'accepted'`,
	Declined:  `c.state = 'declined'`,
}

const onDesk = ` FROM curations c JOIN posts p ON p.id = c.post_id AND p.state = 'published' AND p.visibility = 'public'
	JOIN practices d ON d.post_id = c.post_id `

// gone are those that stood on the desk and are there no more for everyone, until an editor has noticed.
const gone = ` FROM curations c JOIN posts p ON p.id = c.post_id AND (p.state = 'withdrawn' OR p.visibility <> 'public')
	JOIN practices d ON d.post_id = c.post_id AND NOT c.noticed AND (c.state <> 'waiting' OR c.question_id IS NOT NULL OR c.proposal <> '') `

func countTabs(ctx context.Context, db sqlx.ExtContext) (map[string]int, error) {
	var columns []string
	for _, state := range States {
		if state != Withdrawn {
			columns = append(columns, `count(*) FILTER (WHERE `+tabs[state]+`) AS `+state)
		}
	}
	var row struct{ Waiting, Changed, Proposed, Asked, Postponed, Withdrawn, Accepted, Declined int }
	err := sqlx.GetContext(ctx, db, &row, withAnswers+`SELECT `+strings.Join(columns, ", ")+`, (SELECT count(*)`+gone+`) AS withdrawn`+onDesk)
	return map[string]int{
		Waiting: row.Waiting, Changed: row.Changed, Proposed: row.Proposed, Asked: row.Asked, Postponed: row.Postponed, Withdrawn: row.Withdrawn,
		Accepted: row.Accepted, Declined: row.Declined,
	}, err
}

// matching is what a query asks for, of a tab's practices: from what it is read, under which condition. Its parameters are $1 to $6.
func (q DeskQuery) matching() string {
	from, where := onDesk, tabs[q.State]
	if q.State == Withdrawn {
		from, where = gone, `true`
	}
	return from + `JOIN accounts a ON a.id = p.account_id WHERE ` + where + `
		AND ($1 = '' OR coalesce(a.domain, '` + practice.LocalOrigin + `') = $1) AND ($2 = '' OR d.level = $2) AND ($3 = '' OR d.region = $3)
		AND ($4 = '' OR EXISTS (SELECT 1 FROM practice_terms t WHERE t.post_id = c.post_id AND t.scheme = 'field' AND lower(t.name) = lower($4)))
		AND ($5::bigint = 0 OR c.editor_id = $5) AND (NOT $6::boolean OR c.editor_id IS NULL)`
}

func (q DeskQuery) arguments() []any {
	return []any{q.Origin, q.Level, q.Region, q.Field, q.EditorID, q.Unassigned}
}

// deskRow is an entry with what else the desk shows of it.
type deskRow struct {
	entry
	ReceivedAt  time.Time  `db:"received_at"`
	URI         string     `db:"uri"`
	AuthorID    int64      `db:"author_id"`
	WithdrawnAt *time.Time `db:"withdrawn_at"`
	Answered    bool       `db:"answered"`
	Group       int        `db:"group_size"`
	Total       int        `db:"total"`
}

var deskColumns = entryColumns + `, c.received_at, p.uri, p.account_id AS author_id, p.withdrawn_at,
	CASE WHEN c.lead_id IS NULL THEN (SELECT count(*) + 1 FROM curations g WHERE g.lead_id = c.post_id) ELSE 0 END AS group_size`

// orders is what the tabs begin with: what waits for longest, an answer before all; what was decided last.
var orders = map[string]string{
	Waiting:   hasAnswer + ` DESC, c.received_at, c.post_id`,
	Changed:   hasAnswer + ` DESC, d.updated_at, c.post_id`,
	Proposed:  `c.proposed_at, c.post_id`,
	Asked:     `c.question_id, c.post_id`,
	Postponed: `c.later_until, c.post_id`,
	Withdrawn: `p.withdrawn_at DESC NULLS FIRST, c.post_id DESC`,
	Accepted:  `c.decided_at DESC, c.post_id DESC`,
	Declined:  `c.decided_at DESC, c.post_id DESC`,
}

func deskPage(ctx context.Context, db sqlx.ExtContext, q DeskQuery) (rows []deskRow, total int, err error) {
	// The page is chosen before what is shown of its few rows is looked up.
	err = sqlx.SelectContext(ctx, db, &rows, withAnswers+`, page AS (
			SELECT c.post_id, row_number() OVER (ORDER BY `+orders[q.State]+`) AS place, count(*) OVER () AS total`+q.matching()+`
			ORDER BY place OFFSET $7 LIMIT $8
		)
		SELECT `+deskColumns+`, `+hasAnswer+` AS answered, page.total FROM page JOIN curations c ON c.post_id = page.post_id JOIN posts p ON p.id = c.post_id ORDER BY page.place`,
		append(q.arguments(), q.Offset, q.Limit)...)
	if len(rows) > 0 {
		return rows, rows[0].Total, err
	}
	if err == nil && q.Offset > 0 {
		err = sqlx.GetContext(ctx, db, &total, withAnswers+`SELECT count(*)`+q.matching(), q.arguments()...)
	}
	return rows, total, err
}

func deskRowOf(ctx context.Context, db sqlx.ExtContext, postID int64) (row deskRow, err error) {
	err = sqlx.GetContext(ctx, db, &row, `
		SELECT `+deskColumns+`, `+isAnswered+` AS answered, 1 AS total FROM curations c JOIN posts p ON p.id = c.post_id WHERE c.post_id = $1`, postID)
	return row, err
}

// deskChoices lists what a tab can be narrowed to, whatever it is narrowed to now.
func deskChoices(ctx context.Context, db sqlx.ExtContext, state string) (map[string][]practice.Facet, error) {
	var rows []struct {
		Kind string `db:"kind"`
		practice.Facet
	}
	err := sqlx.SelectContext(ctx, db, &rows, withAnswers+`, tab AS MATERIALIZED (
			SELECT c.post_id, coalesce(a.domain, '`+practice.LocalOrigin+`') AS origin, d.level, d.region`+DeskQuery{State: state}.matching()+`
		)
		SELECT 'origin' AS kind, origin AS value, count(*) AS count FROM tab GROUP BY origin
		UNION ALL SELECT 'level', level, count(*) FROM tab WHERE level <> '' GROUP BY level
		UNION ALL SELECT 'region', region, count(*) FROM tab WHERE region <> '' GROUP BY region
		UNION ALL SELECT 'field', min(t.name), count(DISTINCT t.post_id) FROM tab JOIN practice_terms t ON t.post_id = tab.post_id AND t.scheme = 'field'
			GROUP BY lower(t.name)
		ORDER BY kind, value`, DeskQuery{State: state}.arguments()...)
	choices := map[string][]practice.Facet{}
	for _, r := range rows {
		choices[r.Kind] = append(choices[r.Kind], r.Facet)
	}
	return choices, err
}

// answersTo lists what was answered to a question, oldest first.
func answersTo(ctx context.Context, db sqlx.ExtContext, questionID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT r.id FROM posts q JOIN posts p ON p.id = q.thread_id
			JOIN posts r ON r.thread_id = q.thread_id AND r.account_id <> q.account_id
				AND (r.in_reply_to_id = q.id OR r.id > q.id AND r.account_id = p.account_id)
		WHERE q.id = $1 AND `+post.VisibleTo("r", "q.account_id")+` ORDER BY r.id LIMIT 50`, questionID)
	return ids, err
}

// lockGroups locks the entries of the groups that practices belong to, by post id. Groups change one after the other: an entry that
// was put into another one while we waited for it would be missing from what is read here.
func lockGroups(ctx context.Context, db sqlx.ExtContext, ids []int64) (list []entry, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if _, err := db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('curation groups', 0))`); err != nil {
		return nil, err
	}
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT `+entryColumns+` FROM curations c
		WHERE coalesce(c.lead_id, c.post_id) IN (SELECT coalesce(g.lead_id, g.post_id) FROM curations g WHERE g.post_id = ANY ($1))
		ORDER BY c.post_id FOR UPDATE`, pq.Array(ids))
	return list, err
}

// isEditor reports whether an account may decide, and goes on to until the transaction ends: account.Able in SQL.
func isEditor(ctx context.Context, db sqlx.ExtContext, accountID int64) (yes bool, err error) {
	var ids []int64
	err = sqlx.SelectContext(ctx, db, &ids, `
		SELECT id FROM accounts WHERE id = $1 AND domain IS NULL AND role IN ('editor', 'moderator', 'admin') AND state = 'active' AND NOT hidden FOR SHARE`, accountID)
	return len(ids) > 0, err
}

func setLead(ctx context.Context, db sqlx.ExtContext, postID int64, lead *int64) error {
	_, err := db.ExecContext(ctx, `UPDATE curations SET lead_id = $2 WHERE post_id = $1`, postID, lead)
	return err
}

// groupOf lists the practices of one's group, the lead entry first.
func groupOf(ctx context.Context, db sqlx.ExtContext, postID int64) (ids []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &ids, `
		WITH lead AS (SELECT coalesce(lead_id, post_id) AS id FROM curations WHERE post_id = $1)
		SELECT c.post_id FROM lead JOIN curations c ON c.post_id = lead.id OR c.lead_id = lead.id ORDER BY c.lead_id NULLS FIRST, c.post_id`, postID)
	return ids, err
}

type relatedRow struct {
	PostID int64  `db:"post_id"`
	Why    string `db:"why"`
}

// relatedEntries lists practices on the desk of which it is said outright that they belong to one, and that are not in its group.
func relatedEntries(ctx context.Context, db sqlx.ExtContext, postID int64) (rows []relatedRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		WITH self AS (
			SELECT p.id, p.uri, p.title, d.reuse_of, coalesce(c.lead_id, c.post_id) AS lead
			FROM posts p JOIN practices d ON d.post_id = p.id JOIN curations c ON c.post_id = p.id WHERE p.id = $1
		), related AS (
			SELECT p.id, 1 AS place, '`+ReusedByIt+`' AS why FROM self JOIN posts p ON p.uri = self.reuse_of AND self.reuse_of <> ''
			UNION ALL SELECT p.in_reply_to_id, 1, '`+ReusedByIt+`' FROM self JOIN reuses u ON u.practice_uri = self.uri AND u.practice_uri <> ''
				JOIN posts p ON p.id = u.post_id AND p.state = 'published' AND p.visibility = 'public'
			UNION ALL SELECT d.post_id, 2, '`+ReusesIt+`' FROM self JOIN practices d ON d.reuse_of = self.uri AND d.reuse_of <> ''
			UNION ALL SELECT o.id, 2, '`+ReusesIt+`' FROM self JOIN posts p ON p.in_reply_to_id = self.id AND p.role = 'Reuse' AND p.state = 'published' AND p.visibility = 'public'
				JOIN reuses u ON u.post_id = p.id AND u.practice_uri <> '' JOIN posts o ON o.uri = u.practice_uri
			UNION ALL SELECT d.post_id, 3, '`+SameSource+`' FROM self JOIN practices d ON d.reuse_of = self.reuse_of AND d.reuse_of <> ''
			UNION ALL SELECT p.id, 4, '`+SameTitle+`' FROM self JOIN curations c ON c.post_id <> self.id
				JOIN posts p ON p.id = c.post_id AND lower(p.title) = lower(self.title)
		)
		SELECT r.id AS post_id, min(r.place || r.why) AS why
		FROM related r JOIN self ON r.id <> self.id JOIN curations c ON c.post_id = r.id AND coalesce(c.lead_id, c.post_id) <> self.lead
			JOIN posts p ON p.id = c.post_id AND p.state = 'published' AND p.visibility = 'public'
		GROUP BY r.id ORDER BY why, r.id LIMIT 10`, postID)
	for i := range rows {
		rows[i].Why = strings.TrimLeft(rows[i].Why, "1234")
	}
	return rows, err
}

// groupable returns those of the ids that stand on the desk and not in the practice's group.
func groupable(ctx context.Context, db sqlx.ExtContext, postID int64, ids []int64) (list []int64, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT x.id FROM unnest($2::bigint[]) WITH ORDINALITY AS x (id, place) JOIN curations c ON c.post_id = x.id
		WHERE coalesce(c.lead_id, c.post_id) <> (SELECT coalesce(s.lead_id, s.post_id) FROM curations s WHERE s.post_id = $1)
		ORDER BY x.place`, postID, pq.Array(ids))
	return list, err
}
