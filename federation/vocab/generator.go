package vocab

import "slices"

// MessageSignatures is how FEP-844e names RFC 9421, HTTP Message Signatures.
const MessageSignatures = "https://datatracker.ietf.org/doc/html/rfc9421"

// generator says which software speaks for an actor and what it understands beyond ActivityPub (FEP-844e): by it others
// know how they may sign, without asking for another document.
func (r *Renderer) generator() map[string]any {
	return map[string]any{
		"type": "Application", "id": r.baseURL + "/actor", "name": "Vorbild",
		"implements": []any{map[string]any{"href": MessageSignatures, "name": "RFC-9421: HTTP Message Signatures"}},
	}
}

// ReadsMessageSignatures reports whether an actor's document says that its server understands RFC 9421: its generator lists
// it, or the actor is the server itself.
func ReadsMessageSignatures(raw []byte) bool {
	f, err := parseFields(raw)
	if err != nil {
		return false
	}
	if slices.Contains(f.ids("implements"), MessageSignatures) {
		return true
	}
	generator, err := parseFields(f["generator"])
	return err == nil && slices.Contains(generator.ids("implements"), MessageSignatures)
}

// ActorStub is the part of an actor's document that others need to check its signatures and to write to it.
func (r *Renderer) ActorStub(raw []byte) ([]byte, error) {
	f, err := parseFields(raw)
	if err != nil {
		return nil, err
	}
	stub := map[string]any{}
	for _, key := range []string{"id", "type", "preferredUsername", "inbox", "publicKey", "generator"} {
		stub[key] = f[key]
	}
	return encode(stub)
}
