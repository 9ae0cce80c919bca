package publish

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// ownPost finds one of our posts by its path, for everyone or for who signed the request. What was never meant for them does
// not exist for others, also when it was withdrawn.
func (p *Publisher) ownPost(r *http.Request) (post.Post, error) {
	id, err := number(r, "id")
	if err != nil {
		return post.Post{}, err
	}
	found, err := p.Posts.Get(r.Context(), id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return found, err
	}
	there := err == nil && found.Local && found.State != post.StateDraft && found.PublishedAt != nil &&
		found.URI == p.BaseURL+"/"+mux.Vars(r)["list"]+"/"+mux.Vars(r)["id"]
	if there && (found.Visibility == post.Public || found.Visibility == post.Unlisted) {
		return found, p.shown(r.Context(), found)
	}
	if allowed, err := p.mayRead(r, found, there); err != nil || !allowed {
		return post.Post{}, cmp.Or(err, notFound("post %d", id))
	}
	return found, p.shown(r.Context(), found)
}

// shown makes sure that nobody hid a published post, nor its author: otherwise its author sees it, whomever else it is for.
func (p *Publisher) shown(ctx context.Context, found post.Post) error {
	if found.State != post.StatePublished {
		return nil
	}
	seen, err := p.Posts.ByIDs(ctx, post.Viewer{AccountID: found.AccountID}, []int64{found.ID})
	if _, ok := seen[found.ID]; err == nil && !ok {
		err = notFound("post %d", found.ID)
	}
	return err
}

// post serves a post, 410 with a Tombstone once it is withdrawn.
func (p *Publisher) post(w http.ResponseWriter, r *http.Request) error {
	found, err := p.ownPost(r)
	if err != nil {
		return err
	}
	if isBrowser(r) {
		return see(w, r, found.URL)
	}
	doc, err := p.Documents.DocumentOf(r.Context(), found)
	if err != nil {
		return err
	}
	body, err := p.Render.Post(doc)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if found.State == post.StateWithdrawn {
		status = http.StatusGone
	}
	return document(w, r, status, body)
}

// there is ownPost for what hangs on a post: it goes with the post.
func (p *Publisher) there(r *http.Request) (post.Post, error) {
	found, err := p.ownPost(r)
	if err == nil && found.State == post.StateWithdrawn {
		err = fault.New(fault.Gone, "error.federation.gone")
	}
	return found, err
}

// create serves the Create of a thread or practice, as it was sent.
func (p *Publisher) create(w http.ResponseWriter, r *http.Request) error {
	found, err := p.there(r)
	if err != nil {
		return err
	}
	if isBrowser(r) {
		return see(w, r, found.URL)
	}
	return p.sent(w, r, found.URI+"/activity")
}

// activity serves any other activity that we sent.
func (p *Publisher) activity(w http.ResponseWriter, r *http.Request) error {
	return p.sent(w, r, p.BaseURL+r.URL.Path)
}

func (p *Publisher) sent(w http.ResponseWriter, r *http.Request, uri string) error {
	body, err := publicActivity(r.Context(), p.DB, uri)
	if db.IsNotFound(err) {
		gone, err := takenBack(r.Context(), p.DB, uri)
		if err == nil && gone {
			err = fault.New(fault.Gone, "error.federation.gone")
		}
		if err == nil {
			err = notFound("activity %s", uri)
		}
		return err
	}
	if err != nil {
		return err
	}
	if err := p.mayRepeat(r.Context(), body); err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// mayRepeat refuses an activity that carries the text of a post, also one that a group passed on, once the post is no
// longer there for everyone: what was withdrawn must not be read in the letter that announced it.
func (p *Publisher) mayRepeat(ctx context.Context, body []byte) error {
	a, err := vocab.ParseActivity(body)
	if err != nil {
		return err
	}
	if a.Type == "Announce" && a.EmbeddedObject() {
		if a, err = a.Inner(); err != nil {
			return err
		}
	}
	if (a.Type != "Create" && a.Type != "Update") || !a.EmbeddedObject() || a.ObjectID == a.Actor {
		return nil
	}
	about, err := p.Posts.Find(ctx, a.ObjectID)
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.New(fault.Gone, "error.federation.gone")
	case err != nil:
		return err
	case about.State != post.StatePublished || (about.Visibility != post.Public && about.Visibility != post.Unlisted):
		return fault.New(fault.Gone, "error.federation.gone")
	}
	return p.shown(ctx, about)
}

