package lane_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/lane"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	lanes *lane.Service
}

func newHouse(t *testing.T) *house {
	h := posttest.New(t)
	return &house{h, lane.New(h.DB, h.Accounts)}
}

// lane makes one; due is when its head is tried, counted from now, and nil while nothing waits.
func (h *house) lane(host string, due *time.Duration, failures int, failing time.Duration, worker any) {
	h.Helper()
	var seconds, since any
	if due != nil {
		seconds = due.Seconds()
	}
	if failing > 0 {
		since = failing.Seconds()
	}
	h.DB.MustExec(`INSERT INTO lanes (host, next_at, waiting_since, failures, failing_since, worker)
		VALUES ($1, now() + $2::float8 * interval '1 second', CASE WHEN $2::float8 IS NOT NULL THEN now() - interval '1 hour' END,
			$3, now() - $4::float8 * interval '1 second', $5)`, host, seconds, failures, since, worker)
}

// sent makes n deliveries to a host, and returns their ids in order.
func (h *house) sent(host, state string, n int) (ids []int64) {
	h.Helper()
	for range n {
		id := db.NewID(time.Now())
		uri := posttest.Base + "/activities/" + strconv.FormatInt(id, 10)
		h.DB.MustExec(`INSERT INTO activities (id, uri, account_id, type, object_uri, public, body) VALUES ($1, $2, $3, 'Like', 'https://x.example/notes/1', true, '{}')`,
			id, uri, h.Member.ID)
		var row int64
		h.Must(h.DB.Get(&row, `INSERT INTO deliveries (activity_id, inbox_uri, host, state, attempt, last_status, last_error, next_at)
			VALUES ($1, 'https://' || $2::text || '/inbox', $2, $3, 4, 503, 'kaputt', now() + interval '1 hour') RETURNING id`, id, host, state))
		ids = append(ids, row)
	}
	return ids
}

func (h *house) of(host string) lane.Lane {
	h.Helper()
	l, err := h.lanes.Get(h.Ctx, h.Admin, host)
	h.Must(err)
	return l
}

// due reports whether a lane is to be emptied now.
func (h *house) due(host string) bool {
	h.Helper()
	at := h.of(host).NextAt
	return at != nil && !at.After(time.Now())
}

func (h *house) delivery(id int64) lane.Delivery {
	h.Helper()
	d, err := h.lanes.Delivery(h.Ctx, h.Admin, id)
	h.Must(err)
	return d
}

func in(d time.Duration) *time.Duration { return &d }

// TestLanesAreForAdministrators: nobody else sees them or decides about them.
func TestLanesAreForAdministrators(t *testing.T) {
	h := newHouse(t)
	h.lane("a.example", in(time.Hour), 0, 0, nil)
	id := h.sent("a.example", lane.Failed, 1)[0]
	h.sent("a.example", lane.Pending, 1)
	suspended := h.Admin
	suspended.State = account.Suspended
	for name, act := range map[string]func(account.Account) error{
		"List": func(a account.Account) error { _, _, err := h.lanes.List(h.Ctx, a, lane.Filter{Limit: 10}); return err },
		"Get":  func(a account.Account) error { _, err := h.lanes.Get(h.Ctx, a, "a.example"); return err },
		"Deliveries": func(a account.Account) error {
			_, err := h.lanes.Deliveries(h.Ctx, a, "a.example", lane.Failed, 0, 10)
			return err
		},
		"Delivery":      func(a account.Account) error { _, err := h.lanes.Delivery(h.Ctx, a, id); return err },
		"Retry":         func(a account.Account) error { return h.lanes.Retry(h.Ctx, a, "a.example") },
		"RetryDelivery": func(a account.Account) error { return h.lanes.RetryDelivery(h.Ctx, a, id) },
		"Drop":          func(a account.Account) error { return h.lanes.Drop(h.Ctx, a, "a.example") },
		"DropDelivery":  func(a account.Account) error { return h.lanes.DropDelivery(h.Ctx, a, id) },
	} {
		for _, a := range []account.Account{{}, h.Guest, h.Member, h.Editor, h.Remote, suspended} {
			if err := act(a); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %q: %v, want Forbidden", name, a.Username, err)
			}
		}
	}
	if h.due("a.example") || h.delivery(id).State != lane.Failed || h.Count(`SELECT count(*) FROM audit_log WHERE action LIKE 'lane.%'`) != 0 {
		t.Error("something changed")
	}
	for name, err := range map[string]error{
		"Retry": h.lanes.Retry(h.Ctx, h.Admin, "b.example"), "Drop": h.lanes.Drop(h.Ctx, h.Admin, "b.example"),
		"RetryDelivery": h.lanes.RetryDelivery(h.Ctx, h.Admin, id+99), "DropDelivery": h.lanes.DropDelivery(h.Ctx, h.Admin, id+99),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of what is not there: %v", name, err)
		}
	}
	if _, err := h.lanes.Get(h.Ctx, h.Admin, "b.example"); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such lane: %v", err)
	}
}

