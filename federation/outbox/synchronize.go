package outbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
)

const (
	// maxSynchronized is how many followers at other servers an account may have for them to be compared.
	maxSynchronized = 25_000
	digestsTTL      = 30 * time.Second
	maxDigests      = 64 // letters
)

// digests keeps what an account's followers add up to at each host, for the time in which one letter goes to many of them. A
// digest that is a moment old costs its receiver one look at a list, no more.
type digests struct {
	mu      sync.Mutex
	letters map[int64]hostDigests
}

type hostDigests struct {
	uri   string // of the followers; "" when there is nothing to say
	hosts map[string][sha256.Size]byte
	at    time.Time
}

func (d *digests) get(letterID int64, now time.Time) (hostDigests, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok := d.letters[letterID]
	return found, ok && now.Sub(found.at) < digestsTTL
}

func (d *digests) put(letterID int64, found hostDigests) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.letters == nil || len(d.letters) >= maxDigests {
		d.letters = map[int64]hostDigests{}
	}
	d.letters[letterID] = found
}

// synchronization is the header by which a letter (activities.id) to an account's followers lets the receiving host check whom of its
// people we believe to follow the account (FEP-8fcf). nil where there is nothing to compare.
func (o *Outbox) synchronization(ctx context.Context, letterID, accountID int64, host string) (http.Header, error) {
	known, ok := o.digests.get(letterID, o.now())
	if !ok {
		var err error
		if known, err = o.digest(ctx, accountID); err != nil {
			return nil, fmt.Errorf("outbox: followers of %d: %w", accountID, err)
		}
		o.digests.put(letterID, known)
	}
	digest, ok := known.hosts[host]
	if !ok {
		return nil, nil
	}
	s := vocab.Synchronization{CollectionID: known.uri, URL: vocab.SynchronizationURI(known.uri), Digest: digest}
	return http.Header{vocab.SynchronizationHeader: {s.String()}}, nil
}

func (o *Outbox) digest(ctx context.Context, accountID int64) (hostDigests, error) {
	d := hostDigests{at: o.now()}
	a, err := o.Accounts.ByID(ctx, accountID)
	if err != nil || a.FollowersURI == "" {
		return d, err
	}
	byHost, err := o.Follows.FollowersByHost(ctx, accountID, maxSynchronized)
	if err != nil {
		return d, err
	}
	d.uri, d.hosts = a.FollowersURI, make(map[string][sha256.Size]byte, len(byHost))
	for host, uris := range byHost {
		if len(uris) <= vocab.MaxSynchronized {
			d.hosts[host] = vocab.FollowersDigest(uris)
		}
	}
	return d, nil
}

// disownFollow takes back a follow that only the other server knows of: an Undo of a Follow that was never sent, or whose
// first Undo was lost. Servers find it by who follows whom.
func (o *Outbox) disownFollow(ctx context.Context, id int64) (plan, error) {
	f, reader, target, err := o.ends(ctx, id)
	if err != nil || target.Local() || !reader.Local() || f.UndoneAt == nil {
		return plan{}, err
	}
	first, err := o.Render.Follow(f, reader, target)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.Undo(first, reader)
	return plan{
		out: out, table: "follows", id: id, to: recipients{Accounts: []int64{target.ID}, Personal: true},
		still: func(ctx context.Context, _ *sqlx.Tx) (bool, error) {
			now, err := o.Follows.Relation(ctx, reader.ID, target.ID)
			return !now.Following && !now.Requested, err
		},
	}, err
}
