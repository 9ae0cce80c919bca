package markup

import (
	"slices"
	"strings"
	"testing"
)

func TestRenderPlain(t *testing.T) {
	t.Parallel()
	r := New()
	mention := func(handle string) string {
		if strings.HasPrefix(handle, "anna") {
			return "https://sh.example/@" + handle
		}
		return ""
	}
	tag := func(name string) string { return "https://sh.example/tags/" + name }
	link := func(address, class, label string) string {
		if class != "" {
			class = ` class="` + class + `"`
		}
		return `<a href="` + address + `" rel="nofollow noopener ugc"` + class + `>` + label + `</a>`
	}
	for _, test := range []struct{ from, want string }{
		{"", ""},
		{" \n\n ", ""},
		{"Hallo", "<p>Hallo</p>"},
		{"Kolleg*innen und Bürger*innen", "<p>Kolleg*innen und Bürger*innen</p>"},
		{"# Titel\n- eins\n- zwei\n> Zitat `x` **y** _z_", "<p># Titel<br>- eins<br>- zwei<br>&gt; Zitat `x` **y** _z_</p>"},
		{"eins\nzwei\n\ndrei\n \n\n\nvier", "<p>eins<br>zwei</p><p>drei</p><p>vier</p>"},
		{"eins\r\nzwei\r\n\r\ndrei", "<p>eins<br>zwei</p><p>drei</p>"},
		{"<b>a</b> & \"b\"", "<p>&lt;b&gt;a&lt;/b&gt; &amp; &#34;b&#34;</p>"},
		{"<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
		{"@anna hallo", "<p>" + link("https://sh.example/@anna", "mention", "@anna") + " hallo</p>"},
		{"@anna@m.example: ja.", "<p>" + link("https://sh.example/@anna@m.example", "mention", "@anna@m.example") + ": ja.</p>"},
		{"@niemand", "<p>@niemand</p>"},
		{"anna@m.example", "<p>anna@m.example</p>"},
		{"#Abwärme und #Kühlung, aber nicht a#b", "<p>" + link("https://sh.example/tags/Abwärme", "hashtag", "#Abwärme") + " und " + link("https://sh.example/tags/Kühlung", "hashtag", "#Kühlung") + ", aber nicht a#b</p>"},
		{"#1", "<p>#1</p>"},
		{"Siehe https://x.example/a_(b)?c=d&e=f#g.", "<p>Siehe " + link("https://x.example/a_(b)?c=d&amp;e=f#g", "", "https://x.example/a_(b)?c=d&amp;e=f#g") + ".</p>"},
		{"(https://x.example/)", "<p>(" + link("https://x.example/", "", "https://x.example/") + ")</p>"},
		{"HTTPS://X.example", "<p>" + link("HTTPS://X.example", "", "HTTPS://X.example") + "</p>"},
		{"https://x.example/@anna und https://x.example/#a", "<p>" + link("https://x.example/@anna", "", "https://x.example/@anna") + " und " + link("https://x.example/#a", "", "https://x.example/#a") + "</p>"},
		{"https:// javascript:alert(1) ahttps://x.example", "<p>https:// javascript:alert(1) ahttps://x.example</p>"},
		{"a\x00b\u202ec", "<p>abc</p>"},
	} {
		got, _, _ := r.RenderPlain(test.from, mention, tag)
		if got != test.want {
			t.Errorf("RenderPlain(%q)\n got %q\nwant %q", test.from, got, test.want)
		}
		if Flatten(got) != got {
			t.Errorf("RenderPlain(%q) is not flat: %q", test.from, Flatten(got))
		}
		if clean := r.Sanitize(got); Text(clean) != Text(got) {
			t.Errorf("RenderPlain(%q) is not sanitised HTML: %q", test.from, clean)
		}
	}
}

func TestRenderPlainTellsWhatItFound(t *testing.T) {
	t.Parallel()
	_, handles, tags := New().RenderPlain("@anna @Anna @bob@m.example #Eins #eins #zwei", func(string) string { return "javascript:x" }, func(string) string { return "" })
	if want := []string{"anna", "bob@m.example"}; !slices.Equal(handles, want) {
		t.Errorf("handles %q, want %q", handles, want)
	}
	if want := []string{"Eins", "zwei"}; !slices.Equal(tags, want) {
		t.Errorf("tags %q, want %q", tags, want)
	}
	if got := Handles("Hallo @anna,\n@bob@m.example und https://x.example/@eva"); !slices.Equal(got, []string{"anna", "bob@m.example"}) {
		t.Errorf("Handles: %q", got)
	}
	if got, _, _ := New().RenderPlain("@anna", func(string) string { return "javascript:x" }, nil); got != "<p>@anna</p>" {
		t.Errorf("a profile without a web address is linked: %q", got)
	}
}

// Every character of the source stands in the result, in its order: nothing is taken for a mark.
func FuzzRenderPlain(f *testing.F) {
	f.Add("a @b #c https://d.example\n\ne*f*")
	r := New()
	f.Fuzz(func(t *testing.T, source string) {
		got, _, _ := r.RenderPlain(source, func(h string) string { return "https://sh.example/@" + h }, func(n string) string { return "https://sh.example/tags/" + n })
		letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if want := letters(Line(Block(cut(source, maxSource)))); letters(Text(got)) != want {
			t.Errorf("%q became %q", source, Text(got))
		}
	})
}
