package account_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestReceive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()

	sent := remote("Ben", "kg.example")
	upper := "KG.example"
	sent.Domain, sent.Level, sent.Region, sent.Kind = &upper, "land", "DE-SH", account.Group
	sent.Role, sent.State, sent.ID = account.RoleAdmin, account.Suspended, 42 // not theirs to say
	sent.DefaultVisibility, sent.DefaultSensitive = "direct", true            // nor this
	sent.Avatar, sent.Header, sent.Indexable = "https://kg.example/ben.png", "javascript:alert(1)", true
	sent.Fields = account.Fields{{Name: " Amt\n", Value: `<script>x</script><a href="https://kg.example">Kreis</a>`, Source: "not theirs to say"}, {Value: "no name"}}
	moved := time.Now()
	sent.AlsoKnownAs, sent.MovedToURI, sent.MovedAt = []string{"https://alt.example/u/ben", "javascript:x"}, "https://neu.example/u/ben", &moved // the time is ours
	first, err := h.Receive(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	want := remote("Ben", "kg.example")
	want.Level, want.Region, want.Kind, want.State = "land", "DE-SH", account.Group, account.Active
	want.Avatar, want.Indexable, want.DefaultVisibility = "https://kg.example/ben.png", true, "public"
	want.Fields = account.Fields{{Name: "Amt", Value: `<a href="https://kg.example" rel="nofollow noopener ugc">Kreis</a>`}}
	want.AlsoKnownAs, want.MovedToURI = []string{"https://alt.example/u/ben"}, "https://neu.example/u/ben"
	ours := cmpopts.IgnoreFields(account.Account{}, "ID", "FetchedAt", "CreatedAt", "UpdatedAt")
	if diff := cmp.Diff(want, first, ours); diff != "" {
		t.Errorf("first message (-want +got):\n%s", diff)
	}
	if first.ID == 42 || first.FetchedAt == nil {
		t.Errorf("id %d, fetched at %v", first.ID, first.FetchedAt)
	}

	if err := h.SetState(ctx, account.Operator(), first.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	sent.DisplayName, sent.PublicKeyPEM, sent.State = "Benjamin", "new key", account.Active
	second, err := h.Receive(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	if second.ID != first.ID || second.DisplayName != "Benjamin" || second.PublicKeyPEM != "new key" || second.State != account.Suspended || second.Role != account.RoleNone {
		t.Errorf("second message: id %d, %q, state %q, role %q", second.ID, second.DisplayName, second.State, second.Role)
	}

	for range 2 {
		if err := h.MarkGone(ctx, sent.URI); err != nil {
			t.Fatal(err)
		}
	}
	var forget []string
	if err := h.db.SelectContext(ctx, &forget, `SELECT args->>'account_id' FROM river_job WHERE kind = 'account.forget'`); err != nil || !slices.Equal(forget, []string{fmt.Sprint(first.ID)}) {
		t.Errorf("to be forgotten: %v, %v; want only %d", forget, err, first.ID)
	}
	third, err := h.Receive(ctx, sent)
	if err != nil {
		t.Fatal(err)
	}
	if third.State != account.Gone || third.DisplayName != "" {
		t.Errorf("after Delete: state %q, name %q; want gone and forgotten", third.State, third.DisplayName)
	}
}

func TestReceiveCleans(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sent := remote("ben", "kg.example")
	sent.DisplayName = "Ben\x00\n  " + strings.Repeat("ü", 600)
	sent.Note = `<p onclick="x">Hallo <script>böse()</script><a href="javascript:x">da</a></p>` + strings.Repeat("<b>x</b>", 10_000)
	sent.Level, sent.Region, sent.Language = "empire", "AT-1", strings.Repeat("x", 50)
	sent.OutboxURI, sent.URL = "ftp://kg.example/outbox", "javascript:alert(1)"
	sent.NoteSource = "theirs"
	got, err := h.Receive(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(got.DisplayName)); n != 500 || !strings.HasPrefix(got.DisplayName, "Ben ü") {
		t.Errorf("display name of %d characters: %.20q", n, got.DisplayName)
	}
	if len(got.Note) > 60_000 || strings.Contains(got.Note, "script") || strings.Contains(got.Note, "onclick") || !strings.Contains(got.Note, "Hallo") {
		t.Errorf("note of %d bytes: %.100q", len(got.Note), got.Note)
	}
	if got.Level+got.Region+got.Language+got.OutboxURI+got.URL+got.NoteSource != "" {
		t.Errorf("kept %q, %q, %q, %q, %q, %q", got.Level, got.Region, got.Language, got.OutboxURI, got.URL, got.NoteSource)
	}
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	anna := h.person(t, "anna", account.RoleMember)
	for name, test := range map[string]struct {
		change func(*account.Account)
		want   fault.Kind
	}{
		"our own URI":             {func(a *account.Account) { a.URI = anna.URI }, fault.Forbidden},
		"a URI on our host":       {func(a *account.Account) { a.URI = baseURL + "/u/new" }, fault.Forbidden},
		"our domain":              {func(a *account.Account) { a.Domain = ptr(strings.ToUpper(domain)) }, fault.Forbidden},
		"no domain":               {func(a *account.Account) { a.Domain = nil }, fault.Invalid},
		"empty domain":            {func(a *account.Account) { a.Domain = ptr(" ") }, fault.Invalid},
		"domain is an address":    {func(a *account.Account) { a.Domain = ptr("https://kg.example") }, fault.Invalid},
		"no id":                   {func(a *account.Account) { a.URI = "" }, fault.Invalid},
		"id is no address":        {func(a *account.Account) { a.URI = "urn:ben" }, fault.Invalid},
		"id carries a password":   {func(a *account.Account) { a.URI = "https://a:b@kg.example/ben" }, fault.Invalid},
		"id too long":             {func(a *account.Account) { a.URI = "https://kg.example/" + strings.Repeat("x", 2_100) }, fault.Invalid},
		"no username":             {func(a *account.Account) { a.Username = "" }, fault.Invalid},
		"username with host":      {func(a *account.Account) { a.Username = "ben@kg.example" }, fault.Invalid},
		"username of a freed row": {func(a *account.Account) { a.Username = "ben~1" }, fault.Invalid},
		"username too long":       {func(a *account.Account) { a.Username = strings.Repeat("x", 256) }, fault.Invalid},
		"no inbox":                {func(a *account.Account) { a.InboxURI = "" }, fault.Invalid},
		"unknown kind":            {func(a *account.Account) { a.Kind = "robot" }, fault.Invalid},
		"key of another host":     {func(a *account.Account) { a.PublicKeyID = "https://bank.example/actor#main-key" }, fault.Invalid},
		"endless key":             {func(a *account.Account) { a.PublicKeyPEM = strings.Repeat("x", 17<<10) }, fault.Invalid},
	} {
		a := remote("ben", "kg.example")
		test.change(&a)
		if got, err := h.Receive(ctx, a); !fault.Is(err, test.want) {
			t.Errorf("%s: %v, %v; want %s", name, got, err, test.want)
		}
	}
	if n := countAccounts(t, h); n != 1 {
		t.Errorf("%d accounts, want only ours", n)
	}
	if err := h.MarkGone(ctx, anna.URI); !fault.Is(err, fault.Forbidden) {
		t.Errorf("MarkGone of ours: %v", err)
	}
}

func ptr(s string) *string { return &s }

func TestHandleMovesOnlyWithinAHost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	first, err := h.Receive(ctx, remote("ben", "kg.example"))
	if err != nil {
		t.Fatal(err)
	}
	anna := h.person(t, "anna", account.RoleMember)
	if _, err := h.db.ExecContext(ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state) VALUES (1, $1, $2, 'f1', 'accepted'), (2, $2, $1, 'f2', 'accepted')`,
		anna.ID, first.ID); err != nil {
		t.Fatal(err)
	}

	thief := remote("BEN", "evil.example")
	thief.Domain = first.Domain
	if _, err := h.Receive(ctx, thief); !fault.Is(err, fault.Conflict) {
		t.Errorf("another host takes the handle: %v, want a conflict", err)
	}
	known := remote("carl", "evil.example")
	if _, err := h.Receive(ctx, known); err != nil {
		t.Fatal(err)
	}
	known.Username, known.Domain = "ben", first.Domain
	if _, err := h.Receive(ctx, known); !fault.Is(err, fault.Conflict) {
		t.Errorf("another host renames its actor to the handle: %v, want a conflict", err)
	}
	if got, err := h.ByHandle(ctx, "ben@kg.example"); err != nil || got.ID != first.ID || got.State != account.Active {
		t.Fatalf("the handle now leads to %d, state %q, %v", got.ID, got.State, err)
	}

	// The same host gives it to someone new, who does not escape a suspension by that.
	if err := h.SetState(ctx, account.Operator(), first.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	successor := remote("ben", "kg.example")
	successor.URI += "/2026"
	successor.PublicKeyID = successor.URI + "#main-key"
	second, err := h.Receive(ctx, successor)
	if err != nil {
		t.Fatal(err)
	}
	if second.ID == first.ID || second.State != account.Suspended {
		t.Errorf("successor %d (was %d) has state %q, want suspended", second.ID, first.ID, second.State)
	}
	if got, err := h.ByHandle(ctx, "ben@kg.example"); err != nil || got.ID != second.ID {
		t.Errorf("the handle leads to %d, %v; want the successor", got.ID, err)
	}
	old, err := h.ByURI(ctx, first.URI)
	if err != nil || old.ID != first.ID || old.State != account.Gone {
		t.Errorf("the old one: id %d, state %q, %v; want gone", old.ID, old.State, err)
	}
	var standing int
	if err := h.db.GetContext(ctx, &standing, `SELECT count(*) FROM follows WHERE undone_at IS NULL`); err != nil || standing != 0 {
		t.Errorf("%d follows of the gone account stand, %v", standing, err)
	}
}

func TestReceiveRace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var wait sync.WaitGroup
	ids := make([]int64, 8)
	for i := range ids {
		wait.Go(func() {
			a, err := h.Receive(t.Context(), remote("ben", "kg.example"))
			if err != nil {
				t.Error(err)
			}
			ids[i] = a.ID
		})
	}
	wait.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one actor became several accounts: %v", ids)
		}
	}
}

func TestKeyBelongsToItsActor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	// Evil is known first and claims Ben's key id on the host they share.
	evil := remote("evil", "kg.example")
	ben := remote("ben", "kg.example")
	evil.PublicKeyID = ben.PublicKeyID
	for _, a := range []account.Account{evil, ben} {
		if _, err := h.Receive(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := h.ByKeyID(ctx, ben.PublicKeyID); err != nil || got.URI != ben.URI {
		t.Errorf("ByKeyID: %v, %v; want ben", got, err)
	}
}
