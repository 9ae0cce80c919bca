package mastodon

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/poll"
)

func TestPolls(t *testing.T) {
	h := newHouse(t)
	ask := func(more map[string]any) string {
		t.Helper()
		asked := map[string]any{"options": []string{"Montag", "Dienstag", "Gar nicht"}, "expires_in": 3600}
		for name, v := range more {
			asked[name] = v
		}
		return h.as("member").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Wann?", "poll": asked}).wants(http.StatusOK).text("poll.id")
	}
	single, multiple, hidden := ask(nil), ask(map[string]any{"multiple": true}), ask(map[string]any{"hide_totals": "true"})
	path := func(id string) string { return "/api/v1/polls/" + id }

	open := h.as("").get(path(single)).object()
	ends, err := time.Parse(timeFormat, fmt.Sprint(open["expires_at"]))
	if err != nil || time.Until(ends) > time.Hour || time.Until(ends) < 50*time.Minute {
		t.Errorf("expires_at %v, %v", open["expires_at"], err)
	}
	delete(open, "expires_at")
	option := func(title string, votes any) map[string]any {
		return map[string]any{"title": title, "votes_count": votes}
	}
	if diff := cmp.Diff(map[string]any{
		"id": single, "expired": false, "multiple": false, "votes_count": 0., "voters_count": nil, "emojis": []any{},
		"options": []any{option("Montag", 0.), option("Dienstag", 0.), option("Gar nicht", 0.)},
	}, open); diff != "" {
		t.Errorf("to a visitor (-want +got):\n%s", diff)
	}
	if own := h.as("member").get(path(single)); own.at("voted") != true {
		t.Errorf("to its author: %s", own.body)
	}

	for _, c := range []struct {
		who, id string
		choices any
		status  int
	}{
		{"member", single, []int{0}, http.StatusUnprocessableEntity},
		{"other", single, []int{}, http.StatusUnprocessableEntity},
		{"other", single, []int{0, 1}, http.StatusUnprocessableEntity},
		{"other", single, []string{"x"}, http.StatusUnprocessableEntity},
		{"other", single, []int{3}, http.StatusUnprocessableEntity},
		{"other", single, []string{"1"}, http.StatusOK},
		{"other", single, []int{1}, http.StatusUnprocessableEntity},
		{"other", "1", []int{1}, http.StatusNotFound},
		{"", single, []int{1}, http.StatusUnauthorized},
	} {
		h.as(c.who).json(http.MethodPost, path(c.id)+"/votes", map[string]any{"choices": c.choices}).wants(c.status)
	}
	voted := h.as("editor").post(path(multiple)+"/votes", "choices[]", "2", "choices[]", "0").wants(http.StatusOK)
	if diff := cmp.Diff([]any{option("Montag", 1.), option("Dienstag", 0.), option("Gar nicht", 1.)}, voted.at("options")); diff != "" {
		t.Errorf("after the vote (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{true, []any{0., 2.}, 1., 2.}, []any{voted.at("voted"), voted.at("own_votes"), voted.at("voters_count"), voted.at("votes_count")}); diff != "" {
		t.Errorf("after the vote (-want +got):\n%s", diff)
	}
	if other := h.as("other").get(path(multiple)); other.at("voted") != false {
		t.Errorf("to who has not voted: %s", other.body)
	}
	if status := h.as("editor").get("/api/v1/statuses/" + multiple); !cmp.Equal(status.at("poll"), h.as("editor").get(path(multiple)).value()) {
		t.Errorf("in its status: %v", status.at("poll"))
	}

	secret := h.as("other").post(path(hidden)+"/votes", "choices[]", "0").wants(http.StatusOK)
	if diff := cmp.Diff([]any{option("Montag", nil), option("Dienstag", nil), option("Gar nicht", nil)}, secret.at("options")); diff != "" {
		t.Errorf("hidden (-want +got):\n%s", diff)
	}
	h.exec(`UPDATE polls SET expires_at = now()`)
	over := h.as("").get(path(hidden))
	if over.at("expired") != true || over.at("options.0.votes_count") != 1. {
		t.Errorf("at its end: %s", over.body)
	}
	h.as("guest").post(path(hidden)+"/votes", "choices[]", "0").wants(http.StatusUnprocessableEntity)
}

func TestPollsRefused(t *testing.T) {
	h := newHouse(t)
	many := make([]string, poll.MaxOptions+1)
	for i := range many {
		many[i] = fmt.Sprint("Antwort ", i)
	}
	for name, asked := range map[string]map[string]any{
		"one answer":  {"options": []string{"Ja"}, "expires_in": 3600},
		"too many":    {"options": many, "expires_in": 3600},
		"the same":    {"options": []string{"Ja", "Ja"}, "expires_in": 3600},
		"no end":      {"options": []string{"Ja", "Nein"}},
		"soon over":   {"options": []string{"Ja", "Nein"}, "expires_in": 10},
		"years ahead": {"options": []string{"Ja", "Nein"}, "expires_in": 99_999_999},
	} {
		r := h.as("member").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": name, "poll": asked})
		if r.StatusCode != http.StatusUnprocessableEntity || r.text("error") == "" {
			t.Errorf("%s: status %d: %s", name, r.StatusCode, r.body)
		}
	}
	image := h.as("member").upload(http.MethodPost, uploadPath, "file", "a.png", picture(t, 4, 4)).wants(http.StatusOK).text("id")
	h.as("member").json(http.MethodPost, "/api/v1/statuses", map[string]any{
		"status": "Beides", "media_ids": []string{image}, "poll": map[string]any{"options": []string{"Ja", "Nein"}, "expires_in": 3600},
	}).wants(http.StatusUnprocessableEntity)
	largest := many[1:]
	h.as("member").json(http.MethodPost, "/api/v1/statuses", map[string]any{"status": "Viele", "poll": map[string]any{"options": largest, "expires_in": int(poll.MaxPeriod.Seconds())}}).wants(http.StatusOK)
}
