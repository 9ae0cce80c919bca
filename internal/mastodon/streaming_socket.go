package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/internal/fault"
)

// serveSocket talks to a client until one of both ends it.
func (s *Server) serveSocket(w http.ResponseWriter, c *call, l *listener, protocol string) {
	// A page of any origin may open it: the token is what counts, and no browser adds that by itself.
	options := &websocket.AcceptOptions{InsecureSkipVerify: true}
	if protocol != "" {
		options.Subprotocols = []string{protocol}
	}
	conn, err := websocket.Accept(w, c.Request, options)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow() //nolint:errcheck // the end
	conn.SetReadLimit(maxCommand)
	// The request's own context ends with the handshake.
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.ctx()))
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer cancel()
		writeSocket(ctx, conn, l)
	}()
	c.Request = c.WithContext(ctx)
	pace := rate.NewLimiter(commandsPerSecond, maxSubscriptions)
	for {
		// Each command may be a query; who sends too many waits with the next one.
		if pace.Wait(ctx) != nil {
			break
		}
		kind, said, err := conn.Read(ctx)
		if err != nil {
			break
		}
		if kind != websocket.MessageText {
			s.sayOnSocket(c, l, fault.New(fault.Invalid, "live.error.malformed"))
			continue
		}
		if err := s.obey(c, l, said); err != nil {
			s.sayOnSocket(c, l, err)
		}
	}
	cancel()
	<-written
}

// writeSocket sends what comes, and a ping where nothing does.
func writeSocket(ctx context.Context, conn *websocket.Conn, l *listener) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-l.ended:
			code := websocket.StatusPolicyViolation
			switch l.reason {
			case goingAway:
				code = websocket.StatusGoingAway
			case tooSlow:
				code = websocket.StatusTryAgainLater
			}
			_ = conn.Close(code, l.reason.String()) // an answer is welcome, but not needed
			return
		case m := <-l.messages:
			err = within(ctx, func(ctx context.Context) error { return conn.Write(ctx, websocket.MessageText, m.frame()) })
		case <-ticker.C:
			err = within(ctx, conn.Ping)
		}
		if err != nil {
			return
		}
	}
}

func within(ctx context.Context, send func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return send(ctx)
}

// obey does what a client says.
func (s *Server) obey(c *call, l *listener, said []byte) error {
	var wanted command
	decoder := json.NewDecoder(bytes.NewReader(said))
	decoder.UseNumber()
	if err := decoder.Decode(&wanted); err != nil || wanted.Type != "subscribe" && wanted.Type != "unsubscribe" {
		return fault.New(fault.Invalid, "live.error.malformed")
	}
	c.grant = s.streams.grantOf(l)
	sub, label, err := s.subscription(c, wanted)
	switch {
	case err != nil && wanted.Type == "unsubscribe":
		return nil // it was not subscribed to either
	case err != nil:
		return err
	case wanted.Type == "unsubscribe":
		s.streams.unsubscribe(l, sub)
		return nil
	}
	return s.streams.subscribe(l, sub, label)
}

// sayOnSocket answers what went wrong. The status is the one an HTTP call would have had.
func (s *Server) sayOnSocket(c *call, l *listener, err error) {
	kind := fault.KindOf(err)
	status := kind.Status()
	if kind == fault.Invalid {
		status = http.StatusBadRequest // what clients know from Mastodon
	}
	l.tell(errorMessage(s.failure(c, kind, err).Error, status))
}
