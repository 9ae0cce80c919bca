package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/db"
)

// socket is a client's WebSocket.
type socket struct {
	h    *house
	who  string
	conn *websocket.Conn
}

// heard is what came on one.
type heard struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload *string  `json:"payload"`
	Error   string   `json:"error"`
	Status  int      `json:"status"`
}

// dial opens a socket at an address of the house; header is name and value in turn.
func (h *house) dial(address string, header ...string) (*websocket.Conn, *http.Response, error) {
	h.t.Helper()
	options := &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://client.example"}}}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Sec-WebSocket-Protocol" {
			options.Subprotocols = append(options.Subprotocols, header[i+1])
			continue
		}
		options.HTTPHeader.Add(header[i], header[i+1])
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, address, options)
	if err == nil {
		conn.SetReadLimit(1 << 20)
		h.t.Cleanup(func() { conn.CloseNow() })
	}
	return conn, response, err
}

// socket opens one for a person, "" for a visitor, and subscribes; a subscription is "list 5" or "hashtag kühlung".
func (h *house) socket(base, who string, subscriptions ...string) *socket {
	h.t.Helper()
	var header []string
	if who != "" {
		header = []string{"Authorization", "Bearer " + h.tokens[who]}
	}
	conn, _, err := h.dial(base+"/api/v1/streaming", header...)
	h.must(err)
	s := &socket{h, who, conn}
	for _, sub := range subscriptions {
		name, about, _ := strings.Cut(sub, " ")
		said := map[string]string{"type": "subscribe", "stream": name}
		if name == "list" {
			said["list"] = about
		} else if about != "" {
			said["tag"] = about
		}
		s.say(said)
	}
	s.settled()
	return s
}

func (s *socket) say(v any) {
	s.h.t.Helper()
	raw, err := json.Marshal(v)
	s.h.must(err)
	s.h.must(s.conn.Write(s.h.t.Context(), websocket.MessageText, raw))
}

// settled waits until all that was said before was taken: nonsense is answered in turn.
func (s *socket) settled() {
	s.h.t.Helper()
	s.say(map[string]string{"type": "nonsense"})
	if m := s.next(); m.Error == "" || m.Status != http.StatusBadRequest {
		s.h.t.Fatalf("%s: nonsense is answered with %+v", s.who, m)
	}
}

