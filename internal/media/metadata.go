package media

import (
	"bytes"
	"encoding/binary"
)

// head is what the first bytes of an image say that image.DecodeConfig does not tell.
type head struct {
	orientation int // 1..8 as EXIF says; 1 for upright
	// samples is how many values a pixel of a JPEG has on average (colours are often kept at half the size), progressive
	// that all their coefficients must be in memory at a time.
	samples     float64
	progressive bool
}

// readHead never fails: what cannot be read is as if it was not there.
func readHead(format string, raw []byte) head {
	h := head{orientation: 1, samples: 4}
	switch format {
	case "jpeg":
		h.readJPEG(raw)
	case "png":
		h.readPNG(raw)
	case "webp":
		h.readWebP(raw)
	}
	return h
}

// readJPEG goes through the segments before the picture itself.
func (h *head) readJPEG(raw []byte) {
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF; {
		marker := raw[at+1]
		if marker == 0xFF { // a fill byte
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == 0xDA || size < 2 || at+2+size > len(raw) {
			return
		}
		segment := raw[at+4 : at+2+size]
		switch {
		case marker == 0xE1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")):
			h.readEXIF(segment[6:])
		case marker >= 0xC0 && marker <= 0xC2:
			h.progressive = marker == 0xC2
			h.readFrame(segment)
		}
		at += 2 + size
	}
}

// readFrame reads the sampling factors of the components.
func (h *head) readFrame(segment []byte) {
	if len(segment) < 6 || len(segment) < 6+3*int(segment[5]) {
		return
	}
	sum, most := 0, 0
	for i := range int(segment[5]) {
		factor := segment[6+3*i+1]
		n := int(factor>>4) * int(factor&15)
		sum, most = sum+n, max(most, n)
	}
	if most > 0 {
		h.samples = float64(sum) / float64(most)
	}
}

func (h *head) readPNG(raw []byte) {
	for at := 8; at+12 <= len(raw); {
		size, kind := int(binary.BigEndian.Uint32(raw[at:])), string(raw[at+4:at+8])
		if size < 0 || size > len(raw)-at-12 || kind == "IDAT" {
			return
		}
		if kind == "eXIf" {
			h.readEXIF(raw[at+8 : at+8+size])
		}
		at += 12 + size
	}
}

func (h *head) readWebP(raw []byte) {
	for at := 12; at+8 <= len(raw); {
		kind, size := string(raw[at:at+4]), int(binary.LittleEndian.Uint32(raw[at+4:]))
		if size < 0 || size > len(raw)-at-8 {
			return
		}
		if kind == "EXIF" {
			h.readEXIF(bytes.TrimPrefix(raw[at+8:at+8+size], []byte("Exif\x00\x00")))
		}
		at += 8 + size + size%2
	}
}

// readEXIF looks for the orientation in the first directory of a TIFF structure.
func (h *head) readEXIF(tiff []byte) {
	if len(tiff) < 8 {
		return
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		entry := at + 2 + 12*int64(i)
		if entry+12 > int64(len(tiff)) {
			return
		}
		const orientation, short = 0x0112, 3
		if order.Uint16(tiff[entry:]) == orientation && order.Uint16(tiff[entry+2:]) == short {
			if v := int(order.Uint16(tiff[entry+8:])); v >= 1 && v <= 8 {
				h.orientation = v
			}
			return
		}
	}
}
