package federation_test

import (
	"net/http"
	"strconv"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// TestNotLetInIsNotGone: what is withdrawn never comes back, so only an origin that says that it has no such post takes one away
// here. One that does not let us in, or does not understand us, may have been unable to fetch our key.
func TestNotLetInIsNotGone(t *testing.T) {
	t.Parallel()
	host, reader := ft.Start(t, "host"), ft.Start(t, "reader")
	for _, lists := range []string{"replies", "neither"} {
		for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnavailableForLegalReasons} {
			s := strange{host: host, dir: "/" + lists + strconv.Itoa(status), answers: map[int]int{1: 0, 2: 1, 3: 2}, lists: lists, page: 5}
			s.base, s.author = under(host, lists+strconv.Itoa(status))
			want := s.publish()
			if _, err := reader.Federation.FetchPost(t.Context(), s.id(3)); err != nil {
				t.Fatal(err)
			}
			same(t, reader, s.id(1), want)
			ft.Settle(reader)

			answer := func(n, status int) {
				host.Extra.Store(s.dir+"/"+strconv.Itoa(n), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			}
			answer(2, status)
			answer(3, http.StatusNotFound) // looked at after the other
			opens(t, reader, s.id(1))
			reader.Eventually("look at the thread", func() string {
				if p := reader.Has(s.id(3)); lists == "neither" && p.State != post.StateWithdrawn {
					return string(p.State)
				}
				return ""
			})
			ft.Settle(reader)
			if p := reader.Has(s.id(2)); p.State != post.StatePublished {
				t.Errorf("%s: a post whose origin answered %d is %s", lists, status, p.State)
			}
		}
	}
}