// replies lists the direct public answers, from wherever they came.
func (p *Publisher) replies(w http.ResponseWriter, r *http.Request) error {
	found, err := p.there(r)
	if err != nil {
		return err
	}
	list, err := p.Posts.Replies(r.Context(), found.ID)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, reply := range list {
		ids = append(ids, reply.URI)
	}
	render := p.Render.Replies
	if r.URL.Query().Get("page") != "" {
		render = p.Render.RepliesPage
	}
	body, err := render(found.URI+"/replies", ids)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// counts tells how many like or share a post.
func (p *Publisher) counts(w http.ResponseWriter, r *http.Request) error {
	found, err := p.there(r)
	if err != nil {
		return err
	}
	n := found.FavouritesCount
	if mux.Vars(r)["count"] == "shares" {
		n = found.BoostsCount
	}
	body, err := p.Render.Count(found.URI+"/"+mux.Vars(r)["count"], n)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// thread lists all public posts of a thread that began here, in the order of time (FEP-f228).
func (p *Publisher) thread(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	root, err := p.Posts.Get(ctx, id)
	if err != nil {
		return err
	}
	if !root.Local || root.ThreadID != root.ID || root.State != post.StatePublished || (root.Visibility != post.Public && root.Visibility != post.Unlisted) {
		return notFound("thread %d", id)
	}
	if isBrowser(r) {
		return see(w, r, root.URL)
	}
	author, err := p.Accounts.ByID(ctx, root.AccountID)
	if err != nil {
		return err
	}
	views, err := p.Posts.Thread(ctx, post.Viewer{}, id)
	if err != nil {
		return err
	}
	views = slices.DeleteFunc(views, func(v post.View) bool { return v.Post.State != post.StatePublished })
	slices.SortStableFunc(views, func(a, b post.View) int { return at(a.Post).Compare(at(b.Post)) })
	ids := make([]string, len(views))
	for i, v := range views {
		ids[i] = v.Post.URI
	}
	body, err := p.threadPart(r, vocab.Collection{ID: root.ContextURI, AttributedTo: author.URI, Name: root.Title, Total: len(ids)}, ids)
	if err != nil {
		return err
	}
	return document(w, r, http.StatusOK, body)
}

// threadPage is how many posts of a thread stand in one document: others, and we, read no lists of more than a thousand.
const threadPage = 500

// threadPart is the whole of a thread, or, of a very long one, what the request asks for: the collection or one of its pages.
func (p *Publisher) threadPart(r *http.Request, c vocab.Collection, ids []string) ([]byte, error) {
	number := r.URL.Query().Get("page")
	if number == "" && len(ids) <= threadPage {
		return p.Render.Items(c, ids)
	}
	page := func(n int) string { return c.ID + "?page=" + strconv.Itoa(n) }
	if number == "" {
		c.First = page(1)
		return p.Render.Collection(c)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 1+len(ids)/threadPage {
		return nil, notFound("page %q of %s", number, c.ID)
	}
	at := (n - 1) * threadPage
	part := vocab.Page{ID: page(n), PartOf: c.ID, Total: c.Total, Items: []any{}}
	for _, id := range ids[min(at, len(ids)):min(at+threadPage, len(ids))] {
		part.Items = append(part.Items, id)
	}
	if at+threadPage < len(ids) {
		part.Next = page(n + 1)
	}
	if n > 1 {
		part.Prev = page(n - 1)
	}
	return p.Render.Page(part)
}

func at(p post.Post) time.Time {
	if p.PublishedAt != nil {
		return *p.PublishedAt
	}
	return p.CreatedAt
}
