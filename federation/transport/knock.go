package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

// outgoing is a request before it is signed. It may go out more than once.
type outgoing struct {
	method string
	url    *url.URL
	header http.Header
	more   []string // names of headers, in lower case, that are signed beside what is always signed
	body   []byte   // nil on GET
	signer int64    // accounts.id of one of ours
	made   time.Time
}

// knock is one way to sign.
type knock struct {
	key    signingKey
	scheme scheme
}

// send signs a request in the way its host is believed to understand and sends it. Where the host refuses it as one does
// whose signature is not understood (400, 401, 403), it goes out once more in the other way, within the same attempt
// (federation profile, 1.3), and the way that was taken is remembered. In the days after a rotation the other key is
// tried before the other scheme: then it is more likely the reason.
func (c *Client) send(ctx context.Context, o outgoing) (*http.Response, error) {
	keys, err := c.keysOf(ctx, o.signer)
	if err != nil {
		return nil, err
	}
	host := hostOf(o.url)
	key, otherKey := keys.choose(o.made, c.now())
	first := knock{key: key, scheme: c.schemes.of(ctx, host)}
	res, err := c.sendOnce(ctx, o, &first)
	if err != nil || !refusesSignature(res.StatusCode) {
		return res, err
	}
	keepBody(res)
	if otherKey != nil {
		if again, err := c.sendOnce(ctx, o, &knock{key: *otherKey, scheme: first.scheme}); err == nil {
			if !refusesSignature(again.StatusCode) {
				return again, nil
			}
			again.Body.Close()
		}
	}
	// A host that says which signature it wants is believed, also when it refused both ways a moment ago.
	if !c.schemes.worthTrying(host) && res.Header.Get(acceptSignatureHeader) == "" {
		return res, nil
	}
	other := first.scheme.other()
	again, err := c.sendOnce(ctx, o, &knock{key: key, scheme: other})
	switch {
	case err != nil:
		return res, nil // the first answer stands
	case refusesSignature(again.StatusCode):
		again.Body.Close()
		c.schemes.refusedBoth(host)
		return res, nil
	case again.StatusCode < http.StatusInternalServerError && again.StatusCode != http.StatusTooManyRequests:
		c.schemes.won(ctx, host, other)
	}
	return again, nil
}

// refusesSignature reports whether an answer may mean that the signature was not understood. 401 is the one that should be
// given; servers that know only the draft give 400 or 403 for RFC 9421 (NodeBB up to 4.15.1).
func refusesSignature(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden
}

// sendOnce sends a request signed in one way, or not at all where k is nil.
func (c *Client) sendOnce(ctx context.Context, o outgoing, k *knock) (*http.Response, error) {
	var body io.Reader
	if o.body != nil {
		body = bytes.NewReader(o.body)
	}
	req, err := http.NewRequestWithContext(ctx, o.method, o.url.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range o.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.agent)
	if k != nil {
		if err := c.sign(ctx, req, *k, o); err != nil {
			return nil, err
		}
	}
	return c.http.Do(req)
}

// keepBody reads the beginning of an answer that may be needed after its connection was used again.
func keepBody(res *http.Response) {
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // a broken answer is still an answer
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(text))
}

// acceptSignatureHeader says which signatures a server wants (RFC 9421, 5.1).
const acceptSignatureHeader = "Accept-Signature"

// AcceptSignature is the value of the header of that name that goes with our 401: what has to be signed.
func AcceptSignature(method string) string {
	if method == http.MethodPost {
		return signatureLabel + `=("@method" "@target-uri" "@authority" "content-digest");created;keyid`
	}
	return signatureLabel + `=("@method" "@target-uri" "@authority");created;keyid`
}
