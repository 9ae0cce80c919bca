package poll_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/job/jobtest"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	polls *poll.Service
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.polls = poll.New(h.DB, h.Accounts, h.Posts, h.Queue)
	return h
}

var days = poll.Draft{Options: []string{"Montag", "Dienstag", "Gar nicht"}, ExpiresIn: time.Hour}

func (h *house) ask(d poll.Draft, v post.Visibility) post.Post {
	h.Helper()
	return h.Write(h.Member, post.Draft{Title: "Wann treffen wir uns?", Source: "Bitte wählen", Kind: post.Question, Visibility: v, Parts: []post.Part{h.polls.Ask(d)}})
}

func (h *house) read(viewer account.Account, p post.Post) poll.Poll {
	h.Helper()
	list, err := h.polls.ByPosts(h.Ctx, viewer.ID, []int64{p.ID})
	h.Must(err)
	return list[p.ID]
}

// votes is how a poll stands.
func votes(p poll.Poll) (list []int) {
	for _, o := range p.Options {
		list = append(list, o.Votes)
	}
	return append(list, p.VotersCount)
}

func (h *house) edit(p post.Post, part post.Part) {
	h.Helper()
	h.Must(db.InTx(h.Ctx, h.DB, func(tx *sqlx.Tx) error { return part(h.Ctx, tx, p) }))
}

func (h *house) exec(query string, args ...any) {
	h.Helper()
	_, err := h.DB.ExecContext(h.Ctx, query, args...)
	h.Must(err)
}

// waiting lists the scheduled jobs of a kind as their arguments.
func (h *house) waiting(kind string) (list []string) {
	h.Helper()
	h.Must(h.DB.SelectContext(h.Ctx, &list, `SELECT args::text FROM river_job WHERE kind = $1 ORDER BY id`, kind))
	return list
}

func TestCheck(t *testing.T) {
	h := newHouse(t)
	many := make([]string, poll.MaxOptions+1)
	for i := range many {
		many[i] = fmt.Sprint("Antwort ", i)
	}
	for name, c := range map[string]struct {
		d   poll.Draft
		key string // "": fine
	}{
		"fine":            {days, ""},
		"as many as may":  {poll.Draft{Options: many[1:], ExpiresIn: poll.MaxPeriod}, ""},
		"one answer":      {poll.Draft{Options: many[:1], ExpiresIn: time.Hour}, "error.poll.few"},
		"too many":        {poll.Draft{Options: many, ExpiresIn: time.Hour}, "error.poll.many"},
		"an empty one":    {poll.Draft{Options: []string{"Ja", " \n"}, ExpiresIn: time.Hour}, "error.poll.empty"},
		"a long one":      {poll.Draft{Options: []string{"Ja", strings.Repeat("ü", poll.MaxTitle+1)}, ExpiresIn: time.Hour}, "error.poll.long"},
		"two the same":    {poll.Draft{Options: []string{"Ja", "Nein", " Ja "}, ExpiresIn: time.Hour}, "error.poll.same"},
		"soon over":       {poll.Draft{Options: many[:2], ExpiresIn: poll.MinPeriod - 1}, "error.poll.duration"},
		"too far":         {poll.Draft{Options: many[:2], ExpiresIn: poll.MaxPeriod + 1}, "error.poll.duration"},
		"without an end":  {poll.Draft{Options: many[:2]}, "error.poll.duration"},
		"in the past":     {poll.Draft{Options: many[:2], ExpiresIn: -time.Hour}, "error.poll.duration"},
		"nothing at all":  {poll.Draft{}, "error.poll.few"},
		"several at once": {poll.Draft{Options: many[:1], ExpiresIn: -1}, "error.poll.duration"},
	} {
		err := h.polls.Check(c.d)
		if c.key == "" && err != nil || c.key != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.key)) {
			t.Errorf("%s: %v, want %q", name, err, c.key)
		}
	}
}

