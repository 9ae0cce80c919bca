package account

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// What our people may say in the fields of their profile.
const (
	MaxFields     = 4
	MaxFieldChars = 255
)

// PostingVisibilities are what new posts can begin with, in the words of post.Visibility.
var PostingVisibilities = []string{"public", "unlisted", "followers", "direct"}

// Profile is a change of someone's own words and settings; what is nil stays. Note is plain text or Markdown; of a field,
// Name and Source are read. Avatar and Header name stored files, "" takes them away.
type Profile struct {
	DisplayName, Note                               *string
	ApprovesFollowers, Bot, Discoverable, Indexable *bool
	HideCollections                                 *bool
	Fields                                          *Fields
	Avatar, Header                                  *string
	Language                                        *string
	DefaultVisibility                               *string
	DefaultSensitive                                *bool
}

// UpdateProfile changes what the web's form holds.
func (s *Service) UpdateProfile(ctx context.Context, actor Account, id int64, displayName, note string, approvesFollowers bool, language string) error {
	return s.SaveProfile(ctx, actor, id, Profile{
		DisplayName: &displayName, Note: &note, ApprovesFollowers: &approvesFollowers, Language: &language,
	})
}

// SaveProfile changes our person's or group's own words and settings and tells the world. The actor must be the account
// itself, or an administrator. A group's name follows the organisation's: it is changed by SaveOrganization only.
func (s *Service) SaveProfile(ctx context.Context, actor Account, id int64, change Profile) error {
	if !actor.Able(RoleAdmin) && (actor.ID != id || !actor.Able(RoleGuest)) {
		return errForbidden()
	}
	change, err := change.checked()
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		old, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !old.Local() || (old.Kind != Person && old.Kind != Group) {
			return errNotFound()
		}
		a := s.changed(old, change)
		if a.Kind == Group && a.DisplayName != old.DisplayName {
			return fault.Fields(fault.Field{Name: "display_name", Message: "error.account.group_name"})
		}
		changed, err := updateProfile(ctx, tx, a)
		if err != nil {
			return fmt.Errorf("account.SaveProfile %d: %w", id, err)
		}
		if !changed {
			return nil
		}
		if actor.ID != id {
			if err := s.Audit(ctx, tx, actor, "account.profile", a.Handle(), ""); err != nil {
				return err
			}
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateAccount, ID: id})
	})
}

func (s *Service) changed(a Account, change Profile) Account {
	set(&a.DisplayName, change.DisplayName)
	if change.Note != nil && *change.Note != a.NoteSource {
		a.NoteSource, a.Note = *change.Note, ""
		if a.NoteSource != "" {
			a.Note = strings.TrimSpace(s.markup.Render(a.NoteSource))
		}
	}
	set(&a.ApprovesFollowers, change.ApprovesFollowers)
	set(&a.Bot, change.Bot)
	set(&a.Discoverable, change.Discoverable)
	set(&a.Indexable, change.Indexable)
	set(&a.HideCollections, change.HideCollections)
	set(&a.Fields, change.Fields)
	set(&a.Avatar, change.Avatar)
	set(&a.Header, change.Header)
	set(&a.Language, change.Language)
	set(&a.DefaultVisibility, change.DefaultVisibility)
	set(&a.DefaultSensitive, change.DefaultSensitive)
	return a
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// checked brings words into form and reports the mistakes.
func (p Profile) checked() (Profile, error) {
	var mistakes []fault.Field
	if p.DisplayName != nil {
		name := strings.TrimSpace(*p.DisplayName)
		p.DisplayName = &name
		mistakes = append(mistakes, checkDisplayName(name)...)
	}
	if p.Note != nil {
		note := strings.TrimSpace(strings.ReplaceAll(*p.Note, "\r\n", "\n"))
		p.Note = &note
		switch {
		case utf8.RuneCountInString(note) > maxNote:
			mistakes = append(mistakes, fault.Field{Name: "note", Message: "error.account.too_long", Args: map[string]any{"Max": maxNote}})
		case !utf8.ValidString(note) || strings.ContainsFunc(note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
			mistakes = append(mistakes, fault.Field{Name: "note", Message: "error.account.characters"})
		}
	}
	if p.Fields != nil {
		fields, wrong := checkFields(*p.Fields)
		p.Fields, mistakes = &fields, append(mistakes, wrong...)
	}
	if p.Language != nil && !slices.Contains(Languages, *p.Language) {
		mistakes = append(mistakes, fault.Field{Name: "language", Message: "error.account.language"})
	}
	if p.DefaultVisibility != nil && !slices.Contains(PostingVisibilities, *p.DefaultVisibility) {
		mistakes = append(mistakes, fault.Field{Name: "privacy", Message: "error.account.visibility"})
	}
	return p, fault.Fields(mistakes...)
}

// checkFields leaves out empty rows, as forms send them.
func checkFields(fields Fields) (checked Fields, mistakes []fault.Field) {
	wrong := func(message string) {
		mistakes = append(mistakes, fault.Field{Name: "fields", Message: message, Args: map[string]any{"Max": MaxFields, "Chars": MaxFieldChars}})
	}
	for _, f := range fields {
		f = Field{Name: oneLine(f.Name), Source: oneLine(f.Source)}
		switch {
		case f.Name == "" && f.Source == "":
			continue
		case f.Name == "":
			wrong("error.account.field_name")
		case utf8.RuneCountInString(f.Name) > MaxFieldChars || utf8.RuneCountInString(f.Source) > MaxFieldChars:
			wrong("error.account.field_long")
		}
		f.Value = fieldHTML(f.Source)
		checked = append(checked, f)
	}
	if len(checked) > MaxFields {
		wrong("error.account.fields_many")
	}
	return checked, mistakes
}

// fieldHTML makes links of web addresses and leaves the rest as text.
func fieldHTML(source string) string {
	words := strings.Split(source, " ")
	for i, word := range words {
		text := html.EscapeString(word)
		if u, err := url.Parse(word); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil {
			text = `<a href="` + html.EscapeString(u.String()) + `" rel="me nofollow noopener">` + text + `</a>`
		}
		words[i] = text
	}
	return strings.Join(words, " ")
}
