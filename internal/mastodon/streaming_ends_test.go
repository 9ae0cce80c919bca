package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/observe"
	"github.com/vorbild/vorbild/internal/post"
)

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
	case <-time.After(time.Minute):
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
	server := httptest.NewUnstartedServer(CORS(observe.Requests(h.Log, nil, router)))
	const timeout = time.Second
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
	time.Sleep(timeout * 3 / 2)
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
