package vocab

import (
	"encoding/json"
	"strings"

	"github.com/vorbild/vorbild/internal/media"
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

// image is the avatar or header of one of our accounts, nil where it has none.
func (r *Renderer) image(file string) any {
	if file == "" {
		return nil
	}
	return map[string]any{"type": "Image", "mediaType": media.TypeOf(file), "url": r.baseURL + media.Path(file)}
}

// maxAttachments bounds how many files of a post of others we list.
const maxAttachments = 16

// Media reads the attachments that are files with an address by https, or, from a server that is spoken to by http, by http.
func (o Object) Media() []media.Received {
	var list []media.Received
	plain := strings.HasPrefix(o.ID, "http://")
	for _, raw := range o.terms.list("attachment") {
		f, err := parseFields(raw)
		if err != nil || len(list) == maxAttachments {
			continue
		}
		r := media.Received{
			ContentType: clip(f.text("mediaType"), 100), Description: clip(f.text("name"), media.MaxDescription+1), Blurhash: f.text("blurhash"),
		}
		if r.Description == "" {
			r.Description = clip(f.text("summary"), media.MaxDescription+1)
		}
		if r.Kind = kindOfFile(f.text("type"), r.ContentType); r.Kind == "" {
			continue
		}
		if r.URL = pageOf(f); !strings.HasPrefix(r.URL, "https://") && !(plain && r.URL != "") {
			continue
		}
		r.Width, _ = integer(f["width"])
		r.Height, _ = integer(f["height"])
		var focus []float64
		if json.Unmarshal(f["focalPoint"], &focus) == nil && len(focus) == 2 {
			r.Focus = media.Focus{X: focus[0], Y: focus[1]}
		}
		list = append(list, r)
	}
	return list
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
