package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
)

// TestTarpit: a host whose documents never come holds up nobody else's activities, however many it sends, and by whatever
// number of its actors.
func TestTarpit(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	ft.Settle(c.victim, c.liar, c.honest)
	release := make(chan struct{})
	var asked sync.Map
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Path, true)
		select {
		case <-release:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusNotFound)
	})
	const documents = 16
	for n := range documents {
		uri := c.id(c.liar)
		c.liar.Extra.Store(strings.TrimPrefix(uri, c.liar.Config.BaseURL), slow)
		signer := []account.Account{c.liar.Author, c.liar.Editor, c.liar.Catalog(), c.liar.Forum()}[n%4]
		body := c.activity("Create", c.id(c.liar), signer.URI, uri) // to be fetched, as it is not embedded
		if n >= documents/2 {
			note := c.note(c.id(c.liar), signer.URI, "Eine Antwort auf etwas, das nie kommt")
			note["inReplyTo"] = uri
			body["object"] = note
		}
		if status := c.liar.Send(signer, ft.Letter{To: c.inbox, Body: c.encode(body)}); status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
	}
	thread := c.honest.Publish("Flensburg: kommt trotzdem an")
	c.victim.Has(thread.URI)
	// The fetches of the liar last ten seconds each. Who did one thing after the other would have begun with all of them by now.
	begun := 0
	asked.Range(func(any, any) bool { begun++; return true })
	if begun == 0 || begun == documents {
		t.Errorf("%d of %d documents that never come were asked for before", begun, documents)
	}
	close(release)
}

// TestPoison: an activity that always fails, or makes the code panic, ends with a note; it is not tried for ever and
// nobody waits for it.
func TestPoison(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	// What no check foresees: the database refuses every favourite of the liar.
	c.victim.DB.MustExec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.uri LIKE '%//liar.%' THEN RAISE 'no'; END IF; RETURN NEW; END $$`)
	c.victim.DB.MustExec(`CREATE TRIGGER refuse BEFORE INSERT ON favourites FOR EACH ROW EXECUTE FUNCTION refuse()`)
	poison := c.id(c.liar)
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Like", poison, c.liar.Author.URI, c.own.URI))})
	state := func() (attempt int, outcome, note string) {
		t.Helper()
		err := c.victim.DB.QueryRowx(`SELECT attempts, outcome, note FROM inbox_activities WHERE uri = $1`, poison).Scan(&attempt, &outcome, &note)
		if err != nil {
			t.Fatal(err)
		}
		return attempt, outcome, note
	}
	c.victim.Eventually("first failure", func() string {
		if attempt, _, _ := state(); attempt == 0 {
			return "not tried"
		}
		return ""
	})
	c.victim.Eventually("is given up", func() string {
		// The hour of all attempts but the last passes quickly here.
		c.victim.DB.MustExec(`UPDATE inbox_activities SET next_at = now(), attempts = 11 WHERE attempts > 0 AND processed_at IS NULL`)
		if attempt, outcome, note := state(); outcome != "ignored" || !strings.Contains(note, "given up") {
			return fmt.Sprintf("attempt %d: %q %q", attempt, outcome, note)
		}
		return ""
	})
	c.victim.Settled()
}