// TestListLanes: what needs a look comes first, pages neither repeat nor leave out, and each says how its host fares.
func TestListLanes(t *testing.T) {
	h := newHouse(t)
	h.lane("quiet.example", nil, 0, 0, nil)
	h.lane("running.example", in(-time.Minute), 0, 0, 7)
	h.lane("waiting.example", in(time.Minute), lane.HeldAfter-1, lane.DeadAfter-time.Hour, nil)
	h.lane("lost.example", nil, 0, 0, nil)
	h.lane("held.example", in(time.Minute), lane.HeldAfter, lane.DeadAfter-time.Hour, nil)
	h.lane("parked2.example", in(time.Hour), lane.HeldAfter, lane.DeadAfter+time.Hour, nil)
	h.lane("parked1.example", in(time.Hour), lane.HeldAfter, lane.DeadAfter+time.Hour, nil)
	h.sent("quiet.example", lane.Delivered, 1)
	h.sent("quiet.example", lane.Dropped, 1) // somebody decided that: it is no loss to look at
	h.sent("lost.example", lane.Failed, 2)
	h.sent("lost.example", lane.Dropped, 3)
	h.sent("held.example", lane.Pending, 4)
	h.DB.MustExec(`INSERT INTO peers (host, seen_at) VALUES ('held.example', now())`)

	hosts := func(f lane.Filter) (list []string, total int) {
		t.Helper()
		lanes, total, err := h.lanes.List(h.Ctx, h.Admin, f)
		h.Must(err)
		for _, l := range lanes {
			list = append(list, l.Host+" "+string(l.State))
		}
		return list, total
	}
	want := []string{
		"parked1.example parked", "parked2.example parked", "held.example held", "lost.example lost",
		"waiting.example waiting", "running.example running", "quiet.example quiet",
	}
	var got []string
	for offset := 0; offset < len(want); offset += 3 {
		page, total := hosts(lane.Filter{Offset: offset, Limit: 3})
		if total != len(want) {
			t.Errorf("%d lanes in all, want %d", total, len(want))
		}
		got = append(got, page...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		filter lane.Filter
		want   []string
	}{
		{lane.Filter{Query: " Parked", Limit: 1}, []string{"parked1.example parked"}},
		{lane.Filter{State: lane.Parked, Limit: 10}, want[:2]},
		{lane.Filter{State: lane.Parked, Query: "2", Limit: 10}, want[1:2]},
		{lane.Filter{Query: "%", Limit: 10}, nil},
	} {
		page, total := hosts(tt.filter)
		if wantTotal := max(len(tt.want), map[bool]int{true: 2}[tt.filter.Limit == 1]); !slices.Equal(page, tt.want) || total != wantTotal {
			t.Errorf("%+v: %v of %d", tt.filter, page, total)
		}
	}
	counts, err := h.lanes.Counts(h.Ctx)
	h.Must(err)
	if diff := cmp.Diff(map[lane.State]int{lane.Parked: 2, lane.Held: 1, lane.Lost: 1, lane.Waiting: 1, lane.Running: 1, lane.Quiet: 1}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if l := h.of("lost.example"); l.Failed != 2 || l.Dropped != 3 || l.Pending != 0 || l.LastError != "kaputt" {
		t.Errorf("%+v", l)
	}
	if l := h.of("held.example"); l.Pending != 4 || l.SeenAt == nil || l.AnsweredAt != nil || l.WaitingSince == nil || l.Failures != lane.HeldAfter {
		t.Errorf("%+v", l)
	}
}

// TestOldest: how long something waits says something of us only where the other side takes what comes.
func TestOldest(t *testing.T) {
	h := newHouse(t)
	if s, err := h.lanes.Oldest(h.Ctx); err != nil || s != 0 {
		t.Errorf("nothing waits: %v s, %v", s, err)
	}
	h.lane("held.example", in(time.Minute), lane.HeldAfter, time.Hour, nil)
	h.lane("quiet.example", nil, 0, 0, nil)
	if s, err := h.lanes.Oldest(h.Ctx); err != nil || s != 0 {
		t.Errorf("only a host that is held waits: %v s, %v", s, err)
	}
	h.lane("waiting.example", in(time.Minute), lane.HeldAfter-1, time.Hour, nil)
	if s, err := h.lanes.Oldest(h.Ctx); err != nil || s < 3600 || s > 7200 {
		t.Errorf("one has waited for an hour: %v s, %v", s, err)
	}
}

// TestDeliveriesByPage: what waits comes in the order in which it is sent, what is lost with the newest first, page by page.
func TestDeliveriesByPage(t *testing.T) {
	h := newHouse(t)
	h.lane("a.example", in(time.Hour), 0, 0, nil)
	h.sent("b.example", lane.Pending, 2)
	waiting, lost, dropped := h.sent("a.example", lane.Pending, 5), h.sent("a.example", lane.Failed, 5), h.sent("a.example", lane.Dropped, 2)
	h.sent("a.example", lane.Delivered, 3)
	slices.Reverse(lost)
	slices.Reverse(dropped)
	for state, want := range map[string][]int64{lane.Pending: waiting, lane.Failed: lost, lane.Dropped: dropped} {
		var got []int64
		for after := int64(0); ; after = got[len(got)-1] {
			page, err := h.lanes.Deliveries(h.Ctx, h.Admin, "a.example", state, after, 2)
			h.Must(err)
			for _, d := range page {
				if d.State != state || d.Host != "a.example" || d.Type != "Like" || d.ObjectURI != "https://x.example/notes/1" || d.LastStatus != 503 {
					t.Errorf("%+v", d)
				}
				got = append(got, d.ID)
			}
			if len(page) < 2 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
	if d := h.delivery(waiting[0]); d.NextAt == nil || d.Attempt != 4 {
		t.Errorf("one that was tried and waits: %+v", d)
	}
	if d := h.delivery(lost[0]); d.NextAt != nil {
		t.Errorf("one that was given up is tried at %v", d.NextAt)
	}
}

// TestRetry: a lane is tried now and who empties it hears of that; that its host fails is not forgotten.
func TestRetry(t *testing.T) {
	h := newHouse(t)
	incoming := make(chan *pq.Notification, 16)
	listener, err := db.DialListener(h.Ctx, db.DSN(h.DB), incoming)
	h.Must(err)
	defer listener.Close()
	_, err = listener.ExecSimpleQuery("LISTEN " + lane.Channel)
	h.Must(err)

	h.lane("held.example", in(time.Hour), lane.HeldAfter, time.Hour, nil)
	h.lane("lost.example", nil, 0, 0, nil)
	waiting := h.sent("held.example", lane.Pending, 1)[0]
	h.sent("lost.example", lane.Failed, 1)
	before := h.Count(`SELECT fills FROM lanes WHERE host = 'held.example'`)
	h.Must(h.lanes.Retry(h.Ctx, h.Admin, "held.example"))
	select {
	case n := <-incoming:
		if n == nil || n.Channel != lane.Channel {
			t.Errorf("heard %+v", n)
		}
	case <-time.After(time.Minute):
		t.Error("nobody was told")
	}
	if l := h.of("held.example"); !h.due("held.example") || l.Failures != lane.HeldAfter || l.FailingSince == nil {
		t.Errorf("%+v", l)
	}
	// Who empties it at this moment must not put it down as empty.
	if n := h.Count(`SELECT fills FROM lanes WHERE host = 'held.example'`); n <= before {
		t.Error("who empties the lane does not see that it was filled")
	}
	if d := h.delivery(waiting); d.Attempt != 4 {
		t.Errorf("attempts forgotten: %+v", d)
	}
	h.Must(h.lanes.Retry(h.Ctx, h.Admin, "lost.example"))
	if l := h.of("lost.example"); l.NextAt != nil || l.State != lane.Lost {
		t.Errorf("a lane in which nothing waits is tried: %+v", l)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'lane.retry'`); n != 2 {
		t.Errorf("%d entries in the log", n)
	}
}

// TestRetryDelivery: what was given up begins anew in its old place, what arrived is never sent again.
func TestRetryDelivery(t *testing.T) {
	h := newHouse(t)
	h.lane("a.example", nil, 0, 0, nil)
	lost, dropped, arrived := h.sent("a.example", lane.Failed, 1)[0], h.sent("a.example", lane.Dropped, 1)[0], h.sent("a.example", lane.Delivered, 1)[0]
	h.Must(h.lanes.RetryDelivery(h.Ctx, h.Admin, arrived))
	if d := h.delivery(arrived); d.State != lane.Delivered || h.of("a.example").NextAt != nil {
		t.Errorf("sent again: %+v", d)
	}
	waiting := h.sent("a.example", lane.Pending, 1)[0]
	for _, id := range []int64{dropped, lost} {
		h.Must(h.lanes.RetryDelivery(h.Ctx, h.Admin, id))
		if d := h.delivery(id); d.State != lane.Pending || d.Attempt != 0 || !h.due("a.example") {
			t.Errorf("%+v", d)
		}
	}
	list, err := h.lanes.Deliveries(h.Ctx, h.Admin, "a.example", lane.Pending, 0, 10)
	h.Must(err)
	if len(list) != 3 || list[0].ID != lost || list[1].ID != dropped || list[2].ID != waiting {
		t.Errorf("order %+v", list)
	}
	h.Must(h.lanes.RetryDelivery(h.Ctx, h.Admin, waiting))
	if d := h.delivery(waiting); d.Attempt != 4 {
		t.Errorf("one that waits begins anew: %+v", d)
	}
}

// TestDrop: all that waits or was lost is given up, of this host only, and the lane rests; who empties it decides that himself.
func TestDrop(t *testing.T) {
	h := newHouse(t)
	for _, host := range []string{"a.example", "b.example"} {
		h.lane(host, in(time.Hour), lane.HeldAfter, time.Hour, nil)
		h.sent(host, lane.Pending, 2)
		h.sent(host, lane.Failed, 2)
		h.sent(host, lane.Delivered, 2)
	}
	h.lane("running.example", in(-time.Minute), 0, 0, 7)
	h.sent("running.example", lane.Pending, 1)
	h.Must(h.lanes.Drop(h.Ctx, h.Admin, "a.example"))
	h.Must(h.lanes.Drop(h.Ctx, h.Admin, "running.example"))
	if l := h.of("a.example"); l.Pending != 0 || l.Failed != 0 || l.Dropped != 4 || l.NextAt != nil || l.WaitingSince != nil || l.State != lane.Quiet {
		t.Errorf("%+v", l)
	}
	if l := h.of("b.example"); l.Pending != 2 || l.Failed != 2 || l.NextAt == nil {
		t.Errorf("another's lane: %+v", l)
	}
	if l := h.of("running.example"); l.Dropped != 1 || l.State != lane.Running || l.NextAt == nil {
		t.Errorf("one that is being emptied: %+v", l)
	}
	if n := h.Count(`SELECT count(*) FROM deliveries WHERE state = 'delivered'`); n != 4 {
		t.Errorf("%d of 4 that arrived are still known", n)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'lane.drop' AND subject = 'a.example'`); n != 1 {
		t.Errorf("%d entries in the log", n)
	}
}

// TestDropDelivery: the lane goes on with the next at once, unless its host does not answer anyway.
func TestDropDelivery(t *testing.T) {
	h := newHouse(t)
	h.lane("stuck.example", in(time.Hour), 1, time.Hour, nil)
	h.lane("held.example", in(time.Hour), lane.HeldAfter, time.Hour, nil)
	for _, host := range []string{"stuck.example", "held.example"} {
		ids := h.sent(host, lane.Pending, 2)
		h.Must(h.lanes.DropDelivery(h.Ctx, h.Admin, ids[0]))
		if d := h.delivery(ids[0]); d.State != lane.Dropped {
			t.Errorf("%+v", d)
		}
		if l := h.of(host); l.Pending != 1 || h.due(host) != (host == "stuck.example") || l.NextAt == nil {
			t.Errorf("%+v", l)
		}
		h.Must(h.lanes.DropDelivery(h.Ctx, h.Admin, ids[1]))
		if l := h.of(host); l.Pending != 0 || l.NextAt != nil || l.WaitingSince != nil {
			t.Errorf("nothing waits: %+v", l)
		}
		lost, arrived := h.sent(host, lane.Failed, 1)[0], h.sent(host, lane.Delivered, 1)[0]
		h.Must(h.lanes.DropDelivery(h.Ctx, h.Admin, lost))
		h.Must(h.lanes.DropDelivery(h.Ctx, h.Admin, arrived))
		if h.delivery(lost).State != lane.Dropped || h.delivery(arrived).State != lane.Delivered {
			t.Error("what was lost is forgotten, what arrived is not")
		}
	}
}
