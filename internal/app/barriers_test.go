package app_test

import (
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// worldly makes what other instances write that is more than a text, a discussion for the network only and an account that
// was closed, and returns the addresses of pages that show them.
func (i *instance) worldly(writer account.Account) (pages []string) {
	i.t.Helper()
	ctx, host := i.t.Context(), "vitako.example"
	must := func(err error) {
		i.t.Helper()
		if err != nil {
			i.t.Fatal(err)
		}
	}
	uri := "https://" + host + "/u/klima"
	author, err := i.Accounts.Receive(ctx, account.Account{Username: "klima", Domain: &host, URI: uri, Kind: account.Person, DisplayName: "Klimaschutzbeauftragte", InboxURI: uri + "/inbox"})
	must(err)
	show := func(p post.Post) { pages = append(pages, fmt.Sprintf("/diskussionen/%d", p.ID)) }
	arrive := func(r post.Received, extra func(tx *sqlx.Tx, p post.Post) error) {
		i.t.Helper()
		r.URI, r.AuthorID, r.Visibility, r.Language, r.PublishedAt = uri+"/"+r.URI, author.ID, post.Public, "de", time.Now()
		p, _, err := i.Posts.Receive(ctx, r, extra)
		must(err)
		show(p)
	}
	soon := time.Now().Add(time.Hour)
	arrive(post.Received{URI: "1", Kind: post.Question, Sensitive: true, Summary: "Vorläufige Zahlen", HTML: "<p>Wie viel Strom?</p>"}, func(tx *sqlx.Tx, p post.Post) error {
		if err := i.Media.Receive(ctx, tx, p, []media.Received{{URL: uri + ".mp3", Kind: media.Audio}, {URL: uri + ".mp4", Kind: media.Video, Description: "Rundgang"}}); err != nil {
			return err
		}
		return i.Polls.Receive(ctx, tx, p, poll.Received{Multiple: true, ExpiresAt: &soon, VotersCount: 3, Options: []poll.Option{{Title: "wenig", Votes: 1}, {Title: "viel", Votes: 2}}})
	})
	arrive(post.Received{URI: "2", Kind: post.Event, Title: "Austausch: Abwärme", HTML: "<p>Bitte Messwerte mitbringen.</p>"}, func(tx *sqlx.Tx, p post.Post) error {
		return i.Events.Receive(ctx, tx, p, event.Received{StartsAt: soon, TimeZone: "Europe/Berlin", Place: "Rathaus Kiel", URL: "https://konferenz.example/raum", Status: event.Cancelled})
	})
	arrive(post.Received{URI: "3", Kind: post.Article, Title: "Bilanz", HTML: "<h2>Zahlen</h2><pre><code>eine lange Zeile, die in keine Spalte passt, weil sie aus einem Programm stammt und nirgends umbrochen wurde</code></pre>"}, nil)
	inner, err := i.Posts.Create(ctx, writer, post.Draft{Title: "Unter uns", Source: "Nur für den Verbund.", Visibility: post.Network, Language: "de"})
	must(err)
	show(inner)
	left, err := i.Accounts.CreateLocal(ctx, "ehemalig", "Ehemalige", account.RoleMember)
	must(err)
	must(i.Accounts.Close(ctx, writer, left.ID))
	return append(pages, "/diskussionen", "/@klima@"+host, "/@ehemalig")
}
