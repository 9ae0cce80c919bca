package mastodon

import (
	"bytes"
	"fmt"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

var pathPart = regexp.MustCompile(`\{[^}]+\}`)

// TestHostileRequests: whatever a client writes into addresses and parameters, it is answered as a mistake of its own.
func TestHostileRequests(t *testing.T) {
	h := newHouse(t)
	h.thread("member", "Server abschalten")
	names := []string{"%00", "%FF%FE", "a%2Fb", "%25", "%27%22%3B--", strings.Repeat("x", 3000), "ungrouped-", "ungrouped-99999999999999999999", "mention-%FF", "-1"}
	ids := []string{"1", "9223372036854775807", "99999999999999999999"}
	values := []string{"\x00", "\xff\xfe", "-1", "9223372036854775807", "99999999999999999999", "NaN", "1e999", "' OR 1=1 --", "%", "2024-13-40", "\u202e", strings.Repeat("ä", 5000)}
	var params []string
	for _, name := range []string{
		"limit", "offset", "max_id", "min_id", "since_id", "id", "id[]", "q", "type", "url", "acct", "any[]", "tagged", "types[]", "exclude_types[]",
		"grouped_types[]", "timeline[]", "account_id", "resolve", "local", "order", "lang", "name", "status", "spoiler_text", "in_reply_to_id", "media_ids[]",
		"poll[options][]", "poll[expires_in]", "visibility", "language", "scheduled_at", "title", "context[]", "filter_action", "expires_in",
		"keywords_attributes[][keyword]", "keywords_attributes[][id]", "keyword", "status_id", "account_ids[]", "home[last_read_id]", "choices[]", "comment",
		"status_ids[]", "category", "rule_ids[]", "duration", "domain", "phrase", "replies_policy", "subscription[endpoint]", "subscription[keys][p256dh]",
		"subscription[keys][auth]", "data[policy]", "display_name", "note", "fields_attributes[0][name]", "fields_attributes[0][value]", "focus", "description",
		"languages[]", "client_name", "redirect_uris", "scopes", "grant_type", "code", "client_id", "client_secret", "token", "source[privacy]", "for_new_accounts",
		"redirect_uri", "code_verifier", "website", "source[language]",
	} {
		params = append(params, name)
	}
	check := func(r reply) {
		t.Helper()
		if r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%.300s: status %d: %.200s", r.asked, r.StatusCode, r.body)
		}
	}
	for _, x := range h.server.routes() {
		var paths []string
		switch {
		case strings.Contains(x.path, "{id"):
			for _, id := range ids {
				paths = append(paths, pathPart.ReplaceAllString(x.path, id))
			}
		case strings.Contains(x.path, "{"):
			for _, name := range names {
				paths = append(paths, pathPart.ReplaceAllLiteralString(x.path, name))
			}
		default:
			paths = []string{x.path}
		}
		for i, path := range paths {
			check(h.as("member").do(x.method, path, "", nil))
			if i > 0 {
				continue
			}
			for _, v := range values {
				all := url.Values{}
				for _, p := range params {
					all.Set(p, v)
				}
				if x.method == http.MethodGet {
					check(h.as("member").do(x.method, path+"?"+all.Encode(), "", nil))
					continue
				}
				check(h.as("member").do(x.method, path, "application/x-www-form-urlencoded", strings.NewReader(all.Encode())))
			}
			for name, wrong := range map[string]string{
				"json list": `[1,2]`, "json deep": strings.Repeat(`{"a":`, 9000) + `1` + strings.Repeat(`}`, 9000), "json broken": `{"status":`, "json twice": `{"status":{"status":1},"poll":[[[]]],"media_ids":{"a":{"b":1}}}`,
				"json wide": `{"id":[` + strings.Repeat("1,", 5000) + `1]}`,
			} {
				if x.method != http.MethodGet {
					r := h.as("member").do(x.method, path, "application/json", strings.NewReader(wrong))
					r.asked += " " + name
					check(r)
				}
			}
		}
	}
	for _, key := range []string{"\xff", strings.Repeat("k", 60_000), "'"} {
		check(h.as("member").with("Idempotency-Key", key).post("/api/v1/statuses", "status", "Hallo"))
	}
	for _, offset := range []int{math.MaxInt, math.MaxInt - 10} {
		for _, path := range []string{"/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/trends/links", "/api/v1/directory", "/api/v1/accounts/search", "/api/v2/search"} {
			check(h.as("member").get(path, "offset", fmt.Sprint(offset), "q", "Server"))
		}
	}
}

