package media_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	media *media.Service
	dir   string
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t), dir: filepath.Join(t.TempDir(), "media")}
	h.media = media.New(h.DB, h.Accounts, h.Posts, h.Queue, h.dir, posttest.Base)
	return h
}

func (h *house) upload(by account.Account, raw []byte) media.Media {
	h.Helper()
	m, err := h.media.Upload(h.Ctx, by, bytes.NewReader(raw), media.Change{})
	h.Must(err)
	return m
}

// write publishes a note with media.
func (h *house) write(by account.Account, ids ...int64) post.Post {
	h.Helper()
	return h.Write(by, post.Draft{Title: "Bilder", Source: "Sehen Sie selbst", Parts: []post.Part{h.media.Attach(by, ids)}})
}

// receive lets another server say what hangs on a post.
func (h *house) receive(p post.Post, list []media.Received) []media.Media {
	h.Helper()
	h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error { return h.media.Receive(h.Ctx, tx, p, list) }))
	byPost, err := h.media.ByPosts(h.Ctx, []int64{p.ID})
	h.Must(err)
	return byPost[p.ID]
}

func (h *house) open(name string) []byte {
	h.Helper()
	f, _, err := h.media.Open(name)
	h.Must(err)
	defer f.Close()
	raw, err := io.ReadAll(f)
	h.Must(err)
	return raw
}

// files lists the names in the media directory.
func (h *house) files() map[string]bool {
	h.Helper()
	names := map[string]bool{}
	h.Must(os.MkdirAll(h.dir, 0o700))
	h.Must(filepath.WalkDir(h.dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names[e.Name()] = true
		}
		return err
	}))
	return names
}

func (h *house) work() {
	h.Helper()
	job.Work(h.Queue, func(_ context.Context, j *river.Job[job.RemoveFiles]) error { return h.media.RemoveFiles(j.Args.Files) })
	job.Work(h.Queue, func(context.Context, *river.Job[job.Distribute]) error { return nil })
	job.Work(h.Queue, func(context.Context, *river.Job[job.Notify]) error { return nil })
	jobtest.Run(h, h.Queue)
}

func TestUpload(t *testing.T) {
	h := newHouse(t)
	text, focus := "  Rechenzentrum\nvon außen ", media.Focus{X: 0.5, Y: -3}
	m, err := h.media.Upload(h.Ctx, h.Member, bytes.NewReader(encodeJPEG(t, quarters(1200, 800))), media.Change{Description: &text, Focus: &focus})
	h.Must(err)
	got, err := h.media.Get(h.Ctx, h.Member, m.ID)
	h.Must(err)
	if got.Width != 1200 || got.Height != 800 || got.PreviewWidth != 480 || got.PreviewHeight != 320 || got.ContentType != "image/jpeg" || got.Kind != media.Image {
		t.Errorf("media = %+v", got)
	}
	if got.Description != "Rechenzentrum\nvon außen" || got.FocusX != 0.5 || got.FocusY != -1 || len(got.Blurhash) < 20 {
		t.Errorf("said: %q (%v, %v) blurhash %q", got.Description, got.FocusX, got.FocusY, got.Blurhash)
	}
	for name, size := range map[string]image.Point{got.File: {X: 1200, Y: 800}, got.PreviewFile: {X: 480, Y: 320}} {
		img, format, err := image.Decode(bytes.NewReader(h.open(name)))
		h.Must(err)
		if img.Bounds().Size() != size || format != "jpeg" || corner(img, true, false) != "green" {
			t.Errorf("%s is a %s of %v with %s above on the right", name, format, img.Bounds(), corner(img, true, false))
		}
	}
	if int64(len(h.open(got.File))) != got.Size {
		t.Errorf("size %d, file has %d", got.Size, len(h.open(got.File)))
	}
	if _, err := h.media.Get(h.Ctx, h.Other, m.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's: %v", err)
	}
}

