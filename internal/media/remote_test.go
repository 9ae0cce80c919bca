package media_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

// origin is what another server would answer.
type origin struct {
	image   []byte
	err     error
	refused atomic.Bool
	asked   atomic.Int32
	wait    chan struct{} // nil: answer at once
}

func (o *origin) MayShow(context.Context, string) (bool, error) { return !o.refused.Load(), nil }

func (o *origin) GetImage(ctx context.Context, _ string, _ int64) ([]byte, error) {
	o.asked.Add(1)
	if o.wait != nil {
		select {
		case <-o.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return o.image, o.err
}

const remoteURL = "https://bund.example/files/1.png"

func (h *house) proxy(o *origin, most int64) {
	h.Helper()
	h.Must(h.media.Proxy(h.Ctx, o, most))
}

// remote asks for a picture by the path that our pages show.
func (h *house) remote(use media.Use, url string) (string, error) {
	return h.media.RemoteFile(h.Ctx, strings.TrimPrefix(h.media.RemotePath(use, url), "/media/"))
}

func (h *house) pixels(name string) (width, height int) {
	h.Helper()
	f, _, err := h.media.Open(name)
	h.Must(err)
	defer f.Close()
	cfg, _, err := image.DecodeConfig(f)
	h.Must(err)
	return cfg.Width, cfg.Height
}

// A picture is fetched once for all who look, made anew in the size of its use, and served from here.
func TestRemoteFile(t *testing.T) {
	h := newHouse(t)
	secret := []byte("GPS 54.32 N")
	o := &origin{image: append(encodePNG(t, image.NewRGBA(image.Rect(0, 0, 1000, 500))), secret...), wait: make(chan struct{})}
	h.proxy(o, 1<<30)
	var wg sync.WaitGroup
	names := make([]string, 8)
	for i := range names {
		wg.Go(func() {
			use := media.Original
			if i%2 == 1 {
				use = media.Preview
			}
			var err error
			if names[i], err = h.remote(use, remoteURL); err != nil {
				t.Error(err)
			}
		})
	}
	close(o.wait)
	wg.Wait()
	if n := o.asked.Load(); n != 1 {
		t.Errorf("the origin was asked %d times", n)
	}
	if w, height := h.pixels(names[0]); w != 1000 || height != 500 {
		t.Errorf("original %d x %d", w, height)
	}
	if w, height := h.pixels(names[1]); w != 480 || height != 240 {
		t.Errorf("preview %d x %d", w, height)
	}
	avatar, err := h.remote(media.Avatar, remoteURL)
	h.Must(err)
	if w, height := h.pixels(avatar); w != 400 || height != 400 {
		t.Errorf("avatar %d x %d", w, height)
	}
	f, _, err := h.media.Open(names[0])
	h.Must(err)
	defer f.Close()
	if content, err := os.ReadFile(f.Name()); err != nil || strings.Contains(string(content), string(secret)) {
		t.Errorf("bytes of the origin are served: %v", err)
	}
	// Another process, or this one after a restart, writes the same addresses and has the same files.
	again := media.New(h.DB, h.Accounts, h.Posts, h.Queue, h.dir, posttest.Base)
	h.Must(again.Proxy(h.Ctx, o, 1<<30))
	if a, b := again.RemotePath(media.Original, remoteURL), h.media.RemotePath(media.Original, remoteURL); a != b {
		t.Errorf("addresses %q and %q", a, b)
	}
	// What a rule shuts out now is not shown from what was kept.
	o.refused.Store(true)
	if _, err := h.remote(media.Original, remoteURL); !fault.Is(err, fault.NotFound) {
		t.Errorf("refused host: %v", err)
	}
}

// Nobody but this instance can make it fetch: not by another address or another use.
func TestRemoteForged(t *testing.T) {
	h := newHouse(t)
	o := &origin{image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))}
	h.proxy(o, 1<<30)
	path := strings.TrimPrefix(h.media.RemotePath(media.Avatar, remoteURL), "/media/")
	parts := strings.Split(path, "/")
	for name, forged := range map[string]string{
		"address": strings.Join([]string{parts[0], parts[1], parts[2], "aHR0cHM6Ly8xNjkuMjU0LjE2OS4yNTQv"}, "/"),
		"use":     strings.Replace(path, "avatar", "original", 1),
		"code":    strings.Replace(path, parts[2], strings.Repeat("0", 32), 1),
		"short":   "fremd/avatar", "long": path + "/x", "nothing": "fremd/", "climbing": "fremd/../../etc/passwd",
	} {
		if _, err := h.media.RemoteFile(t.Context(), forged); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := o.asked.Load(); n != 0 {
		t.Errorf("the origin was asked %d times", n)
	}
	for _, url := range []string{"", "javascript:alert(1)", "file:///etc/passwd", "data:image/png;base64,AA=="} {
		if path := h.media.RemotePath(media.Avatar, url); path != "" {
			t.Errorf("%q has the address %s", url, path)
		}
	}
}

// What is no picture, or not to be had, is not asked for again at once, and leaves nothing behind.
func TestRemoteFailure(t *testing.T) {
	for name, o := range map[string]*origin{
		"gone":    {err: fault.New(fault.Gone, "error.remote.gone")},
		"down":    {err: fault.New(fault.Unavailable, "error.remote.unavailable")},
		"html":    {image: []byte("<html><script>alert(1)</script></html>")},
		"svg":     {image: []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
		"huge":    {image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 30_000, 1)))},
		"cut off": {image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 90, 90)))[:60]},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.proxy(o, 1<<30)
			for range 3 {
				if _, err := h.remote(media.Original, remoteURL); !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
			if n := o.asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
			h.DB.MustExec(`UPDATE remote_files SET fetched_at = now() - interval '11 minutes'`)
			o.err, o.image = nil, encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))
			if _, err := h.remote(media.Original, remoteURL); err != nil {
				t.Errorf("later: %v", err)
			}
		})
	}
}

