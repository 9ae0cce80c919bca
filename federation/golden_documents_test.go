package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/curation"
)

// sent are the activities that were stored for delivery.
func (w *everything) sent() (list []said) {
	w.t.Helper()
	var bodies [][]byte
	w.must(w.ours.DB.SelectContext(w.t.Context(), &bodies, `SELECT body FROM activities ORDER BY id`))
	if len(bodies) < 40 {
		w.t.Errorf("only %d activities", len(bodies))
	}
	for _, b := range bodies {
		list = append(list, said{name: nameOf(w.t, b), body: b})
	}
	return list
}

// nameOf says which kind of document it is: its type, the type of what it is about, to whom a post goes, and whether it
// answers one.
func nameOf(t *testing.T, body []byte) string {
	t.Helper()
	var d struct {
		Type, Target string
		Object       json.RawMessage
		Withdrawn    bool `json:"vb:withdrawn"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	name := strings.ToLower(d.Type)
	var o struct {
		Type, Name, Content, InReplyTo, Summary string
		To, Cc                                  []string
		Attachment                              []any
		Quote                                   string
		Role                                    string `json:"vb:kind"`
	}
	if len(d.Object) == 0 || d.Object[0] != '{' {
		if d.Target != "" {
			slug := d.Target[strings.LastIndexByte(d.Target, '/')+1:]
			if _, err := strconv.Atoi(slug); err == nil {
				slug = "collection"
			}
			name += "_" + slug
		}
		if d.Withdrawn {
			name += "_withdrawn"
		}
		return name
	}
	_ = json.Unmarshal(d.Object, &o) // what is no post has other fields
	if d.Type == "Announce" {
		return name + "_" + nameOf(t, d.Object)
	}
	name += "_" + strings.ToLower(o.Type)
	if o.Type == "Note" && o.Role != "" || o.Type == "Article" && o.Role != "BestPractice" {
		name += "_" + strings.ToLower(o.Role)
	}
	if d.Type != "Create" {
		return name
	}
	switch {
	case o.Type == "Note" && o.Content == "":
		return "create_vote"
	case o.InReplyTo != "":
		name += "_answer"
	}
	switch {
	case o.Summary != "" && o.Type == "Note":
		name += "_warning"
	case len(o.Attachment) > 0:
		name += "_media"
	case o.Quote != "":
		name += "_quote"
	}
	const public = "https://www.w3.org/ns/activitystreams#Public"
	switch {
	case slices.Contains(o.To, public):
	case slices.Contains(o.Cc, public):
		name += "_unlisted"
	case len(o.To) > 0 && strings.HasSuffix(o.To[0], "/followers"):
		name += "_followers"
	default:
		name += "_direct"
	}
	return name
}

// served are the answers to GET.
func (w *everything) served() (list []said) {
	w.t.Helper()
	o := w.ours
	path := func(uri string) string { return strings.TrimPrefix(uri, o.Config.BaseURL) }
	var stamp string
	w.must(o.DB.GetContext(w.t.Context(), &stamp, `SELECT convert_from(body, 'UTF8')::json ->> 'result' FROM activities WHERE type = 'Accept' AND convert_from(body, 'UTF8')::json ->> 'result' <> ''`))
	for _, s := range []struct{ name, path string }{
		{"person", "/u/author"}, {"person_moved", "/u/leaving"}, {"group_practices", "/g/praxis"}, {"group_forum", "/g/forum"}, {"application", "/actor"},
		{"outbox", "/u/author/outbox"}, {"outbox_page", "/u/author/outbox?page=true"}, {"followers", "/u/author/followers"}, {"following", "/u/author/following"}, {"featured", "/u/author/featured"},
		{"group_outbox", "/g/praxis/outbox"}, {"group_outbox_page", "/g/praxis/outbox?page=true"}, {"group_followers", "/g/praxis/followers"},
		{"curated", "/g/praxis/collections/" + curation.Curated}, {"curated_page", "/g/praxis/collections/" + curation.Curated + "?page=true"},
		{"taxonomy", "/g/praxis/collections/fields"}, {"taxonomy_page", "/g/praxis/collections/fields?page=1"}, {"term", path(field(o, "Rechenzentrum").URI)},
		{"directory", "/g/praxis/collections/verzeichnis"}, {"directory_page", "/g/praxis/collections/verzeichnis?page=1"}, {"committee", path(w.committee.URI)},
		{"collections", "/g/praxis/collections"}, {"collection", fmt.Sprintf("/g/praxis/collections/%d", w.collection)}, {"collection_page", fmt.Sprintf("/g/praxis/collections/%d?page=1", w.collection)},
		{"document", path(w.document.URI)},
		{"article", path(w.practice.URI)}, {"note", path(w.thread.URI)}, {"question", path(w.asked.URI)},
		{"replies", path(w.practice.URI) + "/replies"}, {"likes", path(w.thread.URI) + "/likes"}, {"shares", path(w.thread.URI) + "/shares"}, {"thread", path(w.practice.ContextURI)},
		{"tombstone", path(w.deleted.URI)}, {"tombstone_of_an_actor", "/u/gone"}, {"stamp", path(stamp)},
		{"webfinger_person", "/.well-known/webfinger?resource=acct:author@" + o.Config.Domain()},
		{"webfinger_group", "/.well-known/webfinger?resource=acct:praxis@" + o.Config.Domain()},
		{"webfinger_application", "/.well-known/webfinger?resource=acct:" + o.Config.Domain() + "@" + o.Config.Domain()},
		{"nodeinfo", "/.well-known/nodeinfo"}, {"nodeinfo_20", "/nodeinfo/2.0"}, {"nodeinfo_21", "/nodeinfo/2.1"},
	} {
		status, body := get(w.t, o, s.path)
		if want := map[bool]int{true: 410, false: 200}[strings.HasPrefix(s.name, "tombstone")]; status != want {
			w.t.Errorf("%s: %d", s.path, status)
			continue
		}
		list = append(list, said{name: "get_" + s.name, body: body})
	}
	return list
}

// get is what another server gets over HTTP.
func get(t *testing.T, i *ft.Instance, path string) (status int, body []byte) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}}}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.Config.BaseURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

var (
	aTime     = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\.\d+Z)`)
	aChecksum = regexp.MustCompile(`("vb:checksum":\s*")[0-9a-f]{64}`)
	aNumber   = regexp.MustCompile(`\b\d+\b`)
	aFile     = regexp.MustCompile(`/media/[0-9a-f]+`)
	answer    = regexp.MustCompile(`(#(?:accept|reject)-\d+-)[0-9a-f]+`)
	aYear     = regexp.MustCompile(`("vb:horizon": ?|Bewertung für )\d{4}`)
	aKey      = regexp.MustCompile(`-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----\\n`)
)

