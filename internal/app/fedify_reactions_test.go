package app_test

import (
	"errors"
	"fmt"

	"github.com/mattn/go-mastodon"
)

// shown asks the API for a post of the peer's or ours until it is as ok says.
func (c *conversation) shown(id mastodon.ID, ok func(s *mastodon.Status) error) error {
	return until(func() error {
		s, err := c.anna.GetStatus(c.ctx, id)
		if err != nil {
			return err
		}
		return ok(s)
	})
}

func (c *conversation) reactions() {
	w := &c.written
	ours := c.uris["anna"] + " " + w.theirs.URI
	ids := map[string]string{}
	for _, r := range []struct {
		what, row string
		count     func(s *mastodon.Status) int64
		of        func(s fedifyState) map[string]string
		do, undo  func() error
	}{
		{"like", "like", func(s *mastodon.Status) int64 { return s.FavouritesCount }, func(s fedifyState) map[string]string { return s.Likes },
			func() error { _, err := c.anna.Favourite(c.ctx, w.theirs.ID); return err }, func() error { _, err := c.anna.Unfavourite(c.ctx, w.theirs.ID); return err }},
		{"boost", "boost", func(s *mastodon.Status) int64 { return s.ReblogsCount }, func(s fedifyState) map[string]string { return s.Shares },
			func() error { _, err := c.anna.Reblog(c.ctx, w.theirs.ID); return err }, func() error { _, err := c.anna.Unreblog(c.ctx, w.theirs.ID); return err }},
	} {
		c.cell(r.row, toPeer, func() error {
			if err := r.do(); err != nil {
				return err
			}
			return c.peer.knows(func(s fedifyState) error { return wants(r.of(s)[ours] != "", "%ss: %v", r.what, r.of(s)) })
		})
		c.cell(r.row, fromPeer, func() (err error) {
			if ids[r.what], err = c.peer.id("react", args{"as": "paula", "what": r.what, "object": w.note.URI, "to": []string{c.uris["anna"]}}); err != nil {
				return err
			}
			return c.shown(w.note.ID, func(s *mastodon.Status) error { return wrong(r.count(s), int64(1)) })
		})
		c.cell("undo of "+r.row, toPeer, func() error {
			if err := r.undo(); err != nil {
				return err
			}
			return c.peer.knows(func(s fedifyState) error { return wants(r.of(s)[ours] == "", "%ss: %v", r.what, r.of(s)) })
		})
		c.cell("undo of "+r.row, fromPeer, func() error {
			if _, err := c.peer.id("takeBack", args{"as": "paula", "what": r.what, "id": ids[r.what], "object": w.note.URI, "to": []string{c.uris["anna"]}}); err != nil {
				return err
			}
			return c.shown(w.note.ID, func(s *mastodon.Status) error { return wrong(r.count(s), int64(0)) })
		})
	}
}

