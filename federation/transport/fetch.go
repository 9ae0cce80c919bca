package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

const (
	activityStreams = "https://www.w3.org/ns/activitystreams"
	activityType    = "application/activity+json"
	acceptActivity  = activityType + `, application/ld+json; profile="` + activityStreams + `"`
)

// Document is an ActivityStreams document as its origin serves it: URI is its id, proved to be the origin's own.
type Document struct {
	URI  string
	Body []byte
	ETag string // what the origin calls this version, "" when it does not say
}

// Get fetches an object or actor by its id or page address, signed by the instance actor.
// Errors: fault.NotFound, fault.Gone, fault.Unavailable, fault.Invalid (no such document, or not trustworthy),
// fault.Forbidden (blocked or refused address).
func (c *Client) Get(ctx context.Context, uri string) (Document, error) {
	return c.document(ctx, uri, "")
}

// GetIf is Get for who has a version already, by its ETag: changed is false, and nothing is returned, when the origin
// still has that one (RFC 9110, 13.1.2).
func (c *Client) GetIf(ctx context.Context, uri, etag string) (doc Document, changed bool, err error) {
	doc, err = c.document(ctx, uri, etag)
	if errors.Is(err, errNotModified) {
		return Document{}, false, nil
	}
	return doc, err == nil, err
}

var errNotModified = errors.New("not modified")

func (c *Client) document(ctx context.Context, uri, etag string) (Document, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	a, err := c.get(ctx, uri, request{accept: acceptActivity, signed: true, redirects: maxRedirects, is: IsActivity, etag: etag})
	if err != nil {
		return Document{}, err
	}
	id, err := documentID(a.body)
	if err != nil {
		return Document{}, invalid(fmt.Errorf("%s: %w", a.url, err))
	}
	if a.is(id) {
		return Document{URI: id, Body: a.body, ETag: a.etag}, nil
	}
	// RULE: what a document calls itself counts only if that address says the same. A page address may lead to an
	// object of the same host; a document that names another host's object is not believed at all.
	if hostOfURI(id) != hostOf(a.url) {
		return Document{}, invalid(fmt.Errorf("%s claims to be %s", a.url, id))
	}
	a, err = c.get(ctx, id, request{accept: acceptActivity, signed: true, redirects: maxRedirects, is: IsActivity})
	if err != nil {
		return Document{}, err
	}
	if again, err := documentID(a.body); err != nil || again != id || !a.is(id) {
		return Document{}, invalid(fmt.Errorf("%s does not lead to itself", id))
	}
	return Document{URI: id, Body: a.body}, nil
}

// request says what get may do.
type request struct {
	accept    string
	signed    bool
	redirects int
	is        func(contentType string) bool
	etag      string // of the version that the asker has
	limit     int64  // bytes; 0: maxDocument
}

// answer is a document as it came, with the address it came from in the end.
type answer struct {
	asked   string   // without fragment
	url     *url.URL // of the last hop
	strayed bool     // a redirect led to another host
	body    []byte
	etag    string
}

// maxETag is the longest ETag we keep, in bytes.
const maxETag = 200

// is reports whether the answer may call itself id: it stands at that address, or was sent on from there by the
// same host.
func (a *answer) is(id string) bool {
	u, err := url.Parse(id)
	if err != nil {
		return false
	}
	id = u.String() // escaped as the other two are
	return id == a.url.String() || (id == a.asked && !a.strayed)
}

// get follows at most the redirects allowed; every hop is checked and signed anew.
func (c *Client) get(ctx context.Context, uri string, rq request) (*answer, error) {
	u, err := c.checkTarget(ctx, uri)
	if err != nil {
		return nil, err
	}
	a := &answer{asked: u.String(), url: u}
	for hops := 0; ; hops++ {
		res, err := c.getOnce(ctx, a.url, rq)
		if err != nil {
			return nil, err
		}
		if res.StatusCode == http.StatusNotModified && rq.etag != "" {
			res.Body.Close()
			return nil, errNotModified
		}
		next, err := redirectTarget(res, a.url)
		if next == nil && err == nil {
			if tag := res.Header.Get("ETag"); len(tag) <= maxETag && clean(tag) {
				a.etag = tag
			}
			a.body, err = readDocument(res, a.url, rq)
			return a, err
		}
		res.Body.Close()
		if err == nil && hops >= rq.redirects {
			err = invalid(fmt.Errorf("%s: redirected too often", uri))
		}
		if err == nil {
			err = c.checkHop(ctx, a.url, next)
		}
		if err != nil {
			return nil, err
		}
		a.strayed = a.strayed || hostOf(next) != hostOf(a.url)
		a.url = next
	}
}

// checkTarget parses an address that someone else gave us and refuses what we do not talk to.
func (c *Client) checkTarget(ctx context.Context, uri string) (*url.URL, error) {
	u, err := url.Parse(uri)
	if err != nil || !clean(uri) {
		return nil, refused(fmt.Errorf("%w: %.200q is no address", ErrRefused, uri))
	}
	u.Fragment, u.RawFragment = "", ""
	if err := c.guard.checkURL(u); err != nil {
		return nil, refused(err)
	}
	if hostOf(u) == c.domain {
		return nil, refused(fmt.Errorf("%w: %s is our own", ErrRefused, u))
	}
	return u, c.checkBlocked(ctx, hostOf(u))
}

