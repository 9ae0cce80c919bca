package web

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/schema"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/sheet"
)

// maxIndex bounds lists of rows in a form. Naming only the last row makes all before it: a few bytes could ask for a page of hundreds
// of megabytes. The longest list is that of the columns of a sheet.
const maxIndex = sheet.MaxColumns

var decoder = func() *schema.Decoder {
	d := schema.NewDecoder()
	d.IgnoreUnknownKeys(true)
	d.ZeroEmpty(true)
	d.MaxSize(maxIndex)
	return d
}()

// decode reads a sent form into dst, a pointer to a struct with schema tags. Texts are trimmed at their ends and get
// plain line breaks; what does not fit is a fault of kind Invalid, never a 500.
func decode(r *http.Request, dst any) error {
	if err := parseForm(r); err != nil {
		return err
	}
	for key, values := range r.PostForm {
		for i, v := range values {
			values[i] = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(v, ""), "\r\n", "\n"))
			if strings.ContainsRune(values[i], 0) {
				values[i] = strings.ReplaceAll(values[i], "\x00", "") // PostgreSQL stores no NUL
			}
		}
		r.PostForm[key] = values
	}
	err := decoder.Decode(dst, r.PostForm)
	if err == nil {
		return nil
	}
	var many schema.MultiError
	if !errors.As(err, &many) {
		return fault.Wrap(fault.Invalid, "error.invalid", err)
	}
	var fields []fault.Field
	for name := range many {
		fields = append(fields, fault.Field{Name: name, Message: "web.field.unreadable"})
	}
	return fault.Fields(fields...)
}

func parseForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm()
	}
	if err == nil {
		return nil
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return err // fail knows it
	}
	return fault.Wrap(fault.Invalid, "web.error.form", err)
}

// formError is one mistake, said to the person who made it.
type formError struct {
	Name  string
	ID    string // of the input
	Label string // what the field is called, "" when the text says which it is
	Text  string
}

// Link is the mistake in the summary, where it must say which field it is about.
func (e formError) Link() string {
	switch {
	case e.Label == "":
		return e.Text
	case strings.HasSuffix(e.Label, "?"):
		return e.Label + " " + e.Text
	}
	return e.Label + ": " + e.Text
}

// formErrors is what a form shows when it comes back: a summary on top with links, and each message at its field.
type formErrors struct {
	Status  int
	Message string
	Fields  []formError
}

// Any reports whether there is something to show.
func (e formErrors) Any() bool { return e.Message != "" || len(e.Fields) > 0 }

