package relationship_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/relationship"
)

type house struct {
	*posttest.House
	*relationship.Service
	follows *follow.Service
}

// newHouse returns a house; the test runs in parallel with others.
func newHouse(t *testing.T) house {
	t.Helper()
	g := posttest.New(t)
	follows := follow.New(g.DB, g.Accounts, g.Queue, posttest.Base, nil)
	return house{g, relationship.New(g.DB, g.Accounts, follows, g.Queue), follows}
}

func (h house) between(t *testing.T, a, b account.Account) relationship.Relationship {
	t.Helper()
	byID, err := h.Between(t.Context(), a.ID, []int64{b.ID})
	h.Must(err)
	return byID[b.ID]
}

func TestOnlyPeopleOfOurs(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	guest := h.Account("gaestin", "", account.Person, account.RoleGuest)
	suspended := guest
	suspended.State = account.Suspended
	gone := h.Account("weg", "b.example", account.Person, "")
	h.Must(h.Accounts.MarkGone(ctx, gone.URI))
	for name, do := range map[string]func(actor account.Account, target int64) error{
		"Block":             func(a account.Account, id int64) error { return h.Block(ctx, a, id) },
		"Unblock":           func(a account.Account, id int64) error { return h.Unblock(ctx, a, id) },
		"Mute":              func(a account.Account, id int64) error { return h.Mute(ctx, a, id, true, 0) },
		"Unmute":            func(a account.Account, id int64) error { return h.Unmute(ctx, a, id) },
		"Unendorse":         func(a account.Account, id int64) error { return h.Unendorse(ctx, a, id) },
		"DismissSuggestion": func(a account.Account, id int64) error { return h.DismissSuggestion(ctx, a, id) },
	} {
		for who, actor := range map[string]account.Account{"visitor": {}, "remote": h.Remote, "group": h.Catalog, "suspended": suspended} {
			if err := do(actor, gone.ID); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by a %s: %v", name, who, err)
			}
		}
		if err := do(guest, guest.ID); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s of oneself: %v", name, err)
		}
		for what, id := range map[string]int64{"unknown": 7, "gone": gone.ID} {
			if err := do(guest, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of what is %s: %v", name, what, err)
			}
		}
		h.Must(do(guest, h.Remote.ID))
	}
	h.Want(h.BlockDomain(ctx, h.Catalog, "b.example"), fault.Forbidden)
	h.Want(h.UnblockDomain(ctx, account.Account{}, "b.example"), fault.Forbidden)
	h.Want(h.SetNote(ctx, h.Remote, guest.ID, "x"), fault.Forbidden)
}

// However a block and a follow of the same two meet, the block wins.
func TestBlockAgainstFollow(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	a := h.Account("anna", "", account.Person, account.RoleMember)
	b := h.Account("berta", "", account.Person, account.RoleMember)
	for round := range 15 {
		var wait sync.WaitGroup
		errs := make(chan error, 4)
		for _, do := range []func() error{
			func() error { return h.Block(ctx, a, b.ID) },
			func() error { _, err := h.follows.Follow(ctx, b, b.ID, a.ID); return err },
			func() error { _, err := h.follows.Follow(ctx, a, a.ID, b.ID); return err },
			func() error { return h.Block(ctx, b, a.ID) },
		} {
			wait.Go(func() {
				if err := do(); err != nil && !fault.Is(err, fault.Forbidden) {
					errs <- err
				}
			})
		}
		wait.Wait()
		close(errs)
		for err := range errs {
			t.Error(err)
		}
		if r := h.between(t, a, b); !r.Blocking || !r.BlockedBy || r.Following || r.FollowedBy || r.Requested || r.RequestedBy {
			t.Fatalf("round %d: %+v", round, r)
		}
		h.Must(h.Unblock(ctx, a, b.ID))
		h.Must(h.Unblock(ctx, b, a.ID))
	}
	stats, err := h.Accounts.Stats(ctx, []int64{a.ID, b.ID})
	h.Must(err)
	for _, s := range stats {
		if s.FollowersCount != 0 || s.FollowingCount != 0 {
			t.Errorf("counted %+v", s)
		}
	}
}

