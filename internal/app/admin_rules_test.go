package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

// TestRulesByCommand: a list is shown first, then applied, and comes out as it went in.
func TestRulesByCommand(t *testing.T) {
	dsn := dbtest.Empty(t)
	t.Setenv("VORBILD_DATABASE_URL", dsn)
	t.Setenv("VORBILD_BASE_URL", "http://sh.localhost:8402")
	dir := t.TempDir()
	t.Setenv("VORBILD_DATA_DIR", dir)
	run := func(args ...string) (string, error) {
		t.Helper()
		var out bytes.Buffer
		command := app.Command()
		command.Writer = &out
		err := command.Run(t.Context(), append([]string{"vorbild", "admin", "rules"}, args...))
		return out.String(), err
	}
	list, copied := filepath.Join(dir, "list.csv"), filepath.Join(dir, "copy.csv")
	const text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate,#allowed,#network,#private_comment\n" +
		"boese.example,suspend,true,false,Hetze,true,false,false,Akte 7\nbund.example,noop,false,false,,false,true,true,\n"
	if err := os.WriteFile(list, []byte(text+"*.x.example,suspend\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"import", list}, "line 4: *.x.example: Wildcards are not possible; a rule holds for all names below the domain anyway.\n2 new, 0 changed, 0 unchanged, 1 refused\n"},
		{[]string{"import", "--apply", list}, "2 new, 0 changed, 0 unchanged, 1 refused\n"},
		{[]string{"import", list}, "0 new, 0 changed, 2 unchanged, 1 refused\n"},
		{[]string{"export", copied}, ""},
	} {
		if out, err := run(step.args...); err != nil || !strings.HasSuffix(out, step.want) {
			t.Fatalf("%v: %q, %v", step.args, out, err)
		}
	}
	if got, err := os.ReadFile(copied); err != nil || string(got) != text {
		t.Errorf("exported %v:\n%s", err, got)
	}
	if out, err := run("export", "--shared", "-"); err != nil || strings.Contains(out, "Akte") || !strings.Contains(out, "boese.example") {
		t.Errorf("given away: %q, %v", out, err)
	}
	for _, wrong := range [][]string{{"import"}, {"export"}, {"import", filepath.Join(dir, "none.csv")}} {
		if _, err := run(wrong...); err == nil {
			t.Errorf("%v is no error", wrong)
		}
	}
}
