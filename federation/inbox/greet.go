package inbox

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// greetEvery is how often the outbox is told at most that a host lives.
const greetEvery = 2 * time.Second

// greeter tells the outbox which hosts are alive: at once, and again some time after the last of many activities, while nobody
// waits for it. It is only a hint, so an error is logged and no more.
type greeter struct {
	peers Peers
	log   *slog.Logger

	mu    sync.Mutex
	hosts map[string]*greeting
}

// greeting is a host that was greeted within greetEvery.
type greeting struct{ again bool }

func (g *greeter) seen(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.hosts[host]; known != nil {
		known.again = true
		return
	}
	if len(g.hosts) < maxLimiters {
		g.hosts[host] = &greeting{}
		go g.greet(host)
	}
}

func (g *greeter) greet(host string) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTime)
	defer cancel()
	if err := g.peers.PeerSeen(ctx, host); err != nil {
		g.log.DebugContext(ctx, "peer seen", "host", host, "error", err)
	}
	time.AfterFunc(greetEvery, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		known := g.hosts[host]
		if !known.again {
			delete(g.hosts, host)
			return
		}
		known.again = false
		go g.greet(host)
	})
}
