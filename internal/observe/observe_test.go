package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"
)

func TestRedaction(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := NewLogger(&out, "info")
	log.With("api_key", "s3cret").WithGroup("request").Info("hello postgres://u:s3cret@db/x",
		"token", "s3cret", "accessToken", "s3cret", "Set-Cookie", "s3cret", "Authorization", "s3cret", "client_secret", "s3cret", "PASSWORD", []byte("s3cret"),
		slog.Group("cookie", "value", "s3cret", slog.Group("deep", "x", "s3cret")),
		"error", fmt.Errorf("connect: %w", errors.New("host=db password='s3cret' dbname=x")),
		"header", "Authorization: Bearer s3cret", "url", "https://u:s3cret@peer.example/inbox",
		"key_id", "https://a.example/actor#main-key", "monkey", "banana", "keyboard", "qwertz", "status", 202)
	if strings.Contains(out.String(), "s3cret") {
		t.Errorf("a secret was logged: %s", out.String())
	}
	var line struct {
		Msg     string
		Request map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"key_id": "https://a.example/actor#main-key", "monkey": "banana", "keyboard": "qwertz", "status": 202.0, "token": Redacted,
		"url": "https://u:" + Redacted + "@peer.example/inbox", "error": "connect: host=db password=" + Redacted + " dbname=x",
	} {
		if line.Request[name] != want {
			t.Errorf("%s is %v, want %v", name, line.Request[name], want)
		}
	}
}

func TestLevelAndFormat(t *testing.T) {
	t.Parallel()
	for level, want := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1, "nonsense": 3} {
		var out bytes.Buffer
		log := NewLogger(&out, level)
		log.Debug("x")
		log.Info("x")
		log.Warn("x")
		log.Error("x")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("%s: %d lines, want %d", level, got, want)
		}
		if !json.Valid([]byte(strings.SplitN(out.String(), "\n", 2)[0])) {
			t.Errorf("not JSON: %s", out.String())
		}
	}
	// A device that takes characters, as terminals do.
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, ok := NewLogger(null, "info").Handler().(*slog.TextHandler); !ok {
		t.Error("no text for a terminal")
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	router := mux.NewRouter()
	router.HandleFunc("/einladung/{secret}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	})
	sub := router.PathPrefix("/sub").Subrouter()
	sub.HandleFunc("/{id:[0-9]+}", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusBadGateway)
	}).Methods("POST")
	router.PathPrefix("/static/").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	router.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	router.HandleFunc("/flush", func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		w.(http.Flusher).Flush()
	})

	var out bytes.Buffer
	handler := Requests(NewLogger(&out, "debug"), nil, router)
	for _, r := range []*http.Request{
		httptest.NewRequest("GET", "/einladung/s3cret?q=s3cret", nil),
		httptest.NewRequest("POST", "/sub/7", nil),
		httptest.NewRequest("GET", "/sub/7", nil),
		httptest.NewRequest("GET", "/static/site.css", nil),
		httptest.NewRequest("GET", "/nowhere/s3cret", nil),
		httptest.NewRequest("GET", "/panic", nil),
		httptest.NewRequest("GET", "/flush", nil),
	} {
		func() {
			defer func() {
				if p := recover(); p != nil && r.URL.Path != "/panic" {
					t.Error(p)
				}
			}()
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}()
	}
	if strings.Contains(out.String(), "s3cret") {
		t.Errorf("a secret was logged: %s", out.String())
	}
	type line struct {
		Level, Method, Route string
		Status, Bytes        int
	}
	var got []line
	for d := json.NewDecoder(&out); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	want := []line{
		{"INFO", "GET", "/einladung/{secret}", 200, 5},
		{"WARN", "POST", "/sub/{id:[0-9]+}", 502, 0},
		{"INFO", "GET", "none", 405, 0},
		{"DEBUG", "GET", "/static/", 200, 0},
		{"INFO", "GET", "none", 404, 19},
		{"WARN", "GET", "/panic", 500, 0},
		{"INFO", "GET", "/flush", 200, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
