package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// Limits of a request. Files count against maxUpload where a route takes them, all else against maxBody.
const (
	maxBody    = 1 << 20
	maxUpload  = 48 << 20
	maxInline  = 6 << 20 // where a picture stands in a text
	inMemory   = 4 << 20 // of an upload; the rest waits on disk
	maxParams  = 1_000
	uploadTime = 5 * time.Minute
	maxDepth   = 5
)

// params is what a client sent: the query and a JSON, urlencoded or multipart body in one tree, the body winning. Leaves are
// strings or files whatever they were sent as: clients send numbers as strings and the reverse. What is null or was not
// sent is absent. The bracket notation is that of Rack: a[b]=1, a[]=1, a[0][b]=1, a[][b]=1.
type params struct {
	tree  map[string]any
	nulls map[string]bool // what was null at the top of the JSON, where that says something
}

func errMalformed(err error) error { return fault.Wrap(fault.Invalid, "mastodon.error.malformed", err) }

// uploads are the routes that take files. They are for people with a token: of strangers no more is read than a form needs.
func (x route) uploads() bool {
	return x.access.kind == person && (x.access.scope == "write:media" || strings.HasSuffix(x.path, "/update_credentials"))
}

func readParams(w http.ResponseWriter, r *http.Request, uploads bool) (params, error) {
	p := params{tree: map[string]any{}, nulls: map[string]bool{}}
	if err := p.addValues(r.URL.Query()); err != nil {
		return p, err
	}
	if r.Body == nil || r.Body == http.NoBody || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return p, nil
	}
	limit := int64(maxBody)
	if uploads {
		limit = maxUpload
		// Whoever got here has a token, and a picture takes its time on a slow line. Where the server cannot wait longer, as
		// in tests without a connection, its usual time is all there is.
		patient := http.NewResponseController(w)
		_ = patient.SetReadDeadline(time.Now().Add(uploadTime))
		_ = patient.SetWriteDeadline(time.Now().Add(uploadTime + time.Minute))
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		limit = min(limit, maxInline) // it all stands in memory
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	var err error
	switch kind {
	case "application/json":
		err = p.readJSON(r.Body)
	case "multipart/form-data":
		err = p.readMultipart(r)
	default:
		err = p.readForm(r.Body)
	}
	var tooLarge *http.MaxBytesError
	var known *fault.Error
	switch {
	case errors.As(err, &tooLarge):
		return p, fault.Wrap(fault.TooLarge, "mastodon.error.too_large", err)
	case err != nil && !errors.As(err, &known):
		return p, errMalformed(err)
	}
	return p, err
}

func (p params) readJSON(body io.Reader) error {
	d := jsonReader{json.NewDecoder(body), maxParams, p.nulls}
	d.UseNumber()
	sent, err := d.value(0)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	object, _ := sent.(map[string]any) // a list or a scalar names no parameter
	for name, v := range object {
		// Some clients send "source[privacy]" as a key of JSON.
		if err := p.add(name, v); err != nil {
			return err
		}
	}
	return nil
}

// jsonReader makes the tree's values of JSON, and stops at the first value too many: decoded whole, a megabyte of brackets takes
// a hundred.
type jsonReader struct {
	*json.Decoder
	budget int
	nulls  map[string]bool
}

// value reads the next value; nil is absent.
func (d *jsonReader) value(depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if d.budget--; d.budget < 0 || depth > maxDepth {
		return nil, errMalformed(errors.New("too many parameters"))
	}
	switch t := t.(type) {
	case json.Number:
		return t.String(), nil
	case bool:
		return strconv.FormatBool(t), nil
	case json.Delim:
		if t == '[' {
			return d.list(depth)
		}
		return d.object(depth)
	}
	return t, nil
}

func (d *jsonReader) list(depth int) (any, error) {
	list := []any{}
	for d.More() {
		item, err := d.value(depth + 1)
		if err != nil {
			return nil, broken(err)
		}
		if item != nil {
			list = append(list, item)
		}
	}
	return list, d.end()
}

func (d *jsonReader) object(depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, broken(err)
		}
		item, err := d.value(depth + 1)
		if err != nil {
			return nil, broken(err)
		}
		switch name := name.(string); { // the decoder takes no other keys
		case item != nil:
			object[name] = item
		case depth == 0:
			d.nulls[name] = true
		}
	}
	return object, d.end()
}

// end reads the bracket that closes a list or an object.
func (d *jsonReader) end() error {
	_, err := d.Token()
	return broken(err)
}

// broken is the error of a body that ends too early; only one that never began is empty.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (p params) readForm(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if bytes.Count(raw, []byte("&")) >= maxParams {
		return errMalformed(errors.New("too many parameters"))
	}
	values, err := url.ParseQuery(strings.TrimSpace(string(raw)))
	if err != nil {
		return err
	}
	return p.addValues(values)
}

