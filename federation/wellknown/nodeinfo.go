package wellknown

import (
	"net/http"
	"strings"
)

const nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"

// The enhancement proposals this software follows (FEP-0151 reads them here); FEDERATION.md says how.
var proposals = []string{"FEP-044f", "FEP-1b12", "FEP-2677", "FEP-67ff", "FEP-7888", "FEP-844e", "FEP-8fcf", "FEP-b2b8", "FEP-d556", "FEP-f228"}

// nodeInfoLinks lists the versions of the description, and the instance actor (FEP-2677).
func (h *handler) nodeInfoLinks(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, "application/json", document{Links: []link{
		{Rel: nodeInfoSchema + "2.0", Href: h.base + "/nodeinfo/2.0"},
		{Rel: nodeInfoSchema + "2.1", Href: h.base + "/nodeinfo/2.1"},
		{Rel: relApplication, Href: h.base + "/actor"},
	}})
}

// nodeInfo describes the instance in the version its address ends with.
func (h *handler) nodeInfo(w http.ResponseWriter, r *http.Request) error {
	version := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	instance, err := h.accounts.Instance(r.Context())
	if err != nil {
		return err
	}
	usage, err := h.accounts.Usage(r.Context())
	if err != nil {
		return err
	}
	software := map[string]any{"name": "vorbild", "version": h.version}
	if version == "2.1" {
		software["repository"] = "https://github.com/vorbild/vorbild"
	}
	return writeJSON(w, `application/json; profile="`+nodeInfoSchema+version+`#"`, map[string]any{
		"version":           version,
		"software":          software,
		"protocols":         []string{"activitypub"},
		"services":          map[string]any{"inbound": []string{}, "outbound": []string{}},
		"openRegistrations": false, // people come by invitation
		"usage": map[string]any{
			"users":         map[string]any{"total": usage.People, "activeMonth": usage.ActiveMonth, "activeHalfyear": usage.ActiveHalfyear},
			"localPosts":    usage.Threads,
			"localComments": usage.Comments,
		},
		// Libraries that do not know our name look here for the API that they may speak with us.
		"metadata": map[string]any{"nodeName": instance.Name(), "feps": proposals, "upstream": map[string]any{"name": "mastodon"}},
	})
}
