package web

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// lookUpHandle, lookUpURI and lookUpPost ask another server for an account that we do not know yet.
func (s *Site) lookUpHandle(ctx context.Context, actor account.Account, handle string) (account.Account, error) {
	if err := s.Accounts.CountLookup(actor); err != nil {
		return account.Account{}, err
	}
	return s.Resolver.ResolveHandle(ctx, handle)
}

func (s *Site) lookUpURI(ctx context.Context, actor account.Account, uri string) (account.Account, error) {
	if err := s.Accounts.CountLookup(actor); err != nil {
		return account.Account{}, err
	}
	return s.Resolver.ResolveURI(ctx, uri)
}

func (s *Site) lookUpPost(ctx context.Context, actor account.Account, address string) (post.Post, error) {
	if err := s.Accounts.CountLookup(actor); err != nil {
		return post.Post{}, err
	}
	return s.FetchPost(ctx, address)
}
