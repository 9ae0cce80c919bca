package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
)

// guide is a text document with one line.
func guide(t *testing.T, line string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range [][2]string{
		{"mimetype", media.DocumentTypes[".odt"]}, {"content.xml", "<a>" + line + "</a>"}, {"meta.xml", "<a>Erika Mustermann</a>"}, {"META-INF/manifest.xml", "<a/>"},
	} {
		to, err := w.CreateHeader(&zip.FileHeader{Name: p[0]})
		must(t, err)
		_, err = to.Write([]byte(p[1]))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func plan(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 900, 600))))
	return b.Bytes()
}

// send sends the form of a practice with a file, as a browser without scripts does.
func (in *curator) send(path, who, name string, content []byte, form url.Values, header ...string) answer {
	in.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("upload", name)
	must(in.t, err)
	_, err = part.Write(content)
	must(in.t, err)
	for key, values := range form {
		for _, value := range values {
			must(in.t, w.WriteField(key, value))
		}
	}
	must(in.t, w.Close())
	r := httptest.NewRequest(http.MethodPost, houseURL+path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return in.ask(r, who, header)
}

// sent is the form as a page shows it, ready to be sent again.
func sent(a answer, action string) url.Values {
	form := url.Values{"action": {action}}
	for _, input := range a.Find("form[data-editor] input, form[data-editor] select, form[data-editor] textarea").EachIter() {
		name := input.AttrOr("name", "")
		if input.Is("[type=file]") || input.Is("[type=checkbox], [type=radio]") && !input.Is("[checked]") || name == "" {
			continue
		}
		value := input.AttrOr("value", input.Find("[selected]").AttrOr("value", ""))
		if input.Is("textarea") {
			value = input.Text()
		}
		form.Add(name, value)
	}
	return form
}

// TestPracticeFiles hangs a document and an image on a draft, publishes them, and takes one away again.
func TestPracticeFiles(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "add-file")
	form.Set("upload_description", "Leitfaden zum Nachmachen")
	a := in.send("/praxisbeispiele/neu", "member", `C:\Erika\Leitfaden für alle.exe`, guide(t, "So geht es."), form)
	if a.StatusCode != http.StatusSeeOther || !strings.HasSuffix(a.Header.Get("Location"), "/bearbeiten#anhaenge") {
		t.Fatalf("attach: %d to %q: %s", a.StatusCode, a.Header.Get("Location"), a.text(".error-summary"))
	}
	edit := strings.TrimSuffix(a.Header.Get("Location"), "#anhaenge")
	a = in.get(edit, "member")
	checkPage(t, "form with a file", a)
	draftFile := a.Find("#anhaenge legend a").AttrOr("href", "")
	if !strings.HasSuffix(draftFile, "/Leitfaden-f%C3%BCr-alle.odt") || a.Find("[name='files.0.description']").AttrOr("value", "") != "Leitfaden zum Nachmachen" {
		t.Fatalf("the form shows %q", draftFile)
	}
	// What is in work only those see who work on it.
	for who, want := range map[string]int{"member": http.StatusOK, "editor": http.StatusOK, "": http.StatusNotFound, "guest": http.StatusNotFound} {
		if got := in.get(draftFile, who).StatusCode; got != want {
			t.Errorf("file of a draft as %q: %d, want %d", who, got, want)
		}
	}
	form = sent(a, "publish")
	form.Set("upload_description", "Grundriss mit zwei Reihen Schränken")
	a = in.send(edit, "member", "plan.png", plan(t), form)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("publish: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	at := a.Header.Get("Location")
	page := in.get(at, "")
	checkPage(t, "practice with files", page)
	if got := page.Find(".picture img"); got.AttrOr("alt", "") != "Grundriss mit zwei Reihen Schränken" || got.AttrOr("width", "") != "480" {
		t.Errorf("the image is shown as %q", got.AttrOr("alt", ""))
	}
	var files []string
	for _, link := range page.Find("section[aria-labelledby=anhaenge] a").EachIter() {
		files = append(files, link.AttrOr("href", ""))
	}
	if len(files) != 2 {
		t.Fatalf("the page lists %q", files)
	}
	attached := func(query string) []string {
		t.Helper()
		var exported struct {
			Attachments []struct{ Name, URL, MediaType string } `json:"attachments"`
		}
		must(t, json.Unmarshal([]byte(in.get(at+".json"+query, "").wants(t, http.StatusOK).body), &exported))
		list := []string{}
		for _, f := range exported.Attachments {
			if got := in.get(strings.TrimPrefix(f.URL, houseURL), "").wants(t, http.StatusOK).Header.Get("Content-Type"); got != f.MediaType {
				t.Errorf("%s is %s, exported as %s", f.URL, got, f.MediaType)
			}
			list = append(list, f.Name)
		}
		return list
	}
	if diff := cmp.Diff([]string{"Leitfaden zum Nachmachen", "Grundriss mit zwei Reihen Schränken"}, attached("")); diff != "" {
		t.Errorf("exported: %s", diff)
	}
	document := in.get(files[0], "")
	got := map[string]string{}
	for _, name := range []string{"Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy"} {
		got[name] = document.Header.Get(name)
	}
	if diff := cmp.Diff(map[string]string{
		"Content-Type": media.DocumentTypes[".odt"], "Content-Disposition": "attachment; filename*=utf-8''Leitfaden-f%C3%BCr-alle.odt",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
	}, got); diff != "" {
		t.Errorf("headers: %s", diff)
	}
	if document.StatusCode != http.StatusOK || strings.Contains(document.body, "Mustermann") {
		t.Errorf("document: %d", document.StatusCode)
	}
	if preview := in.get(page.Find(".picture img").AttrOr("src", ""), ""); preview.StatusCode != http.StatusOK || preview.Header.Get("Content-Type") != "image/png" {
		t.Errorf("preview: %d %s", preview.StatusCode, preview.Header.Get("Content-Type"))
	}
	if got := in.get(draftFile, "member").StatusCode; got != http.StatusNotFound {
		t.Errorf("the address of the draft's file answers %d", got)
	}
	// A change takes the document away; until then it is there, and from then on gone.
	a = in.get(at+"/bearbeiten", "member")
	a = in.send(at+"/bearbeiten", "member", "", nil, sent(a, a.Find("#anhaenge button[value^=remove]").First().AttrOr("value", "")))
	if a.StatusCode != http.StatusOK || a.Find("[name^='files.'][type=hidden]").Length() != 1 {
		t.Fatalf("remove: %d, %d files are left", a.StatusCode, a.Find("[name^='files.'][type=hidden]").Length())
	}
	if got := in.get(files[0], "").StatusCode; got != http.StatusOK {
		t.Errorf("before the change is published the document answers %d", got)
	}
	if a = in.send(at+"/bearbeiten", "member", "", nil, sent(a, "publish")); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("publish the change: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	if got := in.get(files[0], "").StatusCode; got != http.StatusNotFound {
		t.Errorf("the document that was taken away answers %d", got)
	}
	for _, query := range []string{"", "?fassung=1"} { // of the older version what is still there
		if diff := cmp.Diff([]string{"Grundriss mit zwei Reihen Schränken"}, attached(query)); diff != "" {
			t.Errorf("exported %q: %s", query, diff)
		}
	}
	if history := in.get(at+"/verlauf", "").text(".diff"); !strings.Contains(history, "Leitfaden zum Nachmachen") {
		t.Errorf("the history does not say it: %q", history)
	}
	if a = in.post(at+"/bearbeiten", "member", url.Values{"action": {"withdraw"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdraw: %d", a.StatusCode)
	}
	for _, who := range []string{"", "member", "editor"} {
		if got := in.get(files[1], who).StatusCode; got != http.StatusNotFound && got != http.StatusGone {
			t.Errorf("the file of what was withdrawn answers %d to %q", got, who)
		}
	}
}

// TestPracticeFilesRefused: what is wrong with a file stands at its input, in words, and all that was typed is still there.
func TestPracticeFilesRefused(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for name, c := range map[string]struct {
		content     []byte
		description string
		field, said string
	}{
		"a program":      {[]byte("MZ\x90\x00"), "Leitfaden", "f-upload", "Diese Datei nehmen wir nicht an."},
		"too large":      {make([]byte, media.MaxDocument+1), "Leitfaden", "f-upload", "größer als 10 MB"},
		"no description": {guide(t, "a"), "", "f-upload_description", "einen Titel"},
		"empty":          {nil, "Leitfaden", "f-upload", "wählen Sie eine Datei"},
	} {
		form := filled()
		form.Set("upload_description", c.description)
		a := in.send("/praxisbeispiele/neu", "member", "a.pdf", c.content, form)
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.text("#"+c.field+"-error"), c.said) || a.Find(".error-summary a[href='#"+c.field+"']").Length() != 1 {
			t.Errorf("%s: %d %q", name, a.StatusCode, a.text(".error-summary"))
			continue
		}
		checkPage(t, name, a)
		if a.Find("#f-title").AttrOr("value", "") != form.Get("title") || a.Find("#links").Is(":not([open])") {
			t.Errorf("%s: the form lost its title, or is folded", name)
		}
	}
	form := filled()
	form.Set("action", "add-file")
	if a := in.send("/praxisbeispiele/neu", "member", "", nil, form); !strings.Contains(a.text("#f-upload-error"), "wählen Sie eine Datei") {
		t.Errorf("no file: %q", a.text(".error-summary"))
	}
	form.Set("upload_description", "Leitfaden")
	if a := in.send("/praxisbeispiele/neu", "guest", "a.odt", guide(t, "a"), form); a.StatusCode != http.StatusForbidden {
		t.Errorf("a guest's file: %d", a.StatusCode)
	}
	if a := in.send("/praxisbeispiele/neu", "", "a.odt", guide(t, "a"), form); a.StatusCode != http.StatusUnauthorized || a.Find("#f-title").AttrOr("value", "") != form.Get("title") {
		t.Errorf("a visitor's file: %d", a.StatusCode)
	}
	if a := in.send("/praxisbeispiele/neu", "", "a.odt", make([]byte, maxBody+1), form); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a visitor's large file: %d", a.StatusCode)
	}
	if a := in.send("/praxisbeispiele/neu", "member", "a.odt", make([]byte, maxFileBody+1), form); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a file beyond all bounds: %d", a.StatusCode)
	}
}

