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

// Verify checks the HTTP signature of an inbound request and returns the account that owns the key. body is the
// whole body as received, which the caller has read within its limit. The caller must still compare the account
// with the actor of the activity.
//
// Errors: fault.Unauthorized when the signature does not hold, fault.Forbidden for blocked hosts and suspended
// accounts, fault.Limited and fault.Unavailable when the key could not be fetched now and the sender should try again.
func (c *Client) Verify(ctx context.Context, r *http.Request, body []byte) (account.Account, error) {
	sig, err := c.checkEnvelope(r, body)
	if err != nil {
		return account.Account{}, unauthorized(err)
	}
	owner, stored, err := c.keyOwner(ctx, sig.keyID, r)
	if err != nil {
		return account.Account{}, err
	}
	err = c.checkSignature(r, sig, owner.PublicKeyPEM)
	if err != nil && stored && c.mayRefetch(owner) {
		// The key may have been rotated: ask its origin once.
		if owner, err = c.fetchKeyOwner(ctx, sig.keyID, r); err != nil {
			return account.Account{}, err
		}
		err = c.checkSignature(r, sig, owner.PublicKeyPEM)
	}
	if err != nil {
		return account.Account{}, unauthorized(fmt.Errorf("key %s: %w", sig.keyID, err))
	}
	return owner, nil
}

// checkEnvelope does everything that needs no key, so that no stranger can make us fetch one for nothing.
func (c *Client) checkEnvelope(r *http.Request, body []byte) (signature, error) {
	headers := r.Header.Values("Signature")
	if len(headers) != 1 {
		return signature{}, fmt.Errorf("%d Signature headers", len(headers))
	}
	sig, err := parseSignature(headers[0])
	if err != nil {
		return signature{}, err
	}
	hasBody := len(body) > 0 || r.Method == http.MethodPost
	if err := sig.checkSigned(hasBody); err != nil {
		return signature{}, err
	}
	if err := sig.checkTime(r.Header, c.now()); err != nil {
		return signature{}, err
	}
	if hasBody {
		if err := checkDigest(r.Header, body); err != nil {
			return signature{}, err
		}
	}
	return sig, nil
}

// checkSignature verifies RSASSA-PKCS1-v1_5 with SHA-256, the one algorithm all peers share.
func (c *Client) checkSignature(r *http.Request, sig signature, keyPEM string) error {
	key, err := parsePublicKey(keyPEM)
	if err != nil {
		return err
	}
	for _, target := range targets(r) {
		text, err := sig.signingString(r, c.domain, target)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(text))
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig.value) == nil {
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
