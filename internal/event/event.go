// Package event is meetings: a post of kind event with when and where it takes place. For now they come from other servers
// only. It must not know how they are written there.
package event

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Status says whether an event takes place.
type Status string

const (
	Confirmed Status = "confirmed"
	Tentative Status = "tentative"
	Postponed Status = "postponed"
	Cancelled Status = "cancelled"
)

// Event is the details of a post of kind event.
type Event struct {
	PostID     int64          `db:"post_id"`
	StartsAt   time.Time      `db:"starts_at"`
	EndsAt     *time.Time     `db:"ends_at"`
	TimeZone   string         `db:"time_zone"` // IANA, "" where the organizers did not say
	Place      string         `db:"place"`
	Address    string         `db:"address"`
	URL        string         `db:"url"` // where it takes place online, or where one registers
	Organizers pq.StringArray `db:"organizers"`
	Status     Status         `db:"status"`
}

// Received is an event as another server describes it.
type Received struct {
	StartsAt   time.Time
	EndsAt     *time.Time
	TimeZone   string
	Place      string
	Address    string
	URL        string
	Organizers []string
	Status     Status
}

// home is where the readers are.
var home = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return l
}()

// Location is the zone in which the event's times are said: its own, else that of the readers.
func (e Event) Location() *time.Location {
	if e.TimeZone != "" {
		if l, err := time.LoadLocation(e.TimeZone); err == nil {
			return l
		}
	}
	return home
}

// Elsewhere reports whether the clocks at the event show another time than those of the readers.
func (e Event) Elsewhere() bool {
	_, here := e.StartsAt.In(home).Zone()
	_, there := e.StartsAt.In(e.Location()).Zone()
	return here != there
}

// Local is a time whose clock, where the readers are, shows what the clocks at the event show at t.
func (e Event) Local(t time.Time) time.Time {
	t = t.In(e.Location())
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, home)
}

// Where is place and address on one line.
func (e Event) Where() string {
	switch {
	case e.Place == "", strings.HasPrefix(e.Address, e.Place):
		return e.Address
	case e.Address == "":
		return e.Place
	}
	return e.Place + ", " + e.Address
}

// Service keeps events.
type Service struct{ db *sqlx.DB }

// New returns the service.
func New(db *sqlx.DB, posts *post.Service) *Service {
	// When and where is part of what was written.
	posts.OnErase(func(ctx context.Context, tx *sqlx.Tx, postID int64) error { return remove(ctx, tx, postID) })
	return &Service{db: db}
}

// Receive stores or replaces what another server says of one of its events.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, r Received) error {
	e := Event{
		PostID: p.ID, StartsAt: r.StartsAt.UTC(), EndsAt: r.EndsAt, TimeZone: r.TimeZone, Place: markup.Line(r.Place), Address: markup.Line(r.Address),
		URL: r.URL, Status: r.Status, Organizers: pq.StringArray{},
	}
	for _, name := range r.Organizers {
		e.Organizers = append(e.Organizers, markup.Line(name))
	}
	if err := replace(ctx, tx, e); err != nil {
		return fmt.Errorf("event.Receive %d: %w", p.ID, err)
	}
	return nil
}

// ByPosts returns the events among posts that the caller may show, by the posts' ids.
func (s *Service) ByPosts(ctx context.Context, ids []int64) (map[int64]Event, error) {
	events := map[int64]Event{}
	if len(ids) == 0 {
		return events, nil
	}
	list, err := byPosts(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("event.ByPosts: %w", err)
	}
	for _, e := range list {
		events[e.PostID] = e
	}
	return events, nil
}
