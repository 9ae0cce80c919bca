package media

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// Limits of what is kept of other servers' pictures.
const (
	remoteAtOnce   = 4                // fetches that go on at a time
	remoteOfSite   = 2                // of them, from one site
	remotePatience = 20 * time.Second // for one picture, waiting for its turn included
	remoteRetry    = 10 * time.Minute // how long a failure is believed
	remoteUnused   = 14 * 24 * time.Hour
	remoteTouch    = 24 * time.Hour // how exactly it is known when something was looked at last
	remotePrefix   = "fremd/"       // below /media/
	// remoteSlack is the part of the bound by which it may be exceeded: who has written many addresses into our pages can have all
	// of them fetched in a minute.
	remoteSlack = 16
)

// Use says what a picture of another server is shown as.
type Use string

const (
	Original Use = "original" // attached to a post
	Preview  Use = "preview"  // the same, small
	Avatar   Use = "avatar"
	Header   Use = "header"
)

// stored is how a use is kept: an original and its preview come of one fetch.
func (u Use) stored() string {
	if u == Original || u == Preview {
		return Image
	}
	return string(u)
}

// Origin fetches from other servers; federation/transport implements it.
type Origin interface {
	// MayShow reports whether pictures from there are shown at all.
	MayShow(ctx context.Context, url string) (bool, error)
	// GetImage fetches at most limit bytes that call themselves an image.
	GetImage(ctx context.Context, url string, limit int64) ([]byte, error)
}

// proxy shows pictures of other servers as ours: readers never talk to third parties. An address of it holds that of the
// origin and a code that only this instance can have made, so that it fetches nothing but what stands in our pages.
type proxy struct {
	origin  Origin
	secret  []byte
	most    int64 // bytes kept in all
	turns   *turns
	flights singleflight.Group
	touched sync.Map     // key -> time.Time of the last note of use, of this process
	fresh   atomic.Int64 // bytes that this process kept since it last looked whether all still fits
}

// Proxy makes the service show pictures of other servers, of which it keeps at most that many bytes. Without it there are none.
func (s *Service) Proxy(ctx context.Context, origin Origin, most int64) error {
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	secret, err := secretOr(ctx, s.db, fresh)
	if err != nil {
		return fmt.Errorf("media.Proxy: %w", err)
	}
	s.remote = &proxy{origin: origin, secret: secret, most: most, turns: newTurns()}
	return nil
}

// RemotePath is where we show a picture of another server, "" where we do not.
func (s *Service) RemotePath(use Use, url string) string {
	if s.remote == nil || !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return ""
	}
	return Path(remotePrefix + string(use) + "/" + s.remote.code(use, url) + "/" + base64.RawURLEncoding.EncodeToString([]byte(url)))
}

// RemoteURL is RemotePath with our address, "" where there is none.
func (s *Service) RemoteURL(use Use, url string) string {
	if path := s.RemotePath(use, url); path != "" {
		return s.baseURL + path
	}
	return ""
}

func (p *proxy) code(use Use, url string) string {
	m := hmac.New(sha256.New, p.secret)
	m.Write([]byte(string(use) + " " + url))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// parse reads the part of a path behind /media/.
func (p *proxy) parse(path string) (use Use, url string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, remotePrefix), "/")
	if len(parts) != 3 {
		return "", "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	use, url = Use(parts[0]), string(raw)
	return use, url, err == nil && hmac.Equal([]byte(parts[1]), []byte(p.code(use, url)))
}

// IsRemote reports whether the part of a path behind /media/ is a picture of another server.
func IsRemote(path string) bool { return strings.HasPrefix(path, remotePrefix) }

// RemoteFile returns the name of the stored file for the part of a path behind /media/, which it fetches first when we do not
// have it. Errors: fault.NotFound (an address that we did not write, or no picture there), fault.Unavailable (too busy).
func (s *Service) RemoteFile(ctx context.Context, path string) (name string, err error) {
	if s.remote == nil {
		return "", errNotFound()
	}
	use, url, ok := s.remote.parse(path)
	if !ok {
		return "", errNotFound()
	}
	// Asked each time: a rule of today holds for what was kept yesterday.
	if may, err := s.remote.origin.MayShow(ctx, url); err != nil || !may {
		if err != nil {
			return "", fmt.Errorf("media.RemoteFile: %w", err)
		}
		return "", errNotFound()
	}
	sum := sha256.Sum256([]byte(use.stored() + " " + url))
	key := sum[:]
	kept, err := remoteByKey(ctx, s.db, key)
	switch {
	case db.IsNotFound(err):
	case err != nil:
		return "", fmt.Errorf("media.RemoteFile: %w", err)
	case kept.File == "" && time.Since(kept.FetchedAt) < remoteRetry:
		return "", errNotFound()
	case kept.File != "" && s.exists(kept.name(use)):
		s.touchRemote(ctx, key, kept)
		return kept.name(use), nil
	}
	if kept, err = s.fetchOnce(ctx, key, use, url); err != nil {
		return "", err
	}
	if kept.File == "" {
		return "", errNotFound()
	}
	return kept.name(use), nil
}

// fetchOnce lets all who wait for a picture wait for one fetch, which goes on when the first of them goes.
func (s *Service) fetchOnce(ctx context.Context, key []byte, use Use, url string) (remoteFile, error) {
	done := s.remote.flights.DoChan(string(key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), remotePatience)
		defer cancel()
		return s.fetchRemote(ctx, key, use, url)
	})
	select {
	case <-ctx.Done():
		return remoteFile{}, fault.Wrap(fault.Unavailable, "error.remote.unavailable", ctx.Err())
	case r := <-done:
		f, _ := r.Val.(remoteFile)
		return f, r.Err
	}
}

// touchRemote notes, about once a day, that somebody looked.
func (s *Service) touchRemote(ctx context.Context, key []byte, kept remoteFile) {
	now := time.Now()
	if now.Sub(kept.UsedAt) < remoteTouch {
		return
	}
	if last, ok := s.remote.touched.Load(string(key)); ok && now.Sub(last.(time.Time)) < remoteTouch {
		return
	}
	s.remote.touched.Store(string(key), now)
	_ = useRemote(context.WithoutCancel(ctx), s.db, key, now) // a missed note makes it fetched anew at worst
}
