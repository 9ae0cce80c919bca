package i18n_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/i18n"
)

const locales = "../../web/locales"

var (
	placeholder = regexp.MustCompile(`\{\{-?\s*([^}]*?)\s*-?\}\}`)
	// genderSign finds gender-fair writing with special characters, which screen readers stumble over.
	genderSign = regexp.MustCompile(`\p{L}[*_:]in(nen)?\b|\p{L}Innen\b`)
)

// TestLocales holds what translators agreed on: both languages have the same keys with the same placeholders and
// plurals, file by file.
func TestLocales(t *testing.T) {
	t.Parallel()
	if _, err := i18n.Load(os.DirFS(locales)); err != nil {
		t.Error(err)
	}
	german, err := filepath.Glob(locales + "/*.de.json")
	if err != nil || len(german) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	english, err := filepath.Glob(locales + "/*.en.json")
	if err != nil {
		t.Fatal(err)
	}
	areas := map[string]bool{}
	for _, f := range append(german, english...) {
		area, _, _ := strings.Cut(filepath.Base(f), ".")
		areas[area] = true
	}
	for _, area := range slices.Sorted(maps.Keys(areas)) {
		t.Run(area, func(t *testing.T) {
			t.Parallel()
			de, en := shape(t, area+".de.json"), shape(t, area+".en.json")
			if diff := cmp.Diff(de, en); diff != "" {
				t.Errorf("keys, plurals or placeholders differ (- German, + English):\n%s", diff)
			}
		})
	}
}

// shape reads a file and returns what must be alike in all languages: for each key its plural forms and placeholders.
func shape(t *testing.T, name string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(locales, name))
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]any
	if err := json.Unmarshal(content, &messages); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	shapes := make(map[string]string, len(messages))
	for key, message := range messages {
		forms := map[string]any{"": message}
		if plural, ok := message.(map[string]any); ok {
			forms = plural
		}
		var names, found []string
		for form, text := range forms {
			s, ok := text.(string)
			if !ok || strings.TrimSpace(s) == "" {
				t.Errorf("%s: %s %s has no text", name, key, form)
			}
			if genderSign.MatchString(s) {
				t.Errorf("%s: %s: gender-fair writing goes without special characters: %s", name, key, s)
			}
			names = append(names, form)
			for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
				// "einer Minute" may spell out the one; every other placeholder must be said.
				if !slices.Contains(found, m[1]) && (form != "one" || m[1] != ".Count") {
					found = append(found, m[1])
				}
			}
		}
		slices.Sort(names)
		slices.Sort(found)
		shapes[key] = strings.Join(names, ",") + " " + strings.Join(found, ",")
	}
	return shapes
}
