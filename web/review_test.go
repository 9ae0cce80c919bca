package web

import "net/url"

// over names in a form the version of the text that its member reads now, as the page with the form does.
func (in *curator) over(at string, form url.Values) url.Values {
	in.t.Helper()
	form.Set("version", in.get(at, "member").Find("form[data-editor] [name=version]").AttrOr("value", ""))
	return form
}
