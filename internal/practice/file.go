package practice

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of what hangs on a practice.
const (
	MaxFiles         = 10
	MaxFileBytes     = 50 << 20 // of all files of a practice together
	MaxDescription   = 1_500    // characters of what is said of a file
	maxWaitingFiles  = 20       // of one person, that no text names: who only sends files fills the disk
	keepWaitingFiles = 24 * time.Hour
)

// File is a document or image that belongs to a practice: a blueprint that others take over.
type File struct {
	ID          int64     `db:"id"`
	AccountID   *int64    `db:"account_id"` // who sent it, nil when their account is gone
	PostID      *int64    `db:"post_id"`    // nil until a text names it
	Position    *int      `db:"position"`   // in the published version, nil when it does not list it
	Description string    `db:"description"`
	Name        string    `db:"name"` // for those who save it
	ContentType string    `db:"content_type"`
	File        string    `db:"file"` // of package media
	PreviewFile string    `db:"preview_file"`
	Key         string    `db:"key"`
	Size        int64     `db:"size"` // bytes
	Width       int       `db:"width"`
	Height      int       `db:"height"`
	CreatedAt   time.Time `db:"created_at"`
}

// FileRef names a file in a draft, with what is said of it: the title of a document, or what an image shows.
type FileRef struct {
	ID          int64  `json:"id,string"`
	Description string `json:"description"`
}

// Image reports whether it can be looked at on a page.
func (f File) Image() bool { return strings.HasPrefix(f.ContentType, "image/") }

// FileKey is the parameter of an address of a file that holds its key.
const FileKey = "schluessel"

// Path is where a file is read that hangs on the practice with that id.
func (f File) Path(postID int64) string {
	return fmt.Sprintf("/praxisbeispiele/%d/anlagen/%d/%s", postID, f.ID, url.PathEscape(f.Name))
}

// PreviewName stands in the place of the name of an image in the address of its preview.
const PreviewName = "vorschau"

// PreviewPath is where the preview of an image is read.
func (f File) PreviewPath(postID int64) string {
	return fmt.Sprintf("/praxisbeispiele/%d/anlagen/%d/%s", postID, f.ID, PreviewName)
}

// errFileUnknown is for files that are gone, and for those of others.
func errFileUnknown() error {
	return fault.Fields(fault.Field{Name: "files", Message: "error.practice.file_unknown"})
}

// AddFile keeps a file for a text that is to name it. It waits for a day. keep stores its content, called name by who sent it.
// Errors: fault.Forbidden, fault.Invalid for the field "file", those of keep.
func (s *Service) AddFile(ctx context.Context, actor account.Account, name string, keep func() (File, error)) (File, error) {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return File{}, errForbidden()
	}
	if n, err := waitingFiles(ctx, s.db, actor.ID); err != nil {
		return File{}, fmt.Errorf("practice.AddFile: %w", err)
	} else if n >= maxWaitingFiles {
		return File{}, fault.Fields(fault.Field{Name: "file", Message: "error.practice.files_waiting", Args: map[string]any{"Max": maxWaitingFiles}})
	}
	f, err := keep()
	if err != nil {
		return f, err
	}
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	f.AccountID, f.Key, f.Name = &actor.ID, hex.EncodeToString(random), markup.FileName(name, f.Name, "anlage")
	f.CreatedAt = time.Now().UTC().Truncate(time.Millisecond)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		for inserted := false; !inserted; {
			f.ID = db.NewID(f.CreatedAt)
			if inserted, err = insertFile(ctx, tx, f); err != nil {
				return fmt.Errorf("practice.AddFile: %w", err)
			}
		}
		return nil
	})
	return f, err
}

// FilesOf returns those of the files that the actor may name in the text with that id, 0 for a new one, in the order of refs.
func (s *Service) FilesOf(ctx context.Context, actor account.Account, id int64, refs []FileRef) ([]File, error) {
	known, err := filesToName(ctx, s.db, actor.ID, []int64{id}, idsOf(refs))
	if err != nil {
		return nil, fmt.Errorf("practice.FilesOf %d: %w", id, err)
	}
	var list []File
	for _, ref := range refs {
		if i := slices.IndexFunc(known, func(f File) bool { return f.ID == ref.ID }); i >= 0 {
			list = append(list, known[i])
		}
	}
	return list, nil
}

