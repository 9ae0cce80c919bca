package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/paging"
)

// heads is a query's condition on rows that lead a group, or are of a kind read apart. Whether the reader wants to hear of who
// is in a group is for membersOf to say: its head may come from somebody the reader has muted since, and the others not.
func (q Query) heads(apart []string, args *[]any) string {
	condition := q.where(args) + ` AND ` + about("n")
	if len(apart) == 0 {
		return condition + ` AND n.head AND (n.group_key <> '' OR ` + from("n") + `)`
	}
	*args = append(*args, pq.Array(apart))
	list := fmt.Sprintf(`n.kind = ANY ($%d::text[])`, len(*args))
	return condition + ` AND (n.head OR ` + list + `) AND (n.group_key <> '' AND NOT ` + list + ` OR ` + from("n") + `)`
}

func findHeads(ctx context.Context, db sqlx.ExtContext, accountID int64, q Query, apart []string) (items []Notification, err error) {
	after, before := q.Page.Bounds()
	args := []any{accountID, after, before}
	condition := q.heads(apart, &args)
	query := q.selectIn(condition, &args)
	err = sqlx.SelectContext(ctx, db, &items, query, args...)
	paging.NewestFirst(q.Page, items)
	return items, err
}

func unreadHeads(ctx context.Context, db sqlx.ExtContext, accountID int64, q Query, apart []string) (n int, err error) {
	after, before := q.Page.Bounds()
	args := []any{accountID, after, before}
	condition := q.heads(apart, &args) + ` AND n.read_at IS NULL AND (n.group_key = '' OR (
		SELECT true FROM notifications g WHERE g.account_id = $1 AND g.group_key = n.group_key AND ` + from("g") + ` ORDER BY g.id DESC LIMIT 1))`
	if q.Kinds != nil {
		args = append(args, pq.Array(q.Kinds))
		condition += fmt.Sprintf(` AND n.kind = ANY ($%d)`, len(args))
	}
	args = append(args, q.Page.Limit)
	err = sqlx.GetContext(ctx, db, &n, fmt.Sprintf(`
		SELECT count(*) FROM (SELECT 1 FROM notifications n WHERE `+condition+` LIMIT $%d) AS listed`, len(args)), args...)
	return n, err
}

// members is what the rows of one group come to.
type members struct {
	Key      string        `db:"group_key"`
	Count    int           `db:"count"`
	NewestID int64         `db:"newest_id"`
	LowestID int64         `db:"lowest_id"`
	At       time.Time     `db:"at"`
	From     pq.Int64Array `db:"from_ids"`
}

// membersOf sums up the groups with the keys, what they are about being shown; lowest is the lower end of the page that shows them.
func membersOf(ctx context.Context, db sqlx.ExtContext, accountID int64, keys []string, lowest int64) (map[string]members, error) {
	byKey := make(map[string]members, len(keys))
	if len(keys) == 0 {
		return byKey, nil
	}
	var list []members
	err := sqlx.SelectContext(ctx, db, &list, `
		SELECT n.group_key, count(*) AS count, max(n.id) AS newest_id, coalesce(min(n.id) FILTER (WHERE n.id >= $3), max(n.id)) AS lowest_id,
			max(n.created_at) AS at, (array_agg(n.from_account_id ORDER BY n.id DESC))[1:$4] AS from_ids
		FROM notifications n WHERE n.account_id = $1 AND n.group_key = ANY ($2) AND n.group_key <> '' AND `+from("n")+` GROUP BY n.group_key`,
		accountID, pq.Array(keys), lowest, sampleSize)
	for _, m := range list {
		byKey[m.Key] = m
	}
	return byKey, err
}

func findMembers(ctx context.Context, db sqlx.ExtContext, accountID int64, key string, page paging.Page) (items []Notification, err error) {
	after, before := page.Bounds()
	err = sqlx.SelectContext(ctx, db, &items, `
		SELECT `+columns+` FROM notifications n
		WHERE n.account_id = $1 AND n.group_key = $2 AND n.group_key <> '' AND n.id > $3 AND n.id < $4 AND `+shown("n")+`
		ORDER BY n.id `+page.Order()+` LIMIT $5`, accountID, key, after, before, page.Size())
	paging.NewestFirst(page, items)
	return items, err
}

func newestOf(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) (n Notification, err error) {
	err = sqlx.GetContext(ctx, db, &n, `
		SELECT `+columns+` FROM notifications n
		WHERE n.account_id = $1 AND n.group_key = $2 AND n.group_key <> '' AND `+shown("n")+` ORDER BY n.id DESC LIMIT 1`, accountID, key)
	return n, err
}

func removeGroup(ctx context.Context, db sqlx.ExtContext, accountID int64, key string) (int64, error) {
	result, err := db.ExecContext(ctx, `DELETE FROM notifications WHERE account_id = $1 AND group_key = $2 AND group_key <> ''`, accountID, key)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
