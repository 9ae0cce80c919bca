package transport

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-fed/httpsig"
)

// signingKey is the parsed private key of one of our accounts, kept as long as its PEM stays the same.
type signingKey struct {
	pem string
	key *rsa.PrivateKey
}

// What we sign: what the strictest receivers ask for, and nothing that a proxy might rewrite.
var (
	signedOnGet  = []string{httpsig.RequestTarget, "host", "date"}
	signedOnPost = []string{httpsig.RequestTarget, "host", "date", "digest"}
)

// sign dates the request and signs it with the key of one of our accounts; body is nil on GET. It can be called
// again for the next hop: what an earlier call wrote is replaced.
func (c *Client) sign(ctx context.Context, req *http.Request, signerID int64, body []byte) error {
	keyID, keyPEM, err := c.accounts.SigningKey(ctx, signerID)
	if err != nil {
		return fmt.Errorf("transport.sign: key of account %d: %w", signerID, err)
	}
	cached, ok := c.signingKeys.get(signerID)
	if !ok || cached.pem != keyPEM {
		key, err := parsePrivateKey(keyPEM)
		if err != nil {
			return fmt.Errorf("transport.sign: key of account %d: %w", signerID, err)
		}
		cached = signingKey{pem: keyPEM, key: key}
		c.signingKeys.put(signerID, cached)
	}
	req.Header.Set("Date", c.now().UTC().Format(http.TimeFormat))
	return signRequest(req, keyID, cached.key, body)
}

// signRequest adds Signature, and Digest when there is a body, in the form of draft-cavage-http-signatures-12.
func signRequest(req *http.Request, keyID string, key *rsa.PrivateKey, body []byte) error {
	names := signedOnGet
	if body != nil {
		names = signedOnPost
	}
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
	if err := signer.SignRequest(key, keyID, shadow, body); err != nil {
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
