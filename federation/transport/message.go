package transport

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// messageSignature is the one signature of a request in the form of RFC 9421 (HTTP Message Signatures), as narrow as the
// fediverse uses it: components without parameters, RSA with SHA-256.
type messageSignature struct {
	components []string // as named in the list: derived ones begin with @
	params     string   // the value of "@signature-params"
	keyID      string
	value      []byte
	created    int64
	expires    int64 // 0: not given
}

const (
	signatureInputHeader = "Signature-Input"
	contentDigestHeader  = "Content-Digest"
	messageAlgorithm     = "rsa-v1_5-sha256" // RFC 9421, 3.3.2
	signatureLabel       = "sig1"
)

// parseMessageSignature reads the two headers of a request that is signed by RFC 9421.
//
// RULE: exactly one signature. Several would make us fetch several strangers' keys for one request, and leave open whose
// word it is; every fediverse software of today sends one, and Mastodon takes no more either.
func parseMessageSignature(h http.Header) (messageSignature, error) {
	label, member, err := onlyMember(h, signatureInputHeader)
	if err != nil {
		return messageSignature{}, err
	}
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return messageSignature{}, errors.New("signature input is no list of components")
	}
	var sig messageSignature
	if sig.components, err = componentNames(list); err != nil {
		return sig, err
	}
	if err := sig.readParams(list.Params); err != nil {
		return sig, err
	}
	if sig.params, err = httpsfv.Marshal(list); err != nil {
		return sig, fmt.Errorf("signature input: %w", err)
	}
	valueLabel, member, err := onlyMember(h, "Signature")
	if err != nil {
		return sig, err
	}
	item, ok := member.(httpsfv.Item)
	if sig.value, _ = item.Value.([]byte); !ok || valueLabel != label || len(sig.value) == 0 {
		return sig, fmt.Errorf("no signature of the label %.40q", label)
	}
	return sig, nil
}

// onlyMember reads a header that holds a dictionary (RFC 9651) of exactly one member.
func onlyMember(h http.Header, name string) (string, httpsfv.Member, error) {
	values := h.Values(name)
	if len(values) != 1 {
		return "", nil, fmt.Errorf("%d %s headers", len(values), name)
	}
	if len(values[0]) > maxSignature {
		return "", nil, fmt.Errorf("%s header too long", name)
	}
	dictionary, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", name, err)
	}
	labels := dictionary.Names()
	// A label that is given twice reads as one: the last one counts. We want to see one, so a comma is one too many.
	if len(labels) != 1 || commaOutsideStrings(values[0]) {
		return "", nil, fmt.Errorf("%s has not exactly one signature", name)
	}
	member, _ := dictionary.Get(labels[0])
	return labels[0], member, nil
}

func commaOutsideStrings(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return true
		}
	}
	return false
}

// componentNames reads what was signed. Parameters of components (sf, key, bs, tr, req) change how a value is read;
// nobody uses them between servers, so none is understood.
func componentNames(list httpsfv.InnerList) ([]string, error) {
	if len(list.Items) == 0 || len(list.Items) > maxSignedHeaders {
		return nil, errors.New("signature without a fit list of components")
	}
	names := make([]string, 0, len(list.Items))
	for _, item := range list.Items {
		name, ok := item.Value.(string)
		if !ok || !isComponentName(name) {
			return nil, errors.New("signature with a component that has no name")
		}
		if len(item.Params.Names()) > 0 {
			return nil, fmt.Errorf("component %q with parameters", name)
		}
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("%q signed twice", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// isComponentName reports whether s is a header's name in lower case, or a derived component that we know.
func isComponentName(s string) bool {
	if strings.HasPrefix(s, "@") {
		return slices.Contains([]string{"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"}, s)
	}
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

// readParams reads created, expires, keyid and alg; nonce and tag say nothing to us. An activity's id is its nonce.
func (s *messageSignature) readParams(params *httpsfv.Params) error {
	if value, given := params.Get("alg"); given && value != messageAlgorithm {
		return fmt.Errorf("unknown algorithm %.40v", value)
	}
	value, _ := params.Get("keyid")
	s.keyID, _ = value.(string)
	if !isKeyID(s.keyID) {
		return errors.New("signature without a keyid that is an address")
	}
	for name, field := range map[string]*int64{"created": &s.created, "expires": &s.expires} {
		value, given := params.Get(name)
		if !given {
			continue
		}
		var ok bool
		if *field, ok = value.(int64); !ok || *field <= 0 {
			return fmt.Errorf("%s is not a time", name)
		}
	}
	return nil
}

// checkSigned refuses a signature that leaves open what it must bind: method, address and body.
func (s messageSignature) checkSigned(r *http.Request, hasBody bool) error {
	signed := func(name string) bool { return slices.Contains(s.components, name) }
	if !signed("@method") {
		return errors.New("@method is not signed")
	}
	path := signed("@request-target") || signed("@path") && (signed("@query") || !strings.Contains(targetOf(r), "?"))
	if !signed("@target-uri") && !(signed("@authority") && path) {
		return errors.New("the address is not signed")
	}
	if hasBody && !signed("content-digest") {
		return errors.New("content-digest is not signed")
	}
	return nil
}

// checkTime holds created against the window around now. Without it the signature would be good for ever.
func (s messageSignature) checkTime(now time.Time) error {
	if s.created == 0 {
		return errors.New("signature without created")
	}
	return checkCreated(s.created, s.expires, now)
}

// base builds what was signed (RFC 9421, 2.5). ours is our configured address: what the request says of its host, itself
// or by a proxy's headers, is nothing to go by, and a signature made for another host never fits.
func (s messageSignature) base(r *http.Request, ours *url.URL) (string, error) {
	authority, target := strings.ToLower(ours.Host), targetOf(r)
	path, query, _ := strings.Cut(target, "?")
	var b strings.Builder
	for _, name := range s.components {
		b.WriteString(`"` + name + `": `)
		switch name {
		case "@method":
			b.WriteString(r.Method)
		case "@target-uri":
			b.WriteString(ours.Scheme + "://" + authority + target)
		case "@authority", "host":
			b.WriteString(authority)
		case "@scheme":
			b.WriteString(ours.Scheme)
		case "@request-target":
			b.WriteString(target)
		case "@path":
			b.WriteString(path)
		case "@query":
			b.WriteString("?" + query)
		default:
			value, err := fieldValue(r.Header, name)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		}
		b.WriteByte('\n')
	}
	b.WriteString(`"@signature-params": ` + s.params)
	return b.String(), nil
}

// checkContentDigest recomputes the SHA-256 of the body (RFC 9530). Other algorithms may stand beside it.
func checkContentDigest(h http.Header, body []byte) error {
	values := h.Values(contentDigestHeader)
	if len(values) != 1 || len(values[0]) > maxSignature {
		return fmt.Errorf("%d %s headers", len(values), contentDigestHeader)
	}
	dictionary, err := httpsfv.UnmarshalDictionary(values)
	if err != nil {
		return fmt.Errorf("%s: %w", contentDigestHeader, err)
	}
	member, ok := dictionary.Get("sha-256")
	if !ok {
		return errors.New("no SHA-256 digest")
	}
	item, _ := member.(httpsfv.Item)
	got, _ := item.Value.([]byte)
	if sum := sha256.Sum256(body); !bytes.Equal(got, sum[:]) {
		return errors.New("digest does not fit the body")
	}
	return nil
}
