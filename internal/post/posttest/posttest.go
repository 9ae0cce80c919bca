// Package posttest is the ground for tests of everything that stands on posts: an instance with an organisation, its
// two groups and people of every role, and a few accounts of other instances.
package posttest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/account/accounttest"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Base is the address of the instance.
const Base = "https://sh.example"

// House is that instance. Its methods fail the test on any error.
type House struct {
	testing.TB
	Ctx           context.Context
	DB            *sqlx.DB
	Queue         *job.Queue
	Organizations *organization.Service
	Accounts      *account.Service
	Posts         *post.Service
	Markup        *markup.Renderer

	Catalog, Forum                               account.Account
	Guest, Member, Other, Editor, Admin          account.Account
	Remote, RemoteOther, RemoteCatalog, Curators account.Account // two people and the catalogue of one instance; the KG's catalogue
}

// New makes a house in a database of its own; the test runs in parallel with others.
func New(t testing.TB) *House {
	t.Helper()
	if test, ok := t.(*testing.T); ok {
		test.Parallel()
	}
	conn := dbtest.New(t)
	h := &House{TB: t, Ctx: t.Context(), DB: conn, Markup: markup.New(), Organizations: organization.New(conn)}
	h.Queue = job.New(conn, slog.New(slog.NewTextHandler(io.Discard, nil)))
	h.Accounts = accounttest.New(t, conn, h.Organizations, h.Queue, Base, "sh.example")
	h.Posts = post.New(conn, h.Accounts, h.Queue, h.Markup, Base)
	h.Must(h.Organizations.Save(h.Ctx, organization.Organization{
		Name: "Land Schleswig-Holstein", ShortName: "SH", Level: organization.LevelLand, Region: "DE-SH", Website: "https://www.schleswig-holstein.de",
	}))
	h.Catalog = h.Account(account.CatalogUsername, "", account.Group, "")
	h.Forum = h.Account(account.ForumUsername, "", account.Group, "")
	h.Guest = h.Account("gast", "", account.Person, account.RoleGuest)
	h.Member = h.Account("rechenzentrum", "", account.Person, account.RoleMember)
	h.Other = h.Account("einkauf", "", account.Person, account.RoleMember)
	h.Editor = h.Account("redaktion", "", account.Person, account.RoleEditor)
	h.Admin = h.Account("verwaltung", "", account.Person, account.RoleAdmin)
	h.Remote = h.Account("klima", "vitako.example", account.Person, "")
	h.RemoteOther = h.Account("server", "vitako.example", account.Person, "")
	h.RemoteCatalog = h.Account(account.CatalogUsername, "vitako.example", account.Group, "")
	h.Curators = h.Account(account.CatalogUsername, "kg.example", account.Group, "")
	return h
}

// Account inserts one without keys, which take long to make.
func (h *House) Account(name, domain string, kind account.Kind, role account.Role) account.Account {
	h.Helper()
	home, host := Base, any(nil)
	if domain != "" {
		home, host = "https://"+domain, domain
	}
	path := "/u/"
	if kind == account.Group {
		path = "/g/"
	}
	id := db.NewID(time.Now())
	_, err := h.DB.ExecContext(h.Ctx, `
		INSERT INTO accounts (id, username, domain, uri, url, kind, role) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, name, host, home+path+name, home+"/@"+name, kind, role)
	h.Must(err)
	a, err := h.Accounts.ByID(h.Ctx, id)
	h.Must(err)
	return a
}

// Follow lets reader follow target, accepted.
func (h *House) Follow(reader, target account.Account) (id int64) {
	h.Helper()
	id = db.NewID(time.Now())
	_, err := h.DB.ExecContext(h.Ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state) VALUES ($1, $2, $3, $4, 'accepted')`,
		id, reader.ID, target.ID, fmt.Sprintf("%s/follows/%d", reader.URI, id))
	h.Must(err)
	return id
}

// Thread publishes a discussion.
func (h *House) Thread(by account.Account, title string) post.Post {
	return h.Write(by, post.Draft{Title: title, Source: "Text zu " + title})
}

// Answer publishes an answer.
func (h *House) Answer(by account.Account, to post.Post, source string) post.Post {
	return h.Write(by, post.Draft{InReplyToID: to.ID, Source: source})
}

// Write publishes a note.
func (h *House) Write(by account.Account, d post.Draft) post.Post {
	h.Helper()
	p, err := h.Posts.Create(h.Ctx, by, d)
	h.Must(err)
	return p
}

// Arrives stores a remote account's note of an hour ago; change may say what is special about it.
func (h *House) Arrives(by account.Account, name string, change func(*post.Received)) post.Post {
	h.Helper()
	r := post.Received{
		URI: "https://" + by.Host() + "/notes/" + name, URL: "https://" + by.Host() + "/@" + by.Username + "/" + name, AuthorID: by.ID,
		Kind: post.Note, Visibility: post.Public, HTML: "<p>" + name + "</p>", PublishedAt: time.Now().Add(-time.Hour),
	}
	if change != nil {
		change(&r)
	}
	p, _, err := h.Posts.Receive(h.Ctx, r, nil)
	h.Must(err)
	return p
}

// Get returns a post as it stands now.
func (h *House) Get(id int64) post.Post {
	h.Helper()
	p, err := h.Posts.Get(h.Ctx, id)
	h.Must(err)
	return p
}

// Jobs lists the arguments of the waiting jobs of one kind, oldest first, and forgets them.
func (h *House) Jobs(kind string) []string {
	h.Helper()
	args := []string{}
	h.Must(h.DB.SelectContext(h.Ctx, &args, `
		WITH taken AS (DELETE FROM river_job WHERE kind = $1 RETURNING id, args)
		SELECT args::text FROM taken ORDER BY id`, kind))
	return args
}

// Count returns the number that a query selects.
func (h *House) Count(query string, args ...any) (n int) {
	h.Helper()
	h.Must(h.DB.GetContext(h.Ctx, &n, query, args...))
	return n
}

// Must fails the test on an error.
func (h *House) Must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// Want fails the test unless the error is of that kind.
func (h *House) Want(err error, kind fault.Kind) {
	h.Helper()
	if !fault.Is(err, kind) {
		h.Fatalf("error %v, want kind %s", err, kind)
	}
}
