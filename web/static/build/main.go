// Command build reduces the CSS of KERN-UX to what our pages use. It reads the unpacked npm package @kern-ux/native and
// writes web/static/kern.css; make css fetches the package and calls it.
//
// A rule stays when every KERN class in its selector stands in a template, a script or a Go file of package web; a
// token stays when a rule that stayed, app.css or another such token reads it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// version is the release the pages are built with. Another one needs a look at every page.
const version = "2.7.2"

// kinds complete a class that a template builds, such as kern-alert--{{.Kind}}.
var kinds = []string{"info", "success", "warning", "danger"}

func main() {
	if len(os.Args) != 2 {
		fatal(fmt.Errorf("usage: go run ./web/static/build path/to/node_modules/@kern-ux/native"))
	}
	if err := run(os.Args[1], "web"); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "build:", err)
	os.Exit(1)
}

func run(source, web string) error {
	var manifest struct{ Name, Version string }
	raw, err := os.ReadFile(filepath.Join(source, "package.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return fmt.Errorf("package.json: %w", err)
	}
	if manifest.Name != "@kern-ux/native" || manifest.Version != version {
		return fmt.Errorf("found %s %s, want @kern-ux/native %s", manifest.Name, manifest.Version, version)
	}
	css, err := os.ReadFile(filepath.Join(source, "dist", "kern.css"))
	if err != nil {
		return err
	}
	own, err := os.ReadFile(filepath.Join(web, "static", "app.css"))
	if err != nil {
		return err
	}
	used, err := usedClasses(web)
	if err != nil {
		return err
	}
	out := reduce(string(css), string(own), used)
	header := "/* KERN-UX @kern-ux/native " + version + ", EUPL-1.2 (kern-LICENSE.md), reduced by web/static/build. Do not edit. */\n"
	return os.WriteFile(filepath.Join(web, "static", "kern.css"), []byte(header+out), 0o644)
}

var className = regexp.MustCompile(`kern-[a-zA-Z0-9_-]+`)

// usedClasses collects the KERN classes our sources name.
func usedClasses(web string) (map[string]bool, error) {
	used := map[string]bool{}
	for _, pattern := range []string{"templates/*.html", "static/*.js", "*.go"} {
		files, err := filepath.Glob(filepath.Join(web, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for _, name := range className.FindAllString(string(content), -1) {
				if !strings.HasSuffix(name, "--") {
					used[name] = true
					continue
				}
				for _, kind := range kinds {
					used[name+kind] = true
				}
			}
		}
	}
	return used, nil
}

// rule is a selector with its declarations, or an at-rule with rules inside.
type rule struct {
	prelude string
	decls   []string
	rules   []*rule
}

func reduce(css, own string, used map[string]bool) string {
	css = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(css, "")
	// We have no nested themes: the colour scheme follows the browser, layers start at the body.
	css = strings.ReplaceAll(css, ":is(body, .kern-light, .kern-dark, [data-kern-theme=light], [data-kern-theme=dark]):not([class*=kern-level-])", "body")
	rules := keep(parse(css), used)
	tokens := usedTokens(rules, own)
	var out strings.Builder
	write(&out, rules, tokens)
	return out.String()
}

func parse(css string) []*rule {
	var rules []*rule
	for {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return rules
		}
		prelude := strings.TrimSpace(css[:open])
		if i := strings.LastIndexByte(prelude, ';'); i >= 0 { // @charset before the first rule
			prelude = strings.TrimSpace(prelude[i+1:])
		}
		end := open + closing(css[open:], '{', '}')
		body := css[open+1 : end]
		r := &rule{prelude: strings.Join(strings.Fields(prelude), " ")}
		if strings.HasPrefix(prelude, "@media") {
			r.rules = parse(body)
		} else {
			r.decls = declarations(body)
		}
		rules = append(rules, r)
		css = css[end+1:]
	}
}

// closing returns where the bracket that text starts with closes; brackets in quotes do not count.
func closing(text string, open, end byte) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == open:
			depth++
		case c == end:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}

