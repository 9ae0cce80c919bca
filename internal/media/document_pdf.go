package media

import (
	"bytes"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Limits of what a PDF may become in memory.
const (
	maxPDFObjects = 200_000
	maxPDFStream  = 64 << 20 // bytes of one stream that is unpacked to be read: lists of objects, never pages or pictures
	maxPDFDepth   = 60
)

// What a PDF that only wants to be read has no need of: names of entries of its dictionaries, and of actions (ISO 32000-2, 12.6).
var (
	activeEntries = []string{"JS", "JavaScript", "AA", "EmbeddedFiles", "EF", "RichMediaContent", "XFA", "Rendition"}
	activeActions = []string{"JavaScript", "Launch", "ImportData", "SubmitForm", "Rendition", "RichMediaExecute", "GoToE", "Movie", "Sound"}
)

// personalEntries tell of people, programs and times: XMP, and what editors keep for themselves.
var personalEntries = []string{"Metadata", "PieceInfo", "LastModified"}

// cleanPDF writes a PDF anew, with only what belongs to its pages.
func cleanPDF(raw []byte) ([]byte, error) {
	ctx, err := readPDF(raw)
	switch {
	case ctx != nil && ctx.Encrypt != nil, bytes.Contains(raw, []byte("/Encrypt")) && err != nil:
		return nil, refused("encrypted")
	case err != nil:
		return nil, unreadable(err)
	}
	w := pdfWalk{ctx: ctx}
	numbers := make([]int, 0, len(ctx.Table))
	for number := range ctx.Table {
		numbers = append(numbers, number)
	}
	for _, number := range numbers {
		if entry := ctx.Table[number]; entry == nil || entry.Free {
			continue
		}
		object, err := ctx.Dereference(*types.NewIndirectRef(number, 0))
		if err != nil {
			return nil, unreadable(err)
		}
		w.look(object, 0)
	}
	if w.refused != "" {
		return nil, refused(w.refused)
	}
	ctx.Info = nil
	var clean bytes.Buffer
	if err := writePDF(ctx, &clean); err != nil {
		return nil, unreadable(err)
	}
	return clean.Bytes(), nil
}

func readPDF(raw []byte) (*model.Context, error) {
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration()
	conf.Offline, conf.Optimize = true, false
	conf.Limits.MaxStreamBytes, conf.Limits.MaxDecodeBytes = MaxDocument, maxPDFStream
	conf.Limits.MaxObjectCount, conf.Limits.MaxXRefEntries, conf.Limits.MaxObjectStreamCount = maxPDFObjects, maxPDFObjects, maxPDFObjects
	conf.Limits.MaxRecursionDepth = maxPDFDepth
	return api.ReadContext(bytes.NewReader(raw), conf)
}

func writePDF(ctx *model.Context, into *bytes.Buffer) error { return api.WriteContext(ctx, into) }

// pdfWalk looks at every object of a PDF: it finds what could do something, and takes away what tells of people.
type pdfWalk struct {
	ctx     *model.Context
	refused string // why, "" for nothing
}

func (w *pdfWalk) look(object types.Object, depth int) {
	if depth > maxPDFDepth {
		w.refused = "unreadable"
		return
	}
	switch o := object.(type) {
	case types.Dict:
		w.lookAt(o, depth)
	case types.StreamDict:
		w.lookAt(o.Dict, depth)
	case *types.StreamDict:
		w.lookAt(o.Dict, depth)
	case types.ObjectStreamDict:
		w.lookAt(o.Dict, depth)
	case types.Array:
		for _, entry := range o {
			w.look(entry, depth+1)
		}
	}
}

func (w *pdfWalk) lookAt(d types.Dict, depth int) {
	for _, key := range personalEntries {
		d.Delete(key)
	}
	for key, value := range d {
		if slices.Contains(activeEntries, key) {
			w.refused = "active"
			return
		}
		if name, ok := value.(types.Name); ok && key == "S" && slices.Contains(activeActions, name.Value()) {
			w.refused = "active"
			return
		}
		w.look(value, depth+1)
	}
}
