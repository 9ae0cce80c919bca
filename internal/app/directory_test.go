package app_test

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/organization"
)

// listed keeps a contact, and a committee that nobody has confirmed for long, and returns the pages they stand on.
func (i *instance) listed(by account.Account) []string {
	i.t.Helper()
	var pages []string
	for _, e := range []directory.Entry{
		{Kind: directory.Contact, Name: "Green-IT-Beauftragte Stelle des Landes", Level: organization.LevelLand, Region: "DE-SH", Organization: "Staatskanzlei", Unit: "Referat 35",
			Email: "green-it-beauftragte-stelle-des-landes@rechenzentrum-der-kommunen.example.org", Phone: "+49 431 988-0", Website: "https://www.schleswig-holstein.de/green-it"},
		{Kind: directory.Committee, Name: "Arbeitsgemeinschaft Informationstechnikenergieverbrauchserfassung", Summary: "Stimmt die Maßnahmen\nder Ressorts ab.", Level: organization.LevelLand,
			Region: "DE-SH", Cadence: "viermal im Jahr", Members: "Ressorts und Dataport"},
	} {
		id, err := i.Directory.Save(i.t.Context(), by, e)
		if err != nil {
			i.t.Fatal(err)
		}
		pages = append(pages, fmt.Sprintf("/verzeichnis/%d", id))
	}
	if _, err := i.DB.Exec(`UPDATE directory_entries SET confirmed_at = now() - interval '13 months' WHERE kind = 'committee'`); err != nil {
		i.t.Fatal(err)
	}
	return append([]string{"/verzeichnis"}, pages...)
}
