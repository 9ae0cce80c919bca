package mastodon

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// client is a program that acts for someone in the house.
type client struct {
	h     *house
	token string
	agent http.Header
}

// as returns a client of a person; "" is a visitor without a token.
func (h *house) as(who string) client {
	h.t.Helper()
	if who == "" {
		return client{h: h}
	}
	token, ok := h.tokens[who]
	if !ok {
		h.t.Fatalf("%q holds no token", who)
	}
	return client{h: h, token: token}
}

// holding returns a client with some token.
func (h *house) holding(token string) client { return client{h: h, token: token} }

// with returns the client with headers, as name and value in turn.
func (c client) with(header ...string) client {
	c.agent = c.agent.Clone()
	if c.agent == nil {
		c.agent = http.Header{}
	}
	for i := 0; i+1 < len(header); i += 2 {
		c.agent.Add(header[i], header[i+1])
	}
	return c
}

// get asks with parameters in the query: name and value in turn.
func (c client) get(path string, params ...string) reply {
	c.h.t.Helper()
	if len(params) > 0 {
		path += "?" + form(params).Encode()
	}
	return c.do(http.MethodGet, path, "", nil)
}

// post, put, patch and delete send parameters as a form.
func (c client) post(path string, params ...string) reply {
	c.h.t.Helper()
	return c.send(http.MethodPost, path, params)
}

func (c client) put(path string, params ...string) reply {
	c.h.t.Helper()
	return c.send(http.MethodPut, path, params)
}

func (c client) patch(path string, params ...string) reply {
	c.h.t.Helper()
	return c.send(http.MethodPatch, path, params)
}

func (c client) delete(path string, params ...string) reply {
	c.h.t.Helper()
	return c.send(http.MethodDelete, path, params)
}

func (c client) send(method, path string, params []string) reply {
	c.h.t.Helper()
	if len(params) == 0 {
		return c.do(method, path, "", nil)
	}
	return c.do(method, path, "application/x-www-form-urlencoded", strings.NewReader(form(params).Encode()))
}

// json sends a body as JSON.
func (c client) json(method, path string, body any) reply {
	c.h.t.Helper()
	raw, err := json.Marshal(body)
	c.h.must(err)
	return c.do(method, path, "application/json", bytes.NewReader(raw))
}

// upload sends a file, and parameters beside it, as a browser's form does.
func (c client) upload(method, path, field, name string, content []byte, params ...string) reply {
	c.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(params); i += 2 {
		c.h.must(w.WriteField(params[i], params[i+1]))
	}
	part, err := w.CreateFormFile(field, name)
	c.h.must(err)
	_, err = part.Write(content)
	c.h.must(err)
	c.h.must(w.Close())
	return c.do(method, path, w.FormDataContentType(), &body)
}

// do sends one request. A path may be a whole address of the house, as in a Link header.
func (c client) do(method, path, contentType string, body io.Reader) reply {
	c.h.t.Helper()
	r := httptest.NewRequest(method, c.h.Config.BaseURL+strings.TrimPrefix(path, c.h.Config.BaseURL), body)
	for name, values := range c.agent {
		r.Header[name] = values
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.h.handler.ServeHTTP(w, r)
	return reply{Response: w.Result(), t: c.h.t, asked: method + " " + path, body: w.Body.Bytes()}
}

func form(params []string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		values.Add(params[i], params[i+1])
	}
	return values
}

// reply is what came back.
type reply struct {
	*http.Response
	t     testing.TB
	asked string
	body  []byte
}

// wants fails unless the reply has that status.
func (r reply) wants(status int) reply {
	r.t.Helper()
	if r.StatusCode != status {
		r.t.Fatalf("%s: status %d, want %d: %s", r.asked, r.StatusCode, status, r.body)
	}
	return r
}

// into decodes the reply, which must be a success.
func (r reply) into(v any) {
	r.t.Helper()
	r.wants(http.StatusOK)
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.asked, err, r.body)
	}
}

// value decodes the reply whatever its status.
func (r reply) value() any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.asked, err, r.body)
	}
	return v
}

// object and list are the reply of a success as what it must be.
func (r reply) object() map[string]any {
	r.t.Helper()
	object, ok := r.wants(http.StatusOK).value().(map[string]any)
	if !ok {
		r.t.Fatalf("%s: no object: %s", r.asked, r.body)
	}
	return object
}

func (r reply) list() []any {
	r.t.Helper()
	list, ok := r.wants(http.StatusOK).value().([]any)
	if !ok {
		r.t.Fatalf("%s: no list: %s", r.asked, r.body)
	}
	return list
}

// at returns the value at a path like "account.fields.0.name" of the reply, whatever its status; nil where there is none.
func (r reply) at(path string) any {
	r.t.Helper()
	v := r.value()
	for step := range strings.SplitSeq(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil
			}
			v = inner[i]
		default:
			return nil
		}
	}
	return v
}

// text is at for strings, "" where there is none.
func (r reply) text(path string) string {
	r.t.Helper()
	s, _ := r.at(path).(string)
	return s
}

// number is at for numbers, -1 where there is none.
func (r reply) number(path string) int {
	r.t.Helper()
	f, ok := r.at(path).(float64)
	if !ok {
		return -1
	}
	return int(f)
}

// ids returns the ids of a list, in order.
func (r reply) ids() []string {
	r.t.Helper()
	ids := []string{}
	for _, item := range r.list() {
		object, _ := item.(map[string]any)
		id, _ := object["id"].(string)
		ids = append(ids, id)
	}
	return ids
}

// page returns the address that the Link header names for rel (next, prev), "" where there is none.
func (r reply) page(rel string) string {
	for link := range strings.SplitSeq(r.Header.Get("Link"), ",") {
		address, name, _ := strings.Cut(strings.TrimSpace(link), ";")
		if strings.TrimSpace(name) == `rel="`+rel+`"` {
			return strings.Trim(address, "<>")
		}
	}
	return ""
}
