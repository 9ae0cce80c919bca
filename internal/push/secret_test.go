package push_test

import (
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
)

// TestAddressesAreNotLogged: what goes wrong is logged and kept with the job, and the address of a device is its secret.
func TestAddressesAreNotLogged(t *testing.T) {
	h := newHouse(t)
	d := newDevice(t)
	_, err := h.push.Subscribe(h.Ctx, h.grant(h.Member), d.subscription())
	h.Must(err)
	d.Close()
	h.Arrives(h.Remote, "hallo", func(r *post.Received) { r.MentionIDs = []int64{h.Member.ID} })
	list := h.work()
	if len(list) != 1 {
		t.Fatalf("%d messages", len(list))
	}
	if err := h.sender.Send(h.Ctx, list[0]); err == nil || strings.Contains(err.Error(), "/send/") {
		t.Errorf("a push service that is away: %v", err)
	}
}
