package account

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Limits in characters.
const (
	maxDisplayName = 100
	maxNote        = 5_000
)

// A username ends in a letter, a digit or an underscore, so that a sentence can end after @anna without naming @anna.
var usernameForm = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,28}[a-z0-9_]$`)

// reservedUsernames are our own actors and words that stand in addresses or could pass for the operator of the host.
var reservedUsernames = []string{
	"actor", CatalogUsername, ForumUsername, "instance", "instanz", "vorbild",
	"inbox", "outbox", "followers", "following", "featured", "practices", "notes", "threads", "api", "static", "ns",
	"www", "localhost", "root", "postmaster", "hostmaster", "webmaster", "abuse",
}

// Draft is a checked person with keys that is not stored yet: making keys takes too long for a transaction.
type Draft struct {
	account Account
	key     keyPair
}

// CreateLocal makes a person with a key pair. Errors: fault.Invalid with fields username, display_name, role;
// fault.Conflict when the username is taken. It asks for no role: the command line and auth call it, auth with an
// invitation in hand.
func (s *Service) CreateLocal(ctx context.Context, username, displayName string, role Role) (Account, error) {
	draft, err := s.Draft(ctx, db.NewID(time.Now()), username, displayName, role)
	if err != nil {
		return Account{}, err
	}
	var a Account
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err = s.CreateIn(ctx, tx, draft)
		return err
	})
	return a, err
}

// CheckLocal says whether CreateLocal would refuse these names, and returns the username as it would be stored.
func (s *Service) CheckLocal(ctx context.Context, username, displayName string) (string, error) {
	username = strings.ToLower(strings.TrimSpace(username))
	var mistakes []fault.Field
	switch {
	case username == "":
		mistakes = append(mistakes, fault.Field{Name: "username", Message: "error.account.username_required"})
	case !usernameForm.MatchString(username):
		mistakes = append(mistakes, fault.Field{Name: "username", Message: "error.account.username_form"})
	case slices.Contains(reservedUsernames, username) || username == s.domain:
		mistakes = append(mistakes, fault.Field{Name: "username", Message: "error.account.username_reserved"})
	}
	mistakes = append(mistakes, checkDisplayName(displayName)...)
	if err := fault.Fields(mistakes...); err != nil {
		return "", err
	}
	switch _, err := s.ByUsername(ctx, username); {
	case err == nil:
		return "", errTaken()
	case !fault.Is(err, fault.NotFound):
		return "", err
	}
	return username, nil
}

// Draft checks a new person and makes their keys. The id is the caller's, who may have promised it to someone already.
func (s *Service) Draft(ctx context.Context, id int64, username, displayName string, role Role) (Draft, error) {
	username, err := s.CheckLocal(ctx, username, displayName)
	if err != nil {
		return Draft{}, err
	}
	if !role.Valid() {
		return Draft{}, fault.Fields(fault.Field{Name: "role", Message: "error.account.role"})
	}
	key, err := s.newKeyPair()
	if err != nil {
		return Draft{}, fmt.Errorf("account.Draft %q: %w", username, err)
	}
	a := s.local(Person, username, s.baseURL+"/u/"+username, s.baseURL+"/@"+username)
	a.ID, a.DisplayName, a.Role, a.PublicKeyPEM = id, strings.TrimSpace(displayName), role, key.public
	return Draft{account: a, key: key}, nil
}

// CreateIn stores a draft within the caller's transaction; fault.Conflict when someone was quicker.
func (s *Service) CreateIn(ctx context.Context, tx *sqlx.Tx, d Draft) (Account, error) {
	inserted, err := insertLocal(ctx, tx, d.account, d.key.private)
	if err != nil {
		return Account{}, fmt.Errorf("account.CreateLocal %q: %w", d.account.Username, err)
	}
	if !inserted {
		return Account{}, errTaken()
	}
	a, err := accountByID(ctx, tx, d.account.ID)
	if err != nil {
		return Account{}, fmt.Errorf("account.CreateLocal %q: %w", d.account.Username, err)
	}
	return a, nil
}

func errTaken() error {
	return &fault.Error{
		Kind: fault.Conflict, Message: "error.account.username_taken",
		Fields: []fault.Field{{Name: "username", Message: "error.account.username_taken"}},
	}
}

func checkDisplayName(name string) []fault.Field {
	switch name = strings.TrimSpace(name); {
	case utf8.RuneCountInString(name) > maxDisplayName:
		return []fault.Field{{Name: "display_name", Message: "error.account.too_long", Args: map[string]any{"Max": maxDisplayName}}}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl), strings.ContainsFunc(name, turns):
		return []fault.Field{{Name: "display_name", Message: "error.account.characters"}}
	}
	return nil
}
