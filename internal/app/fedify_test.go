package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"
)

// fedifyDir holds a peer made with Fedify and the checks of activitypub-testing, both pinned: software that knows nothing
// of ours. `make fedify` installs them (Node 20 or later), and
//
//	go test ./internal/app -run 'TestFedify|TestActivityPubTesting' -v
//
// prints the table of what we and the peer made of each other's activities.
const fedifyDir = "testdata/fedify"

const (
	cavage  = "draft-cavage-http-signatures-12"
	rfc9421 = "rfc9421"
)

// fedify is a running peer. Its own address is under .localhost, so that it is reached as any other server of a test.
type fedify struct {
	t      testing.TB
	Origin string
	Orders string
}

// node prepares a script of fedifyDir.
func node(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := os.Stat(filepath.Join(fedifyDir, "node_modules", ".package-lock.json")); err != nil {
		t.Fatalf("Fedify is missing: run make fedify (%v)", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	cmd.Dir = fedifyDir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "NODE_NO_WARNINGS=1")
	return cmd
}

// startFedify starts a peer that tries that kind of signature first.
func startFedify(t testing.TB, firstKnock string) *fedify {
	t.Helper()
	cmd := node(t, "peer.mjs")
	cmd.Env = append(cmd.Env, "FIRST_KNOCK="+firstKnock)
	cmd.Stderr = testWriter{t}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends with that, also when we are killed
		_ = cmd.Wait()
	})
	f := &fedify{t: t}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, f)
	}
	if err != nil {
		t.Fatalf("the peer does not start: %v %s", err, line)
	}
	return f
}

type args map[string]any

// order tells the peer to do something, and reads what it answers into into unless that is nil.
func (f *fedify) order(name string, a args, into any) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	resp, err := loopback.Post(f.Orders+"/"+name, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("peer, %s: %s", name, answer.String())
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Bytes(), into)
}

// id orders what makes something with an id, and returns that.
func (f *fedify) id(name string, a args) (id string, err error) { return id, f.order(name, a, &id) }

func (f *fedify) actor(name string) string { return f.Origin + "/users/" + name }

func (f *fedify) handle(name string) string { return name + "@" + f.Origin[len("http://"):] }

// fedifyPost is what Fedify's classes read out of a post.
type fedifyPost struct {
	ID, Type, By, Title, Summary, Content string
	Languages, Hashtags, To, Cc           []string
	Mentions                              []struct{ Name, Href string }
	Pictures                              []struct{ Type, URL, MediaType, Name string }
	Options                               []fedifyOption
	Answers, URL, Published, Updated      string
	Ends, Closed, Audience                string
	Voters                                *int
	Sensitive                             bool
}

type fedifyOption struct {
	Name  string
	Votes int
}

// fedifyState is what the peer knows.
type fedifyState struct {
	Followers  map[string]map[string]any // of its actors: by the follower's id
	Following  map[string]map[string]string
	Asked      map[string]map[string]string
	Refused    map[string]map[string]string
	Posts      map[string]fedifyPost
	Likes      map[string]string // "actor object": id
	Shares     map[string]string
	Votes      map[string]map[string]string // by question: "actor option"
	People     map[string]string            // name by id
	Announced  []fedifyAnnounce
	Activities []struct{ Type, ID, Actor string }
	Errors     []string
}

type fedifyAnnounce struct {
	ID, Group, Object, Inner, About string
	Embedded                        bool
	Read                            *fedifyPost
}

func (f *fedify) state() (s fedifyState, err error) { return s, f.order("state", nil, &s) }

// request is one that the peer got (From "peer") or made (From "us").
type request struct {
	From, Method, Path, Signature string
	Status                        int
}

func (f *fedify) wire() (list []request, err error) { return list, f.order("wire", nil, &list) }

// until asks again until it holds, and returns what was wrong last. Only a broken test waits that long.
func until(holds func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(40 * time.Millisecond) {
		err := holds()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// knows waits until the peer's state is as ok says.
func (f *fedify) knows(ok func(s fedifyState) error) error {
	return until(func() error {
		s, err := f.state()
		if err != nil {
			return err
		}
		return ok(s)
	})
}

// reads waits until the peer has read a post, and what it read is as ok says.
func (f *fedify) reads(uri string, ok func(p fedifyPost) error) error {
	return f.knows(func(s fedifyState) error {
		p, known := s.Posts[uri]
		return errors.Join(wants(known, "the peer does not know %s", uri), ok(p))
	})
}

// mastodonClient is a client of one of i's people; names under .localhost are this machine.
func (i *instance) mastodonClient(token string) *mastodon.Client {
	c := mastodon.NewClient(&mastodon.Config{Server: i.Config.BaseURL, AccessToken: token})
	c.Transport = loopback.Transport
	return c
}
