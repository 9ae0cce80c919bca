package account_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/paging"
)

const (
	domain  = "sh.localhost:8402"
	baseURL = "http://" + domain
)

type house struct {
	*account.Service
	db            *sqlx.DB
	organizations *organization.Service
}

func newHouse(t *testing.T) house {
	t.Helper()
	conn := dbtest.New(t)
	organizations := organization.New(conn)
	return house{accounttest.New(t, conn, organizations, job.New(conn, slog.New(slog.DiscardHandler)), baseURL, domain), conn, organizations}
}

func (h house) person(t *testing.T, username string, role account.Role) account.Account {
	t.Helper()
	a, err := h.CreateLocal(t.Context(), username, "", role)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// jobs returns the waiting jobs as kind and arguments, oldest first.
func (h house) jobs(t *testing.T) []string {
	t.Helper()
	var list []string
	if err := h.db.SelectContext(t.Context(), &list, `SELECT kind || ' ' || args::text FROM river_job ORDER BY id`); err != nil {
		t.Fatal(err)
	}
	return list
}

// audit returns the log, newest first.
func (h house) audit(t *testing.T) []string {
	t.Helper()
	entries, err := h.AuditLog(t.Context(), account.Operator(), paging.Page{})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(entries, func(a, b account.Entry) int { return b.CreatedAt.Compare(a.CreatedAt) })
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.Username, e.Action, e.Subject, e.Detail)))
	}
	return list
}

func remote(username, host string) account.Account {
	uri := "https://" + host + "/users/" + username
	return account.Account{
		Username: username, Domain: &host, URI: uri, URL: "https://" + host + "/@" + username, Kind: account.Person,
		DisplayName: username, InboxURI: uri + "/inbox", SharedInboxURI: "https://" + host + "/inbox",
		FollowersURI: uri + "/followers", PublicKeyID: uri + "#main-key", PublicKeyPEM: "key of " + username,
		Discoverable: true, Language: "de",
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()

	// Processes that start at once make one set of actors.
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()

	instance, err := h.Instance(ctx)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := h.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	forum, err := h.Forum(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if n := countAccounts(t, h); n != 3 {
		t.Errorf("%d accounts, want 3", n)
	}
	for _, test := range []struct {
		got                          account.Account
		kind                         account.Kind
		username, uri, url, nameWant string
	}{
		{instance, account.Application, domain, baseURL + "/actor", baseURL + "/instanz", "SH"},
		{catalog, account.Group, "praxis", baseURL + "/g/praxis", baseURL + "/@praxis", "Praxisbeispiele SH"},
		{forum, account.Group, "forum", baseURL + "/g/forum", baseURL + "/@forum", "Diskussionen SH"},
	} {
		want := account.Account{
			ID: test.got.ID, Username: test.username, URI: test.uri, URL: test.url, Kind: test.kind, DisplayName: test.nameWant,
			Level: "land", Region: "DE-SH",
			InboxURI: test.uri + "/inbox", SharedInboxURI: baseURL + "/inbox", OutboxURI: test.uri + "/outbox",
			FollowersURI: test.uri + "/followers", FollowingURI: test.uri + "/following", FeaturedURI: test.uri + "/featured",
			PublicKeyID: test.uri + "#main-key", PublicKeyPEM: test.got.PublicKeyPEM, Discoverable: true, Indexable: true, Language: "de", DefaultVisibility: "public",
			State: account.Active, CreatedAt: test.got.CreatedAt, UpdatedAt: test.got.UpdatedAt,
		}
		if test.kind == account.Application {
			want.CatalogURI, want.ForumURI = catalog.URI, forum.URI
		}
		if diff := cmp.Diff(want, test.got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.username, diff)
		}
		keyID, private, err := h.SigningKey(ctx, test.got.ID)
		if err != nil || keyID != test.got.PublicKeyID {
			t.Fatalf("SigningKey of %s: %q, %v", test.username, keyID, err)
		}
		checkKeyPair(t, private, test.got.PublicKeyPEM)
	}
	if jobs := h.jobs(t); len(jobs) != 0 {
		t.Errorf("new actors have no followers to tell, but there are jobs: %v", jobs)
	}

	// Later: new names, same keys; the followers of both groups hear of it.
	if err := h.Bootstrap(ctx, "Schleswig-Holstein", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	renamed, err := h.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if renamed.DisplayName != "Praxisbeispiele Schleswig-Holstein" || renamed.PublicKeyPEM != catalog.PublicKeyPEM || renamed.ID != catalog.ID {
		t.Errorf("after the second Bootstrap: %q, id %d (was %d)", renamed.DisplayName, renamed.ID, catalog.ID)
	}
	want := []string{updateJob(catalog.ID), updateJob(forum.ID)}
	if diff := cmp.Diff(want, h.jobs(t)); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}

	// The same database under another base URL is a mistake of the operator.
	moved := accounttest.New(t, h.db, h.organizations, job.New(h.db, slog.New(slog.DiscardHandler)), "http://other.localhost", "other.localhost")
	if err := moved.Bootstrap(ctx, "SH", "land", "DE-SH"); err == nil || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("Bootstrap with another base URL: %v", err)
	}
}

