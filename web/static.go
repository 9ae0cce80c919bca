package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/vorbild/vorbild/internal/request"
)

const staticPrefix = "/static/"

// asset is one static file, ready to send.
type asset struct {
	contentType string
	plain, gzip []byte
}

// assets serves the static files. The hash of the content is part of the name, so browsers keep them for ever and
// still see a new version at once.
type assets struct {
	byPath map[string]asset  // "app.1a2b3c4d.css"
	hashed map[string]string // "app.css" -> "/static/app.1a2b3c4d.css"
}

// shipped are the files of web/static.
var shipped = sync.OnceValues(func() (*assets, error) { return loadAssets(staticFiles, "static") })

func loadAssets(fsys fs.FS, dir string) (*assets, error) {
	a := &assets{byPath: map[string]asset{}, hashed: map[string]string{}}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		content, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
		var buf bytes.Buffer
		zw, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
		if err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
		if _, err := zw.Write(content); err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
		if err := zw.Close(); err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
		a.byPath[hashed] = asset{contentType: contentType(ext), plain: content, gzip: buf.Bytes()}
		a.hashed[name] = staticPrefix + hashed
	}
	return a, nil
}

// contentType does not ask the machine's tables for what we ship: they differ.
func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

// url returns the address of a file of web/static, "" if there is none of that name.
func (a *assets) url(name string) string { return a.hashed[name] }

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.byPath[strings.TrimPrefix(r.URL.Path, staticPrefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	if request.TakesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = file.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