// largeForm is a multipart body with a file of that size.
func largeForm(t *testing.T, size int) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	part, err := w.CreateFormFile("file", "bild.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(bytes.Repeat([]byte{'x'}, size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), body
}

// TestUploadsLeaveNothingBehind: what an upload kept on disk while it was read is gone when it was answered, also when something
// between us and the server has copied the request, as everything that adds a context does.
func TestUploadsLeaveNothingBehind(t *testing.T) {
	h := newHouse(t)
	for name, end := range map[string]func() (any, error){
		"answered": func() (any, error) { return nil, nil },
		"refused":  func() (any, error) { return nil, errNotFound() },
		"panicked": func() (any, error) { panic("now") },
	} {
		var sent *multipart.FileHeader
		handler := h.server.handle(route{http.MethodPost, "/api/v2/media", user("write:media"), func(c *call) (any, error) {
			if sent = c.params.file("file"); sent != nil {
				f, err := sent.Open()
				h.must(err)
				if _, kept := f.(*os.File); !kept {
					t.Errorf("%s: the file is so small that it stays in memory", name)
				}
				f.Close()
			}
			return end()
		}})
		contentType, body := largeForm(t, 2*inMemory)
		r := httptest.NewRequest(http.MethodPost, "/api/v2/media", body)
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "Bearer "+h.tokens["member"])
		handler.ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
		if sent == nil {
			t.Fatalf("%s: no file arrived", name)
		}
		if f, err := sent.Open(); err == nil {
			f.Close()
			t.Errorf("%s: the file is still on disk", name)
		}
	}
}

// TestStrangersUploadNothing: where nothing takes files, or nobody is known, no more is read than a form needs.
func TestStrangersUploadNothing(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/api/nothing/media", "/api/v1/media/1/nothing", "/api/v3/media", "/api/v2/media", "/oauth/token"} {
		contentType, body := largeForm(t, 2*inMemory)
		sent := body.Len()
		r := httptest.NewRequest(http.MethodPost, path, body)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		if read := sent - body.Len(); read > maxBody+64<<10 {
			t.Errorf("%s (%d): %d bytes of a stranger were read", path, w.Code, read)
		}
	}
}

// TestMemoryCountsAddresses: an address as long as the server takes it fills the memory of answers, not that of the machine.
func TestMemoryCountsAddresses(t *testing.T) {
	h := newHouse(t)
	h.live()
	const each = 50_000
	for i := range 5 {
		h.as("").get("/api/v1/instance/rules", "x", fmt.Sprint(i, strings.Repeat("x", each))).wants(http.StatusOK)
	}
	h.thread("member", "Server abschalten")
	h.quiet()
	h.as("").get("/api/v1/timelines/public", "x", strings.Repeat("x", each)).wants(http.StatusOK) // says it again in the Link header
	memory := h.server.answers
	memory.mu.Lock()
	defer memory.mu.Unlock()
	if len(memory.entries) != 6 || memory.used < 7*each {
		t.Errorf("%d answers count %d bytes", len(memory.entries), memory.used)
	}
}

// TestStrangersEmptyNoMemory: what a visitor sends is no reason to read everything anew.
func TestStrangersEmptyNoMemory(t *testing.T) {
	h := newHouse(t)
	h.live()
	h.quiet()
	before, _ := h.Changes.Generation(h.id("member"))
	for _, path := range []string{"/api/v1/nothing", "/api/v1/apps", "/api/v1/statuses", "/oauth/token", "/oauth/revoke"} {
		h.as("").post(path, "client_name", "Fremdes Programm", "redirect_uris", "https://client.example/")
	}
	h.quiet()
	if after, _ := h.Changes.Generation(h.id("member")); after != before {
		t.Errorf("the generation went from %v to %v", before, after)
	}
}

// TestSocketKeepsPace: a socket cannot make us do more than it could with calls.
func TestSocketKeepsPace(t *testing.T) {
	h := newHouse(t)
	h.live()
	s := h.socket(h.listen(), "member")
	began := time.Now()
	for range maxSubscriptions + commandsPerSecond {
		s.say(map[string]string{"type": "subscribe", "stream": "list", "list": "5"})
	}
	for range maxSubscriptions + commandsPerSecond {
		if m := s.next(); m.Status != http.StatusNotFound {
			t.Fatalf("answered with %+v", m)
		}
	}
	if took := time.Since(began); took < time.Second*9/10 {
		t.Errorf("%d commands took %v", maxSubscriptions+commandsPerSecond, took)
	}
}