// checkHop refuses redirects that would lead where the first address could not have led.
func (c *Client) checkHop(ctx context.Context, from, to *url.URL) error {
	if _, err := c.checkTarget(ctx, to.String()); err != nil {
		return err
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return refused(fmt.Errorf("%w: %s redirects away from https", ErrRefused, from))
	}
	// RULE: hosts inside an administration's network are open to those who name them, not to strangers' redirects.
	if c.guard.isPrivate(to.Hostname(), portOf(to)) && !c.guard.isPrivate(from.Hostname(), portOf(from)) {
		return refused(fmt.Errorf("%w: %s redirects into a private network", ErrRefused, from))
	}
	return nil
}

func (c *Client) checkBlocked(ctx context.Context, host string) error {
	blocked, err := c.peers.Refused(ctx, host)
	if err != nil {
		return err
	}
	if blocked {
		return fault.Wrap(fault.Forbidden, "error.remote.blocked", fmt.Errorf("%w: %s is blocked", ErrRefused, host))
	}
	return nil
}

func (c *Client) getOnce(ctx context.Context, u *url.URL, rq request) (*http.Response, error) {
	if err := spend(ctx); err != nil {
		return nil, err
	}
	o := outgoing{method: http.MethodGet, url: u, header: http.Header{"Accept": {rq.accept}}, made: c.now()}
	if rq.etag != "" {
		o.header.Set("If-None-Match", rq.etag)
	}
	var res *http.Response
	var err error
	if rq.signed {
		if o.signer, err = c.instance(ctx); err != nil {
			return nil, err
		}
		res, err = c.send(ctx, o)
	} else {
		res, err = c.sendOnce(ctx, o, nil)
	}
	var network *url.Error
	switch {
	case errors.Is(err, ErrRefused):
		return nil, refused(err)
	case errors.As(err, &network), err != nil && ctx.Err() != nil:
		return nil, fault.Wrap(fault.Unavailable, "error.remote.unavailable", err)
	}
	return res, err
}

// redirectTarget returns where the answer sends us, nil when it is no redirect.
func redirectTarget(res *http.Response, from *url.URL) (*url.URL, error) {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	to, err := res.Location()
	if err != nil {
		return nil, invalid(fmt.Errorf("%s: redirect: %w", from, err))
	}
	to.Fragment, to.RawFragment = "", ""
	return to, nil
}

// readDocument reads an answer that should be a document of the kind asked for.
func readDocument(res *http.Response, u *url.URL, rq request) ([]byte, error) {
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, statusFault(&StatusError{URL: u.String(), Code: res.StatusCode})
	}
	if ct := res.Header.Get("Content-Type"); !rq.is(ct) {
		return nil, invalid(fmt.Errorf("%s has content type %.80q", u, ct))
	}
	limit := cmp.Or(rq.limit, maxDocument)
	// net/http has undone gzip here, so the limit counts what comes out of it.
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "error.remote.unavailable", fmt.Errorf("%s: %w", u, err))
	}
	if int64(len(body)) > limit {
		return nil, invalid(fmt.Errorf("%s is larger than %d bytes", u, limit))
	}
	return body, nil
}

func statusFault(err *StatusError) error {
	switch {
	case err.Code == http.StatusGone:
		return fault.Wrap(fault.Gone, "error.remote.gone", err)
	case err.Code == http.StatusRequestTimeout, err.Code == http.StatusTooEarly, err.Code == http.StatusTooManyRequests, err.Code >= 500:
		return fault.Wrap(fault.Unavailable, "error.remote.unavailable", err)
	case err.Code >= 400:
		// 401 and 403 too: what we may not see is not there for us.
		return fault.Wrap(fault.NotFound, "error.remote.not_found", err)
	}
	return invalid(err)
}

// documentID checks the shape of a document and returns its id.
func documentID(raw []byte) (string, error) {
	if err := vocab.CheckShape(raw); err != nil {
		return "", err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return "", err
	}
	if id := jsonString(doc["id"]); id != "" {
		return id, nil
	}
	return "", errors.New("document has no id")
}

// IsActivity reports whether a content type is ActivityStreams: plain JSON, or JSON-LD of another kind, could be someone's upload. The
// profile may come with other parameters and other profiles, and without the quotation marks that it needs.
func IsActivity(contentType string) bool {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	switch {
	case mediaType == activityType:
		return true
	case mediaType != "application/ld+json":
		return false
	case err == nil:
		return slices.Contains(strings.Fields(params["profile"]), activityStreams)
	}
	for parameter := range strings.SplitSeq(contentType, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(name, "profile") && value == activityStreams {
			return true
		}
	}
	return false
}

// clean reports whether a stranger's text may go to the database and the log: valid and without control characters.
func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

func invalid(err error) error {
	return fault.Wrap(fault.Invalid, "error.remote.invalid", fmt.Errorf("transport: %w", err))
}

func refused(err error) error {
	return fault.Wrap(fault.Forbidden, "error.remote.refused", fmt.Errorf("transport: %w", err))
}