func (p params) readMultipart(r *http.Request) error {
	if err := r.ParseMultipartForm(inMemory); err != nil {
		return err
	}
	if err := p.addValues(r.MultipartForm.Value); err != nil {
		return err
	}
	for name, files := range r.MultipartForm.File {
		for _, f := range files {
			if err := p.add(name, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p params) addValues(values url.Values) error {
	n := 0
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if n++; n > maxParams {
				return errMalformed(errors.New("too many parameters"))
			}
			if err := p.add(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// add hangs a value into the tree under its bracketed name.
func (p params) add(name string, value any) error {
	head, rest, _ := strings.Cut(name, "[")
	if head == "" {
		return nil
	}
	keys := []string{}
	if rest != "" {
		keys = strings.Split(strings.TrimSuffix(rest, "]"), "][")
	}
	if len(keys) > maxDepth {
		return errMalformed(errors.New("too deep"))
	}
	p.tree[head] = hang(p.tree[head], keys, value)
	return nil
}

func hang(old any, keys []string, value any) any {
	switch {
	case len(keys) == 0:
		return value
	case keys[0] == "" && len(keys) == 1:
		list, _ := old.([]any)
		return append(list, value)
	case keys[0] == "":
		// a[][b]=1&a[][c]=2: the first element that lacks the key gets it, for what a form sends comes sorted by name.
		list, _ := old.([]any)
		for i, element := range list {
			if object, ok := element.(map[string]any); ok && object[keys[1]] == nil {
				list[i] = hang(object, keys[1:], value)
				return list
			}
		}
		return append(list, hang(nil, keys[1:], value))
	}
	object, ok := old.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	object[keys[0]] = hang(object[keys[0]], keys[1:], value)
	return object
}

// has reports whether the client sent the parameter, be it empty.
func (p params) has(name string) bool { _, ok := p.tree[name]; return ok }

// text returns a string parameter, "" where there is none.
func (p params) text(name string) string { return leaf(p.tree[name]) }

func leaf(v any) string {
	switch v := v.(type) {
	case string:
		return storable(v)
	case []any:
		if len(v) > 0 {
			return leaf(v[len(v)-1])
		}
	}
	return ""
}

// storable is text as PostgreSQL takes it.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
}

// items returns a list parameter, also where it came as a[0]=, a[1]= or as a single value.
func (p params) items(name string) []any {
	switch v := p.tree[name].(type) {
	case []any:
		return v
	case map[string]any:
		keys := slices.SortedFunc(maps.Keys(v), func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return x - y
		})
		list := make([]any, len(keys))
		for i, k := range keys {
			list[i] = v[k]
		}
		return list
	case nil:
		return nil
	default:
		return []any{v}
	}
}

// texts returns a list of strings, without empty ones.
func (p params) texts(name string) (list []string) {
	for _, v := range p.items(name) {
		if t := leaf(v); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// object returns a nested parameter, empty where there is none.
func (p params) object(name string) params {
	tree, _ := p.tree[name].(map[string]any)
	return params{tree: tree}
}

// objects returns a list of nested parameters.
func (p params) objects(name string) (list []params) {
	for _, v := range p.items(name) {
		if tree, ok := v.(map[string]any); ok {
			list = append(list, params{tree: tree})
		}
	}
	return list
}

// boolean reads what clients send as yes and no: true, 1, t, on, yes and their opposites; fallback for anything else.
func (p params) boolean(name string, fallback bool) bool {
	switch strings.ToLower(p.text(name)) {
	case "true", "1", "t", "on", "yes":
		return true
	case "false", "0", "f", "off", "no":
		return false
	}
	return fallback
}

// integer returns a number, fallback where there is none.
func (p params) integer(name string, fallback int) int {
	n, err := strconv.Atoi(p.text(name))
	if err != nil {
		return fallback
	}
	return n
}

// decimal returns a number with a fraction, and whether there was one.
func (p params) decimal(name string) (float64, bool) {
	f, err := strconv.ParseFloat(p.text(name), 64)
	return f, err == nil
}

// id returns an id, 0 where there is none or it is no number.
func (p params) id(name string) int64 { return parseID(p.text(name)) }

// ids returns a list of ids, without what is none.
func (p params) ids(name string) (list []int64) {
	for _, t := range p.texts(name) {
		if id := parseID(t); id > 0 {
			list = append(list, id)
		}
	}
	return list
}

func parseID(text string) int64 {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// file returns an uploaded file, nil where there is none.
func (p params) file(name string) *multipart.FileHeader {
	f, _ := p.tree[name].(*multipart.FileHeader)
	return f
}
