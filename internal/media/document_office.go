package media

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// Limits of what an office document may become when it is unpacked. Each is far beyond what people write.
const (
	maxZipEntries  = 3_000
	maxZipEntry    = 64 << 20  // bytes of one part, unpacked
	maxZipUnpacked = 160 << 20 // bytes of all parts, unpacked
	maxNested      = 1         // documents in documents: the numbers behind a chart
)

var errZip = errors.New("no office document")

// office is a document that is being written anew.
type office struct {
	parts     []*zip.File
	extension string
	left      int64 // bytes that may still be unpacked
	nested    int
}

// cleanOffice writes an OpenDocument or Office Open XML file anew, and tells its type by its content.
func cleanOffice(raw []byte, nested int) (clean []byte, extension string, err error) {
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, "", unreadable(err)
	}
	d := office{parts: r.File, left: maxZipUnpacked, nested: nested}
	if err := d.checkParts(); err != nil {
		return nil, "", err
	}
	if err := d.recognize(); err != nil {
		return nil, "", err
	}
	if clean, err = d.write(); err != nil {
		return nil, "", err
	}
	return clean, d.extension, nil
}

// checkParts looks at the list of parts before anything is unpacked.
func (d *office) checkParts() error {
	if len(d.parts) > maxZipEntries {
		return refused("too_large_unpacked")
	}
	known := map[string]bool{}
	for _, part := range d.parts {
		name := part.Name
		if known[strings.ToLower(name)] || strings.ContainsAny(name, "\\\x00:") || path.IsAbs(name) || path.Clean("/"+name) != "/"+strings.TrimSuffix(name, "/") {
			return unreadable(errZip) // no program writes that
		}
		known[strings.ToLower(name)] = true
		if part.Mode()&0o170000 != 0 && !part.Mode().IsRegular() && !part.Mode().IsDir() {
			return unreadable(errZip)
		}
		if part.Flags&1 != 0 {
			return refused("encrypted")
		}
		if part.UncompressedSize64 > maxZipEntry {
			return refused("too_large_unpacked")
		}
		if reason := forbiddenPart(strings.ToLower(name)); reason != "" {
			return refused(reason)
		}
	}
	return nil
}

// forbiddenPart says why a document with a part of that name is not taken.
func forbiddenPart(name string) string {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "vba"), strings.HasSuffix(base, ".bin") && !strings.Contains(name, "printersettings"),
		strings.HasPrefix(name, "basic/"), strings.HasPrefix(name, "scripts/"), strings.Contains(name, "/basic/"), strings.Contains(name, "/scripts/"),
		strings.Contains(name, "activex/"), strings.Contains(name, "macrosheets/"), strings.Contains(name, "customui/"):
		return "macros"
	case base == "connections.xml", strings.Contains(name, "webextensions/"):
		return "external"
	}
	return ""
}

// recognize finds out what the document is.
func (d *office) recognize() error {
	if d.has("[Content_Types].xml") {
		types, err := d.readNamed("[Content_Types].xml")
		if err != nil {
			return err
		}
		return d.recognizeOpenXML(types)
	}
	// OpenDocument 1.3, part 2, 3.3: the first part names the type, as it is.
	if len(d.parts) == 0 || d.parts[0].Name != "mimetype" || d.parts[0].Method != zip.Store {
		return refused("type")
	}
	kind, err := d.read(d.parts[0])
	if err != nil {
		return err
	}
	for extension, contentType := range DocumentTypes {
		if string(kind) == contentType && strings.HasPrefix(extension, ".od") && d.has("content.xml") {
			d.extension = extension
		}
	}
	manifest, err := d.readNamed("META-INF/manifest.xml")
	switch {
	case d.extension == "":
		return refused("type")
	case err != nil:
		return err
	case bytes.Contains(manifest, []byte("encryption-data")):
		return refused("encrypted")
	}
	return nil
}

// recognizeOpenXML reads the list of types (ECMA-376, part 2, 7.2.3): the one of the main part says what it is.
func (d *office) recognizeOpenXML(list []byte) error {
	var types struct {
		Overrides []struct {
			Type string `xml:"ContentType,attr"`
		} `xml:"Override"`
		Defaults []struct {
			Type string `xml:"ContentType,attr"`
		} `xml:"Default"`
	}
	if err := xml.Unmarshal(list, &types); err != nil {
		return unreadable(err)
	}
	for _, entry := range append(types.Overrides, types.Defaults...) {
		kind, main := strings.CutSuffix(entry.Type, ".main+xml")
		if strings.Contains(strings.ToLower(entry.Type), "macroenabled") || strings.Contains(strings.ToLower(entry.Type), "vba") {
			return refused("macros")
		}
		for extension, contentType := range DocumentTypes {
			if main && kind == contentType {
				d.extension = extension
			}
		}
	}
	if d.extension == "" {
		return refused("type")
	}
	return nil
}

func (d *office) has(name string) bool {
	return slices.ContainsFunc(d.parts, func(part *zip.File) bool { return part.Name == name })
}

func (d *office) readNamed(name string) ([]byte, error) {
	i := slices.IndexFunc(d.parts, func(part *zip.File) bool { return part.Name == name })
	if i < 0 {
		return nil, unreadable(errZip)
	}
	return d.read(d.parts[i])
}

// read unpacks a part. What the list of parts says of its size is not believed.
func (d *office) read(part *zip.File) ([]byte, error) {
	r, err := part.Open()
	if err != nil {
		return nil, unreadable(err)
	}
	defer r.Close() //nolint:errcheck // only read
	limit := min(d.left, maxZipEntry)
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(content)) > limit {
		return nil, refused("too_large_unpacked")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	d.left -= int64(len(content))
	return content, nil
}

// write makes the file anew: the parts in their order, without comments, times and extra fields.
func (d *office) write() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.DefaultCompression) })
	for _, part := range d.parts {
		if strings.HasSuffix(part.Name, "/") {
			continue
		}
		content, err := d.read(part)
		if err != nil {
			return nil, err
		}
		if content, err = d.clean(part.Name, content); err != nil {
			return nil, err
		}
		method := zip.Deflate
		if part.Name == "mimetype" {
			method = zip.Store
		}
		to, err := w.CreateHeader(&zip.FileHeader{Name: part.Name, Method: method})
		if err != nil {
			return nil, unreadable(err)
		}
		if _, err := to.Write(content); err != nil {
			return nil, unreadable(err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, unreadable(err)
	}
	return b.Bytes(), nil
}
