package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/web/locales"
)

// lane makes a lane in which something waits and something failed, and returns the ids of the two.
func (h *house) lane(t *testing.T, host string) (waiting, failed int64) {
	t.Helper()
	owner := h.people["admin"]
	must(t, h.db.GetContext(t.Context(), &waiting, `
		WITH activity AS (INSERT INTO activities (id, uri, account_id, type, object_uri, public, body)
			SELECT coalesce(max(id), 0) + 1, 'https://x.example/' || $1 || '/1', $2, 'Create', 'https://x.example/notes/1', true, '' FROM activities RETURNING id)
		INSERT INTO deliveries (activity_id, inbox_uri, host, attempt, last_status, last_error) SELECT id, 'https://' || $1 || '/inbox', $1, 3, 503, 'answered 503 <b>' FROM activity RETURNING id`, host, owner.ID))
	must(t, h.db.GetContext(t.Context(), &failed, `
		WITH activity AS (INSERT INTO activities (id, uri, account_id, type, object_uri, public, body)
			SELECT coalesce(max(id), 0) + 1, 'https://x.example/' || $1 || '/2', $2, 'Update', 'https://x.example/notes/1', true, '' FROM activities RETURNING id)
		INSERT INTO deliveries (activity_id, inbox_uri, host, state, attempt, last_status, last_error) SELECT id, 'https://' || $1 || '/inbox', $1, 'failed', 1, 400, 'answered 400' FROM activity RETURNING id`, host, owner.ID))
	h.db.MustExec(`INSERT INTO lanes (host, next_at, failures, failing_since, waiting_since, last_error) VALUES ($1, now() + interval '20 minutes', 7, now() - interval '2 hours', now() - interval '2 hours', 'answered 503 <b>')`, host)
	return waiting, failed
}

// TestLanes: an administrator finds the instance that does not answer, sees what waits and why, tries again and drops.
func TestLanes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waiting, failed := h.lane(t, "fern.example:8443")
	for n := range 60 {
		h.db.MustExec(`INSERT INTO lanes (host, answered_at) VALUES ($1, now())`, fmt.Sprintf("nah%02d.example", n))
	}
	h.db.MustExec(`INSERT INTO lanes (host, next_at, failures, failing_since) VALUES ('tot.example', now(), 40, now() - interval '9 days')`)
	for _, who := range []string{visitorName, "member", "editor", "moderator"} {
		if a := h.get(t, who, lanesPath); a.StatusCode == http.StatusOK {
			t.Errorf("%q sees the lanes", who)
		}
	}
	page := h.get(t, "admin", lanesPath).wants(t, http.StatusOK)
	rows := page.Find("main tbody tr")
	if rows.Length() != lanesAtOnce || !strings.Contains(rows.Eq(0).Text(), "tot.example") || !strings.Contains(rows.Eq(1).Text(), "fern.example:8443") {
		t.Errorf("%d rows, first %s", rows.Length(), rows.Eq(0).Text())
	}
	if got := strings.Join(strings.Fields(rows.Eq(1).Text()), " "); !strings.Contains(got, "angehaltenDie Instanz ist gestört (503). 1 1 0") || strings.Contains(got, "answered") {
		t.Errorf("row: %s", got)
	}
	if got := page.text("main .badges"); !strings.Contains(got, "ruht: 1") || !strings.Contains(got, "angehalten: 1") || !strings.Contains(got, "alles angekommen: 60") {
		t.Errorf("counts: %s", got)
	}
	next := page.Find("a[rel=next]").AttrOr("href", "")
	if got := h.get(t, "admin", next).wants(t, http.StatusOK).Find("main tbody tr").Length(); got != 12 {
		t.Errorf("%d rows on the second page", got)
	}
	for query, want := range map[string]int{"?q=FERN": 1, "?stand=angehalten": 1, "?stand=leer&q=nah0": 10, "?stand=verloren": 0, "?stand=unsinn": lanesAtOnce, "?seite=99": 0} {
		if got := h.get(t, "admin", lanesPath+query).wants(t, http.StatusOK).Find("main tbody tr").Length(); got != want {
			t.Errorf("%s: %d rows, want %d", query, got, want)
		}
	}

	own := lanesPath + "/fern.example:8443"
	page = h.get(t, "admin", own).wants(t, http.StatusOK)
	if got := page.text("main tbody"); !strings.Contains(got, "neuer Beitrag") || strings.Contains(got, "Änderung") || !strings.Contains(got, "Die Instanz ist gestört (503).") || !strings.Contains(page.text("main tbody details"), "answered 503 <b>") {
		t.Errorf("what waits: %s", got)
	}
	if got := h.get(t, "admin", own+"?stand=gescheitert").text("main tbody"); !strings.Contains(got, "Änderung") || !strings.Contains(got, "Die Instanz hat die Sendung abgelehnt (400).") {
		t.Errorf("what failed: %s", got)
	}
	h.get(t, "admin", own+"?stand=unsinn").wants(t, http.StatusNotFound)
	h.get(t, "admin", lanesPath+"/nie.example").wants(t, http.StatusNotFound)
	h.get(t, "admin", fmt.Sprintf("%s/nah00.example/%d/verwerfen", lanesPath, waiting)).wants(t, http.StatusNotFound)

	h.post(t, "admin", own+"/versuchen", nil).leadsTo(t, own)
	if n := rowsOf(t, h, `SELECT count(*) FROM lanes WHERE host = 'fern.example:8443' AND next_at <= now() AND failures = 7`); n != 1 {
		t.Error("the lane is not due, or what is known of the host is forgotten")
	}
	h.post(t, "admin", fmt.Sprintf("%s/%d/versuchen", own, failed), nil).leadsTo(t, own)
	if n := rowsOf(t, h, `SELECT count(*) FROM deliveries WHERE host = 'fern.example:8443' AND state = 'pending'`); n != 2 {
		t.Errorf("%d wait", n)
	}
	ask := h.get(t, "admin", fmt.Sprintf("%s/%d/verwerfen", own, waiting)).wants(t, http.StatusOK)
	h.post(t, "admin", ask.Find("main form").AttrOr("action", ""), nil).leadsTo(t, own)
	if n := rowsOf(t, h, `SELECT count(*) FROM deliveries WHERE id = $1 AND state = 'dropped'`, waiting); n != 1 {
		t.Error("not dropped")
	}
	ask = h.get(t, "admin", own+"/verwerfen").wants(t, http.StatusOK)
	if !strings.Contains(ask.text("main"), "Eine wartende oder gescheiterte Sendung") {
		t.Errorf("asks: %s", ask.text("main"))
	}
	h.post(t, "admin", ask.Find("main form").AttrOr("action", ""), nil).leadsTo(t, own)
	if n := rowsOf(t, h, `SELECT count(*) FROM lanes l WHERE host = 'fern.example:8443' AND next_at IS NULL AND NOT EXISTS (
		SELECT 1 FROM deliveries d WHERE d.host = l.host AND d.state <> 'dropped')`); n != 1 {
		t.Error("something waits still")
	}
	if got := h.get(t, "admin", "/verwaltung/protokoll").text("main tbody"); strings.Count(got, "Sendungen verworfen") != 2 || strings.Count(got, "Zustellung sofort versucht") != 2 || !strings.Contains(got, "fern.example:8443") {
		t.Errorf("log: %s", got)
	}
	if _, err := h.Lanes.Get(t.Context(), account.Account{Role: account.RoleModerator}, "fern.example:8443"); err == nil {
		t.Error("a moderator may look")
	}
}

