package curation

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/post"
)

// stepOf numbers the step that a time falls in, from 1. $1 are the beginnings of the steps.
func stepOf(at string) string { return `width_bucket(` + at + `, $1::text[]::timestamptz[])` }

func times(list []time.Time) any {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.Format(time.RFC3339)
	}
	return pq.Array(texts)
}

// turns are the moments at which practices began or ceased to be open: they arrive, are decided, come back and are withdrawn. A
// decision that was taken back was none.
const turns = `
	SELECT c.post_id, c.received_at AS at, true AS open FROM curations c
	UNION ALL SELECT d.post_id, d.created_at, d.decision = 'reopen' FROM curation_decisions d
		WHERE d.decision IN ('accept', 'decline', 'reopen') AND NOT d.undone
	UNION ALL SELECT c.post_id, coalesce(p.withdrawn_at, 'infinity'), false FROM curations c JOIN posts p ON p.id = c.post_id`

// reportSteps tells of each step.
func reportSteps(ctx context.Context, db sqlx.ExtContext, p Period, starts []time.Time) ([]ReportStep, error) {
	steps := make([]ReportStep, len(starts))
	for i, start := range starts {
		steps[i] = ReportStep{Start: start, Decisions: map[string]int{}}
	}
	var rows []struct {
		Step  int    `db:"step"`
		Kind  string `db:"kind"`
		Count int    `db:"count"`
	}
	err := sqlx.SelectContext(ctx, db, &rows, `
		SELECT `+stepOf("c.received_at")+` AS step, 'received' AS kind, count(*) AS count
		FROM curations c WHERE c.received_at >= $2 AND c.received_at < $3 GROUP BY 1
		UNION ALL
		SELECT `+stepOf("d.created_at")+`, d.decision, count(*)
		FROM curation_decisions d WHERE d.created_at >= $2 AND d.created_at < $3 AND NOT d.undone GROUP BY 1, 2
		UNION ALL
		SELECT s.step, 'open', count(*) FROM (
				SELECT t.step, coalesce(lead(t.start) OVER (ORDER BY t.step), $3) AS stop
				FROM unnest($1::text[]::timestamptz[]) WITH ORDINALITY AS t (start, step)
			) s JOIN (
				SELECT t.at, t.open, lead(t.at) OVER (PARTITION BY t.post_id ORDER BY t.at, t.open DESC) AS until FROM (`+turns+`) t
			) span ON span.open AND span.at < s.stop AND span.until >= s.stop
		GROUP BY 1`, times(starts), p.From, p.To)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		step := &steps[row.Step-1]
		switch row.Kind {
		case "received":
			step.Received = row.Count
		case "open":
			step.Open = row.Count
		default:
			step.Decisions[row.Kind] = row.Count
		}
	}
	return steps, nil
}

// firstVerdict is when a practice was first accepted or declined.
const firstVerdict = `
	SELECT d.post_id, min(d.created_at) AS at FROM curation_decisions d
	WHERE d.decision IN ('accept', 'decline') AND NOT d.undone GROUP BY d.post_id`

// shown is the condition under which a practice can still be read by all.
const shown = `p.state = 'published' AND p.visibility = 'public'`

func reportOrigins(ctx context.Context, db sqlx.ExtContext, p Period) (list []OriginReport, err error) {
	err = sqlx.SelectContext(ctx, db, &list, `
		SELECT coalesce(a.domain, '') AS host, count(*) AS received,
			count(*) FILTER (WHERE `+shown+` AND c.state = 'accepted') AS accepted,
			count(*) FILTER (WHERE `+shown+` AND c.state = 'declined') AS declined,
			count(*) FILTER (WHERE `+shown+` AND c.state NOT IN ('accepted', 'declined')) AS open,
			count(*) FILTER (WHERE NOT (`+shown+`)) AS withdrawn,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM v.at - c.received_at)) FILTER (WHERE v.at IS NOT NULL) AS median
		FROM curations c JOIN posts p ON p.id = c.post_id JOIN accounts a ON a.id = p.account_id LEFT JOIN (`+firstVerdict+`) v ON v.post_id = c.post_id
		WHERE c.received_at >= $1 AND c.received_at < $2
		GROUP BY 1 ORDER BY 2 DESC, 1`, p.From, p.To)
	return list, err
}

