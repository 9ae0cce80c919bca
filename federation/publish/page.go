package publish

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

func nextAfter(id string, cursor int64) string {
	return id + "?page=true&before=" + strconv.FormatInt(cursor, 10)
}

// fromInstance sends on from the start page to the instance actor.
func (p *Publisher) fromInstance(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Accounts.Instance(r.Context())
	if err != nil {
		return err
	}
	return see(w, r, a.URI)
}

// fromProfile sends on from a profile page to the actor, ours or another server's.
func (p *Publisher) fromProfile(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Accounts.ByHandle(r.Context(), mux.Vars(r)["handle"])
	if err != nil {
		return err
	}
	if a.State != account.Active {
		return notFound("%s is %s", a.URI, a.State)
	}
	return see(w, r, a.URI)
}

// fromPage sends on from the page of a practice, publication or thread to the object; only to what everyone may see.
func (p *Publisher) fromPage(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	found, err := p.Posts.Get(r.Context(), id)
	return p.fromPost(w, r, found, err)
}

// fromEdition sends on from the page of an edition of a paper, which has an address of its own.
func (p *Publisher) fromEdition(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Posts.Find(r.Context(), p.BaseURL+r.URL.Path)
	return p.fromPost(w, r, found, err)
}

func (p *Publisher) fromPost(w http.ResponseWriter, r *http.Request, found post.Post, err error) error {
	if err != nil {
		return err
	}
	if found.State == post.StateDraft || (found.Visibility != post.Public && found.Visibility != post.Unlisted) {
		return notFound("post %d", found.ID)
	}
	return see(w, r, found.URI)
}
