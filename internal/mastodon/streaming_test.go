package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/post"
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
	ctx, cancel := context.WithTimeout(h.t.Context(), 15*time.Second)
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
	ctx, cancel := context.WithTimeout(s.h.t.Context(), 15*time.Second)
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
	timeout := time.After(15 * time.Second)
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

// TestStreamedIsRead: whoever listens hears of exactly what they would read, as they would read it.
func TestStreamedIsRead(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	h.follow("member", "other")
	h.follow("member", "klima")
	h.follow("editor", "other")
	h.follow("moderator", "other")
	h.follow("guest", "other")
	h.mute("editor", "other")
	h.block("other", "moderator")
	h.blockDomain("guest", "vitako.example")
	h.exec(`INSERT INTO filters (id, account_id, title, contexts) VALUES (77, $1, 'Kühlung', '{home,public}')`, h.id("guest"))
	h.exec(`INSERT INTO filter_keywords (id, filter_id, keyword) VALUES (78, 77, 'Kühlung')`)
	list := idText(h.list("member", "other"))

	timelines := map[string]string{ // stream: how it is read
		"user": home, "public": "/api/v1/timelines/public", "public:local": "/api/v1/timelines/public?local=true",
		"public:remote": "/api/v1/timelines/public?remote=true", "public:media": "/api/v1/timelines/public?only_media=true",
		"hashtag kühlung": "/api/v1/timelines/tag/k%C3%BChlung", "hashtag:local Kühlung": "/api/v1/timelines/tag/K%C3%BChlung?local=true",
	}
	names := []string{"user", "public", "public:local", "public:remote", "public:media", "hashtag kühlung", "hashtag:local Kühlung"}
	viewers := []string{"", "member", "other", "editor", "moderator", "guest"}
	sockets := map[string]*socket{}
	for _, who := range viewers {
		mine := names
		switch who {
		case "":
			mine = names[1:]
		case "member":
			mine = append(slices.Clone(names), "list "+list)
		}
		sockets[who] = h.socket(base, who, mine...)
	}
	timelines["list "+list] = "/api/v1/timelines/list/" + list

	h.write("other", post.Public, "Öffentlich zur #Kühlung")
	h.write("other", post.Unlisted, "Ungelistet zur #Kühlung")
	h.write("other", post.Followers, "Nur für Folgende zur #Kühlung")
	h.write("other", post.Direct, "Direkt an @member zur #Kühlung")
	h.write("editor", post.Direct, "Direkt an @other")
	top := h.thread("admin", "Von der Administration")
	h.answer("other", top, "Antwort auf Fremdes")
	h.answer("member", top, "Eigene Antwort")
	h.arrives("klima", "kuehlung", func(r *post.Received) { r.Tags = []string{"Kühlung"} })
	h.arrives("klima", "alt", func(r *post.Received) { r.PublishedAt = time.Now().Add(-30 * 24 * time.Hour) })
	h.must(h.Posts.Boost(t.Context(), h.people["other"], top.ID))
	h.quiet()

	told := 0
	for _, who := range viewers {
		got := map[string]map[string]any{}
		for _, m := range sockets[who].messages() {
			if m.Event != "update" {
				t.Errorf("%q hears %s on %v", who, m.Event, m.Stream)
				continue
			}
			var status map[string]any
			h.must(json.Unmarshal([]byte(*m.Payload), &status))
			name := strings.Join(m.Stream, " ")
			if got[name] == nil {
				got[name] = map[string]any{}
			}
			if _, twice := got[name][status["id"].(string)]; twice {
				t.Errorf("%q hears twice of %s on %s", who, status["id"], name)
			}
			got[name][status["id"].(string)] = status
		}
		for name, path := range timelines {
			if who == "" && name == "user" || strings.HasPrefix(name, "list") && who != "member" {
				continue
			}
			want := map[string]any{}
			for _, item := range h.as(who).get(path + separator(path) + "limit=40").list() {
				status := item.(map[string]any)
				if content, _ := status["uri"].(string); strings.Contains(content, "/alt") {
					continue // it came late
				}
				want[status["id"].(string)] = status
			}
			have := got[name]
			if have == nil {
				have = map[string]any{}
			}
			told += len(have)
			for id, status := range have {
				compared, _ := want[id].(map[string]any)
				if compared == nil {
					t.Errorf("%q hears of %s on %s and may not read it there: %v", who, id, name, status.(map[string]any)["content"])
					continue
				}
				if diff := cmp.Diff(settledParts(compared), settledParts(status.(map[string]any))); diff != "" {
					t.Errorf("%q hears of %s on %s otherwise than it is read: %s", who, id, name, diff)
				}
				delete(want, id)
			}
			for id, status := range want {
				// What was boosted stands at its boost now, and came by itself before.
				t.Errorf("%q reads %s in %s and does not hear of it: %v", who, id, name, status.(map[string]any)["content"])
			}
		}
	}
	if told < 25 {
		t.Errorf("only %d told", told)
	}
}