func TestVote(t *testing.T) {
	h := newHouse(t)
	single := h.ask(days, post.Public)
	several := days
	several.Multiple = true
	multiple := h.ask(several, post.Public)
	for _, c := range []struct {
		name    string
		by      account.Account
		p       post.Post
		choices []int
		key     string // "": counted
	}{
		{"own poll", h.Member, single, []int{0}, "error.poll.own"},
		{"nothing", h.Other, single, nil, "error.poll.choice"},
		{"no such answer", h.Other, single, []int{3}, "error.poll.choice"},
		{"negative", h.Other, multiple, []int{0, -1}, "error.poll.choice"},
		{"two of one", h.Other, single, []int{0, 1}, "error.poll.single"},
		{"one", h.Other, single, []int{1}, ""},
		{"again", h.Other, single, []int{1}, "error.poll.voted"},
		{"another", h.Other, single, []int{0}, "error.poll.voted"},
		{"the same twice is one", h.Guest, single, []int{1, 1}, ""},
		{"several", h.Other, multiple, []int{2, 0}, ""},
		{"one more of several", h.Other, multiple, []int{1}, "error.poll.voted"},
		{"of another server", h.Remote, single, []int{0}, "error.poll.forbidden"},
	} {
		p, err := h.polls.Vote(h.Ctx, c.by, c.p.ID, c.choices)
		if c.key != "" {
			if err == nil || !strings.Contains(err.Error(), c.key) {
				t.Errorf("%s: %v, want %s", c.name, err, c.key)
			}
			continue
		}
		if err != nil || !p.Voted || len(p.OwnVotes) == 0 {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
	if diff := cmp.Diff([]int{0, 2, 0, 2}, votes(h.read(h.Guest, single))); diff != "" {
		t.Errorf("single (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 0, 1, 1}, votes(h.read(h.Guest, multiple))); diff != "" {
		t.Errorf("multiple (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 2}, h.read(h.Other, multiple).OwnVotes); diff != "" {
		t.Errorf("own votes (-want +got):\n%s", diff)
	}
	if author, visitor := h.read(h.Member, single), h.read(account.Account{}, single); !author.Voted || visitor.Voted {
		t.Errorf("author voted %v, visitor voted %v", author.Voted, visitor.Voted)
	}
}

func TestVoteWhereTheViewerMayNotSee(t *testing.T) {
	h := newHouse(t)
	p := h.ask(days, post.Followers)
	if _, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{0}); !fault.Is(err, fault.NotFound) {
		t.Errorf("no follower: %v", err)
	}
	if _, err := h.polls.Get(h.Ctx, post.Viewer{AccountID: h.Other.ID}, p.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("no follower reads: %v", err)
	}
	h.Follow(h.Other, h.Member)
	if _, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{0}); err != nil {
		t.Errorf("follower: %v", err)
	}
	if _, err := h.polls.Vote(h.Ctx, h.Other, h.Thread(h.Member, "Keine Frage").ID, []int{0}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a post that asks nothing: %v", err)
	}
	if _, err := h.polls.ReceiveVote(h.Ctx, h.Remote, p.URI, "Montag", "https://vitako.example/v/1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody elsewhere who does not follow: %v", err)
	}
	h.Must(h.Posts.Delete(h.Ctx, h.Member, p.ID))
	if _, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{0}); !fault.Is(err, fault.Gone) {
		t.Errorf("withdrawn: %v", err)
	}
	var left int
	h.Must(h.DB.GetContext(h.Ctx, &left, `SELECT count(*) FROM poll_options`))
	if left != 0 {
		t.Errorf("%d answers are left of a withdrawn question", left)
	}
}