func TestUploadTurnsAndStripsPhotographs(t *testing.T) {
	h := newHouse(t)
	for orientation, corners := range [][4]string{ // above left, above right, below left, below right
		1: {"red", "green", "blue", "white"}, 2: {"green", "red", "white", "blue"}, 3: {"white", "blue", "green", "red"}, 4: {"blue", "white", "red", "green"},
		5: {"red", "blue", "green", "white"}, 6: {"blue", "red", "white", "green"}, 7: {"white", "green", "blue", "red"}, 8: {"green", "white", "red", "blue"},
	} {
		if orientation == 0 {
			continue
		}
		raw := photograph(t, quarters(120, 80), uint16(orientation))
		if !bytes.Contains(raw, []byte(place)) {
			t.Fatal("the photograph does not say where it was taken")
		}
		m := h.upload(h.Member, raw)
		stored := h.open(m.File)
		if bytes.Contains(stored, []byte("GPS")) || bytes.Contains(stored, []byte("Exif")) {
			t.Errorf("orientation %d: what the camera said is still there", orientation)
		}
		img, _, err := image.Decode(bytes.NewReader(stored))
		h.Must(err)
		got := [4]string{corner(img, false, false), corner(img, true, false), corner(img, false, true), corner(img, true, true)}
		if got != corners {
			t.Errorf("orientation %d: %v, want %v", orientation, got, corners)
		}
		if wide := img.Bounds().Dx() == 120; wide != (orientation < 5) || m.Width != img.Bounds().Dx() || m.Height != img.Bounds().Dy() {
			t.Errorf("orientation %d: %v, said to be %dx%d", orientation, img.Bounds(), m.Width, m.Height)
		}
		avatar, err := h.media.StoreAvatar(h.Ctx, bytes.NewReader(raw))
		h.Must(err)
		img, _, err = image.Decode(bytes.NewReader(h.open(avatar)))
		h.Must(err)
		if img.Bounds().Size() != (image.Point{X: 400, Y: 400}) || corner(img, true, false) != corners[1] || bytes.Contains(h.open(avatar), []byte("GPS")) {
			t.Errorf("orientation %d: avatar of %v with %s", orientation, img.Bounds(), corner(img, true, false))
		}
		header, err := h.media.StoreHeader(h.Ctx, bytes.NewReader(raw))
		h.Must(err)
		img, _, err = image.Decode(bytes.NewReader(h.open(header)))
		h.Must(err)
		if img.Bounds().Size() != (image.Point{X: 1500, Y: 500}) || corner(img, false, true) != corners[2] {
			t.Errorf("orientation %d: header of %v with %s", orientation, img.Bounds(), corner(img, false, true))
		}
	}
}

// webP is a lossless picture of one pixel.
const webP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

func TestUploadFormats(t *testing.T) {
	h := newHouse(t)
	glass := quarters(60, 40)
	glass.SetRGBA(3, 3, color.RGBA{})
	still, err := base64.StdEncoding.DecodeString(webP)
	h.Must(err)
	for name, c := range map[string]struct {
		raw           []byte
		contentType   string
		width, height int
	}{
		"small drawing":       {encodePNG(t, quarters(60, 40)), "image/png", 60, 40},
		"one to look through": {encodePNG(t, glass), "image/png", 60, 40},
		"large photograph":    {encodeJPEG(t, quarters(4800, 3000)), "image/jpeg", 3642, 2276},
		"moving":              {moving(t), "image/png", 40, 30},
		"WebP":                {still, "image/png", 1, 1},
	} {
		m := h.upload(h.Member, c.raw)
		if m.ContentType != c.contentType || m.Width != c.width || m.Height != c.height {
			t.Errorf("%s: %s of %dx%d, want %s of %dx%d", name, m.ContentType, m.Width, m.Height, c.contentType, c.width, c.height)
		}
		img, _, err := image.Decode(bytes.NewReader(h.open(m.File)))
		h.Must(err)
		if img.Bounds().Dx() != c.width {
			t.Errorf("%s: file of %v", name, img.Bounds())
		}
		if name == "moving" && corner(img, false, false) != "red" {
			t.Errorf("moving: shows %s, want its first frame", corner(img, false, false))
		}
		if name == "one to look through" {
			if _, _, _, alpha := img.At(3, 3).RGBA(); alpha != 0 {
				t.Errorf("alpha %d at the glass", alpha)
			}
		}
	}
}

