package vocab_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/federation/vocab"
)

func TestReadsMessageSignatures(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		`{"generator":{"implements":[{"href":"https://datatracker.ietf.org/doc/html/rfc9421","name":"RFC-9421"}]}}`: true,
		`{"generator":{"implements":[{"href":"https://a.example"},{"href":"` + vocab.MessageSignatures + `"}]}}`:    true,
		`{"generator":{"implements":"` + vocab.MessageSignatures + `"}}`:                                            true,
		`{"implements":{"id":"` + vocab.MessageSignatures + `"}}`:                                                   true,
		`{"generator":"https://peer.example/actor"}`:                                                                false,
		`{"generator":{"implements":[]}}`:                                                                           false,
		`{"generator":{"name":"` + vocab.MessageSignatures + `"}}`:                                                  false,
		`{"implements":[{"href":"https://datatracker.ietf.org/doc/html/rfc9421.evil.example"}]}`:                    false,
		`{}`: false, `[]`: false, ``: false,
	} {
		if got := vocab.ReadsMessageSignatures([]byte(raw)); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

// A stub is the same actor with nothing of its profile; its software can be told by it too.
func TestActorStub(t *testing.T) {
	t.Parallel()
	r := vocab.NewRenderer("https://sh.example", nil)
	whole := `{"@context":"x","id":"https://sh.example/u/anna","type":"Person","preferredUsername":"anna","name":"Anna","summary":"geheim",
		"inbox":"https://sh.example/u/anna/inbox","outbox":"https://sh.example/u/anna/outbox","publicKey":{"id":"https://sh.example/u/anna#main-key","owner":"https://sh.example/u/anna","publicKeyPem":"PEM"},
		"generator":{"implements":[{"href":"` + vocab.MessageSignatures + `"}]}}`
	stub, err := r.ActorStub([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(stub, &doc); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for key := range doc {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != "@context generator id inbox preferredUsername publicKey type" {
		t.Errorf("keys: %s", got)
	}
	a, err := vocab.ParseActor(stub)
	if err != nil || a.URI != "https://sh.example/u/anna" || a.PublicKeyPEM != "PEM" || a.DisplayName != "" || !vocab.ReadsMessageSignatures(stub) {
		t.Errorf("%+v, %v", a, err)
	}
}
