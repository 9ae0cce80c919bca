package mastodon

import (
	"html"
	"strings"

	"github.com/vorbild/vorbild/internal/event"
	"github.com/vorbild/vorbild/internal/i18n"
)

// eventParagraph says when and where an event takes place, as clients know no events.
func eventParagraph(words *i18n.Localizer, e event.Event) string {
	when := words.DateTime(e.Local(e.StartsAt))
	if e.EndsAt != nil && e.EndsAt.After(e.StartsAt) {
		when = words.T("objects.event.span", "From", when, "To", words.DateTime(e.Local(*e.EndsAt)))
	}
	if e.Elsewhere() {
		when = words.T("objects.event.elsewhere", "When", when, "Zone", e.TimeZone)
	}
	var lines []string
	if e.Status != event.Confirmed {
		lines = append(lines, "<strong>"+html.EscapeString(words.T("objects.event."+string(e.Status)))+"</strong>")
	}
	line := func(key, text string) {
		if text != "" {
			lines = append(lines, html.EscapeString(words.T(key))+": "+text)
		}
	}
	line("objects.event.when", html.EscapeString(when))
	line("objects.event.where", html.EscapeString(e.Where()))
	if webURL(e.URL) {
		line("objects.event.link", `<a href="`+html.EscapeString(e.URL)+`" rel="nofollow noopener ugc">`+html.EscapeString(e.URL)+`</a>`)
	}
	line("objects.event.organizers", html.EscapeString(strings.Join(e.Organizers, ", ")))
	return "<p>" + strings.Join(lines, "<br>") + "</p>"
}
