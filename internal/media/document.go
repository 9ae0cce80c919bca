package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/vorbild/vorbild/internal/fault"
)

// MaxDocument is how many bytes of a document or image that belongs to a practice are taken, as it is sent.
const MaxDocument = 10 << 20

// guarded is how stored files end that only those read who may see what they belong to: none of them is served by its name.
const guarded = ".anlage"

// DocumentTypes are what StoreDocument takes besides images, by the ending of their names.
var DocumentTypes = map[string]string{
	".pdf":  "application/pdf",
	".odt":  "application/vnd.oasis.opendocument.text",
	".ods":  "application/vnd.oasis.opendocument.spreadsheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Document is a stored file that belongs to a practice.
type Document struct {
	File        string // for OpenDocument
	PreviewFile string // of an image, "" for all else
	ContentType string
	Extension   string // that names of such files have
	Size        int64  // bytes
	Width       int    // of an image
	Height      int
}

// StoreDocument keeps a document or an image. What it is, is told by its content and by nothing else; it is written anew
// without what it says of people, devices and places, and refused when it could do something by itself: run macros or scripts,
// open programs, or load from elsewhere. Errors: fault.Invalid for the field "file", fault.TooLarge.
func (s *Service) StoreDocument(ctx context.Context, file io.Reader) (Document, error) {
	release, err := s.turn(ctx)
	if err != nil {
		return Document{}, err
	}
	defer release()
	raw, err := io.ReadAll(io.LimitReader(file, MaxDocument+1))
	switch {
	case err != nil:
		return Document{}, fmt.Errorf("media.StoreDocument: %w", err)
	case len(raw) == 0:
		return Document{}, invalid("file", "error.media.missing", nil)
	case len(raw) > MaxDocument:
		return Document{}, fault.New(fault.TooLarge, "error.document.too_large")
	}
	if slices.Contains(ContentTypes, http.DetectContentType(raw)) {
		return s.storeImage(raw)
	}
	clean, extension, err := cleanDocument(raw)
	if err != nil {
		return Document{}, err
	}
	d := Document{ContentType: DocumentTypes[extension], Extension: extension, Size: int64(len(clean))}
	d.File, err = s.store(clean, guarded)
	return d, err
}

// storeImage keeps an image that belongs to a practice, and its preview.
func (s *Service) storeImage(raw []byte) (d Document, err error) {
	img, format, err := decode(raw)
	if err != nil {
		return d, err
	}
	img = upright(fit(img, maxStored), readHead(format, raw).orientation)
	whole, err := encode(img, format)
	if err != nil {
		return d, err
	}
	small, err := encode(within(img, previewSide), format)
	if err != nil {
		return d, err
	}
	d = Document{ContentType: TypeOf(whole.ext), Extension: whole.ext, Size: int64(len(whole.content)), Width: whole.width, Height: whole.height}
	if d.File, err = s.store(whole.content, guarded); err != nil {
		return d, err
	}
	if d.PreviewFile, err = s.store(small.content, guarded); err != nil {
		return d, errors.Join(err, s.RemoveFiles([]string{d.File}))
	}
	return d, nil
}

// OpenDocument returns a file that StoreDocument kept; the caller closes it, and has asked who may read it.
func (s *Service) OpenDocument(name string) (*os.File, error) {
	if !fileName.MatchString(name) {
		return nil, errNotFound()
	}
	f, err := os.Open(s.path(name))
	if os.IsNotExist(err) {
		return nil, errNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("media.OpenDocument: %w", err)
	}
	return f, nil
}

// cleanDocument writes a document anew and returns how files of its type end.
func cleanDocument(raw []byte) (clean []byte, extension string, err error) {
	switch {
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		clean, err = cleanPDF(raw)
		return clean, ".pdf", err
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return cleanOffice(raw, 0)
	case bytes.HasPrefix(raw, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		// The container of old Office files is also that of new ones behind a password.
		return nil, "", refused("old_office")
	}
	return nil, "", refused("type")
}

// refused says why a document is not taken.
func refused(reason string) error { return invalid("file", "error.document."+reason, nil) }

// unreadable is refused for what cannot be read, with its cause for the log.
func unreadable(cause error) error {
	return &fault.Error{Kind: fault.Invalid, Message: "error.invalid", Err: cause, Fields: []fault.Field{{Name: "file", Message: "error.document.unreadable"}}}
}
