package i18n

import (
	"math"
	"strconv"
	"strings"
)

// ParseNumber reads a number as people write it, German or English: blanks, points or commas between thousands, the last of
// point and comma for decimals. What could be either is read as a German means it: 2.400 are two thousand, 2,400 are not.
func ParseNumber(text string) (float64, bool) {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "−", "-", "'", "", "’", "").Replace(strings.TrimSpace(text))
	comma, point := strings.LastIndexByte(text, ','), strings.LastIndexByte(text, '.')
	switch {
	case comma >= 0 && point > comma: // 1,250.5
		if !grouped(text[:point], ",") {
			return 0, false
		}
		text = strings.ReplaceAll(text, ",", "")
	case comma >= 0 && point >= 0: // 1.250,5
		if !grouped(text[:comma], ".") {
			return 0, false
		}
		text = strings.ReplaceAll(text[:comma], ".", "") + "." + text[comma+1:]
	case strings.Count(text, ",") > 1: // 1,250,000
		if !grouped(text, ",") {
			return 0, false
		}
		text = strings.ReplaceAll(text, ",", "")
	case comma >= 0:
		text = text[:comma] + "." + text[comma+1:]
	case grouped(text, ".") && strings.TrimLeft(text, "-+")[0] != '0': // 2.400, but 0.125
		text = strings.ReplaceAll(text, ".", "")
	}
	if strings.Trim(text, "0123456789.+-eE") != "" {
		return 0, false // neither 0x10 nor infinity
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// grouped reports whether the separators in text can only stand between thousands.
func grouped(text, separator string) bool {
	groups := strings.Split(strings.TrimLeft(text, "-+"), separator)
	if len(groups) < 2 || len(groups[0]) == 0 || len(groups[0]) > 3 {
		return false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return true
}
