package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/imports"
	"github.com/vorbild/vorbild/internal/sheet"
)

// TestImportRefused: who may not import, what is no sheet, and what belongs to others.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := []byte("Titel;Text\nKühlung;x\n")
	place := h.take(t, "member", good)
	for _, p := range []string{"", "/zuordnung", "/vorschau", "/stand", "/fehler.csv", "/loeschen"} {
		for role, want := range map[string]int{visitorName: http.StatusSeeOther, "guest": http.StatusForbidden, "editor": http.StatusNotFound, "admin": http.StatusNotFound} {
			h.get(t, role, place+p).wants(t, want)
		}
	}
	for _, p := range []string{"/zuordnung", "/vorschau", "/loeschen"} {
		for role, want := range map[string]int{visitorName: http.StatusUnauthorized, "guest": http.StatusForbidden, "editor": http.StatusNotFound} {
			h.post(t, role, place+p, url.Values{"columns": {"title", ""}}).wants(t, want)
		}
	}
	h.get(t, "guest", importsPath).wants(t, http.StatusForbidden)
	h.sendFile(t, "guest", importsPath, "a.csv", good).wants(t, http.StatusForbidden)
	h.sendFile(t, visitorName, importsPath, "a.csv", good).wants(t, http.StatusUnauthorized)
	if n := h.drafts(t); n != 0 {
		t.Errorf("%d drafts were made", n)
	}
	for name, content := range map[string][]byte{
		"bild.png": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "leer.csv": {}, "kopf.csv": []byte("Titel;Text\n"), "alt.xls": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
		"gross.csv": bytes.Repeat([]byte("a;b\n"), sheet.MaxSize/4+1), "riesig.csv": bytes.Repeat([]byte("a;b\n"), maxSheetBody/4+1), "breit.csv": bytes.Repeat([]byte(";x"), 1_000_000),
	} {
		a := h.sendFile(t, "member", importsPath, name, content).wants(t, http.StatusUnprocessableEntity)
		checkPage(t, name, a)
		if a.Find(".error-summary a[href='#f-file']").Length() != 1 || a.Find("#f-file[aria-invalid=true]").Length() != 1 {
			t.Errorf("%s: %s", name, a.text("main"))
		}
	}
	h.post(t, "member", importsPath, url.Values{}).wants(t, http.StatusUnprocessableEntity)

	// Only so many are begun at a time.
	for range imports.MaxOpen - 1 {
		h.take(t, "member", good)
	}
	a := h.sendFile(t, "member", importsPath, "a.csv", good).wants(t, http.StatusTooManyRequests)
	if !strings.Contains(a.text(".error-summary"), "schon mehrere Tabellen begonnen") {
		t.Errorf("too many: %s", a.text("main"))
	}
	h.post(t, "member", place+"/loeschen", nil).leadsTo(t, importsPath)
	h.get(t, "member", place).wants(t, http.StatusNotFound)
	place = h.take(t, "member", good)

	// A mapping that says less or more than there are columns, or nonsense.
	for _, columns := range [][]string{nil, {"title"}, {"title", "", "", "source"}, {"title", "nonsense"}, {"title", "key\x00"}} {
		a := h.post(t, "member", place+"/zuordnung", url.Values{"columns": columns, "figures.0.quantity": {"nonsense"}, "figures.99.unit": {"x"}})
		if a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("columns %q: status %d", columns, a.StatusCode)
		}
	}
}

// TestNothingToImport: where all rows are broken nothing begins, and the page says so.
func TestNothingToImport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	place := h.take(t, "member", []byte("Titel;E-Mail\n;a@b.de\nKühlung;nirgends\n"))
	h.post(t, "member", place+"/zuordnung", chosen(h.get(t, "member", place+"/zuordnung"))).leadsTo(t, place+"/vorschau")
	preview := h.get(t, "member", place+"/vorschau").wants(t, http.StatusOK)
	if preview.Find("form[action$='/vorschau'] button").Length() != 0 {
		t.Error("a button begins nothing")
	}
	a := h.post(t, "member", place+"/vorschau", nil).wants(t, http.StatusUnprocessableEntity)
	if !strings.Contains(a.text(".error-summary"), "nichts angelegt") {
		t.Errorf("%s", a.text("main"))
	}
	h.get(t, "member", place+"/fehler.csv").wants(t, http.StatusOK)
	if got := h.get(t, "member", place).Header.Get("Location"); got != place+"/vorschau" {
		t.Errorf("the import leads to %q", got)
	}
}
