package app_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
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
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
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
