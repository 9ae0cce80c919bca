package app_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/vorbild/vorbild/internal/organization"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	i := startInstance(t, "health", organization.Organization{Name: "health", ShortName: "health", Level: organization.LevelVerband})
	check := func() error {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asProgram+"=health", "VORBILD_BASE_URL="+i.Config.BaseURL)
		return cmd.Run()
	}
	resp, err := loopback.Get(i.url("/health"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || string(body) != "ok\n" {
		t.Errorf("health answers %s: %s", resp.Status, body)
	}
	if err := check(); err != nil {
		t.Errorf("vorbild health of a healthy instance: %v", err)
	}
	_ = i.DB.Close()
	if resp, err = loopback.Get(i.url("/health")); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("without its database health answers %v, %v", resp, err)
	}
	if check() == nil {
		t.Error("vorbild health calls an instance healthy that has no database")
	}
	i.stop()
	if check() == nil {
		t.Error("vorbild health calls a stopped instance healthy")
	}
}