func (c *conversation) polls() {
	w := &c.written
	c.cell("poll", toPeer, func() (err error) {
		w.poll, err = c.toot(mastodon.Toot{Status: "Wie warm ist Ihr Serverraum?", Poll: &mastodon.TootPoll{Options: []string{"unter 24 °C", "24 °C und mehr"}, ExpiresInSeconds: 3600}})
		if err != nil {
			return err
		}
		return c.peer.reads(w.poll.URI, func(p fedifyPost) error {
			return errors.Join(wrong(p.Type, "Question"), wrong(p.Options, []fedifyOption{{"unter 24 °C", 0}, {"24 °C und mehr", 0}}), wants(p.Ends != "" && p.Closed == "", "ends %q, closed %q", p.Ends, p.Closed))
		})
	})
	if w.poll == nil {
		return
	}
	c.cell("vote", fromPeer, func() error {
		if _, err := c.peer.id("vote", args{"as": "paula", "question": w.poll.URI, "choice": "24 °C und mehr", "author": c.uris["anna"]}); err != nil {
			return err
		}
		return c.shown(w.poll.ID, func(s *mastodon.Status) error {
			return wrong([]int64{s.Poll.Options[0].VotesCount, s.Poll.Options[1].VotesCount, s.Poll.VotesCount}, []int64{0, 1, 1})
		})
	})
	c.cell("result of a poll", toPeer, func() error {
		// It is told once a minute.
		if _, err := c.ours.DB.ExecContext(c.ctx, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE kind = 'poll.tell' AND state = 'scheduled'`); err != nil {
			return err
		}
		return c.peer.reads(w.poll.URI, func(p fedifyPost) error {
			return errors.Join(wrong(p.Options, []fedifyOption{{"unter 24 °C", 0}, {"24 °C und mehr", 1}}), wants(p.Voters != nil && *p.Voters == 1, "voters %v", p.Voters))
		})
	})
	var theirs *mastodon.Status
	c.cell("poll", fromPeer, func() error {
		uri, err := c.peer.id("ask", args{"as": "paula", "text": "<p>Messen Sie die Abwärme?</p>", "options": []string{"Ja", "Nein"}})
		if err != nil {
			return err
		}
		theirs, err = c.arrived(uri, func(s *mastodon.Status) error {
			return errors.Join(contains(s.Content, "Messen Sie die Abwärme?"), wants(s.Poll != nil && len(s.Poll.Options) == 2 && s.Poll.Options[1].Title == "Nein" && !s.Poll.Multiple, "poll %+v", s.Poll))
		})
		return err
	})
	if theirs == nil || theirs.Poll == nil {
		return
	}
	c.cell("vote", toPeer, func() error {
		if _, err := c.anna.PollVote(c.ctx, theirs.Poll.ID, 0); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			return wants(s.Votes[theirs.URI][c.uris["anna"]+" Ja"] != "", "votes: %v", s.Votes)
		})
	})
	c.cell("result of a poll", fromPeer, func() error {
		if _, err := c.peer.id("vote", args{"as": "rolf", "question": theirs.URI, "choice": "Nein", "author": c.peer.actor("paula")}); err != nil {
			return err
		}
		if _, err := c.peer.id("count", args{"as": "paula", "id": theirs.URI}); err != nil {
			return err
		}
		return c.shown(theirs.ID, func(s *mastodon.Status) error {
			return wrong([]int64{s.Poll.Options[0].VotesCount, s.Poll.Options[1].VotesCount, s.Poll.VotesCount}, []int64{1, 1, 2})
		})
	})
}

func (c *conversation) direct() {
	c.cell("direct message", toPeer, func() error {
		s, err := c.toot(mastodon.Toot{Status: "@" + c.peer.handle("paula") + " Unter uns gesagt.", Visibility: "direct"})
		if err != nil {
			return err
		}
		return c.peer.reads(s.URI, func(p fedifyPost) error {
			return errors.Join(wrong([][]string{p.To, p.Cc}, [][]string{{c.peer.actor("paula")}, {}}), contains(p.Content, "Unter uns gesagt."), wants(len(p.Mentions) == 1, "mentions %+v", p.Mentions))
		})
	})
	c.cell("direct message", fromPeer, func() error {
		uri, err := c.peer.id("write", args{"as": "paula", "text": "<p>Ganz unter uns.</p>", "audience": "direct", "mentions": []string{c.uris["anna"]}})
		if err != nil {
			return err
		}
		if err := until(func() error {
			list, err := c.anna.GetConversations(c.ctx, nil)
			if err != nil {
				return err
			}
			for _, talk := range list {
				if talk.LastStatus != nil && talk.LastStatus.URI == uri {
					return errors.Join(contains(talk.LastStatus.Content, "Ganz unter uns."), wrong(talk.LastStatus.Visibility, "direct"))
				}
			}
			return fmt.Errorf("no conversation of %d holds %s", len(list), uri)
		}); err != nil {
			return err
		}
		found, err := c.ours.mastodonClient("").Search(c.ctx, uri, false)
		return wants(err != nil || len(found.Statuses) == 0, "a visitor finds it")
	})
}

// groups is FEP-1b12: what a group passes on comes as the activity and, for top-level posts, by its id.
func (c *conversation) groups() {
	w := &c.written
	c.cell("announce of an activity", toPeer, func() error {
		return c.peer.knows(func(s fedifyState) error {
			inner := map[string]bool{}
			for _, a := range s.Announced {
				if a.Embedded && a.Group == c.uris["praxis"] {
					inner[a.Inner+" "+a.About] = true
				}
			}
			return errors.Join(wants(inner["Create "+w.practiceID], "the practice is not announced: %v", inner), wants(inner["Create "+w.answer.URI], "the answer is not announced: %v", inner))
		})
	})
	c.cell("announce of a post", toPeer, func() error {
		return c.peer.knows(func(s fedifyState) error {
			var plain []string
			for _, a := range s.Announced {
				if !a.Embedded && a.Group == c.uris["praxis"] {
					plain = append(plain, a.Object)
				}
			}
			return wrong(plain, []string{w.practiceID}) // once, and no comment
		})
	})
	c.cell("announce of an activity", fromPeer, func() error {
		uri, err := c.peer.id("write", args{"as": "rolf", "text": "<p>Für die ganze Runde.</p>", "groups": []string{c.peer.actor("runde")}, "board": c.peer.actor("runde"), "silent": true})
		if err != nil {
			return err
		}
		if _, err := c.peer.id("announce", args{"as": "runde", "by": "rolf", "id": uri}); err != nil {
			return err
		}
		_, err = c.arrived(uri, func(s *mastodon.Status) error { return wrong(s.Account.Acct, c.peer.handle("rolf")) })
		return err
	})
}

func (c *conversation) actors() {
	c.cell("update of an actor", toPeer, func() error {
		name := "Anna Änderung"
		if _, err := c.anna.AccountUpdate(c.ctx, &mastodon.Profile{DisplayName: &name}); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error { return wrong(s.People[c.uris["anna"]], name) })
	})
	c.cell("update of an actor", fromPeer, func() error {
		if _, err := c.peer.id("rename", args{"as": "paula", "name": "Paula Neu"}); err != nil {
			return err
		}
		return until(func() error {
			a, err := c.anna.GetAccount(c.ctx, c.who["paula"].ID)
			if err != nil {
				return err
			}
			return wrong(a.DisplayName, "Paula Neu")
		})
	})
	c.cell("new key", toPeer, func() error {
		anna, err := c.ours.Accounts.ByURI(c.ctx, c.uris["anna"])
		if err != nil {
			return err
		}
		if err := c.ours.Accounts.RotateKey(c.ctx, anna.ID, false); err != nil {
			return err
		}
		s, err := c.toot(mastodon.Toot{Status: "Mit neuem Schlüssel."})
		if err != nil {
			return err
		}
		return c.peer.reads(s.URI, func(p fedifyPost) error { return contains(p.Content, "Mit neuem Schlüssel.") })
	})
	c.cell("new key", fromPeer, func() error {
		old, err := c.ours.Accounts.ByURI(c.ctx, c.peer.actor("paula"))
		if err != nil {
			return err
		}
		if err := c.peer.order("rotate", args{"as": "paula"}, nil); err != nil {
			return err
		}
		if err := until(func() error {
			now, err := c.ours.Accounts.ByURI(c.ctx, old.URI)
			return errors.Join(err, wants(now.PublicKeyPEM != old.PublicKeyPEM, "we still know the old key"))
		}); err != nil {
			return err
		}
		uri, err := c.peer.id("write", args{"as": "paula", "text": "<p>Mit neuem Schlüssel.</p>"})
		if err != nil {
			return err
		}
		_, err = c.arrived(uri, func(s *mastodon.Status) error { return contains(s.Content, "Mit neuem Schlüssel.") })
		return err
	})
}

func (c *conversation) endings() {
	w := &c.written
	c.cell("delete", toPeer, func() error {
		if err := c.anna.DeleteStatus(c.ctx, w.note.ID); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			_, there := s.Posts[w.note.URI]
			return wants(!there, "the note is still there")
		})
	})
	c.cell("delete", fromPeer, func() error {
		if _, err := c.peer.id("remove", args{"as": "paula", "id": w.theirs.URI, "to": []string{c.uris["anna"]}}); err != nil {
			return err
		}
		return until(func() error {
			_, err := c.anna.GetStatus(c.ctx, w.theirs.ID)
			return refusedWith(err, 404)
		})
	})
	c.cell("undo of follow", toPeer, func() error {
		if _, err := c.anna.AccountUnfollow(c.ctx, c.who["paula"].ID); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			return wants(s.Followers["paula"][c.uris["anna"]] == nil, "anna still follows paula")
		})
	})
	c.cell("undo of follow", fromPeer, func() error {
		s, err := c.peer.state()
		if err != nil {
			return err
		}
		if _, err := c.peer.id("unfollow", args{"as": "paula", "whom": c.uris["anna"], "id": s.Following["paula"][c.uris["anna"]]}); err != nil {
			return err
		}
		return c.relationship("paula", func(r *mastodon.Relationship) bool { return !r.FollowedBy })
	})
}

// signatures asserts that the conversation was held with its kind alone, and that each request was taken at the first try.
func (c *conversation) signatures() {
	wire, err := c.peer.wire()
	if err != nil {
		c.t.Fatal(err)
	}
	for direction, from := range map[string]string{fromPeer: "us", toPeer: "peer"} {
		c.cell("signed, taken at first", direction, func() error {
			var problems []error
			posts := 0
			for _, r := range wire {
				if r.From != from || r.Method != "POST" {
					continue
				}
				posts++
				if r.Signature != c.signature || r.Status < 200 || r.Status > 299 {
					problems = append(problems, fmt.Errorf("%+v", r))
				}
			}
			return errors.Join(append(problems, wants(posts >= 10, "%d requests", posts))...)
		})
	}
}
