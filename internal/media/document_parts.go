package media

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
)

// What stands in the place of the parts that tell of people, programs and times.
var emptyParts = map[string]string{
	"docprops/core.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>`,
	"docprops/app.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>`,
	"docprops/custom.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>`,
	"meta.xml": `<?xml version="1.0" encoding="UTF-8"?>
<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3"><office:meta/></office:document-meta>`,
}

// clean returns a part of an office document as it is stored, or why the document is not taken.
func (d *office) clean(name string, content []byte) ([]byte, error) {
	lower := strings.ToLower(name)
	if empty, ok := emptyParts[lower]; ok {
		return []byte(empty), nil
	}
	switch base, ext := path.Base(lower), path.Ext(lower); {
	case base == "meta.xml": // of a chart
		return []byte(emptyParts["meta.xml"]), nil
	case ext == ".rels":
		return content, checkRelations(content)
	case ext == ".jpg" || ext == ".jpeg" || bytes.HasPrefix(content, []byte("\xFF\xD8\xFF")):
		return strippedJPEG(content), nil
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		if d.nested >= maxNested {
			return nil, refused("embedded")
		}
		inner, _, err := cleanOffice(content, d.nested+1)
		if err != nil {
			return nil, refused("embedded")
		}
		return inner, nil
	case bytes.HasPrefix(content, []byte("\xD0\xCF\x11\xE0")), bytes.HasPrefix(content, []byte("%PDF-")), bytes.HasPrefix(content, []byte("MZ")):
		return nil, refused("embedded")
	case ext == ".xml" && strings.HasPrefix(d.extension, ".od"):
		return content, checkOpenDocument(content)
	case !strings.HasPrefix(d.extension, ".od"):
		if plain, ok := asXML(content); ok {
			return content, checkOpenXML(plain)
		}
	}
	return content, nil
}

// checkRelations lets a part of an Office Open XML document lead elsewhere only by links that people click on.
func checkRelations(content []byte) error {
	var list struct {
		Relations []struct {
			Type string `xml:"Type,attr"`
			Mode string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if err := xml.Unmarshal(content, &list); err != nil {
		return unreadable(err)
	}
	for _, r := range list.Relations {
		if strings.EqualFold(strings.TrimSpace(r.Mode), "External") && path.Base(r.Type) != "hyperlink" {
			return refused("external")
		}
	}
	return nil
}

// Namespaces of OpenDocument 1.3, part 3.
const (
	officeSpace = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
	scriptSpace = "urn:oasis:names:tc:opendocument:xmlns:script:1.0"
	xlinkSpace  = "http://www.w3.org/1999/xlink"
)

// checkOpenDocument lets nothing in a part of an OpenDocument file call a macro, or load from elsewhere by itself.
func checkOpenDocument(content []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
			continue
		case start.Name.Space == scriptSpace, start.Name.Space == officeSpace && start.Name.Local == "script":
			return refused("macros")
		case start.Name.Local == "dde-source", start.Name.Local != "a" && loadsElsewhere(start.Attr), asksElsewhere(start.Attr):
			return refused("external")
		}
	}
}

// asksElsewhere reports whether a cell calculates with what other programs or servers say.
func asksElsewhere(attributes []xml.Attr) bool {
	return slices.ContainsFunc(attributes, func(a xml.Attr) bool {
		return a.Name.Local == "formula" && asking.MatchString(a.Value)
	})
}

// loadsElsewhere reports whether an element that is no link for people names something outside of the document.
func loadsElsewhere(attributes []xml.Attr) bool {
	for _, a := range attributes {
		if a.Name.Space != xlinkSpace || a.Name.Local != "href" {
			continue
		}
		value, err := url.PathUnescape(strings.TrimSpace(a.Value))
		if err != nil {
			value = a.Value
		}
		scheme, _, ok := strings.Cut(value, ":")
		if ok && !strings.ContainsAny(scheme, "/.#") || strings.HasPrefix(value, "/") || strings.Contains(value, `\`) || strings.HasPrefix(path.Clean(value), "..") {
			return true
		}
	}
	return false
}

// strippedJPEG leaves out what cameras and programs write beside a picture: where and when, by whom and with what
// (EXIF, XMP, IPTC, comments). The picture itself is not touched. What is no JPEG stays as it is.
func strippedJPEG(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("\xFF\xD8")) {
		return raw
	}
	out := append(make([]byte, 0, len(raw)), raw[:2]...)
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF; {
		marker := raw[at+1]
		if marker == 0xFF { // a fill byte
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == 0xDA || size < 2 || at+2+size > len(raw) {
			return append(out, raw[at:]...)
		}
		const exif, iptc, comment = 0xE1, 0xED, 0xFE
		if marker != exif && marker != iptc && marker != comment {
			out = append(out, raw[at:at+2+size]...)
		}
		at += 2 + size
	}
	return raw
}
