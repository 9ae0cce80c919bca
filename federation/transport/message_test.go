package transport

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
)

// message is a request to our inbox signed by RFC 9421, written out by hand from the RFC and sharing no code with the package.
// Tests change single parts to see them refused.
type message struct {
	method, target string
	url            string // signed as @target-uri
	authority      string
	body, digest   string
	components     []string
	params         string // after created
	created        int64
	keyID          string
	key            *rsa.PrivateKey
	label          string
	tamper         func(*http.Request) // after signing
}

func newMessage(keyID string, key *rsa.PrivateKey) message {
	body := `{"type":"Create"}`
	return message{
		method: "POST", target: "/inbox", url: ourBase + "/inbox", authority: ourDomain, body: body, digest: contentDigestOf(body),
		components: []string{"@method", "@target-uri", "content-digest"},
		created:    time.Now().Unix(), keyID: keyID, key: key, label: "sig1",
	}
}

func contentDigestOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func (m message) input() string {
	input := `("` + strings.Join(m.components, `" "`) + `")`
	if m.created != 0 {
		input += fmt.Sprintf(";created=%d", m.created)
	}
	if m.keyID != "" {
		input += `;keyid="` + m.keyID + `"`
	}
	return input + m.params
}

func (m message) request() *http.Request {
	r := httptest.NewRequest(m.method, "http://"+ourDomain+m.target, strings.NewReader(m.body))
	r.RequestURI, r.Host = m.target, ourDomain
	r.Header.Set("Content-Type", "application/activity+json")
	r.Header.Set("Date", "Thu, 05 Nov 2026 08:09:10 GMT") // which is not looked at
	if m.digest != "" {
		r.Header.Set("Content-Digest", m.digest)
	}
	path, query, _ := strings.Cut(m.target, "?")
	var text strings.Builder
	for _, name := range m.components {
		value := map[string]string{
			"@method": m.method, "@target-uri": m.url, "@authority": m.authority, "@scheme": "http", "@path": path, "@query": "?" + query,
			"@request-target": m.target, "host": m.authority,
		}[name]
		if !strings.HasPrefix(name, "@") && name != "host" {
			value = r.Header.Get(name)
		}
		fmt.Fprintf(&text, "\"%s\": %s\n", name, value)
	}
	text.WriteString(`"@signature-params": ` + m.input())
	sum := sha256.Sum256([]byte(text.String()))
	value, err := rsa.SignPKCS1v15(rand.Reader, m.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	r.Header.Set("Signature-Input", m.label+"="+m.input())
	r.Header.Set("Signature", m.label+"=:"+base64.StdEncoding.EncodeToString(value)+":")
	if m.tamper != nil {
		m.tamper(r)
	}
	return r
}

func TestVerifyMessage(t *testing.T) {
	t.Parallel()
	c, p := newClient(t), newPeer(t, "peer")
	anna := stored(t, c, p, "anna", time.Minute)
	now := time.Now()
	c.now = func() time.Time { return now }
	get := func(m *message) {
		m.method, m.body, m.digest, m.components = "GET", "", "", []string{"@method", "@target-uri"}
	}
	swap := func(old, new string) func(m *message) {
		return func(m *message) {
			for i, name := range m.components {
				if name == old {
					m.components[i] = new
				}
			}
		}
	}

	accepted := map[string]func(*message){
		"Mastodon":           func(*message) {},
		"as we send":         func(m *message) { m.components = messageOnPost; m.params = `;alg="rsa-v1_5-sha256"` },
		"any label":          func(m *message) { m.label = "activitypub" },
		"nonce and tag":      func(m *message) { m.params = `;nonce="a,b\"c";tag="activitypub"` },
		"authority and path": func(m *message) { m.components = []string{"@authority", "@path", "@method", "content-digest"} },
		"authority and target": func(m *message) {
			m.components = []string{"@method", "@authority", "@request-target", "content-digest"}
		},
		"every derived component": func(m *message) {
			m.components = append(m.components, "@authority", "@scheme", "@path", "@query", "@request-target", "host")
		},
		"plain headers":        func(m *message) { m.components = append(m.components, "date", "content-type") },
		"query in the address": func(m *message) { m.target, m.url = "/inbox?a=%2F&b", ourBase+"/inbox?a=%2F&b" },
		"query signed for itself": func(m *message) {
			m.target = "/inbox?a=1"
			m.components = []string{"@method", "@authority", "@path", "@query", "content-digest"}
		},
		"old enough":        func(m *message) { m.created = now.Unix() - 3590 },
		"ahead":             func(m *message) { m.created = now.Unix() + 3590 },
		"not yet expired":   func(m *message) { m.params = fmt.Sprintf(";expires=%d", now.Unix()+1) },
		"several digests":   func(m *message) { m.digest = "sha-512=:YWJj:, " + m.digest },
		"get":               get,
		"get with a digest": func(m *message) { get(m); m.digest = contentDigestOf("x") },
		"forwarded by a proxy": func(m *message) {
			m.tamper = func(r *http.Request) { r.Host = "10.0.0.7:8080"; r.Header.Set("X-Forwarded-Host", "evil.example") }
		},
		"blanks where they may be": func(m *message) {
			m.tamper = func(r *http.Request) {
				r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), `("@method" `, `(  "@method"   `, 1))
			}
		},
		"signature with parameters": func(m *message) {
			m.tamper = func(r *http.Request) { r.Header.Set("Signature", r.Header.Get("Signature")+";x=1") }
		},
	}
	for name, change := range accepted {
		m := newMessage(anna.PublicKeyID, testKey())
		change(&m)
		if got, err := c.Verify(t.Context(), m.request(), []byte(m.body)); err != nil || got.ID != anna.ID {
			t.Errorf("%s: got account %d, %v", name, got.ID, err)
		}
	}

	set := func(name, value string) func(*message) {
		return func(m *message) { m.tamper = func(r *http.Request) { r.Header.Set(name, value) } }
	}
	edit := func(name string, f func(string) string) func(*message) {
		return func(m *message) { m.tamper = func(r *http.Request) { r.Header.Set(name, f(r.Header.Get(name))) } }
	}
	add := func(name, value string) func(*message) {
		return func(m *message) { m.tamper = func(r *http.Request) { r.Header.Add(name, value) } }
	}
	refused := map[string]func(*message){
		"body changed":            func(m *message) { m.body += " " },
		"body and digest changed": func(m *message) { m.body += " "; set("Content-Digest", contentDigestOf(m.body))(m) },
		"other key":               func(m *message) { m.key = otherKey() },
		"made for another host":   func(m *message) { m.url = "http://victim.example/inbox" },
		"forwarded for that host": func(m *message) { m.url = "http://victim.example/inbox"; set("X-Forwarded-Host", "victim.example")(m) },
		"other authority":         func(m *message) { m.authority = "victim.example"; m.components = append(m.components, "@authority") },
		"other path":              func(m *message) { m.url = ourBase + "/u/anna/inbox" },
		"other scheme":            func(m *message) { m.url = "https://" + ourDomain + "/inbox" },
		"other method":            func(m *message) { m.tamper = func(r *http.Request) { r.Method = "PUT" } },
		"query added":             func(m *message) { m.tamper = func(r *http.Request) { r.RequestURI += "?x=1" } },
		"old":                     func(m *message) { m.created = now.Unix() - 3610 },
		"from the future":         func(m *message) { m.created = now.Unix() + 3610 },
		"no created":              func(m *message) { m.created = 0 },
		"created negative":        func(m *message) { m.created = -1 },
		"created a string":        func(m *message) { m.created = 0; m.params = `;created="now"` },
		"created with fraction":   func(m *message) { m.created = 0; m.params = fmt.Sprintf(";created=%d.5", now.Unix()) },
		"expired":                 func(m *message) { m.params = fmt.Sprintf(";expires=%d", now.Unix()-61) },
		"expires no number":       func(m *message) { m.params = `;expires` },
		"Ed25519":                 func(m *message) { m.params = `;alg="ed25519"` },
		"PSS":                     func(m *message) { m.params = `;alg="rsa-pss-sha512"` },
		"HMAC":                    func(m *message) { m.params = `;alg="hmac-sha256"` },
		"algorithm a token":       func(m *message) { m.params = `;alg=rsa-v1_5-sha256` },
		"method unsigned":         func(m *message) { m.components = m.components[1:] },
		"address unsigned":        func(m *message) { m.components = []string{"@method", "content-digest"} },
		"authority only":          swap("@target-uri", "@authority"),
		"path only":               swap("@target-uri", "@path"),
		"query unsigned": func(m *message) {
			m.target = "/inbox?a=1"
			m.components = []string{"@method", "@authority", "@path", "content-digest"}
		},
		"digest unsigned":        func(m *message) { m.components = m.components[:2] },
		"no digest":              func(m *message) { m.digest = "" },
		"digest of another kind": func(m *message) { m.digest = "sha-512=:YWJj:" },
		"digest of the draft":    func(m *message) { m.digest = digestOf(m.body) },
		"digest no dictionary":   func(m *message) { m.digest = "sha-256=:" },
		"digest not bytes":       func(m *message) { m.digest = "sha-256" },
		"two digest headers":     add("Content-Digest", "sha-512=:YWJj:"),
		"huge digest":            func(m *message) { m.digest += `, x="` + strings.Repeat("y", maxSignature) + `"` },
		"header missing":         func(m *message) { m.components = append(m.components, "x-missing") },
		"two lines of a header": func(m *message) {
			m.components = append(m.components, "content-type")
			add("Content-Type", "text/html")(m)
		},
		"no keyid":                 func(m *message) { m.keyID = "" },
		"keyid a token":            func(m *message) { m.keyID = ""; m.params = ";keyid=abc" },
		"keyid no address":         func(m *message) { m.keyID = "main-key" },
		"our own key":              func(m *message) { m.keyID = ourBase + "/actor#main-key" },
		"key in a private network": func(m *message) { m.keyID = "https://169.254.169.254/latest/meta-data#main-key" },
		"key on loopback":          func(m *message) { m.keyID = "https://127.0.0.1/u/x#main-key" },
		"key of another protocol":  func(m *message) { m.keyID = "file:///etc/passwd" },
		"key behind credentials":   func(m *message) { m.keyID = "https://user:pass@peer.example/u/x#main-key" },
		"component twice":          func(m *message) { m.components = append(m.components, "@method") },
		"component in capitals":    func(m *message) { m.components = append(m.components, "Date") },
		"unknown component":        func(m *message) { m.components = append(m.components, "@status") },
		"query parameter":          edit("Signature-Input", func(s string) string { return strings.Replace(s, `"@method"`, `"@method" "@query-param";name="a"`, 1) }),
		"component with parameter": edit("Signature-Input", func(s string) string { return strings.Replace(s, `"content-digest"`, `"content-digest";sf`, 1) }),
		"of the answered request":  edit("Signature-Input", func(s string) string { return strings.Replace(s, `"@method"`, `"@method";req`, 1) }),
		"component a token":        edit("Signature-Input", func(s string) string { return strings.Replace(s, `"@method"`, `method`, 1) }),
		"many components": func(m *message) {
			for i := range 40 {
				m.components = append(m.components, fmt.Sprint("x-", i))
			}
		},
		"no components":          edit("Signature-Input", func(s string) string { return "sig1=()" + s[strings.Index(s, ")")+1:] }),
		"no list":                set("Signature-Input", "sig1=1"),
		"malformed":              set("Signature-Input", `sig1=("@method"`),
		"empty":                  set("Signature-Input", ""),
		"huge":                   edit("Signature-Input", func(s string) string { return s + `;nonce="` + strings.Repeat("x", maxSignature) + `"` }),
		"huge signature":         edit("Signature", func(s string) string { return s + `;x="` + strings.Repeat("x", maxSignature) + `"` }),
		"two Signature-Inputs":   add("Signature-Input", `sig2=("@method");created=1`),
		"two Signatures":         add("Signature", "sig2=:YWJj:"),
		"two labels":             edit("Signature-Input", func(s string) string { return s + ", sig2=" + strings.TrimPrefix(s, "sig1=") }),
		"the same label twice":   edit("Signature-Input", func(s string) string { return s + ", " + s }),
		"a signature twice":      edit("Signature", func(s string) string { return s + ", " + s }),
		"other label":            edit("Signature", func(s string) string { return strings.Replace(s, "sig1", "sig2", 1) }),
		"signature no bytes":     set("Signature", `sig1="YWJj"`),
		"signature empty":        set("Signature", `sig1=::`),
		"signature missing":      func(m *message) { m.tamper = func(r *http.Request) { r.Header.Del("Signature") } },
		"signature of the draft": func(m *message) { m.tamper = func(r *http.Request) { addDraft(r, anna.PublicKeyID, m.body) } },
		"both, the draft's is good": func(m *message) {
			m.tamper = func(r *http.Request) {
				addDraft(r, anna.PublicKeyID, m.body)
				r.Header.Set("Signature-Input", "sig1=()")
			}
		},
	}
	for name, change := range refused {
		m := newMessage(anna.PublicKeyID, testKey())
		change(&m)
		if got, err := c.Verify(t.Context(), m.request(), []byte(m.body)); !fault.Is(err, fault.Unauthorized) || got.ID != 0 {
			t.Errorf("%s: got account %d, %v", name, got.ID, err)
		}
	}
	if n := p.askedAtAll(); n != 0 {
		t.Errorf("%d questions to the peer, whose key we have", n)
	}
}

