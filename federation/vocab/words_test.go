package vocab

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
)

// fileWords reads the messages as they are shipped, without the machinery of internal/i18n.
type fileWords map[string]string

func testWords(language string) Words {
	raw, err := os.ReadFile("../../web/locales/federation." + language + ".json")
	if err != nil {
		panic(err)
	}
	w := fileWords{}
	if err := json.Unmarshal(raw, &w); err != nil {
		panic(err)
	}
	return w
}

func (w fileWords) T(key string, args ...any) string {
	s, ok := w[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(args); i += 2 {
		s = strings.ReplaceAll(s, "{{."+args[i].(string)+"}}", args[i+1].(string))
	}
	return s
}

func (fileWords) Number(v float64, _ int) string {
	return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), ".", ",")
}