func TestUploadRefuses(t *testing.T) {
	h := newHouse(t)
	remote := h.Remote
	long := strings.Repeat("ü", media.MaxDescription+1)
	ok := encodePNG(t, quarters(10, 10))
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	for name, c := range map[string]struct {
		by   account.Account
		raw  []byte
		said media.Change
		kind fault.Kind
		key  string
	}{
		"bomb":               {h.Member, bombPNG(60_000, 60_000), media.Change{}, fault.Invalid, "error.media.pixels"},
		"long bomb":          {h.Member, bombPNG(1<<31-1, 1), media.Change{}, fault.Invalid, "error.media.pixels"},
		"within the limits":  {h.Member, bombPNG(5_000, 5_000), media.Change{}, fault.Invalid, "error.media.unreadable"}, // looked at, but its bytes end
		"drawing that acts":  {h.Member, svg, media.Change{}, fault.Invalid, "error.media.type"},
		"page":               {h.Member, []byte("<html><script>alert(1)</script>"), media.Change{}, fault.Invalid, "error.media.type"},
		"page called GIF":    {h.Member, append([]byte("GIF89a"), svg...), media.Change{}, fault.Invalid, ""},
		"film":               {h.Member, []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41"), media.Change{}, fault.Invalid, "error.media.type"},
		"half an image":      {h.Member, ok[:len(ok)/2], media.Change{}, fault.Invalid, "error.media.unreadable"},
		"nothing":            {h.Member, nil, media.Change{}, fault.Invalid, "error.media.missing"},
		"too many bytes":     {h.Member, append(bytes.Clone(ok), make([]byte, media.MaxSize)...), media.Change{}, fault.TooLarge, ""},
		"somebody elsewhere": {remote, ok, media.Change{}, fault.Forbidden, ""},
		"too many words":     {h.Member, ok, media.Change{Description: &long}, fault.Invalid, "error.field.too_long"},
	} {
		_, err := h.media.Upload(h.Ctx, c.by, bytes.NewReader(c.raw), c.said)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: %v, want %s %s", name, err, c.kind, c.key)
		}
	}
	if n := len(h.files()); n != 0 {
		t.Errorf("%d files are left of what was refused", n)
	}
}

// TestPolyglot: what a file says behind its picture is not stored.
func TestPolyglot(t *testing.T) {
	h := newHouse(t)
	const page = "<script>alert(document.domain)</script>"
	for name, raw := range map[string][]byte{
		"image/png": append(encodePNG(t, quarters(20, 20)), page...), "image/jpeg": append(encodeJPEG(t, quarters(20, 20)), page...),
	} {
		m := h.upload(h.Member, raw)
		if bytes.Contains(h.open(m.File), []byte("script")) || m.ContentType != name {
			t.Errorf("%s: the page is still there", name)
		}
	}
}

func TestOpenKnowsOnlyItsFiles(t *testing.T) {
	h := newHouse(t)
	m := h.upload(h.Member, encodePNG(t, quarters(10, 10)))
	h.Must(os.WriteFile(filepath.Join(h.dir, "secret.png"), []byte("x"), 0o600))
	for _, name := range []string{
		"", "secret.png", "../secret.png", m.File[:2] + "/" + m.File, "..%2fsecret.png", "../../etc/passwd", m.File + "\x00", m.File + "/", strings.ToUpper(m.File), ".",
		strings.Repeat("0", 32) + ".png", strings.Replace(m.File, ".png", ".jpg", 1),
	} {
		if f, _, err := h.media.Open(name); !fault.Is(err, fault.NotFound) {
			t.Errorf("Open %q = %v, %v", name, f, err)
		}
	}
	if _, contentType, err := h.media.Open(m.File); err != nil || contentType != "image/png" {
		t.Errorf("Open %q = %q, %v", m.File, contentType, err)
	}
}