// FileFor returns a file of a practice for who may read it: what is published whoever may see the practice, or knows the key that
// was sent with it; what is in work those who work on it. fault.NotFound for all else.
func (s *Service) FileFor(ctx context.Context, viewer post.Viewer, actor *account.Account, id, fileID int64, key string) (File, post.Post, error) {
	f, err := fileByID(ctx, s.db, fileID)
	if db.IsNotFound(err) || err == nil && (f.PostID == nil || *f.PostID != id) {
		return File{}, post.Post{}, errNotFound()
	}
	if err != nil {
		return File{}, post.Post{}, fmt.Errorf("practice.FileFor %d: %w", fileID, err)
	}
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return File{}, p, asPractice(err)
	}
	if actor != nil && p.State != post.StateWithdrawn && s.checkMine(ctx, *actor, p) == nil {
		return f, p, nil
	}
	if f.Position == nil || p.State != post.StatePublished {
		return File{}, p, errNotFound()
	}
	if p.Visibility == post.Network && len(key) == len(f.Key) && subtle.ConstantTimeCompare([]byte(key), []byte(f.Key)) == 1 {
		viewer = post.Viewer{AccountID: p.AccountID} // who got the practice sees what its author sees, which is nothing once it is hidden
	}
	if _, err := s.posts.ByID(ctx, viewer, id); err != nil {
		return File{}, p, asPractice(err)
	}
	return f, p, nil
}

func idsOf(refs []FileRef) []int64 {
	ids := make([]int64, len(refs))
	for i, ref := range refs {
		ids[i] = ref.ID
	}
	return ids
}

// fileLengths is what a draft must pass about its files.
func (m *mistakes) fileLengths(d Draft) {
	if len(d.Files) > MaxFiles {
		m.add("files", "error.practice.files_too_many", "Max", MaxFiles)
		return
	}
	for i, f := range d.Files {
		m.length(fmt.Sprintf("files.%d.description", i), f.Description, MaxDescription)
	}
}

// files is what a published practice must pass: who does not see an image, or wonders whether to load a document, reads what it is.
func (m *mistakes) files(d Draft) {
	for i, f := range d.Files {
		if f.Description == "" {
			m.add(fmt.Sprintf("files.%d.description", i), "error.practice.file_description")
		}
	}
}

func tidyFiles(refs []FileRef) []FileRef {
	var list []FileRef
	for _, ref := range refs {
		ref.Description = strings.TrimSpace(markup.Block(ref.Description))
		if !slices.ContainsFunc(list, func(have FileRef) bool { return have.ID == ref.ID }) {
			list = append(list, ref)
		}
	}
	return list
}

// claimFiles hangs the files that a text names on its post. drafts are the posts that they may hang on already.
func claimFiles(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64, drafts []int64, refs []FileRef) error {
	if len(refs) == 0 {
		return nil
	}
	known, err := filesToName(ctx, tx, actor.ID, append(slices.Clone(drafts), id), idsOf(refs))
	if err != nil {
		return fmt.Errorf("practice %d: files: %w", id, err)
	}
	var size int64
	for _, f := range known {
		size += f.Size
	}
	switch {
	case len(known) != len(refs):
		return errFileUnknown()
	case size > MaxFileBytes:
		return fault.Fields(fault.Field{Name: "files", Message: "error.practice.files_too_large", Args: map[string]any{"Max": MaxFileBytes >> 20}})
	}
	if err := hangFiles(ctx, tx, id, idsOf(refs)); err != nil {
		return fmt.Errorf("practice %d: files: %w", id, err)
	}
	return nil
}

// publishFiles makes the files that a text names those of the published version, and no others.
func publishFiles(ctx context.Context, tx *sqlx.Tx, actor account.Account, draftID, id int64, refs []FileRef) error {
	if err := claimFiles(ctx, tx, actor, id, []int64{draftID}, refs); err != nil {
		return err
	}
	if err := listFiles(ctx, tx, id, refs); err != nil {
		return fmt.Errorf("practice %d: files: %w", id, err)
	}
	return nil
}

// refsOf are the files of a published practice as a draft names them.
func refsOf(files []File) []FileRef {
	var refs []FileRef
	for _, f := range files {
		refs = append(refs, FileRef{ID: f.ID, Description: f.Description})
	}
	return refs
}

// filesFrom is what a draft or a version says of files.
func filesFrom(refs []FileRef) []File {
	var files []File
	for _, ref := range refs {
		files = append(files, File{ID: ref.ID, Description: ref.Description})
	}
	return files
}

// eraseFiles takes the files of a practice that was withdrawn.
func (s *Service) eraseFiles(ctx context.Context, tx *sqlx.Tx, id int64) error {
	names, err := deleteFiles(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("practice %d: files: %w", id, err)
	}
	return s.discardFiles(ctx, tx, names)
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
			return fmt.Errorf("practice.Sweep: %w", err)
		}
		return s.discardFiles(ctx, tx, names)
	})
}
