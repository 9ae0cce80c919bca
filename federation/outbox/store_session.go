package outbox

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/lane"
)

// laneLock is the space of the advisory locks (laneLock, number) that say which workers of lanes are alive: "lane" as a number.
const laneLock = 0x6c616e65

// sessionBegins are the statements with which a session begins: from then on it holds the lock of its number, and hears. A
// connection that listens takes no parameters.
func sessionBegins(number int32) []string {
	return []string{
		// The server shall end the session within about a minute after our machine was cut off.
		"SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)",
		fmt.Sprintf("SELECT pg_advisory_lock(%d, %d)", laneLock, number),
		"LISTEN " + lane.Channel,
	}
}
