package vocab

import (
	"encoding/hex"
	"strings"
	"testing"
)

// The example of FEP-8fcf.
const (
	exampleDigest = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
	exampleHeader = `collectionId="https://example.org/users/1/followers", url="https://example.org/users/1/followers_synchronization", digest="` + exampleDigest + `"`
)

func TestFollowersDigest(t *testing.T) {
	t.Parallel()
	ids := []string{"https://testing.example.org/users/1", "https://testing.example.org/users/2"}
	digest := FollowersDigest(ids)
	if got := hex.EncodeToString(digest[:]); got != exampleDigest {
		t.Errorf("digest %s", got)
	}
	if FollowersDigest([]string{ids[1], ids[0]}) != digest {
		t.Error("the order matters")
	}
	if FollowersDigest(nil) != [32]byte{} {
		t.Error("nobody adds up to something")
	}
}

func TestSynchronizationHeader(t *testing.T) {
	t.Parallel()
	s, ok := ParseSynchronization(exampleHeader)
	if !ok || s.CollectionID != "https://example.org/users/1/followers" || s.URL != "https://example.org/users/1/followers_synchronization" || hex.EncodeToString(s.Digest[:]) != exampleDigest {
		t.Fatalf("got %+v, %v", s, ok)
	}
	if s.String() != exampleHeader {
		t.Errorf("written %s", s)
	}
	if again, ok := ParseSynchronization(strings.ReplaceAll(exampleHeader, ", ", ",")); !ok || again != s {
		t.Errorf("without blanks: %+v, %v", again, ok)
	}
	for name, header := range map[string]string{
		"empty": "", "no digest": strings.Split(exampleHeader, ", digest")[0], "short digest": strings.Replace(exampleHeader, exampleDigest, "00", 1),
		"no digits": strings.Replace(exampleHeader, "c33f", "zzzz", 1), "twice": exampleHeader + `, digest="` + exampleDigest + `"`,
		"no address": strings.Replace(exampleHeader, "https://example.org/users/1/followers_", "javascript:", 1),
		"not quoted": strings.ReplaceAll(exampleHeader, `"`, ""), "unended": strings.TrimSuffix(exampleHeader, `"`), "long": exampleHeader + strings.Repeat(" ", maxSynchronization),
	} {
		if s, ok := ParseSynchronization(header); ok {
			t.Errorf("%s: read as %+v", name, s)
		}
	}
}

func FuzzParseSynchronization(f *testing.F) {
	f.Add(exampleHeader)
	f.Add(`collectionId="a"digest=""`)
	f.Fuzz(func(t *testing.T, header string) {
		s, ok := ParseSynchronization(header)
		if !ok {
			return
		}
		if again, ok := ParseSynchronization(s.String()); !ok || again != s {
			t.Errorf("%q is read as %+v, and that as %+v", header, s, again)
		}
	})
}
