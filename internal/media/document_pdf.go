package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Limits of what a PDF may become in memory.
const (
	maxPDFObjects = 200_000
	maxPDFStream  = 8 << 20  // bytes of one stream that is unpacked to be read: lists of objects, never pages or pictures
	maxPDFLists   = 32 << 20 // bytes of all lists of objects
	maxPDFDepth   = 60
	maxPDFNext    = 100 // actions that follow one another when a document is opened
	// readPeriod is how long one may take to be read. Those that people write take less than a second.
	readPeriod = 15 * time.Second
)

// What a PDF that only wants to be read has no need of: names of entries of its dictionaries, and of actions (ISO 32000-2, 12.6).
var (
	activeEntries = []string{"JS", "JavaScript", "AA", "EmbeddedFiles", "EF", "RichMediaContent", "XFA", "Rendition"}
	activeActions = []string{"JavaScript", "Launch", "ImportData", "SubmitForm", "Rendition", "RichMediaExecute", "GoToE", "GoToR", "Thread", "Movie", "Sound"}
	// openingActions are those that may happen without a click. An address among them would tell its owner who reads.
	openingActions = []string{"GoTo", "Named"}
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
	if err := listsFit(ctx); err != nil {
		return nil, err
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

func readPDF(raw []byte) (ctx *model.Context, err error) {
	defer func() {
		if v := recover(); v != nil { // the library trusts what it reads here and there
			ctx, err = nil, fmt.Errorf("panic: %v", v)
		}
	}()
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration()
	conf.Offline, conf.Optimize = true, false
	conf.Limits.MaxStreamBytes, conf.Limits.MaxDecodeBytes = MaxDocument, maxPDFStream
	conf.Limits.MaxObjectCount, conf.Limits.MaxXRefEntries, conf.Limits.MaxObjectStreamCount = maxPDFObjects, maxPDFObjects, maxPDFObjects
	conf.Limits.MaxRecursionDepth = maxPDFDepth
	within, cancel := context.WithTimeout(context.Background(), readPeriod)
	defer cancel()
	return pdfcpu.ReadWithContext(within, bytes.NewReader(raw), conf)
}

// listsFit refuses a PDF whose lists of objects would fill the memory: each is kept as soon as one of its objects is looked at, and
// a few kilobytes can hold many megabytes.
func listsFit(ctx *model.Context) error {
	left := int64(maxPDFLists)
	for _, entry := range ctx.Table {
		if entry == nil {
			continue
		}
		list, ok := entry.Object.(types.ObjectStreamDict)
		if !ok {
			continue
		}
		content, err := list.DecodeLengthWithLimit(-1, min(left, maxPDFStream))
		if left -= int64(len(content)); left <= 0 || errors.Is(err, filter.ErrDecodeLimitExceeded) {
			return refused("too_large_unpacked")
		}
		if err != nil {
			return unreadable(err)
		}
	}
	return nil
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
		if key == "OpenAction" && !w.harmless(value, maxPDFNext) {
			w.refused = "active"
			return
		}
		w.look(value, depth+1)
	}
}

// harmless reports whether what happens when a document is opened only turns to a page of it (ISO 32000-2, 12.6.2).
func (w *pdfWalk) harmless(value types.Object, left int) bool {
	action, err := w.ctx.Dereference(value)
	if err != nil || left == 0 {
		return false
	}
	d, ok := action.(types.Dict)
	if !ok {
		return true // a place in the document
	}
	if kind := d.NameEntry("S"); kind == nil || !slices.Contains(openingActions, *kind) {
		return false
	}
	next, ok := d.Find("Next")
	if !ok {
		return true
	}
	if next, err = w.ctx.Dereference(next); err != nil {
		return false
	}
	list, ok := next.(types.Array)
	if !ok {
		list = types.Array{next}
	}
	return !slices.ContainsFunc(list, func(o types.Object) bool { return !w.harmless(o, left-len(list)) })
}
