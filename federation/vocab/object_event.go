package vocab

import (
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/event"
)

// maxPlace is how long the name or address of a place may be.
const maxPlace = 500

// Event reads when and where an Event takes place; nil for other objects and for one that does not say when it begins.
func (o Object) Event() *event.Received {
	if o.Type != "Event" {
		return nil
	}
	f := o.terms
	start, ok := f.time("startTime")
	if !ok {
		return nil
	}
	e := &event.Received{StartsAt: start, TimeZone: timeZone(f.text("timezone")), Status: eventStatus(f)}
	if end, ok := f.time("endTime"); ok && !end.Before(start) {
		e.EndsAt = &end
	}
	for _, raw := range f.list("location") {
		o.readPlace(e, raw)
	}
	if e.URL == "" {
		for _, candidate := range []string{f.text("externalParticipationUrl"), f.text("onlineAddress")} {
			if webID(candidate) {
				e.URL = candidate
				break
			}
		}
	}
	if e.URL == "" && len(o.Links) > 0 {
		e.URL = o.Links[0].URL
	}
	e.Organizers = organizersOf(f)
	return e
}

// readPlace reads a Place with a postal address, or the address of a VirtualLocation (FEP-8a8e). The first of each counts.
func (o Object) readPlace(e *event.Received, raw []byte) {
	place, err := parseFields(raw)
	if err != nil {
		return
	}
	if address := pageOf(fields{"url": place["url"]}); place.text("type") == "VirtualLocation" {
		if e.URL == "" && address != "" {
			e.URL = address
		}
		return
	}
	if e.Place == "" && e.Address == "" {
		name, _ := place.words("name", preferred)
		e.Place, e.Address = clip(line(name), maxPlace), clip(postalAddress(place), maxPlace)
	}
}

// postalAddress writes an address on one line; the name of the place is not said twice.
func postalAddress(place fields) string {
	if text := line(place.text("address")); text != "" {
		return text
	}
	a, err := parseFields(place["address"])
	if err != nil {
		return ""
	}
	town := line(a.text("postalCode") + " " + a.text("addressLocality"))
	var parts []string
	for _, part := range []string{line(a.text("streetAddress")), town, line(a.text("addressCountry"))} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// eventStatus reads the words of schema.org, of iCalendar, and of iCalendar as Mobilizon first wrote them.
func eventStatus(f fields) event.Status {
	for _, key := range []string{"eventStatus", "status", "ical:status"} {
		status := f.text(key)
		if at := strings.LastIndexAny(status, "/#"); at >= 0 {
			status = status[at+1:]
		}
		switch strings.ToUpper(strings.TrimPrefix(status, "Event")) {
		case "CANCELLED":
			return event.Cancelled
		case "TENTATIVE":
			return event.Tentative
		case "POSTPONED":
			return event.Postponed
		case "CONFIRMED", "SCHEDULED", "RESCHEDULED", "MOVEDONLINE":
			return event.Confirmed
		}
	}
	return event.Confirmed
}

// timeZone keeps the name of a zone of the IANA database.
func timeZone(name string) string {
	if name == "" || name == "Local" || len(name) > 64 {
		return ""
	}
	if _, err := time.LoadLocation(name); err != nil {
		return ""
	}
	return name
}

// organizersOf reads the names of those who organize, where the event says them beside its author.
func organizersOf(f fields) (names []string) {
	for _, raw := range f.list("organizers") {
		o, err := parseFields(raw)
		if err != nil || len(names) == maxLinks {
			continue
		}
		name, _ := o.words("name", preferred)
		if name = clip(line(name), maxPlace); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// line is a text with all its white space as single blanks.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }
