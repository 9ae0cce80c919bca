package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/paging"
)

// TestRoles says for each method who may call it.
func TestRoles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	catalog, err := h.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other := h.person(t, "other", account.RoleGuest)
	actors := map[string]account.Account{
		"nobody": {}, "operator": account.Operator(),
		"guest": h.person(t, "guest", account.RoleGuest), "member": h.person(t, "member", account.RoleMember),
		"editor": h.person(t, "editor", account.RoleEditor), "moderator": h.person(t, "moderator", account.RoleModerator),
		"admin": h.person(t, "admin", account.RoleAdmin),
	}
	suspended := h.person(t, "suspended", account.RoleAdmin)
	if err := h.SetState(ctx, account.Operator(), suspended.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	// Also with a row that was read before the suspension, as a running request has it.
	actors["suspended since"] = suspended
	if actors["suspended"], err = h.ByID(ctx, suspended.ID); err != nil {
		t.Fatal(err)
	}

	o := organization.Organization{Name: "Land", ShortName: "SH", Level: "land", Region: "DE-SH"}
	for _, test := range []struct {
		method string
		call   func(actor account.Account) error
		may    string
	}{
		{"SetRole", func(a account.Account) error { return h.SetRole(ctx, a, other.ID, account.RoleMember) }, "operator admin"},
		{"SetState", func(a account.Account) error { return h.SetState(ctx, a, other.ID, "active") }, "operator admin"},
		{"UpdateProfile of oneself", func(a account.Account) error { return h.UpdateProfile(ctx, a, a.ID, "", "", false, "de") }, "guest member editor moderator admin"},
		{"UpdateProfile of another", func(a account.Account) error { return h.UpdateProfile(ctx, a, other.ID, "Other", "", false, "de") }, "operator admin"},
		{"UpdateProfile of a group", func(a account.Account) error {
			return h.UpdateProfile(ctx, a, catalog.ID, catalog.DisplayName, "", false, "de")
		}, "operator admin"},
		{"SaveOrganization", func(a account.Account) error { return h.SaveOrganization(ctx, a, o) }, "operator admin"},
		{"AuditLog", func(a account.Account) error { _, err := h.AuditLog(ctx, a, paging.Page{}); return err }, "operator admin"},
	} {
		for name, actor := range actors {
			err := test.call(actor)
			may := strings.Contains(" "+test.may+" ", " "+name+" ")
			// What is changed in the row is checked where it matters; reading a page once more does no harm.
			if name == "suspended since" && (strings.HasPrefix(test.method, "UpdateProfile") || test.method == "SaveOrganization" || test.method == "AuditLog") {
				continue
			}
			if name == "operator" && test.method == "UpdateProfile of oneself" {
				continue // has no profile
			}
			if may && err != nil {
				t.Errorf("%s by %s: %v", test.method, name, err)
			}
			if !may && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %s: %v, want forbidden", test.method, name, err)
			}
		}
	}
}

func TestSetRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	admin := h.person(t, "admin", account.RoleAdmin)
	anna := h.person(t, "anna", account.RoleGuest)
	ben, err := h.Receive(ctx, remote("ben", "kg.example"))
	if err != nil {
		t.Fatal(err)
	}

	if err := h.SetRole(ctx, admin, admin.ID, account.RoleEditor); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last administrator steps down: %v, want a conflict", err)
	}
	if err := h.SetRole(ctx, account.Operator(), admin.ID, account.RoleEditor); !fault.Is(err, fault.Conflict) {
		t.Errorf("the command line takes the last administrator's role: %v, want a conflict", err)
	}
	if err := h.SetRole(ctx, admin, anna.ID, "chief"); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown role: %v", err)
	}
	if err := h.SetRole(ctx, admin, ben.ID, account.RoleMember); !fault.Is(err, fault.Conflict) {
		t.Errorf("a role for a remote account: %v", err)
	}
	if err := h.SetRole(ctx, admin, 1, account.RoleMember); !fault.Is(err, fault.NotFound) {
		t.Errorf("a role for nobody: %v", err)
	}
	for range 2 { // the second call changes nothing and logs nothing
		if err := h.SetRole(ctx, admin, anna.ID, account.RoleAdmin); err != nil {
			t.Fatal(err)
		}
	}
	if anna, err = h.ByID(ctx, anna.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.SetRole(ctx, anna, admin.ID, account.RoleEditor); err != nil {
		t.Errorf("one of two administrators steps down: %v", err)
	}
	// Admin's row as read before still says administrator.
	if err := h.SetRole(ctx, admin, anna.ID, account.RoleGuest); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a former administrator changes roles: %v, want forbidden", err)
	}
	want := []string{"anna account.role admin admin → editor", "admin account.role anna guest → admin"}
	if diff := cmp.Diff(want, h.audit(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

// TestLastTwoAdministrators lets each take the other's role at the same moment: one must stay.
func TestLastTwoAdministrators(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.person(t, "a1", account.RoleAdmin), h.person(t, "b1", account.RoleAdmin)
	var wait sync.WaitGroup
	var errs [2]error
	wait.Go(func() { errs[0] = h.SetRole(t.Context(), a, b.ID, account.RoleGuest) })
	wait.Go(func() { errs[1] = h.SetState(t.Context(), b, a.ID, "suspended") })
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both or neither got through: %v, %v", errs[0], errs[1])
	}
	if err := errors.Join(errs[:]...); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the slower one got %v, want forbidden: it is no administrator any more", err)
	}
}

