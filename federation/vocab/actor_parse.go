package vocab

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// Limits on what an actor may say of itself. Names and addresses that are longer are refused, words are cut.
const (
	maxActorUsername = 100
	maxActorName     = 200
	maxActorSummary  = 20_000
	maxActorURI      = 2048
	maxActorKey      = 8 << 10
	maxActorKeys     = 20
	maxActorAliases  = 100
)

var actorKinds = map[string]account.Kind{
	"Person": account.Person, "Group": account.Group, "Application": account.Application,
	"Service": account.ServiceActor, "Organization": account.Organization,
}

// ParseActor reads an actor document as its origin serves it. Id, type, preferredUsername and inbox must be right; every
// other value that is missing or doubtful is left out. The note is the origin's HTML: account.Receive makes it harmless.
// The domain is the host of the id; whoever stores the account confirms the handle first.
func ParseActor(raw []byte) (account.Account, error) { return ParseActorWithKey(raw, "") }

// ParseActorWithKey is ParseActor for an actor with several keys: it takes the one with that id if it is listed.
func ParseActorWithKey(raw []byte, keyID string) (account.Account, error) {
	if err := CheckShape(raw); err != nil {
		return account.Account{}, err
	}
	f, err := parseFields(raw)
	if err != nil {
		return account.Account{}, err
	}
	a := account.Account{URI: f.text("id"), Username: f.text("preferredUsername")}
	id, ok := actorAddress(a.URI)
	if !ok || id.Fragment != "" {
		return account.Account{}, fmt.Errorf("%w: actor id %.100q", ErrMalformed, a.URI)
	}
	host := HostOf(a.URI)
	a.Domain = &host
	if a.Kind, ok = actorKind(f); !ok {
		return account.Account{}, fmt.Errorf("%w: %s is no actor", ErrMalformed, a.URI)
	}
	if !actorUsername(a.Username) {
		return account.Account{}, fmt.Errorf("%w: preferredUsername of %s", ErrMalformed, a.URI)
	}
	// RULE: what is sent to an actor goes to its own host. Otherwise an actor could point our deliveries at a third party.
	if a.InboxURI = ownAddress(f["inbox"], a.URI); a.InboxURI == "" {
		return account.Account{}, fmt.Errorf("%w: inbox of %s", ErrMalformed, a.URI)
	}
	a.OutboxURI = ownAddress(f["outbox"], a.URI)
	a.FollowersURI = ownAddress(f["followers"], a.URI)
	a.FollowingURI = ownAddress(f["following"], a.URI)
	a.FeaturedURI = ownAddress(f["featured"], a.URI)
	if endpoints, err := parseFields(f["endpoints"]); err == nil {
		a.SharedInboxURI = ownAddress(endpoints["sharedInbox"], a.URI)
	}
	if a.URL = pageAddress(f, a.URI); a.URL == "" {
		a.URL = a.URI
	}
	a.PublicKeyID, a.PublicKeyPEM = actorKey(f, a.URI, keyID)

	a.AlsoKnownAs, a.MovedToURI = aliases(f, a.URI), moved(f, a.URI)
	a.DisplayName = clip(oneLine(f.text("name")), maxActorName)
	a.Note = clip(f.text("summary"), maxActorSummary)
	a.ApprovesFollowers = f.boolean("manuallyApprovesFollowers")
	// A person who says nothing has not agreed to be listed; for a group or an authority being found is the purpose.
	a.Discoverable = a.Kind != account.Person
	if len(f["discoverable"]) > 0 {
		a.Discoverable = f.boolean("discoverable")
	}
	a.Indexable = f.boolean("indexable")
	a.Fields = parseProfileFields(f)
	a.Avatar, a.Header = picture(f, "icon"), picture(f, "image")
	if level := f.text("vb:level"); slices.Contains(levels, level) {
		a.Level = level
	}
	if region := f.text("vb:region"); slices.Contains(organization.Regions, region) {
		a.Region = region
	}
	if a.Kind == account.Application {
		a.CatalogURI = ownAddress(f["vb:catalogue"], a.URI)
		a.ForumURI = ownAddress(f["vb:forum"], a.URI)
	}
	return a, nil
}

// actorKind reads the type, a string or a list in which one is known.
func actorKind(f fields) (account.Kind, bool) {
	for _, raw := range f.list("type") {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			if kind, ok := actorKinds[name]; ok {
				return kind, true
			}
		}
	}
	return "", false
}

// actorUsername reports whether a name can stand in a handle and in the path of a page.
func actorUsername(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxActorUsername &&
		s != "." && s != ".." && !strings.ContainsAny(s, "@/\\~?#%\"<>") &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// actorAddress parses an absolute web address of tolerable length.
func actorAddress(s string) (*url.URL, bool) {
	if len(s) > maxActorURI || HostOf(s) == "" {
		return nil, false
	}
	u, err := url.Parse(s)
	return u, err == nil && u.Hostname() != ""
}

// ownAddress returns an address, or the id of an embedded collection, if it is on the actor's host.
func ownAddress(raw json.RawMessage, actor string) string {
	address := idOf(raw)
	if _, ok := actorAddress(address); !ok || !SameHost(address, actor) {
		return ""
	}
	return address
}

// pageAddress returns the actor's page for people: a string or Link, of several the first that is HTML. A page on another
// host would be a name tag that anybody can wear.
func pageAddress(f fields, actor string) string {
	first := ""
	for _, raw := range f.list("url") {
		address := ownAddress(raw, actor)
		if address == "" {
			continue
		}
		if link, err := parseFields(raw); err == nil && link.text("mediaType") == "text/html" {
			return address
		}
		if first == "" {
			first = address
		}
	}
	return first
}

// actorKey returns one public key of the actor: the one asked for, else the first.
func actorKey(f fields, actor, keyID string) (id, pem string) {
	keys := f.list("publicKey")
	for _, raw := range keys[:min(len(keys), maxActorKeys)] {
		key, err := parseFields(raw)
		if err != nil {
			continue
		}
		// RULE: a key counts only if it names this actor as its owner and lives on the actor's host.
		candidate, text := key.text("id"), key.text("publicKeyPem")
		if _, ok := actorAddress(candidate); !ok || !SameHost(candidate, actor) || idOf(key["owner"]) != actor ||
			text == "" || len(text) > maxActorKey {
			continue
		}
		if id == "" || candidate == keyID {
			id, pem = candidate, text
		}
		if keyID == "" || candidate == keyID {
			break
		}
	}
	return id, pem
}

// oneLine makes a name fit for one line: no control characters, no invisible ones that turn the text around.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) && r != '\u200d' && r != '\u00ad': // emoji joiners and soft hyphens are harmless
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// aliases are the ids of other accounts that the actor calls its own.
func aliases(f fields, actor string) (list []string) {
	for _, id := range f.ids("alsoKnownAs") {
		if _, ok := actorAddress(id); ok && id != actor && len(list) < maxActorAliases && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// moved is where the actor says that its owner is found now, on any host: others believe it only of one that says so too.
func moved(f fields, actor string) string {
	id := f.id("movedTo")
	if _, ok := actorAddress(id); !ok || id == actor {
		return ""
	}
	return id
}

// ParseModerators reads who moderates a group, from its actor: a collection on its own host, or the ids themselves.
func ParseModerators(actor []byte) (collection string, moderators []string) {
	f, err := parseFields(actor)
	if err != nil {
		return "", nil
	}
	ids := f.ids("attributedTo")
	if len(ids) == 1 && SameHost(ids[0], f.text("id")) {
		return ids[0], ids
	}
	return "", ids
}
