package mastodon

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"github.com/vorbild/vorbild/internal/auth"
)

const (
	// streamBacklog is how many messages may wait for one connection; who does not keep up is cut off and comes again.
	streamBacklog = 256
	// heartbeat keeps proxies from cutting what is silent.
	heartbeat = 30 * time.Second
	// sendTimeout is how long one message may take to be sent.
	sendTimeout = 10 * time.Second
)

// listener is one connection of a client.
type listener struct {
	secret string
	caller string

	messages chan message
	ended    chan struct{}
	once     sync.Once
	reason   reason // of the end; read after ended is closed

	// What the router reads while the connection writes, guarded by streams.mu.
	grant         auth.Grant
	subscriptions map[stream][]byte // with the label that messages bear, a JSON array
}

// reason is why the server ends a connection.
type reason int

const (
	tooSlow reason = iota + 1
	tokenEnded
	goingAway
)

func (r reason) String() string {
	switch r {
	case tooSlow:
		return "too slow"
	case tokenEnded:
		return "The access token is invalid"
	case goingAway:
		return "going away"
	}
	return ""
}

func newListener(secret string, grant auth.Grant, caller string) *listener {
	return &listener{
		secret: secret, caller: caller, grant: grant, messages: make(chan message, streamBacklog), ended: make(chan struct{}),
		subscriptions: map[stream][]byte{},
	}
}

// tell never waits.
func (l *listener) tell(m message) {
	select {
	case l.messages <- m:
	default:
		l.end(tooSlow)
	}
}

func (l *listener) end(why reason) {
	l.once.Do(func() {
		l.reason = why
		close(l.ended)
	})
}

// message is one event, or with whole only what stands in it.
type message struct {
	label   []byte // ["user"]
	event   string
	payload *payload
	whole   []byte
}

// payload is shared by all whom an event concerns.
type payload struct {
	plain  []byte // one line
	quoted []byte // as a JSON string
}

func newPayload(plain []byte) (*payload, error) {
	plain = bytes.TrimSuffix(plain, []byte("\n"))
	quoted, err := encode(string(plain))
	if err != nil {
		return nil, err
	}
	return &payload{plain, bytes.TrimSuffix(quoted, []byte("\n"))}, nil
}

// frame is a message as WebSockets carry it.
func (m message) frame() []byte {
	if m.whole != nil {
		return m.whole
	}
	var b bytes.Buffer
	b.WriteString(`{"stream":`)
	b.Write(m.label)
	b.WriteString(`,"event":"` + m.event + `"`)
	if m.payload != nil {
		b.WriteString(`,"payload":`)
		b.Write(m.payload.quoted)
	}
	b.WriteString(`}`)
	return b.Bytes()
}

// lines is a message as a server-sent event.
func (m message) lines() []byte {
	var b bytes.Buffer
	b.WriteString("event: " + m.event + "\ndata: ")
	if m.payload != nil {
		b.Write(m.payload.plain)
	}
	b.WriteString("\n\n")
	return b.Bytes()
}

// errorMessage is what goes wrong on a socket.
func errorMessage(text string, status int) message {
	whole, _ := json.Marshal(struct {
		Error  string `json:"error"`
		Status int    `json:"status"`
	}{text, status}) // a text and a number
	return message{whole: whole}
}
