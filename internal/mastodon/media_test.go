package mastodon

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	_ "image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/media"
)

const uploadPath = "/api/v2/media"

func TestMedia(t *testing.T) {
	h := newHouse(t)
	member := h.as("member")
	sent := member.upload(http.MethodPost, uploadPath, "file", "raum.png", picture(t, 640, 400), "description", " Ein Serverraum ", "focus", "0.2,-0.4").wants(http.StatusOK)
	id := sent.text("id")
	for path, want := range map[string]any{
		"type": "image", "description": "Ein Serverraum", "remote_url": nil, "meta.original.width": 640., "meta.original.size": "640x400", "meta.original.aspect": 1.6,
		"meta.small.width": 480., "meta.small.height": 300., "meta.focus.x": 0.2, "meta.focus.y": -0.4,
	} {
		if diff := cmp.Diff(want, sent.at(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if len(sent.text("blurhash")) < 6 {
		t.Errorf("blurhash %q", sent.text("blurhash"))
	}
	if diff := cmp.Diff(string(sent.body), string(member.get("/api/v1/media/"+id).wants(http.StatusOK).body)); diff != "" {
		t.Errorf("asked again (-upload +get):\n%s", diff)
	}
	if v1 := member.upload(http.MethodPost, "/api/v1/media", "file", "raum.png", picture(t, 64, 40)).wants(http.StatusOK); v1.text("url") == "" {
		t.Errorf("v1: %s", v1.body)
	}
	changed := member.put("/api/v1/media/"+id, "description", "Anders", "focus", "1,1").wants(http.StatusOK)
	if changed.text("description") != "Anders" || changed.at("meta.focus.x") != 1. {
		t.Errorf("changed: %s", changed.body)
	}
	if left := member.json(http.MethodPut, "/api/v1/media/"+id, map[string]any{"description": ""}).wants(http.StatusOK); left.at("description") != nil || left.at("meta.focus.x") != 1. {
		t.Errorf("without words: %s", left.body)
	}
	for _, focus := range []string{"1", "a,b", ",", "NaN"} {
		member.put("/api/v1/media/"+id, "focus", focus).wants(http.StatusUnprocessableEntity)
	}
	member.put("/api/v1/media/"+id, "description", strings.Repeat("ü", media.MaxDescription+1)).wants(http.StatusUnprocessableEntity)
	status := member.post("/api/v1/statuses", "status", "So sieht er aus", "media_ids[]", id).wants(http.StatusOK)
	if status.text("media_attachments.0.id") != id {
		t.Errorf("status: %s", status.body)
	}
	member.delete("/api/v1/media/" + id).wants(http.StatusUnprocessableEntity)
	member.put("/api/v1/media/"+id, "description", "Zu spät").wants(http.StatusUnprocessableEntity)
	member.post("/api/v1/statuses", "status", "Noch einmal dasselbe", "media_ids[]", id).wants(http.StatusUnprocessableEntity)
	h.as("other").post("/api/v1/statuses", "status", "Fremdes Bild", "media_ids[]", id).wants(http.StatusUnprocessableEntity)

	loose := member.upload(http.MethodPost, uploadPath, "file", "x.png", picture(t, 8, 8)).wants(http.StatusOK).text("id")
	h.as("other").get("/api/v1/media/" + loose).wants(http.StatusNotFound)
	h.as("other").delete("/api/v1/media/" + loose).wants(http.StatusNotFound)
	member.delete("/api/v1/media/" + loose).wants(http.StatusOK)
	member.get("/api/v1/media/" + loose).wants(http.StatusNotFound)
}

// claim is a PNG that says it has that many pixels.
func claim(width, height uint32) []byte {
	head := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	head = append(head, 8, 6, 0, 0, 0)
	raw := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(head))
}

func TestMediaRefused(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		content []byte
		file    string
		status  int
		words   string
	}{
		"bomb":       {claim(50_000, 50_000), "a.png", http.StatusUnprocessableEntity, "Bildpunkte"},
		"SVG":        {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "a.png", http.StatusUnprocessableEntity, "JPEG"},
		"page":       {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "a.jpg", http.StatusUnprocessableEntity, "JPEG"},
		"film":       {[]byte("\x1aE\xdf\xa3 webm"), "a.webm", http.StatusUnprocessableEntity, "JPEG"},
		"empty":      {nil, "a.png", http.StatusUnprocessableEntity, "wählen Sie eine Datei"},
		"large":      {append(picture(t, 4, 4), make([]byte, media.MaxSize)...), "a.png", http.StatusRequestEntityTooLarge, "16 MB"},
		"very large": {make([]byte, maxUpload+1), "a.png", http.StatusRequestEntityTooLarge, "groß"},
		"broken":     {picture(t, 40, 40)[:60], "a.png", http.StatusUnprocessableEntity, "nicht lesen"},
	} {
		r := h.as("member").with("Accept-Language", "de").upload(http.MethodPost, uploadPath, "file", c.file, c.content).wants(c.status)
		if !strings.Contains(r.text("error"), c.words) || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	h.as("member").upload(http.MethodPost, uploadPath, "datei", "a.png", picture(t, 4, 4)).wants(http.StatusUnprocessableEntity)
	var n int
	h.must(h.db.GetContext(t.Context(), &n, `SELECT count(*) FROM media`))
	if n != 0 {
		t.Errorf("%d rows of refused files", n)
	}
	h.as("").upload(http.MethodPost, uploadPath, "file", "a.png", picture(t, 4, 4)).wants(http.StatusUnauthorized)
	h.holding(h.token("member", "read")).upload(http.MethodPost, uploadPath, "file", "a.png", picture(t, 4, 4)).wants(http.StatusForbidden)
}

func TestMediaFiles(t *testing.T) {
	h := newHouse(t)
	sent := h.as("member").upload(http.MethodPost, uploadPath, "file", "a.png", picture(t, 640, 400)).wants(http.StatusOK)
	visitor := h.as("")
	for name, width := range map[string]int{"url": 640, "preview_url": 480} {
		r := visitor.get(sent.text(name)).wants(http.StatusOK)
		img, _, err := image.Decode(bytes.NewReader(r.body))
		h.must(err)
		if img.Bounds().Dx() != width {
			t.Errorf("%s has %v", name, img.Bounds())
		}
	}
	url := sent.text("url")
	r := visitor.get(url)
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Accept-Ranges": "bytes",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	part := visitor.with("Range", "bytes=0-7").get(url).wants(http.StatusPartialContent)
	if string(part.body) != "\x89PNG\r\n\x1a\n" {
		t.Errorf("the first eight bytes are %q", part.body)
	}
	visitor.with("If-None-Match", r.Header.Get("ETag")).get(url).wants(http.StatusNotModified)
	if head := visitor.do(http.MethodHead, url, "", nil).wants(http.StatusOK); len(head.body) != 0 {
		t.Errorf("HEAD has %d bytes", len(head.body))
	}
	name := url[strings.LastIndex(url, "/")+1:]
	for _, path := range []string{"/media/", "/media/x.png", "/media/" + name[:2] + "/" + name, "/media/..%2f..%2fetc%2fpasswd", "/media/%2e%2e/config", "/media/" + name + "%00", "/media/" + strings.Repeat("a", 32) + ".png"} {
		if r := visitor.get(path); r.StatusCode != http.StatusNotFound && r.StatusCode != http.StatusMovedPermanently || bytes.Contains(r.body, []byte("root:")) {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
	for path := range media.Missing() {
		r := visitor.get(path).wants(http.StatusOK)
		if _, format, err := image.DecodeConfig(bytes.NewReader(r.body)); err != nil || format != "png" || r.Header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: %s, %v", path, format, err)
		}
	}
	if media.MissingAvatar(account.Person) == media.MissingAvatar(account.Group) {
		t.Error("groups look like people")
	}
	for _, who := range []string{"member", account.ForumUsername} {
		a := visitor.get("/api/v1/accounts/" + idText(h.id(who)))
		for _, field := range []string{"avatar", "avatar_static", "header", "header_static"} {
			visitor.get(a.text(field)).wants(http.StatusOK)
		}
	}
}