func TestUploadsWaitingAreBounded(t *testing.T) {
	h := newHouse(t)
	raw := encodePNG(t, quarters(4, 4))
	var last media.Media
	for range 40 {
		last = h.upload(h.Member, raw)
	}
	if _, err := h.media.Upload(h.Ctx, h.Member, bytes.NewReader(raw), media.Change{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("one more: %v", err)
	}
	h.upload(h.Other, raw)
	h.Must(h.media.Delete(h.Ctx, h.Member, last.ID))
	h.upload(h.Member, raw)
}

func TestAttach(t *testing.T) {
	h := newHouse(t)
	raw := encodePNG(t, quarters(10, 10))
	a, b, c := h.upload(h.Member, raw), h.upload(h.Member, raw), h.upload(h.Member, raw)
	foreign := h.upload(h.Other, raw)
	p := h.write(h.Member, b.ID, a.ID, b.ID)
	ids := func() (list []int64) {
		byPost, err := h.media.ByPosts(h.Ctx, []int64{p.ID})
		h.Must(err)
		for _, m := range byPost[p.ID] {
			list = append(list, m.ID)
		}
		return list
	}
	if diff := cmp.Diff([]int64{b.ID, a.ID}, ids()); diff != "" {
		t.Errorf("media of the post (-want +got):\n%s", diff)
	}

	for name, attempt := range map[string][]int64{"somebody else's": {foreign.ID}, "one on another post": {a.ID}, "unknown": {1}, "five": {c.ID, 2, 3, 4, 5}} {
		_, err := h.Posts.Create(h.Ctx, h.Member, post.Draft{Title: "Noch eins", Source: "x", Parts: []post.Part{h.media.Attach(h.Member, attempt)}})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text := "Ein Bild"
	if _, err := h.media.Update(h.Ctx, h.Member, media.Change{ID: a.ID, Description: &text}); !fault.Is(err, fault.Invalid) {
		t.Errorf("describing one on a post: %v", err)
	}
	if err := h.media.Delete(h.Ctx, h.Member, a.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("deleting one on a post: %v", err)
	}
	if err := h.media.Delete(h.Ctx, h.Member, foreign.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleting somebody else's: %v", err)
	}
	if _, err := h.media.Update(h.Ctx, h.Member, media.Change{ID: foreign.ID, Description: &text}); !fault.Is(err, fault.NotFound) {
		t.Errorf("describing somebody else's: %v", err)
	}
	m, err := h.media.Update(h.Ctx, h.Member, media.Change{ID: c.ID, Description: &text})
	if err != nil || m.Description != text {
		t.Errorf("describing: %q, %v", m.Description, err)
	}

	// An edit: b goes, c comes, a is described.
	other := "Anders"
	h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error {
		return h.media.Attach(h.Member, []int64{a.ID, c.ID}, media.Change{ID: a.ID, Description: &other})(h.Ctx, tx, p)
	}))
	if diff := cmp.Diff([]int64{a.ID, c.ID}, ids()); diff != "" {
		t.Errorf("media after the edit (-want +got):\n%s", diff)
	}
	if m, err := h.media.Get(h.Ctx, h.Member, a.ID); err != nil || m.Description != other {
		t.Errorf("description after the edit: %q, %v", m.Description, err)
	}
	h.work()
	jobtest.Wait(t, h.DB)
	if files := h.files(); files[b.File] || !files[a.File] || !files[c.File] {
		t.Errorf("files after the edit: %v", files)
	}
	h.Must(h.Posts.Delete(h.Ctx, h.Member, p.ID))
	jobtest.Wait(t, h.DB)
	if files := h.files(); files[a.File] || files[c.File] || !files[foreign.File] || ids() != nil {
		t.Errorf("after the withdrawal: files %v, media %v", files, ids())
	}
}

func TestSweep(t *testing.T) {
	h := newHouse(t)
	h.work()
	raw := encodePNG(t, quarters(10, 10))
	forgotten, scheduled, young, used := h.upload(h.Member, raw), h.upload(h.Member, raw), h.upload(h.Member, raw), h.upload(h.Member, raw)
	h.write(h.Member, used.ID)
	avatar, err := h.media.StoreAvatar(h.Ctx, bytes.NewReader(raw))
	h.Must(err)
	replaced, err := h.media.StoreAvatar(h.Ctx, bytes.NewReader(raw))
	h.Must(err)
	fresh, err := h.media.StoreAvatar(h.Ctx, bytes.NewReader(raw))
	h.Must(err)
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := h.DB.ExecContext(h.Ctx, query, args...)
		h.Must(err)
	}
	exec(`UPDATE accounts SET avatar = $1 WHERE id = $2`, avatar, h.Member.ID)
	exec(`INSERT INTO scheduled_posts (id, account_id, scheduled_at, params) VALUES (1, $1, now(), jsonb_build_object('media_ids', jsonb_build_array($2::text)))`, h.Member.ID, scheduled.ID)
	exec(`UPDATE media SET created_at = now() - interval '25 hours' WHERE id <> $1`, young.ID)
	old := time.Now().Add(-25 * time.Hour)
	half := filepath.Join(h.dir, used.File[:2], "new-123")
	foreign := filepath.Join(h.dir, used.File[:2], "README")
	h.Must(os.WriteFile(half, []byte("x"), 0o600))
	h.Must(os.WriteFile(foreign, []byte("x"), 0o600))
	h.Must(filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != fresh {
			err = os.Chtimes(path, old, old)
		}
		return err
	}))
	h.Must(h.media.Sweep(h.Ctx))
	jobtest.Wait(t, h.DB)
	want := map[string]bool{scheduled.File: true, young.File: true, used.File: true, avatar: true, fresh: true, "README": true}
	if diff := cmp.Diff(want, h.files()); diff != "" {
		t.Errorf("forgotten %s, replaced %s; files (-want +got):\n%s", forgotten.File, replaced, diff)
	}
}

