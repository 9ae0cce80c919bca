package mastodon

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

func TestUpdateStatus(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	id := member.post(statusesPath, "status", "Erste Fassung #eins", "language", "de").wants(http.StatusOK).text("id")
	unchanged := member.put(statusPath(id), "status", "Erste Fassung #eins", "media_ids", "", "language", "de").wants(http.StatusOK)
	if unchanged.at("edited_at") != nil {
		t.Errorf("the same again counts as an edit: %s", unchanged.body)
	}
	r := member.json(http.MethodPut, statusPath(id), map[string]any{
		"status": "Zweite *Fassung* #zwei", "spoiler_text": "Achtung", "language": "en", "sensitive": true, "media_ids": []string{}, "poll": nil,
	}).wants(http.StatusOK)
	if r.text("content") == "" || !strings.HasPrefix(r.text("content"), "<p>Zweite *Fassung* <a") || r.text("spoiler_text") != "Achtung" ||
		r.text("language") != "en" || r.at("edited_at") == nil || r.text("tags.0.name") != "zwei" {
		t.Errorf("after the edit: %s", r.body)
	}
	only := member.put(statusPath(id), "spoiler_text", "").wants(http.StatusOK)
	if only.text("spoiler_text") != "" || !strings.HasPrefix(only.text("content"), "<p>Zweite *Fassung* <a") || only.text("tags.0.name") != "zwei" {
		t.Errorf("after an edit of the warning alone: %s", only.body)
	}
	history := h.as("").get(statusPath(id, "history"))
	if n := len(history.list()); n != 3 {
		t.Fatalf("%d versions, want 3: %s", n, history.body)
	}
	if !strings.HasPrefix(history.text("0.content"), "<p>Erste Fassung") ||
		history.text("1.spoiler_text") != "Achtung" || history.at("1.sensitive") != true || history.at("0.sensitive") != false || history.text("2.spoiler_text") != "" {
		t.Errorf("history %s", history.body)
	}
	if history.text("0.created_at") >= history.text("1.created_at") {
		t.Errorf("versions are not told from each other by their times: %s", history.body)
	}
	for _, bad := range [][]string{{"status", ""}, {"status", strings.Repeat("x", post.MaxNote+1)}, {"spoiler_text", strings.Repeat("x", 501)}, {"media_ids[]", "1"}} {
		member.put(statusPath(id), bad...).wants(http.StatusUnprocessableEntity)
	}
	h.as("other").put(statusPath(id), "status", "meins").wants(http.StatusNotFound)
	h.as("admin").put(statusPath(id), "status", "meins").wants(http.StatusNotFound)
	h.as("").put(statusPath(id), "status", "meins").wants(http.StatusUnauthorized)
}

func TestMediaOfAnEdit(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	upload := func() string {
		return member.upload(http.MethodPost, "/api/v2/media", "file", "a.png", picture(t, 8, 8), "description", "alt").wants(http.StatusOK).text("id")
	}
	a, b := upload(), upload()
	created := member.post(statusesPath, "media_ids[]", a, "media_ids[]", b).wants(http.StatusOK) // pictures need no text
	id := created.text("id")
	if created.text("media_attachments.0.id") != a || created.text("media_attachments.1.id") != b {
		t.Errorf("media %s", created.body)
	}
	kept := member.put(statusPath(id), "status", "Dazu", "media_ids[]", a, "media_ids[]", b).wants(http.StatusOK)
	if kept.text("media_attachments.1.id") != b {
		t.Errorf("an edit that names its media took them: %s", kept.body)
	}
	r := member.json(http.MethodPut, statusPath(id), map[string]any{
		"status": "Dazu", "media_ids": []string{b}, "media_attributes": []map[string]any{{"id": b, "description": "neu"}},
	}).wants(http.StatusOK)
	if r.text("media_attachments.0.id") != b || r.text("media_attachments.0.description") != "neu" || r.at("media_attachments.1") != nil {
		t.Errorf("after one was taken off and one described: %s", r.body)
	}
	before := len(h.as("").get(statusPath(id, "history")).list())
	member.json(http.MethodPut, statusPath(id), map[string]any{
		"status": "Dazu", "media_ids": []string{b}, "media_attributes": []map[string]any{{"id": b, "description": "neu"}},
	}).wants(http.StatusOK)
	if after := len(h.as("").get(statusPath(id, "history")).list()); after != before {
		t.Errorf("the same again made a version: %d after %d", after, before)
	}
	asked := []string{"status", "Dazu", "media_ids[]", b, "poll[options][]", "ja", "poll[options][]", "nein", "poll[expires_in]", "3600"}
	if r := member.put(statusPath(id), asked...).wants(http.StatusUnprocessableEntity); !strings.Contains(r.text("error"), "Umfrage") {
		t.Errorf("files and a poll at once: %s", r.body)
	}
	// A form has no empty list: what it does not name goes.
	if none := member.put(statusPath(id), "status", "Dazu").wants(http.StatusOK); none.at("media_attachments.0") != nil {
		t.Errorf("all taken off, but: %s", none.body)
	}
	member.put(statusPath(id), "status", "").wants(http.StatusUnprocessableEntity) // now it needs one
}

