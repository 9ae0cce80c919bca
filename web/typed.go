package web

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/fault"
)

// maxKept is how much of a form that is too large is kept to be given back.
const maxKept = 2 * maxBody

// maxTypedFields is how many fields are given back. The longest form of ours has some hundreds.
const maxTypedFields = 1_000

// typedView gives back what somebody had typed into a form that could not be taken: to be copied, changed and sent again.
type typedView struct {
	Action string
	Texts  []typedText
	Hidden []hiddenField
	Short  bool // it was too much: only its beginning may stand here
}

// typedText is one of the texts.
type typedText struct {
	ID, Label, Name, Value string
	Rows                   int
}

// kept is the beginning of a body that is larger than forms are.
type kept struct {
	io.Reader // the body, as it came
	beginning bytes.Buffer
}

func (k *kept) Write(p []byte) (int, error) {
	k.beginning.Write(p[:min(len(p), max(0, maxKept-k.beginning.Len()))])
	return len(p), nil
}

type keptKey struct{}

// keepBeginning remembers what a large form begins with, so that it is not lost when it turns out to be too large.
func keepBeginning(r *http.Request) *http.Request {
	if r.Method != http.MethodPost || r.ContentLength <= maxBody {
		return r
	}
	k := &kept{}
	k.Reader = io.TeeReader(r.Body, k)
	r = r.WithContext(context.WithValue(r.Context(), keptKey{}, k))
	r.Body = struct {
		io.Reader
		io.Closer
	}{k.Reader, r.Body}
	return r
}

// typed returns what was typed into a form that failed for a reason outside of it; nil when there is nothing to give back.
//
// RULE: only our own pages get their words back. A form that another site sent must not become one of ours by a click.
func (s *Site) typed(w http.ResponseWriter, r *http.Request, kind fault.Kind) *typedView {
	if r.Method != http.MethodPost || pathText(r, "secret") != "" || r.URL.Path == authorizePath ||
		r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" || s.guards.origin.Check(r) != nil {
		return nil
	}
	var form url.Values
	switch kind {
	case fault.TooLarge:
		form = beginningOf(r)
	case fault.Limited, fault.Internal, fault.Unauthorized, fault.Unavailable:
		if r.PostForm == nil { // refused before it was read
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			_ = parseForm(r) // what cannot be read is not given back
		}
		form = r.PostForm
	}
	view := &typedView{Action: localPath(r.URL.RequestURI(), "/"), Short: kind == fault.TooLarge}
	names, fields := make([]string, 0, len(form)), 0
	for name := range form {
		names = append(names, name)
		fields += len(form[name])
	}
	if fields > maxTypedFields {
		return nil
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range form[name] {
			value = strings.ReplaceAll(strings.ToValidUTF8(value, ""), "\x00", "")
			if !written(name, value) {
				view.Hidden = append(view.Hidden, hiddenField{name, value})
				continue
			}
			label := s.t(r, "practices.form."+name)
			if label == "practices.form."+name {
				label = s.t(r, "web.typed.text", "Number", len(view.Texts)+1)
			}
			id := fieldID("typed-" + name)
			if slices.ContainsFunc(view.Texts, func(t typedText) bool { return t.Name == name }) {
				id += "-" + label
			}
			view.Texts = append(view.Texts, typedText{ID: id, Label: label, Name: name, Value: value, Rows: min(12, 2+utf8.RuneCountInString(value)/80)})
		}
	}
	if len(view.Texts) == 0 {
		return nil
	}
	return view
}

// written reports whether a value is something that a person wrote, and not a choice or a part of the form.
func written(name, value string) bool {
	if name == "weiter" || name == "version" || name == "action" {
		return false
	}
	return strings.ContainsAny(value, " \n") || utf8.RuneCountInString(value) > 30
}

// beginningOf reads the fields with which a form began that is too large. Files are not given back.
func beginningOf(r *http.Request) url.Values {
	k, _ := r.Context().Value(keptKey{}).(*kept)
	if k == nil {
		return nil
	}
	_, _ = io.CopyN(io.Discard, k.Reader, int64(maxKept-k.beginning.Len())) // what was not read yet
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		form, _ := url.ParseQuery(k.beginning.String()) // what is cut off at its end is left out or short
		return form
	}
	form := url.Values{}
	parts := multipart.NewReader(&k.beginning, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return form
		}
		if part.FileName() != "" {
			continue
		}
		value, err := io.ReadAll(part)
		form.Add(part.FormName(), string(value))
		if err != nil {
			return form
		}
	}
}