// addDraft signs a request by the draft as well, as it would be accepted alone.
func addDraft(r *http.Request, keyID, body string) {
	l := newLetter(keyID, testKey())
	l.body, l.digest = body, digestOf(body)
	draft := l.request()
	for _, name := range []string{"Date", "Digest", "Signature"} {
		r.Header.Set(name, draft.Header.Get(name))
	}
}

// The signature of a proxy in RFC 9421, 4.3, by the key of appendix B.1.1.
func TestMessageKnownAnswer(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "https://origin.host.internal.example/foo?param=Value&Pet=dog", nil)
	r.RequestURI, r.Host = "/foo?param=Value&Pet=dog", "somewhere.else.example"
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "Content-Length": {"18"}, "Forwarded": {"for=192.0.2.123;host=example.com;proto=https"},
		"Content-Digest":  {"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"},
		"Signature-Input": {`proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded");created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540`},
		"Signature":       {`proxy_sig=:S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==:`},
	}
	key, err := parsePublicKey(`-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----
`)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := parseMessageSignature(r.Header)
	if err != nil {
		t.Fatal(err)
	}
	ours := &url.URL{Scheme: "https", Host: "origin.host.internal.example"}
	text, err := sig.base(r, ours)
	if err != nil {
		t.Fatal(err)
	}
	if err := (proof{value: sig.value, texts: []string{text}}).fits(key); err != nil {
		t.Errorf("%v:\n%s", err, text)
	}
	if err := sig.checkTime(time.Unix(1618884480, 0)); err != nil {
		t.Error(err)
	}
	if err := sig.checkTime(time.Unix(1618884540+61, 0)); err == nil {
		t.Error("not expired")
	}
	if text, _ := sig.base(r, &url.URL{Scheme: "https", Host: "example.com"}); (proof{value: sig.value, texts: []string{text}}).fits(key) == nil {
		t.Error("fits another host")
	}
}

