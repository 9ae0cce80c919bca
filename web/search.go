package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

// searchView is the page of the search field in the header.
type searchView struct {
	Text       string
	Part       string // of what was found: "" a little of all, partNotes, partPeople
	Practices  int
	Best       []practiceHit // those that fit best
	Loose      bool
	Meant      *facetChoice // the search as it was probably meant
	Notes      []noteHit
	NoteCount  int
	MoreNotes  string    // where the others are
	Papers     []noteHit // documents and editions
	PaperCount int
	MorePapers string
	People     []account.Account
	Known      int // accounts that fit
	MorePeople string
	Pages      pagination    // of a part
	Tagged     []postView    // posts with the hashtag that was asked for
	Older      pagination    // of Tagged
	Instance   *instanceView // a whole instance was asked for
	Message    string        // key: why an address led nowhere
	Kind       string        // of the message: info, warning
	Login      string        // for visitors: where to log in to fetch it
}

// instanceView is another instance, to follow as a whole.
type instanceView struct {
	Account        account.Account
	Groups         []account.Account // its catalogue and forum
	Relation       follow.Relation   // of our catalogue
	MayFollow      bool
	OtherSoftware  bool
	FollowHref     string
	UnfollowHref   string
	OnlyForEditors bool
}

// How long a person waits for another server, and the longest text that is searched for.
const (
	resolvePeriod = 10 * time.Second
	maxQuery      = 500
	maxPeople     = 80 // how many accounts a search counts
	bestPractices = 3
	bestNotes     = 5
	bestPapers    = 3
	bestPeople    = 5
	hitsPerPage   = 20
)

// Parts of what a search finds, as ?art= names them.
const (
	partPapers = "handreichungen"
	partNotes  = "beitraege"
	partPeople = "konten"
)

// practiceHit is a practice with the place where it was found.
type practiceHit struct {
	practice.View
	Excerpt []german.Segment
}

// noteHit is a discussion or a comment, a document or an edition, with the place where it was found.
type noteHit struct {
	search.Note
	Href    string
	Heading string
}

