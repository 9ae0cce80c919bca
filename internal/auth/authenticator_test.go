package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// authenticator is a passkey device and the browser before it: it answers the options of a ceremony as both would.
// Tests spoil an answer by changing its fields.
type authenticator struct {
	origin       string
	rpID         string // "" : as the server asks
	challenge    string // "" : as the server asks
	unverified   bool   // answers without asking the person for a PIN or finger
	userHandle   []byte // nil: as registered
	id           []byte
	key          *ecdsa.PrivateKey
	counter      uint32
	registeredAs []byte
}

// Bits of the authenticator data (WebAuthn 6.1).
const (
	flagPresent  = 0x01
	flagVerified = 0x04
	flagAttested = 0x40
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 20)
	rand.Read(id)
	return &authenticator{origin: testBaseURL, id: id, key: key}
}

// options are the parts of both kinds of options that an authenticator looks at.
type options struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
		RP        struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"rp"`
		User struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"user"`
		Attestation            string `json:"attestation"`
		UserVerification       string `json:"userVerification"`
		AuthenticatorSelection struct {
			ResidentKey        string `json:"residentKey"`
			RequireResidentKey bool   `json:"requireResidentKey"`
			UserVerification   string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		ExcludeCredentials []struct {
			ID string `json:"id"`
		} `json:"excludeCredentials"`
	} `json:"publicKey"`
}

func parseOptions(t *testing.T, data []byte) (o options) {
	t.Helper()
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

var b64 = base64.RawURLEncoding

// create answers a registration.
func (a *authenticator) create(t *testing.T, data []byte) *http.Request {
	t.Helper()
	o := parseOptions(t, data)
	handle, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	a.registeredAs = handle

	encoder, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	coseKey, err := encoder.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}) // EC2, ES256, P-256
	if err != nil {
		t.Fatal(err)
	}
	authData := a.data(o.PublicKey.RP.ID, flagAttested)
	authData = append(authData, make([]byte, 16)...) // no model named
	authData = binary.BigEndian.AppendUint16(authData, uint16(len(a.id)))
	authData = append(append(authData, a.id...), coseKey...)
	attestation, err := encoder.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": authData})
	if err != nil {
		t.Fatal(err)
	}
	return a.request(t, map[string]any{
		"clientDataJSON":    b64.EncodeToString(a.clientData("webauthn.create", o)),
		"attestationObject": b64.EncodeToString(attestation),
		"transports":        []string{"internal"},
	})
}

// get answers a login.
func (a *authenticator) get(t *testing.T, data []byte) *http.Request {
	t.Helper()
	o := parseOptions(t, data)
	clientData := a.clientData("webauthn.get", o)
	authData := a.data(o.PublicKey.RPID, 0)
	clientHash := sha256.Sum256(clientData)
	digest := sha256.Sum256(append(bytes.Clone(authData), clientHash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	handle := a.userHandle
	if handle == nil {
		handle = a.registeredAs
	}
	return a.request(t, map[string]any{
		"clientDataJSON":    b64.EncodeToString(clientData),
		"authenticatorData": b64.EncodeToString(authData),
		"signature":         b64.EncodeToString(signature),
		"userHandle":        b64.EncodeToString(handle),
	})
}

func (a *authenticator) data(rpID string, flags byte) []byte {
	if a.rpID != "" {
		rpID = a.rpID
	}
	flags |= flagPresent
	if !a.unverified {
		flags |= flagVerified
	}
	hash := sha256.Sum256([]byte(rpID))
	a.counter++
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.counter)
}

func (a *authenticator) clientData(kind string, o options) []byte {
	challenge := o.PublicKey.Challenge
	if a.challenge != "" {
		challenge = a.challenge
	}
	data, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return data
}

func (a *authenticator) request(t *testing.T, response map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return requestOf(string(body))
}

func requestOf(body string) *http.Request {
	r := httptest.NewRequest("POST", testBaseURL+"/webauthn/x/abschluss", bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Test browser")
	return r
}
