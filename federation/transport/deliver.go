package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// StatusError says that another server answered, but not with what was asked for.
type StatusError struct {
	URL  string
	Code int
	Text string // the beginning of its answer, printable
}

func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("%s answered %d", e.URL, e.Code)
	}
	return fmt.Sprintf("%s answered %d: %s", e.URL, e.Code, e.Text)
}

// Delivery is one activity on its way to one inbox.
type Delivery struct {
	SignerID int64  // accounts.id of one of ours
	Inbox    string // address
	Body     []byte
	Header   http.Header // sent and signed beside what every delivery has, which it cannot replace
	Made     time.Time   // when the activity was made, which decides by which of the signer's keys it is signed; zero: now
}

// Post delivers an activity to an inbox, signed by the account. status is 0 when no answer came; retryAfter is
// what the answer asked for, at most a day. err is nil exactly when the inbox took it (2xx).
func (c *Client) Post(ctx context.Context, d Delivery) (status int, retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u, err := c.checkTarget(ctx, d.Inbox)
	if err != nil {
		return 0, 0, err
	}
	o := outgoing{method: http.MethodPost, url: u, header: http.Header{}, body: d.Body, signer: d.SignerID, made: d.Made}
	for name, values := range d.Header {
		o.header[http.CanonicalHeaderKey(name)] = values
		o.more = append(o.more, strings.ToLower(name))
	}
	slices.Sort(o.more)
	o.header.Set("Content-Type", activityType)
	if o.made.IsZero() {
		o.made = c.now()
	}
	res, err := c.send(ctx, o)
	if err != nil {
		return 0, 0, fmt.Errorf("transport.Post %s: %w", d.Inbox, err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // a broken answer is still an answer
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return res.StatusCode, 0, nil
	}
	err = &StatusError{URL: d.Inbox, Code: res.StatusCode, Text: printable(text)}
	return res.StatusCode, c.retryAfter(res.Header), err
}

// retryAfter reads the header of that name: seconds or a date, at most a day.
func (c *Client) retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, int((24*time.Hour).Seconds()))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(c.now())
	}
	return max(0, min(wait, 24*time.Hour))
}

// printable shortens an answer to what fits a table and a log line.
func printable(text []byte) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, string(text))
	out := []rune(strings.Join(strings.Fields(clean), " "))
	return string(out[:min(len(out), 300)])
}
