// Package paging describes one page of a list that is ordered by time-ordered ids, newest first.
package paging

import "math"

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

// Bounds returns the open interval of ids a page reads, and whether it reads upwards from its lower end, as MinID asks:
// the caller then turns the items round, for every page is shown newest first.
func (p Page) Bounds() (after, before int64, upwards bool) {
	before = math.MaxInt64
	if p.MaxID > 0 {
		before = p.MaxID
	}
	return max(p.SinceID, p.MinID, 0), before, p.MinID > 0
}
