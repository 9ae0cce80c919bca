package vocab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// SynchronizationHeader is the name of the header by which a server tells who it believes follows the sender (FEP-8fcf).
const SynchronizationHeader = "Collection-Synchronization"

// MaxSynchronized is how many followers of one account on one host are listed; where there are more, nothing is compared.
const MaxSynchronized = 5000

// SynchronizationURI is where we list the followers of an account of ours for one host, by the id of all its followers.
func SynchronizationURI(followersURI string) string { return followersURI + "_synchronization" }

// maxSynchronization is the longest header we read, in bytes.
const maxSynchronization = 6 << 10

// Synchronization is that header's value.
type Synchronization struct {
	CollectionID string // the sender's followers
	URL          string // where those of the receiver's host are listed
	Digest       [sha256.Size]byte
}

// String writes it in the syntax of the Signature header of draft-cavage-http-signatures-12.
func (s Synchronization) String() string {
	return fmt.Sprintf(`collectionId="%s", url="%s", digest="%s"`, s.CollectionID, s.URL, hex.EncodeToString(s.Digest[:]))
}

var synchronizationParam = regexp.MustCompile(`^\s*([A-Za-z]+)\s*=\s*"([^"\\]*)"\s*(?:,|$)`)

// ParseSynchronization reads a header; ok is false for anything but one value of each parameter.
func ParseSynchronization(header string) (s Synchronization, ok bool) {
	if len(header) > maxSynchronization {
		return s, false
	}
	params := map[string]string{}
	for rest := header; strings.TrimSpace(rest) != ""; {
		m := synchronizationParam.FindStringSubmatch(rest)
		if m == nil {
			return s, false
		}
		if _, twice := params[m[1]]; twice {
			return s, false
		}
		params[m[1]] = m[2]
		rest = rest[len(m[0]):]
	}
	digest, err := hex.DecodeString(params["digest"])
	if err != nil || len(digest) != sha256.Size {
		return s, false
	}
	s = Synchronization{CollectionID: params["collectionId"], URL: params["url"], Digest: [sha256.Size]byte(digest)}
	return s, HostOf(s.CollectionID) != "" && HostOf(s.URL) != ""
}

// FollowersDigest is the XOR of the SHA-256 of each id, by which two servers compare their lists without showing them.
func FollowersDigest(ids []string) (digest [sha256.Size]byte) {
	for _, id := range ids {
		sum := sha256.Sum256([]byte(id))
		for i := range digest {
			digest[i] ^= sum[i]
		}
	}
	return digest
}
