package mastodon

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

func TestPracticeInAClient(t *testing.T) {
	h := newHouse(t)
	p := h.practice("member", func(d *practice.Draft) {
		d.Source += "\n\n---\n\n| Jahr | Strom |\n|---|---|\n| 2022 | 420 |\n| 2023 | 310 |\n\n```\nipmitool sdr\n```\n"
	})
	r := h.as("").get(statusPath(idText(p.ID))).wants(http.StatusOK)
	want := strings.Join([]string{
		"<p><strong>Serverräume Grad für Grad wärmer betreiben</strong></p>",
		"<p>" + p.Summary + "</p>",
		"<p>Kennzahlen: Strom für Kühlung (Rechenzentrum Nord) von 420 auf 310 MWh/a (2022 bis 2023).</p>",
		"<p><strong>Ausgangslage</strong></p>",
		"<p>Die Räume wurden auf 20 °C gekühlt.</p>",
		"<p><strong>Vorgehen</strong></p>",
		"<ul><li>Gänge einhausen</li> <li>Temperatur anheben</li></ul>",
		"<p>Nach jedem Schritt wurde gemessen.</p>",
		"<p>Jahr: 2022; Strom: 420<br>Jahr: 2023; Strom: 310</p>",
		"<pre><code>ipmitool sdr</code></pre>",
		"<p><strong>Maßnahmen</strong></p><ul><li>Kalt- und Warmgänge einhausen</li></ul>",
		`<p><a href="` + p.URL + `" rel="nofollow noopener ugc">Zum vollständigen Praxisbeispiel</a></p>`,
	}, "")
	if got := r.text("content"); got != want {
		t.Errorf("content\n got %s\nwant %s", got, want)
	}
	for path, want := range map[string]any{
		"spoiler_text": "", "sensitive": false, "card.url": p.URL, "card.title": p.Title, "card.type": "link", "card.description": p.Summary,
		"card.width": 0.0, "card.html": "", "card.provider_name": h.Config.Domain(), "card.authors.0.account.username": "member", "account.username": "member",
	} {
		if got := r.at(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if got := h.as("").get(statusPath(idText(p.ID), "card")).text("url"); got != p.URL {
		t.Errorf("card %q", got)
	}
	plain := h.thread("member", "Ohne Karte")
	if got := strings.TrimSpace(string(h.as("").get(statusPath(idText(plain.ID), "card")).wants(http.StatusOK).body)); got != "{}" {
		t.Errorf("a status without a card: %s", got)
	}
}

func TestPracticeIsKeptFromClients(t *testing.T) {
	h := newHouse(t)
	p := h.practice("member", nil)
	id := idText(p.ID)
	refused := h.as("member").put(statusPath(id), "status", "Alles neu").wants(http.StatusUnprocessableEntity)
	if page := h.Config.BaseURL + "/praxisbeispiele/" + id + "/bearbeiten"; !strings.Contains(refused.text("error"), page) {
		t.Errorf("the reason does not name the page %s: %q", page, refused.text("error"))
	}
	if got := h.ground.Get(p.ID); got.Source != p.Source || got.EditedAt != nil {
		t.Error("refused, but changed")
	}
	source := h.as("member").get(statusPath(id, "source"))
	if source.text("text") != p.Source || source.text("spoiler_text") != "" {
		t.Errorf("source %s", source.body)
	}
	_, err := h.Practices.Publish(t.Context(), h.people["member"], p.ID, practice.Draft{
		Title: "Neuer Titel", Summary: "Eine neue Zusammenfassung.", Source: "Neuer Text", Level: "kommune", Region: "DE-SH", Implementation: "completed", Language: "de",
		Measures: []string{"x"}, Licence: practice.Licences[0], ContactName: "a", ContactEmail: "a@example.org",
	})
	h.must(err)
	now := h.as("").get(statusPath(id))
	if !strings.HasPrefix(now.text("content"), "<p><strong>Neuer Titel</strong></p>") || now.at("edited_at") == nil {
		t.Errorf("after the edit on its page: %s", now.body)
	}
	history := h.as("").get(statusPath(id, "history"))
	if len(history.list()) != 2 || !strings.Contains(history.text("0.content"), "Grad für Grad") || history.text("1.content") != now.text("content") {
		t.Errorf("history %s", history.body)
	}
}

func TestPracticeDeletedInAClientIsWithdrawn(t *testing.T) {
	h := newHouse(t)
	p := h.practice("member", nil)
	h.as("editor").delete(statusPath(idText(p.ID))).wants(http.StatusNotFound)
	if gone := h.as("member").delete(statusPath(idText(p.ID))).wants(http.StatusOK); gone.text("text") != p.Source {
		t.Errorf("what comes back: %s", gone.body)
	}
	h.as("member").get(statusPath(idText(p.ID))).wants(http.StatusNotFound)
	if got := h.ground.Get(p.ID); got.State != post.StateWithdrawn || got.Source != p.Source {
		t.Errorf("%s, source %q", got.State, got.Source)
	}
}

// What other software calls an article: its name first, its page last, its summary is no warning.
func TestArticlesOfOthers(t *testing.T) {
	h := newHouse(t)
	article := h.arrives("klima", "artikel", func(r *post.Received) {
		r.Kind, r.Title, r.Summary, r.HTML, r.URL = post.Article, "Ein <Bericht>", "Worum es geht", "<h2>Eins</h2>\n<p>Text</p>", "https://vitako.example/bericht"
	})
	r := h.as("").get(statusPath(idText(article.ID)))
	want := `<p><strong>Ein &lt;Bericht&gt;</strong></p><p><strong>Eins</strong></p><p>Text</p><p><a href="https://vitako.example/bericht" rel="nofollow noopener ugc">https://vitako.example/bericht</a></p>`
	if r.text("content") != want || r.text("spoiler_text") != "" {
		t.Errorf("content %s, spoiler %q", r.text("content"), r.text("spoiler_text"))
	}
	warned := h.arrives("klima", "warnung", func(r *post.Received) {
		r.Kind, r.Title, r.Summary, r.HTML, r.Sensitive = post.Article, "Unfall", "Bilder von Verletzten", "<p>Text</p>", true
	})
	if got := h.as("").get(statusPath(idText(warned.ID))); got.text("spoiler_text") != "Bilder von Verletzten" || got.at("sensitive") != true {
		t.Errorf("a real warning: %s", got.body)
	}
	note := h.arrives("klima", "notiz", func(r *post.Received) { r.Summary, r.HTML, r.Sensitive = "Warnung", "<p>Text</p>", true })
	if got := h.as("").get(statusPath(idText(note.ID))).text("spoiler_text"); got != "Warnung" {
		t.Errorf("spoiler of a note %q", got)
	}
	edited := h.as("").get(statusPath(idText(note.ID), "history"))
	if len(edited.list()) != 1 || edited.text("0.content") != "<p>Text</p>" {
		t.Errorf("history of what came from elsewhere: %s", edited.body)
	}
}

// TestFilesOfAPracticeInAClient: images are shown, documents are led to; what only the network may read has a key in its address,
// which opens it, and without which nobody gets in.
func TestFilesOfAPracticeInAClient(t *testing.T) {
	h := newHouse(t)
	attach := func(name, kind string, width, height int) practice.FileRef {
		t.Helper()
		f, err := h.Practices.AddFile(t.Context(), h.people["member"], name, func() (practice.File, error) {
			return practice.File{Name: path.Ext(name), ContentType: kind, File: "f-" + name, PreviewFile: "p-" + name, Size: 3, Width: width, Height: height}, nil
		})
		h.must(err)
		return practice.FileRef{ID: f.ID, Description: "Zum Nachmachen: " + name}
	}
	for _, visibility := range []post.Visibility{post.Public, post.Network} {
		plan, guide := attach("plan.png", "image/png", 1200, 800), attach("leitfaden.odt", "application/vnd.oasis.opendocument.text", 0, 0)
		p := h.practice("member", func(d *practice.Draft) { d.Files, d.Visibility = []practice.FileRef{plan, guide}, visibility })
		r := h.as("member").get(statusPath(idText(p.ID))).wants(http.StatusOK)
		files := h.Config.BaseURL + "/praxisbeispiele/" + idText(p.ID) + "/anlagen/"
		for path, want := range map[string]any{
			"media_attachments.0.id": idText(plan.ID), "media_attachments.0.type": "image", "media_attachments.0.description": "Zum Nachmachen: plan.png",
			"media_attachments.0.meta.original.width": 1200.0, "media_attachments.0.meta.small.width": 480.0, "media_attachments.0.remote_url": nil,
			"media_attachments.1.id": idText(guide.ID), "media_attachments.1.type": "unknown", "media_attachments.1.preview_url": nil,
			"media_attachments.1.description": "Zum Nachmachen: leitfaden.odt", "media_attachments.2": nil,
		} {
			if got := r.at(path); got != want {
				t.Errorf("%s: %s is %v, want %v", visibility, path, got, want)
			}
		}
		for path, want := range map[string]string{
			"media_attachments.0.url": idText(plan.ID) + "/plan.png", "media_attachments.0.preview_url": idText(plan.ID) + "/vorschau",
			"media_attachments.1.url": idText(guide.ID) + "/leitfaden.odt", "media_attachments.1.remote_url": idText(guide.ID) + "/leitfaden.odt",
		} {
			address, key, _ := strings.Cut(r.text(path), "?"+practice.FileKey+"=")
			if address != files+want || (key == "") != (visibility == post.Public) {
				t.Errorf("%s: %s is %s", visibility, path, r.text(path))
			}
			_, _, err := h.Practices.FileFor(t.Context(), post.Viewer{}, nil, p.ID, map[string]int64{"0": plan.ID, "1": guide.ID}[path[18:19]], key)
			h.must(err)
		}
		if visibility == post.Network {
			h.as("").get(statusPath(idText(p.ID))).wants(http.StatusNotFound)
		}
	}
}