func (s *socket) read() (m heard, err error) {
	ctx, cancel := context.WithTimeout(s.h.t.Context(), time.Minute)
	defer cancel()
	_, raw, err := s.conn.Read(ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(raw, &m)
}

func (s *socket) next() heard {
	s.h.t.Helper()
	m, err := s.read()
	if err != nil {
		s.h.t.Fatalf("%s: %v", s.who, err)
	}
	return m
}

// all is what came so far, as "stream event id": what was changed before has been told when it returns.
func (s *socket) all() []string {
	s.h.t.Helper()
	list := []string{}
	for _, m := range s.messages() {
		list = append(list, fmt.Sprintf("%s %s %s", strings.Join(m.Stream, "/"), m.Event, idOf(m)))
	}
	return list
}

func (s *socket) messages() (list []heard) {
	s.h.t.Helper()
	s.h.streamed()
	s.say(map[string]string{"type": "nonsense"})
	for {
		m := s.next()
		if m.Error != "" {
			return list
		}
		list = append(list, m)
	}
}

// idOf is the id of what a message tells of.
func idOf(m heard) string {
	if m.Payload == nil {
		return ""
	}
	var entity struct {
		ID string `json:"id"`
	}
	if json.Unmarshal([]byte(*m.Payload), &entity) == nil && entity.ID != "" {
		return entity.ID
	}
	return *m.Payload
}

// streamed waits until everything that was changed so far has been told to those who listen: the router takes one change after
// the other, and of what comes last it must tell its own listener.
func (h *house) streamed() {
	h.t.Helper()
	l := newListener("", h.grant("admin"), "test")
	l.subscriptions[stream{name: "user"}] = []byte(`["user"]`)
	h.must(h.server.streams.join(l))
	defer h.server.streams.leave(l)
	h.exec(`SELECT pg_notify('changes', 'filters update 1 ' || $1::bigint)`, h.id("admin"))
	timeout := time.After(time.Minute)
	for {
		select {
		case m := <-l.messages:
			if m.event == "filters_changed" {
				return
			}
		case <-timeout:
			h.t.Fatal("the router does nothing")
		}
	}
}

func (h *house) grant(who string) auth.Grant {
	h.t.Helper()
	g, err := h.Auth.Grant(h.t.Context(), h.tokens[who])
	h.must(err)
	return g
}

// list makes a list of a person.
func (h *house) list(owner string, members ...string) int64 {
	h.t.Helper()
	id := db.NewID(time.Now())
	h.exec(`INSERT INTO lists (id, account_id, title) VALUES ($1, $2, 'Liste')`, id, h.id(owner))
	for _, m := range members {
		h.exec(`INSERT INTO list_members (id, list_id, target_id) VALUES ($1, $2, $3)`, db.NewID(time.Now()), id, h.id(m))
	}
	return id
}

// TestStreamHandshake: the token comes as each client sends it, the subprotocol is echoed, what opens nothing is refused.
func TestStreamHandshake(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen() + "/api/v1/streaming"
	token := h.tokens["member"]
	for name, dial := range map[string]func() (*websocket.Conn, *http.Response, error){
		"subprotocol": func() (*websocket.Conn, *http.Response, error) { return h.dial(base, "Sec-WebSocket-Protocol", token) },
		"query":       func() (*websocket.Conn, *http.Response, error) { return h.dial(base + "?access_token=" + token) },
		"header":      func() (*websocket.Conn, *http.Response, error) { return h.dial(base, "Authorization", "Bearer "+token) },
		"slash":       func() (*websocket.Conn, *http.Response, error) { return h.dial(base + "/?access_token=" + token) },
	} {
		conn, response, err := dial()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := ""
		if name == "subprotocol" {
			want = token
		}
		if got := response.Header.Get("Sec-WebSocket-Protocol"); got != want {
			t.Errorf("%s: subprotocol %q", name, got)
		}
		s := &socket{h, "member", conn}
		s.say(map[string]string{"type": "subscribe", "stream": "user"})
		s.settled()
	}
	narrow := h.token("member", "write:statuses")
	for query, want := range map[string]int{
		"?access_token=wrong":                              http.StatusUnauthorized,
		"?stream=user":                                     http.StatusUnauthorized,
		"?stream=nothing&access_token=" + token:            http.StatusUnprocessableEntity,
		"?stream=list&access_token=" + token:               http.StatusUnprocessableEntity,
		"?stream=list&list=5&access_token=" + token:        http.StatusNotFound,
		"?stream=user&access_token=" + narrow:              http.StatusForbidden,
		"?stream=user:notification&access_token=" + narrow: http.StatusForbidden,
	} {
		_, response, err := h.dial(base + query)
		if err == nil || response.StatusCode != want {
			t.Errorf("%s: %v, want %d", query, err, want)
		} else if response.Header.Get("Content-Type") != jsonType {
			t.Errorf("%s: content type %q", query, response.Header.Get("Content-Type"))
		}
	}
	if _, _, err := h.dial(base + "?stream=public"); err != nil {
		t.Errorf("a visitor may not hear what is public: %v", err)
	}
	if r := h.as("").get("/api/v1/streaming/health").wants(http.StatusOK); string(r.body) != "OK" {
		t.Errorf("health: %q", r.body)
	}
}

// TestStreamCommands: what is said on a socket is answered on it.
func TestStreamCommands(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	own, foreign := h.list("member"), h.list("other")
	s := h.socket(base, "member")
	for said, status := range map[string]int{
		`{"type":"subscribe","stream":"nothing"}`: http.StatusBadRequest,
		`{"type":"subscribe"}`:                    http.StatusBadRequest,
		`not json`:                                http.StatusBadRequest,
		`{"type":"subscribe","stream":"hashtag"}`: http.StatusBadRequest,
		`{"type":"subscribe","stream":"list"}`:    http.StatusBadRequest,
		fmt.Sprintf(`{"type":"subscribe","stream":"list","list":%d}`, foreign): http.StatusNotFound,
	} {
		h.must(s.conn.Write(t.Context(), websocket.MessageText, []byte(said)))
		if m := s.next(); m.Status != status || m.Error == "" || strings.HasPrefix(m.Error, "live.") || m.Stream != nil {
			t.Errorf("%s: %+v", said, m)
		}
	}
	// As a number and as text; twice is once; nothing is said when it works.
	h.must(s.conn.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"type":"subscribe","stream":"list","list":%d}`, own)))
	s.say(map[string]string{"type": "subscribe", "stream": "list", "list": idText(own)})
	s.say(map[string]string{"type": "unsubscribe", "stream": "public"})
	s.settled()
	visitor := h.socket(base, "")
	visitor.say(map[string]string{"type": "subscribe", "stream": "user"})
	if m := visitor.next(); m.Status != http.StatusUnauthorized {
		t.Errorf("a visitor subscribes to user: %+v", m)
	}
	// Too many, and too long.
	for i := range maxSubscriptions {
		s.say(map[string]string{"type": "subscribe", "stream": "hashtag", "tag": fmt.Sprint("t", i)})
	}
	if m := s.next(); m.Status != http.StatusTooManyRequests {
		t.Errorf("too many subscriptions: %+v", m)
	}
	s.settled()
	s.say(map[string]string{"type": "subscribe", "stream": strings.Repeat("x", maxCommand)})
	if _, err := s.read(); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("too long a message: %v", err)
	}
}