func separator(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

// settledParts is a status without its counters, which go on.
func settledParts(status map[string]any) map[string]any {
	clone := map[string]any{}
	for k, v := range status {
		inner, nested := v.(map[string]any)
		switch {
		case k == "replies_count" || k == "reblogs_count" || k == "favourites_count" || k == "followers_count" || k == "following_count" || k == "statuses_count" || k == "last_status_at":
		case nested:
			clone[k] = settledParts(inner)
		default:
			clone[k] = v
		}
	}
	return clone
}

// TestStreamedChanges: edits come whole, of what went only the id, and only to those who could see it.
func TestStreamedChanges(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	h.follow("member", "other")
	open := h.write("other", post.Public, "Öffentlich")
	closed := h.write("other", post.Followers, "Für Folgende")
	secret := h.write("other", post.Direct, "Für @admin")
	stranger := h.thread("admin", "Fremdes")
	h.quiet()
	sockets := map[string]*socket{
		"": h.socket(base, "", "public"), "member": h.socket(base, "member", "user", "public"), "guest": h.socket(base, "guest", "user"),
	}
	expect := func(what string, want map[string][]string) {
		t.Helper()
		for who, s := range sockets {
			wanted := want[who]
			if wanted == nil {
				wanted = []string{}
			}
			got := s.all()
			slices.Sort(got)
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("%s: %q %s", what, who, diff)
			}
		}
	}
	edit := func(p post.Post) {
		t.Helper()
		h.exec(`UPDATE posts SET edited_at = now(), html = '<p>Neu</p>' WHERE id = $1`, p.ID)
	}
	id := func(p post.Post) string { return idText(p.ID) }
	edit(open)
	expect("edit of a public post", map[string][]string{
		"": {"public status.update " + id(open)}, "member": {"public status.update " + id(open), "user status.update " + id(open)},
	})
	edit(closed)
	edit(secret)
	expect("edit of what is for some", map[string][]string{"member": {"user status.update " + id(closed)}})
	h.must(h.Posts.Boost(t.Context(), h.people["other"], stranger.ID))
	var boost int64
	h.must(h.db.Get(&boost, `SELECT id FROM boosts`))
	expect("boost", map[string][]string{"member": {"user update " + idText(boost)}})
	edit(stranger)
	expect("edit of what was boosted", map[string][]string{
		"": {"public status.update " + id(stranger)}, "member": {"public status.update " + id(stranger), "user status.update " + id(stranger)},
	})
	h.must(h.Posts.Unboost(t.Context(), h.people["other"], stranger.ID))
	expect("a boost undone", map[string][]string{
		"": {"public delete " + idText(boost)}, "member": {"public delete " + idText(boost), "user delete " + idText(boost)}, "guest": {"user delete " + idText(boost)},
	})
	for _, p := range []post.Post{open, closed, secret} {
		h.must(h.Posts.Delete(t.Context(), h.people["other"], p.ID))
	}
	expect("withdrawn", map[string][]string{
		"":       {"public delete " + id(open)},
		"member": {"public delete " + id(open), "public delete " + id(closed), "user delete " + id(open), "user delete " + id(closed)},
		"guest":  {"user delete " + id(open)},
	})
	h.exec(`UPDATE posts SET favourites_count = 5`)
	expect("counters", nil)
}

// TestStreamedToOnePerson: notifications, conversations and filters come to whom they are for, where the token allows it.
func TestStreamedToOnePerson(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	all := h.socket(base, "member", "user", "user:notification", "direct")
	other := h.socket(base, "other", "user", "user:notification", "direct")
	h.tokens["statuses"] = h.token("member", "read:statuses")
	narrow := h.socket(base, "statuses", "user", "direct")
	p := h.thread("member", "Server abschalten")
	h.streamed()
	for _, s := range []*socket{all, other, narrow} {
		s.all()
	}
	h.must(h.Posts.Favourite(t.Context(), h.people["editor"], p.ID))
	h.work()
	told := h.as("member").get("/api/v1/notifications").ids()
	if len(told) != 1 {
		t.Fatalf("notifications %v", told)
	}
	expect := func(s *socket, want ...string) {
		t.Helper()
		got := s.all()
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
			t.Errorf("%s: %s", s.who, diff)
		}
	}
	expect(all, "user notification "+told[0], "user:notification notification "+told[0])
	expect(narrow)
	expect(other)
	// What is kept apart is not told.
	h.exec(`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id, filtered) VALUES (5, $1, 'favourite', $2, $3, true)`, h.id("member"), h.id("guest"), p.ID)
	expect(all)

	h.exec(`INSERT INTO filters (id, account_id, title, contexts) VALUES (77, $1, 'x', '{home}')`, h.id("member"))
	h.exec(`INSERT INTO filter_keywords (id, filter_id, keyword) VALUES (78, 77, 'x')`)
	expect(all, "user filters_changed ", "user filters_changed ")
	expect(narrow, "user filters_changed ", "user filters_changed ")
	expect(other)
	h.exec(`DELETE FROM filters`)
	expect(all, "user filters_changed ")

	direct := h.write("other", post.Direct, "Nur an @member")
	conversations := h.as("member").get("/api/v1/conversations").ids()
	if len(conversations) != 1 {
		t.Fatalf("conversations %v", conversations)
	}
	found := false
	for _, m := range narrow.messages() {
		if m.Event == "conversation" && reflect.DeepEqual(m.Stream, []string{"direct"}) && idOf(m) == conversations[0] {
			found = strings.Contains(*m.Payload, idText(direct.ID))
		}
	}
	if !found {
		t.Error("of the conversation nothing was heard")
	}
}

