package app_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mattn/go-mastodon"
)

// count fails for methods that are neither called nor excluded, and says how many there are.
func (g *goContract) count() {
	methods := []string{"RegisterApp"}
	for _, client := range []reflect.Type{reflect.TypeFor[*mastodon.Client](), reflect.TypeFor[*mastodon.WSClient]()} {
		for m := range client.NumMethod() {
			methods = append(methods, client.Method(m).Name)
		}
	}
	slices.Sort(methods)
	methods = slices.Compact(methods)
	left := 0
	for _, m := range methods {
		reason, excluded := goExcluded[m]
		for prefix, why := range goExcluded {
			if p, ok := strings.CutSuffix(prefix, "*"); ok && strings.HasPrefix(m, p) {
				reason, excluded = why, true
			}
		}
		switch {
		case g.called[m] == 0 && !excluded:
			g.t.Errorf("%s is neither called nor excluded", m)
		case g.called[m] > 0 && excluded:
			g.t.Errorf("%s is called, but excluded too: %s", m, reason)
		case excluded:
			left++
		}
	}
	for m := range g.called {
		if !slices.Contains(methods, m) {
			g.t.Errorf("%s is called, but no method of go-mastodon", m)
		}
	}
	calls := 0
	for _, n := range g.called {
		calls += n
	}
	line := fmt.Sprintf("go-mastodon: %d methods, %d called (%d calls), %d passed, %d excluded", len(methods), len(g.called), calls, len(g.called)-len(g.failed), left)
	g.session.write("%s\n", line)
	g.t.Log(line)
}
