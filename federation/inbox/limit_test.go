package inbox

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// Ever new names do not restore the allowance of a host of which much was asked, and do not fill the memory.
func TestLimiterRemembers(t *testing.T) {
	t.Parallel()
	l := newLimiter(0.001, 100)
	for l.allow("victim.example") {
	}
	for n := range 3 * maxLimiters {
		if !l.allow("a" + strconv.Itoa(n) + ".evil.example") {
			t.Fatal("a new host is refused")
		}
		if len(l.hosts) > maxLimiters {
			t.Fatalf("%d hosts are remembered", len(l.hosts))
		}
	}
	if l.allow("victim.example") {
		t.Error("the allowance of another host is restored")
	}
}

// These two names have the same sum by FNV-1a of 32 bits, in which anybody finds as many as they like.
func TestFetchKey(t *testing.T) {
	t.Parallel()
	if a, b := "a1039599.example", "a1222382.example"; turnKey(a) != turnKey(b) || fetchKey(fetchTurn, a) == fetchKey(fetchTurn, b) {
		t.Error("a host shares its turn with another of its own choice")
	}
	if fetchKey(fetchTurn, "a.example") == fetchKey(receiveTurn, "a.example") {
		t.Error("turns of different kinds are one")
	}
}

// A withdrawal for which we may not ask the origin now waits; it is not refused. A group passes on more of them at once than we
// may ask for, when its host was away for a while.
func TestWithdrawalWaitsForAllowance(t *testing.T) {
	t.Parallel()
	in := &Inbox{fetches: newLimiter(0, 0)}
	err := in.deleteIfGone(t.Context(), post.Post{URI: "https://a.example/notes/1"})
	if !fault.Is(err, fault.Limited) || asVerdict(err) != nil {
		t.Errorf("got %v", err)
	}
	if err := in.deleteIfGone(t.Context(), post.Post{URI: "https://b.example/notes/1", Local: true}); asVerdict(err) == nil {
		t.Errorf("ours, by another: %v", err)
	}
}

// Of a host of which much was asked lately, a job waits for its turn: it does not use up its few attempts within seconds.
func TestJobsWaitForAllowance(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := &Inbox{now: func() time.Time { return now }}
	spent := fault.Wrap(fault.Limited, "error.federation.limited", transport.ErrSpent)
	for what, c := range map[string]struct {
		age    time.Duration
		err    error
		snooze time.Duration // 0: it failed
	}{
		"a young job":                    {10 * time.Second, limited(), 5 * time.Second},
		"an older one":                   {30 * time.Minute, limited(), time.Minute},
		"one that waits always":          {2 * time.Hour, limited(), 0},
		"one that asked too much itself": {10 * time.Second, spent, 0},
		"one whose host is busy":         {2 * time.Hour, errBusy, time.Minute},
		"another failure":                {10 * time.Second, fault.New(fault.Unavailable, "error.remote.unavailable"), 0},
	} {
		err := in.later(&rivertype.JobRow{CreatedAt: now.Add(-c.age)}, c.err)
		var snooze *river.JobSnoozeError
		if c.snooze == 0 && !errors.Is(err, c.err) || c.snooze > 0 && (!errors.As(err, &snooze) || snooze.Duration != c.snooze) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
