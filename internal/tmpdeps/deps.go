// Package tmpdeps holds modules in go.mod while they are built in.
package tmpdeps

import (
	_ "github.com/SherClockHolmes/webpush-go"
	_ "github.com/bbrks/go-blurhash"
	_ "github.com/coder/websocket"
	_ "github.com/go-oauth2/oauth2/v4/manage"
	_ "github.com/go-oauth2/oauth2/v4/server"
	_ "github.com/mattn/go-mastodon"
	_ "github.com/maypok86/otter/v2"
	_ "github.com/rs/cors"
	_ "golang.org/x/image/draw"
)
