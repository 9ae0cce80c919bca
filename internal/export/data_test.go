package export

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func samplePractice() Practice {
	at, later := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	days, change := 12.5, -50.0
	return Practice{
		ID: "https://gruen.example/practices/1", URL: "https://gruen.example/praxisbeispiele/1", Title: "Wärmere Serverräume </script><script>alert(1)</script>", Summary: "Kurz.", Language: "de", Revision: 2,
		Published: &at, Updated: &later, Archived: &later, ArchiveReason: "Überholt.", Visibility: "public", Author: Author{Name: "Team", Handle: "@team@gruen.example", ID: "https://gruen.example/u/team", URL: "https://gruen.example/@team"},
		Instance: "gruen.example", Organization: &Organization{Name: "regio iT", URL: "https://regioit.example"}, Level: "kommune", Region: "DE-NW", ARS: "053340002002", Implementation: "completed",
		Goals: []Term{{Name: "Kennzahlen", Notation: "K2", ID: "https://kg.example/terms/2"}}, Fields: []Term{{Name: "Rechenzentrum", Notation: "H1", ID: "https://kg.example/terms/1"}}, Situation: "x", Measures: []string{"x"}, Content: "<p>x</p>", Source: "x",
		Outcome: "x", Prerequisites: "x", Pitfalls: "x", LegalBasis: []string{"EnEfG"}, Figures: []Figure{{Quantity: "emissions", Name: "n", Unit: "t/a", Before: &days, After: &days, Change: &change, From: "2022", To: "2023", Method: "m", Scope: "s"}},
		Cost: []Cost{{Amount: 1, Currency: "EUR", Kind: "once", Name: "n"}}, Effort: &Effort{days}, Services: []Service{{"leika", "1", "n"}}, Contact: &Contact{"n", "Referat 1", "a@b.example", "https://b.example"},
		Licence: "https://www.govdata.de/dl-de/by-2-0", Links: []Link{{"law", "https://l.example", "n"}}, ReuseOf: "https://r.example/1", Attachments: []Attachment{{"n", "https://f.example", "application/pdf"}},
		Files: "https://gruen.example/praxisbeispiele/1",
	}
}

