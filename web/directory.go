package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/organization"
)

const (
	directoryPath     = "/verzeichnis"
	directoryDeskPath = "/redaktion/verzeichnis"
	directoryPerPage  = 50
	// Of what is searched for, that many characters and words count.
	directoryQueryMax = 200
	directoryWordsMax = 10
)

// directoryKinds are the kinds of entries as they are called in addresses.
var directoryKinds = map[string]directory.Kind{"ansprechperson": directory.Contact, "gremium": directory.Committee, "netzwerk": directory.Network}

// registerDirectory adds the directory of contact persons, committees and networks, and the pages on which editors keep it.
func (s *Site) registerDirectory(r *mux.Router) {
	get, post := s.table(r)

	get(directoryPath, s.showDirectory)
	get(directoryPath+".csv", s.directoryCSV)
	get(directoryPath+".json", s.directoryJSON)
	get(directoryPath+"/{id:[0-9]+}", s.showListed)

	get(directoryDeskPath, s.showDirectoryDesk)
	get(directoryDeskPath+"/neu", s.newListed)
	post(directoryDeskPath+"/neu", s.saveListed)
	get(directoryDeskPath+"/{id:[0-9]+}", s.editListed)
	post(directoryDeskPath+"/{id:[0-9]+}", s.saveListed)
	post(directoryDeskPath+"/{id:[0-9]+}/bestaetigen", s.confirmListed)
	get(directoryDeskPath+"/{id:[0-9]+}/entfernen", s.askRemoveListed)
	post(directoryDeskPath+"/{id:[0-9]+}/entfernen", s.removeListed)
}

// directoryView is the directory, or what was found in it.
type directoryView struct {
	Query, Region, Kind string
	Regions, Kinds      []option
	Groups              []directoryGroup
	Total               int
	Narrowed            bool
	Covered             []directoryCoverage // Länder with a contact, where nothing is searched for
	Uncovered           []string            // those without
	Pages               pagination
	CSV, JSON           string
	Editor              bool
	Errors              formErrors // none: what there is not is not asked for
}

// directoryGroup is what belongs to one Land, or to several.
type directoryGroup struct {
	ID, Title string
	Items     []listedView
}

// directoryCoverage is a Land that has named contacts.
type directoryCoverage struct {
	Name, Href string
	Count      int
}

// listedView is one entry.
type listedView struct {
	directory.Entry
	Stale  bool
	KeptBy string
}

// KindSlug is what its kind is called in addresses.
func (v listedView) KindSlug() string { return kindSlug(v.Kind) }

func kindSlug(kind directory.Kind) string {
	for slug, k := range directoryKinds {
		if k == kind {
			return slug
		}
	}
	return ""
}

func (s *Site) showDirectory(w http.ResponseWriter, r *http.Request) error {
	l := s.localizer(r)
	f := directoryFilter(r, l)
	f.Offset, f.Limit = offsetOf(r, directoryPerPage), directoryPerPage
	list, err := s.Directory.List(r.Context(), f)
	if err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	view := directoryView{
		Query: directoryQuery(r), Region: f.Region, Total: list.Total, Narrowed: f.Kind != "" || f.Region != "" || len(f.Words) > 0,
		Regions: directoryRegions(l), Pages: paginate(r, f.Offset, f.Limit, list.Total), CSV: fileAddress(r, ".csv"), JSON: fileAddress(r, ".json"),
	}
	view.Kind = kindSlug(f.Kind)
	for _, kind := range directory.Kinds {
		view.Kinds = append(view.Kinds, option{Value: kindSlug(kind), Label: l.T("directory.kinds." + string(kind))})
	}
	if view.Groups, err = s.directoryGroups(r, list.Entries); err != nil {
		return err
	}
	if !view.Narrowed && f.Offset == 0 && view.Total > 0 {
		if err := s.addCoverage(r, &view); err != nil {
			return err
		}
	}
	if reader := currentAccount(r); reader != nil {
		view.Editor = reader.Able(account.RoleEditor)
	}
	return s.render(w, r, http.StatusOK, "directory", page{
		Title: l.T("directory.title"), Description: l.T("directory.lead"), Data: view, Canonical: s.Config.BaseURL + directoryPath, NoIndex: view.Narrowed,
	})
}