// TestParamsAreCountedFirst: what has too many parameters is refused before it is taken apart.
func TestParamsAreCountedFirst(t *testing.T) { // not in parallel: allocations are counted
	for name, sent := range map[string]struct{ kind, body string }{
		"JSON list":   {"application/json", `{"id":[` + strings.Repeat("1,", 400_000) + `1]}`},
		"JSON keys":   {"application/json", `{` + strings.Repeat(`"a":1,`, 150_000) + `"a":1}`},
		"JSON nested": {"application/json", strings.Repeat("[", 900_000)},
		"form":        {"application/x-www-form-urlencoded", strings.Repeat("a=1&", 200_000)},
	} {
		var err error
		allocated := testing.AllocsPerRun(1, func() {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/statuses", strings.NewReader(sent.body))
			r.Header.Set("Content-Type", sent.kind)
			_, err = readParams(httptest.NewRecorder(), r, false)
		})
		if !fault.Is(err, fault.Invalid) || allocated > 20*maxParams {
			t.Errorf("%s: %v after %v allocations", name, err, allocated)
		}
	}
}

// TestPicturesInTexts: what stands in memory whole is bounded closer than files.
func TestPicturesInTexts(t *testing.T) {
	h := newHouse(t)
	picture := strings.Repeat("x", maxInline)
	h.as("member").json(http.MethodPatch, "/api/v1/accounts/update_credentials", map[string]string{"avatar": picture}).wants(http.StatusRequestEntityTooLarge)
	h.as("member").patch("/api/v1/accounts/update_credentials", "avatar", picture).wants(http.StatusRequestEntityTooLarge)
}

// TestKeywordsAreBounded: many filters hold no more words together than we can look for on each page.
func TestKeywordsAreBounded(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	full := c.post("/api/v2/filters", "title", "Voll", "context[]", "home").wants(http.StatusOK).text("id")
	free := c.post("/api/v2/filters", "title", "Leer", "context[]", "home").wants(http.StatusOK).text("id")
	h.exec(`INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) SELECT n, $1::bigint, 'Wort ' || n, true FROM generate_series(1, 2000) n`, full)
	c.post("/api/v2/filters/"+free+"/keywords", "keyword", "zuviel").wants(http.StatusUnprocessableEntity)
	c.put("/api/v2/filters/"+free, "title", "Ohne Wörter").wants(http.StatusOK)
	h.exec(`DELETE FROM filter_keywords WHERE id = 7`)
	c.post("/api/v2/filters/"+free+"/keywords", "keyword", "passt").wants(http.StatusOK)
	h.as("other").post("/api/v1/filters", "phrase", "Kälte", "context[]", "home").wants(http.StatusOK)
}

// TestMarksAreBounded: what is looked for on each page of home is not without end.
func TestMarksAreBounded(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	h.exec(`INSERT INTO followed_tags (id, account_id, name) SELECT n, $1, 'wort' || n FROM generate_series(1, 1000) n`, h.id("member"))
	refused := c.post("/api/v1/tags/zuviel/follow").wants(http.StatusUnprocessableEntity)
	if strings.Contains(refused.text("error"), "error.tag") {
		t.Errorf("said as %s", refused.body)
	}
	c.post("/api/v1/tags/wort7/follow").wants(http.StatusOK) // as before
	c.post("/api/v1/tags/wort7/unfollow").wants(http.StatusOK)
	c.post("/api/v1/tags/passt/follow").wants(http.StatusOK)
	h.as("other").post("/api/v1/tags/zuviel/follow").wants(http.StatusOK)

	post := h.thread("other", "Server abschalten")
	filter := c.post("/api/v2/filters", "title", "Einzelne", "context[]", "home").wants(http.StatusOK).text("id")
	h.exec(`INSERT INTO posts (id, account_id, thread_id, uri, kind, state, visibility, local)
		SELECT n, $1, n, 'https://sh.example/einzeln/' || n, 'note', 'published', 'public', true FROM generate_series(1, 2000) n`, h.id("other"))
	h.exec(`INSERT INTO filter_statuses (id, filter_id, post_id) SELECT n, $1::bigint, n FROM generate_series(1, 2000) n`, filter)
	refused = c.post("/api/v2/filters/"+filter+"/statuses", "status_id", idText(post.ID)).wants(http.StatusUnprocessableEntity)
	if strings.Contains(refused.text("error"), "error.filter") {
		t.Errorf("said as %s", refused.body)
	}
	c.post("/api/v2/filters/"+filter+"/statuses", "status_id", "7").wants(http.StatusOK) // as before
}
