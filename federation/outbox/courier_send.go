package outbox

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"

	"github.com/vorbild/vorbild/federation/transport"
)

// send begins the requests of the lanes whose head can go.
func (c *courier) send(ctx context.Context) error {
	if c.ending {
		for _, t := range c.ready {
			c.downs = append(c.downs, putDown{turn: t})
		}
		c.ready = nil
		return nil
	}
	if err := c.readLetters(ctx); err != nil {
		return err
	}
	for _, t := range c.ready {
		item := &t.queue[0]
		if item.letter == nil { // its activity was deleted with it
			c.reads = append(c.reads, t)
			continue
		}
		c.sending++
		go c.post(ctx, t, *item)
	}
	c.ready = nil
	return nil
}

// readLetters gets the bodies of the heads that are not at hand.
func (c *courier) readLetters(ctx context.Context) error {
	var missing []int64
	asked := map[int64]bool{}
	for _, t := range c.ready {
		id := t.queue[0].ActivityID
		if l, ok := c.letters.get(id); ok {
			t.queue[0].letter = l
		} else if !asked[id] {
			asked[id] = true
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list, err := lettersByID(ctx, c.o.DB, missing)
	if err != nil {
		return err
	}
	for _, t := range c.ready {
		if l, ok := list[t.queue[0].ActivityID]; ok {
			t.queue[0].letter = l
			c.letters.put(l)
		}
	}
	return nil
}

// post sends one delivery and hands its answer over. It runs beside the courier.
func (c *courier) post(ctx context.Context, t *turn, item delivery) {
	a := answer{turn: t, item: item}
	d := transport.Delivery{SignerID: item.letter.AccountID, Inbox: item.InboxURI, Body: item.letter.Body, Made: item.letter.CreatedAt}
	if item.letter.FollowersOnly {
		var err error
		if d.Header, err = c.o.synchronization(ctx, item.letter.ID, item.letter.AccountID, t.host); err != nil {
			c.o.Log.WarnContext(ctx, "followers are not compared", "host", t.host, "error", err) // the letter goes all the same
		}
	}
	select {
	case c.desk <- struct{}{}:
		// Free for the next as soon as this one is signed and goes for its connection.
		leave := sync.OnceFunc(func() { <-c.desk })
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { leave() }})
		a.status, a.retryAfter, a.err = c.o.Sender.Post(traced, d)
		leave()
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	a.aborted = a.err != nil && ctx.Err() != nil
	if a.status == http.StatusGone {
		// RULE: an inbox that says 410 is read by nobody again, so those behind it follow us no longer. That they are deleted, and
		// with them all they wrote, only their own documents can say.
		if err := c.o.Follows.DropFollowers(ctx, item.InboxURI); err != nil {
			a.status, a.err = http.StatusTooEarly, fmt.Errorf("answered 410: %w", err) // it is sent again, and says so again
		}
	}
	c.mu.Lock()
	c.answers = append(c.answers, a)
	c.mu.Unlock()
	select {
	case c.came <- struct{}{}:
	default:
	}
}