// TestStreamEnds: with its token, its person, its slowness, or the server.
func TestStreamEnds(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	ends := func(s *socket, want websocket.StatusCode) {
		t.Helper()
		for {
			if _, err := s.read(); err != nil {
				if got := websocket.CloseStatus(err); got != want {
					t.Errorf("%s: ended with %v, want %v", s.who, err, want)
				}
				return
			}
		}
	}
	stays := h.socket(base, "admin", "user")
	h.tokens["revoked"] = h.token("member")
	revoked := h.socket(base, "revoked")
	grant := h.grant("revoked")
	h.must(h.Auth.RevokeToken(t.Context(), h.people["member"], grant.Token.ID))
	ends(revoked, websocket.StatusPolicyViolation)

	h.tokens["narrowed"] = h.token("member")
	narrowed := h.socket(base, "narrowed", "user")
	h.exec(`UPDATE api_tokens SET scopes = 'write' WHERE id = $1`, h.grant("narrowed").Token.ID)
	ends(narrowed, websocket.StatusPolicyViolation)

	suspended := h.socket(base, "other", "user")
	h.exec(`UPDATE accounts SET state = 'suspended' WHERE id = $1`, h.id("other"))
	ends(suspended, websocket.StatusPolicyViolation)

	// What was missed may have been the end of a token.
	h.tokens["unheard"] = h.token("member")
	unheard := h.socket(base, "unheard")
	h.exec(`ALTER TABLE api_tokens DISABLE TRIGGER USER`)
	h.exec(`UPDATE api_tokens SET revoked_at = now() WHERE id = $1`, h.grant("unheard").Token.ID)
	h.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query IN ('LISTEN changes', '')`)
	ends(unheard, websocket.StatusPolicyViolation)

	slow := h.socket(base, "member", "user")
	for l := range h.server.streams.listeners {
		if l.grant.Account.ID == h.id("member") {
			for range 100 * streamBacklog {
				l.tell(message{whole: []byte(`{}`)})
			}
		}
	}
	ends(slow, websocket.StatusTryAgainLater)
	stays.all()
}

func TestStreamEndsWithTheServer(t *testing.T) {
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go h.Changes.Run(ctx)
	h.within("the house hears", func() bool { _, ok := h.Changes.Generation(0); return ok })
	base := h.listen()
	s := h.socket(base, "member", "user")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/streaming/public", nil)
	h.must(err)
	events, err := http.DefaultClient.Do(r)
	h.must(err)
	defer events.Body.Close()
	stop()
	if _, err := s.read(); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for b := make([]byte, 64); err == nil; {
			_, err = events.Body.Read(b)
		}
	}()
	select {
	case <-ended:
	case <-time.After(15 * time.Second):
		t.Error("the events go on")
	}
}

// TestStreamConnections: one person cannot take all.
func TestStreamConnections(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen() + "/api/v1/streaming"
	var first *websocket.Conn
	for range maxConnections {
		conn, _, err := h.dial(base, "Authorization", "Bearer "+h.tokens["member"])
		h.must(err)
		first = conn
	}
	if _, response, err := h.dial(base, "Authorization", "Bearer "+h.token("member")); err == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %v", err)
	}
	h.socket(h.listen(), "other", "user")
	h.must(first.Close(websocket.StatusNormalClosure, ""))
	h.within("a place is free again", func() bool {
		_, _, err := h.dial(base, "Authorization", "Bearer "+h.tokens["member"])
		return err == nil
	})
}

// TestStreamOfTwoProcesses: who listens at one hears of what is written at the other, in the order in which it was.
func TestStreamOfTwoProcesses(t *testing.T) {
	h := newHouse(t)
	second := *h
	conn, err := db.Open(t.Context(), db.DSN(h.db), 4)
	h.must(err)
	t.Cleanup(func() { conn.Close() })
	second.Changes = change.New(conn, h.Log)
	second.serve()
	h.live()
	second.live()
	there := second.socket(second.listen(), "member", "user")
	h.follow("member", "other")
	var want []string
	for i := range 30 {
		want = append(want, "user update "+idText(h.write("other", post.Public, fmt.Sprint("Beitrag ", i)).ID))
	}
	if diff := cmp.Diff(want, there.all()); diff != "" {
		t.Error(diff)
	}
}

// TestStreamWorksOnlyForListeners: nobody listening costs nothing, and who listens after that hears again.
func TestStreamWorksOnlyForListeners(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	for range 3 {
		s := h.socket(base, "member", "user")
		p := h.thread("member", "Server abschalten")
		if diff := cmp.Diff([]string{"user update " + idText(p.ID)}, s.all()); diff != "" {
			t.Error(diff)
		}
		h.must(s.conn.Close(websocket.StatusNormalClosure, ""))
		h.within("nobody works", func() bool {
			h.server.streams.mu.Lock()
			defer h.server.streams.mu.Unlock()
			return h.server.streams.worker == 0 && len(h.server.streams.callers) == 0
		})
	}
}

// TestServerSentEvents: the same as events over HTTP.
func TestServerSentEvents(t *testing.T) {
	h := newHouse(t)
	h.live()
	base := h.listen()
	list := idText(h.list("member", "member"))
	for path, who := range map[string]string{
		"user": "member", "user/notification": "member", "direct": "member", "list?list=" + list: "member", "public": "", "public/local": "",
		"public/remote?only_media=true": "", "hashtag?tag=K%C3%BChlung": "", "hashtag/local?tag=k%C3%BChlung": "",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/streaming/"+path, nil)
		h.must(err)
		if who != "" {
			r.Header.Set("Authorization", "Bearer "+h.tokens[who])
		}
		response, err := http.DefaultClient.Do(r)
		h.must(err)
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || response.Header.Get("X-Accel-Buffering") != "no" {
			t.Fatalf("%s: %s %v", path, response.Status, response.Header)
		}
		hello := make([]byte, 4)
		if _, err := response.Body.Read(hello); err != nil || !strings.HasPrefix(string(hello), ":") {
			t.Fatalf("%s: %q, %v", path, hello, err)
		}
		name, _, _ := strings.Cut(path, "?")
		if name == "user/notification" || name == "direct" || name == "public/remote" {
			continue
		}
		p := h.write("member", post.Public, "Zur #Kühlung\n\nmit Absatz")
		read := make([]byte, 0, 1<<14)
		for !strings.HasSuffix(string(read), "\n\n") {
			b := make([]byte, 4096)
			n, err := response.Body.Read(b)
			h.must(err)
			read = append(read, b[:n]...)
		}
		lines := strings.Split(strings.TrimLeft(string(read), "\n"), "\n")
		if len(lines) != 4 || lines[0] != "event: update" {
			t.Fatalf("%s: %q", path, read)
		}
		data, ok := strings.CutPrefix(lines[1], "data: ")
		var status Status
		if !ok || json.Unmarshal([]byte(data), &status) != nil || status.ID != idText(p.ID) {
			t.Errorf("%s: %q", path, lines[1])
		}
	}
	h.as("").get("/api/v1/streaming/user").wants(http.StatusUnauthorized)
	h.as("member").get("/api/v1/streaming/hashtag").wants(http.StatusUnprocessableEntity)
	h.as("member").get("/api/v1/streaming").wants(http.StatusUnprocessableEntity)
	h.holding(h.token("member", "read:notifications")).get("/api/v1/streaming/user").wants(http.StatusForbidden)
}

// TestStreamOutlivesTimeouts: the server's deadlines are for answers that end.
func TestStreamOutlivesTimeouts(t *testing.T) {
	h := newHouse(t)
	h.live()
	router := mux.NewRouter()
	h.server.Register(router)
	server := httptest.NewUnstartedServer(CORS(observe.Requests(h.Log, router)))
	const timeout = 300 * time.Millisecond
	server.Config.ReadTimeout, server.Config.WriteTimeout = timeout, timeout
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s := h.socket(server.URL, "member", "user")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/streaming/user", nil)
	h.must(err)
	r.Header.Set("Authorization", "Bearer "+h.tokens["member"])
	events, err := http.DefaultClient.Do(r)
	h.must(err)
	defer events.Body.Close()
	time.Sleep(3 * timeout)
	id := idText(h.thread("member", "Server abschalten").ID)
	if diff := cmp.Diff([]string{"user update " + id}, s.all()); diff != "" {
		t.Error(diff)
	}
	read := ""
	for b := make([]byte, 4096); !strings.Contains(read, id); {
		n, err := events.Body.Read(b)
		if read += string(b[:n]); err != nil {
			t.Fatalf("%q, %v", read, err)
		}
	}
}