// What signMessage writes must fit a text made by hand, and be in the form that strict receivers read.
func TestSignMessage(t *testing.T) {
	t.Parallel()
	const keyID = ourBase + "/actor#main-key"
	now := time.Unix(1793866150, 0)
	body := `{"type":"Create","name":"Größe"}`
	for name, c := range map[string]struct{ method, address, body, input, text string }{
		"post": {
			"POST", "https://peer.example/u/anna/inbox", body,
			`("@method" "@target-uri" "@authority" "content-type" "content-digest" "collection-synchronization");created=1793866150;keyid="` + keyID + `";alg="rsa-v1_5-sha256"`,
			"\"@method\": POST\n\"@target-uri\": https://peer.example/u/anna/inbox\n\"@authority\": peer.example\n\"content-type\": application/activity+json\n\"content-digest\": " +
				contentDigestOf(body) + "\n\"collection-synchronization\": a=\"b\"\n",
		},
		"get with query": {
			"GET", "https://Peer.example:8443/j%C3%B6rg?page=2&max=%20x", "",
			`("@method" "@target-uri" "@authority");created=1793866150;keyid="` + keyID + `";alg="rsa-v1_5-sha256"`,
			"\"@method\": GET\n\"@target-uri\": https://peer.example:8443/j%C3%B6rg?page=2&max=%20x\n\"@authority\": peer.example:8443\n",
		},
		"get": {
			"GET", "https://peer.example", "", `("@method" "@target-uri" "@authority");created=1793866150;keyid="` + keyID + `";alg="rsa-v1_5-sha256"`,
			"\"@method\": GET\n\"@target-uri\": https://peer.example/\n\"@authority\": peer.example\n",
		},
	} {
		req, err := http.NewRequest(c.method, c.address, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		var raw []byte
		var more []string
		if c.body != "" {
			raw, more = []byte(c.body), []string{"collection-synchronization"}
			req.Header.Set("Content-Type", "application/activity+json")
			req.Header.Set("Collection-Synchronization", `a="b"`)
		}
		if err := signMessage(req, signingKey{id: keyID, private: testKey()}, raw, now, more...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := req.Header.Get("Signature-Input"); got != "sig1="+c.input {
			t.Errorf("%s: %s", name, got)
		}
		value, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(req.Header.Get("Signature"), "sig1=:"), ":"))
		sum := sha256.Sum256([]byte(c.text + `"@signature-params": ` + c.input))
		if err := rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA256, sum[:], value); err != nil {
			t.Errorf("%s: does not sign %q", name, c.text)
		}
		if req.Header.Get("Digest") != "" {
			t.Errorf("%s: both kinds", name)
		}
	}
}

