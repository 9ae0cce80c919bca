package federation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// thread lists the published posts of the thread that begins with uri, each with what it answers.
func thread(t *testing.T, i *ft.Instance, uri string) map[string]string {
	t.Helper()
	root, err := i.Posts.Find(t.Context(), uri)
	if err != nil {
		return nil
	}
	var rows []struct {
		URI    string `db:"uri"`
		Parent string `db:"parent"`
	}
	err = i.DB.SelectContext(t.Context(), &rows, `SELECT p.uri, coalesce(a.uri, '') AS parent FROM posts p LEFT JOIN posts a ON a.id = p.in_reply_to_id
		WHERE p.thread_id = $1 AND p.state = 'published'`, root.ThreadID)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, r := range rows {
		found[r.URI] = r.Parent
	}
	return found
}

// same waits until an instance has a thread as it should be.
func same(t *testing.T, i *ft.Instance, uri string, want map[string]string) {
	t.Helper()
	i.Eventually("thread "+uri, func() string { return cmp.Diff(want, thread(t, i, uri)) })
}

// opens looks at a thread as a reader does, long after anybody did so before: once, because whoever looks again soon asks nobody.
func opens(t *testing.T, i *ft.Instance, uri string) {
	t.Helper()
	i.Settled() // a look that is under way ends with what it has seen
	if _, err := i.DB.Exec(`UPDATE thread_visits SET visited_at = visited_at - interval '2 days'`); err != nil {
		t.Fatal(err)
	}
	i.Federation.ThreadOpened(t.Context(), i.Has(uri))
}

// TestThreadsBecomeWhole: instances that know different parts of a thread have all of it once somebody opens it, and not
// what was deleted meanwhile, although none of them was ever told.
func TestThreadsBecomeWhole(t *testing.T) {
	t.Parallel()
	origin, b, c := ft.Start(t, "origin"), ft.Start(t, "b"), ft.Start(t, "c")
	root := origin.Say(nil, "Wer misst?", "Und wie?")
	first := origin.Say(&root, "", "Wir, am Zähler.")
	regretted := origin.Say(&root, "", "Das war voreilig.")
	ft.Settle(origin)
	for _, i := range []*ft.Instance{b, c} { // b looks for the first post, c for an answer
		if _, err := i.Federation.FetchPost(t.Context(), map[*ft.Instance]string{b: root.URI, c: first.URI}[i]); err != nil {
			t.Fatal(err)
		}
		same(t, i, root.URI, thread(t, origin, root.URI))
	}

	// What follows is told to nobody but whom it answers.
	second := origin.Say(&first, "", "Wie oft?")
	at := b.Has(first.URI)
	atB := b.Say(&at, "", "Wir auch, monatlich.")
	origin.Has(atB.URI)
	answered := origin.Has(atB.URI)
	origin.Say(&answered, "", "Das ist gut.")
	if err := origin.Posts.Delete(t.Context(), origin.Author, regretted.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(origin, b, c)
	want := thread(t, origin, root.URI)
	if len(want) != 5 {
		t.Fatalf("%d posts at the origin", len(want))
	}
	if cmp.Equal(want, thread(t, c, root.URI)) {
		t.Fatal("c was told of everything: nothing to complete")
	}
	c.HasNot(second.URI)
	for _, i := range []*ft.Instance{b, c} {
		opens(t, i, root.URI)
		same(t, i, root.URI, want)
	}
	// A reader who comes again makes us ask nobody.
	ft.Settle(origin, b, c)
	origin.Gets()
	for range 3 {
		c.Federation.ThreadOpened(t.Context(), c.Has(root.URI))
	}
	ft.Settle(c)
	if gets := origin.Gets(); len(gets) > 0 {
		t.Errorf("a thread that was read a moment ago is asked for: %v", gets)
	}
}

// strange is a thread at other software, made of documents.
type strange struct {
	host    *ft.Instance
	base    string // the address of the host, or of another name for it
	author  string
	dir     string
	answers map[int]int // number of a post to what it answers, 0: nothing
	lists   string      // "replies", "context" or neither
	page    int         // entries of a page
}

// under gives an instance another name, under which it has an author of its own: limits are by name.
func under(host *ft.Instance, name string) (base, author string) {
	_, port, _ := strings.Cut(host.Config.Domain(), ":")
	base = "http://" + name + ".localhost:" + port
	host.Extra.Store("/who", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := "http://" + r.Host + "/who"
		serve(w, m{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Person", "preferredUsername": "who", "inbox": id + "/inbox", "followers": id + "/followers", "outbox": id + "/outbox", "featured": id + "/featured"})
	}))
	host.Extra.Store("/.well-known/webfinger", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/jrd+json")
		_ = json.NewEncoder(w).Encode(m{"subject": "acct:who@" + r.Host, "links": []m{{"rel": "self", "type": activityJSON, "href": "http://" + r.Host + "/who"}}})
	}))
	return base, base + "/who"
}

