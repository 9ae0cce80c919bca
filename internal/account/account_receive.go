package account

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// What another server may say: an address that is longer is refused, words are cut.
const (
	maxURI              = 2_048
	maxKey              = 16 << 10 // bytes
	maxRemoteUsername   = 255
	maxRemoteName       = 500
	maxRemoteNote       = 20_000
	maxRemoteLanguage   = 35
	maxRemoteFields     = 20
	maxRemoteField      = 2_000
	maxRemoteAliases    = 100
	receiveAttempts     = 2
	forbiddenInUsername = "@/~ ?#"
)

// Receive stores what another server says of one of its actors: insert by URI, or update. a.Domain is set.
// It keeps id, role and state of a known row. A gone account stays gone and is returned as it is. A handle that another
// actor holds is refused with fault.Conflict, unless both live on the same host, which may give it to someone new.
func (s *Service) Receive(ctx context.Context, a Account) (Account, error) {
	a, err := s.cleaned(a)
	if err != nil {
		return Account{}, err
	}
	var stored Account
	for attempt := 1; ; attempt++ {
		err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			stored, err = s.receiveIn(ctx, tx, a)
			return err
		})
		// Two first messages of one actor can meet here; the second attempt sees what the other wrote.
		if db.IsUniqueViolation(err, "") && attempt < receiveAttempts {
			continue
		}
		break
	}
	if db.IsUniqueViolation(err, "") {
		return Account{}, fault.Wrap(fault.Conflict, "error.account.handle_taken", err)
	}
	s.remembered.touch()
	return stored, err
}

func (s *Service) receiveIn(ctx context.Context, tx *sqlx.Tx, a Account) (Account, error) {
	known, err := lockAccountByURI(ctx, tx, a.URI)
	switch {
	case err == nil && known.Local():
		return Account{}, errOurs()
	case err == nil && known.State == Gone:
		return known, nil
	case err != nil && !db.IsNotFound(err):
		return Account{}, fmt.Errorf("account.Receive %s: %w", a.URI, err)
	}
	// RULE: a handle moves to a new actor only within one host; otherwise anyone could take over the name of
	// someone whose posts we already show.
	holder, err := accountByHandle(ctx, tx, a.Username, *a.Domain)
	switch {
	case db.IsNotFound(err):
	case err != nil:
		return Account{}, fmt.Errorf("account.Receive %s: holder of the handle: %w", a.URI, err)
	case holder.URI == a.URI:
	case hostOf(holder.URI) != hostOf(a.URI):
		return Account{}, fault.New(fault.Conflict, "error.account.handle_taken")
	default:
		if err := s.retire(ctx, tx, holder.ID); err != nil {
			return Account{}, fmt.Errorf("account.Receive %s: retire %s: %w", a.URI, holder.URI, err)
		}
	}
	now := time.Now()
	a.ID = db.NewID(now)
	stored, err := upsertRemote(ctx, tx, a, now)
	if db.IsNotFound(err) {
		// It became gone between the first look and now.
		stored, err = accountByURI(ctx, tx, a.URI)
	}
	if err != nil {
		return Account{}, fmt.Errorf("account.Receive %s: %w", a.URI, err)
	}
	// RULE: a new actor under the handle of a suspended one is suspended too.
	if holder.State == Suspended && !holder.Refused && stored.State == Active {
		if err := updateState(ctx, tx, stored.ID, Suspended); err != nil {
			return Account{}, fmt.Errorf("account.Receive %s: suspend: %w", a.URI, err)
		}
		stored.State = Suspended
	}
	return stored, nil
}

func (s *Service) retire(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if err := freeHandle(ctx, tx, id); err != nil {
		return err
	}
	return s.bury(ctx, tx, id)
}

// bury forgets an account's words and follows now, and by a job all it wrote: that belongs to posts.
func (s *Service) bury(ctx context.Context, tx *sqlx.Tx, id int64) error {
	if err := markGone(ctx, tx, id); err != nil {
		return err
	}
	if err := endFollows(ctx, tx, id); err != nil {
		return fmt.Errorf("end follows: %w", err)
	}
	return s.jobs.Enqueue(ctx, tx, job.Forget{AccountID: id})
}

// MarkGone notes that a remote account was deleted at its origin, ends its follows and lets its posts be withdrawn. Only
// the origin may say so. An unknown URI is no error: there is nothing to forget.
func (s *Service) MarkGone(ctx context.Context, uri string) error {
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err := lockAccountByURI(ctx, tx, uri)
		switch {
		case db.IsNotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("account.MarkGone %s: %w", uri, err)
		case a.Local():
			return errOurs()
		case a.State == Gone:
			return nil
		}
		if err := s.bury(ctx, tx, a.ID); err != nil {
			return fmt.Errorf("account.MarkGone %s: %w", uri, err)
		}
		return nil
	})
}

