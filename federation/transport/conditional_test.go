package transport

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
)

// TestGetIf: who has a version gets another one only, and is told that there is none only when that was asked.
func TestGetIf(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	id, tag := p.url("/list"), `"v1"`
	p.on("/list", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", activityType)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, note(id))
	})
	doc, changed, err := c.GetIf(t.Context(), id, "")
	if err != nil || !changed || doc.ETag != tag || string(doc.Body) != note(id) {
		t.Fatalf("first: %+v, %v, %v", doc, changed, err)
	}
	if doc, changed, err = c.GetIf(t.Context(), id, tag); err != nil || changed || doc.Body != nil {
		t.Errorf("same: %+v, %v, %v", doc, changed, err)
	}
	tag = `"v2"`
	if doc, changed, err = c.GetIf(t.Context(), id, `"v1"`); err != nil || !changed || doc.ETag != tag {
		t.Errorf("newer: %+v, %v, %v", doc, changed, err)
	}
	p.on("/odd", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if _, err := c.Get(t.Context(), p.url("/odd")); !fault.Is(err, fault.Invalid) {
		t.Errorf("not modified, unasked: %v", err)
	}
}

// TestBudget: redirects and second looks are paid for, and when nothing is left nobody is asked.
func TestBudget(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	var asked atomic.Int32
	p.on("/1", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", activityType)
		fmt.Fprint(w, note(p.url("/1")))
	})
	p.on("/hop", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/1", http.StatusFound)
	})
	ctx := WithBudget(t.Context(), 5)
	for range 2 { // two requests each
		if _, err := c.Get(ctx, p.url("/hop")); err != nil {
			t.Fatal(err)
		}
	}
	if BudgetSpent(ctx) {
		t.Error("spent too early")
	}
	_, err := c.Get(ctx, p.url("/hop"))
	if !errors.Is(err, ErrSpent) || !fault.Is(err, fault.Limited) || !BudgetSpent(ctx) {
		t.Errorf("sixth request: %v", err)
	}
	if _, err := c.Get(ctx, p.url("/1")); !errors.Is(err, ErrSpent) {
		t.Errorf("seventh: %v", err)
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("%d requests were sent, want 5", n)
	}
	if _, err := c.Get(t.Context(), p.url("/1")); err != nil || BudgetSpent(t.Context()) {
		t.Errorf("without a budget: %v", err)
	}
}
