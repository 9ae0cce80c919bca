package gofed

import (
	"bytes"
	"io"
	"testing"

	"github.com/vorbild/vorbild/internal/fault"
)

// Bodies take what was sent of the memory and no more than there is; one sender cannot take it from all others.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := newBudget()
	read := func(sender string, size int) (*body, error) {
		r := &body{Reader: bytes.NewReader(make([]byte, size)), budget: b, sender: sender}
		_, err := io.ReadAll(r)
		return r, err
	}
	var held []*body
	for range maxBodiesSender / maxBody {
		r, err := read("loud", maxBody)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, r)
	}
	if r, err := read("loud", maxBody); !fault.Is(err, fault.Limited) {
		t.Errorf("one sender has more than its share: %v", err)
	} else {
		r.release()
	}
	other, err := read("quiet", maxBody)
	if err != nil {
		t.Errorf("another sender: %v", err)
	}
	other.release()
	held[0].release()
	held[0].release() // no harm
	again, err := read("loud", maxBody)
	if err != nil {
		t.Errorf("after something was given back: %v", err)
	}
	for _, r := range append(held, again) {
		r.release()
	}
	if b.used != 0 || len(b.senders) != 0 {
		t.Errorf("%d bytes and %d senders are left", b.used, len(b.senders))
	}
}
