package transport

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// gatekeeper is a server that answers by how a request is signed.
type gatekeeper struct {
	mu     sync.Mutex
	answer map[scheme]int // status; 202 where none is given
	header http.Header
	got    []scheme
}

func (g *gatekeeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := schemeDraft
	if r.Header.Get("Signature-Input") != "" {
		kind = schemeMessage
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.got = append(g.got, kind)
	for name, values := range g.header {
		w.Header()[name] = values
	}
	status := http.StatusAccepted
	if s := g.answer[kind]; s != 0 {
		status = s
	}
	if r.Method == http.MethodGet && status == http.StatusAccepted {
		w.Header().Set("Content-Type", activityType)
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		fmt.Fprint(w, note("http://"+r.Host+r.URL.Path))
	} else {
		fmt.Fprint(w, "answer to "+kind)
	}
}

// took returns what came since it was asked last.
func (g *gatekeeper) took() []scheme {
	g.mu.Lock()
	defer g.mu.Unlock()
	got := g.got
	g.got = nil
	return got
}

func post(t *testing.T, c *Client, p *remote) (int, error) {
	t.Helper()
	status, _, err := c.Post(t.Context(), Delivery{SignerID: instanceID(t, c), Inbox: p.url("/inbox"), Body: []byte(`{}`)})
	return status, err
}

// A host that refuses one scheme is asked once more in the other, in the same attempt, and what it took is remembered.
func TestSecondKnock(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	draft, message := schemeDraft, schemeMessage
	for name, tt := range map[string]struct {
		knows       scheme // before
		answer      map[scheme]int
		took        []scheme // by the first delivery
		status      int
		then        scheme // what a second delivery begins with
		acceptsNext bool
	}{
		"takes the draft":                    {draft, nil, []scheme{draft}, 202, draft, true},
		"only RFC 9421, says 401":            {draft, map[scheme]int{draft: 401}, []scheme{draft, message}, 202, message, true},
		"only RFC 9421, says 403":            {draft, map[scheme]int{draft: 403}, []scheme{draft, message}, 202, message, true},
		"only RFC 9421, says 400":            {draft, map[scheme]int{draft: 400}, []scheme{draft, message}, 202, message, true},
		"takes RFC 9421 as we believed":      {message, map[scheme]int{draft: 401}, []scheme{message}, 202, message, true},
		"no longer takes RFC 9421":           {message, map[scheme]int{message: 400}, []scheme{message, draft}, 202, draft, true},
		"refuses both":                       {draft, map[scheme]int{draft: 401, message: 403}, []scheme{draft, message}, 401, draft, false},
		"found by the other":                 {draft, map[scheme]int{draft: 401, message: 410}, []scheme{draft, message}, 410, message, false},
		"down at the second":                 {draft, map[scheme]int{draft: 401, message: 503}, []scheme{draft, message}, 503, draft, false},
		"not there":                          {draft, map[scheme]int{draft: 404}, []scheme{draft}, 404, draft, false},
		"gone":                               {draft, map[scheme]int{draft: 410}, []scheme{draft}, 410, draft, false},
		"too large":                          {draft, map[scheme]int{draft: 413}, []scheme{draft}, 413, draft, false},
		"too often":                          {draft, map[scheme]int{draft: 429}, []scheme{draft}, 429, draft, false},
		"broken":                             {draft, map[scheme]int{draft: 500}, []scheme{draft}, 500, draft, false},
		"broken, and we know it by RFC 9421": {message, map[scheme]int{message: 502}, []scheme{message}, 502, message, false},
	} {
		p, g := newPeer(t, "peer"), &gatekeeper{answer: tt.answer}
		p.on("/inbox", g.ServeHTTP)
		if tt.knows == message {
			c.schemes.hint(t.Context(), p.host, evidenceSigned)
		}
		status, err := post(t, c, p)
		if got := g.took(); !slices.Equal(got, tt.took) || status != tt.status || (err == nil) != (tt.status == 202) {
			t.Errorf("%s: got %v, %d, %v", name, got, status, err)
		}
		// A second client of the same database knows it too.
		c.schemes.loaded = time.Time{}
		c.schemes.hosts = newLRU[string, learned](maxSchemes)
		_, _ = post(t, c, p)
		if got := g.took(); got[0] != tt.then || tt.acceptsNext && len(got) != 1 {
			t.Errorf("%s: then %v", name, got)
		}
	}
}

// What a host answered to the first knock stands when the second brings nothing.
func TestSecondKnockKeepsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	g := &gatekeeper{answer: map[scheme]int{schemeDraft: 403, schemeMessage: 400}}
	p.on("/inbox", g.ServeHTTP)
	if status, err := post(t, c, p); status != 403 || err == nil || !strings.HasSuffix(err.Error(), "answered 403: answer to cavage") {
		t.Errorf("%d, %v", status, err)
	}
}

