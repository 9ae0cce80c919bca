package mastodon

import (
	"net/http"
	"testing"
)

func TestUnknownAddressesAnswerAsJSON(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/api/v1/nothing", "/api/v9/statuses", "/api/v1/statuses/x"} {
		r := h.as("").get(path).wants(http.StatusNotFound)
		if got := r.text("error"); got != "Record not found" {
			t.Errorf("%s: error %q", path, got)
		}
		if got := r.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("%s: content type %q", path, got)
		}
	}
}
