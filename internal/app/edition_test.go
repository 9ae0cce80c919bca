package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/publication"
)

// An editor of the KG composes an edition from the practices of a Land, in a browser, and publishes it: as a page, a tagged PDF and an
// electronic book. Who follows the KG hears of it. Then the Land withdraws one practice and changes another: the page about the edition
// and the next edition say so, the frozen one stays. Every page of this is searched for barriers.
func TestEditionInTheBrowser(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "Kooperationsgruppe Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	sh := startInstance(t, "sh", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg.member("redaktion", account.RoleEditor)
	token := sh.member("redaktion", account.RoleEditor)
	kg.followInstance(sh, kg.member("leitung", account.RoleEditor))
	sh.followInstance(kg, token)
	ctx := t.Context()
	writer, editor := mustByUsername(t, sh, "redaktion"), mustByUsername(t, kg, "redaktion")
	draft := func(n int) practice.Draft {
		saved := -float64(10 * n)
		return practice.Draft{
			Title: fmt.Sprintf("Rechenzentrum Nummer %d sparsamer betreiben", n), Summary: "Weniger kühlen und Server besser auslasten spart Strom.", Language: "de",
			Source: "## Vorgehen\n\n- messen\n- handeln", Level: organization.LevelLand, Region: "DE-SH", ContactName: "Green-IT-Stelle", Licence: practice.Licences[0],
			Figures: []practice.Figure{{Quantity: "electricity", Unit: "MW.h/a", Change: &saved, Method: "Zähler"}},
		}
	}
	var theirs, ours []int64
	for n := 1; n <= 8; n++ {
		id, err := sh.Practices.Publish(ctx, writer, 0, draft(n))
		if err != nil {
			t.Fatal(err)
		}
		p, err := sh.Posts.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var here int64
		within(t, p.Title+" arrives at the desk", func() bool {
			at, err := kg.Posts.ByURIs(ctx, post.Viewer{}, []string{p.URI})
			here = at[p.URI].ID
			return err == nil && here != 0 && kg.Curation.Accept(ctx, editor, here) == nil
		})
		theirs, ours = append(theirs, id), append(ours, here)
	}

	b := startBrowser(t)
	b.enter(kg, "redaktion")
	b.everyPage(kg, "editor", []string{"/papier", "/redaktion/papier"})
	b.open(kg.url("/redaktion/papier"))
	b.press("form[action='/redaktion/papier'] button", "form[data-editor]")
	place := b.waitPath(`^/redaktion/papier/\d+$`)
	b.run("text", fill("summary", "Was das Land tut, damit seine Rechenzentren weniger Strom brauchen."), fill("foreword", "Zum **Nachmachen**."))
	for n, chapter := range []struct {
		title string
		from  int
		to    int
	}{{"Kühlen", 0, 3}, {"Auslasten", 3, 6}, {"Messen", 6, 8}} {
		b.run("chapter", fill("new_chapter", chapter.title))
		b.press("button[value='add-chapter']", fmt.Sprintf("#kapitel-%d", n+1))
		b.press(fmt.Sprintf("button[value='pick.%d']", n), ".paper-picks")
		for _, id := range ours[chapter.from:chapter.to] {
			b.run("tick", click(fmt.Sprintf("#p-%d", id)))
		}
		b.press("form[method=post] button[type=submit]", fmt.Sprintf("#kapitel-%d .paper-row", n+1))
	}
	if n := b.count(".paper-row"); n != 8 {
		t.Fatalf("the edition has %d practices", n)
	}
	b.everyPage(kg, "editor", []string{place, place + "/auswahl?kapitel=1", place + "/veroeffentlichen", place + "/verwerfen"})
	b.open(kg.url(place + "/vorschau"))
	b.barriers("the preview")
	b.open(kg.url(place + "/veroeffentlichen"))
	b.press("form[action$='/veroeffentlichen'] button", ".paper__checksum")
	paper := b.waitPath(`^/papier/\d{4}-\d$`)

	var files []publication.File
	var told publication.View
	within(t, "the follower hears of the edition", func() bool {
		list, err := sh.Publications.List(ctx, post.Viewer{}, publication.Filter{Kind: publication.Edition, Limit: 10})
		if err != nil || len(list.Items) != 1 {
			return false
		}
		told, files = list.Items[0], list.Items[0].Publication.Files
		return true
	})
	page, pdf := download(t, kg.url(paper+".html")), download(t, kg.url(paper+".pdf"))
	sum := sha256.Sum256(page)
	checksum := hex.EncodeToString(sum[:])
	b.open(kg.url(paper))
	if got := b.text(".paper__checksum"); got != checksum || told.Publication.Checksum != checksum {
		t.Errorf("checksums: the page says %s, the follower knows %s, it is %s", got, told.Publication.Checksum, checksum)
	}
	if told.Publication.Version != strings.TrimPrefix(paper, "/papier/") || len(told.Publication.Entries) != 8 || len(files) != 4 {
		t.Errorf("the follower knows edition %q with %d practices and the files %v", told.Publication.Version, len(told.Publication.Entries), files)
	}
	for _, f := range files {
		if n := int64(len(download(t, f.URL))); n != f.Bytes {
			t.Errorf("%s has %d bytes, the follower was told %d", f.URL, n, f.Bytes)
		}
	}
	checkPDF(t, pdf)
	b.everyPage(kg, "reader", []string{"/papier", paper, paper + ".html", paper + "/zurueckziehen", "/redaktion/papier", "/redaktion/handreichungen/neu"})

	// The source moves on.
	if err := sh.Practices.Withdraw(ctx, writer, theirs[0]); err != nil {
		t.Fatal(err)
	}
	changed := draft(2)
	changed.Title = "Rechenzentrum Nummer 2 noch sparsamer betreiben"
	if _, err := sh.Practices.Publish(ctx, writer, theirs[1], changed); err != nil {
		t.Fatal(err)
	}
	within(t, "what the source changed is said beside the edition", func() bool {
		_, about := kg.get(paper, "")
		since := strings.Join(strings.Fields(about.Find("[aria-labelledby=seither]").Text()), " ")
		return strings.Contains(since, "Ein Praxisbeispiel wurde zurückgezogen. Es kam von: Land Schleswig-Holstein.") && strings.Contains(since, changed.Title)
	})
	b.everyPage(kg, "reader", []string{paper})
	if !bytes.Equal(download(t, kg.url(paper+".html")), page) || !bytes.Equal(download(t, kg.url(paper+".pdf")), pdf) {
		t.Error("the frozen edition has changed")
	}
	b.open(kg.url("/redaktion/papier"))
	b.press("form[action='/redaktion/papier'] button", "form[data-editor]")
	next := b.waitPath(`^/redaktion/papier/\d+$`)
	b.run("chapter", fill("new_chapter", "Wieder"))
	b.press("button[value='add-chapter']", "#kapitel-1")
	b.open(kg.url(next + "/auswahl"))
	if n := b.count(".paper-picks input"); n != 7 {
		t.Errorf("%d practices are offered to the next edition, want the 7 that are left", n)
	}
}