// For returns the message for one field.
func (e formErrors) For(name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

// Under reports whether one of the fields, or a row of one that is a list, has a message.
func (e formErrors) Under(names ...string) bool {
	return slices.ContainsFunc(e.Fields, func(f formError) bool {
		name, _, _ := strings.Cut(f.Name, ".")
		return slices.Contains(names, name)
	})
}

// formErrors translates an error of a service into what its form shows. ok is false for errors that are not about what was
// typed: those go to fail. labels is what the keys of the form's labels begin with; the field's name follows. A form with
// one field needs none.
func (s *Site) formErrors(r *http.Request, err error, labels ...string) (errs formErrors, ok bool) {
	var e *fault.Error
	if !errors.As(err, &e) {
		return formErrors{}, false
	}
	switch e.Kind {
	case fault.Invalid, fault.Conflict, fault.Unavailable, fault.Limited:
	case fault.NotFound:
		// Only when it is about a field, such as a handle that nobody has.
		if len(e.Fields) == 0 {
			return formErrors{}, false
		}
	default:
		return formErrors{}, false
	}
	errs = formErrors{Status: e.Kind.Status(), Message: s.message(r, err)}
	for _, f := range e.Fields {
		args := make([]any, 0, 2*len(f.Args))
		for name, value := range f.Args {
			args = append(args, name, value)
		}
		mistake := formError{Name: f.Name, ID: fieldID(f.Name), Text: s.t(r, f.Message, args...)}
		for _, prefix := range labels {
			name, args := ofRow(f.Name)
			if label := s.t(r, prefix+name, args...); label != prefix+name {
				mistake.Label = label
			}
		}
		errs.Fields = append(errs.Fields, mistake)
	}
	return errs, true
}

// ofRow parts the name of an input in a list of rows, costs.0.amount, into that of its column and the number of the row as people
// count.
func ofRow(name string) (column string, args []any) {
	list, rest, _ := strings.Cut(name, ".")
	row, field, _ := strings.Cut(rest, ".")
	if i, err := strconv.Atoi(row); err == nil {
		return list + "." + field, []any{"Number", i + 1}
	}
	return name, nil
}

// option is one choice of a select, radio group or list of checkboxes.
type option struct {
	Value    string
	Label    string
	Hint     string
	Selected bool
}

// fieldView is one input with all that belongs to it; the partials text_field, textarea_field, select_field,
// check_field, checks_field and radios_field show it.
type fieldView struct {
	Name, ID, Label, Hint, Error string
	Value                        string
	Type                         string // of a text field: text, email, url, search
	Autocomplete, Inputmode      string
	Placeholder                  string
	Optional, Required, Checked  bool
	Short                        bool
	Max, Rows                    int
	Options                      []option
	Empty                        string // label of the empty choice of a select
}

// DescribedBy lists the ids of hint and error for aria-describedby.
func (f fieldView) DescribedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// fieldID is the id of the input with a name: figures.0.unit -> f-figures-0-unit.
func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

// newField builds a fieldView from a template: name, the key of its label, then pairs of option and value.
func newField(l *i18n.Localizer, errs formErrors, name, label string, opts ...any) (fieldView, error) {
	f := fieldView{Name: name, ID: fieldID(name), Label: l.T(label), Error: errs.For(name), Type: "text", Rows: 4}
	if len(opts)%2 != 0 {
		return f, fmt.Errorf("field %s: options are pairs", name)
	}
	for i := 0; i < len(opts); i += 2 {
		value := opts[i+1]
		switch opts[i] {
		case "value":
			f.Value = fmt.Sprint(value)
		case "hint":
			f.Hint = l.T(fmt.Sprint(value))
		case "type":
			f.Type = fmt.Sprint(value)
		case "autocomplete":
			f.Autocomplete = fmt.Sprint(value)
		case "inputmode":
			f.Inputmode = fmt.Sprint(value)
		case "placeholder":
			f.Placeholder = l.T(fmt.Sprint(value))
		case "empty":
			f.Empty = l.T(fmt.Sprint(value))
		case "name": // in an address, where fields have names of their own
			f.Name = fmt.Sprint(value)
		case "id":
			f.ID = fmt.Sprint(value)
		case "optional":
			f.Optional = value == true
		case "required":
			f.Required = value == true
		case "checked":
			f.Checked = value == true
		case "short":
			f.Short = value == true
		case "max":
			f.Max, _ = value.(int)
		case "rows":
			f.Rows, _ = value.(int)
		case "options":
			options, ok := value.([]option)
			if !ok {
				return f, fmt.Errorf("field %s: options are %T", name, value)
			}
			f.Options = options
		default:
			return f, fmt.Errorf("field %s: unknown option %v", name, opts[i])
		}
	}
	return f, nil
}

// Chosen reports whether an option is the current one: marked so, or equal to the value.
func (f fieldView) Chosen(o option) bool { return o.Selected || (f.Value != "" && f.Value == o.Value) }

// written reads a form in which somebody may have written for long, which is shown again whatever is wrong with it: invalid is what
// cannot be read of it. Where the session ended meanwhile, loggedOut is where to log in, and the text stays on the screen.
func (s *Site) written(w http.ResponseWriter, r *http.Request, form any, least account.Role) (actor account.Account, loggedOut string, invalid, err error) {
	if currentAccount(r) == nil && takesFile(r) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody) // of visitors we take no files
	}
	if invalid = decode(r, form); invalid != nil && !fault.Is(invalid, fault.Invalid) {
		return actor, "", nil, invalid
	}
	actor, err = s.require(r, least)
	if fault.Is(err, fault.Unauthorized) && !wantsJSON(r) && !usesToken(r) {
		return actor, loginURL(r), invalid, nil
	}
	return actor, "", invalid, err
}
