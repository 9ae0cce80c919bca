package transport

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
)

// scheme is a way to sign requests. Both are RSA with SHA-256; they differ in what is signed and how it is written down.
type scheme string

const (
	schemeDraft   scheme = "cavage"  // draft-cavage-http-signatures-12, which every peer accepts
	schemeMessage scheme = "rfc9421" // RFC 9421, which some accept only
)

// other is the scheme to try where one was not understood.
func (s scheme) other() scheme {
	if s == schemeMessage {
		return schemeDraft
	}
	return schemeMessage
}

// evidence says how we know which scheme a host understands.
type evidence string

const (
	evidenceKnock      evidence = "knock"      // it refused one and took the other
	evidenceSigned     evidence = "signed"     // it sent us a valid signature of RFC 9421
	evidenceImplements evidence = "implements" // its actors' generator lists the RFC (FEP-844e); ours do, so our own kind is known by it
)

const (
	schemeFor    = 30 * 24 * time.Hour // how long we believe what we learned of a host
	schemeAgain  = 24 * time.Hour      // what is learned again is written down again after this
	schemeReload = 10 * time.Minute    // how long we do without what other processes learned
	schemeQuiet  = 10 * time.Minute    // a host that refused both is not asked twice for so long
	maxSchemes   = 1 << 16
)

// learned is what we know of a host.
type learned struct {
	Host     string    `db:"host"`
	Scheme   scheme    `db:"sig_scheme"`
	At       time.Time `db:"sig_learned_at"`
	Evidence evidence  `db:"sig_evidence"`
}

// schemes knows which scheme each host understands. All that was learned is read at once and kept, so that no delivery
// waits for the database; hosts of which nothing is known get what every peer accepts.
type schemes struct {
	db    *sqlx.DB
	log   *slog.Logger
	clock func() time.Time
	hosts *lru[string, learned]
	deaf  *lru[string, time.Time] // hosts that refused both, until when

	mu     sync.Mutex // who holds it reads the table
	loaded time.Time
}

func newSchemes(db *sqlx.DB, log *slog.Logger, clock func() time.Time) *schemes {
	return &schemes{db: db, log: log, clock: clock, hosts: newLRU[string, learned](maxSchemes), deaf: newLRU[string, time.Time](1 << 12)}
}

// of returns the scheme to begin with.
func (s *schemes) of(ctx context.Context, host string) scheme {
	s.load(ctx)
	if known, ok := s.known(host); ok {
		return known.Scheme
	}
	return schemeDraft
}

func (s *schemes) known(host string) (learned, bool) {
	known, ok := s.hosts.get(host)
	return known, ok && s.clock().Sub(known.At) < schemeFor
}

// load reads the table from time to time. Whoever comes while another reads it goes on with what there is; only the first
// of all waits.
func (s *schemes) load(ctx context.Context) {
	if !s.mu.TryLock() {
		if s.hosts.len() > 0 {
			return
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	now := s.clock()
	if !s.loaded.IsZero() && now.Sub(s.loaded) < schemeReload {
		return
	}
	list, err := learnedSchemes(ctx, s.db, now.Add(-schemeFor), maxSchemes)
	if err != nil {
		s.log.WarnContext(ctx, "signature schemes of the peers are not known now", "error", err)
		return
	}
	s.loaded = now
	for i := len(list) - 1; i >= 0; i-- { // the newest last, so that it stays longest
		if known, ok := s.hosts.get(list[i].Host); !ok || known.At.Before(list[i].At) {
			s.hosts.put(list[i].Host, list[i])
		}
	}
}

// hint notes that a host says it understands RFC 9421. What we found out by trying counts for more: there are servers that
// send what they do not accept.
func (s *schemes) hint(ctx context.Context, host string, how evidence) {
	s.load(ctx)
	known, ok := s.known(host)
	if ok && (known.Evidence == evidenceKnock || known.Scheme == schemeMessage && s.clock().Sub(known.At) < schemeAgain) {
		return
	}
	s.learn(ctx, learned{Host: host, Scheme: schemeMessage, Evidence: how})
}

// won notes which scheme a host took after it had refused the other.
func (s *schemes) won(ctx context.Context, host string, winner scheme) {
	s.deaf.remove(host)
	s.learn(ctx, learned{Host: host, Scheme: winner, Evidence: evidenceKnock})
}

// learn writes down what was learned. Should that fail, we know it until the end of this process.
func (s *schemes) learn(ctx context.Context, l learned) {
	l.At = s.clock()
	s.hosts.put(l.Host, l)
	if err := saveScheme(context.WithoutCancel(ctx), s.db, l); err != nil {
		s.log.WarnContext(ctx, "signature scheme of a peer not stored", "host", l.Host, "error", err)
	}
}

// refusedBoth notes that neither scheme was taken: then it was not the scheme.
func (s *schemes) refusedBoth(host string) { s.deaf.put(host, s.clock().Add(schemeQuiet)) }

// worthTrying reports whether a refused host should be asked in the other scheme.
func (s *schemes) worthTrying(host string) bool {
	until, ok := s.deaf.get(host)
	return !ok || s.clock().After(until)
}

// readGenerator notes what an actor's document says about the software of its host.
func (c *Client) readGenerator(ctx context.Context, actor string, document []byte) {
	if vocab.ReadsMessageSignatures(document) {
		c.schemes.hint(ctx, hostOfURI(actor), evidenceImplements)
	}
}