func updateJob(id int64) string {
	return fmt.Sprintf(`activity.distribute {"id": %d, "verb": "update_account"}`, id)
}

func countAccounts(t *testing.T, h house) (n int) {
	t.Helper()
	if err := h.db.GetContext(t.Context(), &n, `SELECT count(*) FROM accounts`); err != nil {
		t.Fatal(err)
	}
	return n
}

func checkKeyPair(t *testing.T, private, public string) {
	t.Helper()
	block, _ := pem.Decode([]byte(private))
	if block == nil {
		t.Fatal("private key is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	block, _ = pem.Decode([]byte(public))
	if block == nil || block.Type != "PUBLIC KEY" {
		t.Fatal("public key is no PEM")
	}
	got, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if r := key.(*rsa.PrivateKey); r.N.BitLen() != 2048 || !r.PublicKey.Equal(got) {
		t.Errorf("keys of %d bits do not belong together or are not 2048 bits long", r.N.BitLen())
	}
}

func TestCreateLocal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()

	anna, err := h.CreateLocal(ctx, " Anna.b ", " Anna B. ", account.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	if anna.Username != "anna.b" || anna.DisplayName != "Anna B." || anna.URI != baseURL+"/u/anna.b" || anna.URL != baseURL+"/@anna.b" ||
		anna.Role != account.RoleMember || anna.Kind != account.Person || !anna.Local() || anna.State != account.Active {
		t.Errorf("created %+v", []any{anna.Username, anna.DisplayName, anna.URI, anna.URL, anna.Role, anna.Kind, anna.State})
	}
	for _, test := range []struct {
		username, displayName string
		role                  account.Role
		kind                  fault.Kind
		fields                map[string]string
	}{
		{"ANNA.B", "", account.RoleGuest, fault.Conflict, map[string]string{"username": "error.account.username_taken"}},
		{"", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_required"}},
		{"a", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{"1anna", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{"anna.", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{"anna b", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{"jörg", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{strings.Repeat("a", 31), "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_form"}},
		{"praxis", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_reserved"}},
		{"Inbox", "", account.RoleGuest, fault.Invalid, map[string]string{"username": "error.account.username_reserved"}},
		{"www", strings.Repeat("x", 101), account.RoleGuest, fault.Invalid,
			map[string]string{"username": "error.account.username_reserved", "display_name": "error.account.too_long"}},
		{"ben", "Ben\nCarl", account.RoleGuest, fault.Invalid, map[string]string{"display_name": "error.account.characters"}},
		{"ben", "", "chief", fault.Invalid, map[string]string{"role": "error.account.role"}},
		{"ben", "", account.RoleNone, fault.Invalid, map[string]string{"role": "error.account.role"}},
	} {
		_, err := h.CreateLocal(ctx, test.username, test.displayName, test.role)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != test.kind {
			t.Errorf("CreateLocal(%q, %q, %q): %v, want %s", test.username, test.displayName, test.role, err, test.kind)
			continue
		}
		got := map[string]string{}
		for _, f := range e.Fields {
			got[f.Name] = f.Message
		}
		if diff := cmp.Diff(test.fields, got); diff != "" {
			t.Errorf("CreateLocal(%q, %q, %q): fields (-want +got):\n%s", test.username, test.displayName, test.role, diff)
		}
	}
	if n := countAccounts(t, h); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
	h.person(t, "admin", account.RoleAdmin) // a functional name, allowed
}

func TestCreateLocalRace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	errs := make([]error, 4)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { _, errs[i] = h.CreateLocal(t.Context(), "anna", "", account.RoleGuest) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.Is(err, fault.Conflict) {
			t.Errorf("the slower one got %v, want a conflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d got the username", won, len(errs))
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	anna := h.person(t, "anna", account.RoleMember)
	ben, err := h.Receive(ctx, remote("Ben", "kg.example"))
	if err != nil {
		t.Fatal(err)
	}
	for handle, want := range map[string]int64{
		"anna": anna.ID, "@anna": anna.ID, "ANNA": anna.ID, " anna ": anna.ID, "anna@" + domain: anna.ID, "@Anna@SH.localhost:8402": anna.ID,
		"ben@kg.example": ben.ID, "@BEN@KG.example": ben.ID,
		"ben": 0, "anna@kg.example": 0, "anna@sh.localhost": 0, "": 0, "@": 0,
	} {
		got, err := h.ByHandle(ctx, handle)
		if want == 0 && !fault.Is(err, fault.NotFound) || want != 0 && err != nil || got.ID != want {
			t.Errorf("ByHandle(%q) = %d, %v; want %d", handle, got.ID, err, want)
		}
	}
	if got, err := h.ByKeyID(ctx, ben.PublicKeyID); err != nil || got.ID != ben.ID {
		t.Errorf("ByKeyID: %v, %v", got, err)
	}
	for name, f := range map[string]func() (account.Account, error){
		"ByKeyID of ours":    func() (account.Account, error) { return h.ByKeyID(ctx, anna.PublicKeyID) },
		"ByKeyID of nothing": func() (account.Account, error) { return h.ByKeyID(ctx, "") },
		"ByID":               func() (account.Account, error) { return h.ByID(ctx, 1) },
		"ByURI":              func() (account.Account, error) { return h.ByURI(ctx, "https://kg.example/users/none") },
		"ByUsername, remote": func() (account.Account, error) { return h.ByUsername(ctx, "ben") },
	} {
		if got, err := f(); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, %v; want not found", name, got, err)
		}
	}
	if _, _, err := h.SigningKey(ctx, ben.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("SigningKey of a remote account: %v", err)
	}
	got, err := h.ByIDs(ctx, []int64{anna.ID, 7, ben.ID})
	if err != nil || len(got) != 2 || got[anna.ID].Username != "anna" || got[ben.ID].Username != "Ben" {
		t.Errorf("ByIDs: %v, %v", got, err)
	}
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	if err := h.Bootstrap(ctx, "SH", "land", "DE-SH"); err != nil {
		t.Fatal(err)
	}
	admin := h.person(t, "admin", account.RoleAdmin)
	anna := h.person(t, "anna", account.RoleMember)
	hidden := remote("hidden", "a.example")
	hidden.Discoverable = false
	group := remote("praxis", "b.example")
	group.Kind = account.Group
	for _, a := range []account.Account{hidden, group, remote("ben", "a.example"), remote("suspended", "a.example"), remote("gone", "a.example")} {
		got, err := h.Receive(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		if a.Username == "suspended" {
			if err := h.SetState(ctx, admin, got.ID, "suspended"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.MarkGone(ctx, "https://a.example/users/gone"); err != nil {
		t.Fatal(err)
	}
	list, err := h.Participants(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"forum", "praxis", "praxis@b.example", "admin", "anna", "ben@a.example"}, handles(list)); diff != "" {
		t.Errorf("participants (-want +got):\n%s", diff)
	}
	if err := h.SetState(ctx, admin, anna.ID, "suspended"); err != nil {
		t.Fatal(err)
	}
	list, err = h.Local(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"admin", "anna"}, handles(list)); diff != "" {
		t.Errorf("local people, suspended ones included (-want +got):\n%s", diff)
	}
}

func handles(list []account.Account) (handles []string) {
	for _, a := range list {
		handles = append(handles, a.Handle())
	}
	return handles
}

func TestNothingPrintsAPrivateKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	anna := h.person(t, "anna", account.RoleMember)
	_, private, err := h.SigningKey(t.Context(), anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Split(private, "\n")[1]

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("test", "account", anna)
	asJSON, err := json.Marshal(anna)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", anna), "%+v": fmt.Sprintf("%+v", &anna), "%#v": fmt.Sprintf("%#v", anna),
		"log": log.String(), "JSON": string(asJSON),
	} {
		if strings.Contains(text, secret) || strings.Contains(text, "PRIVATE KEY") {
			t.Errorf("%s prints the private key", name)
		}
	}
	if got := fmt.Sprintf("%v", anna); got != "anna" {
		t.Errorf("an account prints as %q, want its handle", got)
	}
	if !strings.Contains(log.String(), `"handle":"anna"`) || strings.Contains(log.String(), "BEGIN") {
		t.Errorf("log line %s", log.String())
	}
}
