package app_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"
)

// statuses returns a note of anna's that bert answered, likes and passed on.
func (g *goContract) statuses(anna, bert, visitor *mastodon.Client, me, other *mastodon.Account) *mastodon.Status {
	var note, answer *mastodon.Status
	g.check("PostStatus", func(ctx context.Context) (err error) {
		note, err = anna.PostStatus(ctx, &mastodon.Toot{Status: "Hallo @bert, wir messen #Strom", Visibility: "public", Language: "de"})
		if err != nil {
			return err
		}
		return errors.Join(wrong([]string{note.Visibility, note.Language, note.Mentions[0].Acct, strings.ToLower(note.Tags[0].Name)}, []string{"public", "de", "bert", "strom"}),
			wants(strings.Contains(note.Content, "wir messen"), "content %q", note.Content))
	})
	g.check("PostStatus", func(ctx context.Context) (err error) {
		if answer, err = bert.PostStatus(ctx, &mastodon.Toot{Status: "@anna Womit?", InReplyToID: note.ID, SpoilerText: "Frage", Sensitive: true}); err != nil {
			return err
		}
		_, err = visitor.PostStatus(ctx, &mastodon.Toot{Status: "Niemand"})
		return errors.Join(wrong([]any{answer.InReplyToID, answer.SpoilerText, answer.Sensitive}, []any{string(note.ID), "Frage", true}), refusedWith(err, http.StatusUnauthorized))
	})
	g.check("PostStatus", func(ctx context.Context) error {
		at := time.Now().Add(time.Hour)
		planned, err := anna.PostStatus(ctx, &mastodon.Toot{Status: "Später", ScheduledAt: &at})
		if err != nil {
			return err
		}
		return wrong(planned.ScheduledParams.Text, "Später")
	})
	if note == nil || answer == nil {
		g.t.Fatal("no statuses")
	}
	g.check("GetStatus", func(ctx context.Context) error {
		s, err := visitor.GetStatus(ctx, note.ID)
		if err != nil {
			return err
		}
		_, err = visitor.GetStatus(ctx, "1")
		return errors.Join(wrong(s.RepliesCount, int64(1)), refusedWith(err, http.StatusNotFound))
	})
	g.check("GetStatusContext", func(ctx context.Context) error {
		c, err := visitor.GetStatusContext(ctx, note.ID)
		if err != nil {
			return err
		}
		return errors.Join(wrong(statusIDs(c.Ancestors), []mastodon.ID{}), wrong(statusIDs(c.Descendants), []mastodon.ID{answer.ID}))
	})
	g.check("GetStatusCard", func(ctx context.Context) error {
		card, err := visitor.GetStatusCard(ctx, mastodon.ID(strconv.FormatInt(g.practice, 10)))
		if err != nil {
			return err
		}
		return errors.Join(wants(strings.Contains(card.URL, "/praxisbeispiele/"), "url %q", card.URL), wrong(card.Title, "Serverräume wärmer betreiben"))
	})
	g.check("GetStatusSource", func(ctx context.Context) error {
		source, err := anna.GetStatusSource(ctx, note.ID)
		if err != nil {
			return err
		}
		return wrong(source.Text, "Hallo @bert, wir messen #Strom")
	})
	g.check("UpdateStatus", func(ctx context.Context) error {
		s, err := anna.UpdateStatus(ctx, &mastodon.Toot{Status: "Hallo @bert, wir messen jetzt #Strom", Language: "de"}, note.ID)
		if err != nil {
			return err
		}
		return errors.Join(wants(strings.Contains(s.Content, "jetzt"), "content %q", s.Content), wants(!s.EditedAt.IsZero(), "not edited"))
	})
	g.check("GetStatusHistory", func(ctx context.Context) error {
		list, err := visitor.GetStatusHistory(ctx, note.ID)
		if err != nil {
			return err
		}
		return wants(len(list) == 2 && !strings.Contains(list[0].Content, "jetzt") && strings.Contains(list[1].Content, "jetzt"), "%d versions", len(list))
	})
	act := func(method string, call func(context.Context, mastodon.ID) (*mastodon.Status, error), id mastodon.ID, ok func(*mastodon.Status) bool) {
		g.check(method, func(ctx context.Context) error {
			s, err := call(ctx, id)
			if err != nil {
				return err
			}
			return wants(ok(s), "%+v", *s)
		})
	}
	act("Favourite", bert.Favourite, note.ID, func(s *mastodon.Status) bool { return s.Favourited == true && s.FavouritesCount == 1 })
	act("Unfavourite", bert.Unfavourite, note.ID, func(s *mastodon.Status) bool { return s.Favourited == false && s.FavouritesCount == 0 })
	act("Favourite", bert.Favourite, note.ID, func(s *mastodon.Status) bool { return s.ID == note.ID })
	act("Reblog", bert.Reblog, note.ID, func(s *mastodon.Status) bool {
		return s.Reblog != nil && s.Reblog.ID == note.ID && s.Reblog.ReblogsCount == 1
	})
	act("Unreblog", bert.Unreblog, note.ID, func(s *mastodon.Status) bool { return s.ID == note.ID && s.ReblogsCount == 0 })
	act("Reblog", bert.Reblog, note.ID, func(s *mastodon.Status) bool { return s.Account.Acct == "bert" })
	act("Bookmark", anna.Bookmark, answer.ID, func(s *mastodon.Status) bool { return s.Bookmarked == true })
	lists := map[string]func(ctx context.Context) (any, any, error){
		"GetBookmarks": func(ctx context.Context) (any, any, error) {
			list, err := anna.GetBookmarks(ctx, nil)
			return statusIDs(list), []mastodon.ID{answer.ID}, err
		},
		"GetFavourites": func(ctx context.Context) (any, any, error) {
			list, err := bert.GetFavourites(ctx, nil)
			return statusIDs(list), []mastodon.ID{note.ID}, err
		},
		"GetFavouritedBy": func(ctx context.Context) (any, any, error) {
			list, err := visitor.GetFavouritedBy(ctx, note.ID, nil)
			return accountNames(list), []string{"bert"}, err
		},
		"GetRebloggedBy": func(ctx context.Context) (any, any, error) {
			list, err := visitor.GetRebloggedBy(ctx, note.ID, nil)
			return accountNames(list), []string{"bert"}, err
		},
		"GetAccountPinnedStatuses": func(ctx context.Context) (any, any, error) {
			list, err := visitor.GetAccountPinnedStatuses(ctx, me.ID)
			return statusIDs(list), []mastodon.ID{}, err
		},
		"GetAccountStatuses": func(ctx context.Context) (any, any, error) {
			list, err := visitor.GetAccountStatuses(ctx, me.ID, &mastodon.Pagination{Limit: 5})
			return statusIDs(list), []mastodon.ID{note.ID}, err
		},
		"GetAccountStatusesParams": func(ctx context.Context) (any, any, error) {
			list, err := visitor.GetAccountStatusesParams(ctx, other.ID, url.Values{"exclude_reblogs": {"true"}, "exclude_replies": {"true"}}, nil)
			return statusIDs(list), []mastodon.ID{}, err
		},
		"AccountStatuses": func(ctx context.Context) (any, any, error) {
			seen := 0
			for s, err := range visitor.AccountStatuses(ctx, other.ID, &mastodon.Pagination{Limit: 1}) {
				if err != nil {
					return nil, nil, err
				}
				if seen++; s.Account.Acct != "bert" {
					return s.Account.Acct, "bert", nil
				}
			}
			return seen, 2, nil // the answer and what he passed on
		},
	}
	for method, ask := range lists {
		g.check(method, func(ctx context.Context) error {
			got, want, err := ask(ctx)
			return errors.Join(err, wrong(got, want))
		})
	}
	act("Unbookmark", anna.Unbookmark, answer.ID, func(s *mastodon.Status) bool { return s.Bookmarked == false })
	g.check("DeleteStatus", func(ctx context.Context) error {
		s, err := anna.PostStatus(ctx, &mastodon.Toot{Status: "Gleich weg"})
		if err != nil {
			return err
		}
		if err := anna.DeleteStatus(ctx, s.ID); err != nil {
			return err
		}
		_, err = anna.GetStatus(ctx, s.ID)
		return refusedWith(err, http.StatusNotFound)
	})
	g.check("Report", func(ctx context.Context) error {
		r, err := anna.Report(ctx, other.ID, []mastodon.ID{answer.ID}, "Bitte ansehen")
		if err != nil {
			return err
		}
		return wants(r.ID != "" && !r.ActionTaken, "%+v", *r)
	})
	return note
}

