package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
)

// TestNobodyIsCalledForAnother: what stands on a third host cannot be an actor's own, so naming it makes us call nobody.
func TestNobodyIsCalledForAnother(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.honest.Gets()
	c.unchanged("an object of a third host", func() {
		for _, typ := range []string{"Create", "Update"} {
			for n := range 3 {
				third := fmt.Sprintf("%s/third/%s/%d", c.honest.Config.BaseURL, typ, n)
				for what, object := range map[string]any{"named": third, "embedded": c.note(third, c.liar.Author.URI, "gelogen")} {
					if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity(typ, c.id(c.liar), c.liar.Author.URI, object))}); status != http.StatusAccepted {
						t.Errorf("%s, %s: answered %d", typ, what, status)
					}
				}
			}
		}
	})
	for _, path := range c.honest.Gets() {
		if strings.HasPrefix(path, "/third/") {
			t.Errorf("the third host was asked for %s", path)
		}
	}
}

// TestForwardingFlood: one host that forwards without end makes us ask a third one so often, and leaves enough of what we ask of it
// for what really comes from there.
func TestForwardingFlood(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	read := c.honest.Catalog()
	c.honest.Gets()
	limited := 0
	c.unchanged("a flood of what is forwarded", func() {
		for n := range 120 {
			object := fmt.Sprintf("%s/forwarded/%d", c.honest.Config.BaseURL, n)
			switch status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", object+"/activity", read.URI, object))}); status {
			case http.StatusTooManyRequests:
				limited++
			case http.StatusAccepted:
			default:
				t.Errorf("answered %d", status)
			}
		}
	})
	asked := 0
	for _, path := range c.honest.Gets() {
		if strings.HasPrefix(path, "/forwarded/") {
			asked++
		}
	}
	if limited == 0 || asked == 0 || asked > 110 {
		t.Errorf("%d letters limited, the third host asked %d times", limited, asked)
	}
	c.victim.Has(c.honest.Publish("Kommt trotz allem an").URI)
}
