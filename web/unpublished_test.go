package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestDeskIsForEditors asks for every page below /redaktion as everybody who does not edit, with the ids of things that are in work:
// nobody reads a word of them, neither there nor where they will be read once they are published.
func TestDeskIsForEditors(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ctx, editor := t.Context(), in.people["editor"]
	const secret = "Geheimsache"
	taken := in.taken("sh.example", "Abwärme nutzen", practice.Practice{})
	collection := in.arrange(secret+" Sammlung", taken)
	in.post(collection+"/kapitel", "editor", url.Values{"id": {"0"}, "name": {secret + " Kapitel"}}).wants(t, http.StatusSeeOther)
	id, err := strconv.ParseInt(collection[strings.LastIndex(collection, "/")+1:], 10, 64)
	must(t, err)
	arranged, err := in.Curation.Arranged(ctx, editor, id)
	must(t, err)
	edition := in.composed(taken)
	form := in.formOf(edition)
	form.Set("title", secret+" Ausgabe")
	in.post(edition, "editor", form).wants(t, http.StatusSeeOther)
	typed := typedDocument("preview")
	typed.Set("title", secret+" Leitfaden")
	typed.Set("upload_name", secret+" Anlage")
	sent := in.send(worksPath+"/neu", "editor", "Anlage.odt", guide(t, secret), typed).wants(t, http.StatusSeeOther)
	work := sent.Header.Get("Location")
	file := in.get(work, "editor").Find(`main a[href*="/dateien/"]`).AttrOr("href", "")
	must(t, in.Curation.Assign(ctx, editor, taken, editor.ID))
	log, err := in.Curation.Decisions(ctx, taken)
	must(t, err)
	if len(log) < 2 || log[0].Decision != curation.Assign || log[0].Public || file == "" {
		t.Fatalf("log %+v, file %q", log, file)
	}
	ids := []struct{ template, path string }{
		{collectionsPath + "/{id:[0-9]+}", collection}, {composingPath + "/{id:[0-9]+}", edition}, {worksPath + "/{id:[0-9]+}", work},
		{decisionsPath + "/{id:[0-9]+}", fmt.Sprint(decisionsPath, "/", log[0].ID)}, {"/redaktion/{id:[0-9]+}", fmt.Sprint("/redaktion/", taken)},
	}
	variable := regexp.MustCompile(`\{([a-z]+)(?::([^{}|]*)[^{}]*)?\}`)
	var asked []string
	must(t, in.handler.(*mux.Router).Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		methods, err := route.GetMethods()
		if err != nil || !slices.Contains(methods, http.MethodGet) {
			return nil
		}
		template, err := route.GetPathTemplate()
		if err != nil || !strings.HasPrefix(template, "/redaktion") || strings.HasPrefix(template, "/redaktion/pruefung") { // whose authors are members
			return err
		}
		path := template
		for _, id := range ids {
			if rest, ok := strings.CutPrefix(path, id.template); ok {
				path = id.path + rest
			}
		}
		path = variable.ReplaceAllStringFunc(path, func(v string) string {
			parts := variable.FindStringSubmatch(v)
			switch {
			case parts[1] == "chapter":
				return fmt.Sprint(arranged.Chapters[0].ID)
			case parts[1] == "post":
				return fmt.Sprint(taken)
			case strings.HasPrefix(parts[2], "["):
				return "1"
			}
			return parts[2]
		})
		asked = append(asked, path)
		return nil
	}))
	if len(asked) < 25 {
		t.Errorf("only %d pages: %v", len(asked), asked)
	}
	asked = append(asked, file, "/sammlungen/"+arranged.Slug, "/papier/"+form.Get("number"), "/papier/"+form.Get("number")+".html", "/papier/"+form.Get("number")+".odt", "/sammlungen", "/papier", "/handreichungen", "/handreichungen.atom", "/ueberblick")
	opened := 0
	for _, path := range asked {
		open := !strings.HasPrefix(path, "/redaktion")
		for _, who := range []string{visitorName, "guest", "member"} {
			a := in.get(path, who)
			if strings.Contains(a.body, secret) {
				t.Errorf("%s as %q shows what is in work", path, who)
			}
			refused := a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusNotFound || who == visitorName && a.StatusCode == http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Location"), "/anmelden")
			if !open && !refused {
				t.Errorf("%s as %q: %d %s", path, who, a.StatusCode, a.Header.Get("Location"))
			}
		}
		switch a := in.get(path, "editor"); {
		case a.StatusCode == http.StatusOK:
			opened++
			if cache := a.Header.Get("Cache-Control"); cache != "private, no-store" && !strings.HasSuffix(path, ".atom") {
				t.Errorf("%s as an editor: %s", path, cache)
			}
		case a.StatusCode >= http.StatusInternalServerError:
			t.Errorf("%s as an editor: %d", path, a.StatusCode)
		}
	}
	if opened < 25 {
		t.Errorf("an editor opened only %d of %d pages", opened, len(asked))
	}
	if a := in.get(file, "editor"); a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("the file as an editor: %d %v", a.StatusCode, a.Header)
	}
}