// directoryFilter reads what is asked for; what there is not is not asked for.
func directoryFilter(r *http.Request, l *i18n.Localizer) directory.Filter {
	q := r.URL.Query()
	f := directory.Filter{Kind: directoryKinds[q.Get("art")], Region: q.Get("land")}
	if f.Region != directory.Everywhere && !organization.ValidRegion(f.Region) {
		f.Region = ""
	}
	for _, text := range strings.Fields(directoryQuery(r)) {
		if len(f.Words) == directoryWordsMax {
			break
		}
		word := directory.Word{Text: text}
		for _, region := range organization.Regions {
			if strings.Contains(strings.ToLower(nameOf(l, "web.region.", region)), strings.ToLower(text)) {
				word.Regions = append(word.Regions, region)
			}
		}
		f.Words = append(f.Words, word)
	}
	return f
}

func directoryQuery(r *http.Request) string {
	text := []rune(strings.ReplaceAll(strings.ToValidUTF8(r.URL.Query().Get("q"), ""), "\x00", ""))
	return strings.TrimSpace(string(text[:min(len(text), directoryQueryMax)]))
}

func directoryRegions(l *i18n.Localizer) []option {
	list := []option{{Value: directory.Everywhere, Label: l.T("directory.everywhere")}}
	for _, region := range organization.Regions {
		list = append(list, option{Value: region, Label: nameOf(l, "web.region.", region)})
	}
	return list
}

// fileAddress is that of the same entries as a file.
func fileAddress(r *http.Request, ending string) string {
	q := r.URL.Query()
	q.Del("seite")
	return address(directoryPath+ending, q)
}

// directoryGroups parts a page of entries by Land; they come in that order.
func (s *Site) directoryGroups(r *http.Request, entries []directory.Entry) (groups []directoryGroup, err error) {
	o, err := s.organization(r.Context())
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	for _, e := range entries {
		id := "land-" + cmp.Or(e.Region, "alle")
		if len(groups) == 0 || groups[len(groups)-1].ID != id {
			groups = append(groups, directoryGroup{ID: id, Title: s.directoryRegion(r, e.Region)})
		}
		last := &groups[len(groups)-1]
		last.Items = append(last.Items, listedOf(e, o))
	}
	return groups, nil
}

func (s *Site) directoryRegion(r *http.Request, region string) string {
	if region == "" {
		return s.t(r, "directory.everywhere")
	}
	return nameOf(s.localizer(r), "web.region.", region)
}

func listedOf(e directory.Entry, o organization.Organization) listedView {
	v := listedView{Entry: e, Stale: e.Stale(time.Now()), KeptBy: e.Host}
	if e.Local() {
		v.KeptBy = o.Name
	}
	return v
}

// addCoverage says for every Land whether it has named a contact.
func (s *Site) addCoverage(r *http.Request, view *directoryView) error {
	counts, err := s.Directory.Contacts(r.Context())
	if err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	for _, region := range organization.Regions {
		name := s.directoryRegion(r, region)
		if counts[region] == 0 {
			view.Uncovered = append(view.Uncovered, name)
			continue
		}
		href := directoryPath + "?" + url.Values{"land": {region}, "art": {kindSlug(directory.Contact)}}.Encode()
		view.Covered = append(view.Covered, directoryCoverage{Name: name, Href: href, Count: counts[region]})
	}
	return nil
}

// showListed is the page of one entry, its permanent address.
func (s *Site) showListed(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, err := s.Directory.ByID(r.Context(), id)
	if err != nil {
		return fmt.Errorf("directory entry %d: %w", id, err)
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("directory entry %d: %w", id, err)
	}
	view := struct {
		listedView
		RegionName string
		Editor     bool
	}{listedView: listedOf(e, o), RegionName: s.directoryRegion(r, e.Region)}
	if reader := currentAccount(r); reader != nil {
		view.Editor = e.Local() && reader.Able(account.RoleEditor)
	}
	p := page{Title: e.Name, Data: view, Canonical: e.Page, NoIndex: !e.Local()}
	if e.Local() {
		p.Activity = e.URI
	}
	return s.render(w, r, http.StatusOK, "directory_entry", p)
}

// directoryFile finds what a file has: all entries that the page shows in parts.
func (s *Site) directoryFile(r *http.Request) ([]listedView, error) {
	list, err := s.Directory.List(r.Context(), directoryFilter(r, s.localizer(r)))
	if err != nil {
		return nil, fmt.Errorf("directory as a file: %w", err)
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return nil, fmt.Errorf("directory as a file: %w", err)
	}
	views := make([]listedView, len(list.Entries))
	for i, e := range list.Entries {
		views[i] = listedOf(e, o)
	}
	return views, nil
}

func errNoSuchEntry() error { return fault.New(fault.NotFound, "error.directory.not_found") }
