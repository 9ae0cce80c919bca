package mastodon

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/vorbild/vorbild/internal/auth"
	"github.com/vorbild/vorbild/internal/request"
)

const (
	answersMemory = 16 << 20
	grantsMemory  = 2 << 20
	grantSize     = 2 << 10 // about; an account has a biography
	// gzipFrom is the size from which compressing is worth it.
	gzipFrom = 1 << 10
)

// question is all that an answer depends on. Two programs of one person never share an answer: some are about the program.
type question struct {
	accountID, tokenID int64
	language, uri      string
}

// answer is what a GET was answered with, ready to be sent again.
type answer struct {
	header http.Header // what the handler set, such as Link
	etag   string
	body   []byte

	compress sync.Once
	gzip     []byte
}

// size is about what an answer takes in memory with its compressed form and the question. Anyone can ask with an address as long
// as the server reads one, which the headers may repeat.
func (a *answer) size(q question) int {
	n := len(a.body) + len(a.body)/3 + len(q.uri) + 1<<10
	for _, values := range a.header {
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// gzipped is the body compressed, once for all who ask.
func (a *answer) gzipped() []byte {
	a.compress.Do(func() {
		var b bytes.Buffer
		b.Grow(len(a.body) / 4)
		w := gzipWriters.Get().(*gzip.Writer)
		w.Reset(&b)
		_, _ = w.Write(a.body) // a buffer takes everything
		_ = w.Close()
		w.Reset(nil)
		gzipWriters.Put(w)
		a.gzip = b.Bytes()
	})
	return a.gzip
}

// read answers a GET: from memory as long as nothing has changed that could change the answer, so that asking again what one
// knows costs no query at all, and with nothing but 304 where the client has it already.
func (s *Server) read(w http.ResponseWriter, c *call, x route) error {
	account := c.account()
	at, live := s.Changes.Generation(account.ID) // before anything is read
	q := question{account.ID, c.grant.Token.ID, s.I18n.For(account.Language, c.Header.Get("Accept-Language")).Lang(), c.URL.RequestURI()}
	if live {
		if a, ok := s.answers.get(q, at); ok {
			a.send(w, c.Request)
			return nil
		}
	}
	c.header = http.Header{}
	entity, err := s.do(w, c, x)
	if err != nil {
		return err
	}
	body, err := encode(entity)
	if err != nil {
		return err
	}
	if c.status != http.StatusOK {
		maps.Copy(w.Header(), c.header)
		sendJSON(w, c.status, body)
		return nil
	}
	sum := sha256.Sum256(body)
	a := &answer{header: c.header, etag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`, body: body}
	if live {
		s.answers.put(q, at, a, a.size(q))
	}
	a.send(w, c.Request)
	return nil
}

func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	maps.Copy(h, a.header)
	h["Etag"] = []string{a.etag}
	h["Cache-Control"] = []string{"private, no-cache"} // kept by its owner, and asked for anew each time
	h.Add("Vary", "Authorization, Accept-Encoding, Accept-Language")
	h["X-Content-Type-Options"] = []string{"nosniff"}
	if matches(r.Header["If-None-Match"], a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = []string{jsonType}
	}
	body := a.body
	if len(body) >= gzipFrom && request.TakesGzip(r) {
		h["Content-Encoding"] = []string{"gzip"}
		body = a.gzipped()
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // a client that has left is none of our business
}

// matches compares weakly (RFC 9110, 13.1.2).
func matches(ifNoneMatch []string, etag string) bool {
	for _, line := range ifNoneMatch {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(etag, "W/") {
				return true
			}
		}
	}
	return false
}

// changed lets what this process has in memory count as changed after a call that may have changed something; the database
// tells it too, but only after the client has our answer and may ask already.
func (s *Server) changed(c *call, x route) {
	if x.access.kind != anybody { // strangers write nothing that anybody reads, and must not empty the memory
		if id := c.account().ID; id != 0 {
			s.Changes.Touch(id)
		}
		s.Changes.Touch(0)
	}
	if x.access.scope == "write:accounts" || strings.HasPrefix(c.URL.Path, "/oauth/") {
		s.Changes.TouchTables(grantTables...)
	}
}

// grantTables are what a grant is read from. Most of what is written every day, posts above all, leaves them alone.
var grantTables = []string{"accounts", "api_tokens"}

// grantFor is auth.Service.Grant from memory as long as neither tokens nor accounts have changed. It is read anew often enough
// for the time of last use to be kept.
func (s *Server) grantFor(ctx context.Context, secret string) (auth.Grant, error) {
	key := sha256.Sum256([]byte(secret)) // as in the database: a memory dump holds no tokens
	n, live := s.Changes.GenerationOf(grantTables...)
	at := generation{n}
	if live {
		if g, ok := s.grants.get(key, at); ok {
			return g, nil
		}
	}
	g, err := s.Auth.Grant(ctx, secret)
	if err == nil && live {
		s.grants.put(key, at, g, grantSize)
	}
	return g, err
}

const jsonType = "application/json; charset=utf-8"

// encode writes an entity as JSON; nil is {}.
func encode(entity any) ([]byte, error) {
	if entity == nil {
		entity = struct{}{}
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(entity); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return body.Bytes(), nil
}

// sendJSON sends what nobody keeps.
func sendJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", jsonType)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
