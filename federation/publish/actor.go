package publish

import (
	"math"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// local finds one of our accounts by its path: /actor, /u/{name} or /g/{name}.
func (p *Publisher) local(r *http.Request) (account.Account, error) {
	vars := mux.Vars(r)
	var (
		a   account.Account
		err error
	)
	if vars["name"] == "" {
		a, err = p.Accounts.Instance(r.Context())
	} else {
		a, err = p.Accounts.ByUsername(r.Context(), vars["name"])
	}
	switch {
	case err != nil:
		return a, err
	case !a.Local(), vars["kind"] == "g" && a.Kind != account.Group, vars["kind"] == "u" && (a.Kind == account.Group || a.Kind == account.Application):
		return a, notFound("no such actor")
	case a.State == account.Gone:
		return a, fault.New(fault.Gone, "error.federation.gone")
	case a.State != account.Active:
		return a, notFound("%s is %s", a.URI, a.State)
	}
	return a, nil
}

// actor serves an actor. It needs no signature: without it nobody could check ours. In secure mode who does not sign gets what
// is needed for that and no more; of the instance actor, by which every server fetches, all there is.
func (p *Publisher) actor(w http.ResponseWriter, r *http.Request) error {
	a, err := p.local(r)
	if fault.Is(err, fault.Gone) && a.ID != 0 && !isBrowser(r) {
		body, err := p.Render.GoneActor(a)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusGone, body)
	}
	if err != nil {
		return err
	}
	if isBrowser(r) {
		return see(w, r, a.URL)
	}
	body, err := p.Render.Actor(a)
	if err != nil {
		return err
	}
	secure, err := p.secure(r.Context())
	if err != nil {
		return err
	}
	if secure && a.Kind != account.Application {
		accessOf(r).caching = readerOnly
		switch _, err := p.reader(r); {
		case fault.Is(err, fault.Forbidden):
			return err
		case err != nil:
			if body, err = p.Render.ActorStub(body); err != nil {
				return err
			}
		}
	}
	return document(w, r, http.StatusOK, body)
}

// list serves the collections of an actor.
func (p *Publisher) list(w http.ResponseWriter, r *http.Request) error {
	a, err := p.local(r)
	if err != nil {
		return err
	}
	switch mux.Vars(r)["list"] {
	case "outbox":
		return p.outbox(w, r, a)
	case "featured":
		pinned, err := p.Posts.Pinned(r.Context(), post.Viewer{}, a.ID)
		if err != nil {
			return err
		}
		ids := make([]string, len(pinned))
		for i, v := range pinned {
			ids[i] = v.Post.URI
		}
		body, err := p.Render.Items(vocab.Collection{ID: a.FeaturedURI, AttributedTo: a.URI}, ids)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	return p.follows(w, r, a, mux.Vars(r)["list"] == "followers")
}

// follows shows who follows a group and whom it follows: organisations. Of people only the number is told.
func (p *Publisher) follows(w http.ResponseWriter, r *http.Request, a account.Account, followers bool) error {
	ctx := r.Context()
	n, following, err := p.Follows.Counts(ctx, a.ID)
	if err != nil {
		return err
	}
	id, read := a.FollowersURI, p.Follows.Followers
	if !followers {
		n, id, read = following, a.FollowingURI, p.Follows.Following
	}
	if id == "" {
		return notFound("no such collection")
	}
	c := vocab.Collection{ID: id, Total: n, AttributedTo: a.URI}
	if a.Kind == account.Group {
		c.First = id + "?page=true"
	}
	if r.URL.Query().Get("page") == "" || a.Kind != account.Group {
		body, err := p.Render.Collection(c)
		if err != nil {
			return err
		}
		return document(w, r, http.StatusOK, body)
	}
	page := paging.Page{MaxID: before(r), Limit: pageSize}
	if page.MaxID == math.MaxInt64 {
		page.MaxID = 0
	}
	follows, err := read(ctx, 0, a, page)
	if err != nil {
		return err
	}
	doc := vocab.Page{ID: pageID(id, r), PartOf: id, Total: n, Items: []any{}}
	for _, f := range follows {
		doc.Items = append(doc.Items, f.Account.URI)
	}
	if len(follows) == pageSize {
		doc.Next = id + "?page=true&before=" + strconv.FormatInt(follows[len(follows)-1].Follow.ID, 10)
	}
	body, err := p.Render.Page(doc)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// pageSize is how many entries a page of a collection has.
const pageSize = 20

// before reads the cursor of a page; nonsense is the first page.
func before(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || id <= 0 {
		return math.MaxInt64
	}
	return id
}

func pageID(id string, r *http.Request) string {
	if b := before(r); b != math.MaxInt64 {
		return id + "?page=true&before=" + strconv.FormatInt(b, 10)
	}
	return id + "?page=true"
}
