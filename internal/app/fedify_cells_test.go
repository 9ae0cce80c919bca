package app_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-mastodon"
)

// written are the posts that the later cells are about.
type written struct {
	practice   int64
	practiceID string // as ActivityPub knows it
	article    string // paula's
	note       *mastodon.Status
	theirs     *mastodon.Status // paula's note, as we show it
	comment    string           // paula's, on the practice
	answer     *mastodon.Status // anna's, on that
	poll       *mastodon.Status // anna's
}

// toot posts as anna.
func (c *conversation) toot(t mastodon.Toot) (*mastodon.Status, error) {
	t.Language = "de"
	return c.anna.PostStatus(c.ctx, &t)
}

func (c *conversation) posts() {
	w := &c.written
	c.cell("practice", toPeer, func() (err error) {
		if w.practice, err = c.ours.Practices.Publish(c.ctx, c.vera, 0, draft("Serverräume: wärmer betreiben")); err != nil {
			return err
		}
		p, err := c.ours.Posts.Get(c.ctx, w.practice)
		if err != nil {
			return err
		}
		w.practiceID = p.URI
		// paula follows only the catalogue: what she knows came in its Announce.
		return c.peer.knows(func(s fedifyState) error {
			for _, a := range s.Announced {
				if a.Embedded && a.About == w.practiceID && a.Read != nil {
					return errors.Join(wrong([]string{a.Read.Type, a.Read.By, a.Read.Title, a.Read.Summary, a.Read.Audience},
						[]string{"Article", c.uris["vera"], "Serverräume: wärmer betreiben", "Mit 24 statt 20 °C sinkt der Kühlaufwand.", c.uris["praxis"]}),
						contains(a.Read.Content, "Die Räume wurden auf 20 °C gekühlt"), contains(a.Read.Content, "<li>Gänge einhausen</li>"), has(a.Read.Languages, "de"),
						has(a.Read.Hashtags, "#GreenIT"), has(a.Read.Hashtags, "#Strom"), has(a.Read.To, "https://www.w3.org/ns/activitystreams#Public"),
						wants(a.Read.URL != "" && a.Read.Published != "" && a.Read.Updated == "", "url %q, published %q, updated %q", a.Read.URL, a.Read.Published, a.Read.Updated))
				}
			}
			return fmt.Errorf("no Announce of the practice: %+v", s.Announced)
		})
	})
	c.cell("practice", fromPeer, func() (err error) {
		if w.article, err = c.peer.id("write", args{"as": "paula", "title": "Rechenzentrum: Abwärme nutzen", "text": "<p>Wir heizen <strong>zwei Schulen</strong>.</p>", "hashtags": []string{"#Abwärme"}}); err != nil {
			return err
		}
		return c.seen(w.article, "Rechenzentrum: Abwärme nutzen", "Wir heizen zwei Schulen.", "Abwärme")
	})
	c.cell("note", toPeer, func() (err error) {
		if w.note, err = c.toot(mastodon.Toot{Status: "@" + c.peer.handle("paula") + " Wir messen den #Strom."}); err != nil {
			return err
		}
		return c.peer.reads(w.note.URI, func(p fedifyPost) error {
			return errors.Join(wrong([]string{p.Type, p.By, p.Title, p.Summary}, []string{"Note", c.uris["anna"], "", ""}), contains(p.Content, "Wir messen den"), has(p.Hashtags, "#Strom"),
				wants(len(p.Mentions) == 1 && p.Mentions[0].Href == c.peer.actor("paula") && p.Mentions[0].Name == "@"+c.peer.handle("paula"), "mentions %+v", p.Mentions),
				has(p.Cc, c.uris["anna"]+"/followers"), has(p.To, c.peer.actor("paula")))
		})
	})
	c.cell("note", fromPeer, func() error {
		uri, err := c.peer.id("write", args{"as": "paula", "text": "<p>Hallo, wir messen auch den #Strom.</p>", "hashtags": []string{"#Strom"}, "mentions": []string{c.uris["anna"]}})
		if err != nil {
			return err
		}
		w.theirs, err = c.arrived(uri, func(s *mastodon.Status) error {
			return errors.Join(wrong([]string{s.Account.Acct, s.Visibility}, []string{c.peer.handle("paula"), "public"}), contains(s.Content, "wir messen auch"),
				wants(len(s.Tags) == 1 && strings.EqualFold(s.Tags[0].Name, "strom"), "tags %+v", s.Tags), wants(len(s.Mentions) == 1 && s.Mentions[0].Acct == "anna", "mentions %+v", s.Mentions))
		})
		return err
	})
	c.cell("note with a warning", toPeer, func() error {
		s, err := c.toot(mastodon.Toot{Status: "Es war die Klimaanlage.", SpoilerText: "Auflösung", Sensitive: true, Visibility: "unlisted"})
		if err != nil {
			return err
		}
		return c.peer.reads(s.URI, func(p fedifyPost) error {
			return errors.Join(wrong([]any{p.Summary, p.Sensitive, p.Title}, []any{"Auflösung", true, ""}), has(p.Cc, "https://www.w3.org/ns/activitystreams#Public"))
		})
	})
	c.cell("note to followers", toPeer, func() error {
		s, err := c.toot(mastodon.Toot{Status: "Nur für die, die folgen.", Visibility: "private"})
		if err != nil {
			return err
		}
		return c.peer.reads(s.URI, func(p fedifyPost) error {
			return wrong([][]string{p.To, p.Cc}, [][]string{{c.uris["anna"] + "/followers"}, {}})
		})
	})
	c.cell("note to followers", fromPeer, func() error {
		uri, err := c.peer.id("write", args{"as": "paula", "text": "<p>Nur für die, die folgen.</p>", "audience": "followers"})
		if err != nil {
			return err
		}
		_, err = c.arrived(uri, func(s *mastodon.Status) error { return wrong(s.Visibility, "private") })
		return err
	})
	if w.practiceID == "" || w.article == "" || w.note == nil || w.theirs == nil {
		c.t.Fatal("there is nothing to talk about")
	}
}

