package app_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// call asks the clients' interface and decodes the answer.
func (i *instance) call(method, path, token, contentType string, body io.Reader, into any) {
	i.t.Helper()
	req, err := http.NewRequestWithContext(i.t.Context(), method, i.url(path), body)
	if err != nil {
		i.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := loopback.Do(req)
	if err != nil {
		i.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		i.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, answer, err)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		i.t.Fatalf("%s %s: %s %v", method, path, answer, err)
	}
}

// TestImagesOfOthers: a picture that somebody publishes elsewhere is seen here, on pages and by clients, without anybody asking
// its server but our instance, once.
func TestImagesOfOthers(t *testing.T) {
	t.Parallel()
	sh := startInstance(t, "sh", organization.Organization{Name: "Schleswig-Holstein", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH"})
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG", Level: organization.LevelVerband})
	author, reader := sh.member("green-it", account.RoleMember), kg.member("redaktion", account.RoleEditor)
	kg.followInstance(sh, reader)

	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "bild.png")
	if err == nil {
		err = png.Encode(file, image.NewRGBA(image.Rect(0, 0, 900, 600)))
	}
	if err != nil || parts.WriteField("description", "Wärmetauscher") != nil || parts.Close() != nil {
		t.Fatal(err)
	}
	var uploaded struct{ ID string }
	sh.call(http.MethodPost, "/api/v2/media", author, parts.FormDataContentType(), &form, &uploaded)
	var status struct{ URI string }
	sh.call(http.MethodPost, "/api/v1/statuses", author, "application/x-www-form-urlencoded",
		strings.NewReader(url.Values{"status": {"So sieht es aus"}, "media_ids[]": {uploaded.ID}}.Encode()), &status)

	path := kg.pageOf(status.URI)
	_, page := kg.get(path, "")
	shown := page.Find(".files__image img")
	src, _ := shown.Attr("src")
	if alt, _ := shown.Attr("alt"); !strings.HasPrefix(src, "/media/fremd/preview/") || alt != "Wärmetauscher" {
		t.Fatalf("on the page: src %q, alt %q", src, alt)
	}
	var found struct {
		Statuses []struct {
			Media []struct {
				Type       string
				URL        string
				PreviewURL string `json:"preview_url"`
			} `json:"media_attachments"`
		}
	}
	kg.call(http.MethodGet, "/api/v2/search?q="+url.QueryEscape(status.URI), reader, "", nil, &found)
	if len(found.Statuses) != 1 || len(found.Statuses[0].Media) != 1 || found.Statuses[0].Media[0].Type != "image" {
		t.Fatalf("for clients: %+v", found)
	}
	for address, width := range map[string]int{kg.url(src): 480, found.Statuses[0].Media[0].URL: 900, found.Statuses[0].Media[0].PreviewURL: 480} {
		if !strings.HasPrefix(address, kg.Config.BaseURL+"/media/fremd/") {
			t.Errorf("%s is not ours", address)
		}
		resp, err := loopback.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		picture, _, err := image.DecodeConfig(resp.Body)
		resp.Body.Close()
		if err != nil || picture.Width != width || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s, %d wide, %v", address, resp.Status, picture.Width, err)
		}
	}
	var fetched int
	if err := kg.DB.Get(&fetched, `SELECT count(*) FROM remote_files WHERE file <> ''`); err != nil || fetched != 1 {
		t.Errorf("%d pictures kept, %v", fetched, err)
	}
	resp, err := loopback.Get(kg.url(strings.Replace(src, "/preview/", "/original/", 1)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("a changed address: %s", resp.Status)
	}
}