// TestPracticeFilesOfOthers: nobody hangs another's file on a text of their own, nor a file of another text.
func TestPracticeFilesOfOthers(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "add-file")
	form.Set("upload_description", "Geheimer Entwurf")
	a := in.send("/praxisbeispiele/neu", "editor", "a.odt", guide(t, "a"), form)
	a = in.get(strings.TrimSuffix(a.Header.Get("Location"), "#anhaenge"), "editor")
	stolen := a.Find("[name='files.0.id']").AttrOr("value", "")
	path := a.Find("#anhaenge legend a").AttrOr("href", "")
	for _, action := range []string{"save", "publish"} {
		form = filled()
		form.Set("action", action)
		form.Set("files.0.id", stolen)
		form.Set("files.0.description", "Meiner")
		if a := in.post("/praxisbeispiele/neu", "member", form); a.StatusCode != http.StatusUnprocessableEntity || strings.Contains(a.body, "Geheimer") || a.Find("[name='files.0.id']").Length() != 0 {
			t.Errorf("%s with another's file: %d %s", action, a.StatusCode, a.text(".error-summary"))
		}
	}
	id := in.publish("member", nil)
	parts := strings.Split(path, "/")
	for _, try := range []string{fmt.Sprintf("/praxisbeispiele/%d/anlagen/%s/a.odt", id, stolen), path, strings.Join(parts[:3], "/") + "/anlagen/1/a.odt", strings.Join(parts[:3], "/") + "/anlagen/99999999999999999999/a.odt"} {
		if got := in.get(try, "member").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", try, got)
		}
	}
}

