// Package config is the one documented struct an instance is configured by. It is read from the environment;
// a secret can also come from a file (NAME_FILE). All mistakes are reported at once.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is everything an operator can set. Everything else is data that an administrator edits in the browser.
type Config struct {
	// BaseURL is the public address people and other instances use, without a path: https://green-it.example.
	BaseURL string `env:"VORBILD_BASE_URL"`
	// Listen is the address serve listens on. Empty: 127.0.0.1 and the port of BaseURL, or 8080.
	Listen string `env:"VORBILD_LISTEN"`
	// DatabaseURL is a lib/pq connection string. Empty: a private PostgreSQL cluster in DataDir.
	DatabaseURL string `env:"VORBILD_DATABASE_URL"`
	// DatabaseURLFile is a file that holds DatabaseURL.
	DatabaseURLFile string `env:"VORBILD_DATABASE_URL_FILE"`
	// DatabaseConns is the most connections one process opens, beside those that listen for jobs and for changes.
	DatabaseConns int `env:"VORBILD_DATABASE_CONNS" envDefault:"16"`
	// DataDir holds the private PostgreSQL cluster, and the uploaded files unless MediaDir says otherwise.
	DataDir string `env:"VORBILD_DATA_DIR" envDefault:"data"`
	// MediaDir holds the uploaded files. All processes of an instance must see the same one, and no other instance may use it:
	// each removes what it does not know. Empty: media in DataDir.
	MediaDir string `env:"VORBILD_MEDIA_DIR"`
	// MediaCacheMB is how many megabytes of other instances' pictures are kept there; those looked at longest ago go first.
	MediaCacheMB int `env:"VORBILD_MEDIA_CACHE_MB" envDefault:"1024"`
	// PrivateHosts are host names (with port if not 443) that may resolve to private or loopback addresses and
	// be spoken to by http, comma-separated; "*.localhost" matches every name under localhost. For
	// administration networks and for the demo; everything else private is refused.
	PrivateHosts []string `env:"VORBILD_PRIVATE_HOSTS"`
	// TrustedProxies are the addresses (CIDR) of reverse proxies whose X-Forwarded-For is believed.
	TrustedProxies []string `env:"VORBILD_TRUSTED_PROXIES"`
	// AutoAcceptHosts are hosts whose follow requests to our groups need no approval even when approval is on.
	AutoAcceptHosts []string `env:"VORBILD_AUTO_ACCEPT_HOSTS"`
	// Worker says whether serve also works the jobs (true) or leaves them to vorbild worker (false).
	Worker bool `env:"VORBILD_WORKER" envDefault:"true"`
	// RateLimits says whether clients are limited in how often they may call. Without, one client can keep a whole instance
	// busy: only for measuring.
	RateLimits bool `env:"VORBILD_RATE_LIMITS" envDefault:"true"`
	// MetricsListen is the address on which GET /metrics is answered for Prometheus, apart from the pages. Empty: nowhere.
	MetricsListen string `env:"VORBILD_METRICS_LISTEN"`
	// LogLevel is debug, info, warn or error.
	LogLevel string `env:"VORBILD_LOG_LEVEL" envDefault:"info"`
}

// Domain returns the host of BaseURL with its port if it has one: the part after @ in a handle.
func (c Config) Domain() string {
	u, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// ListenAddress returns where serve listens: Listen, or the loopback address with the port of BaseURL, else 8080.
func (c Config) ListenAddress() string {
	if c.Listen != "" {
		return c.Listen
	}
	port := "8080"
	if u, err := url.Parse(c.BaseURL); err == nil && u.Port() != "" {
		port = u.Port()
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// MediaPath returns where uploaded files are kept.
func (c Config) MediaPath() string {
	if c.MediaDir != "" {
		return c.MediaDir
	}
	return filepath.Join(c.DataDir, "media")
}

// Load reads the environment. The error lists every mistake, one to a line, by the name of the variable.
func Load() (Config, error) { return load(env.ToMap(os.Environ())) }

func load(environment map[string]string) (Config, error) {
	var c Config
	// What cannot be parsed keeps its zero value and is reported once, by parsing.
	errs, broken := parseErrors(env.ParseWithOptions(&c, env.Options{Environment: environment}))
	if c.DatabaseURLFile != "" {
		if err := c.readDatabaseURL(); err != nil {
			errs = append(errs, err)
		}
	}
	c.normalize()
	for _, m := range c.mistakes() {
		if !slices.Contains(broken, m.name) {
			errs = append(errs, m)
		}
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("the configuration has mistakes:\n%w", errors.Join(errs...))
	}
	return c, nil
}

// readDatabaseURL takes the connection string from the file.
func (c *Config) readDatabaseURL() error {
	if c.DatabaseURL != "" {
		return mistake{"VORBILD_DATABASE_URL_FILE", "is set beside VORBILD_DATABASE_URL; set one of them"}
	}
	content, err := os.ReadFile(c.DatabaseURLFile)
	if err != nil {
		return mistake{"VORBILD_DATABASE_URL_FILE", fmt.Sprintf("cannot be read: %v", err)}
	}
	if c.DatabaseURL = strings.TrimSpace(string(content)); c.DatabaseURL == "" {
		return mistake{"VORBILD_DATABASE_URL_FILE", fmt.Sprintf("names %s, which is empty", c.DatabaseURLFile)}
	}
	return nil
}

// normalize forgives what has only one meaning: capitals, the usual port and a slash behind the address, blanks around
// entries of lists.
func (c *Config) normalize() {
	c.BaseURL = strings.TrimRight(strings.ToLower(strings.TrimSpace(c.BaseURL)), "/")
	for scheme, port := range map[string]string{"https://": ":443", "http://": ":80"} {
		if strings.HasPrefix(c.BaseURL, scheme) {
			c.BaseURL = strings.TrimSuffix(c.BaseURL, port)
		}
	}
	c.LogLevel = strings.ToLower(strings.TrimSpace(c.LogLevel))
	for _, list := range []*[]string{&c.PrivateHosts, &c.TrustedProxies, &c.AutoAcceptHosts} {
		var kept []string
		for _, entry := range *list {
			if entry = strings.ToLower(strings.TrimSpace(entry)); entry != "" {
				kept = append(kept, entry)
			}
		}
		*list = kept
	}
}

// parseErrors names the variables instead of the fields, without their values: one may be a secret.
func parseErrors(err error) (errs []error, names []string) {
	var all env.AggregateError
	if !errors.As(err, &all) {
		if err != nil {
			errs = append(errs, err)
		}
		return errs, nil
	}
	for _, e := range all.Errors {
		var field env.ParseError
		if !errors.As(e, &field) {
			errs = append(errs, e)
			continue
		}
		name, kind := field.Name, "a "+field.Type.String()
		if f, ok := reflect.TypeFor[Config]().FieldByName(field.Name); ok {
			name = f.Tag.Get("env")
		}
		switch field.Type.Kind() {
		case reflect.Int:
			kind = "a whole number"
		case reflect.Bool:
			kind = "true or false"
		}
		errs = append(errs, mistake{name, "is not " + kind})
		names = append(names, name)
	}
	return errs, names
}

// Setting is one variable of the environment.
type Setting struct {
	Name    string // VORBILD_...
	Default string
}

// Settings lists all variables in the order of Config, for the documentation's tests.
func Settings() []Setting {
	var settings []Setting
	for f := range reflect.TypeFor[Config]().Fields() {
		settings = append(settings, Setting{Name: f.Tag.Get("env"), Default: f.Tag.Get("envDefault")})
	}
	return settings
}
