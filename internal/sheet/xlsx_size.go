package sheet

import (
	"archive/zip"
	"bytes"
	"io"
)

// What the parts of a workbook may hold. An element of four bytes takes some hundred in memory once it is read.
const (
	maxTags      = 2_500_000    // in a part
	maxAllCells  = 2 * maxCells // in a part, with those that hold nothing
	maxXLSXParts = 1_000
)

// fits refuses a workbook that would fill the memory, before it is read.
func fits(data []byte) error {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(r.File) > maxXLSXParts {
		return errNoTable()
	}
	left := int64(maxUnzipped)
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			return errNoTable()
		}
		content, err := io.ReadAll(io.LimitReader(part, left+1))
		_ = part.Close() // only read
		switch left -= int64(len(content)); {
		case left < 0:
			return mistake("error.sheet.large", map[string]any{"Max": MaxSize >> 20})
		case err != nil:
			return errNoTable()
		}
		if tags, cells := elements(content); tags > maxTags || cells > maxAllCells {
			return errTooMuch()
		}
	}
	return nil
}

// elements counts the tags of a part, and the cells among them.
func elements(content []byte) (tags, cells int) {
	for {
		at := bytes.IndexByte(content, '<')
		if at < 0 {
			return tags, cells
		}
		content = content[at+1:]
		tags++
		name := content
		if end := bytes.IndexAny(content[:min(len(content), 64)], " \t\r\n/>"); end >= 0 {
			name = content[:end]
		}
		if colon := bytes.IndexByte(name, ':'); colon >= 0 {
			name = name[colon+1:]
		}
		if string(name) == "c" {
			cells++
		}
	}
}