// TestPracticeFilesBounded: ten files hang on a practice, each with a description.
func TestPracticeFilesBounded(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "add-file")
	form.Set("upload_description", "Leitfaden")
	a := in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	edit := strings.TrimSuffix(a.Header.Get("Location"), "#anhaenge")
	for i := range 10 {
		form = sent(in.get(edit, "member"), "add-file")
		form.Set("upload_description", "Leitfaden")
		a = in.send(edit, "member", "a.odt", guide(t, "a"), form)
		if wrong := a.StatusCode != http.StatusSeeOther; wrong != (i == 9) {
			t.Fatalf("file %d: %d %s", i+2, a.StatusCode, a.text(".error-summary"))
		}
	}
	if !strings.Contains(a.text("#f-upload-error"), "höchstens 10") {
		t.Errorf("the eleventh: %q", a.text(".error-summary"))
	}
	form = sent(in.get(edit, "member"), "publish")
	form.Set("files.3.description", "")
	if a = in.post(edit, "member", form); a.StatusCode != http.StatusUnprocessableEntity || a.Find("#f-files-3-description-error").Length() != 1 || a.Find(".error-summary a").Length() != 1 {
		t.Errorf("without a description: %d %s", a.StatusCode, a.text(".error-summary"))
	}
}

// TestPracticeFilesOfTheNetwork: what only the network may read is read here by those who may, and elsewhere with the key that came with it.
func TestPracticeFilesOfTheNetwork(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("visibility", "network")
	form.Set("upload_description", "Nur für uns")
	a := in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("publish: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	path := in.get(a.Header.Get("Location"), "moderator").Find("section[aria-labelledby=anhaenge] a").AttrOr("href", "")
	var key string
	must(t, in.db.Get(&key, `SELECT key FROM practice_files`))
	for _, try := range []struct {
		path, who string
		want      int
	}{
		{path, "moderator", http.StatusOK}, {path, "guest", http.StatusNotFound}, {path, "", http.StatusNotFound}, {path + "?schluessel=" + key, "", http.StatusOK},
		{path + "?schluessel=" + key[:31], "", http.StatusNotFound}, {path + "?schluessel=", "", http.StatusNotFound}, {path + "?schluessel=" + strings.Repeat("0", 32), "", http.StatusNotFound},
	} {
		got := in.get(try.path, try.who)
		if got.StatusCode != try.want || strings.Contains(got.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s as %q: %d, want %d; %s", try.path, try.who, got.StatusCode, try.want, got.Header.Get("Cache-Control"))
		}
	}
	_, err := in.db.Exec(`UPDATE posts SET hidden = true WHERE kind = 'article'`)
	must(t, err)
	if got := in.get(path+"?schluessel="+key, "").StatusCode; got != http.StatusNotFound {
		t.Errorf("of what moderators hid the file answers %d", got)
	}
}

// TestPracticeFilesNeedApproval: where a second person approves, the file is published with the text, and not before.
func TestPracticeFilesNeedApproval(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	o, err := in.Organizations.Get(t.Context())
	must(t, err)
	o.FourEyes = true
	must(t, in.Organizations.Save(t.Context(), o))
	form := filled()
	form.Set("action", "ask")
	form.Set("upload_description", "Leitfaden")
	a := in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("ask: %d %s", a.StatusCode, a.text(".error-summary"))
	}
	waiting, err := in.Practices.Reviews(t.Context(), in.people["editor"])
	must(t, err)
	m, err := in.Practices.Manuscript(t.Context(), in.people["editor"], waiting[0].PostID)
	must(t, err)
	id, err := in.Practices.Approve(t.Context(), in.people["editor"], waiting[0].PostID, m.Draft.Version)
	must(t, err)
	v, err := in.Practices.ByID(t.Context(), post.Viewer{}, id)
	must(t, err)
	if len(v.Practice.Files) != 1 || v.Practice.Files[0].Description != "Leitfaden" {
		t.Fatalf("published with %+v", v.Practice.Files)
	}
	if got := in.get(v.Practice.Files[0].Path(id), "").StatusCode; got != http.StatusOK {
		t.Errorf("the approved file answers %d", got)
	}
}

