package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// must is for encoders, which do not fail on a buffer.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quarters is an image whose four quarters are red, green (right), blue (below) and white: turned, it is another.
func quarters(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0xE0, 0x10, 0x10, 0xFF}
			switch right, below := x >= w/2, y >= h/2; {
			case right && below:
				c = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
			case right:
				c = color.RGBA{0x10, 0xC0, 0x10, 0xFF}
			case below:
				c = color.RGBA{0x10, 0x10, 0xE0, 0xFF}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// corner names the colour of a quarter.
func corner(img image.Image, right, below bool) string {
	b := img.Bounds()
	x, y := b.Min.X+b.Dx()/4, b.Min.Y+b.Dy()/4
	if right {
		x += b.Dx() / 2
	}
	if below {
		y += b.Dy() / 2
	}
	r, g, bl, _ := img.At(x, y).RGBA()
	switch {
	case r > 0x8000 && g > 0x8000 && bl > 0x8000:
		return "white"
	case r > 0x8000:
		return "red"
	case g > 0x8000:
		return "green"
	case bl > 0x8000:
		return "blue"
	}
	return "?"
}

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

// place is what a camera writes into a photograph: no tracker of ours may pass it on.
const place = "GPS 54.3233 N 10.1228 E"

// photograph is a JPEG with an EXIF segment: which way up it is, where it was taken, and a comment.
func photograph(t testing.TB, img image.Image, orientation uint16) []byte {
	t.Helper()
	var tiff bytes.Buffer
	tiff.WriteString("MM\x00*")
	write := func(v any) { must(t, binary.Write(&tiff, binary.BigEndian, v)) }
	write(uint32(8))
	write(uint16(3))
	entry := func(tag, kind uint16, count, value uint32) { write(tag); write(kind); write(count); write(value) }
	entry(0x010E, 2, uint32(len(place)), 8+2+3*12+4) // ImageDescription
	entry(0x0112, 3, 1, uint32(orientation)<<16)     // Orientation
	entry(0x8825, 4, 1, 0)                           // GPSInfo
	write(uint32(0))
	tiff.WriteString(place)
	segment := func(marker byte, content []byte) []byte {
		return append([]byte{0xFF, marker, byte((len(content) + 2) >> 8), byte(len(content) + 2)}, content...)
	}
	raw := encodeJPEG(t, img)
	out := append([]byte{}, raw[:2]...)
	out = append(out, segment(0xE1, append([]byte("Exif\x00\x00"), tiff.Bytes()...))...)
	out = append(out, segment(0xFE, []byte(place))...)
	return append(out, raw[2:]...)
}

// bombPNG claims a size that its few bytes do not have.
func bombPNG(width, height uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, content []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(content)))
		body := append([]byte(kind), content...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(nil, width)
	head = binary.BigEndian.AppendUint32(head, height)
	chunk("IHDR", append(head, 8, 6, 0, 0, 0))
	chunk("IDAT", []byte{0x78, 0x9c, 0x63, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01})
	chunk("IEND", nil)
	return b.Bytes()
}

// moving is a GIF of two frames, red and blue.
func moving(t testing.TB) []byte {
	t.Helper()
	palette := color.Palette{color.RGBA{0xE0, 0x10, 0x10, 0xFF}, color.RGBA{0x10, 0x10, 0xE0, 0xFF}}
	var g gif.GIF
	for i := range palette {
		frame := image.NewPaletted(image.Rect(0, 0, 40, 30), palette)
		for p := range frame.Pix {
			frame.Pix[p] = uint8(i)
		}
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
	}
	var b bytes.Buffer
	must(t, gif.EncodeAll(&b, &g))
	return b.Bytes()
}
