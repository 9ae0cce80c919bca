package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"text/template/parse"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// page is what the layout shows around a page. A handler sets the first group, render the second.
type page struct {
	Title       string // already translated, or a title people wrote
	Description string // for search engines and link previews; "" for none
	Nav         string // current entry of the main navigation: start, practices, discussions, participants, home, desk, administration
	Data        any    // what the page itself shows
	Canonical   string // address of the page elsewhere or here, absolute
	Activity    string // ActivityPub id of what the page shows
	Article     bool   // the page is one text (OpenGraph)
	NoIndex     bool   // not for search engines
	Scripts     []string
	Feeds       []feedLink // of what the page shows
	Linked      string     // path of the page as linked data
	Preview     preview

	Account      *account.Account
	Organization organization.Organization
	Unread       int
	Reviews      int // texts that wait for the reader's approval
	Flash        *flashView
	Path         string // path and query of this page, to come back to
	Host         string
	Content      template.HTML // the page's own part, rendered
}

// SiteTitle is the end of every title.
func (p page) SiteTitle() string { return p.Organization.ShortName }

// LoginURL leads to the login page and from there back to this page, if it is one to come back to.
func (p page) LoginURL() string {
	if afterLogin(p.Path) != p.Path {
		return "/anmelden"
	}
	return "/anmelden?weiter=" + url.QueryEscape(p.Path)
}

// Home reports whether this is the start page, whose title is the instance alone.
func (p page) Home() bool { return p.Nav == "start" }

// Editor reports whether the desk belongs into the reader's menu; Admin the administration.
func (p page) Editor() bool { return p.Account != nil && p.Account.Role.AtLeast(account.RoleEditor) }

// Admin reports whether the administration belongs into the reader's menu.
func (p page) Admin() bool { return p.Account != nil && p.Account.Role.AtLeast(account.RoleAdmin) }

// Moderator reports whether the reports belong into the reader's menu.
func (p page) Moderator() bool {
	return p.Account != nil && p.Account.Role.AtLeast(account.RoleModerator)
}

// Writer reports whether the reader may write practices.
func (p page) Writer() bool { return p.Account != nil && p.Account.Role.AtLeast(account.RoleMember) }

// templateSets is all templates, by language: in each, every page and partial is a template named like its file, or by a define
// in a partials file. A language takes 4 MB, and most instances are read in one.
type templateSets map[string]func() (*template.Template, error)

// languages the interface speaks.
var languages = []string{"de", "en"}

// newTemplateSets parses the first language, and each of the others when somebody reads it: of mistakes they have the same.
func (s *Site) newTemplateSets() (templateSets, error) {
	sets := templateSets{}
	for _, lang := range languages {
		sets[lang] = sync.OnceValues(func() (*template.Template, error) {
			return parseTemplateSet(templateFiles, s.templateFuncs(s.I18n.For(lang)))
		})
	}
	_, err := sets[languages[0]]()
	return sets, err
}

// execute writes a template in one language, the first if it is none of ours.
func (sets templateSets) execute(out io.Writer, lang, name string, data any) error {
	parsed, ok := sets[lang]
	if !ok {
		parsed = sets[languages[0]]
	}
	set, err := parsed()
	if err != nil {
		return err
	}
	return set.ExecuteTemplate(out, name, data)
}

func parseTemplateSet(fsys fs.FS, funcs template.FuncMap) (*template.Template, error) {
	root := template.New("").Funcs(funcs)
	names, err := fs.Glob(fsys, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		if _, err := root.New(strings.TrimSuffix(path.Base(file), ".html")).Parse(string(content)); err != nil {
			return nil, err
		}
	}
	return root, checkReferences(root)
}

// checkReferences finds calls of templates that do not exist at start instead of in front of a reader.
func checkReferences(root *template.Template) error {
	for _, t := range root.Templates() {
		if t.Tree == nil {
			continue
		}
		var missing string
		walk(t.Tree.Root, func(n parse.Node) {
			if call, ok := n.(*parse.TemplateNode); ok && root.Lookup(call.Name) == nil {
				missing = call.Name
			}
		})
		if missing != "" {
			return fmt.Errorf("template %s calls %s, which does not exist", t.Name(), missing)
		}
	}
	return nil
}

func walk(n parse.Node, f func(parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				walk(child, f)
			}
		}
		return
	case *parse.IfNode:
		walk(n.List, f)
		walk(n.ElseList, f)
	case *parse.RangeNode:
		walk(n.List, f)
		walk(n.ElseList, f)
	case *parse.WithNode:
		walk(n.List, f)
		walk(n.ElseList, f)
	}
	f(n)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func getBuffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

// render writes a whole page: the template named like the page, within the layout. Nothing is sent before all of it
// is rendered, so an error still gets its own page.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) error {
	var err error
	if p.Organization, err = s.organization(r.Context()); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	p.Account = currentAccount(r)
	p.Host = s.Config.Domain()
	p.Path = r.URL.RequestURI()
	if r.Method != http.MethodGet {
		p.Path = r.URL.Path
	}
	p.Flash = s.takeFlash(w, r)
	if p.Account != nil {
		if p.Unread, err = s.Notifications.Unread(r.Context(), p.Account.ID); err != nil {
			return fmt.Errorf("render %s: %w", name, err)
		}
		if p.Reviews, err = s.Practices.ReviewsFor(r.Context(), *p.Account); err != nil {
			return fmt.Errorf("render %s: %w", name, err)
		}
	}
	body := getBuffer()
	defer buffers.Put(body)
	if err := s.execute(body, r, name, &p); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	s.send(w, r, status, body.Bytes(), p)
	return nil
}

func (s *Site) execute(out *bytes.Buffer, r *http.Request, name string, p *page) error {
	lang := s.localizer(r).Lang()
	content := getBuffer()
	defer buffers.Put(content)
	if err := s.templates.execute(content, lang, name, p); err != nil {
		return err
	}
	p.Content = template.HTML(content.String()) //nolint:gosec // html/template has just escaped it
	return s.templates.execute(out, lang, "layout", p)
}

// send lets browsers keep public pages and ask whether they changed; whatever is shown to someone logged in, or to who has
// a one-time link, is never kept.
func (s *Site) send(w http.ResponseWriter, r *http.Request, status int, body []byte, p page) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.localizer(r).Lang())
	h.Add("Vary", "Accept, Accept-Language, Cookie, Authorization")
	if p.Account == nil && p.Flash == nil && pathText(r, "secret") == "" && status == http.StatusOK && r.Method != http.MethodPost {
		sum := sha256.Sum256(body)
		// Weak: gzip changes the bytes, not what they say.
		tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		h.Set("Cache-Control", "no-cache")
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	} else {
		h.Set("Cache-Control", "private, no-store")
	}
	if r.Method == http.MethodHead {
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func matches(header, tag string) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimSpace(t); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// fragment renders one template alone, for scripts that replace a part of a page.
func (s *Site) fragment(w http.ResponseWriter, r *http.Request, name string, data any) error {
	body := getBuffer()
	defer buffers.Put(body)
	if err := s.templates.execute(body, s.localizer(r).Lang(), name, data); err != nil {
		return fmt.Errorf("fragment %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(body.Bytes())
	return nil
}
