package transport

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSignature(t *testing.T) {
	t.Parallel()
	want := signature{keyID: "https://a.example/u/x#main-key", algorithm: "rsa-sha256", headers: []string{"(request-target)", "host", "date"}, value: []byte("abc")}
	for _, s := range []string{
		`keyId="https://a.example/u/x#main-key",algorithm="rsa-sha256",headers="(request-target) host date",signature="YWJj"`,
		`signature="YWJj" , headers="(request-target) Host date", keyId="https://a.example/u/x#main-key",  algorithm="RSA-SHA256"`,
		` keyId = "https://a.example/u/x#main-key",algorithm=rsa-sha256,headers="(request-target)  host  date",signature="YWJj",opaque="x"`,
	} {
		got, err := parseSignature(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(signature{})); diff != "" {
			t.Errorf("%s:\n%s", s, diff)
		}
	}
	got, err := parseSignature(`keyId="k",headers="(created)",signature="YWJj",created=1700000000,expires=1700000300.5`)
	if err != nil || got.created != 1700000000 || got.expires != 1700000300 {
		t.Errorf("times: %+v, %v", got, err)
	}
}

func TestParseSignatureRefuses(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"empty":             ``,
		"no keyId":          `headers="date",signature="YWJj"`,
		"keyId not ASCII":   "keyId=\"\xff\",headers=\"date\",signature=\"YWJj\"",
		"no signature":      `keyId="k",headers="date"`,
		"no headers":        `keyId="k",signature="YWJj"`,
		"empty headers":     `keyId="k",headers=" ",signature="YWJj"`,
		"not base64":        `keyId="k",headers="date",signature="*"`,
		"keyId twice":       `keyId="k",keyId="l",headers="date",signature="YWJj"`,
		"keyId twice, case": `keyId="k",KEYID="l",headers="date",signature="YWJj"`,
		"header twice":      `keyId="k",headers="date Date",signature="YWJj"`,
		"unclosed":          `keyId="k",headers="date",signature="YWJj`,
		"no comma":          `keyId="k" headers="date",signature="YWJj"`,
		"comma at the end":  `keyId="k",headers="date",signature="YWJj",`,
		"escape":            `keyId="k\",headers=\"date",signature="YWJj"`,
		"unknown algorithm": `keyId="k",algorithm="hmac-sha256",headers="date",signature="YWJj"`,
		"rsa-sha1":          `keyId="k",algorithm="rsa-sha1",headers="date",signature="YWJj"`,
		"bad created":       `keyId="k",headers="date",signature="YWJj",created=now`,
		"RFC 9421":          `sig1=:YWJj:`,
		"huge":              `keyId="` + strings.Repeat("k", maxSignature) + `",headers="date",signature="YWJj"`,
		"many headers":      `keyId="k",headers="a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7",signature="YWJj"`,
	} {
		if got, err := parseSignature(s); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

// What signRequest writes must fit a signing string made by hand, and be in the form that strict receivers read:
// keyId first, no blank after a comma, Digest beginning with SHA-256=.
func TestSignRequest(t *testing.T) {
	t.Parallel()
	const keyID = ourBase + "/actor#main-key"
	body := `{"type":"Create","name":"Größe"}`
	for name, c := range map[string]struct {
		method, address, body string
		wantHeaders           string
		wantText              string
	}{
		"post": {"POST", "https://peer.example/u/anna/inbox", body, "(request-target) host date digest",
			"(request-target): post /u/anna/inbox\nhost: peer.example\ndate: Thu, 05 Nov 2026 08:09:10 GMT\ndigest: " + digestOf(body)},
		"get with query": {"GET", "https://peer.example:8443/outbox?page=2&max=%20x", "", "(request-target) host date",
			"(request-target): get /outbox?page=2&max=%20x\nhost: peer.example:8443\ndate: Thu, 05 Nov 2026 08:09:10 GMT"},
		"escaped path": {"GET", "https://peer.example/u/j%C3%B6rg%2Fx", "", "(request-target) host date",
			"(request-target): get /u/j%C3%B6rg%2Fx\nhost: peer.example\ndate: Thu, 05 Nov 2026 08:09:10 GMT"},
		"no path": {"GET", "https://peer.example", "", "(request-target) host date",
			"(request-target): get /\nhost: peer.example\ndate: Thu, 05 Nov 2026 08:09:10 GMT"},
	} {
		req, err := http.NewRequest(c.method, c.address, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Date", time.Date(2026, 11, 5, 8, 9, 10, 0, time.UTC).Format(http.TimeFormat))
		var raw []byte
		if c.body != "" {
			raw = []byte(c.body)
		}
		for range 2 { // signing again, as for a redirect, replaces
			if err := signRequest(req, signingKey{id: keyID, private: testKey()}, raw); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if n := len(req.Header.Values("Signature")); n != 1 {
			t.Errorf("%s: %d Signature headers", name, n)
		}
		value, found := strings.CutPrefix(req.Header.Get("Signature"), `keyId="`+keyID+`",algorithm="rsa-sha256",headers="`+c.wantHeaders+`",signature="`)
		if !found {
			t.Errorf("%s: Signature: %s", name, req.Header.Get("Signature"))
			continue
		}
		sig, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(value, `"`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sum := sha256.Sum256([]byte(c.wantText))
		if err := rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA256, sum[:], sig); err != nil {
			t.Errorf("%s: does not sign %q", name, c.wantText)
		}
		if c.body != "" && req.Header.Get("Digest") != digestOf(c.body) {
			t.Errorf("%s: Digest: %s", name, req.Header.Get("Digest"))
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	t.Parallel()
	if _, err := parsePublicKey(publicPEM(testKey())); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"1024 bits": publicPEM(smallKey()), "no PEM": "key", "empty": "",
		"not a key": "-----BEGIN PUBLIC KEY-----\nYWJj\n-----END PUBLIC KEY-----\n",
	} {
		if _, err := parsePublicKey(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLRU(t *testing.T) {
	t.Parallel()
	l := newLRU[string, int](2)
	l.put("a", 1)
	l.put("b", 2)
	l.get("a")
	l.put("c", 3) // b was used longest ago
	if _, ok := l.get("b"); ok {
		t.Error("b is still there")
	}
	if v, ok := l.get("a"); !ok || v != 1 {
		t.Errorf("a = %d, %v", v, ok)
	}
	if v := l.getOrPut("c", func() int { return 9 }); v != 3 {
		t.Errorf("c = %d", v)
	}
	l.remove("c")
	if v := l.getOrPut("c", func() int { return 9 }); v != 9 || len(l.items) != 2 {
		t.Errorf("c = %d, %d entries", v, len(l.items))
	}
}
