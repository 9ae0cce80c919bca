package mastodon

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/request"
)

// Bounds of what one caller may hold open. A socket carries all streams of a client.
const (
	maxConnections   = 40  // of an account, or of an address without one
	maxSubscriptions = 100 // of a socket
	maxCommand       = 4 << 10
	// commandsPerSecond is how fast a socket is listened to, once it has said as much as it can subscribe to.
	commandsPerSecond = 10
)

// stream is what a client subscribes to.
type stream struct {
	name string
	list int64  // of list
	tag  string // of hashtag, lower case
}

// streamNames are all streams there are, and what a token must allow. What is not about a person visitors may read, too.
var streamNames = map[string]access{
	"user":                user("read:statuses"),
	"user:notification":   user("read:notifications"),
	"direct":              user("read:statuses"),
	"list":                user("read:lists"),
	"public":              public("read:statuses"),
	"public:media":        public("read:statuses"),
	"public:local":        public("read:statuses"),
	"public:local:media":  public("read:statuses"),
	"public:remote":       public("read:statuses"),
	"public:remote:media": public("read:statuses"),
	"hashtag":             public("read:statuses"),
	"hashtag:local":       public("read:statuses"),
}

func (s *Server) registerStreaming(r *mux.Router) {
	const root = "/api/v1/streaming"
	r.HandleFunc(root+"/health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("OK"))
	}).Methods(http.MethodGet)
	for _, path := range []string{root, root + "/"} {
		r.Handle(path, s.stream(func(r *http.Request) string { return r.URL.Query().Get("stream") })).Methods(http.MethodGet)
	}
	for _, name := range []string{"user", "user/notification", "direct", "list", "public", "public/local", "public/remote", "hashtag", "hashtag/local"} {
		r.Handle(root+"/"+name, s.stream(func(r *http.Request) string {
			name := strings.ReplaceAll(name, "/", ":")
			query := params{tree: map[string]any{"only_media": r.URL.Query().Get("only_media")}}
			if strings.HasPrefix(name, "public") && query.boolean("only_media", false) {
				name += ":media"
			}
			return name
		})).Methods(http.MethodGet)
	}
}

// stream opens a WebSocket where the client asks for one, else a stream of server-sent events. name says what to subscribe to
// from the beginning; a socket may do without.
func (s *Server) stream(name func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, header: w.Header(), status: http.StatusOK}
		err := s.openStream(w, c, name(r))
		if err != nil {
			s.fail(w, c, err)
		}
	})
}

// openStream returns an error only as long as nothing was answered.
func (s *Server) openStream(w http.ResponseWriter, c *call, name string) error {
	socket := strings.EqualFold(c.Header.Get("Upgrade"), "websocket")
	secret, protocol := streamToken(c.Request)
	var refused error
	if secret != "" {
		c.grant, refused = s.grantFor(c.ctx(), secret)
	}
	if err := s.limited(w, c); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	l := newListener(secret, c.grant, s.caller(c))
	if name != "" || !socket {
		query := c.URL.Query()
		sub, label, err := s.subscription(c, command{Stream: name, List: query.Get("list"), Tag: query.Get("tag")})
		if err != nil {
			return err
		}
		l.subscriptions[sub] = label
	}
	if err := s.streams.join(l); err != nil {
		return err
	}
	defer s.streams.leave(l)
	// From here on changes of the token are heard; what changed before is asked for.
	if err := s.streams.recheck(c.ctx(), l); err != nil {
		return err
	}
	if socket {
		s.serveSocket(w, c, l, protocol)
	} else {
		s.serveEvents(w, c.Request, l)
	}
	return nil
}

// streamToken finds the token where clients put it. Browsers can set no header on a WebSocket, so there it comes as the
// subprotocol, which must be echoed.
func streamToken(r *http.Request) (secret, protocol string) {
	protocol, _, _ = strings.Cut(r.Header.Get("Sec-Websocket-Protocol"), ",")
	protocol = strings.TrimSpace(protocol)
	if secret = request.Bearer(r); secret == "" {
		secret = r.URL.Query().Get("access_token")
	}
	if secret == "" {
		secret = protocol
	}
	return secret, protocol
}

// command is what a client says on a socket. List and Tag come as text or as numbers.
type command struct {
	Type   string `json:"type"`
	Stream string `json:"stream"`
	List   any    `json:"list"`
	Tag    any    `json:"tag"`
}

// subscription reads what a client wants to hear, and checks that it may. label is what its messages will bear.
func (s *Server) subscription(c *call, wanted command) (sub stream, label []byte, err error) {
	need, ok := streamNames[wanted.Stream]
	if !ok {
		return sub, nil, fault.New(fault.Invalid, "live.error.unknown_stream")
	}
	if err := allowed(c.grant, need); err != nil {
		return sub, nil, err
	}
	sub.name = wanted.Stream
	names := []string{wanted.Stream}
	switch {
	case sub.name == "list":
		id, err := strconv.ParseInt(text(wanted.List), 10, 64)
		if err != nil {
			return sub, nil, fault.New(fault.Invalid, "live.error.list_missing")
		}
		if _, err := s.Lists.ByID(c.ctx(), c.account(), id); err != nil {
			return sub, nil, err
		}
		sub.list, names = id, append(names, text(wanted.List))
	case strings.HasPrefix(sub.name, "hashtag"):
		tag := strings.TrimPrefix(text(wanted.Tag), "#")
		if tag == "" {
			return sub, nil, fault.New(fault.Invalid, "live.error.tag_missing")
		}
		sub.tag, names = strings.ToLower(tag), append(names, text(wanted.Tag))
	}
	label, err = json.Marshal(names)
	return sub, label, err
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}
