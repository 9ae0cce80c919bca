package peer

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/vorbild/vorbild/internal/fault"
)

// Limits of what a rule says, in characters.
const (
	MaxDomain         = 253
	MaxPublicComment  = 1_000
	MaxPrivateComment = 5_000
)

var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

// Domain brings a name as people write it, or copy it from the address line, into the form of rules: lower case, in ASCII
// (IDNA), with a port only where it is not the usual one. A name of one label is taken with a port only: as such it stands in
// private networks, and otherwise it is most often a mistake. fault.Invalid says what is wrong in the field domain.
func Domain(text string) (string, error) {
	name, wrong := domain(text)
	if wrong != "" {
		return "", fault.Fields(fault.Field{Name: "domain", Message: wrong})
	}
	return name, nil
}

// domain is Domain with the key of what is wrong.
func domain(text string) (name, wrong string) {
	name = strings.ToLower(strings.TrimSpace(text))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://")
	name = strings.TrimSuffix(name, "/")
	switch {
	case name == "":
		return "", "error.policy.domain.empty"
	case strings.Contains(name, "*"):
		return "", "error.policy.domain.wildcard"
	case strings.Contains(name, "@"):
		return "", "error.policy.domain.person"
	}
	host, port := name, ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		host, port = name[:i], name[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return "", "error.policy.domain.port"
		}
	}
	if address, ok := strings.CutPrefix(host, "["); ok {
		ip, err := netip.ParseAddr(strings.TrimSuffix(address, "]"))
		if err != nil || !ip.Is6() || ip.Zone() != "" || !strings.HasSuffix(host, "]") {
			return "", "error.policy.domain.form"
		}
		host = "[" + ip.String() + "]"
	} else {
		ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
		if err != nil || len(ascii) > MaxDomain || !hostForm.MatchString(ascii) {
			return "", "error.policy.domain.form"
		}
		host = ascii
		if !strings.Contains(host, ".") && port == "" {
			return "", "error.policy.domain.label"
		}
	}
	if port != "" && port != "443" {
		host += ":" + port
	}
	return host, ""
}

// Shown is a domain as people write it: with its umlauts.
func Shown(domain string) string {
	if text, err := idna.Display.ToUnicode(domain); err == nil && !strings.Contains(domain, ":") {
		return text
	}
	return domain
}

// Check brings a rule into its form. own is the domain of this instance, which has no rule. fault.Invalid.
func (r Rule) Check(own string) (Rule, error) {
	var mistakes []fault.Field
	name, wrong := domain(r.Domain)
	if wrong == "" && slices.Contains(names(own), name) {
		wrong = "error.policy.domain.own"
	}
	if wrong != "" {
		mistakes = append(mistakes, fault.Field{Name: "domain", Message: wrong})
	} else {
		r.Domain = name
	}
	if !slices.Contains([]Severity{Unrestricted, Silence, Suspend}, r.Severity) {
		mistakes = append(mistakes, fault.Field{Name: "severity", Message: "error.policy.severity"})
	}
	r.Allowed = r.Allowed || r.Network
	if r.Severity == Suspend && r.Allowed {
		mistakes = append(mistakes, fault.Field{Name: "severity", Message: "error.policy.contradiction"})
	}
	for _, c := range []struct {
		name string
		text *string
		most int
	}{{"public_comment", &r.PublicComment, MaxPublicComment}, {"private_comment", &r.PrivateComment, MaxPrivateComment}} {
		*c.text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*c.text, ""), "\x00", ""))
		if utf8.RuneCountInString(*c.text) > c.most {
			mistakes = append(mistakes, fault.Field{Name: c.name, Message: "error.field.too_long", Args: map[string]any{"Max": c.most}})
		}
	}
	return r, fault.Fields(mistakes...)
}