// TestSchema: each field of the JSON is in its schema and the other way round, and what the schema requires is always there.
func TestSchema(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(PracticeSchema, &schema); err != nil {
		t.Fatal(err)
	}
	read := func(p Practice) map[string]any {
		out, err := JSON(p, "https://gruen.example")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(out, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	compareSchema(t, "practice", schema, read(samplePractice()))
	smallest := read(Practice{})
	for _, required := range schema["required"].([]any) {
		if v, ok := smallest[required.(string)]; !ok || v == nil {
			t.Errorf("%s is required and not there", required)
		}
	}
	if got := smallest["$schema"]; got != "https://gruen.example"+SchemaPath {
		t.Errorf("$schema %q", got)
	}
}

func compareSchema(t *testing.T, path string, schema map[string]any, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		for _, entry := range v {
			compareSchema(t, path+"[]", schema["items"].(map[string]any), entry)
		}
	case map[string]any:
		properties := schema["properties"].(map[string]any)
		if diff := cmp.Diff(keys(properties), keys(v)); diff != "" {
			t.Errorf("%s (-schema +written):\n%s", path, diff)
		}
		for name, inner := range v {
			if property, ok := properties[name].(map[string]any); ok {
				compareSchema(t, path+"."+name, property, inner)
			}
		}
	case string:
		if allowed, ok := schema["enum"].([]any); ok && !slices.Contains(allowed, any(v)) {
			t.Errorf("%s: %q is none of %v", path, v, allowed)
		}
	}
}

func keys(m map[string]any) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// TestSampleIsWhole keeps the sample from missing a field, which would then be in no test.
func TestSampleIsWhole(t *testing.T) {
	t.Parallel()
	v := reflect.ValueOf(samplePractice())
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Schema" && name != "Format" && name != "Version" && name != "NoPDF" {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestArticle(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(Article(samplePractice(), Publisher{Name: "Land", URL: "https://gruen.example"}))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte("</script")) {
		t.Errorf("the script ends early: %s", out)
	}
	var m map[string]any
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"@context": "https://schema.org", "@type": "TechArticle", "headline": samplePractice().Title, "dateModified": "2026-04-01T09:00:00Z", "datePublished": "2026-03-01T09:00:00Z",
		"license": "https://www.govdata.de/dl-de/by-2-0", "isBasedOn": "https://r.example/1", "publisher": map[string]any{"@type": "Organization", "name": "Land", "url": "https://gruen.example"},
		"spatialCoverage": map[string]any{"@type": "AdministrativeArea", "@id": "https://sws.geonames.org/2861876/", "identifier": "DE-NW"},
	} {
		if diff := cmp.Diff(want, m[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if about := m["about"].([]any); len(about) != 2 {
		t.Errorf("about %v", about)
	}
	without := samplePractice()
	without.NoPDF = true
	if files := Article(without, Publisher{})["encoding"].([]any); len(files) != len(Formats)-1 {
		t.Errorf("without a PDF there are %d files", len(files))
	}
	bare := Article(Practice{ID: "https://a.example/1"}, Publisher{})
	for _, absent := range []string{"license", "isBasedOn", "spatialCoverage", "about", "encoding", "dateModified"} {
		if v, ok := bare[absent]; ok {
			t.Errorf("%s is said though it is not known: %v", absent, v)
		}
	}
}

func TestDCAT(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(DCAT(Catalogue{
		ID: "https://gruen.example/katalog.jsonld", Title: "Praxisbeispiele", Language: "de", Home: "https://gruen.example/praxisbeispiele", Publisher: Publisher{"Land", "https://gruen.example", "post@gruen.example"},
		Practices: []Practice{samplePractice(), {ID: "https://gruen.example/practices/2", URL: "https://gruen.example/praxisbeispiele/2", Title: "Zwei", Level: "bund", Licence: "javascript:alert(1)"}},
		Total:     2, This: "https://gruen.example/katalog.jsonld", First: "https://gruen.example/katalog.jsonld", Next: "https://gruen.example/katalog.jsonld?seite=2",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Context map[string]any   `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	byID := map[string]map[string]any{}
	for _, node := range doc.Graph {
		id := node["@id"].(string)
		if other, twice := byID[id]; twice && other["@type"] == node["@type"] {
			t.Errorf("%s stands there twice", id)
		}
		if node["@type"] != "hydra:PagedCollection" {
			byID[id] = node
		}
		for key := range node {
			if prefix, _, ok := strings.Cut(key, ":"); ok && doc.Context[prefix] == nil {
				t.Errorf("%s has no namespace", key)
			}
		}
	}
	id := func(v any) string { m, _ := v.(map[string]any); s, _ := m["@id"].(string); return s }
	first := byID["https://gruen.example/practices/1"]
	for key, want := range map[string]string{
		"dct:spatial": "https://sws.geonames.org/2861876/", "dcatde:politicalGeocodingURI": "http://dcat-ap.de/def/politicalGeocoding/regionalKey/053340002002",
		"dcatde:politicalGeocodingLevelURI": "http://dcat-ap.de/def/politicalGeocoding/Level/municipality", "dct:accessRights": euAuthority + "access-right/PUBLIC",
		"dcat:landingPage": "https://gruen.example/praxisbeispiele/1", "dct:language": euAuthority + "language/DEU", "dct:publisher": "https://gruen.example/#publisher",
	} {
		if got := id(first[key]); got != want {
			t.Errorf("%s %q, want %q", key, got, want)
		}
	}
	files := first["dcat:distribution"].([]any)
	if len(files) != len(Formats) {
		t.Fatalf("%d distributions", len(files))
	}
	for _, f := range files {
		d := byID[id(f)]
		if d == nil || d["@type"] != "dcat:Distribution" || id(d["dct:license"]) != "http://dcat-ap.de/def/licenses/dl-by-de/2.0" || id(d["dcat:downloadURL"]) != id(f) || d["dcatde:licenseAttributionByText"] != "regio iT" {
			t.Errorf("distribution %s: %v", id(f), d)
		}
	}
	second := byID["https://gruen.example/practices/2"]
	if id(second["dct:spatial"]) != "https://sws.geonames.org/2921044/" || id(second["dcatde:politicalGeocodingLevelURI"]) != "http://dcat-ap.de/def/politicalGeocoding/Level/federal" || second["dcat:distribution"] != nil {
		t.Errorf("without a Land: %v", second)
	}
	if got := byID["https://gruen.example/katalog.jsonld"]["dcat:dataset"].([]any); len(got) != 2 || id(got[1]) != "https://gruen.example/practices/2" {
		t.Errorf("datasets %v", got)
	}
	if byID["https://gruen.example/#publisher"]["foaf:name"] != "Land" {
		t.Error("no publisher")
	}
	if bytes.Contains(out, []byte("javascript:")) {
		t.Error("a licence that is no address is told")
	}
}

// TestPlaces: all Länder have a place and a key.
func TestPlaces(t *testing.T) {
	t.Parallel()
	if len(stateKeys) != 16 || len(geoNames) != 17 {
		t.Fatalf("%d keys, %d places", len(stateKeys), len(geoNames))
	}
	seen := map[string]bool{}
	for region, key := range stateKeys {
		if geoNames[region] == "" || seen[key] || seen[geoNames[region]] {
			t.Errorf("%s: key %s, place %s", region, key, geoNames[region])
		}
		seen[key], seen[geoNames[region]] = true, true
	}
}
