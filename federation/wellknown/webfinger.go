package wellknown

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// document is a JSON Resource Descriptor (RFC 7033).
type document struct {
	Subject string   `json:"subject,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
	Links   []link   `json:"links"`
}

type link struct {
	Rel      string `json:"rel" xml:"rel,attr"`
	Type     string `json:"type,omitempty" xml:"type,attr,omitempty"`
	Href     string `json:"href,omitempty" xml:"href,attr,omitempty"`
	Template string `json:"template,omitempty" xml:"template,attr,omitempty"`
}

const maxResource = 2048

// webfinger answers for handles, actor ids, profile pages, and the instance as a whole.
func (h *handler) webfinger(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	resources := query["resource"]
	if len(resources) != 1 || resources[0] == "" || len(resources[0]) > maxResource ||
		!utf8.ValidString(resources[0]) || strings.ContainsFunc(resources[0], unicode.IsControl) {
		return fault.New(fault.Invalid, "error.wellknown.resource")
	}
	doc, err := h.describe(r.Context(), resources[0])
	if err != nil {
		return err
	}
	// RFC 7033 4.3: whoever names rels gets only these.
	if rels := query["rel"]; len(rels) > 0 {
		doc.Links = slices.DeleteFunc(doc.Links, func(l link) bool { return !slices.Contains(rels, l.Rel) })
	}
	return writeJSON(w, "application/jrd+json", doc)
}

func (h *handler) describe(ctx context.Context, resource string) (document, error) {
	if strings.TrimSuffix(resource, "/") == h.base {
		// The instance itself (FEP-d556).
		return document{
			Subject: h.base + "/",
			Links:   []link{{Rel: relService, Type: activityType, Href: h.base + "/actor"}},
		}, nil
	}
	a, err := h.find(ctx, resource)
	if err != nil {
		return document{}, err
	}
	switch {
	case a.State == account.Gone:
		return document{}, fault.New(fault.Gone, "error.wellknown.gone")
	case !a.Local(), a.State != account.Active:
		return document{}, fault.New(fault.NotFound, "error.wellknown.not_found")
	}
	return document{
		Subject: "acct:" + a.Username + "@" + h.domain,
		Aliases: []string{a.URL, a.URI},
		Links: []link{
			{Rel: relProfilePage, Type: "text/html", Href: a.URL},
			{Rel: relSelf, Type: activityType, Href: a.URI},
		},
	}, nil
}

// find looks up the account a resource names: acct:user@host, an actor id, or a profile page.
func (h *handler) find(ctx context.Context, resource string) (account.Account, error) {
	if path, ours := strings.CutPrefix(resource, h.base+"/"); ours {
		path = strings.TrimSuffix(path, "/")
		if username, isPage := strings.CutPrefix(path, "@"); isPage {
			return h.local(ctx, username, h.domain)
		}
		if path == "instanz" {
			return h.accounts.Instance(ctx)
		}
		return h.accounts.ByURI(ctx, h.base+"/"+path)
	}
	handle, isAcct := strings.CutPrefix(resource, "acct:")
	if !isAcct {
		u, err := url.Parse(resource)
		if err != nil || u.Scheme == "" {
			return account.Account{}, fault.Wrap(fault.Invalid, "error.wellknown.resource", errors.New("no acct and no address"))
		}
		return account.Account{}, fault.New(fault.NotFound, "error.wellknown.not_found")
	}
	// The name of the instance actor is our host, which may hold no @, so the last one divides.
	at := strings.LastIndexByte(handle, '@')
	if at < 0 {
		return account.Account{}, fault.New(fault.Invalid, "error.wellknown.resource")
	}
	return h.local(ctx, strings.TrimPrefix(handle[:at], "@"), handle[at+1:])
}

func (h *handler) local(ctx context.Context, username, host string) (account.Account, error) {
	if !strings.EqualFold(host, h.domain) || username == "" || strings.ContainsAny(username, "@/") {
		return account.Account{}, fault.New(fault.NotFound, "error.wellknown.not_found")
	}
	return h.accounts.ByUsername(ctx, username)
}

// hostMeta tells where WebFinger is (RFC 6415), for those who do not know the well-known place.
func (h *handler) hostMeta(w http.ResponseWriter, _ *http.Request) error {
	body, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
		Link    link     `xml:"Link"`
	}{Link: link{Rel: "lrdd", Template: h.base + "/.well-known/webfinger?resource={uri}"}}, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xrd+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=86400")
	w.Write(append([]byte(xml.Header), body...)) //nolint:errcheck // nobody is left to tell
	return nil
}
