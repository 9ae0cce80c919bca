package transport

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signature is a parsed Signature header of draft-cavage-http-signatures-12.
type signature struct {
	keyID     string
	algorithm string
	headers   []string // lower case, in the order signed
	value     []byte
	created   int64 // 0: not given
	expires   int64 // 0: not given
}

const (
	maxSignature     = 8 << 10
	maxSignedHeaders = 32
	requestTarget    = "(request-target)"
)

// parseSignature reads the Signature header: parameters in any order, blanks around them, each at most once.
func parseSignature(s string) (signature, error) {
	if len(s) > maxSignature {
		return signature{}, errors.New("signature header too long")
	}
	params, err := parseParams(s)
	if err != nil {
		return signature{}, err
	}
	sig := signature{keyID: params["keyid"], algorithm: strings.ToLower(params["algorithm"])}
	if !isKeyID(sig.keyID) {
		return signature{}, errors.New("signature without a keyId that is an address")
	}
	if sig.value, err = base64.StdEncoding.DecodeString(params["signature"]); err != nil || len(sig.value) == 0 {
		return signature{}, errors.New("signature is not base64")
	}
	// RULE: without a list the draft means "date" alone, which binds neither target nor body: never enough for us.
	sig.headers = strings.Fields(strings.ToLower(params["headers"]))
	if len(sig.headers) == 0 || len(sig.headers) > maxSignedHeaders {
		return signature{}, errors.New("signature without a fit list of headers")
	}
	for i, h := range sig.headers {
		if slices.Contains(sig.headers[:i], h) {
			return signature{}, fmt.Errorf("%q signed twice", h)
		}
	}
	for name, field := range map[string]*int64{"created": &sig.created, "expires": &sig.expires} {
		text, given := params[name]
		if !given {
			continue
		}
		// Some senders write fractions of a second; the draft allows them for expires.
		whole, _, _ := strings.Cut(text, ".")
		if *field, err = strconv.ParseInt(whole, 10, 64); err != nil || *field <= 0 {
			return signature{}, fmt.Errorf("%s is not a time", name)
		}
	}
	switch sig.algorithm {
	case "", "rsa-sha256", "hs2019":
		return sig, nil
	}
	return signature{}, fmt.Errorf("unknown algorithm %q", sig.algorithm)
}

