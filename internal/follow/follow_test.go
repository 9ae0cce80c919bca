package follow_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

const (
	domain  = "sh.localhost:8402"
	baseURL = "http://" + domain
)

type fixture struct {
	*follow.Service
	db       *sqlx.DB
	accounts *account.Service
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	conn := dbtest.New(t)
	jobs := job.New(conn, slog.New(slog.DiscardHandler))
	accounts := accounttest.New(t, conn, organization.New(conn), jobs, baseURL, domain)
	return fixture{follow.New(conn, accounts, jobs, baseURL, []string{"bund.example", " *.Trusted.example"}), conn, accounts}
}

// house makes our groups.
func (f fixture) house(t *testing.T) (catalog, forum, instance account.Account) {
	t.Helper()
	ctx := t.Context()
	if err := f.accounts.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	var errs [3]error
	catalog, errs[0] = f.accounts.Catalog(ctx)
	forum, errs[1] = f.accounts.Forum(ctx)
	instance, errs[2] = f.accounts.Instance(ctx)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return catalog, forum, instance
}

func (f fixture) person(t *testing.T, username string, role account.Role) account.Account {
	t.Helper()
	a, err := f.accounts.CreateLocal(t.Context(), username, "", role)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (f fixture) remote(t *testing.T, username, host string, kind account.Kind) account.Account {
	t.Helper()
	uri := "https://" + host + "/users/" + username
	a, err := f.accounts.Receive(t.Context(), account.Account{
		Username: username, Domain: &host, URI: uri, Kind: kind, InboxURI: uri + "/inbox", Discoverable: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// approving turns on that followers wait for an answer.
func (f fixture) approving(t *testing.T, a account.Account) account.Account {
	t.Helper()
	if err := f.accounts.UpdateProfile(t.Context(), account.Operator(), a.ID, a.DisplayName, "", true, "de"); err != nil {
		t.Fatal(err)
	}
	a, err := f.accounts.ByID(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// takeJobs returns the waiting jobs in short and removes them.
func (f fixture) takeJobs(t *testing.T) []string {
	t.Helper()
	list := []string{}
	if err := f.db.SelectContext(t.Context(), &list, `
		WITH taken AS (DELETE FROM river_job RETURNING id, kind, args)
		SELECT concat_ws(' ', kind, args->>'verb', args->>'event', coalesce(args->>'id', args->>'account_id')) FROM taken ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	return list
}

func (f fixture) wantJobs(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), f.takeJobs(t)); diff != "" {
		t.Errorf("%s: jobs (-want +got):\n%s", what, diff)
	}
}

func distribute(verb job.Verb, id int64) string {
	return fmt.Sprintf("activity.distribute %s %d", verb, id)
}

func notify(id int64) string { return fmt.Sprintf("notification.notify follow %d", id) }

func wantKind(t *testing.T, what string, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// between returns the state of the follow of reader that is not undone, "" when there is none.
func (f fixture) between(t *testing.T, reader, target account.Account) follow.State {
	t.Helper()
	sent, err := f.Sent(t.Context(), reader.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sent {
		if r.Account.ID == target.ID {
			return r.Follow.State
		}
	}
	return ""
}

// TestRoles says who may do what in whose name.
func TestRoles(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	catalog, forum, instance := f.house(t)
	other := f.person(t, "other", account.RoleMember)
	target := f.remote(t, "praxis", "kg.example", account.Group)
	actors := map[string]account.Account{
		"nobody": {}, "operator": account.Operator(), "remote": f.remote(t, "ben", "kg.example", account.Person),
		"guest": f.person(t, "guest", account.RoleGuest), "member": f.person(t, "member", account.RoleMember),
		"editor": f.person(t, "editor", account.RoleEditor), "moderator": f.person(t, "moderator", account.RoleModerator),
		"admin": f.person(t, "admin", account.RoleAdmin),
	}
	suspended := f.person(t, "suspended", account.RoleAdmin)
	if err := f.accounts.SetState(ctx, account.Operator(), suspended.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	var err error
	if actors["suspended"], err = f.accounts.ByID(ctx, suspended.ID); err != nil {
		t.Fatal(err)
	}
	request := func(followed account.Account) int64 { // a fresh one for each call
		follower := f.remote(t, fmt.Sprintf("f%d", time.Now().UnixNano()), "kg.example", account.Person)
		if err := f.Receive(ctx, follower.ID, followed.ID, ""); err != nil {
			t.Fatal(err)
		}
		list, err := f.Requests(ctx, followed.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list[len(list)-1].Follow.ID
	}
	approvingCatalog, approvingOther := f.approving(t, catalog), f.approving(t, other)

	for _, test := range []struct {
		method string
		call   func(actor account.Account) error
		may    string
	}{
		{"Follow for oneself", func(a account.Account) error { return second(f.Follow(ctx, a, a.ID, target.ID)) }, "member editor moderator admin"},
		{"Follow for another", func(a account.Account) error { return second(f.Follow(ctx, a, other.ID, target.ID)) }, ""},
		{"Follow for the catalogue", func(a account.Account) error { return second(f.Follow(ctx, a, catalog.ID, target.ID)) }, "operator editor moderator admin"},
		{"Follow for the forum", func(a account.Account) error { return second(f.Follow(ctx, a, forum.ID, target.ID)) }, "operator editor moderator admin"},
		{"Follow for the instance", func(a account.Account) error { return second(f.Follow(ctx, a, instance.ID, target.ID)) }, ""},
		{"Follow for a remote account", func(a account.Account) error { return second(f.Follow(ctx, a, target.ID, other.ID)) }, ""},
		{"Unfollow for oneself", func(a account.Account) error { return f.Unfollow(ctx, a, a.ID, target.ID) }, "guest member editor moderator admin"},
		{"Unfollow for another", func(a account.Account) error { return f.Unfollow(ctx, a, other.ID, target.ID) }, ""},
		{"Unfollow for the catalogue", func(a account.Account) error { return f.Unfollow(ctx, a, catalog.ID, target.ID) }, "operator editor moderator admin"},
		{"Answer for another", func(a account.Account) error { return f.Answer(ctx, a, request(approvingOther), true) }, ""},
		{"Answer for the catalogue", func(a account.Account) error { return f.Answer(ctx, a, request(approvingCatalog), true) }, "operator editor moderator admin"},
	} {
		for name, actor := range actors {
			err := test.call(actor)
			if may := strings.Contains(" "+test.may+" ", " "+name+" "); may && err != nil {
				t.Errorf("%s by %s: %v", test.method, name, err)
			} else if !may && !fault.Is(err, fault.Forbidden) && !(fault.Is(err, fault.NotFound) && actor.ID <= 0) {
				t.Errorf("%s by %s: %v, want forbidden", test.method, name, err)
			}
		}
	}
	if err := f.Answer(ctx, other, request(approvingOther), true); err != nil {
		t.Errorf("Answer for oneself: %v", err)
	}
}

// TestWhatIsDoneForTheHouseIsLogged, and what people do for themselves is not.
func TestWhatIsDoneForTheHouseIsLogged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	catalog, _, _ := f.house(t)
	editor := f.person(t, "redaktion", account.RoleEditor)
	target, reader := f.remote(t, "praxis", "vitako.example", account.Group), f.remote(t, "klima", "kg.example", account.Person)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		must(second(f.Follow(ctx, editor, catalog.ID, target.ID)))
	}
	for range 2 {
		must(f.Unfollow(ctx, editor, catalog.ID, target.ID))
	}
	must(second(f.Follow(ctx, editor, editor.ID, target.ID)))
	must(f.Unfollow(ctx, editor, editor.ID, target.ID))
	must(f.Receive(ctx, reader.ID, f.approving(t, catalog).ID, "https://kg.example/f/1"))
	var id int64
	must(f.db.GetContext(ctx, &id, `SELECT id FROM follows WHERE account_id = $1`, reader.ID))
	for range 2 {
		must(f.Answer(ctx, editor, id, true))
	}
	must(f.Answer(ctx, editor, id, false))
	var log []string
	must(f.db.SelectContext(ctx, &log, `SELECT action || ' ' || subject || ' ' || detail FROM audit_log WHERE account_id = $1 AND action LIKE 'follow.%' ORDER BY id`, editor.ID))
	want := []string{"follow.begin praxis@vitako.example praxis", "follow.end praxis@vitako.example praxis", "follow.accept klima@kg.example praxis", "follow.reject klima@kg.example praxis"}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Error(diff)
	}
}

func second[T any](_ T, err error) error { return err }

func TestFollowRemote(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna := f.person(t, "anna", account.RoleMember)
	carla := f.person(t, "carla", account.RoleMember)
	ben := f.remote(t, "ben", "kg.example", account.Person)

	first, err := f.Follow(ctx, anna, anna.ID, ben.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%s/u/anna/follows/%d", baseURL, first.ID); first.URI != want || first.State != follow.Pending {
		t.Errorf("follow %s, %s; want %s, pending", first.URI, first.State, want)
	}
	again, err := f.Follow(ctx, anna, anna.ID, ben.ID)
	if err != nil || again.ID != first.ID {
		t.Errorf("a second call made %d, %v; want %d", again.ID, err, first.ID)
	}
	f.wantJobs(t, "follow, twice", distribute(job.Follow, first.ID))
	if r, err := f.Relation(ctx, anna.ID, ben.ID); err != nil || r != (follow.Relation{Requested: true}) {
		t.Errorf("while waiting: %+v, %v", r, err)
	}

	// The answer: only of the one who was asked.
	stranger := f.remote(t, "stranger", "kg.example", account.Person)
	wantKind(t, "accepted by a stranger", f.ReceiveAnswer(ctx, stranger.ID, first.URI, anna.URI, true), fault.NotFound)
	wantKind(t, "accept of nothing", f.ReceiveAnswer(ctx, ben.ID, "", "", true), fault.NotFound)
	wantKind(t, "accept by our own account", f.ReceiveAnswer(ctx, anna.ID, first.URI, anna.URI, true), fault.NotFound)
	if got := f.between(t, anna, ben); got != follow.Pending {
		t.Fatalf("after answers of strangers: %s", got)
	}
	for range 2 {
		if err := f.ReceiveAnswer(ctx, ben.ID, first.URI, "", true); err != nil {
			t.Fatal(err)
		}
	}
	f.wantJobs(t, "the first accept, twice", fmt.Sprintf("account.backfill %d", ben.ID))
	if r, err := f.Relation(ctx, anna.ID, ben.ID); err != nil || r != (follow.Relation{Following: true}) {
		t.Errorf("after the accept: %+v, %v", r, err)
	}
	if yes, err := f.FollowedByUs(ctx, ben.ID); err != nil || !yes {
		t.Errorf("FollowedByUs: %t, %v", yes, err)
	}

	// The second of ours needs no backfill; the answer names only the pair.
	if _, err := f.Follow(ctx, carla, carla.ID, ben.ID); err != nil {
		t.Fatal(err)
	}
	f.takeJobs(t)
	if err := f.ReceiveAnswer(ctx, ben.ID, "https://kg.example/unknown", carla.URI, true); err != nil {
		t.Fatal(err)
	}
	f.wantJobs(t, "the second accept")
	if got := f.between(t, carla, ben); got != follow.Accepted {
		t.Errorf("by the pair: %s", got)
	}

	// Sent away, and asking once more.
	if err := f.ReceiveAnswer(ctx, ben.ID, first.URI, anna.URI, false); err != nil {
		t.Fatal(err)
	}
	if got := f.between(t, anna, ben); got != follow.Rejected {
		t.Errorf("after the Reject: %s", got)
	}
	next, err := f.Follow(ctx, anna, anna.ID, ben.ID)
	if err != nil || next.ID == first.ID || next.State != follow.Pending {
		t.Fatalf("asking again: %+v, %v", next, err)
	}
	f.wantJobs(t, "asking again", distribute(job.Follow, next.ID))

	for range 2 {
		if err := f.Unfollow(ctx, anna, anna.ID, ben.ID); err != nil {
			t.Fatal(err)
		}
	}
	f.wantJobs(t, "unfollow, twice", distribute(job.UndoFollow, next.ID))
	undone, err := f.ByID(ctx, next.ID)
	if err != nil || undone.UndoneAt == nil || undone.URI != next.URI {
		t.Errorf("the undone one: %+v, %v", undone, err)
	}
	wantKind(t, "an accept that comes too late", f.ReceiveAnswer(ctx, ben.ID, next.URI, anna.URI, true), fault.NotFound)
}

func TestFollowLocal(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	catalog, _, instance := f.house(t)
	anna, carla := f.person(t, "anna", account.RoleMember), f.person(t, "carla", account.RoleGuest)
	shy := f.approving(t, f.person(t, "shy", account.RoleMember))
	f.takeJobs(t)

	open, err := f.Follow(ctx, anna, anna.ID, catalog.ID)
	if err != nil || open.State != follow.Accepted || open.AcceptedAt == nil {
		t.Fatalf("following our catalogue: %+v, %v", open, err)
	}
	f.wantJobs(t, "following our catalogue", notify(open.ID))
	request, err := f.Follow(ctx, anna, anna.ID, shy.ID)
	if err != nil || request.State != follow.Pending {
		t.Fatalf("following who approves: %+v, %v", request, err)
	}
	f.wantJobs(t, "following who approves", notify(request.ID))
	if list, err := f.Requests(ctx, shy.ID); err != nil || len(list) != 1 || list[0].Account.ID != anna.ID || list[0].Follow.ID != request.ID {
		t.Errorf("requests %+v, %v", list, err)
	}
	if err := f.Answer(ctx, shy, request.ID, true); err != nil {
		t.Fatal(err)
	}
	f.wantJobs(t, "answered on the same instance")
	if followers, following, err := f.Counts(ctx, anna.ID); err != nil || followers != 0 || following != 2 {
		t.Errorf("counts %d, %d, %v", followers, following, err)
	}
	if err := f.Unfollow(ctx, anna, anna.ID, catalog.ID); err != nil {
		t.Fatal(err)
	}
	f.wantJobs(t, "unfollow on the same instance")
	if yes, err := f.FollowedByUs(ctx, catalog.ID); err != nil || yes {
		t.Errorf("FollowedByUs after the end: %t, %v", yes, err)
	}

	_, err = f.Follow(ctx, anna, anna.ID, anna.ID)
	wantKind(t, "oneself", err, fault.Conflict)
	_, err = f.Follow(ctx, anna, anna.ID, instance.ID)
	wantKind(t, "an Application", err, fault.Conflict)
	_, err = f.Follow(ctx, anna, anna.ID, 1)
	wantKind(t, "nobody", err, fault.NotFound)
	if err := f.accounts.SetState(ctx, account.Operator(), carla.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	_, err = f.Follow(ctx, anna, anna.ID, carla.ID)
	wantKind(t, "a suspended one", err, fault.Conflict)
	wantKind(t, "answering an unknown request", f.Answer(ctx, shy, 1, true), fault.NotFound)
}

// TestRaces lets the same thing happen several times at the same moment: it happens once.
func TestRaces(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna := f.person(t, "anna", account.RoleMember)
	ben := f.remote(t, "ben", "kg.example", account.Person)
	at := func(n int, call func() error) {
		t.Helper()
		var wait sync.WaitGroup
		for range n {
			wait.Go(func() {
				if err := call(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	const n = 6
	at(n, func() error { return second(f.Follow(ctx, anna, anna.ID, ben.ID)) })
	sent, err := f.Sent(ctx, anna.ID)
	if err != nil || len(sent) != 1 {
		t.Fatalf("%d follows of one pair, %v", len(sent), err)
	}
	f.wantJobs(t, "follow", distribute(job.Follow, sent[0].Follow.ID))
	at(n, func() error { return f.ReceiveAnswer(ctx, ben.ID, sent[0].Follow.URI, anna.URI, true) })
	f.wantJobs(t, "accept", fmt.Sprintf("account.backfill %d", ben.ID))
	at(n, func() error { return f.Unfollow(ctx, anna, anna.ID, ben.ID) })
	f.wantJobs(t, "unfollow", distribute(job.UndoFollow, sent[0].Follow.ID))

	at(n, func() error { return f.Receive(ctx, ben.ID, anna.ID, "https://kg.example/f/1") })
	received, err := f.Sent(ctx, ben.ID)
	if err != nil || len(received) != 1 {
		t.Fatalf("%d received follows of one pair, %v", len(received), err)
	}
	notified := 0
	for _, j := range f.takeJobs(t) {
		if j == notify(received[0].Follow.ID) {
			notified++
		}
	}
	if notified != 1 {
		t.Errorf("notified %d times", notified)
	}
}
