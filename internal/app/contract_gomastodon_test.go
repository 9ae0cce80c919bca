package app_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"

	"github.com/vorbild/vorbild/internal/oauth"
)

// goExcluded are the methods of go-mastodon that are not called, and why.
var goExcluded = map[string]string{
	"Authenticate":         "by password: nobody here has one",
	"FollowRemoteUser":     "POST /api/v1/follows, removed from Mastodon with version 3",
	"GetReports":           "GET /api/v1/reports, removed from Mastodon with version 2.5",
	"Admin*":               "the API for administrators is not offered",
	"GetAdmin*":            "the API for administrators is not offered",
	"CloseIdleConnections": "of net/http", "Do": "of net/http", "Get": "of net/http", "Head": "of net/http", "Post": "of net/http", "PostForm": "of net/http",
	"Dial": "of gorilla/websocket", "DialContext": "of gorilla/websocket",
}

// goContract calls the methods of go-mastodon and notes each.
type goContract struct {
	*contract
	t      *testing.T
	called map[string]int
	failed map[string]bool
}

// check is one call by its name, which assert says what is wrong with; "" is nothing.
func (g *goContract) check(method string, call func(ctx context.Context) error) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), 20*time.Second)
	defer cancel()
	g.called[method]++
	if err := call(ctx); err != nil {
		g.failed[method] = true
		g.session.write("FAIL %s: %v\n", method, err)
		g.t.Errorf("%s: %v", method, err)
		return
	}
	g.session.write("ok %s\n", method)
}

// wrong describes what a call returned where it is not what is wanted.
func wrong(got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("got %v, want %v", got, want)
}

