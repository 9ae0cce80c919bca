package vocab

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzFields holds our own way of taking a document apart against that of encoding/json: both see the same.
func FuzzFields(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : 1 , "b":[1,{"c":"}"}], "a":"x\\"y" } `, `{"\u0040graph":1}`, `{"a":{"b":{"c":[[],{},"",null,true,-1.5e3]}}}`, `{"ä":"\ud800"}`,
		`{"a":"` + "\xff" + `"}`, `[]`, `null`, `{"a":1}{"b":2}`, `{"a"`, ``, `{"id":"x","object":{"id":["y"]}}`,
		`{"id":"x","id":"y","href":"z"}`, `{"id":"x","id":7,"href":"z"}`, `{"i\u0064":"x","object":{"id":"y","href":"z"}}`, ` {"href" : "z" , "id":null} `,
	} {
		f.Add([]byte(s))
	}
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		if raw, err := os.ReadFile(name); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(raw, &want) != nil || want == nil
		got, err := parseFields(raw)
		if (err != nil) != wantErr {
			t.Fatalf("%q: error %v, encoding/json %v", raw, err, wantErr)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d keys, want %d", raw, len(got), len(want))
		}
		for key, value := range want {
			if !bytes.Equal(bytes.TrimSpace(got[key]), bytes.TrimSpace(value)) {
				t.Fatalf("%q: %q is %q, want %q", raw, key, got[key], value)
			}
			var s string
			if json.Unmarshal(value, &s) == nil && got.text(key) != s {
				t.Fatalf("%q: text of %q is %q, want %q", raw, key, got.text(key), s)
			}
		}
		if err == nil {
			id := got.text("id")
			if id == "" {
				id = got.text("href")
			}
			if found := idOf(raw); found != id {
				t.Fatalf("%q: id %q, want %q", raw, found, id)
			}
		}
		_ = CheckShape(raw)
	})
}

func TestCheckShapeKeys(t *testing.T) {
	t.Parallel()
	for raw, fine := range map[string]bool{
		`{"a":"@graph"}`: true, `{"a":{"b":[{"@graph":1}]}}`: false, `{"\u0040reverse":1}`: false, `{"@included":[]}`: false, `{"@context":[]}`: true,
		`{"a":["@graph","@graph"]}`: true, `[{}]`: false, `{} {}`: false, ` {}`: true, `{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`: true,
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`: false, `{"a":[` + strings.Repeat("1,", 999) + `1]}`: true, `{"a":[` + strings.Repeat("1,", 1000) + `1]}`: false,
	} {
		if err := CheckShape([]byte(raw)); (err == nil) != fine {
			t.Errorf("%.60s: %v", raw, err)
		}
	}
}
