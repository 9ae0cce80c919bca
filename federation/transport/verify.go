package transport

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// ErrActorGone is in the chain of Verify's error when the signer's key is gone at its origin (404, 410) or the
// signer was deleted before. A Delete of such an actor is to be answered with 202: it has nothing left to undo.
var ErrActorGone = errors.New("actor is gone at its origin")

// proof is what a request shows of its sender, in either form, checked as far as it goes without a key.
type proof struct {
	scheme scheme
	keyID  string
	value  []byte
	texts  []string // what may have been signed: one of them must fit
}

// Signed reports whether a request claims to be signed, whether or not it holds.
func Signed(r *http.Request) bool {
	return len(r.Header.Values("Signature")) > 0 || len(r.Header.Values(signatureInputHeader)) > 0
}

// ClaimedHost returns the host whose key a request says it is signed by, "" where it says none. Nothing is checked: it is
// what an honest sender says of itself.
func ClaimedHost(r *http.Request) string {
	if len(r.Header.Values(signatureInputHeader)) > 0 {
		sig, _ := parseMessageSignature(r.Header)
		return hostOfURI(sig.keyID)
	}
	sig, _ := parseSignature(r.Header.Get("Signature"))
	return hostOfURI(sig.keyID)
}

// Verify checks the HTTP signature of an inbound request and returns the account that owns the key. body is the
// whole body as received, which the caller has read within its limit, nil for GET. The caller must still compare the
// account with the actor of the activity.
//
// Errors: fault.Unauthorized when the signature does not hold, fault.Forbidden for blocked hosts and suspended
// accounts, fault.Limited and fault.Unavailable when the key could not be fetched now and the sender should try again.
func (c *Client) Verify(ctx context.Context, r *http.Request, body []byte) (account.Account, error) {
	p, err := c.checkEnvelope(r, body)
	if err != nil {
		return account.Account{}, unauthorized(err)
	}
	sender, err := c.senderOf(ctx, p, r)
	if err != nil {
		return account.Account{}, err
	}
	if p.scheme == schemeMessage {
		c.schemes.hint(ctx, hostOfURI(p.keyID), evidenceSigned)
	}
	return sender, nil
}

// sender is who was found to own a key that verified a signature.
type sender struct {
	account account.Account
	key     *rsa.PublicKey
}

// senderOf finds the key and its owner, and checks the signature.
func (c *Client) senderOf(ctx context.Context, p proof, r *http.Request) (account.Account, error) {
	u, err := c.checkKeyID(ctx, p.keyID)
	if err != nil {
		return account.Account{}, err
	}
	if kept, ok := c.senders.get(p.keyID); ok && p.fits(kept.key) == nil {
		return kept.account, c.checkOwnerHost(ctx, kept.account, u)
	}
	// That a kept key does not fit says nothing: what is stored may be newer.
	generation, heard := c.senders.generation()
	owner, stored, err := c.keyOwner(ctx, p.keyID, r)
	if err != nil {
		return account.Account{}, err
	}
	key, err := p.check(owner)
	if err != nil && stored && c.mayRefetch(owner) {
		// The key may have been rotated: ask its origin once.
		if owner, err = c.fetchKeyOwner(ctx, p.keyID, owner, r); err != nil {
			return account.Account{}, err
		}
		heard = false // it is newer than the generation; the next request keeps it
		key, err = p.check(owner)
	}
	if err != nil {
		return account.Account{}, unauthorized(fmt.Errorf("key %s: %w", p.keyID, err))
	}
	c.senders.put(p.keyID, sender{account: owner, key: key}, generation, heard)
	return owner, c.checkOwnerHost(ctx, owner, u)
}

// checkEnvelope does everything that needs no key, so that no stranger can make us fetch one for nothing.
//
// RULE: a request with Signature-Input is signed by RFC 9421 or not at all. If it could fall back to the draft, whoever
// added the one header or took it away would choose which rules hold.
func (c *Client) checkEnvelope(r *http.Request, body []byte) (proof, error) {
	hasBody := len(body) > 0 || r.Method == http.MethodPost
	if len(r.Header.Values(signatureInputHeader)) > 0 {
		return c.checkMessage(r, body, hasBody)
	}
	headers := r.Header.Values("Signature")
	if len(headers) != 1 {
		return proof{}, fmt.Errorf("%d Signature headers", len(headers))
	}
	sig, err := parseSignature(headers[0])
	if err != nil {
		return proof{}, err
	}
	if err := sig.checkSigned(hasBody); err != nil {
		return proof{}, err
	}
	if err := sig.checkTime(r.Header, c.now()); err != nil {
		return proof{}, err
	}
	if hasBody {
		if err := checkDigest(r.Header, body); err != nil {
			return proof{}, err
		}
	}
	p := proof{scheme: schemeDraft, keyID: sig.keyID, value: sig.value}
	for _, target := range targets(r) {
		text, err := sig.signingString(r, c.domain, target)
		if err != nil {
			return proof{}, err
		}
		p.texts = append(p.texts, text)
	}
	return p, nil
}

// checkMessage is checkEnvelope for RFC 9421.
func (c *Client) checkMessage(r *http.Request, body []byte, hasBody bool) (proof, error) {
	sig, err := parseMessageSignature(r.Header)
	if err != nil {
		return proof{}, err
	}
	if err := sig.checkSigned(r, hasBody); err != nil {
		return proof{}, err
	}
	if err := sig.checkTime(c.now()); err != nil {
		return proof{}, err
	}
	if hasBody {
		if err := checkContentDigest(r.Header, body); err != nil {
			return proof{}, err
		}
	}
	text, err := sig.base(r, c.base)
	return proof{scheme: schemeMessage, keyID: sig.keyID, value: sig.value, texts: []string{text}}, err
}

// check verifies the signature with the key of a stored account, and returns the key.
func (p proof) check(owner account.Account) (*rsa.PublicKey, error) {
	key, err := parsePublicKey(owner.PublicKeyPEM)
	if err != nil {
		return nil, err
	}
	return key, p.fits(key)
}

// fits verifies RSASSA-PKCS1-v1_5 with SHA-256, the one algorithm all peers share.
func (p proof) fits(key *rsa.PublicKey) error {
	for _, text := range p.texts {
		sum := sha256.Sum256([]byte(text))
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], p.value) == nil {
			return nil
		}
	}
	return errors.New("signature does not fit")
}

func (c *Client) mayRefetch(a account.Account) bool {
	return a.FetchedAt == nil || c.now().Sub(*a.FetchedAt) > keyRetry
}

func unauthorized(err error) error {
	return fault.Wrap(fault.Unauthorized, "error.signature.invalid", fmt.Errorf("transport.Verify: %w", err))
}
