package transport

import "net/http"

// ClientIP returns the address a request came from, of IPv6 its network, as far as the proxies before us are trusted.
func (c *Client) ClientIP(r *http.Request) string { return c.proxies.ClientIP(r) }