func (s strange) id(n int) string { return s.base + s.dir + "/" + strconv.Itoa(n) }

func (s strange) note(n int) m {
	o := m{
		"@context": "https://www.w3.org/ns/activitystreams", "id": s.id(n), "type": "Note", "attributedTo": s.author,
		"content": fmt.Sprintf("<p>Beitrag %d</p>", n), "published": fmt.Sprintf("2026-01-01T00:%02d:00Z", n%60),
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{s.author + "/followers"},
	}
	if s.answers[n] != 0 {
		o["inReplyTo"] = s.id(s.answers[n])
	}
	switch s.lists {
	case "replies":
		o["replies"] = s.collection(s.id(n)+"/replies", "Collection", s.answersOf(n), true)
	case "context":
		o["context"] = s.base + s.dir + "/context"
	}
	return o
}

func (s strange) answersOf(n int) []string {
	var ids []string
	for a := 2; a <= len(s.answers); a++ {
		if s.answers[a] == n {
			ids = append(ids, s.id(a))
		}
	}
	return ids
}

// collection is a collection of pages, the first of which may be embedded, as Mastodon has it.
func (s strange) collection(id, typ string, ids []string, embedded bool) m {
	items := map[string]string{"Collection": "items", "OrderedCollection": "orderedItems"}[typ]
	pages := slices.Collect(slices.Chunk(ids, s.page))
	var first any = id + "?page=0"
	for n, list := range pages {
		page := m{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "?page=" + strconv.Itoa(n), "type": typ + "Page", "partOf": id, items: list}
		if n+1 < len(pages) {
			page["next"] = id + "?page=" + strconv.Itoa(n+1)
		}
		if n == 0 && embedded {
			first = page
		}
	}
	path := strings.TrimPrefix(id, s.base)
	whole := m{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": typ, "totalItems": len(ids), "first": first}
	s.host.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || n >= len(pages) {
			serve(w, whole)
			return
		}
		page := m{"@context": "https://www.w3.org/ns/activitystreams", "id": id + "?page=" + strconv.Itoa(n), "type": typ + "Page", "partOf": id, items: pages[n]}
		if n+1 < len(pages) {
			page["next"] = id + "?page=" + strconv.Itoa(n+1)
		}
		serve(w, page)
	}))
	return whole
}

func serve(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", activityJSON)
	_ = json.NewEncoder(w).Encode(v)
}

// publish puts the documents up and returns the thread as it should be known elsewhere.
func (s strange) publish() map[string]string {
	want := map[string]string{}
	var all []string
	for n := range s.answers {
		all = append(all, s.id(n))
	}
	slices.SortFunc(all, func(a, b string) int { return len(a)*1000 + strings.Compare(a, b) - len(b)*1000 })
	if s.lists == "context" {
		s.collection(s.base+s.dir+"/context", "OrderedCollection", all, false)
	}
	for n, parent := range s.answers {
		doc := s.note(n)
		s.host.Extra.Store(s.dir+"/"+strconv.Itoa(n), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, doc) }))
		want[s.id(n)] = ""
		if parent != 0 {
			want[s.id(n)] = s.id(parent)
		}
	}
	return want
}

// TestThreadsOfOthers: what a thread is complete by differs between programs: answers per post, in pages and levels, the
// whole thread in one list, or nothing at all.
func TestThreadsOfOthers(t *testing.T) {
	t.Parallel()
	host, reader := ft.Start(t, "host"), ft.Start(t, "reader")
	answers := map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 4, 6: 3, 7: 1, 8: 1, 9: 5}
	for _, lists := range []string{"replies", "context", "neither"} {
		s := strange{host: host, dir: "/" + lists, answers: answers, lists: lists, page: 2}
		s.base, s.author = under(host, lists)
		want := s.publish()
		host.Gets()
		if _, err := reader.Federation.FetchPost(t.Context(), s.id(4)); err != nil {
			t.Fatal(err)
		}
		if lists == "neither" { // then we know what stands above
			want = map[string]string{s.id(1): "", s.id(2): s.id(1), s.id(4): s.id(2)}
		}
		same(t, reader, s.id(1), want)
		ft.Settle(reader)
		if gets := host.Gets(); len(gets) > 100 {
			t.Errorf("%s: %d requests for a thread of %d posts", lists, len(gets), len(answers))
		}

		// What is deleted there is deleted here, once somebody looks.
		gone := s.id(4)
		host.Extra.Store(s.dir+"/4", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
		if lists == "context" {
			s.collection(s.base+s.dir+"/context", "OrderedCollection", []string{s.id(1), s.id(2), s.id(3)}, false)
		}
		opens(t, reader, s.id(1))
		reader.Eventually("deletion of "+gone, func() string {
			if p := reader.Has(gone); p.State != post.StateWithdrawn {
				return string(p.State)
			}
			return ""
		})
		if lists != "neither" && thread(t, reader, s.id(1))[s.id(9)] == "" {
			t.Errorf("%s: an answer that only lost its list is gone too", lists)
		}
	}
}

