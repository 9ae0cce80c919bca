package transport

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
)

// acct is user@host as WebFinger means it; host is lower case and punycode, with a port if it has one.
type acct struct{ user, host string }

func (a acct) String() string   { return a.user + "@" + a.host }
func (a acct) resource() string { return "acct:" + a.String() }
func (a acct) same(b acct) bool { return strings.EqualFold(a.user, b.user) && a.host == b.host }
func (a acct) whole() bool      { return a.user != "" }

// parseAcct reads "user@host", "@user@host", "acct:user@host", or a bare host, which leaves user empty.
func parseAcct(s string) (acct, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(s), "acct:"), "@")
	var a acct
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		a.user, s = s[:at], s[at+1:]
		if a.user == "" || len(a.user) > 200 || !clean(a.user) || strings.ContainsAny(a.user, "@/?# \t\r\n") {
			return acct{}, fmt.Errorf("%.80q is no user name", a.user)
		}
	}
	host, err := parseHost(s)
	a.host = host
	return a, err
}

// parseHost brings a host name, with or without port, into the form hosts are stored in.
func parseHost(s string) (string, error) {
	s = strings.ToLower(s)
	u, err := url.Parse("https://" + s)
	if err != nil || u.Host != s || u.Hostname() == "" || len(s) > 260 || strings.ContainsAny(s, " \t\r\n%") {
		return "", fmt.Errorf("%.80q is no host name", s)
	}
	name := u.Hostname()
	if !strings.Contains(name, ".") && name != "localhost" && !strings.Contains(name, ":") {
		return "", fmt.Errorf("%.80q is no full host name", s)
	}
	if !strings.Contains(name, ":") { // IPv6 addresses stay as they are
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", fmt.Errorf("%.80q is no host name: %w", s, err)
		}
		u.Host = name + strings.TrimPrefix(s, u.Hostname())
	}
	host := hostOf(u)
	if host == "" {
		return "", fmt.Errorf("%.80q is no host name", s)
	}
	return host, nil
}

// jrd is the part of a WebFinger answer (RFC 7033) that leads to an actor.
type jrd struct {
	Subject string    `json:"subject"`
	Links   []jrdLink `json:"links"`
}

type jrdLink struct {
	Rel  string `json:"rel"`
	Type string `json:"type"`
	Href string `json:"href"`
}

func parseJRD(raw []byte) (jrd, error) {
	var doc jrd
	if err := vocab.CheckShape(raw); err != nil {
		return jrd{}, err
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return jrd{}, fmt.Errorf("webfinger: %w", err)
	}
	return doc, nil
}

// actor returns the address of the actor the answer is about.
func (d jrd) actor() (string, error) {
	for _, l := range d.Links {
		if l.Rel == "self" && IsActivity(l.Type) && l.Href != "" {
			return l.Href, nil
		}
	}
	return "", errors.New("webfinger answer names no actor")
}

func (d jrd) link(rel string) string {
	for _, l := range d.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// discovery is one search for one actor; it asks every question once.
type discovery struct {
	*Client
	asked map[string]jrd
}

func (c *Client) discover() *discovery { return &discovery{Client: c, asked: make(map[string]jrd)} }

// webfinger asks host about a resource; where the well-known place is not there, host-meta may know another.
func (d *discovery) webfinger(ctx context.Context, host, resource string) (jrd, error) {
	if doc, ok := d.asked[host+" "+resource]; ok {
		return doc, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	address := d.origin(host) + "/.well-known/webfinger?" + url.Values{"resource": {resource}}.Encode()
	ask := request{accept: "application/jrd+json, application/json", redirects: maxRedirects, is: isJRD}
	a, err := d.get(ctx, address, ask)
	if fault.Is(err, fault.NotFound) {
		template, metaErr := d.hostMeta(ctx, host)
		if metaErr != nil {
			return jrd{}, err // the first answer says more
		}
		address = strings.ReplaceAll(template, "{uri}", url.QueryEscape(resource))
		a, err = d.get(ctx, address, ask)
	}
	if err != nil {
		return jrd{}, err
	}
	doc, err := parseJRD(a.body)
	if err != nil {
		return jrd{}, invalid(fmt.Errorf("%s: %w", address, err))
	}
	d.asked[host+" "+resource] = doc
	return doc, nil
}

// hostMeta reads the address template of a host that keeps WebFinger elsewhere (RFC 6415).
func (d *discovery) hostMeta(ctx context.Context, host string) (string, error) {
	address := d.origin(host) + "/.well-known/host-meta"
	a, err := d.get(ctx, address, request{accept: "application/xrd+xml, application/xml, text/xml", redirects: maxRedirects, is: isXML})
	if err != nil {
		return "", err
	}
	return parseHostMeta(a.body)
}

func parseHostMeta(raw []byte) (string, error) {
	var doc struct {
		Links []struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		return "", invalid(fmt.Errorf("host-meta: %w", err))
	}
	for _, l := range doc.Links {
		if l.Rel == "lrdd" && strings.Contains(l.Template, "{uri}") {
			return l.Template, nil
		}
	}
	return "", invalid(errors.New("host-meta has no lrdd template"))
}

// origin returns the base address of a host. http is spoken only among the hosts the operator named, and only when
// we ourselves are on http.
func (c *Client) origin(host string) string {
	if u, err := url.Parse("http://" + host); err == nil && c.base.Scheme == "http" && c.guard.isPrivate(u.Hostname(), portOf(u)) {
		return "http://" + host
	}
	return "https://" + host
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/json" || strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"))
}

// isJRD also takes what file servers call a file without a name's end, which is how small instances keep their one answer: a host
// says at that address only what it wants to.
func isJRD(contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return mediaType == "" || mediaType == "text/plain" || mediaType == "application/octet-stream" || isJSON(contentType)
}

func isXML(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == "application/xrd+xml" || mediaType == "application/xml" || mediaType == "text/xml")
}