// Our own trouble is no verdict about the origin.
func TestRemoteOwnFault(t *testing.T) {
	h := newHouse(t)
	o := &origin{err: errors.New("database is away")}
	h.proxy(o, 1<<30)
	if _, err := h.remote(media.Original, remoteURL); !fault.Is(err, fault.Internal) {
		t.Errorf("%v", err)
	}
	o.err, o.image = nil, encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	if _, err := h.remote(media.Original, remoteURL); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// What nobody looks at goes, and so does what does not fit.
func TestRemoteSweep(t *testing.T) {
	h := newHouse(t)
	o := &origin{image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))}
	h.proxy(o, 1<<30)
	for _, name := range []string{"new", "newer", "unused"} {
		if _, err := h.remote(media.Original, "https://bund.example/"+name); err != nil {
			t.Fatal(err)
		}
	}
	h.DB.MustExec(`UPDATE remote_files SET used_at = now() - interval '15 days' WHERE url LIKE '%unused'`)
	h.DB.MustExec(`UPDATE remote_files SET used_at = now() - interval '2 days' WHERE url LIKE '%/new'`)
	var size int64
	h.Must(h.DB.Get(&size, `SELECT max(size) FROM remote_files`))
	left := func() (urls []string) {
		h.Must(h.DB.Select(&urls, `SELECT url FROM remote_files ORDER BY url`))
		return urls
	}
	h.Must(h.media.Sweep(h.Ctx))
	if got := strings.Join(left(), " "); got != "https://bund.example/new https://bund.example/newer" {
		t.Errorf("left: %s", got)
	}
	if _, err := h.remote(media.Original, "https://bund.example/new"); err != nil { // somebody looks
		t.Fatal(err)
	}
	var used time.Time
	h.Must(h.DB.Get(&used, `SELECT used_at FROM remote_files WHERE url LIKE '%/new'`))
	if time.Since(used) > time.Hour {
		t.Error("that somebody looked was not noted")
	}
	h.proxy(o, size+size/2)
	h.Must(h.media.Sweep(h.Ctx))
	if got := left(); len(got) != 1 || got[0] != "https://bund.example/new" {
		t.Errorf("left: %v", got)
	}
}

// The bound holds also between two looks at the clock, however many pictures somebody has fetched.
func TestRemoteBound(t *testing.T) {
	h := newHouse(t)
	o := &origin{image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))}
	h.proxy(o, 1<<30)
	if _, err := h.remote(media.Avatar, remoteURL); err != nil {
		t.Fatal(err)
	}
	var size, kept int64
	h.Must(h.DB.Get(&size, `SELECT size FROM remote_files`))
	bound := 32 * size
	h.proxy(o, bound)
	for n := range 100 {
		if _, err := h.remote(media.Avatar, fmt.Sprintf("%s?%d", remoteURL, n)); err != nil {
			t.Fatal(err)
		}
	}
	h.Must(h.DB.Get(&kept, `SELECT sum(size) FROM remote_files`))
	if kept > bound+bound/8 || kept < bound/2 {
		t.Errorf("%d bytes are kept, of at most %d", kept, bound)
	}
	newest := false
	h.Must(h.DB.Get(&newest, `SELECT EXISTS (SELECT 1 FROM remote_files WHERE url LIKE '%?99')`))
	if !newest {
		t.Error("what somebody looks at now is gone")
	}
}

// slow is an origin of which some hosts take their time.
type slow struct {
	origin
	site  string
	begun chan string
}

func (s *slow) GetImage(ctx context.Context, url string, limit int64) ([]byte, error) {
	if strings.Contains(url, s.site) {
		s.begun <- url
		<-ctx.Done()
		return nil, fault.Wrap(fault.Unavailable, "error.remote.unavailable", ctx.Err())
	}
	return s.origin.GetImage(ctx, url, limit)
}

// A site that never answers does not keep the pictures of others from being shown.
func TestRemoteSlowSite(t *testing.T) {
	h := newHouse(t)
	o := &slow{origin: origin{image: encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))}, site: "tarpit.example", begun: make(chan string, 50)}
	h.Must(h.media.Proxy(h.Ctx, o, 1<<30))
	ctx, cancel := context.WithCancel(h.Ctx)
	var waiting sync.WaitGroup
	for n := range 20 {
		waiting.Go(func() {
			path := h.media.RemotePath(media.Avatar, fmt.Sprintf("https://a%d.tarpit.example/%d.png", n, n))
			if _, err := h.media.RemoteFile(ctx, strings.TrimPrefix(path, "/media/")); err == nil {
				t.Error("a picture out of nowhere")
			}
		})
	}
	<-o.begun
	<-o.begun
	if _, err := h.remote(media.Avatar, remoteURL); err != nil {
		t.Errorf("the picture of another site: %v", err)
	}
	if n := len(o.begun); n > 0 {
		t.Errorf("%d fetches more from one site", n)
	}
	cancel()
	waiting.Wait()
}