// Who refuses both is not asked twice each time, unless it says which signature it wants.
func TestDeafHost(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	now := time.Now()
	c.now = func() time.Time { return now }
	g := &gatekeeper{answer: map[scheme]int{schemeDraft: 403, schemeMessage: 403}}
	p.on("/inbox", g.ServeHTTP)
	for i, want := range []int{2, 1, 1} {
		_, _ = post(t, c, p)
		if got := g.took(); len(got) != want {
			t.Errorf("delivery %d: %v", i, got)
		}
	}
	g.header = http.Header{"Accept-Signature": {`sig1=("@method");created;keyid`}}
	g.answer = map[scheme]int{schemeDraft: 401}
	if status, _ := post(t, c, p); status != 202 || len(g.took()) != 2 {
		t.Errorf("answered %d to what it asked for", status)
	}
	g.header, g.answer = nil, map[scheme]int{schemeDraft: 403, schemeMessage: 403}
	_, _ = post(t, c, p)
	g.took()
	now = now.Add(schemeQuiet + time.Second)
	_, _ = post(t, c, p)
	if got := g.took(); len(got) != 2 {
		t.Errorf("after a while: %v", got)
	}
}

// GETs knock twice too, and once for each hop of a redirect.
func TestSecondKnockOfGet(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	g := &gatekeeper{answer: map[scheme]int{schemeDraft: 401}}
	p.on("/notes/1", g.ServeHTTP)
	p.redirect("/notes/0", p.url("/notes/1"))
	if _, err := c.Get(t.Context(), p.url("/notes/0")); !fault.Is(err, fault.Invalid) && err != nil {
		t.Error(err)
	}
	if got := g.took(); !slices.Equal(got[:2], []scheme{schemeDraft, schemeMessage}) {
		t.Errorf("got %v", got)
	}
	if _, err := c.Get(t.Context(), p.url("/notes/1")); err != nil || len(g.took()) != 1 {
		t.Error(err)
	}
	g.answer = map[scheme]int{schemeDraft: 404, schemeMessage: 404}
	if _, err := c.Get(t.Context(), p.url("/notes/1")); !fault.Is(err, fault.NotFound) || len(g.took()) != 1 {
		t.Error(err)
	}
}

// A host is spoken to by RFC 9421 once it signed so itself, or its actors' generator says so; but what it refused counts for
// more than what it says, and all is forgotten after 30 days.
func TestLearningSchemes(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	now := time.Now()
	c.now = func() time.Time { return now }
	g := &gatekeeper{}
	p.on("/inbox", g.ServeHTTP)
	next := func(why string, want scheme) {
		t.Helper()
		_, _ = post(t, c, p)
		if got := g.took(); got[0] != want {
			t.Errorf("%s: %v", why, got)
		}
	}
	next("unknown", schemeDraft)
	anna := stored(t, c, p, "anna", time.Minute)
	forged := newMessage(anna.PublicKeyID, otherKey())
	if _, err := c.Verify(t.Context(), forged.request(), []byte(forged.body)); err == nil {
		t.Fatal("a forged request is accepted")
	}
	next("forged in its name", schemeDraft)
	signed := newMessage(anna.PublicKeyID, testKey())
	signed.created = now.Unix()
	if _, err := c.Verify(t.Context(), signed.request(), []byte(signed.body)); err != nil {
		t.Fatal(err)
	}
	next("signed by RFC 9421", schemeMessage)

	g.answer = map[scheme]int{schemeMessage: 400}
	next("refuses what it sends", schemeMessage)
	next("learned", schemeDraft)
	signed.created = now.Unix()
	if _, err := c.Verify(t.Context(), signed.request(), []byte(signed.body)); err != nil {
		t.Fatal(err)
	}
	next("sends it again", schemeDraft)
	g.answer = nil
	now = now.Add(schemeFor + time.Minute)
	c.schemes.hint(t.Context(), p.host, evidenceSigned)
	next("a month later", schemeMessage)
	now = now.Add(schemeFor + time.Minute)
	next("heard nothing for a month", schemeDraft)

	// Each of ours carries a generator, so that our own kind is known by the first actor that is fetched.
	doc := p.actor("berta", otherKey())
	doc["generator"] = map[string]any{"type": "Application", "implements": []any{map[string]any{"href": "https://datatracker.ietf.org/doc/html/rfc9421"}}}
	p.serveActor("berta", doc)
	if _, err := c.ResolveURI(t.Context(), p.url("/u/berta")); err != nil {
		t.Fatal(err)
	}
	next("generator", schemeMessage)
	var evidence string
	if err := c.db.Get(&evidence, `SELECT sig_evidence FROM peers WHERE host = $1`, p.host); err != nil || evidence != "implements" {
		t.Errorf("%q, %v", evidence, err)
	}
}

// No delivery asks the database for the scheme: what was learned is read once and kept.
func TestSchemesAreKept(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	now := time.Now()
	c.now = func() time.Time { return now }
	if c.schemes.of(t.Context(), "peer.example") != schemeDraft {
		t.Fatal("unknown host")
	}
	learn := func(at time.Time) {
		if err := saveScheme(t.Context(), c.db, learned{Host: "peer.example", Scheme: schemeMessage, At: at, Evidence: evidenceKnock}); err != nil {
			t.Fatal(err)
		}
	}
	learn(now)
	if c.schemes.of(t.Context(), "peer.example") != schemeDraft {
		t.Error("the database was asked")
	}
	now = now.Add(schemeReload)
	if c.schemes.of(t.Context(), "peer.example") != schemeMessage {
		t.Error("what another process learned is not known")
	}
	// Without a database it goes on with what it knows.
	c.db.Close()
	now = now.Add(schemeReload)
	if c.schemes.of(t.Context(), "peer.example") != schemeMessage {
		t.Error("forgotten")
	}
}
