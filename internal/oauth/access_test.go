package oauth

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestAccesses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ben, err := f.accounts.CreateLocal(t.Context(), "ben", "", account.RoleGuest)
	f.must(err)
	_, first, err := f.exchange(f.allow(nil), nil)
	f.must(err)
	_, second, err := f.exchange(f.allow(func(r *Request) { r.Scope = "push read" }), nil)
	f.must(err)
	if _, err := f.auth.Token(t.Context(), f.anna, f.anna.ID, "Skript", ""); err != nil {
		t.Fatal(err)
	}
	list, err := f.Accesses(t.Context(), f.anna)
	f.must(err)
	if len(list) != 1 || list[0].App.Name != "Phanpy" || list[0].UsedAt != nil {
		t.Fatalf("accesses %+v", list)
	}
	if got := slices.Sorted(slices.Values(list[0].Scopes)); !cmp.Equal(got, []string{"push", "read", "write"}) {
		t.Errorf("scopes %q", got)
	}
	f.opens(first)
	if list, err = f.Accesses(t.Context(), f.anna); err != nil || len(list) != 1 || list[0].UsedAt == nil {
		t.Errorf("after a call %+v, %v", list, err)
	}
	if list, err := f.Accesses(t.Context(), ben); err != nil || len(list) != 0 {
		t.Errorf("ben's accesses %+v, %v", list, err)
	}
	pending := f.allow(nil)
	if err := f.Withdraw(t.Context(), ben, f.app.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ben withdraws: %v", err)
	}
	f.must(f.Withdraw(t.Context(), f.anna, f.app.ID))
	if f.opens(first) || f.opens(second) {
		t.Error("a token opens after the withdrawal")
	}
	_, _, err = f.exchange(pending, nil)
	wantCode(t, "a code from before the withdrawal", err, InvalidGrant)
	if err := f.Withdraw(t.Context(), f.anna, f.app.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("again: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	unused := f.app
	f.app, f.secret = f.register("read write")
	used := f.allow(nil)
	_, secret, err := f.exchange(used, nil)
	f.must(err)
	counts := func() (n [2]int) {
		f.must(f.db.Get(&n[0], `SELECT count(*) FROM oauth_apps`))
		f.must(f.db.Get(&n[1], `SELECT count(*) FROM oauth_codes`))
		return n
	}
	for _, step := range []struct {
		ahead time.Duration
		want  [2]int
	}{{0, [2]int{2, 1}}, {codeLifetime + keepCodes - time.Minute, [2]int{2, 1}}, {codeLifetime + keepCodes + time.Minute, [2]int{2, 0}}, {keepApps + time.Minute, [2]int{1, 0}}} {
		f.ahead = step.ahead
		f.must(f.Sweep(t.Context()))
		if got := counts(); got != step.want {
			t.Errorf("%s later: %v apps and codes, want %v", step.ahead, got, step.want)
		}
	}
	if _, err := f.AppByID(t.Context(), unused.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("the unused app: %v", err)
	}
	// An app that is deleted takes its tokens along.
	if _, err := f.db.ExecContext(t.Context(), `DELETE FROM oauth_apps`); err != nil {
		t.Fatal(err)
	}
	if f.opens(secret) {
		t.Error("a token without its app opens")
	}
}