func (c *conversation) threads() {
	w := &c.written
	c.cell("comment", fromPeer, func() (err error) {
		if w.comment, err = c.peer.id("write", args{"as": "paula", "text": "<p>Hält die Hardware das aus?</p>", "answers": w.practiceID, "mentions": []string{c.uris["vera"]}, "groups": []string{c.uris["praxis"]}}); err != nil {
			return err
		}
		return c.seen(w.practiceID, "Hält die Hardware das aus?")
	})
	c.cell("answer", toPeer, func() (err error) {
		found, err := c.anna.Search(c.ctx, w.comment, true)
		if err != nil {
			return err
		}
		if len(found.Statuses) != 1 {
			return fmt.Errorf("%d posts found under %s", len(found.Statuses), w.comment)
		}
		if w.answer, err = c.toot(mastodon.Toot{Status: "Ja, seit drei Jahren.", InReplyToID: found.Statuses[0].ID}); err != nil {
			return err
		}
		return c.peer.reads(w.answer.URI, func(p fedifyPost) error {
			return errors.Join(wrong(p.Answers, w.comment), contains(p.Content, "seit drei Jahren"), wants(slices.ContainsFunc(p.Mentions, func(m struct{ Name, Href string }) bool {
				return m.Href == c.peer.actor("paula")
			}), "paula is not mentioned: %+v", p.Mentions))
		})
	})
	c.cell("comment", toPeer, func() error {
		found, err := c.anna.Search(c.ctx, w.article, true)
		if err != nil {
			return err
		}
		if len(found.Statuses) != 1 {
			return fmt.Errorf("%d posts found under %s", len(found.Statuses), w.article)
		}
		s, err := c.toot(mastodon.Toot{Status: "Welche Schulen sind das?", InReplyToID: found.Statuses[0].ID})
		if err != nil {
			return err
		}
		return c.peer.reads(s.URI, func(p fedifyPost) error { return wrong(p.Answers, w.article) })
	})
	c.cell("answer", fromPeer, func() error {
		_, err := c.peer.id("write", args{"as": "paula", "text": "<p>Das beruhigt mich.</p>", "answers": w.answer.URI, "mentions": []string{c.uris["anna"]}})
		if err != nil {
			return err
		}
		return c.seen(w.practiceID, "Ja, seit drei Jahren.", "Das beruhigt mich.")
	})
	c.cell("edit", fromPeer, func() error {
		if _, err := c.peer.id("edit", args{"as": "paula", "id": w.comment, "text": "<p>Hält die alte Hardware das aus?</p>", "to": []string{c.uris["vera"]}}); err != nil {
			return err
		}
		return c.seen(w.practiceID, "Hält die alte Hardware das aus?")
	})
	c.cell("edit", toPeer, func() error {
		if _, err := c.anna.UpdateStatus(c.ctx, &mastodon.Toot{Status: "Wir messen jetzt die #Wärme.", Language: "de"}, w.note.ID); err != nil {
			return err
		}
		return c.peer.reads(w.note.URI, func(p fedifyPost) error {
			return errors.Join(contains(p.Content, "Wir messen jetzt die"), has(p.Hashtags, "#Wärme"), wants(p.Updated > p.Published || p.Updated == p.Published && p.Updated != "", "updated %q", p.Updated))
		})
	})
	c.cell("edit of a practice", toPeer, func() error {
		if _, err := c.ours.Practices.Publish(c.ctx, c.vera, w.practice, draft("Serverräume: noch wärmer betreiben")); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			for _, a := range s.Announced {
				if a.Inner == "Update" && a.About == w.practiceID && a.Read != nil {
					return errors.Join(wrong(a.Read.Title, "Serverräume: noch wärmer betreiben"), wants(a.Read.Updated != "", "not updated"))
				}
			}
			return fmt.Errorf("no Announce of the Update: %+v", s.Announced)
		})
	})
}
