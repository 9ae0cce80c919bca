// Package config is the one documented struct an instance is configured by. It is read from the environment;
// a secret can also come from a file (NAME_FILE). All mistakes are reported at once.
package config

import (
	"errors"
	"fmt"
	"net/url"
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
	// DatabaseConns is the most connections one process opens.
	DatabaseConns int `env:"VORBILD_DATABASE_CONNS" envDefault:"16"`
	// DataDir holds the private PostgreSQL cluster and nothing else of value.
	DataDir string `env:"VORBILD_DATA_DIR" envDefault:"data"`
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

// Load reads the environment.
func Load() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	return c, c.Validate()
}

// Validate lists every mistake.
func (c Config) Validate() error {
	var errs []error
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
		errs = append(errs, fmt.Errorf("VORBILD_BASE_URL: %q is not an address like https://green-it.example", c.BaseURL))
	}
	return errors.Join(errs...)
}
