package app_test

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
)

// laned makes instances of every kind of lane, and returns the addresses of pages that show them.
func (i *instance) laned(owner account.Account) []string {
	i.t.Helper()
	i.DB.MustExec(`INSERT INTO lanes (host, next_at, failures, failing_since, waiting_since, last_error, answered_at)
		SELECT host, CASE WHEN waits THEN now() + failures * interval '1 minute' END, failures, since, CASE WHEN waits THEN since END, error, now() - interval '10 days'
		FROM (VALUES ('kreis-dithmarschen.example', true, 300, now() - interval '9 days', 'Post "https://kreis-dithmarschen.example/inbox": dial tcp: lookup kreis-dithmarschen.example: no such host'),
			('green-it.verwaltung.example:8443', true, 7, now() - interval '2 hours', 'https://green-it.verwaltung.example:8443/inbox answered 503: Service Unavailable'),
			('amt.example', true, 1, now(), 'https://amt.example/inbox answered 429'), ('ort.example', false, 0, NULL, ''), ('stadt.example', false, 0, NULL, '')) x (host, waits, failures, since, error)`)
	var ids []int64
	err := i.DB.SelectContext(i.t.Context(), &ids, `
		WITH made AS (INSERT INTO activities (id, uri, account_id, type, object_uri, public, body)
			SELECT n, 'https://x.example/lanes/' || n, $1, CASE WHEN n % 2 = 0 THEN 'Create' ELSE 'Update' END, 'https://kg.example/beitraege/1147239871239847', true, '' FROM generate_series(1, 12) n RETURNING id)
		INSERT INTO deliveries (activity_id, inbox_uri, host, state, attempt, last_status, last_error)
		SELECT m.id, 'https://' || h.host || '/inbox', h.host, h.state, h.tries, 503, h.error FROM made m, (VALUES
			('green-it.verwaltung.example:8443', 'pending', 7, 'https://green-it.verwaltung.example:8443/inbox answered 503: Service Unavailable'),
			('ort.example', 'failed', 1, 'https://ort.example/inbox answered 400: {"error":"Bad Request"}'), ('kreis-dithmarschen.example', 'dropped', 40, 'no such host')) h (host, state, tries, error)
		RETURNING id`, owner.ID)
	if err != nil {
		i.t.Fatal(err)
	}
	const list = "/verwaltung/foederation/zustellung"
	one := list + "/green-it.verwaltung.example:8443"
	return []string{list + "?stand=angehalten", list + "?q=nirgends", one, list + "/ort.example?stand=gescheitert", list + "/kreis-dithmarschen.example?stand=verworfen",
		one + "/verwerfen", fmt.Sprintf("%s/%d/verwerfen", one, ids[0])}
}
