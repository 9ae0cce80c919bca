package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// formerKeyFor is how long a key is kept after it was replaced: longer than anything it has to sign is tried to deliver.
const formerKeyFor = 14 * 24 * time.Hour

// SigningKeys are what one of our accounts signs with. Only federation/transport asks for them.
type SigningKeys struct {
	ID         string      // of the key; the same after a rotation
	PrivatePEM string      // the key whose public half its document shows
	Former     []FormerKey // those before it, the oldest first
}

// FormerKey is a key that was replaced.
type FormerKey struct {
	PrivatePEM string     `db:"private_key_pem"`
	RotatedAt  time.Time  `db:"rotated_at"`
	ToldAt     *time.Time `db:"told_at"` // when the Update with the key after it was made; nil: not yet
}

// SigningKeys returns the keys of one of our accounts; fault.NotFound for others.
func (s *Service) SigningKeys(ctx context.Context, id int64) (SigningKeys, error) {
	var keys SigningKeys
	var err error
	if keys.ID, keys.PrivatePEM, err = s.SigningKey(ctx, id); err != nil {
		return keys, err
	}
	if keys.Former, err = formerKeys(ctx, s.db, id); err != nil {
		return keys, fmt.Errorf("account.SigningKeys %d: %w", id, err)
	}
	return keys, nil
}

// RotateKey gives one of our accounts a new key and tells everyone who may know the one before. Its document shows the new
// key at once; what was made before others are told is still signed by the former. With forget the former is erased at
// once, because someone else may have it: then servers that do not ask for a key again refuse us until they do.
// The operator's command asks; no role does.
func (s *Service) RotateKey(ctx context.Context, id int64, forget bool) error {
	pair, err := s.newKeyPair()
	if err != nil {
		return fmt.Errorf("account.RotateKey %d: %w", id, err)
	}
	now := time.Now()
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		rotated, err := replaceKey(ctx, tx, id, pair, now)
		if err != nil {
			return err
		}
		if !rotated {
			return errNotFound()
		}
		if forget {
			if err := deleteFormerKeys(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.RotateKey, ID: id})
	})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("account.RotateKey %d: %w", id, err)
	}
	return err
}

// KeyTold notes within the caller's transaction when the Update was made that tells of an account's new key.
func (s *Service) KeyTold(ctx context.Context, tx *sqlx.Tx, id int64, at time.Time) error {
	return markTold(ctx, tx, id, at)
}

// ForgetKeys erases the keys that were replaced two weeks ago.
func (s *Service) ForgetKeys(ctx context.Context) error {
	if err := deleteKeysBefore(ctx, s.db, time.Now().Add(-formerKeyFor)); err != nil {
		return fmt.Errorf("account.ForgetKeys: %w", err)
	}
	return nil
}

// Signers lists all of ours that sign: the instance's own actors and people, active ones only.
func (s *Service) Signers(ctx context.Context) ([]Account, error) {
	list, err := localSigners(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("account.Signers: %w", err)
	}
	return list, nil
}
