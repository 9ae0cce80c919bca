package media_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/media"
)

// What belongs to a practice or a publication stays, however old it is; what nothing names goes.
func TestSweepKeepsWhatIsNamed(t *testing.T) {
	h := newHouse(t)
	store := func() media.Document {
		t.Helper()
		d, err := h.media.StoreDocument(h.Ctx, bytes.NewReader(encodePNG(t, quarters(10, 10))))
		h.Must(err)
		return d
	}
	want := map[string]bool{}
	for _, insert := range []string{
		`INSERT INTO practice_files (id, name, content_type, size, key, file, preview_file) VALUES (1, 'a.png', 'image/png', 1, 'k', $1, $2)`,
		`INSERT INTO publication_files (id, name, content_type, size, file, preview_file) VALUES (1, 'a.png', 'image/png', 1, $1, $2)`,
	} {
		d := store()
		_, err := h.DB.ExecContext(h.Ctx, insert, d.File, d.PreviewFile)
		h.Must(err)
		want[d.File], want[d.PreviewFile] = true, true
	}
	store() // nothing names it
	old := time.Now().Add(-25 * time.Hour)
	h.Must(filepath.WalkDir(h.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			err = os.Chtimes(path, old, old)
		}
		return err
	}))
	h.Must(h.media.Sweep(h.Ctx))
	if diff := cmp.Diff(want, h.files()); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}
