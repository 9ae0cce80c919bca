package markup

import (
	"strings"
	"testing"
)

func TestFlatten(t *testing.T) {
	t.Parallel()
	r := New()
	for _, test := range []struct{ name, from, want string }{
		{"nothing", "", ""},
		{"only blanks", "<p> \n </p><div><br></div>", ""},
		{"bare text becomes a paragraph", "Hallo", "<p>Hallo</p>"},
		{"flat already", "<p>Hallo <strong>Welt</strong><br>Neu</p>", "<p>Hallo <strong>Welt</strong><br>Neu</p>"},
		{"headings are bold paragraphs", "<h2>Ausgangslage</h2>\n<p>Text</p>\n<h6>Tief</h6>", "<p><strong>Ausgangslage</strong></p><p>Text</p><p><strong>Tief</strong></p>"},
		{"lists stay, blanks between tags go", "<ul>\n<li>eins</li>\n<li>zwei</li>\n</ul>\n", "<ul><li>eins</li> <li>zwei</li></ul>"},
		{"numbers of a list stay", `<ol start="3"><li><p>drei</p></li></ol>`, `<ol start="3"><li>drei</li></ol>`},
		{"lists in lists", "<ul><li>a<ul><li>b</li></ul></li></ul>", "<ul><li>a <ul><li>b</li></ul></li></ul>"},
		{"several paragraphs in an item", "<ul><li><p>a</p><p>b</p></li></ul>", "<ul><li>a <p>b</p></li></ul>"},
		{"rules go", "<p>a</p><hr/><p>b</p>", "<p>a</p><p>b</p>"},
		{"containers give way", "<div><div><p>a</p>b</div></div>", "<p>a</p><p>b</p>"},
		{"an image says nothing here", `<p>a<img src="https://x.example/y.png"></p>`, "<p>a</p>"},
		{"quotes", "<blockquote>\n<p>a</p>\n</blockquote>", "<blockquote><p>a</p></blockquote>"},
		{"code keeps its lines", "<pre><code>a  b\n\n&lt;c&gt;\n</code></pre>", "<pre><code>a  b\n\n&lt;c&gt;</code></pre>"},
		{"blanks within words of different weight", "<p>a <strong>b </strong>c</p>\n", "<p>a <strong>b</strong> c</p>"},
		{"a line end is a blank", "<p>a\nb<br>\nc</p>", "<p>a b<br>c</p>"},
		{"breaks at the edges go", "<p><br>a<br><br><br><br>b<br></p>\n", "<p>a<br><br>b</p>"},
		{"s is del", "<p><s>alt</s></p>", "<p><del>alt</del></p>"},
		{
			"a table is lines that say what each cell is",
			"<table>\n<thead><tr><th>Jahr</th><th>Strom</th></tr></thead>\n<tbody><tr><td>2022</td><td>420 <b>MWh</b></td></tr><tr><td>2023</td><td></td></tr></tbody></table>",
			"<p>Jahr: 2022; Strom: 420 <strong>MWh</strong><br>Jahr: 2023</p>",
		},
		{"a table without a head", "<table><tr><td>a</td><td>b</td></tr></table>", "<p>a; b</p>"},
		{"a table of heads alone", "<table><tr><th>a</th><th>b</th></tr></table>", "<p>a; b</p>"},
		{"a list in a cell", "<table><tr><td><ul><li>a</li><li>b</li></ul></td></tr></table>", "<p>a<br>b</p>"},
		{"links stay links", `<h3><a href="https://x.example/?a=1&amp;b=2">x</a></h3>`, `<p><strong><a href="https://x.example/?a=1&amp;b=2" rel="nofollow noopener ugc">x</a></strong></p>`},
		{"mentions stay mentions", `<div><a class="mention" href="https://x.example/@a">@a</a></div>`, `<p><a href="https://x.example/@a" rel="nofollow noopener ugc" class="mention">@a</a></p>`},
		{"a link to nowhere is its text", `<div><a href="javascript:alert(1)">x</a></div>`, "<p>x</p>"},
		{"scripts are not words", "<div>a<script>alert(1)</script><style>p{}</style></div>", "<p>a</p>"},
		{"attributes do not pass", `<div><strong onclick="x()" style="y">a</strong></div>`, "<p><strong>a</strong></p>"},
		{"blocks within words part lines", "<div><span>a<div>b</div></span>c</div>", "<p>a<br>b<br>c</p>"},
		{"characters are escaped once", "<div>a &lt;b&gt; &amp;amp; &quot;c&quot;</div>", "<p>a &lt;b&gt; &amp;amp; &#34;c&#34;</p>"},
		{"left open", "<ul><li>a<li>b<p>c", "<ul><li>a</li> <li>b <p>c</p></li></ul>"},
		{"looks flat but is not", "<p>a</p><p>b</p><script>alert(1)</script>", "<p>a</p><p>b</p>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Flatten(test.from)
			if got != test.want {
				t.Errorf("Flatten(%q)\n got %q\nwant %q", test.from, got, test.want)
			}
			if again := Flatten(got); again != got {
				t.Errorf("flattening again changed it to %q", again)
			}
			if clean := r.Sanitize(got); Text(clean) != Text(got) {
				t.Errorf("the result is not sanitised HTML: %q", clean)
			}
		})
	}
}