// normal is a document as it stands in testdata: what differs from run to run replaced by what does not.
func (w *everything) normal(body []byte) []byte {
	w.t.Helper()
	s := string(body)
	for name, i := range map[string]*ft.Instance{"ours": w.ours, "peer": w.peer} {
		s = strings.ReplaceAll(strings.ReplaceAll(s, i.Config.BaseURL, "https://"+name+".example"), i.Config.Domain(), name+".example")
	}
	s = aYear.ReplaceAllString(s, "${1}2028")
	s = aChecksum.ReplaceAllString(s, "$1(SHA-256)")
	s = aKey.ReplaceAllString(aTime.ReplaceAllString(s, "2026-11-20T09:00:00Z"), "(PEM)")
	numbers := map[string]string{}
	address := regexp.MustCompile(`https://(ours|peer)\.example[^"\s<>\\]*`)
	s = address.ReplaceAllStringFunc(s, func(a string) string {
		a = answer.ReplaceAllString(aFile.ReplaceAllString(a, "/media/file"), "${1}x")
		return aNumber.ReplaceAllStringFunc(a, func(n string) string {
			if numbers[n] == "" {
				numbers[n] = strconv.Itoa(len(numbers) + 1)
			}
			return numbers[n]
		})
	})
	var out bytes.Buffer
	w.must(json.Indent(&out, []byte(s), "", "  "))
	out.WriteByte('\n')
	return out.Bytes()
}
