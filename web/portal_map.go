package web

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// mapView is the map of the Länder with what was found in each, and the list beside it that says the same.
type mapView struct {
	Width, Height int
	Description   string
	Lands         []landView // those with practices, in the order of their names, for the list
	None          []string   // names of the others
	Drawn         []landView // all of them, small ones last, so that the marks of these lie on top
	Elsewhere     int        // practices of no Land; -1 where that is not known
	Narrowed      bool       // one Land is chosen
	All           string     // leads to those of all Länder again
}

// landView is one of them.
type landView struct {
	Name   string
	Short  string // the end of its ISO code
	Count  int
	Effect string // what its practices save, in words; "" where they do not say
	Step   int    // 0 to mapSteps: how dark
	Href   string // "" where there is nothing to find
	Chosen bool
	Path   string // of the drawing
	X, Y   int    // of its mark
}

// The drawing: degrees east and north of its corner, and how much of it one degree north is. One degree east is shorter by the
// cosine of the latitude, taken in the middle of the country.
const (
	mapWest, mapNorth = 5.8, 55.1
	mapScale          = 138.0
	mapWidth          = 810
	mapHeight         = 1095
	mapMiddle         = 51.2
	mapSteps          = 4
)

// enclosed are the Länder that are drawn last.
var enclosed = []string{"DE-HB", "DE-HH", "DE-BE", "DE-SL"}

func mapPoint(east, north float64) (x, y int) {
	return int(math.Round((east - mapWest) * mapScale * math.Cos(mapMiddle*math.Pi/180))), int(math.Round((mapNorth - north) * mapScale))
}

// landPaths are the drawings of the Länder, made once.
var landPaths = func() map[string]string {
	paths := make(map[string]string, len(outlines))
	for land, parts := range outlines {
		var b strings.Builder
		for _, names := range parts {
			ring, err := ringOf(names)
			if err != nil {
				panic(err) // held by a test
			}
			var lastX, lastY int
			for i, p := range ring {
				x, y := mapPoint(p[0], p[1])
				command := "l"
				if i == 0 {
					command, lastX, lastY = "M", 0, 0
				}
				fmt.Fprintf(&b, "%s%d %d", command, x-lastX, y-lastY)
				lastX, lastY = x, y
			}
			b.WriteByte('z')
		}
		paths[land] = b.String()
	}
	return paths
}()

// ringOf lays lines end to end and returns the points around; the first does not come again.
func ringOf(names []string) (ring [][2]float64, err error) {
	lines := make([][][2]float64, len(names))
	for i, name := range names {
		if lines[i], err = pointsOf(name); err != nil {
			return nil, err
		}
	}
	first, last := func(l [][2]float64) [2]float64 { return l[0] }, func(l [][2]float64) [2]float64 { return l[len(l)-1] }
	if len(lines) > 1 && last(lines[0]) != first(lines[1]) && last(lines[0]) != last(lines[1]) {
		slices.Reverse(lines[0])
	}
	for i, line := range lines {
		if i > 0 && first(line) != last(lines[i-1]) {
			slices.Reverse(line)
		}
		if i > 0 && first(line) != last(lines[i-1]) {
			return nil, fmt.Errorf("map: %s does not follow %s", names[i], names[i-1])
		}
		ring = append(ring, line[:len(line)-1]...)
	}
	if last(lines[len(lines)-1]) != ring[0] {
		return nil, fmt.Errorf("map: %v do not close", names)
	}
	return ring, nil
}

func pointsOf(line string) (points [][2]float64, err error) {
	for _, text := range strings.Split(borderLines[line], ", ") {
		var p [2]float64
		for i, number := range strings.Fields(text) {
			if i > 1 {
				return nil, fmt.Errorf("map: %s has %q", line, text)
			}
			if p[i], err = strconv.ParseFloat(number, 64); err != nil {
				return nil, fmt.Errorf("map: %s: %w", line, err)
			}
		}
		points = append(points, p)
	}
	if len(points) < 2 {
		return nil, fmt.Errorf("map: no line %s", line)
	}
	return points, nil
}

// newMap shows how many of total practices are in which Land; to leads to those of one, of all with "".
func newMap(l *i18n.Localizer, regions []practice.Facet, effects practice.Effects, total int, chosen string, to func(land string) string) *mapView {
	m := &mapView{Width: mapWidth, Height: mapHeight, Elsewhere: -1, Narrowed: chosen != "", All: to("")}
	counts, most, sum, with := map[string]int{}, 0, 0, 0
	for _, facet := range regions {
		counts[strings.ToUpper(facet.Value)] += facet.Count
	}
	for _, land := range organization.Regions {
		most, sum = max(most, counts[land]), sum+counts[land]
	}
	for _, land := range organization.Regions {
		v := landView{
			Name: nameOf(l, "web.region.", land), Short: strings.TrimPrefix(land, "DE-"), Count: counts[land], Effect: landEffect(l, effects, land),
			Chosen: strings.EqualFold(chosen, land), Path: landPaths[land],
		}
		v.X, v.Y = mapPoint(marks[land][0], marks[land][1])
		if v.Count > 0 {
			with++
			v.Step = (v.Count*mapSteps + most - 1) / most
		}
		switch {
		case v.Chosen:
			v.Href = m.All
		case v.Count > 0:
			v.Href = to(land)
		}
		if m.Drawn = append(m.Drawn, v); v.Href != "" {
			m.Lands = append(m.Lands, v)
		} else {
			m.None = append(m.None, v.Name)
		}
	}
	if chosen == "" {
		m.Elsewhere = max(0, total-sum)
	}
	small := func(v landView) int {
		if slices.Contains(enclosed, "DE-"+v.Short) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(m.Drawn, func(a, b landView) int { return small(a) - small(b) })
	m.Description = l.T("portal.map.description", "Count", with)
	return m
}

// landEffect is what the practices of a Land save in a year.
func landEffect(l *i18n.Localizer, effects practice.Effects, land string) string {
	var parts []string
	for _, e := range effects.Quantities {
		for _, p := range e.Parts["region"] {
			if strings.EqualFold(p.Value, land) {
				parts = append(parts, quantityName(l, e.Quantity)+" "+newImpact(l, practice.Impact{Quantity: e.Quantity, Unit: e.Unit, Sum: p.Sum, Practices: p.Practices}).Signed())
			}
		}
	}
	return strings.Join(parts, ", ")
}

// landLink leads from a page that shows a map to what was found in one Land.
func landLink(r *http.Request, path string) func(land string) string {
	return func(land string) string {
		at := with(r, "land", land)
		if path != r.URL.Path {
			at = path
			if land != "" {
				at += "?land=" + land
			}
		}
		return at + "#ergebnisse"
	}
}