// TestVotesAtOnce: whoever votes twenty times at a time is counted once, and no vote of others is lost.
func TestVotesAtOnce(t *testing.T) {
	h := newHouse(t)
	p := h.ask(days, post.Public)
	people := []account.Account{h.Guest, h.Other, h.Editor, h.Admin}
	var wg sync.WaitGroup
	var mu sync.Mutex
	counted := map[int64]int{}
	for i := range 20 {
		for n, by := range people {
			wg.Go(func() {
				_, err := h.polls.Vote(h.Ctx, by, p.ID, []int{(n + i) % 2})
				if err == nil {
					mu.Lock()
					counted[by.ID]++
					mu.Unlock()
				} else if !fault.Is(err, fault.Invalid) {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	got := h.read(h.Member, p)
	if got.Votes() != len(people) || got.VotersCount != len(people) {
		t.Errorf("poll = %+v", got)
	}
	for _, by := range people {
		if counted[by.ID] != 1 {
			t.Errorf("%s was told %d times that the vote counts", by, counted[by.ID])
		}
	}
	if jobs := h.waiting(job.TellPoll{}.Kind()); len(jobs) == 0 || len(jobs) > 2 { // the minute may have changed meanwhile
		t.Errorf("%d jobs tell other servers: %v", len(jobs), jobs)
	}
}

func TestReceiveVote(t *testing.T) {
	h := newHouse(t)
	single := h.ask(days, post.Public)
	several := days
	several.Multiple = true
	multiple := h.ask(several, post.Public)
	note := h.Thread(h.Member, "Keine Frage")
	for i, c := range []struct {
		name  string
		by    account.Account
		p     post.Post
		title string
		voted bool
		kind  fault.Kind
	}{
		{"one", h.Remote, single, "Dienstag", true, ""},
		{"again", h.Remote, single, "Dienstag", true, fault.Invalid},
		{"another", h.Remote, single, "Montag", true, fault.Invalid},
		{"no such answer", h.RemoteOther, single, "dienstag", true, fault.Invalid},
		{"first of several", h.Remote, multiple, "Montag", true, ""},
		{"second of several", h.Remote, multiple, "Dienstag", true, ""},
		{"second again", h.Remote, multiple, "Dienstag", true, fault.Invalid},
		{"no poll", h.Remote, note, "Dienstag", false, ""},
		{"unknown", h.Remote, post.Post{URI: posttest.Base + "/notes/1"}, "Dienstag", false, ""},
	} {
		voted, err := h.polls.ReceiveVote(h.Ctx, c.by, c.p.URI, c.title, fmt.Sprint("https://vitako.example/votes/", i))
		if voted != c.voted || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v, %v, want %v, %q", c.name, voted, err, c.voted, c.kind)
		}
	}
	if diff := cmp.Diff([]int{0, 1, 0, 1}, votes(h.read(h.Guest, single))); diff != "" {
		t.Errorf("single (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 1, 0, 1}, votes(h.read(h.Guest, multiple))); diff != "" {
		t.Errorf("multiple (-want +got):\n%s", diff)
	}
	h.exec(`UPDATE polls SET expires_at = now() - interval '1 second' WHERE post_id = $1`, single.ID)
	if voted, err := h.polls.ReceiveVote(h.Ctx, h.RemoteOther, single.URI, "Montag", "https://vitako.example/votes/late"); !voted || !fault.Is(err, fault.Invalid) {
		t.Errorf("late: %v, %v", voted, err)
	}
}

func TestClose(t *testing.T) {
	h := newHouse(t)
	var told []string
	var mu sync.Mutex
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, what)
	}
	job.Work(h.Queue, func(ctx context.Context, j *river.Job[job.ClosePoll]) error { return h.polls.Close(ctx, j.Args.PostID) })
	job.Work(h.Queue, func(_ context.Context, j *river.Job[job.Notify]) error {
		if j.Args.Event == job.NotifyPoll {
			note(fmt.Sprint("notify ", j.Args.ID))
		}
		return nil
	})
	job.Work(h.Queue, func(_ context.Context, j *river.Job[job.Distribute]) error {
		if j.Args.Verb == job.UpdatePoll {
			note(fmt.Sprint("update ", j.Args.ID))
		}
		return nil
	})
	d := days
	d.HideTotals = true
	p := h.ask(d, post.Public)
	jobtest.Run(t, h.Queue)
	_, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{0})
	h.Must(err)
	asked := h.read(h.Other, p)
	if asked.Expired(time.Now()) || asked.TotalsShown(time.Now()) || asked.ExpiresAt == nil || time.Until(*asked.ExpiresAt) > time.Hour {
		t.Errorf("open poll = %+v", asked)
	}
	h.Must(h.polls.Close(h.Ctx, p.ID)) // the job of an end that was moved
	if asked = h.read(h.Other, p); asked.ClosedAt != nil {
		t.Error("closed before its time")
	}
	h.exec(`UPDATE polls SET expires_at = now() WHERE post_id = $1`, p.ID)
	if _, err := h.polls.Vote(h.Ctx, h.Guest, p.ID, []int{0}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "error.poll.expired") {
		t.Errorf("a vote after the end: %v", err)
	}
	// The job that was enqueued with the question is due now.
	h.exec(`UPDATE river_job SET scheduled_at = now() WHERE kind = 'poll.close'`)
	for end := time.Now().Add(time.Minute); h.read(h.Other, p).ClosedAt == nil && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	jobtest.Wait(t, h.DB)
	h.Must(h.polls.Close(h.Ctx, p.ID))
	jobtest.Wait(t, h.DB)
	if asked = h.read(h.Other, p); asked.ClosedAt == nil || !asked.TotalsShown(time.Now()) {
		t.Errorf("closed poll = %+v", asked)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(told)
	if diff := cmp.Diff([]string{fmt.Sprint("notify ", p.ID), fmt.Sprint("update ", p.ID)}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestReplace(t *testing.T) {
	h := newHouse(t)
	p := h.ask(days, post.Public)
	_, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{0})
	h.Must(err)

	longer := days
	longer.ExpiresIn, longer.HideTotals = 2*time.Hour, true
	h.edit(p, h.polls.Replace(longer))
	if got := h.read(h.Other, p); got.Votes() != 1 || !got.HideTotals || time.Until(*got.ExpiresAt) < 90*time.Minute {
		t.Errorf("the same answers: %+v", got)
	}
	if jobs := h.waiting(job.ClosePoll{}.Kind()); len(jobs) != 2 {
		t.Errorf("jobs that close it: %v", jobs)
	}
	other := longer
	other.Options = []string{"Montag", "Mittwoch"}
	h.edit(p, h.polls.Replace(other))
	if got := h.read(h.Other, p); got.Votes() != 0 || got.VotersCount != 0 || got.Voted || len(got.Options) != 2 || got.Options[1].Title != "Mittwoch" {
		t.Errorf("other answers: %+v", got)
	}
	_, err = h.polls.Vote(h.Ctx, h.Other, p.ID, []int{1})
	h.Must(err)
	other.Multiple = true
	h.edit(p, h.polls.Replace(other))
	if got := h.read(h.Other, p); got.Votes() != 0 || !got.Multiple {
		t.Errorf("several instead of one: %+v", got)
	}
	h.edit(p, h.polls.Remove())
	if got := h.read(h.Other, p); got.PostID != 0 {
		t.Errorf("removed: %+v", got)
	}
}

func TestReceive(t *testing.T) {
	h := newHouse(t)
	ends := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	p, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://vitako.example/q/1", AuthorID: h.Remote.ID, Kind: post.Question, Visibility: post.Public, HTML: "<p>Wann?</p>", PublishedAt: time.Now(),
	}, nil)
	h.Must(err)
	said := poll.Received{ExpiresAt: &ends, VotersCount: 7, Options: []poll.Option{{Title: "Ja", Votes: 5}, {Title: "Nein", Votes: 2}}}
	receive := func(r poll.Received) poll.Poll {
		t.Helper()
		h.edit(p, func(ctx context.Context, tx *sqlx.Tx, p post.Post) error { return h.polls.Receive(ctx, tx, p, r) })
		return h.read(h.Other, p)
	}
	if got := receive(said); !slices.Equal(votes(got), []int{5, 2, 7}) || !got.ExpiresAt.Equal(ends) || got.Local {
		t.Errorf("poll = %+v", got)
	}
	got, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{1})
	h.Must(err)
	if !got.Voted || !slices.Equal(votes(got), []int{5, 2, 7}) {
		t.Errorf("its server has not counted yet: %+v", got)
	}
	if sent := h.waiting(job.Distribute{}.Kind()); len(sent) != 1 || !strings.Contains(sent[0], `"vote"`) {
		t.Errorf("sent: %v", sent)
	}
	if closing := h.waiting(job.ClosePoll{}.Kind()); len(closing) != 1 {
		t.Errorf("closing: %v", closing)
	}
	said.Options[1].Votes, said.VotersCount = 0, 5
	if got := receive(said); !slices.Equal(votes(got), []int{5, 1, 5}) || !got.Voted {
		t.Errorf("our own vote is the least there is: %+v", got)
	}
	said.Options[1].Votes, said.VotersCount = 9, 14
	if got := receive(said); !slices.Equal(votes(got), []int{5, 9, 14}) {
		t.Errorf("counted anew: %+v", got)
	}
	h.exec(`UPDATE polls SET expires_at = now() - interval '1 second' WHERE post_id = $1`, p.ID)
	h.Must(h.polls.Close(h.Ctx, p.ID))
	if asked := h.waiting(job.FetchPost{}.Kind()); len(asked) != 1 || !strings.Contains(asked[0], p.URI) {
		t.Errorf("its server is asked how it ended: %v", asked)
	}
	if got := h.read(h.Other, p); got.ClosedAt == nil {
		t.Errorf("at its end: %+v", got)
	}
	said.Options[0].Title = "Vielleicht"
	if got := receive(said); !slices.Equal(votes(got), []int{5, 9, 14}) || got.Voted || got.Options[0].Title != "Vielleicht" {
		t.Errorf("other answers: %+v", got)
	}
	closed := time.Now().UTC()
	said.ClosedAt = &closed
	if got := receive(said); got.ClosedAt == nil {
		t.Errorf("closed there: %+v", got)
	}
	if _, err := h.polls.Vote(h.Ctx, h.Other, p.ID, []int{1}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a vote after the end: %v", err)
	}
}
