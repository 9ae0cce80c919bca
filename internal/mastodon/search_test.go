package mastodon

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

func (r reply) found(kind string) []string {
	r.t.Helper()
	ids := []string{}
	list, ok := r.object()[kind].([]any)
	if !ok {
		r.t.Fatalf("%s: no %s: %s", r.asked, kind, r.body)
	}
	for _, item := range list {
		key := "id"
		if kind == "hashtags" {
			key = "name"
		}
		ids = append(ids, item.(map[string]any)[key].(string))
	}
	return ids
}

func TestSearchAccounts(t *testing.T) {
	h := newHouse(t)
	name := "Landesamt für Wärme-Wende"
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["editor"], h.id("editor"), account.Profile{DisplayName: &name}))
	for q, want := range map[string][]string{
		"editor": {"editor"}, "EDIT": {"editor"}, "@edi": {"editor"}, "landesamt": {"editor"}, "wende wärm": {"editor"}, "Wärme": {"editor"},
		"klima": {"klima"}, "klima@vitako.example": {"klima"}, "klima@vit": {"klima"}, "klima@anders.example": nil, "editor@" + h.Accounts.Domain(): {"editor"},
		"nichts": nil, "!!": nil, "%": nil, "sh": nil, // the instance is nobody to find
		"' & x:*": nil, "edi:*": {"editor"},
	} {
		var ids []string
		for _, name := range want {
			ids = append(ids, idText(h.id(name)))
		}
		if got := h.as("member").get("/api/v1/accounts/search", "q", q).ids(); !slices.Equal(got, ids) && len(got)+len(ids) > 0 {
			t.Errorf("%q finds %v, want %v", q, got, want)
		}
		if got := h.as("").get("/api/v2/search", "q", q).found("accounts"); !slices.Equal(got, ids) && len(got)+len(ids) > 0 && q[0] != '\'' {
			t.Errorf("a visitor: %q finds %v, want %v", q, got, want)
		}
	}
	// Exact names first, then whom the reader follows.
	h.person("edith", account.RoleMember)
	h.person("edi", account.RoleMember)
	h.follow("member", "edith")
	want := []string{idText(h.id("edi")), idText(h.id("edith")), idText(h.id("editor"))}
	if got := h.as("member").get("/api/v1/accounts/search", "q", "edi").ids(); !slices.Equal(got, want) {
		t.Errorf("order: %v, want %v", got, want)
	}
	if got := h.as("member").get("/api/v1/accounts/search", "q", "edi", "limit", "1", "offset", "1").ids(); !slices.Equal(got, want[1:2]) {
		t.Errorf("second: %v", got)
	}
	if got := h.as("member").get("/api/v1/accounts/search", "q", "edi", "following", "true").ids(); !slices.Equal(got, want[1:2]) {
		t.Errorf("whom one follows: %v", got)
	}
	no := false
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["editor"], h.id("editor"), account.Profile{Discoverable: &no}))
	if got := h.as("").get("/api/v2/search", "q", "editor").found("accounts"); len(got) != 0 {
		t.Errorf("who does not want to be found: %v", got)
	}
	if got := h.as("guest").get("/api/v1/accounts/search", "q", "editor").ids(); len(got) != 1 {
		t.Errorf("for colleagues: %v", got)
	}
	h.as("").get("/api/v1/accounts/search", "q", "edi").wants(http.StatusUnauthorized)

	h.others.lives("neu", "fern.example")
	for who, resolve := range map[string]string{"guest": "true", "member": "false", "": "true"} {
		if got := h.as(who).get("/api/v2/search", "q", "neu@fern.example", "resolve", resolve).found("accounts"); len(got) != 0 || len(h.others.asked) != 0 {
			t.Errorf("%q with resolve %s: %v, asked %v", who, resolve, got, h.others.asked)
		}
	}
	if got := h.as("member").get("/api/v1/accounts/search", "q", "@neu@fern.example", "resolve", "true").ids(); len(got) != 1 {
		t.Errorf("resolved: %v", got)
	}
	if got := h.as("member").get("/api/v1/accounts/search", "q", "niemand@fern.example", "resolve", "true").wants(http.StatusOK).ids(); len(got) != 0 {
		t.Errorf("nobody: %v", got)
	}
}

