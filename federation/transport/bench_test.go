package transport

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/change"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/peer"
)

// What one signature and one check cost on this machine: nothing in this package can be faster. Run together with the
// others and compare, all in one run:
//
//	go test ./federation/transport -run '^$' -bench .
func BenchmarkRSASign(b *testing.B) {
	sum := sha256.Sum256([]byte("x"))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, sum[:]); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkRSAVerify(b *testing.B) {
	sum := sha256.Sum256([]byte("x"))
	value, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := rsa.VerifyPKCS1v15(&testKey().PublicKey, crypto.SHA256, sum[:], value); err != nil {
				b.Error(err)
			}
		}
	})
}

// benchClient is a client as serve has it: with a hub that hears, policy and keys in memory.
func benchClient(b *testing.B) *Client {
	b.Helper()
	db := dbtest.New(b)
	log := slog.New(slog.DiscardHandler)
	hub := change.New(db, log)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); hub.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-ended })
	accounts := accounttest.New(b, db, organization.New(db), job.New(db, log), ourBase, ourDomain)
	if err := accounts.Bootstrap(b.Context(), "SH", "land", "DE-SH"); err != nil {
		b.Fatal(err)
	}
	c := New(db, accounts, peer.New(db, hub), config.Config{BaseURL: ourBase, PrivateHosts: []string{"*.localhost"}}, log)
	c.KeepBy(hub)
	b.Cleanup(c.Close)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, ok := c.keyGeneration(); ok {
			return c
		}
		if time.Now().After(deadline) {
			b.Fatal("the hub hears nothing")
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	c := benchClient(b)
	const host = "peer.localhost:8403"
	now := time.Now()
	for i := range 100 {
		name, domain := fmt.Sprint("anna", i), host
		id := "http://" + host + "/u/" + name
		_, err := c.accounts.Receive(b.Context(), account.Account{
			Username: name, Domain: &domain, URI: id, Kind: account.Person, InboxURI: id + "/inbox",
			PublicKeyID: id + "#main-key", PublicKeyPEM: publicPEM(testKey()), FetchedAt: &now,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, scheme := range []scheme{schemeDraft, schemeMessage} {
		b.Run(string(scheme), func(b *testing.B) {
			requests := make([]*http.Request, 100)
			body := []byte(`{"type":"Create"}`)
			for i := range requests {
				keyID := fmt.Sprintf("http://%s/u/anna%d#main-key", host, i)
				if requests[i] = newLetter(keyID, testKey()).request(); scheme == schemeMessage {
					requests[i] = newMessage(keyID, testKey()).request()
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			var next atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := c.Verify(b.Context(), requests[next.Add(1)%100], body); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkPost posts to a server of this process, so its work is part of it.
func BenchmarkPost(b *testing.B) {
	c := benchClient(b)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	b.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	id, err := c.instance(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(fmt.Sprintf(`{"type":"Create","content":%q}`, make([]byte, 2048)))
	for _, hosts := range []int{1, 1000} {
		b.Run(fmt.Sprint(hosts, "hosts"), func(b *testing.B) {
			b.ReportAllocs()
			var next atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					inbox := fmt.Sprintf("http://h%d.localhost:%s/inbox", next.Add(1)%int64(hosts), port)
					if _, _, err := c.Post(b.Context(), Delivery{SignerID: id, Inbox: inbox, Body: body}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