// A blocked instance hears of the end of each follow, and cannot come back.
func TestBlockDomainSevers(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	anna := h.Account("anna", "", account.Person, account.RoleMember)
	follower := h.Account("f", "b.example", account.Person, "")
	followed := h.Account("g", "b.example", account.Person, "")
	asking := h.Account("h", "b.example", account.Person, "")
	elsewhere := h.Account("i", "c.example", account.Person, "")
	h.Follow(follower, anna)
	h.Follow(anna, followed)
	h.Follow(elsewhere, anna)
	_, err := h.follows.Follow(ctx, anna, anna.ID, asking.ID)
	h.Must(err)
	h.DB.MustExecContext(ctx, `
		INSERT INTO notifications (id, account_id, kind, from_account_id) VALUES (1, $1, 'follow', $2), (2, $1, 'follow', $3)`, anna.ID, follower.ID, elsewhere.ID)
	h.Jobs("activity.distribute") // those of the follows
	h.Must(h.BlockDomain(ctx, anna, "B.example"))
	for _, a := range []account.Account{follower, followed, asking} {
		if r := h.between(t, anna, a); r.Following || r.FollowedBy || r.Requested || !r.DomainBlocking {
			t.Errorf("%s: %+v", a, r)
		}
	}
	if r := h.between(t, anna, elsewhere); !r.FollowedBy || r.DomainBlocking {
		t.Errorf("elsewhere: %+v", r)
	}
	jobs := h.Jobs("activity.distribute")
	told := strings.Join(jobs, " ")
	if len(jobs) != 3 || strings.Count(told, "reject_follow") != 1 || strings.Count(told, "undo_follow") != 2 {
		t.Errorf("told: %v", jobs)
	}
	if n := h.Count(`SELECT count(*) FROM notifications`); n != 1 {
		t.Errorf("%d notifications left", n)
	}
	if _, err := h.Suggestions(ctx, anna, 40, 0); err != nil {
		t.Errorf("who blocks an instance is not told whom to follow: %v", err)
	}
	h.Must(h.follows.Receive(ctx, follower.ID, anna.ID, ""))
	if h.between(t, anna, follower).FollowedBy {
		t.Error("back again")
	}
	if jobs := h.Jobs("activity.distribute"); len(jobs) != 1 || !strings.Contains(jobs[0], "reject_follow") {
		t.Errorf("the second try was answered by %v", jobs)
	}
	h.Want(func() error { _, err := h.follows.Follow(ctx, anna, anna.ID, followed.ID); return err }(), fault.Forbidden)
}

func TestMuteEnds(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	anna := h.Account("anna", "", account.Person, account.RoleMember)
	h.Must(h.Mute(ctx, anna, h.Remote.ID, true, time.Hour))
	if r := h.between(t, anna, h.Remote); !r.Muting || r.MuteExpiresAt == nil {
		t.Fatalf("muted: %+v", r)
	}
	h.Must(h.Sweep(ctx))
	if n := h.Count(`SELECT count(*) FROM mutes`); n != 1 {
		t.Error("swept too early")
	}
	if _, err := h.DB.Exec(`UPDATE mutes SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	if h.between(t, anna, h.Remote).Muting {
		t.Error("muted after its end")
	}
	h.Must(h.Sweep(ctx))
	if n := h.Count(`SELECT count(*) FROM mutes`); n != 0 {
		t.Errorf("%d left", n)
	}
	h.Must(h.Mute(ctx, anna, h.Remote.ID, false, 0))
	h.Must(h.Sweep(ctx))
	if r := h.between(t, anna, h.Remote); !r.Muting || r.MutingNotices || r.MuteExpiresAt != nil {
		t.Errorf("for good: %+v", r)
	}
}

func TestBetweenLeavesOutTheUnknown(t *testing.T) {
	h := newHouse(t)
	anna := h.Account("anna", "", account.Person, account.RoleMember)
	byID, err := h.Between(t.Context(), anna.ID, []int64{7, h.Remote.ID, anna.ID})
	h.Must(err)
	var ids []int64
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	want := []int64{anna.ID, h.Remote.ID}
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
}