func TestSetState(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	catalog, err := h.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	admin := h.person(t, "admin", account.RoleAdmin)
	anna := h.person(t, "anna", account.RoleMember)
	gone, err := h.Receive(ctx, remote("gone", "kg.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.MarkGone(ctx, gone.URI); err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.ExecContext(ctx, `
		INSERT INTO sessions (id, token_hash, account_id, expires_at) VALUES (1, 'a', $1, now() + interval '1 day'), (2, 'b', $2, now() + interval '1 day')`,
		anna.ID, admin.ID); err != nil {
		t.Fatal(err)
	}

	for name, test := range map[string]struct {
		id    int64
		state string
		want  fault.Kind
	}{
		"oneself": {admin.ID, "suspended", fault.Conflict}, "our catalogue": {catalog.ID, "suspended", fault.Conflict},
		"a gone one": {gone.ID, "active", fault.Conflict}, "as gone": {anna.ID, "gone", fault.Invalid}, "nobody": {1, "active", fault.NotFound},
	} {
		if err := h.SetState(ctx, admin, test.id, account.State(test.state)); !fault.Is(err, test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if err := h.SetState(ctx, admin, anna.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	var left []int64
	if err := h.db.SelectContext(ctx, &left, `SELECT id FROM sessions`); err != nil || !cmp.Equal(left, []int64{2}) {
		t.Errorf("sessions left: %v, %v; want only the administrator's", left, err)
	}
	if got, _ := h.ByID(ctx, anna.ID); got.State != account.Suspended || got.Able(account.RoleGuest) {
		t.Errorf("state %q, able %t", got.State, got.Able(account.RoleGuest))
	}
	if err := h.SetState(ctx, admin, anna.ID, "active"); err != nil {
		t.Fatal(err)
	}
	want := []string{"admin account.state anna suspended → active", "admin account.state anna active → suspended"}
	if diff := cmp.Diff(want, h.audit(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	catalog, err := h.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	anna := h.person(t, "anna", account.RoleMember)
	for range 2 { // the second call changes nothing and tells nobody
		if err := h.UpdateProfile(ctx, anna, anna.ID, " Anna ", "Ich bin **da**.<script>x</script>", true, "en"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.ByID(ctx, anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.DisplayName != "Anna" || !got.ApprovesFollowers || got.Language != "en" || got.NoteSource != "Ich bin **da**.<script>x</script>" {
		t.Errorf("stored %q, %q, %t, %q", got.DisplayName, got.NoteSource, got.ApprovesFollowers, got.Language)
	}
	if !strings.Contains(got.Note, "<strong>da</strong>") || strings.Contains(got.Note, "<script") {
		t.Errorf("note became %q", got.Note)
	}
	if diff := cmp.Diff([]string{updateJob(anna.ID)}, h.jobs(t)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}

	for name, err := range map[string]error{
		"language":     h.UpdateProfile(ctx, anna, anna.ID, "", "", false, "fr"),
		"note":         h.UpdateProfile(ctx, anna, anna.ID, "", strings.Repeat("x", 5_001), false, "de"),
		"display_name": h.UpdateProfile(ctx, account.Operator(), catalog.ID, "Mein Katalog", "", false, "de"),
	} {
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != name {
			t.Errorf("%v, want a mistake in %s only", err, name)
		}
	}
	if err := h.UpdateProfile(ctx, account.Operator(), 1, "", "", false, "de"); !fault.Is(err, fault.NotFound) {
		t.Errorf("profile of nobody: %v", err)
	}
	ben, err := h.Receive(ctx, remote("ben", "kg.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.UpdateProfile(ctx, account.Operator(), ben.ID, "", "", false, "de"); !fault.Is(err, fault.NotFound) {
		t.Errorf("profile of a remote account: %v", err)
	}
	if err := h.UpdateProfile(ctx, account.Operator(), catalog.ID, catalog.DisplayName, "Alles", true, "de"); err != nil {
		t.Errorf("profile of our catalogue: %v", err)
	}
	if diff := cmp.Diff([]string{"account.profile praxis"}, h.audit(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestSaveOrganization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	o := organization.Organization{Name: "Land", ShortName: "SH", Level: "land", Region: "DE-SH"}
	if err := h.organizations.Save(ctx, o); err != nil {
		t.Fatal(err)
	}
	if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	admin := h.person(t, "admin", account.RoleAdmin)

	if err := h.SaveOrganization(ctx, admin, o); err != nil {
		t.Fatal(err)
	}
	if jobs, log := h.jobs(t), h.audit(t); len(jobs)+len(log) != 0 {
		t.Errorf("nothing changed, but jobs %v, audit log %v", jobs, log)
	}
	o.Level, o.Region = "kommune", ""
	if err := h.SaveOrganization(ctx, admin, o); !fault.Is(err, fault.Invalid) {
		t.Errorf("no region: %v", err)
	}
	o.Region, o.ShortName = "DE-SH", "Kiel"
	if err := h.SaveOrganization(ctx, admin, o); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range []func() (account.Account, error){
		func() (account.Account, error) { return h.Instance(ctx) }, func() (account.Account, error) { return h.Catalog(ctx) },
		func() (account.Account, error) { return h.Forum(ctx) },
	} {
		a, err := f()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, a.DisplayName+", "+a.Level)
	}
	if diff := cmp.Diff([]string{"Kiel, kommune", "Praxisbeispiele Kiel, kommune", "Diskussionen Kiel, kommune"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	catalog, _ := h.Catalog(ctx)
	forum, _ := h.Forum(ctx)
	if diff := cmp.Diff([]string{updateJob(catalog.ID), updateJob(forum.ID)}, h.jobs(t)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"admin organization.save Kiel short_name, level"}, h.audit(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}
