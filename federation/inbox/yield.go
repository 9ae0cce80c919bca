package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/internal/account"
)

// yielding is a Fetcher that lets others have the turn of its caller while another server takes its time.
type yielding struct{ Fetcher }

func (y yielding) Get(ctx context.Context, uri string) (transport.Document, error) {
	defer away(ctx)()
	return y.Fetcher.Get(ctx, uri)
}

func (y yielding) GetIf(ctx context.Context, uri, etag string) (doc transport.Document, changed bool, err error) {
	defer away(ctx)()
	return y.Fetcher.GetIf(ctx, uri, etag)
}

func (y yielding) FetchActor(ctx context.Context, uri string) (account.Account, error) {
	defer away(ctx)()
	return y.Fetcher.FetchActor(ctx, uri)
}

func (y yielding) RefreshActor(ctx context.Context, uri string) (account.Account, error) {
	defer away(ctx)()
	return y.Fetcher.RefreshActor(ctx, uri)
}
