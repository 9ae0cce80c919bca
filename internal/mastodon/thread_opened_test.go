package mastodon

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

// A client that asks what stands around a status has its thread completed; one that may not see it has not.
func TestThreadOpened(t *testing.T) {
	h := newHouse(t)
	opened := make(chan int64, 10)
	h.ThreadOpened = func(_ context.Context, p post.Post) { opened <- p.ID }
	h.serve()
	p := h.thread("member", "Wer misst?")
	hidden := h.write("member", post.Direct, "unter uns")
	path := func(p post.Post) string { return statusesPath + "/" + strconv.FormatInt(p.ID, 10) }
	h.as("other").get(path(p) + "/context").wants(http.StatusOK)
	h.as("other").get(path(p)).wants(http.StatusOK)
	h.as("other").get(path(hidden) + "/context").wants(http.StatusNotFound)
	close(opened)
	if id := <-opened; id != p.ID {
		t.Errorf("opened %d, want %d", id, p.ID)
	}
	if id, more := <-opened; more {
		t.Errorf("opened %d too", id)
	}
}