func wants(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// refusedWith is an error unless err is the API's refusal with that status.
func refusedWith(err error, status int) error {
	var api *mastodon.APIError
	if !errors.As(err, &api) || api.StatusCode != status {
		return fmt.Errorf("refused with %v, want %d", err, status)
	}
	return nil
}

func statusIDs(list []*mastodon.Status) []mastodon.ID {
	ids := []mastodon.ID{}
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

func accountNames(list []*mastodon.Account) []string {
	names := []string{}
	for _, a := range list {
		names = append(names, a.Acct)
	}
	slices.Sort(names)
	return names
}

func holdsStatus(list []*mastodon.Status, id mastodon.ID) error {
	return wants(slices.Contains(statusIDs(list), id), "%s is not in %v", id, statusIDs(list))
}

// client of go-mastodon; names under .localhost are this machine.
func (g *goContract) client(token string) *mastodon.Client {
	c := mastodon.NewClient(&mastodon.Config{Server: g.Config.BaseURL, AccessToken: token})
	c.Transport = loopback.Transport
	return c
}

func TestContractGoMastodon(t *testing.T) {
	t.Parallel()
	g := &goContract{contract: newContract(t, "gomastodon"), t: t, called: map[string]int{}, failed: map[string]bool{}}
	anna, bert, visitor := g.client(g.tokens["anna"]), g.client(g.tokens["bert"]), g.client("")
	g.programs()
	g.theInstance(visitor)
	me, other := g.accounts(anna, bert)
	note := g.statuses(anna, bert, visitor, me, other)
	g.mediaAndPolls(anna, bert)
	g.timelines(anna, bert, visitor, other, note)
	g.filters(anna)
	g.notifications(anna, bert, note)
	g.streams(anna, bert, other)
	g.count()
	g.show(t, "go-mastodon")
}

func (g *goContract) programs() {
	var app *mastodon.Application
	g.check("RegisterApp", func(ctx context.Context) (err error) {
		app, err = mastodon.RegisterApp(ctx, &mastodon.AppConfig{
			Client: http.Client{Transport: loopback.Transport}, Server: g.Config.BaseURL, ClientName: "Vertragstest", Scopes: "read write follow push", Website: "https://client.example",
		})
		if err != nil {
			return err
		}
		u, err := url.Parse(app.AuthURI)
		return errors.Join(err, wrong(u.Path, "/oauth/authorize"), wrong(app.RedirectURI, oauth.OutOfBand))
	})
	if app == nil {
		g.t.Fatal("no app")
	}
	fresh := func() *mastodon.Client {
		c := g.client("")
		c.Config.ClientID, c.Config.ClientSecret = app.ClientID, app.ClientSecret
		return c
	}
	verified := func(ctx context.Context, c *mastodon.Client) error {
		a, err := c.VerifyAppCredentials(ctx)
		if err != nil {
			return err
		}
		return wrong([]string{a.Name, a.Website}, []string{"Vertragstest", "https://client.example"})
	}
	g.check("AuthenticateApp", func(ctx context.Context) error {
		c := fresh()
		return errors.Join(c.AuthenticateApp(ctx), verified(ctx, c))
	})
	program := fresh()
	g.check("GetAppAccessToken", func(ctx context.Context) error {
		return errors.Join(program.GetAppAccessToken(ctx, oauth.OutOfBand), wants(program.Config.AccessToken != "", "no token"))
	})
	g.check("VerifyAppCredentials", func(ctx context.Context) error { return verified(ctx, program) })
	g.check("RevokeToken", func(ctx context.Context) error {
		before := program.Config.AccessToken
		if err := program.RevokeToken(ctx); err != nil {
			return err
		}
		_, err := g.client(before).VerifyAppCredentials(ctx)
		return refusedWith(err, http.StatusUnauthorized)
	})
	for name, method := range map[string]func(*mastodon.Client, context.Context, string, string) error{
		"AuthenticateToken": (*mastodon.Client).AuthenticateToken, "GetUserAccessToken": (*mastodon.Client).GetUserAccessToken,
	} {
		g.check(name, func(ctx context.Context) error {
			code, err := g.allow(ctx, app.ClientID)
			if err != nil {
				return err
			}
			c := fresh()
			if err := method(c, ctx, code, oauth.OutOfBand); err != nil {
				return err
			}
			a, err := c.GetAccountCurrentUser(ctx)
			if err != nil {
				return err
			}
			return errors.Join(wrong(a.Username, "anna"), wants(method(fresh(), ctx, code, oauth.OutOfBand) != nil, "the code worked twice"))
		})
	}
}

func (g *goContract) theInstance(visitor *mastodon.Client) {
	g.check("GetInstance", func(ctx context.Context) error {
		i, err := visitor.GetInstance(ctx)
		if err != nil {
			return err
		}
		return errors.Join(wrong(i.URI, g.Config.Domain()), wrong(i.URLs["streaming_api"], "ws"+strings.TrimPrefix(g.Config.BaseURL, "http")),
			wants(i.Stats.UserCount >= 4, "%d users", i.Stats.UserCount), wants(i.Configuration.Statuses != nil, "no limits"))
	})
	g.check("GetInstanceActivity", func(ctx context.Context) error {
		weeks, err := visitor.GetInstanceActivity(ctx)
		if err != nil {
			return err
		}
		return wants(len(weeks) > 0 && time.Since(time.Time(weeks[0].Week)) < 8*24*time.Hour, "weeks: %v", weeks)
	})
}

// accounts returns who anna and bert are; anna follows bert and nora afterwards.
func (g *goContract) accounts(anna, bert *mastodon.Client) (me, other *mastodon.Account) {
	g.check("GetAccountCurrentUser", func(ctx context.Context) (err error) {
		if me, err = anna.GetAccountCurrentUser(ctx); err != nil {
			return err
		}
		return errors.Join(wrong(me.Acct, "anna"), wants(me.Source != nil, "no source"))
	})
	g.check("AccountLookup", func(ctx context.Context) (err error) {
		if other, err = anna.AccountLookup(ctx, "bert"); err != nil {
			return err
		}
		_, err = anna.AccountLookup(ctx, "niemand")
		return errors.Join(wrong(other.Username, "bert"), refusedWith(err, http.StatusNotFound))
	})
	if me == nil || other == nil {
		g.t.Fatal("no accounts")
	}
	g.check("GetAccount", func(ctx context.Context) error {
		a, err := anna.GetAccount(ctx, other.ID)
		if err != nil {
			return err
		}
		return wrong(a.Acct, "bert")
	})
	g.check("AccountUpdate", func(ctx context.Context) error {
		name, note, locked, sensitive, privacy, language := "Anna", "In Kiel", true, false, "public", "de"
		picture := "data:image/png;base64," + base64.StdEncoding.EncodeToString(picturePNG())
		a, err := anna.AccountUpdate(ctx, &mastodon.Profile{
			DisplayName: &name, Note: &note, Locked: &locked, Fields: &[]mastodon.Field{{Name: "Ort", Value: "Kiel"}}, Avatar: picture,
			Source: &mastodon.AccountSource{Privacy: &privacy, Language: &language, Sensitive: &sensitive},
		})
		if err != nil {
			return err
		}
		return errors.Join(wrong([]any{a.DisplayName, a.Locked, a.Fields[0].Name, a.Fields[0].Value}, []any{"Anna", true, "Ort", "Kiel"}),
			wants(strings.Contains(a.Note, "In Kiel"), "note %q", a.Note), wants(a.Avatar != me.Avatar, "the picture is the old one"))
	})
	relation := func(method string, call func(context.Context, mastodon.ID) (*mastodon.Relationship, error), id mastodon.ID, ok func(*mastodon.Relationship) bool) {
		g.check(method, func(ctx context.Context) error {
			r, err := call(ctx, id)
			if err != nil {
				return err
			}
			return errors.Join(wrong(r.ID, id), wants(ok(r), "%+v", *r))
		})
	}
	relation("AccountFollow", anna.AccountFollow, other.ID, func(r *mastodon.Relationship) bool { return r.Following && r.ShowingReblogs })
	relation("AccountFollow", bert.AccountFollow, me.ID, func(r *mastodon.Relationship) bool { return r.Requested && !r.Following })
	g.check("GetFollowRequests", func(ctx context.Context) error {
		list, err := anna.GetFollowRequests(ctx, nil)
		return errors.Join(err, wrong(accountNames(list), []string{"bert"}))
	})
	g.check("FollowRequestReject", func(ctx context.Context) error {
		err := anna.FollowRequestReject(ctx, other.ID)
		list, listErr := anna.GetFollowRequests(ctx, nil)
		return errors.Join(err, listErr, wrong(accountNames(list), []string{}))
	})
	g.check("FollowRequestAuthorize", func(ctx context.Context) error {
		_, err := bert.AccountFollow(ctx, me.ID)
		return errors.Join(err, anna.FollowRequestAuthorize(ctx, other.ID))
	})
	g.check("GetAccountRelationships", func(ctx context.Context) error {
		list, err := anna.GetAccountRelationships(ctx, []string{string(other.ID)})
		if err != nil {
			return err
		}
		return wants(len(list) == 1 && list[0].Following && list[0].FollowedBy, "%+v", list)
	})
	g.check("GetAccountFollowers", func(ctx context.Context) error {
		list, err := anna.GetAccountFollowers(ctx, other.ID, &mastodon.Pagination{Limit: 10})
		return errors.Join(err, wrong(accountNames(list), []string{"anna"}))
	})
	g.check("GetAccountFollowing", func(ctx context.Context) error {
		list, err := anna.GetAccountFollowing(ctx, other.ID, nil)
		return errors.Join(err, wrong(accountNames(list), []string{"anna"}))
	})
	vera, err := anna.AccountLookup(g.t.Context(), "vera")
	if err != nil {
		g.t.Fatal(err)
	}
	relation("AccountUnfollow", bert.AccountUnfollow, vera.ID, func(r *mastodon.Relationship) bool { return !r.Following })
	relation("AccountBlock", anna.AccountBlock, vera.ID, func(r *mastodon.Relationship) bool { return r.Blocking })
	g.check("GetBlocks", func(ctx context.Context) error {
		list, err := anna.GetBlocks(ctx, nil)
		return errors.Join(err, wrong(accountNames(list), []string{"vera"}))
	})
	relation("AccountUnblock", anna.AccountUnblock, vera.ID, func(r *mastodon.Relationship) bool { return !r.Blocking })
	relation("AccountMute", anna.AccountMute, vera.ID, func(r *mastodon.Relationship) bool { return r.Muting && r.MutingNotifications })
	g.check("GetMutes", func(ctx context.Context) error {
		list, err := anna.GetMutes(ctx, nil)
		return errors.Join(err, wrong(accountNames(list), []string{"vera"}))
	})
	relation("AccountUnmute", anna.AccountUnmute, vera.ID, func(r *mastodon.Relationship) bool { return !r.Muting })
	g.check("GetEndorsements", func(ctx context.Context) error {
		list, err := anna.GetEndorsements(ctx, nil)
		return errors.Join(err, wrong(accountNames(list), []string{}))
	})
	g.check("AccountsSearch", func(ctx context.Context) error {
		list, err := anna.AccountsSearch(ctx, "bert", 5)
		return errors.Join(err, wrong(accountNames(list), []string{"bert"}))
	})
	g.check("AccountsSearchResolve", func(ctx context.Context) error {
		list, err := anna.AccountsSearchResolve(ctx, g.remote(), 5, true)
		return errors.Join(err, wrong(accountNames(list), []string{g.remote()}))
	})
	g.check("GetInstancePeers", func(ctx context.Context) error {
		peers, err := anna.GetInstancePeers(ctx)
		return errors.Join(err, wants(slices.Contains(peers, g.neighbour.Config.Domain()), "%v", peers))
	})
	g.tags(anna)
	return me, other
}

func (g *goContract) tags(anna *mastodon.Client) {
	g.check("TagFollow", func(ctx context.Context) error {
		tag, err := anna.TagFollow(ctx, "Kühlung")
		return errors.Join(err, wants(tag != nil && tag.Following, "%+v", tag))
	})
	for name, method := range map[string]func(context.Context, *mastodon.Pagination) ([]*mastodon.FollowedTag, error){"TagsFollowed": anna.TagsFollowed, "GetFollowedTags": anna.GetFollowedTags} {
		g.check(name, func(ctx context.Context) error {
			list, err := method(ctx, nil)
			return errors.Join(err, wants(len(list) == 1 && strings.EqualFold(list[0].Name, "kühlung"), "%+v", list))
		})
	}
	g.check("TagInfo", func(ctx context.Context) error {
		tag, err := anna.TagInfo(ctx, "kühlung")
		return errors.Join(err, wants(tag != nil && tag.Following && len(tag.History) > 0, "%+v", tag))
	})
	g.check("TagUnfollow", func(ctx context.Context) error {
		tag, err := anna.TagUnfollow(ctx, "Kühlung")
		return errors.Join(err, wants(tag != nil && !tag.Following, "%+v", tag))
	})
}

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

func (g *goContract) timelines(anna, bert, visitor *mastodon.Client, other *mastodon.Account, note *mastodon.Status) {
	public := func(list []*mastodon.Status, err error) error { return errors.Join(err, holdsStatus(list, note.ID)) }
	g.check("GetTimelineHome", func(ctx context.Context) error {
		page := &mastodon.Pagination{Limit: 2}
		seen := map[mastodon.ID]bool{}
		for range 20 {
			list, err := anna.GetTimelineHome(ctx, page)
			if err != nil {
				return err
			}
			for _, s := range list {
				if seen[s.ID] {
					return fmt.Errorf("%s comes twice", s.ID)
				}
				seen[s.ID] = true
			}
			if page.MaxID == "" {
				return wants(len(seen) >= 4, "only %d statuses", len(seen))
			}
			page.Limit = 2
		}
		return errors.New("there is no last page")
	})
	g.check("GetTimelinePublic", func(ctx context.Context) error { return public(visitor.GetTimelinePublic(ctx, true, nil)) })
	g.check("GetTimelineHashtag", func(ctx context.Context) error { return public(visitor.GetTimelineHashtag(ctx, "strom", false, nil)) })
	g.check("GetTimelineHashtagMultiple", func(ctx context.Context) error {
		return public(visitor.GetTimelineHashtagMultiple(ctx, "wasser", true, &mastodon.TagData{Any: []string{"Strom"}}, nil))
	})
	g.check("GetTimelineMedia", func(ctx context.Context) error {
		list, err := visitor.GetTimelineMedia(ctx, true, nil)
		// It asks as pawoo.net wants it (media=t), which nobody else knows: this is the public timeline, and in it what has media.
		return errors.Join(err, wants(slices.ContainsFunc(list, func(s *mastodon.Status) bool { return len(s.MediaAttachments) == 1 }), "%v", statusIDs(list)))
	})
	g.check("GetTrendingStatuses", func(ctx context.Context) error {
		list, err := visitor.GetTrendingStatuses(ctx, nil)
		return errors.Join(err, wants(!slices.ContainsFunc(list, func(s *mastodon.Status) bool { return s.Visibility != "public" }), "not all are public"))
	})
	g.check("Search", func(ctx context.Context) error {
		r, err := anna.Search(ctx, "bert", false)
		if err != nil {
			return err
		}
		return wants(slices.Contains(accountNames(r.Accounts), "bert"), "%v", accountNames(r.Accounts))
	})
	g.lists(anna, other)
	var talk *mastodon.Conversation
	g.check("GetConversations", func(ctx context.Context) error {
		if _, err := bert.PostStatus(ctx, &mastodon.Toot{Status: "@anna Unter uns", Visibility: "direct"}); err != nil {
			return err
		}
		list, err := anna.GetConversations(ctx, nil)
		if err != nil || len(list) != 1 {
			return fmt.Errorf("%d conversations: %w", len(list), errors.Join(err))
		}
		talk = list[0]
		return errors.Join(wrong(accountNames(talk.Accounts), []string{"bert"}), wants(talk.Unread, "it is read"))
	})
	if talk == nil {
		return
	}
	g.check("GetTimelineDirect", func(ctx context.Context) error {
		list, err := anna.GetTimelineDirect(ctx, nil)
		return errors.Join(err, wrong(statusIDs(list), []mastodon.ID{talk.LastStatus.ID}))
	})
	g.check("MarkConversationAsRead", func(ctx context.Context) error {
		err := anna.MarkConversationAsRead(ctx, talk.ID)
		list, listErr := anna.GetConversations(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 1 && !list[0].Unread, "%+v", list))
	})
	g.check("DeleteConversation", func(ctx context.Context) error {
		err := anna.DeleteConversation(ctx, talk.ID)
		list, listErr := anna.GetConversations(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 0, "%+v", list))
	})
}

