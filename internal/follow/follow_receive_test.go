package follow_test

import (
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
)

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
