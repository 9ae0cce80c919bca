package export

import (
	"archive/zip"
	"bytes"
	"fmt"
)

// part is one file within a document that is a packed folder.
type part struct{ name, content string }

// pack writes such a document. Its media type stands first and uncompressed (EPUB OCF 4.3, ODF 1.3 part 2, 3.3), so that programs
// know the file by its first bytes.
func pack(mediaType string, parts []part) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	f, err := z.CreateHeader(&zip.FileHeader{Name: "mimetype", Method: zip.Store})
	if err == nil {
		_, err = f.Write([]byte(mediaType))
	}
	for _, p := range parts {
		if err != nil {
			break
		}
		if f, err = z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate}); err == nil {
			_, err = f.Write([]byte(p.content))
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("export: %s: %w", mediaType, err)
	}
	return buf.Bytes(), nil
}
