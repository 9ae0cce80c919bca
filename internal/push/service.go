// Package push wakes clients that are not looking (Web Push, RFC 8030, 8291, 8292): which client wants to hear of what, and
// the message about one notification, sent as a job. The address of a subscription is the word of a stranger: what is sent
// leaves by a client that refuses addresses inside private networks.
package push

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/SherClockHolmes/webpush-go"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
)

// Types are the types of notifications that a client can want, by the names that clients know.
var Types = []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up", "admin.report"}

// Policies say of whom a client wants to hear.
const (
	All      = "all"
	Followed = "followed" // whom the person follows
	Follower = "follower" // who follows the person
	None     = "none"
)

// Subscription is where one token's program wants to be woken, and for what.
type Subscription struct {
	ID        int64     `db:"id"`
	TokenID   int64     `db:"token_id"`
	AccountID int64     `db:"account_id"`
	Endpoint  string    `db:"endpoint"`
	P256DH    string    `db:"p256dh"` // the program's public key
	Auth      string    `db:"auth"`   // the secret it shares with us
	Alerts    Alerts    `db:"alerts"`
	Policy    string    `db:"policy"`
	CreatedAt time.Time `db:"created_at"`
}

const maxEndpoint = 2_048 // bytes

// Service keeps subscriptions.
type Service struct {
	db            *sqlx.DB
	accounts      *account.Service
	notifications *notification.Service
	jobs          *job.Queue

	mu   sync.Mutex
	keys keyPair // zero until asked for
}

// keyPair is the instance's own (VAPID), by which push services know who sends.
type keyPair struct {
	Public  string `db:"public_key"`
	Private string `db:"private_key"`
}

// New returns the service; from now on what is told to people is told to their clients, too.
func New(db *sqlx.DB, accounts *account.Service, notifications *notification.Service, jobs *job.Queue) *Service {
	s := &Service{db: db, accounts: accounts, notifications: notifications, jobs: jobs}
	notifications.OnTold(s.told)
	return s
}

// told enqueues a message for every client that wants to hear of n.
func (s *Service) told(ctx context.Context, tx *sqlx.Tx, n notification.Notification) error {
	if notification.Types[n.Kind] == "" {
		return nil // programs have no name for it
	}
	ids, err := matching(ctx, tx, n, notification.Types[n.Kind])
	if err != nil {
		return fmt.Errorf("push: who hears of %d: %w", n.ID, err)
	}
	messages := make([]river.JobArgs, len(ids))
	for i, id := range ids {
		messages[i] = job.PushSend{NotificationID: n.ID, SubscriptionID: id}
	}
	return s.jobs.Enqueue(ctx, tx, messages...)
}

func errNotFound() error { return fault.New(fault.NotFound, "error.push.not_found") }

// PublicKey is the key that clients subscribe with. It is made once for the instance.
func (s *Service) PublicKey(ctx context.Context) (string, error) {
	k, err := s.keyPair(ctx)
	return k.Public, err
}

func (s *Service) keyPair(ctx context.Context) (keyPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys.Public != "" {
		return s.keys, nil
	}
	k, err := keys(ctx, s.db)
	if db.IsNotFound(err) {
		if k.Private, k.Public, err = webpush.GenerateVAPIDKeys(); err != nil {
			return k, fmt.Errorf("push: make keys: %w", err)
		}
		if err := insertKeys(ctx, s.db, k); err != nil {
			return k, fmt.Errorf("push: keep keys: %w", err)
		}
		k, err = keys(ctx, s.db) // another process may have been faster
	}
	if err != nil {
		return keyPair{}, fmt.Errorf("push: keys: %w", err)
	}
	s.keys = k
	return k, nil
}

// Subscribe keeps where a token's program wants to be woken, in place of what it said before.
func (s *Service) Subscribe(ctx context.Context, g auth.Grant, sub Subscription) (Subscription, error) {
	sub.TokenID, sub.AccountID = g.Token.ID, g.Account.ID
	sub.Endpoint, sub.P256DH, sub.Auth = strings.TrimSpace(sub.Endpoint), strings.TrimSpace(sub.P256DH), strings.TrimSpace(sub.Auth)
	var mistakes []fault.Field
	if !validEndpoint(sub.Endpoint) {
		mistakes = append(mistakes, fault.Field{Name: "subscription[endpoint]", Message: "error.push.endpoint"})
	}
	if key, err := decodeKey(sub.P256DH); err != nil || !onCurve(key) {
		mistakes = append(mistakes, fault.Field{Name: "subscription[keys][p256dh]", Message: "error.push.p256dh"})
	}
	if secret, err := decodeKey(sub.Auth); err != nil || len(secret) != 16 {
		mistakes = append(mistakes, fault.Field{Name: "subscription[keys][auth]", Message: "error.push.auth"})
	}
	if sub.Policy == "" {
		sub.Policy = All
	}
	if !validPolicy(sub.Policy) {
		mistakes = append(mistakes, fault.Field{Name: "data[policy]", Message: "error.push.policy"})
	}
	if err := fault.Fields(mistakes...); err != nil {
		return sub, err
	}
	sub.CreatedAt = time.Now()
	sub, err := upsert(ctx, s.db, sub)
	if err != nil {
		return sub, fmt.Errorf("push.Subscribe token %d: %w", sub.TokenID, err)
	}
	return sub, nil
}

// Update changes what a token's program wants to hear of; alerts nil and policy "" stay as they are. fault.NotFound without a
// subscription.
func (s *Service) Update(ctx context.Context, g auth.Grant, alerts Alerts, policy string) (Subscription, error) {
	if policy != "" && !validPolicy(policy) {
		return Subscription{}, fault.Fields(fault.Field{Name: "data[policy]", Message: "error.push.policy"})
	}
	sub, err := update(ctx, s.db, g.Token.ID, alerts, policy)
	return found(sub, err, "push.Update token", g.Token.ID)
}

// ByToken returns the subscription of a token's program; fault.NotFound.
func (s *Service) ByToken(ctx context.Context, g auth.Grant) (Subscription, error) {
	sub, err := byToken(ctx, s.db, g.Token.ID)
	return found(sub, err, "push.ByToken", g.Token.ID)
}

// Unsubscribe ends it; ending it again changes nothing.
func (s *Service) Unsubscribe(ctx context.Context, g auth.Grant) error {
	if err := removeByToken(ctx, s.db, g.Token.ID); err != nil {
		return fmt.Errorf("push.Unsubscribe token %d: %w", g.Token.ID, err)
	}
	return nil
}

func found(sub Subscription, err error, what string, id int64) (Subscription, error) {
	if db.IsNotFound(err) {
		return sub, errNotFound()
	}
	if err != nil {
		return sub, fmt.Errorf("%s %d: %w", what, id, err)
	}
	return sub, nil
}

func validPolicy(p string) bool { return slices.Contains([]string{All, Followed, Follower, None}, p) }

// validEndpoint refuses what cannot be the address of a push service by its looks. Where it leads is checked when it is used.
func validEndpoint(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && len(endpoint) <= maxEndpoint && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func onCurve(key []byte) bool {
	_, err := ecdh.P256().NewPublicKey(key)
	return err == nil
}

// decodeKey reads base64 in either alphabet, padded or not: clients send both.
func decodeKey(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
	return base64.RawURLEncoding.DecodeString(text)
}
