package lane

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Service shows the lanes to administrators and does what they decide.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service) *Service { return &Service{db, accounts} }

func errForbidden() error { return fault.New(fault.Forbidden, "error.lane.forbidden") }
func errNotFound() error  { return fault.New(fault.NotFound, "error.lane.notfound") }

// List returns lanes in the order of States, then of their hosts, and how many the filter finds. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor account.Account, f Filter) ([]Lane, int, error) {
	if !actor.Able(account.RoleAdmin) {
		return nil, 0, errForbidden()
	}
	f.Query = strings.ToLower(strings.TrimSpace(f.Query))
	list, total, err := list(ctx, s.db, f)
	if err != nil {
		return nil, 0, fmt.Errorf("lane.List: %w", err)
	}
	return list, total, nil
}

// Counts says how many lanes are in each state, for metrics and for the head of a list.
func (s *Service) Counts(ctx context.Context) (map[State]int, error) {
	counts, err := counts(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("lane.Counts: %w", err)
	}
	return counts, nil
}

// Oldest says for how many seconds the delivery has waited that waits longest for a host that is neither held nor parked. It is for metrics.
func (s *Service) Oldest(ctx context.Context) (seconds float64, err error) {
	if seconds, err = oldest(ctx, s.db); err != nil {
		err = fmt.Errorf("lane.Oldest: %w", err)
	}
	return seconds, err
}

// Get returns the lane of a host. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, actor account.Account, host string) (Lane, error) {
	if !actor.Able(account.RoleAdmin) {
		return Lane{}, errForbidden()
	}
	l, err := byHost(ctx, s.db, host)
	if db.IsNotFound(err) {
		return l, errNotFound()
	}
	if err != nil {
		return l, fmt.Errorf("lane.Get %s: %w", host, err)
	}
	return l, nil
}

// Deliveries lists what waits in a lane, the head first, or with Failed or Dropped what did not arrive, the newest first; after is
// the id of the last one that is known already, 0 for the beginning. Errors: Forbidden.
func (s *Service) Deliveries(ctx context.Context, actor account.Account, host, state string, after int64, limit int) ([]Delivery, error) {
	if !actor.Able(account.RoleAdmin) {
		return nil, errForbidden()
	}
	list, err := deliveries(ctx, s.db, host, state, after, limit)
	if err != nil {
		return nil, fmt.Errorf("lane.Deliveries %s: %w", host, err)
	}
	return list, nil
}

// Delivery returns one. Errors: Forbidden, NotFound.
func (s *Service) Delivery(ctx context.Context, actor account.Account, id int64) (Delivery, error) {
	if !actor.Able(account.RoleAdmin) {
		return Delivery{}, errForbidden()
	}
	d, err := deliveryByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return d, errNotFound()
	}
	if err != nil {
		return d, fmt.Errorf("lane.Delivery %d: %w", id, err)
	}
	return d, nil
}

// Retry lets a lane be tried now instead of at the end of its pause. Whether the host is held is not forgotten by that: when the
// probe fails, it is held again. Errors: Forbidden, NotFound.
func (s *Service) Retry(ctx context.Context, actor account.Account, host string) error {
	return s.decide(ctx, actor, "lane.retry", host, "", func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx, host); err != nil {
			return err
		}
		return wake(ctx, tx, host)
	})
}

// RetryDelivery tries one again that failed or was dropped, as if it never had been tried; of one that waits it wakes the lane. It
// takes its old place: before what came later. Errors: Forbidden, NotFound.
func (s *Service) RetryDelivery(ctx context.Context, actor account.Account, id int64) error {
	d, err := s.Delivery(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.decide(ctx, actor, "lane.retry", d.Host, about(d), func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx, d.Host); err != nil {
			return err
		}
		if err := reopen(ctx, tx, id); err != nil {
			return err
		}
		return wake(ctx, tx, d.Host)
	})
}

// Drop gives up all that waits for a host and forgets what failed; what is being sent at this moment, and the few behind it that
// were read with it, may still arrive. Errors: Forbidden, NotFound.
func (s *Service) Drop(ctx context.Context, actor account.Account, host string) error {
	return s.decide(ctx, actor, "lane.drop", host, "", func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx, host); err != nil {
			return err
		}
		if err := dropAll(ctx, tx, host); err != nil {
			return err
		}
		return rest(ctx, tx, host)
	})
}

// DropDelivery gives up one that waits, or forgets one that failed. The lane goes on with the next. Errors: Forbidden, NotFound.
func (s *Service) DropDelivery(ctx context.Context, actor account.Account, id int64) error {
	d, err := s.Delivery(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.decide(ctx, actor, "lane.drop", d.Host, about(d), func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx, d.Host); err != nil {
			return err
		}
		if err := drop(ctx, tx, id); err != nil {
			return err
		}
		return rest(ctx, tx, d.Host)
	})
}

// decide does what an administrator decided, and notes it.
func (s *Service) decide(ctx context.Context, actor account.Account, action, host, detail string, do func(tx *sqlx.Tx) error) error {
	if !actor.Able(account.RoleAdmin) {
		return errForbidden()
	}
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if err := do(tx); err != nil {
			return fmt.Errorf("%s %s: %w", action, host, err)
		}
		return s.accounts.Audit(ctx, tx, actor, action, host, detail)
	})
}

func about(d Delivery) string {
	return d.Type + " " + d.ObjectURI + " (" + strconv.FormatInt(d.ID, 10) + ")"
}
