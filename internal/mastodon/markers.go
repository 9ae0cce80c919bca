package mastodon

import (
	"slices"

	"github.com/vorbild/vorbild/internal/timeline"
)

// Marker is the Marker entity.
type Marker struct {
	LastReadID string `json:"last_read_id"`
	Version    int    `json:"version"`
	UpdatedAt  string `json:"updated_at"`
}

func markerEntity(m timeline.Marker) Marker {
	return Marker{LastReadID: idText(m.LastReadID), Version: m.Version, UpdatedAt: stamp(m.UpdatedAt)}
}

func markerEntities(markers []timeline.Marker) map[string]Marker {
	entities := make(map[string]Marker, len(markers))
	for _, m := range markers {
		entities[m.Timeline] = markerEntity(m)
	}
	return entities
}

// markers has one of the notifications for those, too, who have read none: Elk counts from it without asking whether it is there.
func (s *Server) markers(c *call) (any, error) {
	asked := c.params.texts("timeline")
	list, err := s.Timeline.Markers(c.ctx(), c.account(), asked)
	if err != nil {
		return nil, err
	}
	entities := markerEntities(list)
	if _, ok := entities[timeline.MarkNotifications]; !ok && slices.Contains(asked, timeline.MarkNotifications) {
		entities[timeline.MarkNotifications] = markerEntity(timeline.Marker{UpdatedAt: c.account().CreatedAt})
	}
	return entities, nil
}

// saveMarkers also tells the pages what was read of the notifications, which have no marker of their own.
func (s *Server) saveMarkers(c *call) (any, error) {
	lastRead := map[string]int64{}
	for _, name := range []string{timeline.MarkHome, timeline.MarkNotifications} {
		if id := c.params.object(name).id("last_read_id"); id > 0 {
			lastRead[name] = id
		}
	}
	list, err := s.Timeline.Mark(c.ctx(), c.account(), lastRead)
	if err != nil {
		return nil, err
	}
	if id, ok := lastRead[timeline.MarkNotifications]; ok {
		if err := s.Notifications.MarkRead(c.ctx(), c.account(), id); err != nil {
			return nil, err
		}
	}
	return markerEntities(list), nil
}
