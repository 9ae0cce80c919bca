package export

import (
	"cmp"
	"strings"
	"time"
)

// Catalogue is what an instance tells portals of its practices, one page of it (DCAT-AP.de 2.0 on DCAT 2).
type Catalogue struct {
	ID          string // address of the first page
	Title       string
	Description string
	Home        string // page for people
	Publisher   Publisher
	Language    string
	Practices   []Practice
	Total       int
	This        string // addresses of the pages; "" where there is none
	First       string
	Previous    string
	Next        string
	Last        string
}

const euAuthority = "http://publications.europa.eu/resource/authority/"

var dcatContext = map[string]any{
	"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "dcatde": "http://dcat-ap.de/def/dcatde/", "foaf": "http://xmlns.com/foaf/0.1/",
	"vcard": "http://www.w3.org/2006/vcard/ns#", "hydra": "http://www.w3.org/ns/hydra/core#", "xsd": "http://www.w3.org/2001/XMLSchema#", "adms": "http://www.w3.org/ns/adms#",
}

// themes are the subjects of all practices in the list of the EU: environment, and government.
var themes = []any{ref(euAuthority + "data-theme/ENVI"), ref(euAuthority + "data-theme/GOVE")}

// DCAT describes a page of the catalogue. Only what anyone may read belongs into it.
func DCAT(c Catalogue) map[string]any {
	publisher := withoutEmpty(map[string]any{"@id": c.Publisher.URL + "/#publisher", "@type": "foaf:Organization", "foaf:name": c.Publisher.Name, "foaf:mbox": mailbox(c.Publisher.Email), "foaf:homepage": ref(c.Publisher.URL)})
	var datasets, graph []any
	var newest time.Time
	for _, p := range c.Practices {
		datasets = append(datasets, ref(p.ID))
		graph = append(graph, dataset(p, c.Publisher)...)
		if m := p.modified(); m != nil && m.After(newest) {
			newest = *m
		}
	}
	catalogue := map[string]any{
		"@id": c.ID, "@type": "dcat:Catalog", "dct:title": text(c.Title, c.Language), "dct:description": text(c.Description, c.Language),
		"dct:publisher": ref(c.Publisher.URL + "/#publisher"), "dct:language": language(c.Language), "foaf:homepage": ref(c.Home),
		"dcat:themeTaxonomy": ref(euAuthority + "data-theme"), "dct:spatial": ref(geoNames["DE"]), "dcat:dataset": datasets,
	}
	if !newest.IsZero() {
		catalogue["dct:modified"] = moment(newest)
	}
	page := map[string]any{"@id": c.This, "@type": "hydra:PagedCollection", "hydra:totalItems": c.Total}
	for name, address := range map[string]string{"hydra:firstPage": c.First, "hydra:previousPage": c.Previous, "hydra:nextPage": c.Next, "hydra:lastPage": c.Last} {
		if address != "" {
			page[name] = address // ckanext-dcat reads literals
		}
	}
	return map[string]any{"@context": dcatContext, "@graph": append([]any{withoutEmpty(catalogue), publisher, page}, graph...)}
}

// dataset is one practice, with the files that say what it says.
func dataset(p Practice, publisher Publisher) []any {
	m := map[string]any{
		"@id": p.ID, "@type": "dcat:Dataset", "dct:title": text(p.Title, p.Language), "dct:description": text(p.Summary, p.Language),
		"dct:identifier": p.ID, "dcat:landingPage": ref(p.URL), "dct:publisher": ref(publisher.URL + "/#publisher"), "dct:language": language(p.Language),
		"dct:accessRights": ref(euAuthority + "access-right/PUBLIC"), "dcat:theme": themes, "adms:versionInfo": versionOf(p.Revision),
	}
	if p.Published != nil {
		m["dct:issued"] = moment(*p.Published)
	}
	if t := p.modified(); t != nil {
		m["dct:modified"] = moment(*t)
	}
	if p.ReuseOf != "" {
		m["dct:source"] = ref(p.ReuseOf)
	}
	var keywords []any
	for _, t := range append(append([]Term{}, p.Fields...), p.Goals...) {
		keywords = append(keywords, text(t.Name, p.Language))
	}
	m["dcat:keyword"] = keywords
	if o := p.Organization; o != nil {
		m["dct:creator"] = withoutEmpty(map[string]any{"@type": "foaf:Organization", "foaf:name": o.Name, "foaf:homepage": webRef(o.URL)})
	}
	if k := p.Contact; k != nil {
		m["dcat:contactPoint"] = withoutEmpty(map[string]any{"@type": "vcard:Organization", "vcard:fn": cmp.Or(k.Unit, k.Name), "vcard:hasEmail": mailbox(k.Email), "vcard:hasURL": webRef(k.URL)})
	}
	m["dct:spatial"], m["dcatde:politicalGeocodingURI"], m["dcatde:politicalGeocodingLevelURI"] = places(p)
	var files, out []any
	for _, d := range p.distributions() {
		files = append(files, ref(d.url))
		out = append(out, withoutEmpty(map[string]any{
			"@id": d.url, "@type": "dcat:Distribution", "dct:title": d.name, "dcat:accessURL": ref(p.URL), "dcat:downloadURL": ref(d.url),
			"dct:format": ref(euAuthority + "file-type/" + d.euType), "dcat:mediaType": ref("http://www.iana.org/assignments/media-types/" + d.mediaType),
			"dct:license": licence(p.Licence), "dcatde:licenseAttributionByText": attribution(p),
		}))
	}
	m["dcat:distribution"] = files
	return append([]any{withoutEmpty(m)}, out...)
}