func rowsOf(t *testing.T, h *house, query string, args ...any) (n int) {
	t.Helper()
	must(t, h.db.GetContext(t.Context(), &n, query, args...))
	return n
}

// TestDeliveriesInWords: what waits is said in words, with the title and a link where the administrator may see it; nothing is said of
// what only few may read.
func TestDeliveriesInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const host = "fern.example"
	h.lane(t, host)
	open := h.discussion(t, "member", "Kühlung <b>im Sommer</b>", "Text")
	secret, err := h.Posts.Create(t.Context(), h.people["member"], post.Draft{Title: "Im Vertrauen", Source: "@guest", Visibility: post.Direct, Language: "de"})
	must(t, err)
	note := h.received(t, h.stranger(t, "nele", host), "https://fern.example/notes/1", strings.Repeat("lang ", 40))
	member := h.people["member"]
	send := func(uri, kind, object string) int64 {
		t.Helper()
		var id int64
		must(t, h.db.GetContext(t.Context(), &id, `
			WITH activity AS (INSERT INTO activities (id, uri, account_id, type, object_uri, public, body)
				SELECT max(id) + 1, $1, $2, $3, $4, false, '' FROM activities RETURNING id)
			INSERT INTO deliveries (activity_id, inbox_uri, host) SELECT id, 'https://fern.example/inbox', $5 FROM activity RETURNING id`, uri, member.ID, kind, object, host))
		return id
	}
	h.db.MustExec(`DELETE FROM deliveries`)
	for n, tt := range []struct{ kind, object, says, href string }{
		{"Create", open.URI, "neuer Beitrag | Kühlung <b>im Sommer</b>", fmt.Sprintf("/beitraege/%d", open.ID)},
		{"Update", open.URI, "Änderung | Kühlung <b>im Sommer</b>", fmt.Sprintf("/beitraege/%d", open.ID)},
		{"Create", secret.URI, "neuer Beitrag | hier nicht einsehbar", ""},
		{"Like", note.URI, "favorisiert | lang lang", fmt.Sprintf("/beitraege/%d", note.ID)},
		{"Undo", "https://x.example/activities/3", "Zurücknahme: favorisiert | lang lang", fmt.Sprintf("/beitraege/%d", note.ID)},
		{"Update", member.URI, "Änderung am Profil | Stelle member", "/@member"},
		{"Delete", member.URI, "Löschung des Kontos | Stelle member", "/@member"},
		{"Delete", "https://sh.example/beitraege/1", "Löschung | hier nicht einsehbar", ""},
		{"Follow", "https://fern.example/u/nele", "Anfrage zu folgen | Stelle nele", "/@nele@fern.example"},
		{"Announce", "https://x.example/activities/0", "Weitergabe: neuer Beitrag | Kühlung", fmt.Sprintf("/beitraege/%d", open.ID)},
		{"Announce", note.URI, "Weitergabe | lang lang", fmt.Sprintf("/beitraege/%d", note.ID)},
		{"Undo", "https://x.example/unknown", "Zurücknahme | hier nicht einsehbar", ""},
		{"Arrive", "https://x.example/unknown", "andere Sendung | hier nicht einsehbar", ""},
	} {
		id := send(fmt.Sprintf("https://x.example/activities/%d", n), tt.kind, tt.object)
		page := h.get(t, "admin", laneAddress(host)).wants(t, http.StatusOK)
		row := page.Find("main tbody tr").Last()
		about := row.Find("td").First().Clone()
		about.Find("details").Remove()
		if got := strings.TrimSpace(row.Find("th").Text()) + " | " + strings.Join(strings.Fields(about.Text()), " "); !strings.HasPrefix(got, tt.says) {
			t.Errorf("%s %s: %q, want %q", tt.kind, tt.object, got, tt.says)
		}
		if got := about.Find("a").AttrOr("href", ""); got != tt.href {
			t.Errorf("%s %s leads to %q", tt.kind, tt.object, got)
		}
		if got := row.Find("details p").Text(); !strings.Contains(got, tt.kind+" "+tt.object) {
			t.Errorf("technical details: %s", got)
		}
		ask := h.get(t, "admin", fmt.Sprintf("%s/%d/verwerfen", laneAddress(host), id)).wants(t, http.StatusOK).text("main")
		kind, title, _ := strings.Cut(tt.says, " | ")
		if strings.Contains(ask, "https://") || strings.Contains(ask, tt.kind+" ") || !strings.Contains(ask, "„"+kind) || tt.href != "" && !strings.Contains(ask, title) || strings.Contains(ask, "Im Vertrauen") {
			t.Errorf("%s %s: asks %s", tt.kind, tt.object, ask)
		}
	}
	if strings.Contains(h.get(t, "admin", laneAddress(host)).body, "Im Vertrauen") {
		t.Error("an administrator reads what was written to others")
	}
}

