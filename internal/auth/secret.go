package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// newSecret returns 256 random bits for the person and their hash for the database. A hash without salt is enough:
// nobody can guess such a secret, and the hash is what a row is found by.
func newSecret() (secret string, hash []byte) {
	var bits [32]byte
	rand.Read(bits[:]) //nolint:errcheck // never fails since Go 1.24
	secret = base64.RawURLEncoding.EncodeToString(bits[:])
	return secret, hashOf(secret)
}

// hashOf takes anything a stranger may send: an unknown secret costs the same look-up as a known one.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