func reportDelay(ctx context.Context, db sqlx.ExtContext, p Period) (d Delay, err error) {
	err = sqlx.GetContext(ctx, db, &d, `
		SELECT count(*) AS decided, coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY w.seconds), 0) AS median,
			coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY w.seconds), 0) AS most, coalesce(max(w.seconds), 0) AS longest,
			count(*) FILTER (WHERE w.days <= 1) AS day, count(*) FILTER (WHERE w.days > 1 AND w.days <= 7) AS week,
			count(*) FILTER (WHERE w.days > 7 AND w.days <= 30) AS month, count(*) FILTER (WHERE w.days > 30 AND w.days <= 90) AS quarter,
			count(*) FILTER (WHERE w.days > 90) AS later
		FROM (
			SELECT extract(epoch FROM v.at - c.received_at)::double precision AS seconds, extract(epoch FROM v.at - c.received_at) / 86400 AS days
			FROM (`+firstVerdict+`) v JOIN curations c ON c.post_id = v.post_id WHERE v.at >= $1 AND v.at < $2
		) w`, p.From, p.To)
	return d, err
}

// openRow is a practice that waits.
type openRow struct {
	PostID     int64     `db:"post_id"`
	ReceivedAt time.Time `db:"received_at"`
}

func oldestOpen(ctx context.Context, db sqlx.ExtContext, limit int) (rows []openRow, err error) {
	err = sqlx.SelectContext(ctx, db, &rows, `
		SELECT c.post_id, c.received_at`+onDesk+`WHERE c.state NOT IN ('accepted', 'declined') ORDER BY c.received_at, c.post_id LIMIT $1`, limit)
	return rows, err
}

// participation tells of every one of keys, and of what names none or another, by the level or the region that practices name.
func participation(ctx context.Context, db sqlx.ExtContext, p Period, by string, starts []time.Time, keys []string) ([]Participation, error) {
	keys = append(slices.Clone(keys), "")
	list := make([]Participation, len(keys))
	at := map[string]*Participation{}
	for i, key := range keys {
		list[i] = Participation{Key: key, Counts: make([]int, len(starts))}
		at[key] = &list[i]
	}
	line := func(key string) *Participation {
		if l := at[key]; l != nil {
			return l
		}
		return at[""]
	}
	var counts []struct {
		Key   string `db:"key"`
		Step  int    `db:"step"`
		Count int    `db:"count"`
	}
	if err := sqlx.SelectContext(ctx, db, &counts, `
		SELECT d.`+by+` AS key, `+stepOf("c.received_at")+` AS step, count(*) AS count
		FROM curations c JOIN practices d ON d.post_id = c.post_id WHERE c.received_at >= $2 AND c.received_at < $3 GROUP BY 1, 2`,
		times(starts), p.From, p.To); err != nil {
		return nil, err
	}
	for _, c := range counts {
		l := line(c.Key)
		l.Counts[c.Step-1] += c.Count
		l.Practices += c.Count
	}
	var others []struct {
		Key    string `db:"key"`
		Count  int    `db:"count"`
		Reuses bool   `db:"reuses"`
	}
	if err := sqlx.SelectContext(ctx, db, &others, `
		SELECT d.`+by+` AS key, count(DISTINCT coalesce(nullif(d.organization_name, ''), p.account_id::text)) AS count, false AS reuses
		FROM curations c JOIN practices d ON d.post_id = c.post_id JOIN posts p ON p.id = c.post_id
		WHERE c.received_at >= $1 AND c.received_at < $2 GROUP BY 1
		UNION ALL
		SELECT u.`+by+`, count(DISTINCT (p.in_reply_to_id, p.account_id)), true
		FROM reuses u JOIN posts p ON p.id = u.post_id JOIN curations c ON c.post_id = p.in_reply_to_id
		WHERE p.role = 'Reuse' AND u.state <> 'rejected' AND p.published_at >= $1 AND p.published_at < $2
			AND p.visibility = 'public' AND `+post.VisibleTo("p", "0")+` GROUP BY 1`, p.From, p.To); err != nil {
		return nil, err
	}
	for _, o := range others {
		if o.Reuses {
			line(o.Key).Reuses += o.Count
		} else {
			line(o.Key).Organizations += o.Count
		}
	}
	return list, nil
}