// TestLaneError: what the network and other servers say is told in words, and never as what it is not.
func TestLaneError(t *testing.T) {
	t.Parallel()
	bundle, err := locales.Load()
	must(t, err)
	l := bundle.For("de")
	for text, want := range map[string]string{
		"": "",
		`transport.Post https://a.example/inbox: Post "https://a.example/inbox": dial tcp: lookup a.example: no such host`:     "Den Namen dieser Instanz gibt es im Netz nicht.",
		`Post "https://a.example/inbox": dial tcp 192.0.2.1:443: connect: connection refused`:                                  "Der Server nimmt keine Verbindung an.",
		`Post "https://a.example/inbox": tls: failed to verify certificate: x509: certificate has expired or is not yet valid`: "Der Server kann sich nicht ausweisen: Sein Zertifikat ist ungültig oder abgelaufen.",
		`Post "https://a.example/inbox": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`:           "Der Server hat nicht rechtzeitig geantwortet.",
		`Post "https://a.example/inbox": EOF`:                           "Die Verbindung ist abgebrochen.",
		`https://a.example/inbox answered 401: who are you?`:            "Die Instanz nimmt von uns nichts an (401).",
		`https://a.example/inbox answered 410`:                          "Das Postfach gibt es dort nicht mehr (410).",
		`https://a.example/inbox answered 429: connection refused`:      "Die Instanz bittet uns, langsamer zu senden (429).",
		`https://timeout.example/inbox answered 500: suspended`:         "Die Instanz ist gestört (500).",
		`https://a.example/inbox answered 400: {"error":"Bad Request"}`: "Die Instanz hat die Sendung abgelehnt (400).",
		"suspended":          "Das Konto oder die Instanz ist gesperrt.",
		"not in the network": "Die Instanz gehört nicht zum Netzwerk, für das der Beitrag bestimmt ist.",
		"something new":      "Das Senden ist an etwas anderem gescheitert. Der genaue Wortlaut steht auf der Seite der Instanz.",
	} {
		if got := laneError(l, text); got != want {
			t.Errorf("%q is told as %q, want %q", text, got, want)
		}
	}
}
