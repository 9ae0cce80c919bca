package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// browser uses an instance's web pages as a member's browser or an operator's script does, and nothing else.
type browser struct {
	http *http.Client
}

func newBrowser() *browser {
	// Names under .localhost are this machine (RFC 6761), whatever the resolver says.
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &browser{http: &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var errNotYet = errors.New("not there yet")

// get reads a page. token is empty for a visitor.
func (b *browser) get(ctx context.Context, address, token string) (*http.Response, *goquery.Document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	return b.do(req, token)
}

// post sends a form and expects the redirect that follows a success; it returns where to.
func (b *browser) post(ctx context.Context, address, token string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, page, err := b.do(req, token)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("POST %s: %s: %s", address, resp.Status, complaint(page))
	}
	return resp.Header.Get("Location"), nil
}

func (b *browser) do(req *http.Request, token string) (*http.Response, *goquery.Document, error) {
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Language", "de")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	page, err := goquery.NewDocumentFromReader(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", req.Method, req.URL, err)
	}
	return resp, page, nil
}

// complaint is what a page says went wrong, in its own words.
func complaint(page *goquery.Document) string {
	text := strings.Join(strings.Fields(page.Find("[role=alert], .kern-alert, main h1").First().Text()), " ")
	return text[:min(len(text), 400)]
}

var postID = regexp.MustCompile(`^\d+$`)

// find returns the id an instance knows a post by, given the post's own ActivityPub id, as a visitor's search does; errNotYet until it
// has arrived.
func (b *browser) find(ctx context.Context, i Instance, uri string) (string, error) {
	resp, _, err := b.get(ctx, i.BaseURL()+"/suche?q="+url.QueryEscape(uri), "")
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return "", errNotYet
	}
	return idOf(resp.Header.Get("Location"))
}

// idOf reads the post's id from the address of its page: /praxisbeispiele/1, /diskussionen/1, /diskussionen/1#beitrag-2.
func idOf(location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", fmt.Errorf("address %q: %w", location, err)
	}
	id := path.Base(u.Path)
	if _, answer, ok := strings.Cut(u.Fragment, "beitrag-"); ok {
		id = answer
	}
	if !postID.MatchString(id) {
		return "", fmt.Errorf("address %q names no post", location)
	}
	return id, nil
}

// eventually repeats f until it succeeds or a minute has passed.
func eventually(ctx context.Context, what string, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, err)
		case <-time.After(150 * time.Millisecond):
		}
	}
}
