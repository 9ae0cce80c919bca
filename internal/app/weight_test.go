package app_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
)

// What the overview of a curating instance may weigh, in bytes on the wire with headers.
const (
	firstViewLimit = 150_000
	laterViewLimit = 25_000
)

// A visitor's browser loads the full overview and everything it needs within the limit; coming back, or going on to a page
// not seen yet, costs far less. Nothing comes from anyone else.
func TestWeight(t *testing.T) {
	t.Parallel()
	kg := startInstance(t, "kg", organization.Organization{Name: "KG Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	editor := kg.member("redaktion", account.RoleEditor)
	for n := range 24 { // two pages of cards
		location := kg.post("/praxisbeispiele/neu", editor, url.Values{
			"title": {fmt.Sprintf("Rechenzentrum %d: Abwärme heizt zwei Schulen", n)}, "summary": {"Die Abwärme wird an das Netz der Stadtwerke abgegeben und ersetzt dort Erdgas in zwei Schulen und einem Bad."},
			"source": {"## Vorgehen\n\nErst messen, dann anschließen."}, "level": {"kommune"}, "region": {"DE-SH"}, "implementation": {"advanced"},
			"licence": {"https://www.govdata.de/dl-de/by-2-0"}, "language": {"de"}, "action": {"publish"},
			"figures.0.quantity": {"electricity"}, "figures.0.unit": {"MW.h/a"}, "figures.0.before": {"900"}, "figures.0.after": {fmt.Sprint(100 + n)},
		})
		practice := strings.TrimPrefix(location, "/praxisbeispiele/")
		within(t, "the practice is on the desk", func() bool {
			_, desk := kg.get("/redaktion", editor)
			return desk.Find("main a[href$='/"+practice+"']").Length() > 0
		})
		kg.post("/redaktion/"+practice+"/annehmen", editor, nil)
		if n < 6 {
			kg.post("/redaktion/"+practice+"/hervorheben", editor, nil)
		}
	}

	b := startBrowser(t)
	scale := b.weigh()
	for _, view := range []struct {
		what, path string
		limit      int
	}{
		{"first view of the overview", "/ueberblick", firstViewLimit},
		{"second view of the overview", "/ueberblick", laterViewLimit},
		{"first view of the next page", "/ueberblick?seite=2", laterViewLimit},
		{"first view of the list", "/praxisbeispiele", laterViewLimit},
	} {
		b.open(kg.url(view.path))
		b.run("leave", chromedp.Navigate("about:blank")) // all that the page loads has been counted
		total, parts := scale.take()
		t.Logf("%s: %d bytes", view.what, total)
		if total == 0 || total > view.limit {
			t.Errorf("%s: %d bytes, want at most %d: %v", view.what, total, view.limit, parts)
		}
		for address := range parts {
			if !strings.HasPrefix(address, kg.url("/")) {
				t.Errorf("%s: asks %s", view.what, address)
			}
		}
	}
}

// scale adds up what a tab receives.
type scale struct {
	mu        sync.Mutex
	addresses map[network.RequestID]string
	bytes     map[string]int
}

func (b *browser) weigh() *scale {
	b.t.Helper()
	s := &scale{addresses: map[network.RequestID]string{}, bytes: map[string]int{}}
	b.run("network events", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.Enable, network.EnableParams{})
		return err
	}))
	if err := chromedp.Listen(b.ctx, s.note); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (s *scale) note(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(e.Request.URL, "http") {
			s.addresses[e.RequestID] = e.Request.URL
		}
	case *network.EventLoadingFinished:
		if address, ok := s.addresses[e.RequestID]; ok {
			s.bytes[address] += int(e.EncodedDataLength)
		}
	}
}

// take returns what was received since the last time, altogether and by address.
func (s *scale) take() (total int, parts map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts = maps.Clone(s.bytes)
	clear(s.bytes)
	for _, n := range parts {
		total += n
	}
	return total, parts
}
