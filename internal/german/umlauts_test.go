package german

import "testing"

func TestUmlauts(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"Kuehlung": "Kühlung", "UEBERSICHT": "ÜBERSICHT", "fuellen Geraete oeffentlich": "füllen Geräte öffentlich",
		"neue Quelle bauen": "neue Quelle bauen", "aktuell virtuelle Steuer": "aktuell virtuelle Steuer", "": "", "Kühlung": "Kühlung",
	} {
		if got := Umlauts(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
