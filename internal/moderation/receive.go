package moderation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
)

// maxPerDay is how many reports one other server can make in a day: a person has to read each of them.
const maxPerDay = 50

// Received is a report that another server sent. Who reported is not kept, only the server.
type Received struct {
	Host     string
	URI      string // of the activity: a repeat is known by it
	TargetID int64
	PostIDs  []int64
	Comment  string // plain text or HTML
}

// Receive puts another server's report before the moderators; a repeat changes nothing. Posts of others than the target are left
// out. fault.Limited when the server has sent too many.
func (s *Service) Receive(ctx context.Context, d Received) error {
	target, err := s.accounts.ByID(ctx, d.TargetID)
	if err != nil {
		return err
	}
	now := time.Now()
	r := Report{
		ID: db.NewID(now), TargetID: target.ID, PostIDs: pq.Int64Array{}, RuleIDs: pq.Int64Array{}, Category: Other,
		Comment: plain(d.Comment), Host: d.Host, URI: d.URI, CreatedAt: now,
	}
	for _, id := range d.PostIDs[:min(len(d.PostIDs), maxPosts)] {
		p, err := s.posts.Get(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if p.AccountID == target.ID && !slices.Contains(r.PostIDs, id) {
			r.PostIDs = append(r.PostIDs, id)
		}
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := countFromHost(ctx, tx, d.Host, now.Add(-24*time.Hour))
		if err != nil {
			return fmt.Errorf("moderation.Receive from %s: %w", d.Host, err)
		}
		if n >= maxPerDay {
			return fault.New(fault.Limited, "error.moderation.limited")
		}
		inserted, err := insertReceived(ctx, tx, r)
		if err != nil {
			return fmt.Errorf("moderation.Receive from %s: %w", d.Host, err)
		}
		if !inserted {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyReport, ID: r.ID})
	})
}

// Get returns a report to whoever carries it on; the pages ask ByID. fault.NotFound.
func (s *Service) Get(ctx context.Context, id int64) (Report, error) {
	list, err := reportsByIDs(ctx, s.db, []int64{id})
	if err != nil {
		return Report{}, fmt.Errorf("moderation.Get %d: %w", id, err)
	}
	if len(list) == 0 {
		return Report{}, errNotFound()
	}
	return list[0], nil
}

// plain is what another server says, as text that fits.
func plain(s string) string {
	if strings.ContainsAny(s, "<&") {
		s = markup.Text(s)
	}
	s = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), ""))
	if utf8.RuneCountInString(s) > maxComment {
		s = string([]rune(s)[:maxComment-1]) + "…"
	}
	return s
}