// declarations splits at the semicolons outside quotes (icons are data URLs) and drops what a standard twin replaces.
func declarations(body string) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i <= len(body); i++ {
		if i < len(body) && body[i] == '"' {
			quoted = !quoted
		}
		if i < len(body) && (body[i] != ';' || quoted) {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(body[start:i]), ":")
		start = i + 1
		if ok && name != "-webkit-mask" {
			out = append(out, strings.TrimSpace(name)+":"+withoutFallbacks(strings.Join(strings.Fields(value), " ")))
		}
	}
	return out
}

// withoutFallbacks shortens var(--kern-x, 16px) to var(--kern-x): the tokens are part of the file.
func withoutFallbacks(value string) string {
	const call = "var(--kern-"
	var out strings.Builder
	for {
		i := strings.Index(value, call)
		if i < 0 {
			out.WriteString(value)
			return out.String()
		}
		end := i + closing(value[i:], '(', ')')
		name, _, _ := strings.Cut(value[i+4:end], ",")
		out.WriteString(value[:i] + "var(" + strings.TrimSpace(name) + ")")
		value = value[end+1:]
	}
}

func keep(rules []*rule, used map[string]bool) []*rule {
	var out []*rule
	for _, r := range rules {
		if strings.HasPrefix(r.prelude, "@") {
			if r.rules = keep(r.rules, used); len(r.rules) > 0 {
				out = append(out, r)
			}
			continue
		}
		var selectors []string
		for _, selector := range splitSelectors(r.prelude) {
			if wanted(selector, used) {
				selectors = append(selectors, selector)
			}
		}
		if len(selectors) > 0 && len(r.decls) > 0 {
			out = append(out, &rule{prelude: strings.Join(selectors, ","), decls: r.decls})
		}
	}
	return out
}

func wanted(selector string, used map[string]bool) bool {
	if strings.Contains(selector, "data-kern-theme") || strings.Contains(selector, "-webkit-file-upload") {
		return false
	}
	for _, class := range className.FindAllString(selector, -1) {
		if !used[class] {
			return false
		}
	}
	return true
}

// splitSelectors splits at the commas outside brackets.
func splitSelectors(prelude string) []string {
	var out []string
	depth, start := 0, 0
	for i, c := range prelude {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(prelude[start:i]))
				start = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(prelude[start:]))
}

var tokenUse = regexp.MustCompile(`var\((--kern-[a-zA-Z0-9_-]+)`)

// usedTokens follows the tokens from the rules that stay and from app.css to the primitives.
func usedTokens(rules []*rule, own string) map[string]bool {
	defined := map[string][]string{} // token -> values
	used := map[string]bool{}
	var queue []string
	use := func(text string) {
		for _, m := range tokenUse.FindAllStringSubmatch(text, -1) {
			if !used[m[1]] {
				used[m[1]] = true
				queue = append(queue, m[1])
			}
		}
	}
	var collect func([]*rule)
	collect = func(rules []*rule) {
		for _, r := range rules {
			collect(r.rules)
			for _, d := range r.decls {
				if name, value, _ := strings.Cut(d, ":"); strings.HasPrefix(name, "--") {
					defined[name] = append(defined[name], value)
				} else {
					use(value)
				}
			}
		}
	}
	collect(rules)
	use(own)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, value := range defined[name] {
			use(value)
		}
	}
	return used
}

func write(out *strings.Builder, rules []*rule, tokens map[string]bool) {
	for _, r := range rules {
		if len(r.rules) > 0 {
			var inner strings.Builder
			write(&inner, r.rules, tokens)
			if inner.Len() > 0 {
				fmt.Fprintf(out, "%s{\n%s}\n", r.prelude, inner.String())
			}
			continue
		}
		var decls []string
		for _, d := range r.decls {
			if name, _, _ := strings.Cut(d, ":"); !strings.HasPrefix(name, "--") || tokens[name] {
				decls = append(decls, d)
			}
		}
		if len(decls) > 0 {
			fmt.Fprintf(out, "%s{%s}\n", r.prelude, strings.Join(decls, ";"))
		}
	}
}