func TestDeleteAndRedraft(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	media := member.upload(http.MethodPost, "/api/v2/media", "file", "a.png", picture(t, 8, 8)).wants(http.StatusOK).text("id")
	id := member.post(statusesPath, "status", "Mit Tipfehler", "spoiler_text", "w", "media_ids[]", media).wants(http.StatusOK).text("id")
	h.as("other").delete(statusPath(id)).wants(http.StatusNotFound)
	gone := member.delete(statusPath(id)).wants(http.StatusOK)
	if gone.text("text") != "Mit Tipfehler" || gone.text("media_attachments.0.id") != media || gone.text("spoiler_text") != "w" {
		t.Errorf("what comes back to write it anew: %s", gone.body)
	}
	h.as("").get(statusPath(id)).wants(http.StatusNotFound)
	member.delete(statusPath(id)).wants(http.StatusNotFound)
	again := member.post(statusesPath, "status", "Ohne Tippfehler", "media_ids[]", media).wants(http.StatusOK)
	if again.text("media_attachments.0.id") != media || again.text("id") == id {
		t.Errorf("the redraft: %s", again.body)
	}
	member.delete(statusPath(again.text("id")), "delete_media", "true").wants(http.StatusOK)
	member.post(statusesPath, "status", "Noch einmal", "media_ids[]", media).wants(http.StatusUnprocessableEntity)
}

// Two programs of one person change a status at once: no version is lost, and the last one stands.
func TestTwoClientsEdit(t *testing.T) {
	h := newHouse(t)
	id := h.as("member").post(statusesPath, "status", "Anfang").wants(http.StatusOK).text("id")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			if r := h.as("member").put(statusPath(id), "status", fmt.Sprint("Fassung ", i)); r.StatusCode != http.StatusOK {
				t.Errorf("edit %d: %d %s", i, r.StatusCode, r.body)
			}
		})
	}
	wg.Wait()
	history := h.as("").get(statusPath(id, "history"))
	var contents []string
	for i := range history.list() {
		contents = append(contents, history.text(fmt.Sprintf("%d.content", i)))
	}
	last := contents[len(contents)-1]
	if slices.Sort(contents); len(contents) != 7 || len(slices.Compact(contents)) != 7 {
		t.Errorf("versions %v, want each once", contents)
	}
	if now := h.as("").get(statusPath(id)).text("content"); now != last {
		t.Errorf("the status says %q, its newest version %q", now, last)
	}
}