// cleaned checks addresses and brings words into bounds. What makes the actor unusable or doubtful is an error.
func (s *Service) cleaned(a Account) (Account, error) {
	doubtful := func(what string) (Account, error) {
		return Account{}, fault.Wrap(fault.Invalid, "error.account.actor", fmt.Errorf("actor %q: %s", cut(a.URI, 200), what))
	}
	host := hostOf(a.URI)
	if host == "" || len(a.URI) > maxURI {
		return doubtful("id is no address")
	}
	if a.Domain == nil || strings.TrimSpace(*a.Domain) == "" {
		return doubtful("no domain")
	}
	domain := strings.ToLower(strings.TrimSpace(*a.Domain))
	// RULE: nobody speaks for an actor of ours.
	if host == s.domain || domain == s.domain {
		return Account{}, errOurs()
	}
	if len(domain) > 255 || strings.ContainsAny(domain, forbiddenInUsername) {
		return doubtful("domain")
	}
	if a.Username == "" || len(a.Username) > maxRemoteUsername || !utf8.ValidString(a.Username) ||
		strings.ContainsAny(a.Username, forbiddenInUsername) || strings.ContainsFunc(a.Username, unicode.IsControl) {
		return doubtful("preferredUsername")
	}
	if !slices.Contains([]Kind{Person, Group, Application, ServiceActor, Organization}, a.Kind) {
		return doubtful("type")
	}
	if hostOf(a.InboxURI) == "" {
		return doubtful("inbox is no address")
	}
	// RULE: a key belongs to the host of its actor, or one host could make us verify another's signatures with its key.
	if a.PublicKeyID != "" && hostOf(a.PublicKeyID) != host {
		return doubtful("key of another host")
	}
	if len(a.PublicKeyPEM) > maxKey {
		return doubtful("key too long")
	}
	for _, p := range []*string{&a.URL, &a.InboxURI, &a.SharedInboxURI, &a.OutboxURI, &a.FollowersURI, &a.FollowingURI, &a.FeaturedURI, &a.CatalogURI, &a.ForumURI, &a.PublicKeyID, &a.Avatar, &a.Header} {
		if len(*p) > maxURI {
			return doubtful("address too long")
		}
		if *p != "" && hostOf(*p) == "" {
			*p = ""
		}
	}
	if len(a.MovedToURI) > maxURI || hostOf(a.MovedToURI) == "" || a.MovedToURI == a.URI {
		a.MovedToURI = ""
	}
	a.AlsoKnownAs = slices.DeleteFunc(slices.Clone(a.AlsoKnownAs[:min(len(a.AlsoKnownAs), maxRemoteAliases)]), func(uri string) bool {
		return len(uri) > maxURI || hostOf(uri) == "" || !utf8.ValidString(uri) || strings.ContainsRune(uri, 0)
	})
	a.Domain = &domain
	a.DisplayName = cut(oneLine(a.DisplayName), maxRemoteName)
	if a.Note = cut(strings.ToValidUTF8(strings.ReplaceAll(a.Note, "\x00", ""), ""), maxRemoteNote); a.Note != "" {
		a.Note = s.markup.Sanitize(a.Note) // after the cut, which may have split a tag
	}
	a.NoteSource = ""
	a.Fields = s.cleanedFields(a.Fields)
	a.PublicKeyPEM = strings.ReplaceAll(a.PublicKeyPEM, "\x00", "")
	if !organization.Level(a.Level).Valid() {
		a.Level = ""
	}
	if !organization.ValidRegion(a.Region) {
		a.Region = ""
	}
	if a.Language = oneLine(a.Language); len(a.Language) > maxRemoteLanguage {
		a.Language = ""
	}
	return a, nil
}

func (s *Service) cleanedFields(fields Fields) (clean Fields) {
	for _, f := range fields {
		name := cut(oneLine(f.Name), maxRemoteName)
		value := s.markup.Sanitize(cut(strings.ToValidUTF8(strings.ReplaceAll(f.Value, "\x00", ""), ""), maxRemoteField))
		if name != "" && len(clean) < maxRemoteFields {
			clean = append(clean, Field{Name: name, Value: value})
		}
	}
	return clean
}

func errOurs() error { return fault.New(fault.Forbidden, "error.account.ours") }

// hostOf returns the host[:port] of a web address in lower case, "" for anything else.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// oneLine makes a single line of printable text.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || turns(r)
	}), " ")
}

// turns reports whether a character turns the direction of what follows it: with one, a name can make the rest of a line read as
// something else. The marks beside a letter, which languages need, do not.
func turns(r rune) bool { return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' }

// cut keeps the first n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