// TestHostileThreads: lists that lead astray or have no end cost one visit at most, and bring nothing in.
func TestHostileThreads(t *testing.T) {
	t.Parallel()
	host, other, reader := ft.Start(t, "host"), ft.Start(t, "other"), ft.Start(t, "reader")
	stranger := other.Say(nil, "Ganz woanders", "Mit diesem Thema hat das nichts zu tun.")
	ft.Settle(other)
	other.Extra.Store("/hostile", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve(w, m{"id": other.Config.BaseURL + r.URL.RequestURI(), "type": "OrderedCollectionPage", "orderedItems": []string{}})
	}))
	page := func(id string, items []string, next string) m {
		return m{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "OrderedCollectionPage", "orderedItems": items, "next": next, "totalItems": 1_000_000}
	}
	for name, list := range map[string]func(base, dir string) http.HandlerFunc{
		"without end": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				n, _ := strconv.Atoi(r.URL.Query().Get("page"))
				items := make([]string, 40)
				for i := range items {
					items[i] = fmt.Sprintf("%s%s/no/%d-%d", base, dir, n, i)
				}
				serve(w, page(base+r.URL.RequestURI(), items, fmt.Sprintf("%s%s/list?page=%d", base, dir, n+1)))
			}
		},
		"empty without end": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				n, _ := strconv.Atoi(r.URL.Query().Get("page"))
				serve(w, page(base+r.URL.RequestURI(), nil, fmt.Sprintf("%s%s/list?page=%d", base, dir, n+1)))
			}
		},
		"circle": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				serve(w, page(base+r.URL.RequestURI(), nil, base+dir+"/list"))
			}
		},
		"next page elsewhere": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				serve(w, page(base+r.URL.RequestURI(), nil, other.Config.BaseURL+"/hostile?page=2"))
			}
		},
		"posts of another thread": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				serve(w, page(base+r.URL.RequestURI(), []string{base + dir + "/1", stranger.URI, base + "/foreign/2"}, ""))
			}
		},
		"entries that send us on": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				items := make([]string, 200)
				for i := range items {
					items[i] = fmt.Sprintf("%s/hop/%d", base, i)
				}
				serve(w, page(base+r.URL.RequestURI(), items, ""))
			}
		},
		"not a list": func(base, dir string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				serve(w, m{"id": base + r.URL.RequestURI(), "type": "Note", "orderedItems": []string{stranger.URI}})
			}
		},
	} {
		for _, lists := range []string{"context", "replies"} {
			t.Run(name+" as "+lists, func(t *testing.T) {
				dir := "/" + strings.ReplaceAll(name, " ", "-") + "-" + lists
				s := strange{host: host, dir: dir, answers: map[int]int{1: 0}, page: 10}
				s.base, s.author = under(host, strings.Trim(dir, "/"))
				base := s.base
				note := s.note(1)
				note[lists] = base + dir + "/list"
				host.Extra.Store(dir+"/1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, note) }))
				host.Extra.Store(dir+"/list", list(base, dir))
				for i := range 200 {
					host.Extra.Store(fmt.Sprintf("/hop/%d", i), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						http.Redirect(w, r, stranger.URI, http.StatusFound)
					}))
				}
				foreign := strange{host: host, base: base, author: s.author, dir: "/foreign", answers: map[int]int{2: 1}}
				foreignNote := foreign.note(2)
				host.Extra.Store("/foreign/2", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { serve(w, foreignNote) }))
				before := reader.Count(`SELECT count(*) FROM posts`)
				host.Gets()
				other.Gets()
				if _, err := reader.Federation.FetchPost(t.Context(), s.id(1)); err != nil {
					t.Fatal(err)
				}
				ft.Settle(reader)
				// The search asks for the post and its author; the job that it left may ask a hundred times.
				if n := len(host.Gets()) + len(other.Gets()); n > 110 {
					t.Errorf("%d requests for a search", n)
				}
				opens(t, reader, s.id(1))
				ft.Settle(reader)
				if n := len(host.Gets()) + len(other.Gets()); n > 100 {
					t.Errorf("%d requests", n)
				}
				if n := reader.Count(`SELECT count(*) FROM posts`) - before; n != 1 {
					t.Errorf("%d posts came in, want only the one that was asked for", n)
				}
				if _, asked := other.Asked.Load("/hostile"); asked {
					t.Error("a page of another host was fetched")
				}
			})
		}
	}
}
