package inbox

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// maxFollowerPages is how many pages of a list of followers are read.
const maxFollowerPages = 20

// Synchronize reads the Collection-Synchronization header of a signed delivery (FEP-8fcf): what the signer's server believes
// who of us follows the signer. Where we know otherwise, a job asks it for the list. The header is only a hint: nothing is
// believed for its sake, and what it came with is safe already, whatever becomes of it.
func (in *Inbox) Synchronize(ctx context.Context, signer account.Account, header string) {
	if err := in.compareFollowers(ctx, signer, header); err != nil {
		in.Log.WarnContext(ctx, "followers not compared", "actor", signer.URI, "error", err)
	}
}

func (in *Inbox) compareFollowers(ctx context.Context, signer account.Account, header string) error {
	s, ok := vocab.ParseSynchronization(header)
	// RULE: an actor speaks of its own followers only, and sends us nowhere but to its own host.
	if !ok || s.CollectionID != signer.FollowersURI || !vocab.SameHost(s.URL, signer.URI) || signer.Local() {
		return nil
	}
	uris, err := in.Follows.FollowersHere(ctx, signer.ID, maxFollowers+1)
	if err != nil {
		return err
	}
	if len(uris) > maxFollowers || vocab.FollowersDigest(uris) == s.Digest || !in.fetches.allow(vocab.HostOf(signer.URI)) {
		return nil
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		return in.Jobs.Enqueue(ctx, tx, job.SynchronizeFollowers{AccountID: signer.ID, URL: s.URL, Digest: hex.EncodeToString(s.Digest[:])})
	})
}

// SynchronizeFollowers asks an actor's server who of us it counts among the actor's followers, and makes our side of it so.
func (in *Inbox) SynchronizeFollowers(ctx context.Context, args job.SynchronizeFollowers) error {
	a, err := in.Accounts.ByID(ctx, args.AccountID)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Local() || a.State != account.Active || !vocab.SameHost(a.URI, args.URL)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inbox.SynchronizeFollowers %d: %w", args.AccountID, err)
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, a.Host())
	if err != nil {
		return fmt.Errorf("inbox.SynchronizeFollowers %s: %w", a.URI, err)
	}
	defer done()
	within, v, cancel := in.begin(ctx, nil)
	defer cancel()
	items, whole, err := v.members(within, args.URL, maxFollowerPages, maxFollowers)
	if err != nil {
		return in.settled(ctx, args.URL, err)
	}
	var ours []string
	for _, item := range items {
		if in.ours(item.ID) {
			ours = append(ours, item.ID)
		}
	}
	// RULE: who is not listed loses a follow, so the list must be what was announced: all of it, and the one that belongs to
	// the digest. A list that changed meanwhile is announced again with the next post.
	digest := vocab.FollowersDigest(ours)
	if !whole || len(ours) < len(items) || hex.EncodeToString(digest[:]) != args.Digest {
		in.Log.InfoContext(ctx, "followers not synchronized", "actor", a.URI, "listed", len(items), "ours", len(ours), "whole", whole)
		return nil
	}
	return in.Follows.Synchronize(ctx, a.ID, ours)
}
