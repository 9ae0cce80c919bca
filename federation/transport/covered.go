package transport

import (
	"net/http"
	"slices"
	"strings"
)

// Covers reports whether the signature of a request, which Verify has accepted, covers a header that has one value. What it
// does not cover, anybody on the way may have added.
func Covers(r *http.Request, name string) bool {
	if len(r.Header.Values(name)) != 1 {
		return false
	}
	name = strings.ToLower(name)
	if len(r.Header.Values(signatureInputHeader)) > 0 {
		sig, err := parseMessageSignature(r.Header)
		return err == nil && slices.Contains(sig.components, name)
	}
	sig, err := parseSignature(r.Header.Get("Signature"))
	return err == nil && slices.Contains(sig.headers, name)
}
