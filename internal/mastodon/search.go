package mastodon

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// Search is the Search entity.
type Search struct {
	Accounts []Account `json:"accounts"`
	Statuses []Status  `json:"statuses"`
	Hashtags []Tag     `json:"hashtags"`
}

// Of a search: how long we wait for another server, how long a text is, and how deep one can page.
const (
	resolvePeriod = 10 * time.Second
	maxQuery      = 500
	usualResults  = 20
	mostResults   = 40
	deepest       = 200
)

var (
	remoteHandle = regexp.MustCompile(`^@?[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$`)
	localHandle  = regexp.MustCompile(`^@?[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	fromOperator = regexp.MustCompile(`^from:@?(\S+)$`)
)

func trimHandle(handle string) string { return strings.TrimPrefix(strings.TrimSpace(handle), "@") }

// asking bounds the time that another server has to answer.
func (c *call) asking() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx(), resolvePeriod)
}

// searchAccounts finds known accounts; with resolve, a complete handle is looked up where it lives.
func (s *Server) searchAccounts(c *call) (any, error) {
	accounts, err := s.findAccounts(c, c.query(), usualAccounts, mostAccounts)
	if err != nil {
		return nil, err
	}
	return s.accountEntities(c.ctx(), accounts)
}

// query is the text that is searched for.
func (c *call) query() string {
	text := []rune(strings.TrimSpace(c.params.text("q")))
	return string(text[:min(len(text), maxQuery)])
}

// search finds all three kinds of things. An address finds exactly what it names.
func (s *Server) search(c *call) (any, error) {
	result := Search{Accounts: []Account{}, Statuses: []Status{}, Hashtags: []Tag{}}
	text, kind := c.query(), c.params.text("type")
	if text == "" {
		return result, nil
	}
	if c.offset() > 0 && c.account().ID == 0 {
		return result, nil // visitors see the first page
	}
	wants := func(k string) bool { return kind == "" || kind == k }
	var err error
	if isAddress(text) {
		err = s.searchAddress(c, text, wants, &result)
		return result, err
	}
	if wants("accounts") && !strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "from:") {
		accounts, err := s.findAccounts(c, text, usualResults, mostResults)
		if err != nil {
			return nil, err
		}
		if result.Accounts, err = s.accountEntities(c.ctx(), accounts); err != nil {
			return nil, err
		}
	}
	if wants("statuses") && !strings.HasPrefix(text, "@") {
		if result.Statuses, err = s.findStatuses(c, text); err != nil {
			return nil, err
		}
	}
	if wants("hashtags") && !strings.HasPrefix(text, "@") {
		tags, err := s.Tags.Search(c.ctx(), c.viewer(), text, c.page(usualResults, mostResults).Limit, c.offset())
		if err != nil {
			return nil, err
		}
		result.Hashtags = s.tagEntities(c, tags)
	}
	return result, nil
}

// findAccounts finds accounts by their names, and a complete handle also where it lives. Whom the reader muted or blocked is
// found by the exact name only: command-line clients search for whom they unmute.
func (s *Server) findAccounts(c *call, text string, usual, most int) ([]account.Account, error) {
	list, err := s.Accounts.Search(c.ctx(), account.Query{
		ViewerID: c.viewer().AccountID, Text: text, FollowedOnly: c.params.boolean("following", false) && c.account().ID != 0,
		Limit: c.page(usual, most).Limit, Offset: c.offset(),
	})
	remote := remoteHandle.MatchString(text)
	if err != nil || !remote && !localHandle.MatchString(text) || c.offset() > 0 || c.params.boolean("following", false) {
		return list, err
	}
	exact, err := s.Accounts.ByHandle(c.ctx(), text)
	if !remote {
		return s.withShutOut(c, exact, err, list)
	}
	if fault.Is(err, fault.NotFound) && c.params.boolean("resolve", false) && mayResolve(c) {
		exact, err = s.resolveHandle(c, text)
	}
	switch {
	case unreachable(err):
		return list, nil
	case err != nil:
		return nil, err
	case exact.State == account.Gone || slices.ContainsFunc(list, func(a account.Account) bool { return a.ID == exact.ID }):
		return list, nil
	}
	return append([]account.Account{exact}, list...), nil
}

// withShutOut puts exact before the list if it is only missing because the reader shut it out.
func (s *Server) withShutOut(c *call, exact account.Account, err error, list []account.Account) ([]account.Account, error) {
	switch {
	case fault.Is(err, fault.NotFound) || err == nil && (c.account().ID == 0 || exact.State == account.Gone):
		return list, nil
	case err != nil:
		return nil, err
	}
	byID, err := s.Relationships.Between(c.ctx(), c.account().ID, []int64{exact.ID})
	if r := byID[exact.ID]; err != nil || !r.Muting && !r.Blocking {
		return list, err
	}
	return append([]account.Account{exact}, list...), nil
}

// unreachable says that there is nothing, or nothing to be had now, at the place that someone named: a search finds nothing then.
func unreachable(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Unavailable) ||
		fault.Is(err, fault.Forbidden) || errors.Is(err, context.DeadlineExceeded)
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// searchAddress finds the one post or account with that ActivityPub id or page; with resolve, where it lives.
func (s *Server) searchAddress(c *call, address string, wants func(string) bool, result *Search) error {
	resolve := c.params.boolean("resolve", false) && mayResolve(c)
	if wants("statuses") {
		p, err := s.Posts.Find(c.ctx(), address)
		if fault.Is(err, fault.NotFound) && resolve {
			p, err = s.fetchPost(c, address)
		}
		if err == nil {
			status, err := s.statusByID(c.ctx(), c.viewer(), p.ID)
			if err == nil {
				result.Statuses = append(result.Statuses, status)
				return nil
			}
			if !unreachable(err) {
				return err
			}
		} else if !unreachable(err) {
			return err
		}
	}
	if !wants("accounts") {
		return nil
	}
	a, err := s.accountAt(c, address, resolve)
	switch {
	case unreachable(err):
		return nil
	case err != nil:
		return err
	case a.State == account.Gone:
		return nil
	}
	entity, err := s.accountEntity(c.ctx(), a)
	result.Accounts = append(result.Accounts, entity)
	return err
}

func (s *Server) fetchPost(c *call, address string) (p post.Post, err error) {
	if err := s.Accounts.CountLookup(c.account()); err != nil {
		return p, err
	}
	ctx, cancel := c.asking()
	defer cancel()
	return s.FetchPost(ctx, address)
}

// accountAt finds an account by its ActivityPub id, or by its page on this instance.
func (s *Server) accountAt(c *call, address string, resolve bool) (account.Account, error) {
	a, err := s.Accounts.ByURI(c.ctx(), address)
	if !fault.Is(err, fault.NotFound) {
		return a, err
	}
	if rest, ours := strings.CutPrefix(address, s.Config.BaseURL+"/"); ours {
		if handle, ok := strings.CutPrefix(rest, "@"); ok && !strings.Contains(handle, "/") {
			return s.Accounts.ByHandle(c.ctx(), handle)
		}
		return a, err
	}
	if !resolve {
		return a, err
	}
	if err := s.Accounts.CountLookup(c.account()); err != nil {
		return a, err
	}
	ctx, cancel := c.asking()
	defer cancel()
	return s.Resolver.ResolveURI(ctx, address)
}

// findStatuses finds practices by their words and, for people, posts they know. from:me and from:handle narrow it to one author.
func (s *Server) findStatuses(c *call, text string) ([]Status, error) {
	q := post.Query{Limit: c.page(usualResults, mostResults).Limit, Offset: c.offset(), FromID: c.params.id("account_id")}
	var words []string
	for _, word := range strings.Fields(text) {
		from := fromOperator.FindStringSubmatch(word)
		if from == nil {
			words = append(words, word)
			continue
		}
		author := c.account()
		if from[1] != "me" {
			var err error
			if author, err = s.Accounts.ByHandle(c.ctx(), from[1]); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		if author.ID == 0 {
			return []Status{}, nil
		}
		q.FromID = author.ID
	}
	if q.Offset >= deepest {
		return []Status{}, nil
	}
	q.Words = words
	var err error
	if q.Best, err = s.Practices.Find(c.ctx(), c.viewer(), strings.Join(words, " "), min(q.Offset+q.Limit, deepest)); err != nil {
		return nil, err
	}
	views, err := s.Posts.Search(c.ctx(), c.viewer(), q)
	if err != nil {
		return nil, err
	}
	return s.statusEntities(c.ctx(), c.viewer(), views)
}