func TestReceive(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Von dort")
	told := []media.Received{
		{URL: "https://m.example/1.jpg", ContentType: "image/jpeg", Kind: media.Image, Description: strings.Repeat("ä", 2_000), Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", Width: 4, Height: 3, Focus: media.Focus{X: 9}},
		{URL: "https://m.example/2.mp4", ContentType: "video/mp4", Kind: media.Video, Blurhash: "no hash", Width: -1},
	}
	for _, hash := range []string{"", "L", "LEHV6nWB2yk8pyo0adR*.7kCMdn", "LEHV6nWB2yk8pyo0adR*.7kCMd\u00fc", "<script>"} {
		if got := h.receive(p, []media.Received{{URL: "https://m.example/3", Kind: media.Image, Blurhash: hash}}); len(got) != 1 || got[0].Blurhash != "" {
			t.Errorf("blurhash %q is kept: %+v", hash, got)
		}
	}
	receive := func(list []media.Received) []media.Media { t.Helper(); return h.receive(p, list) }
	first := receive(told)
	if len(first) != 2 || first[0].RemoteURL != told[0].URL || first[0].File != "" || first[0].FocusX != 1 || first[1].Blurhash != "" || first[1].Width != 0 {
		t.Fatalf("media = %+v", first)
	}
	if n := len([]rune(first[0].Description)); n != media.MaxDescription {
		t.Errorf("description of %d characters", n)
	}
	if diff := cmp.Diff(first, receive(told)); diff != "" {
		t.Errorf("the same again is another (-first +second):\n%s", diff)
	}
	if left := receive(told[1:]); len(left) != 1 || left[0].RemoteURL != told[1].URL {
		t.Errorf("after an edit: %+v", left)
	}
}

// slowFile counts who reads it and lets nobody finish before it is opened.
type slowFile struct {
	io.Reader
	began chan struct{}
	open  chan struct{}
}

func (f *slowFile) Read(b []byte) (int, error) {
	select {
	case f.began <- struct{}{}:
	default:
	}
	<-f.open
	return f.Reader.Read(b)
}

// TestFewAreReadAtOnce: who waits for a turn does not hold the bytes of a file meanwhile.
func TestFewAreReadAtOnce(t *testing.T) {
	h := newHouse(t)
	const all = 6
	began, open, done := make([]chan struct{}, all), make(chan struct{}), make(chan error, all)
	for i := range all {
		began[i] = make(chan struct{}, 1)
		file := &slowFile{bytes.NewReader(encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))), began[i], open}
		go func() {
			var err error
			if i%2 == 0 {
				_, err = h.media.Upload(h.Ctx, h.Member, file, media.Change{})
			} else {
				_, err = h.media.StoreAvatar(h.Ctx, file)
			}
			done <- err
		}()
	}
	reading := 0
	for deadline := time.Now().Add(time.Minute); reading == 0 && time.Now().Before(deadline); {
		time.Sleep(300 * time.Millisecond) // long enough for all to begin if they may
		for i := range all {
			reading += len(began[i])
		}
	}
	if reading == 0 || reading > 2 {
		t.Errorf("%d files are read at once", reading)
	}
	close(open)
	for range all {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
