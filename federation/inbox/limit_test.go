package inbox

import (
	"strconv"
	"testing"
)

// Ever new names do not restore the allowance of a host of which much was asked, and do not fill the memory.
func TestLimiterRemembers(t *testing.T) {
	t.Parallel()
	l := newLimiter(0.001, 100)
	for l.allow("victim.example") {
	}
	for n := range 3 * maxLimiters {
		if !l.allow("a" + strconv.Itoa(n) + ".evil.example") {
			t.Fatal("a new host is refused")
		}
		if len(l.hosts) > maxLimiters {
			t.Fatalf("%d hosts are remembered", len(l.hosts))
		}
	}
	if l.allow("victim.example") {
		t.Error("the allowance of another host is restored")
	}
}
