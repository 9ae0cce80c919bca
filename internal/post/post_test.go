package post

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
)

const base = "https://sh.example"

// house is an instance with people and nothing else.
type house struct {
	*testing.T
	ctx                                         context.Context
	db                                          *sqlx.DB
	accounts                                    *account.Service
	posts                                       *Service
	forum, catalog                              account.Account
	guest, member, other, editor, moderator     account.Account
	remote, stranger, foreignGroup, remoteOther account.Account
}

func newHouse(t *testing.T) *house {
	t.Parallel()
	conn := dbtest.New(t)
	jobs := job.New(conn, slog.New(slog.NewTextHandler(io.Discard, nil)))
	accounts := accounttest.New(t, conn, organization.New(conn), jobs, base, "sh.example")
	h := &house{T: t, ctx: t.Context(), db: conn, accounts: accounts, posts: New(conn, accounts, jobs, markup.New(), base)}
	h.forum = h.account("forum", "", account.Group, "")
	h.catalog = h.account("praxis", "", account.Group, "")
	h.guest = h.account("gast", "", account.Person, account.RoleGuest)
	h.member = h.account("rechenzentrum", "", account.Person, account.RoleMember)
	h.other = h.account("beschaffung", "", account.Person, account.RoleMember)
	h.editor = h.account("redaktion", "", account.Person, account.RoleEditor)
	h.moderator = h.account("moderation", "", account.Person, account.RoleModerator)
	h.remote = h.account("klima", "vitako.example", account.Person, "")
	h.remoteOther = h.account("server", "vitako.example", account.Person, "")
	h.stranger = h.account("fremd", "m.example", account.Person, "")
	h.foreignGroup = h.account("praxis", "kg.example", account.Group, "")
	return h
}

// account inserts one without keys, which these tests do not need and which take long to make.
func (h *house) account(name, domain string, kind account.Kind, role account.Role) account.Account {
	h.Helper()
	home, host := base, any(nil)
	if domain != "" {
		home, host = "https://"+domain, domain
	}
	id := db.NewID(time.Now())
	_, err := h.db.ExecContext(h.ctx, `
		INSERT INTO accounts (id, username, domain, uri, url, kind, role) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, name, host, home+"/u/"+name, home+"/@"+name, kind, role)
	h.must(err)
	a, err := h.accounts.ByID(h.ctx, id)
	h.must(err)
	return a
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(err error, kind fault.Kind) {
	h.Helper()
	if !fault.Is(err, kind) {
		h.Fatalf("error %v, want kind %s", err, kind)
	}
}

func (h *house) follow(reader, target account.Account) {
	h.Helper()
	id := db.NewID(time.Now())
	_, err := h.db.ExecContext(h.ctx, `
		INSERT INTO follows (id, account_id, target_id, uri, state) VALUES ($1, $2, $3, $4, 'accepted')`,
		id, reader.ID, target.ID, fmt.Sprintf("%s/follows/%d", reader.URI, id))
	h.must(err)
}

func (h *house) thread(by account.Account, title string) Post {
	h.Helper()
	p, err := h.posts.Create(h.ctx, by, Draft{Title: title, Source: "Text zu " + title})
	h.must(err)
	return p
}

func (h *house) answer(by account.Account, to Post, source string) Post {
	h.Helper()
	p, err := h.posts.Create(h.ctx, by, Draft{InReplyToID: to.ID, Source: source})
	h.must(err)
	return p
}

// received is a note as the remote account would send it.
func (h *house) received(by account.Account, name, parent string) Received {
	return Received{
		URI: "https://" + by.Host() + "/notes/" + name, URL: "https://" + by.Host() + "/@" + by.Username + "/" + name,
		AuthorID: by.ID, Kind: Note, Visibility: Public, InReplyToURI: parent, HTML: "<p>" + name + "</p>",
		PublishedAt: time.Now().Add(-time.Hour).Truncate(time.Second),
	}
}

func (h *house) receive(r Received) Post {
	h.Helper()
	p, created, err := h.posts.Receive(h.ctx, r, nil)
	h.must(err)
	if !created {
		h.Fatalf("%s was known", r.URI)
	}
	return p
}

func (h *house) get(id int64) Post {
	h.Helper()
	p, err := h.posts.Get(h.ctx, id)
	h.must(err)
	return p
}

// jobs lists the arguments of the waiting jobs of one kind, oldest first, and forgets them.
func (h *house) jobs(kind string) []string {
	h.Helper()
	var args []string
	h.must(h.db.SelectContext(h.ctx, &args, `
		WITH taken AS (DELETE FROM river_job WHERE kind = $1 RETURNING id, args)
		SELECT args::text FROM taken ORDER BY id`, kind))
	return args
}

func (h *house) count(query string, args ...any) (n int) {
	h.Helper()
	h.must(h.db.GetContext(h.ctx, &n, query, args...))
	return n
}
