package vocab

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// attachments are the files of a post. Document is what Mastodon sends for all of them, so everyone reads it.
func (r *Renderer) attachments(list []media.Media) []any {
	out := []any{}
	for _, m := range list {
		if m.File == "" {
			continue
		}
		a := map[string]any{
			"type": "Document", "mediaType": m.ContentType, "url": r.baseURL + media.Path(m.File), "width": m.Width, "height": m.Height,
			"focalPoint": []any{m.FocusX, m.FocusY},
		}
		if m.Description != "" {
			a["name"] = m.Description
		}
		if m.Blurhash != "" {
			a["blurhash"] = m.Blurhash
		}
		out = append(out, a)
	}
	return out
}

// practiceFiles are the documents and images of a practice. Where not everyone may read it, their addresses hold a key: who gets
// the practice gets its files.
func (r *Renderer) practiceFiles(doc PostDoc) []any {
	out := []any{}
	for _, f := range doc.Practice.Files {
		address := r.baseURL + f.Path(doc.Post.ID)
		if !doc.Public() {
			address += "?" + practice.FileKey + "=" + f.Key
		}
		a := map[string]any{"type": "Document", "mediaType": f.ContentType, "url": address, "name": f.Description}
		if f.Image() {
			a["width"], a["height"] = f.Width, f.Height
		}
		out = append(out, a)
	}
	return out
}

// image is the avatar or header of one of our accounts, nil where it has none.
func (r *Renderer) image(file string) any {
	if file == "" {
		return nil
	}
	return map[string]any{"type": "Image", "mediaType": media.TypeOf(file), "url": r.baseURL + media.Path(file)}
}

// maxAttachments bounds how many files of a post of others we list.
const maxAttachments = 16

// Media reads the files of a post that have an address by https, or, from a server that is spoken to by http, by http: its
// attachments, what a Video, Audio or Image is itself, and, where that is no picture, the picture that stands for it.
func (o Object) Media() []media.Received {
	list := o.files(o.terms.list("attachment"))
	if o.Kind() == post.Link {
		if file := o.ownFile(); file != nil && len(list) < maxAttachments {
			list = append(list, *file)
		}
	}
	pictured := slices.ContainsFunc(list, func(r media.Received) bool { return r.Kind == media.Image })
	if pictured || o.Kind() == post.Note || o.Kind() == post.Question || len(list) == maxAttachments {
		return list
	}
	for _, key := range []string{"image", "icon"} {
		if picture := largest(o.files(o.terms.list(key))); picture != nil {
			return append(list, *picture)
		}
	}
	return list
}

func (o Object) files(entries []json.RawMessage) (list []media.Received) {
	for _, raw := range entries {
		if len(list) == maxAttachments {
			break
		}
		f, err := parseFields(raw)
		if err != nil {
			// Some say only the address of a picture.
			if address := idOf(raw); o.mayLoad(address) && slices.Contains(pictureNames, strings.ToLower(path.Ext(address))) {
				list = append(list, media.Received{Kind: media.Image, URL: address})
			}
			continue
		}
		if r, ok := o.file(f); ok {
			list = append(list, r)
		}
	}
	return list
}

// pictureNames are how addresses end that can only be pictures.
var pictureNames = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"}

func (o Object) file(f fields) (r media.Received, ok bool) {
	name, _ := f.words("name", preferred)
	r = media.Received{ContentType: clip(f.text("mediaType"), 100), Description: clip(name, media.MaxDescription+1), Blurhash: f.text("blurhash")}
	if r.Description == "" {
		summary, _ := f.words("summary", preferred)
		r.Description = clip(summary, media.MaxDescription+1)
	}
	if r.Kind = kindOfFile(f.text("type"), r.ContentType); r.Kind == "" {
		return r, false
	}
	if r.URL = pageOf(fields{"url": f["url"]}); r.URL == "" {
		r.URL = f.text("href")
	}
	if !o.mayLoad(r.URL) {
		return r, false
	}
	r.Width, _ = integer(f["width"])
	r.Height, _ = integer(f["height"])
	var focus []float64
	if json.Unmarshal(f["focalPoint"], &focus) == nil && len(focus) == 2 {
		r.Focus = media.Focus{X: focus[0], Y: focus[1]}
	}
	return r, true
}

// mayLoad reports whether a file at an address may be listed.
func (o Object) mayLoad(address string) bool {
	return webID(address) && (strings.HasPrefix(address, "https://") || strings.HasPrefix(o.ID, "http://"))
}

// ownFile is the file that a Video, Audio or Image is: of several sizes the largest of at most 720 lines.
func (o Object) ownFile() *media.Received {
	var best *media.Received
	var bestHeight int
	var look func(entries []json.RawMessage, depth int)
	look = func(entries []json.RawMessage, depth int) {
		for _, raw := range entries {
			link, err := parseFields(raw)
			mediaType := o.terms.text("mediaType")
			if err == nil {
				mediaType = link.text("mediaType")
			}
			family, _, _ := strings.Cut(mediaType, "/")
			if address := idOf(raw); family == strings.ToLower(o.Type) && o.mayLoad(address) {
				height, _ := integer(link["height"])
				if best == nil || height <= ownFileLines && (height > bestHeight || bestHeight > ownFileLines) {
					best, bestHeight = &media.Received{URL: address, Kind: family, ContentType: clip(mediaType, 100), Description: o.Name}, height
				}
			}
			if depth == 0 {
				look(link.list("tag"), 1) // the files of a playlist
			}
		}
	}
	look(o.terms.list("url"), 0)
	return best
}

// ownFileLines is how many lines a video needs to be watched well at little cost.
const ownFileLines = 720

func largest(pictures []media.Received) *media.Received {
	var best *media.Received
	for i := range pictures {
		if p := &pictures[i]; p.Kind == media.Image && (best == nil || p.Width > best.Width) {
			best = p
		}
	}
	return best
}

// kindOfFile reads what a file is from its media type, else from its type; "" is no file, such as a link.
func kindOfFile(typ, mediaType string) string {
	family, _, _ := strings.Cut(mediaType, "/")
	switch typ {
	case "Document", "Image", "Audio", "Video":
	default:
		return ""
	}
	for _, name := range []string{family, strings.ToLower(typ)} {
		switch name {
		case media.Image, media.Audio, media.Video:
			return name
		}
	}
	return media.Unknown
}