// download returns what stands at an address.
func download(t *testing.T, address string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := loopback.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, res.Status, err)
	}
	return body
}

// checkPDF holds the PDF of an edition against what PDF/UA asks for: title, language, outline, tags with heads of tables.
func checkPDF(t *testing.T, pdf []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "edition.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	info := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), "pdfinfo", append(args, file)...).Output()
		if err != nil {
			t.Fatalf("pdfinfo %v: %v", args, err)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	about := info()
	for _, want := range []string{"Title: Best-Practice-Papier Green-IT, Ausgabe 2", "Tagged: yes", "JavaScript: no"} {
		if !strings.Contains(about, want) {
			t.Errorf("the PDF does not say %q: %s", want, about)
		}
	}
	for _, want := range []string{"/Lang (de)", "/DisplayDocTitle true", "/Outlines "} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("the PDF does not say %s", want)
		}
	}
	tags := info("-struct-text")
	for _, want := range []string{
		`H1 (block) NonStruct "Best-Practice-Papier`, `H2 (block) NonStruct "Inhalt"`, `H2 (block) NonStruct "1 Kühlen"`, `H3 (block) NonStruct "1.1 Rechenzentrum Nummer`, "H4 (block)", "/Scope /Column", "/Scope /Row",
		"Caption", "L (block)", "LI (block)", "Link (inline)",
	} {
		if !strings.Contains(tags, want) {
			t.Errorf("the PDF has no tag %s", want)
		}
	}
}
