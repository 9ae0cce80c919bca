package account

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// keyPair is what an account signs its activities with.
type keyPair struct{ public, private string }

// generateKey makes a new key. RSA-2048 is what every peer understands.
func generateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// KeysBy lets another source than crypto/rsa make the keys of new accounts. Call it before any is made.
func (s *Service) KeysBy(generate func() (*rsa.PrivateKey, error)) { s.generateKey = generate }

// newKeyPair takes some 100 ms: never call it within a transaction.
func (s *Service) newKeyPair() (keyPair, error) {
	key, err := s.generateKey()
	if err != nil {
		return keyPair{}, fmt.Errorf("generate key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode public key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode private key: %w", err)
	}
	return keyPair{
		public:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}, nil
}
