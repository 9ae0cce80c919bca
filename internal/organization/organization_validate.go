package organization

import (
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
)

// Limits in characters.
const (
	maxName      = 200
	maxShortName = 60
	maxSummary   = 2_000
	maxAddress   = 254
	maxURL       = 500
	maxPage      = 50_000
)

func (o Organization) trimmed() Organization {
	for _, p := range []*string{&o.Name, &o.ShortName, &o.Description, &o.Region, &o.Website, &o.ContactName, &o.ContactEmail, &o.Imprint, &o.Privacy} {
		*p = strings.TrimSpace(strings.ReplaceAll(*p, "\r\n", "\n"))
	}
	return o
}

// validate names every mistake by the field of the form.
func (o Organization) validate() error {
	var mistakes []fault.Field
	wrong := func(name, message string, args map[string]any) {
		mistakes = append(mistakes, fault.Field{Name: name, Message: message, Args: args})
	}
	text := func(name, value string, limit int, required, oneLine bool) {
		switch {
		case value == "" && required:
			wrong(name, "error.organization.required", nil)
		case utf8.RuneCountInString(value) > limit:
			wrong(name, "error.organization.too_long", map[string]any{"Max": limit})
		case !printable(value, oneLine):
			wrong(name, "error.organization.characters", nil)
		}
	}
	text("name", o.Name, maxName, true, true)
	text("short_name", o.ShortName, maxShortName, true, true)
	text("description", o.Description, maxSummary, false, false)
	text("contact_name", o.ContactName, maxName, false, true)
	text("imprint", o.Imprint, maxPage, false, false)
	text("privacy", o.Privacy, maxPage, false, false)

	needsRegion := o.Level == LevelLand || o.Level == LevelKommune
	switch {
	case !o.Level.Valid():
		wrong("level", "error.organization.level", nil)
	case o.Region == "" && needsRegion:
		wrong("region", "error.organization.region_required", nil)
	}
	if o.Region != "" && !ValidRegion(o.Region) {
		wrong("region", "error.organization.region", nil)
	}
	if o.Website != "" && !ValidWebsite(o.Website) {
		wrong("website", "error.organization.website", nil)
	}
	if o.ContactEmail != "" && !ValidEmail(o.ContactEmail) {
		wrong("contact_email", "error.organization.email", nil)
	}
	return fault.Fields(mistakes...)
}

// printable refuses what PostgreSQL (NUL, broken UTF-8) or a reader (control characters) cannot take.
func printable(s string, oneLine bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && (oneLine || (r != '\n' && r != '\t'))
	})
}

// ValidWebsite accepts an absolute web address without a password.
func ValidWebsite(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= maxURL && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// ValidEmail accepts one bare address whose domain has a dot. It becomes a mailto link, so nothing may stand in it that begins
// the subject or the text of a message there (RFC 6068).
func ValidEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxAddress || strings.ContainsAny(s, "?&#%") {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return strings.Contains(strings.Trim(domain, "."), ".")
}