// What others nest without end, or never close, must neither break off the process nor bring tags through.
func TestFlattenNastyInput(t *testing.T) {
	t.Parallel()
	allowed := []string{"p", "br", "a", "strong", "em", "u", "del", "sub", "sup", "code", "pre", "span", "blockquote", "ul", "ol", "li"}
	for _, from := range []string{
		strings.Repeat("<div>", 5_000) + "a", strings.Repeat("<ul><li>", 300) + "a", strings.Repeat("<b>", 400) + "a", strings.Repeat("<table><tr><td>", 60) + "a",
		strings.Repeat("<blockquote>", 200) + "a", "<p>" + strings.Repeat("a<br>", 20_000), "<p><math><mi><script>x</script>", "<svg><p>a</svg>", "<p><!-- <script>a -->a",
		"<a href='https://x.example'><ul><li>a</li></ul></a>", "<pre><table><tr><td>a", "<li>a</li>", "\x00a\xff", "<p\x00>a", "<p>a</p><p", "<p>a</p>&#0;<h1",
	} {
		got := Flatten(from)
		if !strings.Contains(Text(got), "a") && strings.Contains(Text(from), "a") {
			t.Errorf("Flatten(%.60q) lost the words: %.80q", from, got)
		}
		for i, part := range strings.Split(got, "<") {
			name, _, _ := strings.Cut(strings.TrimPrefix(part, "/"), ">")
			name, _, _ = strings.Cut(name, " ")
			known := false
			for _, a := range allowed {
				known = known || name == a
			}
			if i > 0 && !known {
				t.Errorf("Flatten(%.60q) let <%s> through", from, name)
			}
		}
	}
}

func FuzzFlatten(f *testing.F) {
	f.Add("<h2>a</h2><table><tr><td>b")
	r := New()
	f.Fuzz(func(t *testing.T, from string) {
		clean := r.Sanitize(from)
		got := Flatten(clean)
		if again := Flatten(got); again != got {
			t.Errorf("%q: %q, again %q", from, got, again)
		}
		for _, bad := range []string{"<script", "<div", "<table", "<img", "javascript:", "<h2"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q: %q", from, got)
			}
		}
	})
}

func TestStructureLost(t *testing.T) {
	t.Parallel()
	r := New()
	rich := "## Titel\n\n- eins\n\n[hier](https://x.example/) und `code`\n\n> Zitat\n\n|a|b|\n|-|-|\n|1|2|\n"
	for _, test := range []struct {
		name, after string
		lost        bool
	}{
		{"the same", rich, false},
		{"shorter, but of each something", strings.ReplaceAll(rich, "eins", "1"), false},
		{"no heading", strings.ReplaceAll(rich, "## ", ""), true},
		{"no list", strings.ReplaceAll(rich, "- eins", "eins"), true},
		{"no link", strings.ReplaceAll(rich, "[hier](https://x.example/)", "hier"), true},
		{"no code", strings.ReplaceAll(rich, "`", ""), true},
		{"no quote", strings.ReplaceAll(rich, "> ", ""), true},
		{"no table", strings.ReplaceAll(rich, "|", ""), true},
		{"only words", "Titel eins hier", true},
	} {
		if got := StructureOf(r.Render(rich)).Lost(StructureOf(r.Render(test.after))); got != test.lost {
			t.Errorf("%s: lost %v, want %v", test.name, got, test.lost)
		}
	}
	if (Structure{}).Lost(Structure{Lists: 1}) {
		t.Error("what is new is no loss")
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from  string
		limit int
		want  string
	}{
		{"<p>Kurz</p>", 20, "Kurz"},
		{"<p>Ein Satz,</p><p>der zu lang ist</p>", 12, "Ein Satz…"},
		{"<p>Donaudampfschifffahrt</p>", 10, "Donaudamp…"},
		{"", 10, ""},
	} {
		if got := Excerpt(test.from, test.limit); got != test.want {
			t.Errorf("Excerpt(%q, %d) = %q, want %q", test.from, test.limit, got, test.want)
		}
	}
}
