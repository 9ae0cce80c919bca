package transport

import (
	"context"
	"mime"
	"strings"
	"time"
)

// imageTimeout bounds the fetch of one picture, which is larger than a document.
const imageTimeout = 20 * time.Second

// MayShow implements media.Origin: no pictures are shown from where nothing, or no media, are taken.
func (c *Client) MayShow(ctx context.Context, uri string) (bool, error) {
	host := hostOfURI(uri)
	if host == "" {
		return false, nil
	}
	refused, err := c.peers.Refused(ctx, host)
	if err != nil || refused {
		return false, err
	}
	rule, err := c.peers.RuleFor(ctx, host)
	return !rule.RejectMedia, err
}

// GetImage implements media.Origin: an unsigned fetch under the rules of all others. Errors: as Get.
func (c *Client) GetImage(ctx context.Context, uri string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, imageTimeout)
	defer cancel()
	a, err := c.get(ctx, uri, request{accept: "image/*", redirects: maxRedirects, is: isImage, limit: limit})
	if err != nil {
		return nil, err
	}
	return a.body, nil
}

func isImage(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && strings.HasPrefix(mediaType, "image/")
}
