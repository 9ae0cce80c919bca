// Package paging describes one page of a list that is ordered by time-ordered ids, newest first.
package paging

import (
	"math"
	"slices"
)

// DefaultLimit and MaxLimit bound every list.
const (
	DefaultLimit = 20
	MaxLimit     = 80
)

// Page selects items by id. Zero values mean "no bound".
type Page struct {
	MaxID   int64 // strictly older than
	SinceID int64 // strictly newer than, the newest page
	MinID   int64 // strictly newer than, the page right above the cursor
	Limit   int
}

// Size returns the limit within 1..MaxLimit, DefaultLimit for 0 or less.
func (p Page) Size() int {
	if p.Limit <= 0 {
		return DefaultLimit
	}
	return min(p.Limit, MaxLimit)
}

// Bounds returns the open interval of ids a page reads.
func (p Page) Bounds() (after, before int64) {
	before = math.MaxInt64
	if p.MaxID > 0 {
		before = p.MaxID
	}
	return max(p.SinceID, p.MinID, 0), before
}

// Upwards reports whether the page is read from its lower end, as MinID asks.
func (p Page) Upwards() bool { return p.MinID > 0 }

// Order is the SQL order of ids in which the page is read; NewestFirst then gives the order in which every page is shown.
func (p Page) Order() string {
	if p.Upwards() {
		return "ASC"
	}
	return "DESC"
}

// NewestFirst turns the items of a page that was read upwards round.
func NewestFirst[T any](p Page, items []T) {
	if p.Upwards() {
		slices.Reverse(items)
	}
}
