package app_test

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/oauth"
	"github.com/vorbild/vorbild/internal/organization"
)

// TestHouseKeepsClean: anyone may register programs, so those that nobody uses go by themselves.
func TestHouseKeepsClean(t *testing.T) {
	i := startInstance(t, "sauber", organization.Organization{Name: "Stadt Sauber", ShortName: "Sauber", Level: organization.LevelKommune, Region: "DE-SH"})
	old, _, err := i.OAuth.Register(t.Context(), oauth.Registration{Name: "Alt", RedirectURIs: []string{oauth.OutOfBand}})
	if err != nil {
		t.Fatal(err)
	}
	young, _, err := i.OAuth.Register(t.Context(), oauth.Registration{Name: "Neu", RedirectURIs: []string{oauth.OutOfBand}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.DB.ExecContext(t.Context(), `UPDATE oauth_apps SET created_at = now() - interval '30 days' WHERE id = $1`, old.ID); err != nil {
		t.Fatal(err)
	}
	i.get("/", "") // answers when it has begun to work
	i.stop()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(i.port)))
	if err != nil {
		t.Fatal(err)
	}
	i.run(listener)
	i.get("/", "") // before it is stopped again
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		apps, err := i.OAuth.AppsByIDs(t.Context(), []int64{old.ID, young.ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := apps[young.ID]; !ok {
			t.Fatal("a new program went")
		}
		if len(apps) == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the old program stays")
		}
	}
}

// TestStoppedWhileItStarts: being stopped is no failure, however early.
func TestStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	i := startInstance(t, "frueh", organization.Organization{Name: "Stadt Früh", ShortName: "Früh", Level: organization.LevelKommune, Region: "DE-SH"})
	for range 3 {
		i.stop()
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(i.port)))
		if err != nil {
			t.Fatal(err)
		}
		i.run(listener)
	}
}
