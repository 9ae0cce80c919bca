package config

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("postgres://u:p@db/vorbild\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := load(map[string]string{
		"VORBILD_BASE_URL":          "https://Green-IT.example:443/",
		"VORBILD_DATABASE_URL_FILE": secret,
		"VORBILD_DATABASE_CONNS":    "",
		"VORBILD_PRIVATE_HOSTS":     "*.Verwaltung.example, intern.example:8443,,",
		"VORBILD_TRUSTED_PROXIES":   "127.0.0.1, ::1,10.0.0.0/8",
		"VORBILD_WORKER":            "false",
		"VORBILD_LOG_LEVEL":         "WARN",
		"HOME":                      "/ignored",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		BaseURL: "https://green-it.example", DatabaseURL: "postgres://u:p@db/vorbild", DatabaseURLFile: secret,
		DatabaseConns: 16, DataDir: "data", MediaCacheMB: 1024, PrivateHosts: []string{"*.verwaltung.example", "intern.example:8443"},
		TrustedProxies: []string{"127.0.0.1", "::1", "10.0.0.0/8"}, RateLimits: true, LogLevel: "warn",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d := got.Domain(); d != "green-it.example" {
		t.Errorf("domain %q", d)
	}
}

// A process tells all mistakes together, by the names of the variables, and no secret.
func TestLoadTellsAllMistakes(t *testing.T) {
	t.Parallel()
	_, err := load(map[string]string{
		"VORBILD_BASE_URL":          "green-it.example",
		"VORBILD_LISTEN":            "8080",
		"VORBILD_DATABASE_URL":      "postgres://u:geheim@db:port/vorbild",
		"VORBILD_DATABASE_URL_FILE": "/nowhere",
		"VORBILD_DATABASE_CONNS":    "many",
		"VORBILD_PRIVATE_HOSTS":     "*.localhost,https://intern.example",
		"VORBILD_TRUSTED_PROXIES":   "proxy.example",
		"VORBILD_AUTO_ACCEPT_HOSTS": "a b",
		"VORBILD_WORKER":            "ja",
		"VORBILD_RATE_LIMITS":       "manchmal",
		"VORBILD_LOG_LEVEL":         "loud",
	})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")[1:]
	var names []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	want := []string{
		"VORBILD_DATABASE_CONNS", "VORBILD_WORKER", "VORBILD_RATE_LIMITS", "VORBILD_DATABASE_URL_FILE", "VORBILD_BASE_URL", "VORBILD_LISTEN", "VORBILD_DATABASE_URL",
		"VORBILD_PRIVATE_HOSTS", "VORBILD_TRUSTED_PROXIES", "VORBILD_AUTO_ACCEPT_HOSTS", "VORBILD_LOG_LEVEL",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("a secret in the message: %v", err)
	}
}

func TestDatabaseURLFile(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"/nowhere": "cannot be read", empty: "which is empty"} {
		_, err := load(map[string]string{"VORBILD_BASE_URL": "https://a.example", "VORBILD_DATABASE_URL_FILE": file})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"https://green-it.example":       true,
		"https://green-it.example:8443":  true,
		"https://xn--grn-it-n2a.example": true,
		"https://intranet":               true,
		"http://localhost:8401":          true,
		"http://sh.localhost:8402":       true,
		"http://127.0.0.1:8080":          true,
		"http://[::1]:8080":              true,
		"":                               false,
		"green-it.example":               false,
		"http://green-it.example":        false,
		"http://192.168.0.7":             false,
		"http://localhost.example":       false,
		"https://grün-it.example":        false,
		"https://a.example/path":         false,
		"https://a.example?x=1":          false,
		"https://a.example#x":            false,
		"https://user@a.example":         false,
		"https://a_b.example":            false,
		"https://a.example:":             false,
		"https://a.example:0":            false,
		"https://a.example:99999":        false,
		"ftp://a.example":                false,
		"https://":                       false,
		"https:a.example":                false,
		"https://a..example":             false,
	} {
		if problem := checkBaseURL(text); (problem == "") != ok {
			t.Errorf("%q: %q", text, problem)
		}
	}
}

func TestHostPatterns(t *testing.T) {
	t.Parallel()
	for pattern, ok := range map[string]bool{
		"*.localhost": true, "a.example": true, "a.example:8443": true, "*.a.example:8443": true, "10.0.0.7": true, "[::1]:80": true, "::1": true,
		"*": false, "a.*": false, "a.example:": false, "a.example:x": false, "http://a.example": false, "a.example/x": false, "*.": false, "": false,
	} {
		if isHostPattern(pattern) != ok {
			t.Errorf("%q: %v", pattern, !ok)
		}
	}
}

func TestListenAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{BaseURL: "https://a.example"}, "127.0.0.1:8080"},
		{Config{BaseURL: "http://sh.localhost:8402"}, "127.0.0.1:8402"},
		{Config{BaseURL: "https://a.example", Listen: ":9000"}, ":9000"},
	} {
		if got := test.config.ListenAddress(); got != test.want {
			t.Errorf("%+v: %s, want %s", test.config, got, test.want)
		}
	}
}

func TestValidateAcceptsWhatLoadReturns(t *testing.T) {
	t.Parallel()
	c, err := load(map[string]string{"VORBILD_BASE_URL": "http://kg.localhost:8401", "VORBILD_PRIVATE_HOSTS": "*.localhost"})
	if err := errors.Join(err, c.Validate()); err != nil {
		t.Error(err)
	}
	c.MetricsListen = "127.0.0.1:8401"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "VORBILD_METRICS_LISTEN is the address of the pages") {
		t.Error(err)
	}
	c.MetricsListen = ""
	c.DatabaseConns = 1
	if err := c.Validate(); err == nil || err.Error() != "VORBILD_DATABASE_CONNS is 1; expected is a number from 10 to 1000" {
		t.Error(err)
	}
}

// The example file of the deployment and the comments of the struct are what operators read.
func TestDocumented(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../deploy/env.example")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^#?(VORBILD_[A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(example), -1) {
		if _, twice := lines[m[1]]; twice {
			t.Errorf("deploy/env.example has %s twice", m[1])
		}
		lines[m[1]] = m[2]
	}
	for _, s := range Settings() {
		value, there := lines[s.Name]
		if !there {
			t.Errorf("deploy/env.example lacks %s", s.Name)
		}
		if s.Default != "" && value != s.Default {
			t.Errorf("deploy/env.example shows %s=%s, the default is %s", s.Name, value, s.Default)
		}
		delete(lines, s.Name)
	}
	for name := range lines {
		t.Errorf("deploy/env.example has %s, which is no setting", name)
	}

	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Config" {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			fields++
			if name := f.Names[0].Name; !strings.HasPrefix(f.Doc.Text(), name+" ") {
				t.Errorf("Config.%s has no comment that begins with its name", name)
			}
		}
		return false
	})
	if fields != len(Settings()) {
		t.Errorf("%d fields, %d settings", fields, len(Settings()))
	}
}