// TestPracticeFilesSwept: what no text names for a day goes, and what one names stays.
func TestPracticeFilesSwept(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := filled()
	form.Set("action", "save")
	form.Set("upload_description", "Im Entwurf")
	in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	form.Set("action", "publish")
	form.Set("upload_description", "Veröffentlicht")
	in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	form.Set("title", "") // refused, so nothing names the file
	form.Set("upload_description", "Verwaist")
	in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	must(t, in.Practices.Sweep(t.Context()))
	count := func() (n int) {
		must(t, in.db.Get(&n, `SELECT count(*) FROM practice_files`))
		return n
	}
	if n := count(); n != 3 {
		t.Errorf("%d files after a sweep that came too early", n)
	}
	_, err := in.db.Exec(`UPDATE practice_files SET created_at = $1`, time.Now().Add(-25*time.Hour))
	must(t, err)
	must(t, in.Practices.Sweep(t.Context()))
	if n := count(); n != 2 {
		t.Errorf("%d files after the sweep", n)
	}
	// Of files that nothing names one person has only a few at a time.
	var last answer
	for range 21 {
		last = in.send("/praxisbeispiele/neu", "member", "a.odt", guide(t, "a"), form)
	}
	if got := last.text("#f-upload-error"); !strings.Contains(got, "schon 20 Dateien") {
		t.Errorf("the 21st waiting file: %q", got)
	}
}

// TestUploadsAreForgotten: what a form brings lies on the disk no longer than it takes to answer, whatever becomes of it. No other
// test of this package runs meanwhile: all share the directory for what is only there for a while.
func TestUploadsAreForgotten(t *testing.T) {
	in := newCurator(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	large := append(slices.Clone(plan(t)), bytes.Repeat([]byte("geheim"), 1_000_000)...)
	for _, path := range []string{"/praxisbeispiele/neu", importsPath} {
		a := in.send(path, "member", "plan.png", large, filled())
		if a.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
		left, err := os.ReadDir(dir)
		must(t, err)
		for _, f := range left {
			t.Errorf("%s leaves %s", path, f.Name())
		}
	}
}