// places are where a practice comes from: at GeoNames, by its key, and how large that is. Without a Land it is the whole country.
func places(p Practice) (spatial, key, level any) {
	const geocoding = "http://dcat-ap.de/def/politicalGeocoding/"
	spatial = ref(geoNames["DE"])
	if p.Region != "" && geoNames[p.Region] != "" {
		spatial = ref(geoNames[p.Region])
	}
	switch state := stateKeys[p.Region]; {
	case p.ARS != "":
		key = ref(geocoding + "regionalKey/" + p.ARS)
	case state != "":
		key = ref(geocoding + "stateKey/" + state)
	}
	if name := map[string]string{"bund": "federal", "land": "state", "kommune": "municipality"}[p.Level]; name != "" {
		level = ref(geocoding + "Level/" + name)
	}
	return spatial, key, level
}

// stateKeys are the Länder in the official key of municipalities.
var stateKeys = map[string]string{
	"DE-SH": "01", "DE-HH": "02", "DE-NI": "03", "DE-HB": "04", "DE-NW": "05", "DE-HE": "06", "DE-RP": "07", "DE-BW": "08",
	"DE-BY": "09", "DE-SL": "10", "DE-BE": "11", "DE-BB": "12", "DE-MV": "13", "DE-SN": "14", "DE-ST": "15", "DE-TH": "16",
}

// licences are the names that DCAT-AP.de gives to them.
var licences = map[string]string{
	"https://www.govdata.de/dl-de/by-2-0":                "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
	"https://www.govdata.de/dl-de/zero-2-0":              "http://dcat-ap.de/def/licenses/dl-zero-de/2.0",
	"https://creativecommons.org/licenses/by/4.0/":       "http://dcat-ap.de/def/licenses/cc-by/4.0",
	"https://creativecommons.org/publicdomain/zero/1.0/": "http://dcat-ap.de/def/licenses/cc-zero",
}

func licence(address string) any {
	if known := licences[address]; known != "" {
		return ref(known)
	}
	return webRef(address)
}

// attribution is whom to name, as licences that ask for it want.
func attribution(p Practice) string {
	if p.Organization != nil {
		return p.Organization.Name
	}
	return p.Author.Name
}

func ref(address string) map[string]any { return map[string]any{"@id": address} }

// webRef is a reference to a page of the web, nil for anything else.
func webRef(address string) any {
	if href := safeHref(address); href != "" && !strings.HasPrefix(href, "mailto:") {
		return ref(href)
	}
	return nil
}

func mailbox(address string) any {
	if address == "" {
		return nil
	}
	return ref("mailto:" + address)
}

func text(value, lang string) any {
	if lang == "" {
		return value
	}
	return map[string]any{"@value": value, "@language": lang}
}

func moment(t time.Time) any {
	return map[string]any{"@value": t.UTC().Format(time.RFC3339), "@type": "xsd:dateTime"}
}

// language is one of the languages of the EU's list that we meet; others are left out.
func language(tag string) any {
	base, _, _ := strings.Cut(tag, "-")
	if code := map[string]string{"de": "DEU", "en": "ENG", "fr": "FRA", "da": "DAN", "nl": "NLD", "pl": "POL"}[base]; code != "" {
		return ref(euAuthority + "language/" + code)
	}
	return nil
}

func versionOf(revision int) any {
	if revision < 1 {
		return nil
	}
	return revision
}
