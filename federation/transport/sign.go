package transport

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/go-fed/httpsig"
)

// What we sign: what the strictest receivers ask for, and nothing that a proxy might rewrite.
var (
	signedOnGet   = []string{httpsig.RequestTarget, "host", "date"}
	signedOnPost  = []string{httpsig.RequestTarget, "host", "date", "digest"}
	messageOnGet  = []string{"@method", "@target-uri", "@authority"}
	messageOnPost = []string{"@method", "@target-uri", "@authority", "content-type", "content-digest"}
)

// sign dates the request and signs it in one of the two ways, never in both: they share the name of one header.
func (c *Client) sign(ctx context.Context, req *http.Request, k knock, o outgoing) error {
	now := c.now()
	req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	var err error
	begun := c.signing.do(ctx, func() {
		if k.scheme == schemeMessage {
			err = signMessage(req, k.key, o.body, now, o.more...)
			return
		}
		err = signRequest(req, k.key, o.body, o.more...)
	})
	return errors.Join(begun, err)
}

// signMessage adds Signature-Input and Signature, and Content-Digest when there is a body, in the form of RFC 9421.
func signMessage(req *http.Request, key signingKey, body []byte, now time.Time, more ...string) error {
	components := messageOnGet
	if body != nil {
		components = messageOnPost
		sum := sha256.Sum256(body)
		req.Header.Set(contentDigestHeader, "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
	}
	// Not "@query", which is part of @target-uri: Fedify 2.3 reads it without its question mark, against RFC 9421, 2.2.7, and
	// as it leaves the query out of what the draft signs, too, no request with a query could be signed for it at all.
	sig := messageSignature{components: slices.Concat(components, more)}
	list := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, name := range sig.components {
		list.Items = append(list.Items, httpsfv.NewItem(name))
	}
	list.Params.Add("created", now.Unix())
	list.Params.Add("keyid", key.id)
	list.Params.Add("alg", messageAlgorithm)
	var err error
	if sig.params, err = httpsfv.Marshal(list); err != nil {
		return fmt.Errorf("transport.signMessage: %w", err)
	}
	address := *req.URL
	address.Host = requestHost(req)
	text, err := sig.base(req, &address)
	if err != nil {
		return fmt.Errorf("transport.signMessage: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	value, err := rsa.SignPKCS1v15(nil, key.private, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("transport.signMessage: %w", err)
	}
	req.Header.Set(signatureInputHeader, signatureLabel+"="+sig.params)
	req.Header.Set("Signature", signatureLabel+"=:"+base64.StdEncoding.EncodeToString(value)+":")
	return nil
}

// signRequest adds Signature, and Digest when there is a body, in the form of draft-cavage-http-signatures-12.
func signRequest(req *http.Request, key signingKey, body []byte, more ...string) error {
	names := signedOnGet
	if body != nil {
		names = signedOnPost
	}
	names = slices.Concat(names, more)
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, names, httpsig.Signature, 0)
	if err != nil {
		return fmt.Errorf("transport.signRequest: %w", err)
	}
	// The library reads Host from the header map, where net/http keeps none, and signs the decoded path, which is
	// not what goes over the wire ("/j%C3%B6rg"). So it gets a copy that says both as the receiver will see them.
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	shadow := &http.Request{
		Method: req.Method,
		URL:    &url.URL{Path: path, RawQuery: req.URL.RawQuery},
		Header: http.Header{"Host": {requestHost(req)}, "Date": req.Header["Date"]},
	}
	for _, name := range more {
		name = http.CanonicalHeaderKey(name)
		shadow.Header[name] = req.Header[name]
	}
	if err := signer.SignRequest(key.private, key.id, shadow, body); err != nil {
		return fmt.Errorf("transport.signRequest: %w", err)
	}
	// The library always writes "hs2019", an alias that stands for "as the key says". With an RSA key that is
	// rsa-sha256, which every receiver knows, also those that never learned the alias. The parameter is not signed.
	signature := strings.Replace(shadow.Header.Get("Signature"), `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1)
	req.Header.Set("Signature", signature)
	if digest := shadow.Header.Get("Digest"); digest != "" {
		req.Header.Set("Digest", digest)
	}
	return nil
}

// requestHost is the Host header net/http will send.
func requestHost(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

// parsePrivateKey reads a PKCS #8 or PKCS #1 RSA key.
func parsePrivateKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%T is no RSA key", parsed)
	}
	return key, nil
}

// parsePublicKey reads an RSA key of at least 2048 bits; larger than 8192 it would only cost us time.
func parsePublicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	var parsed any
	var err error
	if block.Type == "RSA PUBLIC KEY" {
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	} else {
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%T is no RSA key", parsed)
	}
	if n := key.N.BitLen(); n < 2048 || n > 8192 {
		return nil, fmt.Errorf("RSA key of %d bits", n)
	}
	return key, nil
}
