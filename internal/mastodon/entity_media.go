package mastodon

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// MediaAttachment is the MediaAttachment entity.
type MediaAttachment struct {
	ID          string     `json:"id"`
	Type        string     `json:"type"` // image, gifv, video, audio, unknown
	URL         *string    `json:"url"`  // null only while it is being worked on
	PreviewURL  *string    `json:"preview_url"`
	RemoteURL   *string    `json:"remote_url"`
	TextURL     *string    `json:"text_url"`
	Description *string    `json:"description"`
	Blurhash    *string    `json:"blurhash"`
	Meta        *MediaMeta `json:"meta"`
}

// MediaMeta is about sizes: pixels of the file and of its preview, and the point that must stay visible (-1..1).
type MediaMeta struct {
	Original *MediaSize  `json:"original,omitempty"`
	Small    *MediaSize  `json:"small,omitempty"`
	Focus    *MediaFocus `json:"focus,omitempty"`
}

// MediaSize in pixels; Size is "640x480", Aspect width by height.
type MediaSize struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Size   string  `json:"size"`
	Aspect float64 `json:"aspect"`
}

// MediaFocus is a point, (0, 0) the middle, (1, 1) the upper right corner.
type MediaFocus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// mediaEntity is one file as clients see it. Images of other servers come through us; of what else there is clients show a link to
// an unknown thing, and whoever follows it decides to be seen by that server.
func (s *Server) mediaEntity(m media.Media) MediaAttachment {
	e := MediaAttachment{
		ID: idText(m.ID), Type: m.Kind, Description: textOrNil(m.Description), Blurhash: textOrNil(m.Blurhash),
		Meta: &MediaMeta{Original: mediaSize(m.Width, m.Height), Focus: &MediaFocus{X: m.FocusX, Y: m.FocusY}},
	}
	if url := s.Media.RemoteURL(media.Original, m.RemoteURL); m.File == "" && m.Kind == media.Image && url != "" {
		preview := s.Media.RemoteURL(media.Preview, m.RemoteURL)
		e.URL, e.PreviewURL, e.RemoteURL = &url, &preview, &m.RemoteURL
		return e
	}
	if m.File == "" {
		e.Type, e.URL, e.RemoteURL = media.Unknown, &m.RemoteURL, &m.RemoteURL
		return e
	}
	url, preview := s.Media.URL(m.File), s.Media.URL(m.PreviewFile)
	e.URL, e.PreviewURL, e.Meta.Small = &url, &preview, mediaSize(m.PreviewWidth, m.PreviewHeight)
	return e
}

// fileEntity is a file of one of our practices. Where not everyone may read it, its address holds the key of the file, as that which
// other servers get.
func (s *Server) fileEntity(p post.Post, f practice.File) MediaAttachment {
	key := ""
	if p.Visibility == post.Network {
		key = "?" + practice.FileKey + "=" + f.Key
	}
	url := s.Config.BaseURL + f.Path(p.ID) + key
	e := MediaAttachment{ID: idText(f.ID), Type: media.Unknown, URL: &url, RemoteURL: &url, Description: textOrNil(f.Description), Meta: &MediaMeta{}}
	if !f.Image() {
		return e
	}
	preview := s.Config.BaseURL + f.PreviewPath(p.ID) + key
	e.Type, e.RemoteURL, e.PreviewURL = media.Image, nil, &preview
	width, height := media.PreviewSize(f.Width, f.Height)
	e.Meta = &MediaMeta{Original: mediaSize(f.Width, f.Height), Small: mediaSize(width, height), Focus: &MediaFocus{}}
	return e
}

// mediaSize is nil where the size is not known: clients divide by it.
func mediaSize(width, height int) *MediaSize {
	if width <= 0 || height <= 0 {
		return nil
	}
	return &MediaSize{Width: width, Height: height, Size: fmt.Sprintf("%dx%d", width, height), Aspect: float64(width) / float64(height)}
}
