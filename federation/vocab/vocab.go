// Package vocab translates between the domain and ActivityStreams: it builds every document we send, reads every
// document we receive, and owns our extension terms (the literal prefix "vb:") and the JSON-LD context. It is the only
// package that uses go-fed's streams constructors. It must not read the database nor talk to other servers.
//
// Documents are built with the streams constructors, so the compiler checks which property belongs to which type, and
// then pass finalize, which gives them the exact shape that strict peers want. What arrives is read from its raw JSON:
// streams takes a text like "Kiel: heizt" for an address and changes it.
package vocab

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// MediaType is what we send and serve, without parameters.
const MediaType = "application/activity+json"

// PublicURI addresses everyone.
const PublicURI = "https://www.w3.org/ns/activitystreams#Public"

// Namespace is where our extension terms are defined; receivers match the literal prefix "vb:".
const Namespace = "https://w3id.org/vorbild#"

// Words speaks one language: it states key figures in a sentence for software that does not know our terms.
// *i18n.Localizer implements it.
type Words interface {
	T(key string, args ...any) string
	Number(v float64, digits int) string
}

// Renderer builds documents of one instance. It is safe for concurrent use.
type Renderer struct {
	baseURL string
	domain  string
	words   func(language string) Words
}

// NewRenderer returns a renderer for the instance at baseURL (no slash at its end).
func NewRenderer(baseURL string, words func(language string) Words) *Renderer {
	return &Renderer{baseURL: baseURL, domain: HostOf(baseURL), words: words}
}

// HostOf returns the host of an id, lower case and punycode, with its port unless it is the scheme's own; "" when it is not
// an http(s) address, or one whose host is spelled in a way that only hides which host it is.
func HostOf(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return ""
	}
	return Host(u)
}

// Host is HostOf for a parsed address.
func Host(u *url.URL) string {
	if (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.Opaque != "" {
		return ""
	}
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if !strings.Contains(name, ":") { // an IPv6 address is itself
		var ok bool
		if name, ok = dnsName(name); !ok {
			return ""
		}
	} else {
		name = "[" + name + "]"
	}
	// RULE: one host has one spelling. "evil.example." or "evil.example:" leads to the same server as "evil.example", but
	// would be neither blocked with it nor, if it were ours, known as ours.
	if n, err := strconv.ParseUint(port, 10, 16); strings.HasSuffix(u.Host, ":") || port != "" && (err != nil || strconv.FormatUint(n, 10) != port) {
		return ""
	}
	if port == "" || (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		return name
	}
	return name + ":" + port
}

// dnsName brings a name of DNS into the one form in which names are compared.
func dnsName(name string) (string, bool) {
	for _, r := range name {
		if r > unicode.MaxASCII {
			ascii, err := idna.Lookup.ToASCII(name)
			if err != nil {
				return "", false
			}
			name = ascii
			break
		}
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return name, true
}

// SameHost reports whether all ids are addresses on one and the same host.
func SameHost(ids ...string) bool {
	if len(ids) == 0 {
		return false
	}
	host := HostOf(ids[0])
	for _, id := range ids {
		if host == "" || HostOf(id) != host {
			return false
		}
	}
	return true
}
