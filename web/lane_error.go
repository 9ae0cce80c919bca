package web

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/i18n"
)

// answered is what transport.StatusError says: which status another instance answered with.
var answered = regexp.MustCompile(`\banswered (\d{3})\b`)

// laneFaults are what the network and our own rules say when nothing was answered at all, with the key of what it means. The first
// that fits is taken.
var laneFaults = []struct{ said, key string }{
	{"no such host", "unknown"}, {"server misbehaving", "unknown"},
	{"connection refused", "refused"},
	{"certificate", "certificate"}, {"tls: ", "certificate"},
	{"deadline exceeded", "slow"}, {"timeout", "slow"}, {"timed out", "slow"},
	{"connection reset", "broken"}, {"EOF", "broken"}, {"broken pipe", "broken"},
	{"unreachable", "unreachable"}, {"no route to host", "unreachable"},
	{"address refused", "address"}, {"not in the network", "network"}, {"suspended", "suspended"},
}

// laneError says in words why something did not arrive. Its wording stands beside it where administrators look into one lane.
func laneError(l *i18n.Localizer, text string) string {
	if text == "" {
		return ""
	}
	if m := answered.FindStringSubmatch(text); m != nil {
		status, _ := strconv.Atoi(m[1])
		key := "client"
		switch {
		case status >= 500:
			key = "server"
		case status == 401 || status == 403:
			key = "forbidden"
		case status == 404 || status == 410:
			key = "gone"
		case status == 413:
			key = "large"
		case status == 429:
			key = "limited"
		}
		return l.T("lanes.fault.answered."+key, "Status", status)
	}
	for _, f := range laneFaults {
		if strings.Contains(text, f.said) {
			return l.T("lanes.fault." + f.key)
		}
	}
	return l.T("lanes.fault.other")
}
