package transport

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
)

// FuzzSignature feeds the Signature header of the draft. Whatever is accepted must bind what it has to bind, and give one
// line for each header that it names, so that no header's value can pass for another's.
func FuzzSignature(f *testing.F) {
	for _, s := range []string{
		`keyId="https://a.example/u/x#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="YWJj"`,
		`keyId="k", headers="(created) (expires)", created=1, expires=2.5, signature="YWJj"`,
		`signature="YWJj" , headers="(request-target) host (created) digest", keyId="https://a.example",created=1793866150,expires=1793866160`,
		`a="b",,c="d"`, `keyId="k",headers="date Date",signature="YWJj"`, `keyId="k\",headers=\"date",signature="YWJj"`,
	} {
		f.Add(s, "/inbox?x=1")
	}
	f.Fuzz(func(t *testing.T, header, target string) {
		sig, err := parseSignature(header)
		if err != nil {
			return
		}
		if !isKeyID(sig.keyID) || len(sig.value) == 0 || len(sig.headers) == 0 || len(sig.headers) > maxSignedHeaders {
			t.Errorf("accepted %q as %+v", header, sig)
		}
		r := fuzzedRequest(target)
		r.Header.Set("Signature", header)
		if host := ClaimedHost(r); host != "" && host != hostOfURI(sig.keyID) {
			t.Errorf("%q claims %q", header, host)
		}
		for _, target := range targets(r) {
			text, err := sig.signingString(r, ourDomain, target)
			if err == nil && strings.Count(text, "\n") != len(sig.headers)-1 {
				t.Errorf("%q: %d lines for %d headers", header, strings.Count(text, "\n")+1, len(sig.headers))
			}
		}
		p, err := fuzzedClient().checkEnvelope(r, []byte("{}"))
		if err == nil && (!slices.Contains(sig.headers, "digest") || !slices.Contains(sig.headers, "host") || p.scheme != schemeDraft) {
			t.Errorf("%q binds %q", header, sig.headers)
		}
	})
}

// FuzzSignatureInput feeds the headers of RFC 9421. Whatever is accepted must read the same when it is written again, and
// bind method, address and body.
func FuzzSignatureInput(f *testing.F) {
	for _, s := range [][2]string{
		{`sig1=("@method" "@target-uri" "content-digest");created=1793866150;keyid="https://a.example/u/x#main-key"`, `sig1=:YWJj:`},
		{`sig1=("@method" "@target-uri" "@authority" "content-type" "content-digest");created=1793866150;keyid="https://a.example/u/x#main-key";alg="rsa-v1_5-sha256"`, `sig1=:YWJj:`},
		{`a=("@authority" "@path" "@query" "@method" "content-digest" "host");expires=1793866160;created=1793866150;keyid="k";nonce="a,b\"c";tag="activitypub"`, `a=:YWJj:;x`},
		{`sig1=("@method";req "@query-param";name="a");created=1;keyid="k"`, `sig1=:YWJj:`},
		{`sig1=("@method"), sig1=("date")`, `sig1=:YWJj:, sig1=:YWJj:`},
		{`sig1=();created=1.5;keyid=tok`, `sig1="YWJj"`}, {`sig1=("\"")`, ``},
	} {
		f.Add(s[0], s[1], "/inbox?x=1")
	}
	f.Fuzz(func(t *testing.T, input, signature, target string) {
		r := fuzzedRequest(target)
		r.Header.Set("Signature-Input", input)
		r.Header.Set("Signature", signature)
		_ = ClaimedHost(r)
		p, err := fuzzedClient().checkEnvelope(r, []byte("{}"))
		if err == nil && p.scheme != schemeMessage {
			t.Fatalf("%q is read as %s", input, p.scheme)
		}
		sig, parseErr := parseMessageSignature(r.Header)
		if parseErr != nil {
			if err == nil {
				t.Errorf("%q: accepted, though %v", input, parseErr)
			}
			return
		}
		again, err2 := httpsfv.UnmarshalDictionary([]string{"x=" + sig.params})
		if err2 != nil {
			t.Fatalf("%q: written as %q: %v", input, sig.params, err2)
		}
		member, _ := again.Get("x")
		if written, err := httpsfv.Marshal(member.(httpsfv.InnerList)); err != nil || written != sig.params {
			t.Errorf("%q: %q is not what it reads as: %q, %v", input, sig.params, written, err)
		}
		if text, err := sig.base(r, fuzzedClient().base); err == nil && strings.Count(text, "\n") != len(sig.components) {
			t.Errorf("%q: %d lines for %d components", input, strings.Count(text, "\n")+1, len(sig.components))
		}
		if err == nil && (!slices.Contains(sig.components, "@method") || !slices.Contains(sig.components, "content-digest") || !isKeyID(p.keyID) || len(p.value) == 0 ||
			!slices.ContainsFunc(sig.components, func(s string) bool { return s == "@target-uri" || s == "@authority" })) {
			t.Errorf("%q binds %q", input, sig.components)
		}
	})
}

// fuzzedRequest is what a server reads: it lets no line break into a header or a path.
func fuzzedRequest(target string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/inbox", nil)
	if u, err := url.ParseRequestURI(target); err == nil && strings.HasPrefix(target, "/") && !strings.ContainsAny(target, " \r\n") {
		r.URL, r.RequestURI = u, target
	}
	r.Header.Set("Date", time.Unix(1793866150, 0).UTC().Format(http.TimeFormat))
	r.Header.Set("Content-Type", activityType)
	r.Header.Set("Digest", digestOf("{}"))
	r.Header.Set("Content-Digest", contentDigestOf("{}"))
	return r
}

func fuzzedClient() *Client {
	return &Client{
		domain: ourDomain, base: &url.URL{Scheme: "http", Host: ourDomain},
		now: func() time.Time { return time.Unix(1793866150, 0) },
	}
}