var (
	handlePattern = regexp.MustCompile(`^@?([A-Za-z0-9_][A-Za-z0-9_.-]*)@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?)$`)
	domainPattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+(?::[0-9]{1,5})?$`)
)

// showTag is where the hashtags in posts lead, here and in clients: what the search finds for it.
func (s *Site) showTag(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/suche?q="+url.QueryEscape("#"+pathText(r, "name")), http.StatusSeeOther)
	return nil
}

// search leads to what an address names, offers to follow an instance, or finds practices and people by a word.
func (s *Site) search(w http.ResponseWriter, r *http.Request) error {
	text := strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.URL.Query().Get("q"), "\x00", ""), ""))
	if utf8.RuneCountInString(text) > maxQuery {
		text = string([]rune(text)[:maxQuery])
	}
	view := searchView{Text: text}
	if part := r.URL.Query().Get("art"); part == partPapers || part == partNotes || part == partPeople {
		view.Part = part
	}
	var target string
	var err error
	switch {
	case text == "":
	case strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://"):
		target, err = s.findURL(r, text)
	case handlePattern.MatchString(text):
		target, err = s.findHandle(r, strings.TrimPrefix(text, "@"))
	case domainPattern.MatchString(text):
		target, err = s.findInstance(r, strings.ToLower(text), &view)
	default:
		if strings.HasPrefix(text, "@") {
			if a, err := s.Accounts.ByHandle(r.Context(), strings.ToLower(text[1:])); err == nil {
				target = profileURL(a)
			}
		}
	}
	if err != nil {
		if err = s.explain(r, &view, err); err != nil {
			return fmt.Errorf("search %q: %w", text, err)
		}
	}
	if target != "" {
		http.Redirect(w, r, target, http.StatusSeeOther)
		return nil
	}
	if text != "" && view.Instance == nil && view.Message == "" {
		if err := s.searchWords(r, &view); err != nil {
			return fmt.Errorf("search %q: %w", text, err)
		}
	}
	return s.render(w, r, http.StatusOK, "search", page{Title: s.t(r, "search.title"), Data: view, NoIndex: true})
}

// explain turns a failed lookup into words on the page; other errors go on.
func (s *Site) explain(r *http.Request, view *searchView, err error) error {
	switch {
	case errors.Is(err, errUnknownHere):
		view.Message, view.Kind = "search.visitor", "info"
		view.Login = "/anmelden?weiter=" + url.QueryEscape(r.URL.RequestURI())
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone), fault.Is(err, fault.Invalid):
		view.Message, view.Kind = "search.notfound", "warning"
	case fault.Is(err, fault.Limited):
		view.Message, view.Kind = "search.limited", "warning"
	case fault.Is(err, fault.Unavailable), errors.Is(err, context.DeadlineExceeded):
		view.Message, view.Kind = "search.unavailable", "warning"
	case fault.Is(err, fault.Forbidden):
		view.Message, view.Kind = "search.notfound", "warning"
	default:
		return err
	}
	return nil
}

// errUnknownHere says that only other servers could know it, and that the reader may not make us ask them.
var errUnknownHere = errors.New("not known here, and visitors do not make us ask others")

// mayResolve reports whether the reader may make us talk to other servers.
func (s *Site) mayResolve(r *http.Request) bool {
	reader := currentAccount(r)
	return s.Resolver != nil && reader != nil && reader.Able(account.RoleMember)
}

// findURL leads to the post or the profile with that ActivityPub id or page address.
func (s *Site) findURL(r *http.Request, address string) (string, error) {
	ctx, cancel := context.WithTimeout(r.Context(), resolvePeriod)
	defer cancel()
	if target, err := s.knownURL(r, address); target != "" || err != nil {
		return target, err
	}
	if !s.mayResolve(r) {
		return "", errUnknownHere
	}
	reader := currentAccount(r)
	if u, err := url.Parse(address); err == nil && (u.Path == "" || u.Path == "/") {
		// The start page of an instance.
		a, err := s.lookUpHandle(ctx, *reader, strings.ToLower(u.Host))
		if err != nil {
			return "", err
		}
		return profileURL(a), nil
	}
	if s.FetchPost != nil {
		p, err := s.lookUpPost(ctx, *reader, address)
		if err == nil {
			return s.permalink(ctx, p)
		}
		if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
			return "", err
		}
	}
	a, err := s.lookUpURI(ctx, *reader, address)
	if err != nil {
		return "", err
	}
	return profileURL(a), nil
}

// knownURL leads to what we have already; "" when there is nothing the reader may see.
func (s *Site) knownURL(r *http.Request, address string) (string, error) {
	ctx := r.Context()
	p, err := s.Posts.Find(ctx, address)
	switch {
	case err == nil:
		if _, err := s.Posts.ByID(ctx, viewer(r), p.ID); err != nil {
			return "", err
		}
		return s.permalink(ctx, p)
	case !fault.Is(err, fault.NotFound):
		return "", err
	}
	a, err := s.Accounts.ByURI(ctx, address)
	switch {
	case err == nil:
		return profileURL(a), nil
	case !fault.Is(err, fault.NotFound):
		return "", err
	}
	// An address on this instance is just that page.
	if rest, ok := strings.CutPrefix(address, s.Config.BaseURL+"/"); ok {
		return localPath("/"+rest, "/"), nil
	}
	return "", nil
}

// findHandle leads to the profile of user@host.
func (s *Site) findHandle(r *http.Request, handle string) (string, error) {
	name, host, _ := strings.Cut(strings.ToLower(handle), "@")
	known := name + "@" + host
	if host == strings.ToLower(s.Config.Domain()) {
		known = name
	}
	a, err := s.Accounts.ByHandle(r.Context(), known)
	if fault.Is(err, fault.NotFound) && known != name {
		if !s.mayResolve(r) {
			return "", errUnknownHere
		}
		ctx, cancel := context.WithTimeout(r.Context(), resolvePeriod)
		defer cancel()
		a, err = s.lookUpHandle(ctx, *currentAccount(r), handle)
	}
	if err != nil {
		return "", err
	}
	return profileURL(a), nil
}

// findInstance shows another instance as a whole.
func (s *Site) findInstance(r *http.Request, host string, view *searchView) (string, error) {
	if host == strings.ToLower(s.Config.Domain()) {
		return "/instanz", nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), resolvePeriod)
	defer cancel()
	a, err := s.Accounts.ByHandle(ctx, host+"@"+host)
	if fault.Is(err, fault.NotFound) {
		if !s.mayResolve(r) {
			return "", errUnknownHere
		}
		a, err = s.lookUpHandle(ctx, *currentAccount(r), host)
	}
	if err != nil {
		return "", err
	}
	instance := instanceView{Account: a, FollowHref: profileURL(a) + "/folgen", UnfollowHref: profileURL(a) + "/entfolgen"}
	if a.CatalogURI == "" && a.ForumURI == "" {
		instance.OtherSoftware = true
	} else if s.mayResolve(r) {
		if instance.Groups, err = s.targetsOf(ctx, a); err != nil {
			return "", err
		}
	}
	reader := currentAccount(r)
	instance.OnlyForEditors = reader != nil && !reader.Able(account.RoleEditor)
	if reader != nil && reader.Able(account.RoleEditor) && !instance.OtherSoftware {
		instance.MayFollow = true
		if instance.Relation, err = s.instanceRelation(ctx, a); err != nil {
			return "", err
		}
	}
	view.Instance = &instance
	return "", nil
}
