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
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/paging"
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
	accounts := account.New(conn, organization.New(conn), jobs, baseURL, domain)
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

func TestReceive(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	catalog, _, instance := f.house(t)
	anna := f.person(t, "anna", account.RoleMember)
	ben := f.remote(t, "ben", "kg.example", account.Person)
	received := func(follower, target account.Account) follow.Follow {
		t.Helper()
		sent, err := f.Sent(ctx, follower.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range sent {
			if r.Account.ID == target.ID {
				return r.Follow
			}
		}
		t.Fatalf("%s does not follow %s", follower, target)
		return follow.Follow{}
	}

	if err := f.Receive(ctx, ben.ID, anna.ID, "https://kg.example/f/1"); err != nil {
		t.Fatal(err)
	}
	first := received(ben, anna)
	if first.State != follow.Accepted || first.AcceptedAt == nil || first.URI != "https://kg.example/f/1" {
		t.Errorf("received %+v", first)
	}
	f.wantJobs(t, "first", notify(first.ID), distribute(job.AcceptFollow, first.ID))
	// A repeat gets its Accept once more, which names the new id; nobody is notified twice.
	if err := f.Receive(ctx, ben.ID, anna.ID, "https://KG.example/f/2"); err != nil {
		t.Fatal(err)
	}
	if again := received(ben, anna); again.ID != first.ID || again.URI != "https://KG.example/f/2" {
		t.Errorf("repeat %+v", again)
	}
	f.wantJobs(t, "repeat", distribute(job.AcceptFollow, first.ID))

	// Undone and followed again, with the very same id as some servers do.
	for range 2 {
		if err := f.ReceiveUndo(ctx, ben.ID, anna.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.between(t, ben, anna); got != "" {
		t.Errorf("after Undo: %s", got)
	}
	if err := f.Receive(ctx, ben.ID, anna.ID, "https://KG.example/f/2"); err != nil {
		t.Fatal(err)
	}
	second := received(ben, anna)
	if second.ID == first.ID || second.State != follow.Accepted || second.URI != "https://KG.example/f/2" {
		t.Errorf("followed again: %+v", second)
	}
	f.wantJobs(t, "followed again", notify(second.ID), distribute(job.AcceptFollow, second.ID))

	// Without an id.
	other := f.remote(t, "other", "kg.example", account.Person)
	if err := f.Receive(ctx, other.ID, anna.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got := received(other, anna); !strings.HasPrefix(got.URI, other.URI+"#follow-") {
		t.Errorf("id made up: %s", got.URI)
	}

	suspended := f.remote(t, "suspended", "kg.example", account.Person)
	if err := f.accounts.SetState(ctx, account.Operator(), suspended.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	f.takeJobs(t)
	for name, test := range map[string]struct {
		follower, target account.Account
		uri              string
		want             fault.Kind
	}{
		"id of another host":      {other, catalog, "https://evil.example/f/1", fault.Invalid},
		"a new id":                {other, catalog, second.URI + "x", ""},
		"someone else's id":       {other, anna, second.URI, fault.Conflict},
		"someone else's, new":     {f.remote(t, "third", "kg.example", account.Person), anna, second.URI, fault.Conflict},
		"no address":              {other, catalog, "follow-1", fault.Invalid},
		"endless id":              {other, catalog, "https://kg.example/" + strings.Repeat("x", 2_100), fault.Invalid},
		"target is an instance":   {ben, instance, "", fault.Forbidden},
		"target is not ours":      {ben, other, "", fault.NotFound},
		"follower is ours":        {anna, catalog, "", fault.Forbidden},
		"follower is suspended":   {suspended, anna, "", fault.Forbidden},
		"follower does not exist": {account.Account{ID: 1}, anna, "", fault.NotFound},
	} {
		wantKind(t, name, f.Receive(ctx, test.follower.ID, test.target.ID, test.uri), test.want)
	}
	wantKind(t, "Undo of one of ours", f.ReceiveUndo(ctx, anna.ID, catalog.ID), fault.Forbidden)
}

func TestApproval(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	catalog, _, _ := f.house(t)
	catalog = f.approving(t, catalog)
	anna := f.approving(t, f.person(t, "anna", account.RoleMember))
	editor := f.person(t, "editor", account.RoleEditor)
	f.takeJobs(t)

	for _, test := range []struct {
		host   string
		target account.Account
		want   follow.State
	}{
		{"kg.example", catalog, follow.Pending},
		{"bund.example", catalog, follow.Accepted},
		{"bund.example:8443", catalog, follow.Pending}, // another port is another instance
		{"evil-bund.example", catalog, follow.Pending},
		{"land.trusted.example", catalog, follow.Accepted},
		{"land.trusted.example:8443", catalog, follow.Accepted},
		{"trusted.example", catalog, follow.Pending},
		{"untrusted.example", catalog, follow.Pending},
		{"bund.example", anna, follow.Pending}, // people decide for themselves
	} {
		follower := f.remote(t, "to-"+test.target.Username, test.host, account.Group)
		if err := f.Receive(ctx, follower.ID, test.target.ID, ""); err != nil {
			t.Fatal(err)
		}
		if got := f.between(t, follower, test.target); got != test.want {
			t.Errorf("%s follows %s: %s, want %s", test.host, test.target, got, test.want)
		}
	}

	ben := f.remote(t, "ben", "kg.example", account.Person)
	if err := f.Receive(ctx, ben.ID, catalog.ID, "https://kg.example/f/1"); err != nil {
		t.Fatal(err)
	}
	f.takeJobs(t)
	if err := f.Receive(ctx, ben.ID, catalog.ID, "https://kg.example/f/1"); err != nil {
		t.Fatal(err)
	}
	f.wantJobs(t, "a repeat that still waits")
	requests, err := f.Requests(ctx, catalog.ID)
	if err != nil {
		t.Fatal(err)
	}
	id := requests[len(requests)-1].Follow.ID
	for range 2 {
		if err := f.Answer(ctx, editor, id, true); err != nil {
			t.Fatal(err)
		}
	}
	f.wantJobs(t, "accepted, twice", distribute(job.AcceptFollow, id))
	for range 2 {
		if err := f.Answer(ctx, editor, id, false); err != nil {
			t.Fatal(err)
		}
	}
	f.wantJobs(t, "sent away, twice", distribute(job.RejectFollow, id))
	if got := f.between(t, ben, catalog); got != follow.Rejected {
		t.Errorf("sent away: %s", got)
	}
	// Asking again after the refusal is a new request, though its id is the old one.
	if err := f.Receive(ctx, ben.ID, catalog.ID, "https://kg.example/f/1"); err != nil {
		t.Fatal(err)
	}
	if got := f.between(t, ben, catalog); got != follow.Pending {
		t.Errorf("asking again: %s", got)
	}
	wantKind(t, "answering the old request", f.Answer(ctx, editor, id, true), fault.NotFound)
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

func TestLists(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	anna := f.person(t, "anna", account.RoleMember)
	var followers []account.Account
	for i := range 5 {
		a := f.remote(t, fmt.Sprintf("f%d", i), "kg.example", account.Person)
		followers = append(followers, a)
	}
	// They follow in another order than they became known, so that the ids of accounts and follows disagree.
	for _, i := range []int{3, 0, 4, 1, 2} {
		if err := f.Receive(ctx, followers[i].ID, anna.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Follow(ctx, anna, anna.ID, followers[i].ID); err != nil {
			t.Fatal(err)
		}
		if i != 4 {
			if err := f.ReceiveAnswer(ctx, followers[i].ID, "", anna.URI, true); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Millisecond) // ids of one millisecond are in no order
	}
	names := func(list []account.Account, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range list {
			names = append(names, a.Username)
		}
		return strings.Join(names, " ")
	}
	id := func(i int) int64 { return followers[i].ID }
	for _, test := range []struct {
		page            paging.Page
		followers, sent string
	}{
		{paging.Page{}, "f2 f1 f4 f0 f3", "f2 f1 f0 f3"},
		{paging.Page{Limit: 2}, "f2 f1", "f2 f1"},
		{paging.Page{MaxID: id(1), Limit: 2}, "f4 f0", "f0 f3"},
		{paging.Page{MaxID: id(3)}, "", ""},
		{paging.Page{SinceID: id(0)}, "f2 f1 f4", "f2 f1"},
		{paging.Page{SinceID: id(0), Limit: 1}, "f2", "f2"},
		{paging.Page{MinID: id(3), Limit: 2}, "f4 f0", "f1 f0"},
	} {
		if got := names(f.Followers(ctx, anna.ID, test.page)); got != test.followers {
			t.Errorf("Followers %+v: %q, want %q", test.page, got, test.followers)
		}
		if got := names(f.Following(ctx, anna.ID, test.page)); got != test.sent {
			t.Errorf("Following %+v: %q, want %q", test.page, got, test.sent)
		}
	}
	// The last one shown leaves; the next page goes on where it was.
	if err := f.ReceiveUndo(ctx, id(1), anna.ID); err != nil {
		t.Fatal(err)
	}
	if got := names(f.Followers(ctx, anna.ID, paging.Page{MaxID: id(1)})); got != "f4 f0 f3" {
		t.Errorf("after the cursor's end: %q", got)
	}
	relations, err := f.Relations(ctx, anna.ID, []int64{id(0), id(1), id(4), 7})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]follow.Relation{
		id(0): {Following: true, FollowedBy: true}, id(1): {Following: true}, id(4): {Requested: true, FollowedBy: true},
	}
	if diff := cmp.Diff(want, relations); diff != "" {
		t.Errorf("relations (-want +got):\n%s", diff)
	}
	if n, m, err := f.Counts(ctx, anna.ID); err != nil || n != 4 || m != 4 {
		t.Errorf("counts %d, %d, %v", n, m, err)
	}
	wantKind(t, "ByID", second(f.ByID(ctx, 1)), fault.NotFound)
}
