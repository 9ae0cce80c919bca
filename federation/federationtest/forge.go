package federationtest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
)

// Letter is a POST to an inbox that a test can falsify after it was signed.
type Letter struct {
	To          string // inbox
	Body        string
	ContentType string
	Signed      map[string]string // further headers that the signature covers
	Tamper      func(r *http.Request)
}

// Loopback sends to any name of localhost, without any of our own client's care.
var Loopback = &http.Client{
	Timeout: 30 * time.Second,
	Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}},
}

// Send signs a letter with the key of one of the instance's accounts, without any of our own client's care, and returns
// the status of the answer.
func (i *Instance) Send(signer account.Account, l Letter) int {
	i.T.Helper()
	_, keyPEM, err := i.Accounts.SigningKey(i.T.Context(), signer.ID)
	i.must(err)
	block, _ := pem.Decode([]byte(keyPEM))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	i.must(err)
	u, err := url.Parse(l.To)
	i.must(err)
	date := time.Now().UTC().Format(http.TimeFormat)
	sum := sha256.Sum256([]byte(l.Body))
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	text := fmt.Sprintf("(request-target): post %s\nhost: %s\ndate: %s\ndigest: %s", u.Path, u.Host, date, digest)
	covered := "(request-target) host date digest"
	for _, name := range slices.Sorted(maps.Keys(l.Signed)) {
		covered += " " + strings.ToLower(name)
		text += "\n" + strings.ToLower(name) + ": " + l.Signed[name]
	}
	hash := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, parsed.(*rsa.PrivateKey), crypto.SHA256, hash[:])
	i.must(err)
	r, err := http.NewRequestWithContext(i.T.Context(), http.MethodPost, l.To, bytes.NewReader([]byte(l.Body)))
	i.must(err)
	r.Header.Set("Content-Type", "application/activity+json")
	if l.ContentType != "" {
		r.Header.Set("Content-Type", l.ContentType)
	}
	r.Header.Set("Date", date)
	r.Header.Set("Digest", digest)
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`,
		signer.PublicKeyID, covered, base64.StdEncoding.EncodeToString(signature)))
	for name, value := range l.Signed {
		r.Header.Set(name, value)
	}
	if l.Tamper != nil {
		l.Tamper(r)
	}
	resp, err := Loopback.Do(r)
	i.must(err)
	resp.Body.Close()
	return resp.StatusCode
}

// State is everything a forged activity could change, to be compared before and after. Rows about accounts of the liar's
// own host are left out: that we have seen it is no harm.
func (i *Instance) State(liar *Instance) string {
	i.T.Helper()
	var b strings.Builder
	for _, table := range []string{"posts", "practices", "practice_terms", "practice_figures", "publications", "reuses", "assessments", "assessment_invitations", "follows", "favourites", "boosts", "tombstones", "mentions", "tags", "revisions", "notifications", "curations", "activities"} {
		var rows string
		err := i.DB.GetContext(i.T.Context(), &rows, `SELECT coalesce(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM `+table+` x`)
		i.must(err)
		b.WriteString(table + "\n" + rows + "\n")
	}
	var accounts string
	err := i.DB.GetContext(i.T.Context(), &accounts, `SELECT coalesce(string_agg(uri || ' ' || state || ' ' || display_name || ' ' || inbox_uri || ' ' || public_key_pem, E'\n' ORDER BY uri), '')
		FROM accounts WHERE coalesce(domain, '') <> $1`, liar.Config.Domain())
	i.must(err)
	return b.String() + "accounts\n" + accounts
}
