package media

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// asking are the functions of spreadsheets that start other programs, or tell servers that somebody reads.
var asking = regexp.MustCompile(`(?i)(?:^|[^\w.])(?:_xlfn\.|COM\.MICROSOFT\.)*(?:DDE|WEBSERVICE|RTD|IMAGE)\s*\(`)

// activeFields are the instructions of Word that start programs or load from elsewhere (ECMA-376 part 1, 17.16.5). A picture is
// loaded only where the document does not keep it itself.
var activeFields = []string{"DDE", "DDEAUTO", "LINK", "IMPORT", "INCLUDE", "INCLUDETEXT", "DATABASE"}

// asXML returns a part as UTF-8 where it is XML; what a part is called says nothing of that.
func asXML(content []byte) ([]byte, bool) {
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(content)
		if err != nil {
			return nil, false
		}
		content = decoded
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	return content, bytes.HasPrefix(bytes.TrimSpace(content), []byte("<"))
}

// checkOpenXML lets nothing in a part of an Office Open XML document start a program, or load from elsewhere by itself.
func checkOpenXML(content []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(content))
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // what is looked for is ASCII
	var open []*field                                                                          // those that are begun, from the outermost
	var text *strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "ddeLink", "oleLink":
				return refused("external")
			case "f", "formula", "formula1", "formula2", "definedName":
				text = &strings.Builder{}
			case "fldSimple":
				if f := (&field{instruction: attribute(token.Attr, "instr")}); f.active() {
					return refused("external")
				}
			case "fldChar":
				switch kind := attribute(token.Attr, "fldCharType"); {
				case kind == "begin":
					if n := len(open); n > 0 && open[n-1].name() == "" {
						return refused("external") // what it does would be put together by another one
					}
					open = append(open, &field{})
				case len(open) == 0:
				case kind == "separate" || kind == "end":
					if open[len(open)-1].active() {
						return refused("external")
					}
					if kind == "end" {
						open = open[:len(open)-1]
					} else {
						open[len(open)-1].done = true
					}
				}
			case "instrText":
				text = &strings.Builder{}
			}
		case xml.CharData:
			if text != nil {
				text.Write(token)
			}
		case xml.EndElement:
			if text == nil {
				continue
			}
			switch token.Name.Local {
			case "f", "formula", "formula1", "formula2", "definedName":
				if asking.MatchString(text.String()) {
					return refused("external")
				}
				text = nil
			case "instrText":
				if n := len(open); n > 0 && !open[n-1].done {
					open[n-1].instruction += text.String()
				}
				text = nil
			}
		}
	}
}

// field is an instruction in a text whose result stands there. It may come in parts.
type field struct {
	instruction string
	done        bool // what follows is its result
}

// name is what a field does.
func (f *field) name() string {
	words := strings.Fields(f.instruction)
	if len(words) == 0 {
		return ""
	}
	return strings.ToUpper(strings.Trim(words[0], `"`))
}

func (f *field) active() bool {
	if f.name() == "INCLUDEPICTURE" {
		return strings.Contains(strings.ToLower(f.instruction), `\d`)
	}
	return slices.Contains(activeFields, f.name())
}

func attribute(list []xml.Attr, name string) string {
	for _, a := range list {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