func (g *goContract) lists(anna *mastodon.Client, other *mastodon.Account) {
	var list *mastodon.List
	g.check("CreateList", func(ctx context.Context) (err error) {
		list, err = anna.CreateList(ctx, "Betrieb")
		return errors.Join(err, wants(list != nil && list.Title == "Betrieb", "%+v", list))
	})
	if list == nil {
		return
	}
	members := func(ctx context.Context, want ...string) error {
		got, err := anna.GetListAccounts(ctx, list.ID)
		return errors.Join(err, wants(slices.Equal(accountNames(got), want), "members %v", accountNames(got)))
	}
	g.check("AddToList", func(ctx context.Context) error { return anna.AddToList(ctx, list.ID, other.ID) })
	g.check("GetListAccounts", func(ctx context.Context) error { return members(ctx, "bert") })
	g.check("GetAccountLists", func(ctx context.Context) error {
		lists, err := anna.GetAccountLists(ctx, other.ID)
		return errors.Join(err, wants(len(lists) == 1 && lists[0].ID == list.ID, "%+v", lists))
	})
	g.check("GetTimelineList", func(ctx context.Context) error {
		statuses, err := anna.GetTimelineList(ctx, list.ID, nil)
		return errors.Join(err, wants(len(statuses) > 0 && !slices.ContainsFunc(statuses, func(s *mastodon.Status) bool { return s.Account.Acct != "bert" }), "%v", statusIDs(statuses)))
	})
	g.check("RenameList", func(ctx context.Context) error {
		renamed, err := anna.RenameList(ctx, list.ID, "Rechenzentrum")
		return errors.Join(err, wants(renamed != nil && renamed.Title == "Rechenzentrum", "%+v", renamed))
	})
	g.check("GetList", func(ctx context.Context) error {
		got, err := anna.GetList(ctx, list.ID)
		return errors.Join(err, wants(got != nil && got.Title == "Rechenzentrum", "%+v", got))
	})
	g.check("GetLists", func(ctx context.Context) error {
		lists, err := anna.GetLists(ctx)
		return errors.Join(err, wants(len(lists) == 1, "%d lists", len(lists)))
	})
	g.check("RemoveFromList", func(ctx context.Context) error {
		return errors.Join(anna.RemoveFromList(ctx, list.ID, other.ID), members(ctx))
	})
	g.check("DeleteList", func(ctx context.Context) error {
		err := anna.DeleteList(ctx, list.ID)
		_, gone := anna.GetList(ctx, list.ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

func (g *goContract) filters(anna *mastodon.Client) {
	var filter *mastodon.Filter
	same := func(f *mastodon.Filter, err error, phrase string, whole bool) error {
		if err != nil {
			return err
		}
		return wrong([]any{f.Phrase, f.Context, f.WholeWord}, []any{phrase, []string{"home"}, whole})
	}
	g.check("CreateFilter", func(ctx context.Context) (err error) {
		filter, err = anna.CreateFilter(ctx, &mastodon.Filter{Phrase: "Eintopf", Context: []string{"home"}, WholeWord: true, ExpiresAt: time.Now().Add(time.Hour)})
		return same(filter, err, "Eintopf", true)
	})
	if filter == nil {
		return
	}
	g.check("GetFilter", func(ctx context.Context) error {
		f, err := anna.GetFilter(ctx, filter.ID)
		return same(f, err, "Eintopf", true)
	})
	g.check("UpdateFilter", func(ctx context.Context) error {
		f, err := anna.UpdateFilter(ctx, filter.ID, &mastodon.Filter{ID: filter.ID, Phrase: "Suppe", Context: []string{"home"}})
		return same(f, err, "Suppe", false)
	})
	g.check("GetFilters", func(ctx context.Context) error {
		list, err := anna.GetFilters(ctx)
		return errors.Join(err, wants(len(list) == 1 && list[0].Phrase == "Suppe", "%+v", list))
	})
	g.check("DeleteFilter", func(ctx context.Context) error {
		err := anna.DeleteFilter(ctx, filter.ID)
		_, gone := anna.GetFilter(ctx, filter.ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

func (g *goContract) notifications(anna, bert *mastodon.Client, note *mastodon.Status) {
	var told []*mastodon.Notification
	g.check("GetNotifications", func(ctx context.Context) error {
		within(g.t, "notifications of a mention, a favourite and a boost", func() bool {
			var err error
			told, err = anna.GetNotifications(ctx, &mastodon.Pagination{Limit: 40})
			types := map[string]bool{}
			for _, n := range told {
				types[n.Type] = true
			}
			return err == nil && types["mention"] && types["favourite"] && types["reblog"]
		})
		i := slices.IndexFunc(told, func(n *mastodon.Notification) bool { return n.Type == "favourite" })
		return wrong([]string{told[i].Account.Acct, string(told[i].Status.ID)}, []string{"bert", string(note.ID)})
	})
	g.check("GetNotificationsExclude", func(ctx context.Context) error {
		list, err := anna.GetNotificationsExclude(ctx, &[]string{"mention"}, nil)
		return errors.Join(err, wants(len(list) > 0 && !slices.ContainsFunc(list, func(n *mastodon.Notification) bool { return n.Type == "mention" }), "%d, or a mention", len(list)))
	})
	g.check("Notifications", func(ctx context.Context) error {
		seen := 0
		for n, err := range anna.Notifications(ctx, &mastodon.NotificationFilter{Includes: []string{"mention"}}, &mastodon.Pagination{Limit: 1}) {
			if err != nil {
				return err
			}
			if seen++; n.Type != "mention" {
				return fmt.Errorf("a %s", n.Type)
			}
		}
		return wants(seen > 0, "none")
	})
	g.check("GetNotification", func(ctx context.Context) error {
		n, err := anna.GetNotification(ctx, told[0].ID)
		if err != nil {
			return err
		}
		return wrong([]string{string(n.ID), n.Type}, []string{string(told[0].ID), told[0].Type})
	})
	g.check("DismissNotification", func(ctx context.Context) error {
		err := anna.DismissNotification(ctx, told[0].ID)
		_, gone := anna.GetNotification(ctx, told[0].ID)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
	g.check("ClearNotifications", func(ctx context.Context) error {
		err := anna.ClearNotifications(ctx)
		list, listErr := anna.GetNotifications(ctx, nil)
		return errors.Join(err, listErr, wants(len(list) == 0, "%d left", len(list)))
	})
	yes, no := mastodon.Sbool(true), mastodon.Sbool(false)
	g.check("AddPushSubscription", func(ctx context.Context) error {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		s, err := anna.AddPushSubscription(ctx, "https://push.example/anna", key.PublicKey, []byte("0123456789abcdef"), mastodon.PushAlerts{Mention: &yes, Follow: &no})
		if err != nil {
			return err
		}
		return errors.Join(wrong([]any{s.Endpoint, *s.Alerts.Mention, *s.Alerts.Follow}, []any{"https://push.example/anna", yes, no}), wants(s.ServerKey != "", "no key"))
	})
	g.check("UpdatePushSubscription", func(ctx context.Context) error {
		s, err := anna.UpdatePushSubscription(ctx, &mastodon.PushAlerts{Follow: &yes, Mention: &no})
		if err != nil {
			return err
		}
		return wrong([]mastodon.Sbool{*s.Alerts.Follow, *s.Alerts.Mention}, []mastodon.Sbool{yes, no})
	})
	g.check("GetPushSubscription", func(ctx context.Context) error {
		s, err := anna.GetPushSubscription(ctx)
		if err != nil {
			return err
		}
		return wrong(s.Endpoint, "https://push.example/anna")
	})
	g.check("RemovePushSubscription", func(ctx context.Context) error {
		err := anna.RemovePushSubscription(ctx)
		_, gone := anna.GetPushSubscription(ctx)
		return errors.Join(err, refusedWith(gone, http.StatusNotFound))
	})
}

// streams listens by server-sent events and by WebSocket.
func (g *goContract) streams(anna, bert *mastodon.Client, other *mastodon.Account) {
	ws := anna.NewWSClient()
	g.called["NewWSClient"]++
	ws.NetDialContext = loopback.Transport.(*http.Transport).DialContext
	list, err := anna.CreateList(g.t.Context(), "Strom")
	if err != nil {
		g.t.Fatal(err)
	}
	if err := anna.AddToList(g.t.Context(), list.ID, other.ID); err != nil {
		g.t.Fatal(err)
	}
	for _, s := range []struct {
		method, text, visibility string
		open                     func(ctx context.Context) (chan mastodon.Event, error)
	}{
		{"StreamingUser", "Strom eins", "public", anna.StreamingUser},
		{"StreamingPublic", "Strom zwei", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingPublic(ctx, false) }},
		{"StreamingPublic", "Strom drei", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingPublic(ctx, true) }},
		{"StreamingHashtag", "Ein #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return anna.StreamingHashtag(ctx, "Kilowatt", false)
		}},
		{"StreamingHashtag", "Zwei #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return anna.StreamingHashtag(ctx, "Kilowatt", true)
		}},
		{"StreamingList", "Strom vier", "public", func(ctx context.Context) (chan mastodon.Event, error) { return anna.StreamingList(ctx, list.ID) }},
		{"StreamingDirect", "@anna Strom fünf", "direct", anna.StreamingDirect},
		{"StreamingWSUser", "Strom sechs", "private", ws.StreamingWSUser},
		{"StreamingWSPublic", "Strom sieben", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSPublic(ctx, false) }},
		{"StreamingWSPublic", "Strom acht", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSPublic(ctx, true) }},
		{"StreamingWSHashtag", "Drei #Kilowatt", "public", func(ctx context.Context) (chan mastodon.Event, error) {
			return ws.StreamingWSHashtag(ctx, "Kilowatt", false)
		}},
		{"StreamingWSList", "Strom neun", "public", func(ctx context.Context) (chan mastodon.Event, error) { return ws.StreamingWSList(ctx, list.ID) }},
		{"StreamingWSDirect", "@anna Strom zehn", "direct", ws.StreamingWSDirect},
	} {
		g.check(s.method, func(ctx context.Context) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			events, err := s.open(ctx)
			if err != nil {
				return err
			}
			defer drain(events)
			defer cancel()
			time.Sleep(400 * time.Millisecond) // the server tells nobody when a stream stands
			if _, err := bert.PostStatus(ctx, &mastodon.Toot{Status: s.text, Visibility: s.visibility}); err != nil {
				return err
			}
			return heard(events, s.text)
		})
	}
}

// drain reads what still comes, so that the library's sender ends.
func drain(events chan mastodon.Event) {
	go func() {
		for range events {
		}
	}()
}

// heard waits for the status that holds the first word of text.
func heard(events chan mastodon.Event, text string) error {
	word := strings.TrimPrefix(text, "@anna ")
	word, _, _ = strings.Cut(word, " #")
	var kinds []string
	late := time.After(10 * time.Second)
	for {
		select {
		case <-late:
			return fmt.Errorf("heard only %v", kinds)
		case e, open := <-events:
			if !open {
				return fmt.Errorf("the stream ended after %v", kinds)
			}
			kinds = append(kinds, fmt.Sprintf("%T", e))
			switch e := e.(type) {
			case *mastodon.ErrorEvent:
				return e
			case *mastodon.UpdateEvent:
				if strings.Contains(e.Status.Content, word) {
					return wrong(e.Status.Account.Acct, "bert")
				}
			case *mastodon.ConversationEvent:
				if strings.Contains(e.Conversation.LastStatus.Content, word) {
					return nil
				}
			}
		}
	}
}

// count fails for methods that are neither called nor excluded, and says how many there are.
func (g *goContract) count() {
	methods := []string{"RegisterApp"}
	for _, client := range []reflect.Type{reflect.TypeFor[*mastodon.Client](), reflect.TypeFor[*mastodon.WSClient]()} {
		for m := range client.NumMethod() {
			methods = append(methods, client.Method(m).Name)
		}
	}
	slices.Sort(methods)
	methods = slices.Compact(methods)
	left := 0
	for _, m := range methods {
		reason, excluded := goExcluded[m]
		for prefix, why := range goExcluded {
			if p, ok := strings.CutSuffix(prefix, "*"); ok && strings.HasPrefix(m, p) {
				reason, excluded = why, true
			}
		}
		switch {
		case g.called[m] == 0 && !excluded:
			g.t.Errorf("%s is neither called nor excluded", m)
		case g.called[m] > 0 && excluded:
			g.t.Errorf("%s is called, but excluded too: %s", m, reason)
		case excluded:
			left++
		}
	}
	for m := range g.called {
		if !slices.Contains(methods, m) {
			g.t.Errorf("%s is called, but no method of go-mastodon", m)
		}
	}
	calls := 0
	for _, n := range g.called {
		calls += n
	}
	line := fmt.Sprintf("go-mastodon: %d methods, %d called (%d calls), %d passed, %d excluded", len(methods), len(g.called), calls, len(g.called)-len(g.failed), left)
	g.session.write("%s\n", line)
	g.t.Log(line)
}