func picturePNG() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 120, 80)))
	return b.Bytes()
}

func (g *goContract) mediaAndPolls(anna, bert *mastodon.Client) {
	file := filepath.Join(g.t.TempDir(), "bild.png")
	if err := os.WriteFile(file, picturePNG(), 0o600); err != nil {
		g.t.Fatal(err)
	}
	var last *mastodon.Attachment
	for method, upload := range map[string]func(ctx context.Context) (*mastodon.Attachment, error){
		"UploadMedia": func(ctx context.Context) (*mastodon.Attachment, error) { return anna.UploadMedia(ctx, file) },
		"UploadMediaFromBytes": func(ctx context.Context) (*mastodon.Attachment, error) {
			return anna.UploadMediaFromBytes(ctx, picturePNG())
		},
		"UploadMediaFromReader": func(ctx context.Context) (*mastodon.Attachment, error) {
			return anna.UploadMediaFromReader(ctx, bytes.NewReader(picturePNG()))
		},
		"UploadMediaFromMedia": func(ctx context.Context) (*mastodon.Attachment, error) {
			return anna.UploadMediaFromMedia(ctx, &mastodon.Media{File: bytes.NewReader(picturePNG()), Description: "Grau", Focus: "0,0"})
		},
	} {
		g.check(method, func(ctx context.Context) error {
			a, err := upload(ctx)
			if err != nil {
				return err
			}
			last = a
			return errors.Join(wrong([]any{a.Type, a.Meta.Original.Width, a.Meta.Original.Height}, []any{"image", int64(120), int64(80)}))
		})
	}
	if last == nil {
		g.t.Fatal("no media")
	}
	g.check("GetMediaStatus", func(ctx context.Context) error { return anna.GetMediaStatus(ctx, last) })
	var asked *mastodon.Status
	g.check("PostStatus", func(ctx context.Context) (err error) {
		s, err := anna.PostStatus(ctx, &mastodon.Toot{Status: "Mit Bild", MediaIDs: []mastodon.ID{last.ID}})
		if err != nil {
			return err
		}
		asked, err = anna.PostStatus(ctx, &mastodon.Toot{Status: "Wann?", Poll: &mastodon.TootPoll{Options: []string{"Montag", "Dienstag"}, ExpiresInSeconds: 3600}})
		return errors.Join(err, wants(len(s.MediaAttachments) == 1 && s.MediaAttachments[0].ID == last.ID, "%+v", s.MediaAttachments), wants(asked != nil && asked.Poll != nil, "no poll"))
	})
	if asked == nil || asked.Poll == nil {
		return
	}
	g.check("PollVote", func(ctx context.Context) error {
		p, err := bert.PollVote(ctx, asked.Poll.ID, 1)
		if err != nil {
			return err
		}
		return errors.Join(wrong([]int64{p.VotesCount, p.Options[0].VotesCount, p.Options[1].VotesCount}, []int64{1, 0, 1}), wrong(p.OwnVotes, []int{1}))
	})
	g.check("GetPoll", func(ctx context.Context) error {
		p, err := anna.GetPoll(ctx, asked.Poll.ID)
		if err != nil {
			return err
		}
		return wants(p.VotesCount == 1 && len(p.OwnVotes) == 0 && !p.Expired, "%+v", *p)
	})
}
