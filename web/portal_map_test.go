package web

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/organization"
)

// squareKilometers are the areas of the Länder (Statistisches Bundesamt, Gemeindeverzeichnis).
var squareKilometers = map[string]float64{
	"DE-BW": 35748, "DE-BY": 70542, "DE-BE": 891, "DE-BB": 29654, "DE-HB": 420, "DE-HH": 755, "DE-HE": 21116, "DE-MV": 23295,
	"DE-NI": 47710, "DE-NW": 34112, "DE-RP": 19858, "DE-SL": 2571, "DE-SN": 18450, "DE-ST": 20459, "DE-SH": 15804, "DE-TH": 16202,
}

func ringsOf(t *testing.T, land string) (rings [][][2]float64) {
	t.Helper()
	for _, names := range outlines[land] {
		ring, err := ringOf(names)
		must(t, err)
		rings = append(rings, ring)
	}
	return rings
}

// areaOf is the area of a ring, in square kilometers.
func areaOf(ring [][2]float64) float64 {
	sum, north := 0.0, 0.0
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p[0]*q[1] - q[0]*p[1]
		north += p[1]
	}
	const degree = 111.25
	return math.Abs(sum) / 2 * degree * degree * math.Cos(north/float64(len(ring))*math.Pi/180)
}

func inRing(p [2]float64, ring [][2]float64) bool {
	inside := false
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			inside = !inside
		}
	}
	return inside
}

// The drawn Länder are about as large as the real ones, their numbers stand within them, and each has the neighbors it has.
func TestMapIsGermany(t *testing.T) {
	t.Parallel()
	if len(outlines) != len(organization.Regions) {
		t.Errorf("%d outlines", len(outlines))
	}
	for _, land := range organization.Regions {
		area, within := 0.0, 0
		rings := ringsOf(t, land)
		for i, ring := range rings {
			// What lies within the first part is cut out of it.
			if i > 0 && inRing(ring[0], rings[0]) {
				area -= areaOf(ring)
			} else {
				area += areaOf(ring)
			}
			if inRing(marks[land], ring) {
				within++
			}
		}
		allowed := 0.03
		if squareKilometers[land] < 3000 {
			allowed = 0.12 // a few points more or less
		}
		if off := area/squareKilometers[land] - 1; math.Abs(off) > allowed {
			t.Errorf("%s has %.0f km², which is %+.1f %%", land, area, off*100)
		}
		if within != 1 {
			t.Errorf("the number of %s does not stand in it", land)
		}
		if x, y := mapPoint(marks[land][0], marks[land][1]); x < 25 || y < 25 || x > mapWidth-25 || y > mapHeight-25 {
			t.Errorf("the number of %s stands at %d, %d", land, x, y)
		}
	}
	sides := map[string][]string{}
	for _, land := range organization.Regions {
		for _, names := range outlines[land] {
			for _, name := range names {
				sides[name] = append(sides[name], strings.TrimPrefix(land, "DE-"))
			}
		}
	}
	var neighbors []string
	for line := range borderLines {
		between := slices.Sorted(slices.Values(sides[line]))
		switch len(between) {
		case 1:
		case 2:
			if pair := strings.Join(between, "-"); !slices.Contains(neighbors, pair) {
				neighbors = append(neighbors, pair)
			}
		default:
			t.Errorf("%s belongs to %v", line, between)
		}
	}
	slices.Sort(neighbors)
	want := strings.Fields("BB-BE BB-MV BB-NI BB-SN BB-ST BW-BY BW-HE BW-RP BY-HE BY-SN BY-TH HB-NI HE-NI HE-NW HE-RP HE-TH HH-NI HH-SH MV-NI MV-SH NI-NW NI-SH NI-ST NI-TH NW-RP RP-SL SN-ST SN-TH ST-TH")
	if diff := cmp.Diff(want, neighbors); diff != "" {
		t.Error(diff)
	}
}

// Outside lines touch one Land only; each of them ends where another one begins, so that nothing is left open.
func TestMapHasNoGaps(t *testing.T) {
	t.Parallel()
	ends := map[[2]float64]int{}
	used := map[string]int{}
	for _, parts := range outlines {
		for _, names := range parts {
			for _, name := range names {
				used[name]++
			}
		}
	}
	for name, n := range used {
		if n > 1 {
			continue
		}
		points, err := pointsOf(name)
		must(t, err)
		if first, last := points[0], points[len(points)-1]; first != last {
			ends[first]++
			ends[last]++
		}
	}
	for at, n := range ends {
		if n != 2 {
			t.Errorf("at %v the outside has %d ends", at, n)
		}
	}
	for name := range borderLines {
		if used[name] == 0 {
			t.Errorf("%s is nobody's border", name)
		}
	}
}

func TestMapRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for what, names := range map[string][]string{"a gap": {"sh-dk", "bw-fr"}, "no end": {"sh-dk", "sh-ostsee"}, "no line": {"nirgends"}} {
		if ring, err := ringOf(names); err == nil {
			t.Errorf("%s: %v", what, ring)
		}
	}
}
