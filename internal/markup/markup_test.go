package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const rel = ` rel="nofollow noopener ugc"`

func TestRender(t *testing.T) {
	t.Parallel()
	r := New()
	for _, test := range []struct{ name, in, want string }{
		{"heading below the page's own", "# Ziel\n\n###### Tief", "<h2>Ziel</h2>\n<h6>Tief</h6>\n"},
		{"a line break stays", "eins\nzwei", "<p>eins<br/>\nzwei</p>\n"},
		{"no raw HTML", "<b onclick=x>fett</b> <script>alert(1)</script>", "<p>fett alert(1)</p>\n"},
		{"an address becomes a link", "siehe https://opencode.de/a?b=1#c.", `<p>siehe <a href="https://opencode.de/a?b=1#c"` + rel + `>https://opencode.de/a?b=1#c</a>.</p>` + "\n"},
		{"also one with a port and no dot", "http://localhost:8402/x", `<p><a href="http://localhost:8402/x"` + rel + `>http://localhost:8402/x</a></p>` + "\n"},
		{"no script address", "[x](javascript:alert(1)) [y](/relativ)", "<p><span>x</span> <span>y</span></p>\n"},
		{"table", "| PUE | MWh |\n|---|--:|\n| 1,2 | 70 |", "<table>\n<thead>\n<tr>\n<th>PUE</th>\n<th align=\"right\">MWh</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1,2</td>\n<td align=\"right\">70</td>\n</tr>\n</tbody>\n</table>\n"},
		{"a picture becomes a link", "![Kaltgang](https://x.example/k.png)", `<p><a href="https://x.example/k.png"` + rel + `>Kaltgang</a></p>` + "\n"},
		{"a picture in a link is its text", "[![Kaltgang](https://x.example/k.png)](https://x.example/)", `<p><a href="https://x.example/"` + rel + `>Kaltgang</a></p>` + "\n"},
		{"no mention without somebody to ask", "@anna #Tag", "<p>@anna #Tag</p>\n"},
		{"struck", "~~alt~~ **neu**", "<p><del>alt</del> <strong>neu</strong></p>\n"},
		{"NUL and overrides vanish", "a\x00b\u202ec", "<p>abc</p>\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, r.Render(test.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderWithLinks(t *testing.T) {
	t.Parallel()
	r := New()
	mention := func(h string) string {
		if h == "niemand" {
			return ""
		}
		return "https://sh.example/@" + h
	}
	tag := func(n string) string { return "https://sh.example/tags/" + strings.ToLower(n) }
	for _, test := range []struct {
		name, in, want string
		handles, tags  []string
	}{
		{"mention", "Danke @anna!", `<p>Danke <a href="https://sh.example/@anna" class="mention"` + rel + `>@anna</a>!</p>`, []string{"anna"}, nil},
		{"with host and port", "(@praxis@sh.localhost:8402): gut", `<p>(<a href="https://sh.example/@praxis@sh.localhost:8402" class="mention"` + rel + `>@praxis@sh.localhost:8402</a>): gut</p>`, []string{"praxis@sh.localhost:8402"}, nil},
		{"with underscores", "@green_it_nord@it.example.", `<p><a href="https://sh.example/@green_it_nord@it.example" class="mention"` + rel + `>@green_it_nord@it.example</a>.</p>`, []string{"green_it_nord@it.example"}, nil},
		{"unknown stays text", "@niemand", "<p>@niemand</p>", []string{"niemand"}, nil},
		{"each once", "@anna @Anna #PUE #pue", `<p><a href="https://sh.example/@anna" class="mention"` + rel + `>@anna</a> <a href="https://sh.example/@anna" class="mention"` + rel + `>@Anna</a> <a href="https://sh.example/tags/pue" class="hashtag"` + rel + `>#PUE</a> <a href="https://sh.example/tags/pue" class="hashtag"` + rel + `>#pue</a></p>`, []string{"anna"}, []string{"PUE"}},
		{"German tag", "#Kühlung, #Wärme_2", `<p><a href="https://sh.example/tags/kühlung" class="hashtag"` + rel + `>#Kühlung</a>, <a href="https://sh.example/tags/wärme_2" class="hashtag"` + rel + `>#Wärme_2</a></p>`, nil, []string{"Kühlung", "Wärme_2"}},
		{"not in code", "`@anna #x` und\n\n    @bert #y", "<p><code>@anna #x</code> und</p>\n<pre><code>@bert #y\n</code></pre>", nil, nil},
		{"not in addresses", "https://x.example/@anna#teil und anna@x.example", `<p><a href="https://x.example/@anna#teil"` + rel + `>https://x.example/@anna#teil</a> und <a href="mailto:anna@x.example"` + rel + `>anna@x.example</a></p>`, nil, nil},
		{"not in a link's text", "[von @anna #x](https://x.example)", `<p><a href="https://x.example"` + rel + `>von @anna #x</a></p>`, nil, nil},
		{"not escaped, not numbers, not words", `\@anna Nr. #1 C#Dur a@b`, "<p>@anna Nr. #1 C#Dur a@b</p>", nil, nil},
		{"within emphasis", "**@anna**", `<p><strong><a href="https://sh.example/@anna" class="mention"` + rel + `>@anna</a></strong></p>`, []string{"anna"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, handles, tags := r.RenderWithLinks(test.in, mention, tag)
			got = strings.ReplaceAll(strings.TrimSpace(got), "%C3%BC", "ü")
			got = strings.ReplaceAll(got, "%C3%A4", "ä")
			if diff := cmp.Diff(test.want, sortAttributes(got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.handles, handles); diff != "" {
				t.Error("handles", diff)
			}
			if diff := cmp.Diff(test.tags, tags); diff != "" {
				t.Error("tags", diff)
			}
		})
	}
}

// sortAttributes puts class before rel, as the tests write it.
func sortAttributes(s string) string {
	for _, class := range linkClasses {
		s = strings.ReplaceAll(s, rel+` class="`+class+`"`, ` class="`+class+`"`+rel)
	}
	return s
}

func TestSanitize(t *testing.T) {
	t.Parallel()
	r := New()
	for _, test := range []struct{ name, in, want string }{
		{"kept", "<p>a <strong>b</strong> <em>c</em></p><ol start=3><li>d</li></ol>", `<p>a <strong>b</strong> <em>c</em></p><ol start="3"><li>d</li></ol>`},
		{"h1", "<h1 style=color:red>Titel</h1>", "<h2>Titel</h2>"},
		{"script", "<p>x<script>alert(1)</script></p><style>p{}</style>", "<p>x</p>"},
		{"handlers and styles", `<p onclick="x()" style="position:fixed" class="full" id="a">x</p>`, "<p>x</p>"},
		{"Mastodon's mention", `<span class="h-card"><a href="https://m.example/@a" class="u-url mention" target="_blank" rel="me">@<span>a</span></a></span>`, `<span><a href="https://m.example/@a"` + rel + ` class="mention">@<span>a</span></a></span>`},
		{"shortened address", `<a href="https://x.example/lang"><span class="invisible">https://</span><span class="ellipsis">x.example/la</span></a>`, `<a href="https://x.example/lang"` + rel + `><span class="invisible">https://</span><span class="ellipsis">x.example/la</span></a>`},
		{"bad addresses", `<a href="javascript:alert(1)">a</a><a href="/b">b</a><a href="data:text/html,x">c</a><a>d</a><a href="mailto:x@y.example">e</a>`, `<span>a</span><span>b</span><span>c</span><span>d</span><a href="mailto:x@y.example"` + rel + `>e</a>`},
		{"picture", `<img src="https://x.example/p.png" alt="Bild" onerror="x()">`, `<a href="https://x.example/p.png"` + rel + `>Bild</a>`},
		{"picture without address", `<img src="data:image/png;base64,AA" alt="Bild">`, "Bild"},
		{"unbalanced", "</div></blockquote><blockquote><p>x", "<blockquote><p>x</p></blockquote>"},
		{"divs", "<div>a</div><div><p>b</p></div>", "<p>a</p><p>b</p>"},
		{"foreign", `<svg><a xlink:href="javascript:x"><text>y</text></a></svg><math><mi>z</mi></math>ok`, "ok"},
		{"raw text", `<xmp><img src=x onerror=alert(1)></xmp><noscript><p title="</noscript><img src=x onerror=alert(1)>">`, ""},
		{"form", `<form action="https://x.example"><input name=a><button>Senden</button>Text</form>`, "<p>Text</p>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, r.Sanitize(test.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSanitizeBoundsSizeAndDepth(t *testing.T) {
	t.Parallel()
	r := New()
	long := r.Sanitize(strings.Repeat("<p>ä</p>", 50_000))
	if len(long) > 2*maxHTML {
		t.Errorf("%d bytes left", len(long))
	}
	for _, n := range []int{100, 100_000} {
		deep := r.Sanitize(strings.Repeat("<blockquote>", n) + "Kern" + strings.Repeat("</blockquote>", n))
		if got := strings.Count(deep, "<blockquote>"); got > maxDepth {
			t.Errorf("%d levels left of %d", got, n)
		}
		if n == 100 && !strings.Contains(deep, "Kern") {
			t.Error("the text is lost")
		}
	}
	if got := strings.Count(r.Render(strings.Repeat(">", 100)+"x"), "<blockquote>"); got == 0 || got > maxDepth {
		t.Errorf("Markdown leaves %d levels", got)
	}
}

// TestRenderBoundsTime has texts whose rendering takes goldmark the square of their length.
func TestRenderBoundsTime(t *testing.T) {
	t.Parallel()
	r := New()
	for _, s := range []string{"_a*", "*a_", "[a](", ">", "~~"} {
		started := time.Now()
		out := r.Render(strings.Repeat(s, 40_000) + "\n\n<Ende>")
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%q takes %s", s, took)
		}
		if !strings.HasSuffix(out, "<p>&lt;Ende&gt;</p>\n") {
			t.Errorf("%q loses its end", s)
		}
	}
}

// TestRenderBoundsSize: what becomes far more than was written is shown as it was typed.
func TestRenderBoundsSize(t *testing.T) {
	t.Parallel()
	table := func(columns, rows int) string {
		return strings.Repeat("|a", columns) + "|\n" + strings.Repeat("|-", columns) + "|\n" + strings.Repeat("|b|\n", rows)
	}
	r := New()
	for name, c := range map[string]struct {
		source, want string
		most         int // bytes
	}{
		"a table that fills itself":   {table(2_000, 6_000), "|b|", 200_000},
		"many tables":                 {strings.Repeat(table(60, 60)+"\n", 100), "<table>", 500_000},
		"one address for many links":  {"[a]: https://example.org/" + strings.Repeat("x", 20_000) + "\n\n" + strings.Repeat("[a] ", 1_500), "[a]", 200_000},
		"a table that people write":   {table(10, 500), "<table>", 200_000},
		"an address that people name": {"[a]: https://example.org/x\n\n" + strings.Repeat("[a] ", 100), `<a href="https://example.org/x"`, 20_000},
	} {
		if got := r.Render(c.source); len(got) > c.most || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d bytes of %d, want %q in at most %d: %.80s", name, len(got), len(c.source), c.want, c.most, got)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<p>eins</p><p>zwei <b>d</b>rei</p>":           "eins zwei drei",
		"a<br>b &amp; c<script>alert(1)</script>":      "a b & c",
		"<style>p{}</style>  <ul><li>x<li>y</ul>":      "x y",
		"PUE < 1,3 und 5 > 3":                          "PUE < 1,3 und 5 > 3",
		"":                                             "",
		"<template><p>t</p></template>u\u202e\x00<hr>": "u",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

// checkHarmless parses the result as a browser would and fails on anything outside the allow-list.
func checkHarmless(t *testing.T, in, out string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatalf("%q: result does not parse: %v", in, err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html", "head", "body":
		case "script", "style", "img", "iframe", "object", "embed", "svg", "math", "form", "input", "base", "link", "meta", "h1":
			t.Fatalf("%q: <%s> in %q", in, n.Data, out)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "id" || a.Key == "src" {
				t.Fatalf("%q: attribute %s in %q", in, a.Key, out)
			}
			if a.Key == "href" && !strings.HasPrefix(strings.ToLower(a.Val), "mailto:") && !webAddress(a.Val) {
				t.Fatalf("%q: address %q in %q", in, a.Val, out)
			}
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"<p>x</p>", `<a href="java&#115;cript:alert(1)">x</a>`, "<svg><style><img src=x onerror=alert(1)>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
		"<table><a href=https://x.example><td></a>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<b><p></b>x</p>", "<img alt=<script> src=https://x>", "<a href='https://x\" onmouseover=alert(1)'>x"} {
		f.Add(s)
	}
	r := New()
	f.Fuzz(func(t *testing.T, in string) {
		out := r.Sanitize(in)
		checkHarmless(t, in, out)
		if again := r.Sanitize(out); again != out {
			t.Fatalf("%q changes when cleaned twice: %q -> %q", in, out, again)
		}
	})
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"# x", "@a@b:1 #ü", "[@a](https://x)", "![a](javascript:x)", "<script>", "| a |\n|-|\n| @b |", "[x]: javascript:alert(1)\n[x]", "`@a`@b", "@@a##b @a@", "<https://x/#@a>"} {
		f.Add(s)
	}
	r := New()
	f.Fuzz(func(t *testing.T, in string) {
		out, handles, tags := r.RenderWithLinks(in, func(h string) string { return "https://x.example/@" + h }, func(n string) string { return "https://x.example/t/" + n })
		checkHarmless(t, in, out)
		for _, h := range handles {
			if h == "" || strings.HasPrefix(h, "@") || strings.ContainsAny(h, " <>\"'") {
				t.Fatalf("%q: handle %q", in, h)
			}
		}
		for _, n := range tags {
			if n == "" || strings.ContainsAny(n, " <>\"'#") {
				t.Fatalf("%q: tag %q", in, n)
			}
		}
	})
}

// Thousands of hashtags and handles are read and shown; few are links, and each is asked for once.
func TestReferencesAreBounded(t *testing.T) {
	t.Parallel()
	r := New()
	for name, render := range map[string]func(string, func(string) string, func(string) string) (string, []string, []string){"Markdown": r.RenderWithLinks, "plain": r.RenderPlain} {
		for what, c := range map[string]struct {
			write       func(n int) string
			links, asks int
		}{
			"different hashtags": {func(n int) string { return fmt.Sprintf("#Tag%d", n) }, MaxTags, MaxTags},
			"one hashtag":        {func(n int) string { return []string{"#Strom", "#strom"}[n%2] }, maxReferences, 1},
			"different handles":  {func(n int) string { return fmt.Sprintf("@user%d", n) }, maxHandles, maxHandles},
			"one handle":         {func(int) string { return "@user@a.example" }, maxReferences, 1},
		} {
			asked := 0
			resolve := func(string) string { asked++; return "https://a.example/x" }
			const many = 8_000
			words := make([]string, many)
			for n := range words {
				words[n] = c.write(n)
			}
			source := strings.Join(words, " ")
			html, handles, tags := render(source, resolve, resolve)
			if got := strings.Count(html, "<a "); got != c.links || asked != c.asks || len(handles)+len(tags) != c.asks {
				t.Errorf("%s, %s: %d links, asked %d times, found %d; want %d links to %d", name, what, got, asked, len(handles)+len(tags), c.links, c.asks)
			}
			if text := strings.Fields(Text(html)); !slices.Equal(text, words) {
				t.Errorf("%s, %s: %d words are left of %d", name, what, len(text), many)
			}
		}
	}
	const many = 900 // in 100,000 bytes, as others link them
	var b strings.Builder
	for n := range many {
		fmt.Fprintf(&b, `<a href="https://b.example/tags/t%d" class="mention hashtag" rel="tag">#<span>t%d</span></a> `, n, n)
	}
	html := r.Sanitize("<p>" + b.String() + `</p><p><a href="https://b.example/page">page</a></p>`)
	if n := strings.Count(html, "<a "); n != maxReferences+1 {
		t.Errorf("%d links are left of others' %d hashtags and a page", n, many)
	}
	if got := strings.Count(Text(html), "#t"); got != many {
		t.Errorf("%d hashtags can be read, want %d", got, many)
	}
}
