// Package accounttest makes the accounts of tests quickly: what costs most of the time of a test that starts an instance is to
// find the primes of its keys.
package accounttest

import (
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// New is account.New with the keys of this test.
func New(t testing.TB, db *sqlx.DB, organizations *organization.Service, jobs *job.Queue, baseURL, domain string) *account.Service {
	s := account.New(db, organizations, jobs, baseURL, domain)
	s.KeysBy(Keys(t))
	return s
}

var pool struct {
	mu    sync.Mutex
	keys  []*rsa.PrivateKey
	given map[string]int // to each test
}

// Keys gives out real keys, no two alike within a test and its parts. Other tests, whose instances never meet these, get the
// same ones.
func Keys(t testing.TB) func() (*rsa.PrivateKey, error) {
	test, _, _ := strings.Cut(t.Name(), "/")
	return func() (*rsa.PrivateKey, error) {
		pool.mu.Lock()
		defer pool.mu.Unlock()
		n := pool.given[test]
		if n == len(pool.keys) {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				return nil, err
			}
			pool.keys = append(pool.keys, key)
		}
		if pool.given == nil {
			pool.given = map[string]int{}
		}
		pool.given[test] = n + 1
		return pool.keys[n], nil
	}
}
