package mastodon

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
