package peer

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Write writes rules as a list that Mastodon reads, too: its columns first, then ours. With private it has what is for this
// house only, so that nothing is lost; without, it is fit to be given away.
func Write(w io.Writer, list []Rule, private bool) error {
	columns := slices.Clone(columnNames)
	if !private {
		columns = columns[:len(columns)-1]
	}
	out := csv.NewWriter(w)
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = "#" + c
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, r := range list {
		severity := string(r.Severity)
		if r.Severity == Unrestricted {
			severity = "noop"
		}
		record := []string{
			r.Domain, severity, strconv.FormatBool(r.RejectMedia), strconv.FormatBool(r.RejectReports), quoted(r.PublicComment), strconv.FormatBool(r.Obfuscate),
			strconv.FormatBool(r.Allowed), strconv.FormatBool(r.Network), quoted(r.PrivateComment),
		}
		if err := out.Write(record[:len(columns)]); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formula are the characters with which a cell begins that programs for tables calculate instead of showing it.
const formula = "=+-@\t\r"

// quoted keeps what somebody wrote from being calculated. Comments come with the lists of strangers, too.
func quoted(text string) string {
	if text != "" && strings.ContainsRune(formula, rune(text[0])) {
		return "'" + text
	}
	return text
}

// unquoted undoes quoted.
func unquoted(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && rest != "" && strings.ContainsRune(formula, rune(rest[0])) {
		return rest
	}
	return text
}

// Published is a rule as everyone may read it.
type Published struct {
	Domain   string // with letters left out where the rule says so
	Digest   string // SHA-256 of the whole domain, hexadecimal
	Severity Severity
	Comment  string
}

// Published lists the domains that are suspended or limited, the hardest rules first; ok is false where the rules are nobody's
// business.
func (s *Service) Published(ctx context.Context) (list []Published, ok bool, err error) {
	p, err := s.Policy(ctx)
	if err != nil || !p.RulesPublic {
		return nil, false, err
	}
	all, err := s.List(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("peer.Published: %w", err)
	}
	for _, severity := range []Severity{Suspend, Silence} {
		for _, r := range all {
			if r.Severity == severity {
				list = append(list, r.published())
			}
		}
	}
	return list, true, nil
}

func (r Rule) published() Published {
	sum := sha256.Sum256([]byte(r.Domain))
	p := Published{Domain: r.Domain, Digest: hex.EncodeToString(sum[:]), Severity: r.Severity, Comment: r.PublicComment}
	if r.Obfuscate {
		p.Domain = obfuscated(r.Domain)
	}
	return p
}

// obfuscated leaves letters out as Mastodon does, so that both show the same: a quarter stands at each end, dots stay.
func obfuscated(domain string) string {
	var b strings.Builder
	n := len(domain)
	for i, c := range domain { // in ASCII
		if c != '.' && i > n/4 && i < n-n/4 {
			c = '*'
		}
		b.WriteRune(c)
	}
	return b.String()
}
