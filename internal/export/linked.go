package export

import (
	"strings"
	"time"
)

// Linked data is written as what encoding/json makes of maps: it escapes <, > and &, so that it can stand in a page.

// Publisher is who runs an instance.
type Publisher struct {
	Name  string
	URL   string // of the instance
	Email string
}

// LDType is the media type of linked data.
const LDType = "application/ld+json; charset=utf-8"

// Article describes a practice in the words of schema.org, for search engines and portals.
func Article(p Practice, publisher Publisher) map[string]any {
	kind := "Organization"
	if p.Author.Person {
		kind = "Person"
	}
	m := map[string]any{
		"@context": "https://schema.org", "@type": "TechArticle", "@id": p.ID, "url": p.URL, "mainEntityOfPage": p.URL,
		"headline": p.Title, "abstract": p.Summary, "inLanguage": p.Language, "version": p.Revision,
		"publisher": withoutEmpty(map[string]any{"@type": "Organization", "name": publisher.Name, "url": publisher.URL}),
		"author":    withoutEmpty(map[string]any{"@type": kind, "name": p.Author.Name, "url": p.Author.URL}),
		"license":   p.Licence, "isBasedOn": p.ReuseOf, "isAccessibleForFree": true,
		"datePublished": date(p.Published), "dateModified": date(p.modified()),
	}
	if o := p.Organization; o != nil {
		m["sourceOrganization"] = withoutEmpty(map[string]any{"@type": "GovernmentOrganization", "name": o.Name, "url": o.URL})
	}
	var about []any
	for _, t := range append(append([]Term{}, p.Fields...), p.Goals...) {
		about = append(about, withoutEmpty(map[string]any{"@type": "DefinedTerm", "name": t.Name, "termCode": t.Notation, "@id": t.ID}))
	}
	m["about"] = about
	if place := geoNames[p.Region]; place != "" {
		m["spatialCoverage"] = map[string]any{"@type": "AdministrativeArea", "@id": place, "identifier": p.Region}
	}
	var files []any
	for _, d := range p.distributions() {
		files = append(files, map[string]any{"@type": "MediaObject", "contentUrl": d.url, "encodingFormat": d.mediaType})
	}
	m["encoding"] = files
	return withoutEmpty(m)
}

func (p Practice) modified() *time.Time {
	if p.Updated != nil {
		return p.Updated
	}
	return p.Published
}

// distribution is a file that says what a practice says.
type distribution struct{ name, url, mediaType, euType string }

// Formats are the files of a practice by the end of their address, in the order in which they are offered.
var Formats = []struct{ Suffix, MediaType, EUType string }{
	{"pdf", "application/pdf", "PDF"},
	{"odt", ODTType, "ODT"},
	{"md", "text/markdown", "MARKDOWN"},
	{"json", "application/json", "JSON"},
}

// distributions are the files on the instance that the practice was written on; we know no addresses of others.
func (p Practice) distributions() []distribution {
	var list []distribution
	for _, f := range Formats {
		if p.Files != "" && !(p.NoPDF && f.Suffix == "pdf") {
			list = append(list, distribution{strings.ToUpper(f.Suffix), p.Files + "." + f.Suffix, f.MediaType, f.EUType})
		}
	}
	return list
}

func date(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// withoutEmpty drops what is not known.
func withoutEmpty(m map[string]any) map[string]any {
	for k, v := range m {
		switch v := v.(type) {
		case nil:
			delete(m, k)
		case string:
			if v == "" {
				delete(m, k)
			}
		case []any:
			if len(v) == 0 {
				delete(m, k)
			}
		case map[string]any:
			if len(v) == 0 {
				delete(m, k)
			}
		}
	}
	return m
}

// geoNames are the Länder at GeoNames, which DCAT-AP asks for; DE stands for the whole.
var geoNames = map[string]string{
	"DE": "https://sws.geonames.org/2921044/", "DE-BW": "https://sws.geonames.org/2953481/", "DE-BY": "https://sws.geonames.org/2951839/",
	"DE-BE": "https://sws.geonames.org/2950157/", "DE-BB": "https://sws.geonames.org/2945356/", "DE-HB": "https://sws.geonames.org/2944387/",
	"DE-HH": "https://sws.geonames.org/2911297/", "DE-HE": "https://sws.geonames.org/2905330/", "DE-MV": "https://sws.geonames.org/2872567/",
	"DE-NI": "https://sws.geonames.org/2862926/", "DE-NW": "https://sws.geonames.org/2861876/", "DE-RP": "https://sws.geonames.org/2847618/",
	"DE-SL": "https://sws.geonames.org/2842635/", "DE-SN": "https://sws.geonames.org/2842566/", "DE-ST": "https://sws.geonames.org/2842565/",
	"DE-SH": "https://sws.geonames.org/2838632/", "DE-TH": "https://sws.geonames.org/2822542/",
}
