package federationtest

import (
	"fmt"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// Catalog and Forum are the instance's groups.
func (i *Instance) Catalog() account.Account {
	i.T.Helper()
	a, err := i.Accounts.Catalog(i.T.Context())
	i.must(err)
	return a
}

// Forum is the instance's forum.
func (i *Instance) Forum() account.Account {
	i.T.Helper()
	a, err := i.Accounts.Forum(i.T.Context())
	i.must(err)
	return a
}

// Knows resolves an account of another instance by its handle, as a search does.
func (i *Instance) Knows(other *Instance, username string) account.Account {
	i.T.Helper()
	a, err := i.Transport.ResolveHandle(i.T.Context(), username+"@"+other.Config.Domain())
	i.must(err)
	return a
}

// Follow lets one of our accounts follow an account of another instance and waits for the answer.
func (i *Instance) Follow(reader account.Account, other *Instance, username string) account.Account {
	i.T.Helper()
	target := i.Knows(other, username)
	actor := i.Editor // for our groups
	if reader.Kind == account.Person {
		actor = reader
	}
	_, err := i.Follows.Follow(i.T.Context(), actor, reader.ID, target.ID)
	i.must(err)
	i.Eventually("follow of "+target.URI, func() string {
		sent, err := i.Follows.Sent(i.T.Context(), reader.ID)
		if err != nil {
			return err.Error()
		}
		for _, s := range sent {
			if s.Account.ID == target.ID && s.Follow.State == follow.Accepted {
				return ""
			}
		}
		return "not accepted"
	})
	return target
}

// FollowInstance lets our catalogue follow the other instance's catalogue and forum.
func (i *Instance) FollowInstance(other *Instance) {
	i.T.Helper()
	i.Follow(i.Catalog(), other, account.CatalogUsername)
	i.Follow(i.Catalog(), other, account.ForumUsername)
}

func number(v float64) *float64 { return &v }

// Sample is a complete practice.
func (i *Instance) Sample(title string) practice.Draft {
	i.T.Helper()
	ctx := i.T.Context()
	goals, err := i.Practices.Terms(ctx, practice.SchemeGoal)
	i.must(err)
	fields, err := i.Practices.Terms(ctx, practice.SchemeField)
	i.must(err)
	return practice.Draft{
		Title: title, Summary: "Kiel: zwei Schulen werden mit der Abwärme von Servern geheizt.", Source: "## Anlass\n\nDas Rechenzentrum & die **Schulen**.",
		Language: "de", Level: organization.LevelKommune, Region: "DE-SH", Implementation: "advanced", Goals: []int64{goals[0].ID}, Fields: []int64{fields[0].ID},
		Measures: []string{"Wärmetauscher", "Fernwärme"},
		Figures: []practice.Figure{
			{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: number(1200), After: number(700.5), From: "2022", To: "2023"},
			{Quantity: "emissions", Name: "Emissionen", Unit: "t/a", Change: number(-50)},
		},
		ContactName: "Funktionspostfach", ContactEmail: "green-it@example.org", Licence: practice.Licences[0],
	}
}

// Publish publishes a practice by the instance's author.
func (i *Instance) Publish(title string) post.Post {
	i.T.Helper()
	author := i.Editor // publishing for the house needs an editor
	id, err := i.Practices.Publish(i.T.Context(), author, 0, i.Sample(title))
	i.must(err)
	p, err := i.Posts.Get(i.T.Context(), id)
	i.must(err)
	return p
}

// Say writes a thread (parent nil) or an answer by the instance's author.
func (i *Instance) Say(parent *post.Post, title, source string) post.Post {
	i.T.Helper()
	d := post.Draft{Title: title, Source: source, Visibility: post.Public, Language: "de"}
	if parent != nil {
		d.InReplyToID = parent.ID
	}
	p, err := i.Posts.Create(i.T.Context(), i.Author, d)
	i.must(err)
	return p
}

// Has waits until the instance has a post and returns it.
func (i *Instance) Has(uri string) post.Post {
	i.T.Helper()
	var p post.Post
	i.Eventually("has "+uri, func() string {
		var err error
		if p, err = i.Posts.Find(i.T.Context(), uri); err != nil {
			return err.Error()
		}
		return ""
	})
	return p
}

// HasNot fails when the instance knows a post.
func (i *Instance) HasNot(uri string) {
	i.T.Helper()
	if _, err := i.Posts.Find(i.T.Context(), uri); !fault.Is(err, fault.NotFound) {
		i.T.Errorf("%s: has %s (%v)", i.Name, uri, err)
	}
}

// Count counts rows.
func (i *Instance) Count(query string, args ...any) int {
	i.T.Helper()
	var n int
	if err := i.DB.GetContext(i.T.Context(), &n, query, args...); err != nil {
		i.T.Fatalf("%s: %s: %v", i.Name, query, err)
	}
	return n
}

// Settled waits until nothing is on its way: no lane has a row, no job is left to do now, nothing received waits.
func (i *Instance) Settled() {
	i.T.Helper()
	i.Eventually("settles", func() string {
		// In one look: what was received becomes a job, and a job a delivery, between two.
		var n, m, in int
		err := i.DB.QueryRowContext(i.T.Context(), `SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending'),
			(SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'scheduled', 'retryable')),
			(SELECT count(*) FROM inbox_activities WHERE processed_at IS NULL)`).Scan(&n, &m, &in)
		if err != nil || n+m+in > 0 {
			return fmt.Sprintf("%d deliveries, %d jobs, %d received, %v", n, m, in, err)
		}
		return ""
	})
}

// Settle waits until all are settled at once; what one sends keeps the others busy.
func Settle(instances ...*Instance) {
	for range 3 {
		for _, i := range instances {
			i.T.Helper()
			i.Settled()
		}
	}
}
