package transport

import (
	"context"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
)

// signingKey is a parsed private key of one of our accounts.
type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// signingKeys are the keys of one of our accounts: mostly one. After a rotation those before are kept for a while.
type signingKeys struct {
	current signingKey
	former  []formerKey // the oldest first
}

type formerKey struct {
	signingKey
	rotatedAt time.Time
	toldAt    time.Time // when the Update that tells of the key after this one was made; zero: not yet
}

// keysOf returns the keys of one of our accounts, from memory where nothing changed.
func (c *Client) keysOf(ctx context.Context, accountID int64) (signingKeys, error) {
	if keys, ok := c.signers.get(accountID); ok {
		return keys, nil
	}
	generation, heard := c.signers.generation()
	stored, err := c.accounts.SigningKeys(ctx, accountID)
	if err != nil {
		return signingKeys{}, fmt.Errorf("transport: keys of account %d: %w", accountID, err)
	}
	keys, err := parseKeys(stored)
	if err != nil {
		return signingKeys{}, fmt.Errorf("transport: keys of account %d: %w", accountID, err)
	}
	c.signers.put(accountID, keys, generation, heard)
	return keys, nil
}

func parseKeys(stored account.SigningKeys) (keys signingKeys, err error) {
	keys.current.id = stored.ID
	if keys.current.private, err = parsePrivateKey(stored.PrivatePEM); err != nil {
		return keys, err
	}
	for _, f := range stored.Former {
		private, err := parsePrivateKey(f.PrivatePEM)
		if err != nil {
			return keys, err
		}
		former := formerKey{signingKey: signingKey{id: stored.ID, private: private}, rotatedAt: f.RotatedAt}
		if f.ToldAt != nil {
			former.toldAt = *f.ToldAt
		}
		keys.former = append(keys.former, former)
	}
	return keys, nil
}

// untoldFor is how long a new key waits for the Update that tells of it.
const untoldFor = 24 * time.Hour

// choose returns the key for something that we made at a time, and the one to try where the receiver does not know it.
//
// RULE: whatever was made until the Update that tells of a new key, this Update included, is signed by the key before.
// A lane keeps the order, so each receiver hears of the new key in a letter that it can check with the one it has, and
// then gets letters that it can check with the new one. A receiver that keeps keys for ever (GoToSocial) needs just that;
// one that asks for the key whenever a signature does not fit is served by either.
func (k signingKeys) choose(made, now time.Time) (first signingKey, second *signingKey) {
	for i := range k.former {
		f := &k.former[i]
		if f.toldAt.IsZero() && now.Sub(f.rotatedAt) < untoldFor || !f.toldAt.IsZero() && !made.After(f.toldAt) {
			return f.signingKey, &k.current
		}
	}
	if n := len(k.former); n > 0 {
		return k.current, &k.former[n-1].signingKey
	}
	return k.current, nil
}
