package transport

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/vorbild/vorbild/internal/fault"
)

// ErrSpent is in the chain of errors of a request that was not sent because the budget of its context is spent.
var ErrSpent = errors.New("budget of requests is spent")

type budgetKey struct{}

// WithBudget bounds how many GET requests are sent with the context. What a stranger can multiply counts: every hop of a
// redirect, an author with his handle, a document that must be asked for a second time under its id.
func WithBudget(ctx context.Context, requests int) context.Context {
	left := new(atomic.Int64)
	left.Store(int64(requests))
	return context.WithValue(ctx, budgetKey{}, left)
}

// BudgetSpent reports whether nothing more can be fetched with the context.
func BudgetSpent(ctx context.Context) bool {
	left, ok := ctx.Value(budgetKey{}).(*atomic.Int64)
	return ok && left.Load() <= 0
}

// spend takes one request from the budget, if there is one.
func spend(ctx context.Context) error {
	left, ok := ctx.Value(budgetKey{}).(*atomic.Int64)
	if ok && left.Add(-1) < 0 {
		return fault.Wrap(fault.Limited, "error.federation.limited", ErrSpent)
	}
	return nil
}
