package curation

import (
	"context"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// How finely a report tells: rows below each other, columns side by side, and the practices that wait longest.
const (
	reportRows    = 24
	reportColumns = 6
	reportWaiting = 10
)

// Report is what the desk did in a period. It tells of practices and of decisions, never of who read what.
type Report struct {
	Period
	Unit    Unit // of Steps
	Steps   []ReportStep
	Origins []OriginReport // most practices first
	Delay   Delay
	Longest []PendingPractice // that wait now, the oldest first; they need not have come in the period

	ColumnUnit Unit // of the columns of Regions and Levels
	Columns    []time.Time
	Regions    []Participation // every Land in its usual order, then those of none
	Levels     []Participation
}

// ReportStep is a month, quarter or year of it.
type ReportStep struct {
	Start     time.Time
	Received  int
	Decisions map[string]int // by kind: Accept, Decline ...
	Open      int            // undecided when it ended, or now
}

// OriginReport is what came from one instance in the period, and what has become of it since.
type OriginReport struct {
	Host      string   `db:"host"` // "" for our own
	Received  int      `db:"received"`
	Accepted  int      `db:"accepted"`
	Declined  int      `db:"declined"`
	Withdrawn int      `db:"withdrawn"` // by its origin, decided or not
	Open      int      `db:"open"`
	Median    *float64 `db:"median"` // seconds until the first decision, nil where none was taken
}

// Delay is how long practices waited for their first decision, of those for which it fell in the period. Times are in seconds.
type Delay struct {
	Decided int     `db:"decided"`
	Median  float64 `db:"median"`
	Most    float64 `db:"most"` // nine of ten waited no longer
	Longest float64 `db:"longest"`
	Day     int     `db:"day"` // decided within a day
	Week    int     `db:"week"`
	Month   int     `db:"month"`
	Quarter int     `db:"quarter"`
	Later   int     `db:"later"`
}

// PendingPractice waits for a decision.
type PendingPractice struct {
	practice.View
	Since time.Time
}

// Participation is what one Land or one level gave in the period.
type Participation struct {
	Key           string // ISO 3166-2 code or level, "" where practices name none
	Counts        []int  // of practices, by column
	Practices     int
	Organizations int // that published them
	Reuses        int // of practices from anywhere, that were reported
}

// Report tells what came in and what was decided in a period. Editors and above.
func (s *Service) Report(ctx context.Context, actor account.Account, p Period) (Report, error) {
	r := Report{Period: p}
	if err := s.mayDecide(ctx, actor); err != nil {
		return r, err
	}
	var starts []time.Time
	r.Unit, starts = p.Steps(reportRows)
	r.ColumnUnit, r.Columns = p.Steps(reportColumns)
	for _, f := range []func() error{
		func() (err error) { r.Steps, err = reportSteps(ctx, s.db, p, starts); return err },
		func() (err error) { r.Origins, err = reportOrigins(ctx, s.db, p); return err },
		func() (err error) { r.Delay, err = reportDelay(ctx, s.db, p); return err },
		func() (err error) {
			r.Regions, err = participation(ctx, s.db, p, "region", r.Columns, organization.Regions)
			return err
		},
		func() (err error) {
			levels := make([]string, 0, len(organization.Levels))
			for _, level := range organization.Levels {
				levels = append(levels, string(level))
			}
			r.Levels, err = participation(ctx, s.db, p, "level", r.Columns, levels)
			return err
		},
		func() (err error) { r.Longest, err = s.longestWaiting(ctx, actor); return err },
	} {
		if err := f(); err != nil {
			return r, fmt.Errorf("curation.Report from %s: %w", p.From.Format(time.DateOnly), err)
		}
	}
	return r, nil
}

// longestWaiting lists the practices that wait longest.
func (s *Service) longestWaiting(ctx context.Context, actor account.Account) ([]PendingPractice, error) {
	waiting, err := oldestOpen(ctx, s.db, reportWaiting)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(waiting))
	since := map[int64]time.Time{}
	for _, w := range waiting {
		ids, since[w.PostID] = append(ids, w.PostID), w.ReceivedAt
	}
	views, err := s.practices.Views(ctx, post.Viewer{AccountID: actor.ID}, ids)
	if err != nil {
		return nil, err
	}
	list := make([]PendingPractice, 0, len(views))
	for _, v := range views {
		list = append(list, PendingPractice{View: v, Since: since[v.Post.ID]})
	}
	return list, nil
}

// Sum adds up what came in, and the decisions of one kind.
func (r Report) Sum(kind string) (received, decided int) {
	for _, step := range r.Steps {
		received += step.Received
		decided += step.Decisions[kind]
	}
	return received, decided
}
