package publication

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of the files of a document.
const (
	MaxFiles         = 10
	maxWaitingFiles  = 20 // of one person, that no text names: who only sends files fills the disk
	keepWaitingFiles = 24 * time.Hour
)

// filesPath is where files are read.
const filesPath = "/handreichungen/dateien/"

// Stored is a file that belongs to documents of ours.
type Stored struct {
	ID          int64     `db:"id"`
	AccountID   *int64    `db:"account_id"` // who sent it
	DraftID     *int64    `db:"draft_id"`   // of the document in work that names it
	PostID      *int64    `db:"post_id"`    // of the document that published it
	Revision    *int      `db:"revision"`   // of the first version that listed it; nil while none did
	Name        string    `db:"name"`       // for those who save it
	ContentType string    `db:"content_type"`
	File        string    `db:"file"` // of package media
	PreviewFile string    `db:"preview_file"`
	Size        int64     `db:"size"` // bytes
	CreatedAt   time.Time `db:"created_at"`
}

// FileRef names a file in a text, with what it is called there.
type FileRef struct {
	ID   int64  `json:"id,string"`
	Name string `json:"name"`
}

// Path is where the file is read, whatever document and version it belongs to.
func (f Stored) Path() string {
	return filesPath + strconv.FormatInt(f.ID, 10) + "/" + url.PathEscape(f.Name)
}

// Label is what a link to the file is called.
func (f File) Label() string {
	if f.Name != "" {
		return f.Name
	}
	return path.Base(f.URL)
}

// AddFile keeps a file for a text that is to name it. It waits for a day. keep stores its content and says what it is. Editors.
// Errors: fault.Forbidden, fault.Invalid for the field "file", those of keep.
func (s *Service) AddFile(ctx context.Context, actor account.Account, keep func() (Stored, error)) (Stored, error) {
	if err := ours(actor); err != nil {
		return Stored{}, err
	}
	if n, err := waitingFiles(ctx, s.db, actor.ID); err != nil {
		return Stored{}, fmt.Errorf("publication.AddFile: %w", err)
	} else if n >= maxWaitingFiles {
		return Stored{}, fault.Fields(fault.Field{Name: "file", Message: "error.practice.files_waiting", Args: map[string]any{"Max": maxWaitingFiles}})
	}
	f, err := keep()
	if err != nil {
		return f, err
	}
	f.AccountID, f.CreatedAt = &actor.ID, time.Now().UTC().Truncate(time.Millisecond)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		for inserted := false; !inserted; {
			f.ID = db.NewID(f.CreatedAt)
			if inserted, err = insertFile(ctx, tx, f); err != nil {
				return fmt.Errorf("publication.AddFile: %w", err)
			}
		}
		return nil
	})
	return f, err
}

// FilesOf returns the files that a text names, in its order, as far as an editor may name them there. workID 0: a new one.
func (s *Service) FilesOf(ctx context.Context, actor account.Account, workID int64, refs []FileRef) ([]Stored, error) {
	if err := ours(actor); err != nil {
		return nil, err
	}
	w := Work{}
	if workID != 0 {
		var err error
		if w, err = s.WorkByID(ctx, actor, workID); err != nil {
			return nil, err
		}
	}
	known, err := filesToName(ctx, s.db, actor.ID, w.ID, w.PostID, idsOf(refs))
	if err != nil {
		return nil, fmt.Errorf("publication.FilesOf %d: %w", workID, err)
	}
	var list []Stored
	for _, ref := range refs {
		if i := slices.IndexFunc(known, func(f Stored) bool { return f.ID == ref.ID }); i >= 0 {
			list = append(list, known[i])
		}
	}
	return list, nil
}

// FileFor returns a file for who may read it: what any version of a published document listed everyone who may see the document,
// what is in work editors. open reports whether everyone may. fault.NotFound for all else.
func (s *Service) FileFor(ctx context.Context, viewer post.Viewer, actor *account.Account, id int64) (f Stored, open bool, err error) {
	f, err = fileByID(ctx, s.db, id)
	if db.IsNotFound(err) {
		return Stored{}, false, errNotFound()
	}
	if err != nil {
		return Stored{}, false, fmt.Errorf("publication.FileFor %d: %w", id, err)
	}
	if f.Revision != nil && f.PostID != nil {
		if _, err := s.posts.ByID(ctx, viewer, *f.PostID); err == nil {
			return f, true, nil
		} else if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
			return Stored{}, false, err
		}
	}
	if actor != nil && ours(*actor) == nil && (f.DraftID != nil || f.PostID != nil) {
		return f, false, nil
	}
	return Stored{}, false, errNotFound()
}

// errFileUnknown is for files that are gone, and for those of others.
func errFileUnknown() error {
	return fault.Fields(fault.Field{Name: "files", Message: "error.practice.file_unknown"})
}

// claimFiles hangs the files that a text names on it.
func claimFiles(ctx context.Context, tx *sqlx.Tx, actor account.Account, w Work) error {
	ids := idsOf(w.Text.Files)
	if len(ids) == 0 {
		return nil
	}
	known, err := filesToName(ctx, tx, actor.ID, w.ID, w.PostID, ids)
	if err != nil {
		return fmt.Errorf("publication %d: files: %w", w.ID, err)
	}
	if len(known) != len(ids) {
		return errFileUnknown()
	}
	if err := hangFiles(ctx, tx, w.ID, ids); err != nil {
		return fmt.Errorf("publication %d: files: %w", w.ID, err)
	}
	return nil
}

func idsOf(refs []FileRef) []int64 {
	ids := make([]int64, len(refs))
	for i, ref := range refs {
		ids[i] = ref.ID
	}
	return ids
}

// refsOf are the files of a published version as a text names them.
func (s *Service) refsOf(files []File, stored []Stored) []FileRef {
	var refs []FileRef
	for _, f := range files {
		at := slices.IndexFunc(stored, func(have Stored) bool { return strings.TrimPrefix(f.URL, s.baseURL) == have.Path() })
		if at >= 0 {
			refs = append(refs, FileRef{ID: stored[at].ID, Name: f.Name})
		}
	}
	return refs
}

func (s *Service) discardFiles(ctx context.Context, tx *sqlx.Tx, names []string) error {
	if len(names) == 0 {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.RemoveFiles{Files: names})
}

// Sweep removes files that neither a published version nor a text in work has named for a day.
func (s *Service) Sweep(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		names, err := deleteForgottenFiles(ctx, tx, time.Now().Add(-keepWaitingFiles))
		if err != nil {
			return fmt.Errorf("publication.Sweep: %w", err)
		}
		return s.discardFiles(ctx, tx, names)
	})
}
