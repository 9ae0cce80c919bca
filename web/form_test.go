package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestFormOfManyRows: who names only the last of very many rows gets no page of all of them, logged in or not, and what else was
// typed is still there.
func TestFormOfManyRows(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	for _, role := range []string{"", "member"} {
		form := filled()
		for _, list := range []string{"figures.15999.name", "costs.15999.name", "services.15999.name", "links.15999.name"} {
			form.Set(list, "x")
		}
		for _, action := range []string{"preview", "publish"} {
			form.Set("action", action)
			a := in.post("/praxisbeispiele/neu", role, form)
			if rows := a.Find(`[name^="figures."][name$=".unit"]`).Length(); rows > 10 {
				t.Errorf("%s as %q: a page of %d rows", action, role, rows)
			}
			if got := a.Find("#f-title").AttrOr("value", ""); got != form.Get("title") {
				t.Errorf("%s as %q: the title is %q", action, role, got)
			}
		}
	}
	a := in.post("/praxisbeispiele/neu", "member", url.Values{"action": {"publish"}, "figures.15999.name": {"x"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", a.StatusCode)
	}
}

// TestTypedOfManyFields: a form that failed gives back what people write, not as many fields as a script sends.
func TestTypedOfManyFields(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	form := url.Values{"source": {"Ein Satz, der nicht verloren geht."}}
	few := in.post("/beitraege", "", form, "Origin", houseURL)
	if few.StatusCode != http.StatusUnauthorized || !strings.Contains(few.Find("textarea").Text(), "nicht verloren") {
		t.Errorf("status %d, given back %q", few.StatusCode, few.Find("textarea").Text())
	}
	for i := range 5_000 {
		form.Set(fmt.Sprint("a", i), "Noch ein Satz, den niemand schrieb.")
	}
	if many := in.post("/beitraege", "", form, "Origin", houseURL); many.StatusCode != http.StatusUnauthorized || many.Find("textarea").Length() > 10 {
		t.Errorf("status %d, %d texts", many.StatusCode, many.Find("textarea").Length())
	}
}