func TestSearchStatuses(t *testing.T) {
	h := newHouse(t)
	practice := h.practice("editor", nil)
	own := h.write("member", post.Direct, "Kühlturm nur für mich")
	public := h.thread("other", "Der Kühlturm der Stadt")
	private := h.write("other", post.Followers, "Kühlturm intern")
	remote := h.arrives("fremd", "n1", func(r *post.Received) { r.HTML = "<p>Ein <em>Kühlturm</em></p>" })
	id := func(p post.Post) string { return idText(p.ID) }
	search := func(who, q string) []string {
		t.Helper()
		return h.as(who).get("/api/v2/search", "q", q, "type", "statuses").found("statuses")
	}
	for _, test := range []struct {
		who, q string
		want   []string
	}{
		{"", "Serverräume", []string{id(practice)}},
		{"", "Kühlturm", nil},
		{"member", "kühlturm", []string{id(public), id(own)}},
		{"other", "KÜHLTURM", []string{id(private), id(public)}},
		{"guest", "Kühlturm", []string{id(public)}},
		{"member", "Kühlturm Stadt", []string{id(public)}},
		{"member", "from:me", []string{id(own)}},
		{"member", "from:me Kühlturm", []string{id(own)}},
		{"member", "from:@other Kühlturm", []string{id(public)}},
		{"member", "from:editor", []string{id(practice)}},
		{"member", "from:niemand", nil},
		{"", "from:me", nil},
		{"member", "strong", nil}, // a word of the markup
		{"member", "hl", nil},     // too short to mean anything
	} {
		if got := search(test.who, test.q); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%q finds %v for %q, want %v", test.q, got, test.who, test.want)
		}
	}
	// A post from elsewhere is found by whom it means something.
	h.must(h.Posts.Bookmark(t.Context(), h.people["guest"], remote.ID))
	if got := search("guest", "Kühlturm"); !slices.Equal(got, []string{id(remote), id(public)}) && !slices.Equal(got, []string{id(public), id(remote)}) {
		t.Errorf("with a bookmark: %v", got)
	}
	no := false
	h.must(h.Accounts.SaveProfile(t.Context(), h.people["other"], h.id("other"), account.Profile{Indexable: &no}))
	if got := search("guest", "Kühlturm"); !slices.Equal(got, []string{id(remote)}) {
		t.Errorf("of whom does not want to be found by words: %v", got)
	}
	h.block("guest", "fremd")
	if got := search("guest", "Kühlturm"); len(got) != 0 {
		t.Errorf("of whom one blocks: %v", got)
	}
	all := h.as("member").get("/api/v2/search", "q", "from:me", "limit", "1").found("statuses")
	if next := h.as("member").get("/api/v2/search", "q", "from:me", "limit", "1", "offset", "1").found("statuses"); len(all) != 1 || len(next) != 0 {
		t.Errorf("paged: %v, %v", all, next)
	}
}

func TestSearchHashtags(t *testing.T) {
	h := newHouse(t)
	h.write("member", post.Public, "#Kuehlung #Kuehlwasser")
	h.write("other", post.Public, "#kuehlung")
	h.write("other", post.Followers, "#Kuehlgeheimnis")
	for q, want := range map[string][]string{"kuehl": {"kuehlung", "kuehlwasser"}, "#Kuehlwasser": {"kuehlwasser"}, "_": {}, "Kuehlgeheimnis": {}} {
		got := h.as("").get("/api/v2/search", "q", q).found("hashtags")
		for i := range got {
			got[i] = strings.ToLower(got[i])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", q, got, want)
		}
	}
	r := h.as("").get("/api/v2/search", "q", "kuehl", "type", "hashtags")
	if len(r.found("accounts")) != 0 || len(r.found("statuses")) != 0 || len(r.found("hashtags")) != 2 {
		t.Errorf("only hashtags: %s", r.body)
	}
}

// An address finds exactly what it names.
func TestSearchAddress(t *testing.T) {
	h := newHouse(t)
	public, private := h.thread("other", "Messen"), h.write("other", post.Followers, "intern")
	for _, address := range []string{public.URI, public.URL} {
		for _, who := range []string{"", "member"} {
			r := h.as(who).get("/api/v2/search", "q", address, "resolve", "true")
			if got := r.found("statuses"); !slices.Equal(got, []string{idText(public.ID)}) || len(r.found("accounts")) != 0 {
				t.Errorf("%s for %q: %s", address, who, r.body)
			}
		}
	}
	if got := h.as("member").get("/api/v2/search", "q", private.URI, "resolve", "true"); len(got.found("statuses")) != 0 {
		t.Errorf("a post for followers: %s", got.body)
	}
	for _, address := range []string{h.people["other"].URI, h.Config.BaseURL + "/@other"} {
		if got := h.as("").get("/api/v2/search", "q", address).found("accounts"); !slices.Equal(got, []string{idText(h.id("other"))}) {
			t.Errorf("%s: %v", address, got)
		}
	}
	h.others.lives("neu", "fern.example")
	h.others.posts["https://fern.example/p/1"] = h.arrives("fremd", "n1", nil)
	for who, resolve := range map[string]string{"": "true", "guest": "true", "member": "false"} {
		if r := h.as(who).get("/api/v2/search", "q", "https://fern.example/p/1", "resolve", resolve).wants(http.StatusOK); len(r.found("statuses")) != 0 {
			t.Errorf("%q with resolve %s: %s", who, resolve, r.body)
		}
	}
	if len(h.others.asked) != 0 {
		t.Errorf("asked %v", h.others.asked)
	}
	if got := h.as("member").get("/api/v2/search", "q", "https://fern.example/p/1", "resolve", "true").found("statuses"); len(got) != 1 {
		t.Errorf("fetched: %v", got)
	}
	if got := h.as("member").get("/api/v2/search", "q", "https://fern.example/@neu", "resolve", "true").found("accounts"); len(got) != 1 {
		t.Errorf("fetched: %v", got)
	}
	if r := h.as("member").get("/api/v2/search", "q", "https://fern.example/nichts", "resolve", "true").wants(http.StatusOK); len(r.found("accounts"))+len(r.found("statuses")) != 0 {
		t.Errorf("nothing there: %s", r.body)
	}
	// How often one can make us ask others has an end.
	before := len(h.others.asked)
	limited, tries := false, 0
	for ; !limited && tries < 10*account.LookupsPerMinute; tries++ { // while this lasts, some more are allowed
		limited = h.as("other").get("/api/v2/search", "q", "https://fern.example/nichts", "resolve", "true", "type", "accounts").StatusCode == http.StatusTooManyRequests
	}
	if asked := len(h.others.asked) - before; !limited || asked != tries-1 || asked < account.LookupsPerMinute {
		t.Errorf("asked others %d times in %d tries, limited: %v", asked, tries, limited)
	}
}
