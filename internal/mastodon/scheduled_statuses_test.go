package mastodon

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

const scheduledPath = "/api/v1/scheduled_statuses"

func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339Nano) }

// due lets the time of all that waits come.
func (h *house) due() {
	h.t.Helper()
	h.exec(`UPDATE scheduled_posts SET scheduled_at = now() - interval '1 second'`)
}

// publish lets several processes find at once that the time of what waits under id has come: all of them read it before the
// first of them may take it.
func (h *house) publish(id string) {
	h.t.Helper()
	const processes = 3
	ctx := h.t.Context()
	gate, err := h.db.BeginTxx(ctx, nil)
	h.must(err)
	_, err = gate.ExecContext(ctx, `SELECT 1 FROM scheduled_posts WHERE id = $1 FOR UPDATE`, parseID(id))
	h.must(err)
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			if err := h.Schedule.Publish(ctx, parseID(id)); err != nil {
				h.t.Error(err)
			}
		})
	}
	for waiting := 0; waiting < processes; {
		time.Sleep(5 * time.Millisecond)
		h.must(h.db.GetContext(ctx, &waiting, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
	}
	h.must(gate.Commit())
	wg.Wait()
}

func TestScheduledStatus(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	media := member.upload(http.MethodPost, "/api/v2/media", "file", "a.png", picture(t, 8, 8), "description", "alt").wants(http.StatusOK).text("id")
	parent := h.write("other", post.Unlisted, "Frage")
	r := member.json(http.MethodPost, statusesPath, map[string]any{
		"status": "Bald", "scheduled_at": in(time.Hour), "media_ids": []string{media}, "spoiler_text": "w", "visibility": "private", "language": "en",
		"in_reply_to_id": idText(parent.ID),
	}).wants(http.StatusOK)
	id := r.text("id")
	for path, want := range map[string]any{
		"params.text": "Bald", "params.spoiler_text": "w", "params.visibility": "private", "params.language": "en", "params.media_ids.0": media,
		"params.poll": nil, "params.in_reply_to_id": float64(parent.ID), "media_attachments.0.id": media, "content": nil, "error": nil,
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := member.get(scheduledPath).ids(); !slices.Equal(got, []string{id}) {
		t.Errorf("list %v", got)
	}
	for _, other := range []client{h.as("other"), h.as("admin")} {
		other.get(scheduledPath + "/" + id).wants(http.StatusNotFound)
		other.put(scheduledPath+"/"+id, "scheduled_at", in(time.Hour)).wants(http.StatusNotFound)
		other.delete(scheduledPath + "/" + id).wants(http.StatusNotFound)
		if got := other.get(scheduledPath).ids(); len(got) != 0 {
			t.Errorf("somebody else's list %v", got)
		}
	}
	h.must(h.Schedule.Publish(t.Context(), parseID(id))) // too early
	moved := member.put(scheduledPath+"/"+id, "scheduled_at", in(2*time.Hour)).wants(http.StatusOK)
	if moved.text("scheduled_at") <= r.text("scheduled_at") {
		t.Errorf("not moved: %s", moved.body)
	}
	if got := member.get(scheduledPath).ids(); len(got) != 1 {
		t.Fatal("published before its time")
	}
	var jobs int
	h.must(h.db.Get(&jobs, `SELECT count(*) FROM river_job WHERE kind = 'schedule.publish' AND state = 'scheduled'`))
	if jobs != 2 {
		t.Errorf("%d jobs wait for the two times", jobs)
	}
	h.due()
	h.publish(id)
	member.get(scheduledPath + "/" + id).wants(http.StatusNotFound)
	list := member.get("/api/v1/accounts/" + idText(h.id("member")) + "/statuses").wants(http.StatusOK)
	if len(list.list()) != 1 {
		t.Fatalf("published: %s", list.body)
	}
	for path, want := range map[string]any{
		"0.visibility": "private", "0.spoiler_text": "w", "0.media_attachments.0.id": media, "0.language": "en",
		"0.in_reply_to_id": idText(parent.ID),
	} {
		if got := list.at(path); got != want {
			t.Errorf("%s of what was published is %v, want %v", path, got, want)
		}
	}
}

func TestScheduledPoll(t *testing.T) {
	h := newHouse(t)
	r := h.as("member").json(http.MethodPost, statusesPath, map[string]any{
		"status": "Wer?", "scheduled_at": in(time.Hour), "poll": map[string]any{"options": []string{"ja", "nein"}, "expires_in": 3600, "multiple": true},
	}).wants(http.StatusOK)
	if r.text("params.poll.options.1") != "nein" || r.at("params.poll.multiple") != true || r.number("params.poll.expires_in") != 3600 {
		t.Errorf("what waits: %s", r.body)
	}
	h.due()
	h.publish(r.text("id"))
	list := h.as("member").get("/api/v1/accounts/" + idText(h.id("member")) + "/statuses")
	if n := len(list.list()); n != 1 {
		t.Fatalf("published %d times", n)
	}
	ends, err := time.Parse(timeFormat, list.text("0.poll.expires_at"))
	if err != nil || time.Until(ends) > time.Hour || time.Until(ends) < 50*time.Minute {
		t.Errorf("the poll ends %v after its publication (%v)", time.Until(ends), err)
	}
	if list.text("0.poll.options.0.title") != "ja" || list.at("0.poll.multiple") != true {
		t.Errorf("what was published: %s", list.body)
	}
}

func TestScheduledStatusRefuses(t *testing.T) {
	h := newHouse(t)
	post := func(who, at, text string) reply {
		return h.as(who).post(statusesPath, "status", text, "scheduled_at", at)
	}
	for _, at := range []string{in(4 * time.Minute), in(-time.Hour), in(400 * 24 * time.Hour), "morgen"} {
		if r := post("member", at, "x").wants(http.StatusUnprocessableEntity); !strings.Contains(r.text("error"), "Zeitpunkt") {
			t.Errorf("%s: %q", at, r.text("error"))
		}
	}
	post("member", in(time.Hour), "").wants(http.StatusUnprocessableEntity)
	post("guest", in(time.Hour), "x").wants(http.StatusForbidden)
	id := post("member", in(6*time.Minute), "x").wants(http.StatusOK).text("id")
	h.as("member").put(scheduledPath+"/"+id, "scheduled_at", in(time.Minute)).wants(http.StatusUnprocessableEntity)
	h.as("member").put(scheduledPath + "/" + id).wants(http.StatusUnprocessableEntity)
	if got := string(h.as("member").delete(scheduledPath + "/" + id).wants(http.StatusOK).body); strings.TrimSpace(got) != "{}" {
		t.Errorf("deleting answers %s", got)
	}
	h.must(h.Schedule.Publish(t.Context(), parseID(id)))
	h.as("member").delete(scheduledPath + "/" + id).wants(http.StatusNotFound)
}

// What cannot be published at its time stays, and says why.
func TestScheduledStatusThatFails(t *testing.T) {
	h := newHouse(t)
	parent := h.thread("other", "Frage")
	id := h.as("member").post(statusesPath, "status", "Antwort", "scheduled_at", in(time.Hour), "in_reply_to_id", idText(parent.ID)).wants(http.StatusOK).text("id")
	h.must(h.Posts.Delete(t.Context(), h.people["other"], parent.ID))
	h.due()
	h.must(h.Schedule.Publish(t.Context(), parseID(id)))
	r := h.as("member").get(scheduledPath + "/" + id).wants(http.StatusOK)
	if words := r.text("error"); words == "" || strings.HasPrefix(words, "error.") {
		t.Errorf("the reason: %s", r.body)
	}
	h.must(h.Schedule.Publish(t.Context(), parseID(id))) // it is not tried again by itself
	if moved := h.as("member").put(scheduledPath+"/"+id, "scheduled_at", in(time.Hour)).wants(http.StatusOK); moved.at("error") != nil {
		t.Errorf("a new time does not begin anew: %s", moved.body)
	}
	// Whoever lost the right meanwhile does not publish either.
	guest := h.person("bald_gast", account.RoleMember)
	id = h.as("bald_gast").post(statusesPath, "status", "x", "scheduled_at", in(time.Hour)).wants(http.StatusOK).text("id")
	h.exec(`UPDATE accounts SET role = 'guest' WHERE id = $1`, guest.ID)
	h.due()
	h.must(h.Schedule.Publish(t.Context(), parseID(id)))
	if r := h.as("bald_gast").get(scheduledPath + "/" + id).wants(http.StatusOK); r.text("error") == "" {
		t.Errorf("no reason: %s", r.body)
	}
}

func TestScheduledStatusOnce(t *testing.T) {
	h := newHouse(t)
	at := in(time.Hour)
	ids := make([]string, 4)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			ids[i] = h.as("member").with("Idempotency-Key", "gleich").post(statusesPath, "status", "x", "scheduled_at", at).text("id")
		})
	}
	wg.Wait()
	again := h.as("member").with("Idempotency-Key", "gleich").post(statusesPath, "status", "x", "scheduled_at", at).wants(http.StatusOK).text("id")
	if ids = append(ids, again); ids[0] == "" || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 1 {
		t.Errorf("one key made %v", ids)
	}
	if got := h.as("member").get(scheduledPath).ids(); len(got) != 1 {
		t.Errorf("list %v", got)
	}
}

func TestScheduledStatusesArePaged(t *testing.T) {
	h := newHouse(t)
	var want []string
	for range 3 {
		want = append([]string{h.as("member").post(statusesPath, "status", "x", "scheduled_at", in(time.Hour)).wants(http.StatusOK).text("id")}, want...)
	}
	first := h.as("member").get(scheduledPath, "limit", "2")
	second := h.as("member").get(first.page("next"))
	if got := append(first.ids(), second.ids()...); !slices.Equal(got, want) {
		t.Errorf("pages %v, want %v", got, want)
	}
	var entity ScheduledStatus
	raw, err := json.Marshal(first.list()[0])
	h.must(err)
	h.must(json.Unmarshal(raw, &entity))
	if _, err := time.Parse(timeFormat, entity.ScheduledAt); err != nil {
		t.Error(err)
	}
}
