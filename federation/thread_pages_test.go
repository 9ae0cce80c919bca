package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/federation/vocab"
)

// TestThreadInPages: a thread is one collection in the order of time that its owner stands for; a very long one comes in pages that no
// reader refuses, without gap or double.
func TestThreadInPages(t *testing.T) {
	t.Parallel()
	a := ft.Start(t, "a")
	root := a.Say(nil, "Wer misst?", "Und wie?")
	path := strings.TrimPrefix(root.ContextURI, a.Config.BaseURL)
	_, _, whole := a.Get(path, vocab.MediaType)
	if whole["attributedTo"] != a.Author.URI || fmt.Sprint(whole["orderedItems"]) != "["+root.URI+"]" {
		t.Errorf("a short thread is %v", whole)
	}
	const more = 1200
	if _, err := a.DB.ExecContext(t.Context(), `
		INSERT INTO posts (id, uri, url, account_id, local, kind, state, visibility, in_reply_to_id, in_reply_to_uri, thread_id, context_uri, html, published_at)
		SELECT id + n, uri || '-' || n, '', account_id, true, 'note', 'published', 'public', id, uri, thread_id, context_uri, '', published_at + n * interval '1 second'
		FROM posts, generate_series(1, $2) n WHERE id = $1`, root.ID, more); err != nil {
		t.Fatal(err)
	}
	_, _, doc := a.Get(path, vocab.MediaType)
	if doc["type"] != "OrderedCollection" || doc["totalItems"] != float64(more+1) || doc["orderedItems"] != nil {
		t.Fatalf("a long thread is %v", doc)
	}
	var items []string
	for next, _ := doc["first"].(string); next != ""; {
		status, _, page := a.Get(strings.TrimPrefix(next, a.Config.BaseURL), vocab.MediaType)
		list, _ := page["orderedItems"].([]any)
		if status != http.StatusOK || len(list) == 0 || len(list) > 1000 || page["partOf"] != root.ContextURI {
			t.Fatalf("%s is answered %d %v", next, status, page)
		}
		for _, item := range list {
			items = append(items, item.(string))
		}
		next, _ = page["next"].(string)
	}
	if len(items) != more+1 || items[0] != root.URI || items[1] != root.URI+"-1" || items[more] != fmt.Sprintf("%s-%d", root.URI, more) {
		t.Errorf("%d items", len(items))
	}
	for _, page := range []string{"0", "4", "x", "99999999999999999999"} {
		if status, _, _ := a.Get(path+"?page="+page, vocab.MediaType); status != http.StatusNotFound {
			t.Errorf("page %s is answered %d", page, status)
		}
	}
}
