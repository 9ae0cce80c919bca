package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // image.Decode reads its first frame
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"slices"

	"github.com/bbrks/go-blurhash"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // still ones; a moving one is not readable

	"github.com/vorbild/vorbild/internal/fault"
)

const (
	// atOnce is how many images are read and decoded at a time, maxDecoded how many bytes one of them may take: together they bound
	// what uploads can take of the memory.
	atOnce     = 2
	maxDecoded = 140 << 20

	maxStored                    = 3840 * 2160 // pixels of what is kept
	previewSide                  = 480
	jpegQuality                  = 85
	maxSide                      = 20_000
	keepPNG                      = 1 << 20 // bytes up to which a drawing without transparency stays a PNG
	blurhashSide                 = 32
	blurhashAcross, blurhashDown = 4, 3
)

// picture is an image ready to be stored.
type picture struct {
	content       []byte
	ext           string // .jpg or .png
	width, height int
}

// check looks at an image before it is decoded: its type by its content, whatever it is called, and how large it becomes.
func check(raw []byte) (format string, err error) {
	if !slices.Contains(ContentTypes, http.DetectContentType(raw)) {
		return "", invalid("file", "error.media.type", nil)
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return "", errUnreadable(err)
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	if pixels == 0 {
		return "", errUnreadable(errors.New("no pixels"))
	}
	if pixels > MaxPixels || cfg.Width > maxSide || cfg.Height > maxSide || decodedSize(format, cfg.ColorModel, pixels, raw) > maxDecoded {
		return "", invalid("file", "error.media.pixels", map[string]any{"Max": MaxPixels >> 20})
	}
	return format, nil
}

// decodedSize estimates the memory that decoding takes.
func decodedSize(format string, model color.Model, pixels int64, raw []byte) int64 {
	perPixel := 4.0
	switch {
	case format == "jpeg":
		h := readHead(format, raw)
		if perPixel = h.samples; h.progressive {
			perPixel *= 1 + 4
		}
	case model == color.NRGBA64Model || model == color.RGBA64Model:
		perPixel = 8
	}
	return int64(perPixel * float64(pixels))
}

func errUnreadable(cause error) error {
	return &fault.Error{Kind: fault.Invalid, Message: "error.invalid", Err: cause, Fields: []fault.Field{{Name: "file", Message: "error.media.unreadable"}}}
}

// turn waits while others have images in memory; release must be called when one's own is no longer needed.
func (s *Service) turn(ctx context.Context) (release func(), err error) {
	select {
	case s.decoding <- struct{}{}:
		return func() { <-s.decoding }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("media: %w", ctx.Err())
	}
}

func decode(raw []byte) (img image.Image, format string, err error) {
	if format, err = check(raw); err != nil {
		return nil, "", err
	}
	if img, _, err = image.Decode(bytes.NewReader(raw)); err != nil {
		return nil, "", errUnreadable(err)
	}
	return img, format, nil
}

// fit scales an image down to at most that many pixels.
func fit(img image.Image, pixels int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w*h <= pixels {
		return img
	}
	by := math.Sqrt(float64(pixels) / (float64(w) * float64(h)))
	return scale(img, img.Bounds(), max(1, int(float64(w)*by)), max(1, int(float64(h)*by)))
}

// within scales an image down so that neither side is longer than side.
func within(img image.Image, side int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if longest := max(w, h); longest > side {
		return scale(img, img.Bounds(), max(1, w*side/longest), max(1, h*side/longest))
	}
	return img
}

// PreviewSize is the size of the preview of an image of that size, 0 for one whose size is not known.
func PreviewSize(width, height int) (previewWidth, previewHeight int) {
	longest := max(width, height)
	if width <= 0 || height <= 0 || longest <= previewSide {
		return max(width, 0), max(height, 0)
	}
	return max(1, width*previewSide/longest), max(1, height*previewSide/longest)
}

// fill scales and cuts an image to exactly that size; the middle stays.
func fill(img image.Image, width, height int) image.Image {
	r := img.Bounds()
	if w := r.Dy() * width / height; w < r.Dx() {
		r.Min.X += (r.Dx() - w) / 2
		r.Max.X = r.Min.X + max(w, 1)
	} else if h := r.Dx() * height / width; h < r.Dy() {
		r.Min.Y += (r.Dy() - h) / 2
		r.Max.Y = r.Min.Y + max(h, 1)
	}
	return scale(img, r, width, height)
}

func scale(img image.Image, part image.Rectangle, width, height int) image.Image {
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(dst, dst.Bounds(), img, part, draw.Src, nil)
	return dst
}

// upright turns an image as its EXIF orientation says: 2 to 4 are mirrored or upside down, 5 to 8 lie on their side.
func upright(img image.Image, orientation int) image.Image {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	src, ok := img.(*image.RGBA)
	if !ok || b.Min != (image.Point{}) {
		src = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(src, src.Bounds(), img, b.Min, draw.Src)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch orientation {
			case 2:
				dx = w - 1 - x
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dy = h - 1 - y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(dst.Pix[dst.PixOffset(dx, dy):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return dst
}

// encode writes pixels and nothing else. What can be seen through, and small drawings, whose edges suffer in a JPEG, are
// PNG.
func encode(img image.Image, format string) (picture, error) {
	p := picture{width: img.Bounds().Dx(), height: img.Bounds().Dy()}
	var b bytes.Buffer
	drawing := format == "png" || format == "gif"
	seeThrough := !opaque(img)
	if drawing || seeThrough {
		if err := png.Encode(&b, img); err != nil {
			return p, fmt.Errorf("media: encode: %w", err)
		}
		if p.content, p.ext = b.Bytes(), ".png"; seeThrough || b.Len() <= keepPNG {
			return p, nil
		}
		b = bytes.Buffer{}
	}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return p, fmt.Errorf("media: encode: %w", err)
	}
	p.content, p.ext = b.Bytes(), ".jpg"
	return p, nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// blur is the few colours that stand in the place of an image until it is there.
func blur(img image.Image) string {
	hash, err := blurhash.Encode(blurhashAcross, blurhashDown, within(img, blurhashSide))
	if err != nil {
		return "" // nothing but a place holder
	}
	return hash
}