// parseParams reads name="value" or name=number pairs with commas between them. Names come back in lower case.
func parseParams(s string) (map[string]string, error) {
	params := make(map[string]string, 6)
	for rest := s; ; {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.ToLower(strings.Trim(name, " \t"))
		if !ok || name == "" || strings.ContainsAny(name, "\", \t") {
			return nil, errors.New("signature header is malformed")
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("signature parameter %q given twice", name)
		}
		after = strings.TrimLeft(after, " \t")
		if quoted, isQuoted := strings.CutPrefix(after, `"`); isQuoted {
			params[name], after, ok = strings.Cut(quoted, `"`)
			if !ok || strings.Contains(params[name], `\`) {
				return nil, errors.New("signature header is malformed")
			}
		} else {
			end := strings.IndexByte(after, ',')
			if end < 0 {
				end = len(after)
			}
			params[name], after = strings.TrimRight(after[:end], " \t"), after[end:]
			if params[name] == "" || strings.ContainsAny(params[name], "\" \t") {
				return nil, errors.New("signature header is malformed")
			}
		}
		after = strings.TrimLeft(after, " \t")
		if after == "" {
			return params, nil
		}
		if rest, ok = strings.CutPrefix(after, ","); !ok {
			return nil, errors.New("signature header is malformed")
		}
	}
}

// checkSigned refuses a signature that leaves open what it must bind: target, host, time and body.
func (s signature) checkSigned(hasBody bool) error {
	required := []string{requestTarget, "host"}
	if hasBody {
		required = append(required, "digest")
	}
	for _, name := range required {
		if !slices.Contains(s.headers, name) {
			return fmt.Errorf("%s is not signed", name)
		}
	}
	if !slices.Contains(s.headers, "date") && !slices.Contains(s.headers, "(created)") {
		return errors.New("neither date nor (created) is signed")
	}
	return nil
}

// checkTime holds the signed times against the window around now.
func (s signature) checkTime(h http.Header, now time.Time) error {
	if slices.Contains(s.headers, "date") {
		date, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			return errors.New("date is malformed")
		}
		if now.Sub(date).Abs() > clockWindow {
			return fmt.Errorf("date %s is outside the window", date.UTC().Format(http.TimeFormat))
		}
	}
	if slices.Contains(s.headers, "(created)") {
		if s.created == 0 {
			return errors.New("(created) is signed but not given")
		}
	}
	return checkCreated(s.created, s.expires, now)
}

// checkCreated holds the times that a signature itself states, 0 where it does not, against now.
func checkCreated(created, expires int64, now time.Time) error {
	if created != 0 && now.Sub(time.Unix(created, 0)).Abs() > clockWindow {
		return errors.New("created is outside the window")
	}
	// Clocks may differ a little; the window above bounds how long anything can be replayed.
	if expires != 0 && now.After(time.Unix(expires, 0).Add(time.Minute)) {
		return errors.New("signature has expired")
	}
	return nil
}

// isKeyID reports whether s can be the address of a key.
func isKeyID(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// signingString builds what was signed. host is our configured host, not what the request says, so that a signature
// made for another host never fits, whatever a proxy did to the Host header.
func (s signature) signingString(r *http.Request, host, target string) (string, error) {
	var b strings.Builder
	for i, name := range s.headers {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(name + ": ")
		switch name {
		case requestTarget:
			b.WriteString(strings.ToLower(r.Method) + " " + target)
		case "host":
			b.WriteString(host)
		case "(created)":
			b.WriteString(strconv.FormatInt(s.created, 10))
		case "(expires)":
			if s.expires == 0 {
				return "", errors.New("(expires) is signed but not given")
			}
			b.WriteString(strconv.FormatInt(s.expires, 10))
		default:
			value, err := fieldValue(r.Header, name)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		}
	}
	return b.String(), nil
}

// fieldValue is a header as it is signed: all its lines in one.
func fieldValue(h http.Header, name string) (string, error) {
	values := h.Values(name)
	if len(values) == 0 {
		return "", fmt.Errorf("%s is signed but missing", name)
	}
	// RULE: what we read once must stand there once, or signer and reader could mean different lines.
	if len(values) > 1 && slices.Contains([]string{"date", "digest", "content-digest", "content-type"}, name) {
		return "", fmt.Errorf("%s given %d times", name, len(values))
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	value := strings.Join(trimmed, ", ")
	// RULE: a line break would let one value stand for several. net/http lets none in; whoever serves us otherwise may.
	if strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("%s has a line break", name)
	}
	return value, nil
}

// targetOf is the path and query of a request as they were sent.
func targetOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI() // absolute form, or a request that came from no server
}

// targets lists the paths a peer may have signed: as sent, and without the query, which some leave out.
func targets(r *http.Request) []string {
	target := targetOf(r)
	if path, _, hasQuery := strings.Cut(target, "?"); hasQuery {
		return []string{target, path}
	}
	return []string{target}
}

// checkDigest recomputes the SHA-256 of the body. Other algorithms may stand beside it; SHA-256 must be there, and
// every SHA-256 given must be right.
func checkDigest(h http.Header, body []byte) error {
	values := h.Values("Digest")
	if len(values) != 1 {
		return fmt.Errorf("%d Digest headers", len(values))
	}
	sum := sha256.Sum256(body)
	found := false
	for part := range strings.SplitSeq(values[0], ",") {
		algorithm, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(algorithm, "sha-256") {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !bytes.Equal(got, sum[:]) {
			return errors.New("digest does not fit the body")
		}
		found = true
	}
	if !found {
		return errors.New("no SHA-256 digest")
	}
	return nil
}