// What cannot be read must not be read, whether or not its signature would fit.
func TestParseMessageSignatureRefuses(t *testing.T) {
	t.Parallel()
	const good, params = `"@method" "@target-uri" "content-digest"`, `;created=1793866150;keyid="https://a.example/u/x#main-key"`
	parse := func(input, signature string) error {
		_, err := parseMessageSignature(http.Header{"Signature-Input": {input}, "Signature": {signature}})
		return err
	}
	if err := parse(`sig1=(`+good+`)`+params, `sig1=:YWJj:`); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]string{
		"structured field": `"@method" "@target-uri" "content-digest";sf`, "key of a dictionary": `"content-digest";key="sha-256"`, "bytes": `"content-digest";bs`,
		"of the answered request": `"@method";req`, "of the trailer": `"@method" "x";tr`, "query parameter": `"@query-param";name="a"`, "of an answer": `"@status"`,
		"signature parameters": `"@signature-params"`, "capitals": `"Date"`, "blank": `"x y"`, "nothing": `""`, "token": `date`, "twice": `"date" "date"`, "none": ``,
	} {
		if parse(`sig1=(`+list+`)`+params, `sig1=:YWJj:`) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for name, s := range map[string][2]string{
		"two labels":       {`sig1=(` + good + `)` + params + `, sig2=(` + good + `)` + params, `sig1=:YWJj:`},
		"a label twice":    {`sig1=(` + good + `)` + params + `, sig1=(` + good + `)` + params, `sig1=:YWJj:`},
		"two values":       {`sig1=(` + good + `)` + params, `sig1=:YWJj:, sig1=:YWJj:`},
		"another label":    {`sig1=(` + good + `)` + params, `sig2=:YWJj:`},
		"value a string":   {`sig1=(` + good + `)` + params, `sig1="YWJj"`},
		"value a list":     {`sig1=(` + good + `)` + params, `sig1=(:YWJj:)`},
		"value empty":      {`sig1=(` + good + `)` + params, `sig1=::`},
		"Ed25519":          {`sig1=(` + good + `)` + params + `;alg="ed25519"`, `sig1=:YWJj:`},
		"no list":          {`sig1="@method"` + params, `sig1=:YWJj:`},
		"created a string": {`sig1=(` + good + `);created="1";keyid="k"`, `sig1=:YWJj:`},
	} {
		if parse(s[0], s[1]) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
