package push

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
)

// Doer sends a request to an address that a stranger named, and refuses those it must not reach with an error of kind
// fault.Forbidden. federation/transport has one.
type Doer interface {
	Do(req *http.Request) (*http.Response, error)
}

const (
	keepFor = 48 * time.Hour // how long a push service keeps a message for a client that is off
	news    = 24 * time.Hour // what is older when its turn comes is not sent any more

	maxTitle = 100 // characters
	maxBody  = 200
)

// Sender works the jobs.
type Sender struct {
	*Service
	client   Doer
	messages *i18n.Bundle
	pictures *media.Service
	baseURL  string
}

// NewSender returns who sends messages by client. baseURL is the address of the instance.
func NewSender(s *Service, client Doer, messages *i18n.Bundle, pictures *media.Service, baseURL string) *Sender {
	return &Sender{Service: s, client: client, messages: messages, pictures: pictures, baseURL: baseURL}
}

// message is what Mastodon's clients expect to find in a push message. The token, by which some of them tell their accounts
// apart, is never part of it: we keep only its hash. The id is text because JavaScript cannot hold it as a number.
type message struct {
	AccessToken      string `json:"access_token"`
	PreferredLocale  string `json:"preferred_locale"`
	NotificationID   int64  `json:"notification_id"` // a number, as in Mastodon
	NotificationType string `json:"notification_type"`
	Icon             string `json:"icon"`
	Title            string `json:"title"`
	Body             string `json:"body"`
}

// Send works one job.PushSend. What became obsolete meanwhile (read by nobody any more, or not to be seen) is not sent. An
// error means: try again.
func (s *Sender) Send(ctx context.Context, args job.PushSend) error {
	sub, err := byID(ctx, s.db, args.SubscriptionID)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("push.Send: subscription %d: %w", args.SubscriptionID, err)
	}
	n, err := s.notifications.ByID(ctx, sub.AccountID, args.NotificationID)
	if fault.Is(err, fault.NotFound) || err == nil && (n.Filtered || n.ReadAt != nil || time.Since(n.CreatedAt) > news) {
		return nil
	}
	if err != nil {
		return err
	}
	reader, err := s.accounts.ByID(ctx, sub.AccountID)
	if err != nil {
		return err
	}
	keys, err := s.keyPair(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(s.message(reader, n))
	if err != nil {
		return fmt.Errorf("push.Send %d: %w", n.ID, err)
	}
	res, err := webpush.SendNotificationWithContext(ctx, body, &webpush.Subscription{
		Endpoint: sub.Endpoint, Keys: webpush.Keys{P256dh: sub.P256DH, Auth: sub.Auth},
	}, &webpush.Options{
		HTTPClient: s.client, Subscriber: s.contact(), TTL: int(keepFor.Seconds()), Urgency: webpush.UrgencyNormal,
		VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private,
	})
	if err != nil {
		// An address that we may not reach does not become one that we may.
		if e := failed(ctx, s.db, sub.ID, fault.Is(err, fault.Forbidden)); e != nil {
			return fmt.Errorf("push.Send to %d: %w", sub.ID, e)
		}
		if fault.Is(err, fault.Forbidden) {
			return nil
		}
		// The address stays between the client and its push service: whoever knows it can send there.
		var told *url.Error
		if errors.As(err, &told) {
			err = told.Err
		}
		return fmt.Errorf("push.Send to %d: %w", sub.ID, err)
	}
	defer res.Body.Close()
	return s.settle(ctx, sub.ID, res)
}

// settle draws the conclusion from the answer of a push service (RFC 8030, section 5 and 8.4).
func (s *Sender) settle(ctx context.Context, id int64, res *http.Response) error {
	var err error
	switch status := res.StatusCode; {
	case status >= 200 && status < 300:
		err = succeeded(ctx, s.db, id)
	case status == http.StatusNotFound || status == http.StatusGone:
		err = remove(ctx, s.db, id)
	case status == http.StatusTooManyRequests || status >= 500:
		if err = failed(ctx, s.db, id, false); err == nil {
			text, _ := io.ReadAll(io.LimitReader(res.Body, 200))
			return fmt.Errorf("push.Send to %d: answered %d: %q", id, status, text)
		}
	default: // the message is refused; the same again would be, too
		err = failed(ctx, s.db, id, false)
	}
	if err != nil {
		return fmt.Errorf("push.Send to %d: %w", id, err)
	}
	return nil
}

// contact is whom a push service can ask about us (RFC 8292, section 2.1): an https address.
func (s *Sender) contact() string { return "https://" + s.accounts.Domain() }

// message says what happened in the language of its reader. What is written in a post is encrypted for their client alone; of
// a post with a warning only that is said.
func (s *Sender) message(reader account.Account, n notification.View) message {
	words := s.messages.For(reader.Language)
	m := message{
		PreferredLocale: words.Lang(), NotificationID: n.ID, NotificationType: notification.Types[n.Kind],
		Icon:  s.icon(n.From),
		Title: shorten(words.T("push."+n.Kind, "Name", n.From.Name()), maxTitle),
	}
	switch {
	case n.Post == nil:
		m.Body = "@" + n.From.Handle()
	case n.Post.Post.Summary != "" && n.Post.Post.Kind != post.Article:
		m.Body = n.Post.Post.Summary
	case n.Post.Post.Title != "":
		m.Body = n.Post.Post.Title
	default:
		m.Body = markup.Text(n.Post.Post.HTML)
	}
	m.Body = shorten(m.Body, maxBody)
	return m
}

// icon is the address of an account's picture, always ours.
func (s *Sender) icon(a account.Account) string {
	missing := s.baseURL + media.MissingAvatar(a.Kind)
	switch {
	case a.Avatar == "" || a.State != account.Active:
		return missing
	case a.Local():
		return s.pictures.URL(a.Avatar)
	}
	return cmp.Or(s.pictures.RemoteURL(media.Avatar, a.Avatar), missing)
}

// shorten cuts to at most limit characters.
func shorten(text string, limit int) string {
	if r := []rune(text); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return text
}