func TestPollOfAnEdit(t *testing.T) {
	h := newHouse(t)
	ask := func(options ...string) map[string]any {
		return map[string]any{"status": "Wie kühlen Sie?", "poll": map[string]any{"options": options, "expires_in": 3600, "multiple": false}}
	}
	created := h.as("member").json(http.MethodPost, statusesPath, ask("Luft", "Wasser")).wants(http.StatusOK)
	id := created.text("id")
	if created.text("poll.options.1.title") != "Wasser" || created.at("poll.voted") == nil {
		t.Fatalf("poll: %s", created.body)
	}
	h.as("other").post("/api/v1/polls/"+created.text("poll.id")+"/votes", "choices[]", "1").wants(http.StatusOK)
	if same := h.as("member").json(http.MethodPut, statusPath(id), ask("Luft", "Wasser")).wants(http.StatusOK); same.number("poll.votes_count") != 1 || same.at("edited_at") != nil {
		t.Errorf("the same poll again: %s", same.body)
	}
	if other := h.as("member").json(http.MethodPut, statusPath(id), ask("Luft", "Wasser", "Gar nicht")).wants(http.StatusOK); other.number("poll.votes_count") != 0 || other.text("poll.options.2.title") != "Gar nicht" {
		t.Errorf("another poll: %s", other.body)
	}
	without := h.as("member").json(http.MethodPut, statusPath(id), map[string]any{"status": "Wie kühlen Sie?", "poll": nil}).wants(http.StatusOK)
	if without.at("poll") != nil || without.at("edited_at") == nil {
		t.Errorf("the poll taken off: %s", without.body)
	}
	h.as("other").get("/api/v1/polls/" + created.text("poll.id")).wants(http.StatusNotFound)
	again := h.as("member").json(http.MethodPut, statusPath(id), ask("Luft", "Wasser")).wants(http.StatusOK)
	if again.text("poll.options.0.title") != "Luft" || again.number("poll.votes_count") != 0 {
		t.Errorf("a poll put on: %s", again.body)
	}
	h.as("member").json(http.MethodPut, statusPath(id), map[string]any{
		"status": "Wie kühlen Sie?", "poll": map[string]any{"options": []string{"Luft"}, "expires_in": 3600},
	}).wants(http.StatusUnprocessableEntity)
}

// What was written as Markdown comes back as it was typed, and is not flattened by a program that knows only what it shows.
func TestMarkdownIsNotLost(t *testing.T) {
	h := newHouse(t)
	source := "## Vorgehen\n\n1. messen\n2. anheben\n\n[Bericht](https://x.example/b) mit `code`"
	created := h.as("member").post(statusesPath, "status", source, "content_type", "text/markdown").wants(http.StatusOK)
	id := created.text("id")
	want := `<p><strong>Vorgehen</strong></p><ol><li>messen</li> <li>anheben</li></ol><p><a href="https://x.example/b" rel="nofollow noopener ugc">Bericht</a> mit <code>code</code></p>`
	if got := created.text("content"); got != want {
		t.Errorf("content\n got %s\nwant %s", got, want)
	}
	if got := h.as("member").get(statusPath(id, "source")).text("text"); got != source {
		t.Errorf("source %q, want %q", got, source)
	}
	refused := h.as("member").put(statusPath(id), "status", "Vorgehen\n\nmessen\nanheben\n\nBericht mit code").wants(http.StatusUnprocessableEntity)
	if !strings.Contains(refused.text("error"), "Überschriften") {
		t.Errorf("the reason: %q", refused.text("error"))
	}
	if kept := h.as("").get(statusPath(id)).text("content"); kept != want {
		t.Errorf("refused, but it says %s", kept)
	}
	h.as("member").put(statusPath(id), "status", source+"\n\nMehr.").wants(http.StatusOK)
}

func TestTitleOfAThreadInAClient(t *testing.T) {
	h := newHouse(t)
	p := h.thread("member", "Wer misst den <PUE>?")
	r := h.as("member").get(statusPath(idText(p.ID)))
	if !strings.HasPrefix(r.text("content"), "<p><strong>Wer misst den &lt;PUE&gt;?</strong></p><p>") || r.text("spoiler_text") != "" {
		t.Errorf("content %q, spoiler %q", r.text("content"), r.text("spoiler_text"))
	}
	// Elk sends back what it shows, title and all.
	edited := h.as("member").put(statusPath(idText(p.ID)), "status", "**Wer misst den <PUE>?**\n\nNeuer Text").wants(http.StatusOK)
	if got := edited.text("content"); got != "<p><strong>Wer misst den &lt;PUE&gt;?</strong></p><p>Neuer Text</p>" {
		t.Errorf("after the edit: %q", got)
	}
}
