package media

import (
	"context"
	"net/url"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// turns bounds how many pictures are fetched at a time.
//
// RULE: no site has all turns, however slowly it answers and whatever names its hosts have: those of others are shown meanwhile.
type turns struct {
	all   chan struct{}
	mu    sync.Mutex
	sites map[string]*siteTurns
}

// siteTurns are the turns of one site, kept while somebody has or wants one.
type siteTurns struct {
	taken chan struct{}
	users int
}

func newTurns() *turns {
	return &turns{all: make(chan struct{}, remoteAtOnce), sites: map[string]*siteTurns{}}
}

// take waits for a turn to fetch from an address; give must be called when that is done.
func (t *turns) take(ctx context.Context, address string) (give func(), err error) {
	name := site(address)
	t.mu.Lock()
	of := t.sites[name]
	if of == nil {
		of = &siteTurns{taken: make(chan struct{}, remoteOfSite)}
		t.sites[name] = of
	}
	of.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if of.users--; of.users == 0 {
			delete(t.sites, name)
		}
	}
	select {
	case of.taken <- struct{}{}:
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
	select {
	case t.all <- struct{}{}:
	case <-ctx.Done():
		<-of.taken
		leave()
		return nil, ctx.Err()
	}
	return func() {
		<-t.all
		<-of.taken
		leave()
	}, nil
}

// site is the registrable domain of an address, its host where there is none.
func site(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return name
	}
	return u.Hostname()
}
