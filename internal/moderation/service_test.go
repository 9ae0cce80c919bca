package moderation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	moderation *moderation.Service
	moderator  account.Account
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{House: posttest.New(t)}
	h.moderation = moderation.New(h.DB, h.Accounts, h.Posts, h.Queue)
	h.moderator = h.Account("moderation", "", account.Person, account.RoleModerator)
	return h
}

func (h *house) submit(by account.Account, d moderation.Draft) moderation.View {
	h.Helper()
	v, err := h.moderation.Submit(h.Ctx, by, d)
	h.Must(err)
	return v
}

// reports lists the ids of the open or the closed ones.
func (h *house) reports(open bool, page paging.Page) (ids []int64) {
	h.Helper()
	list, err := h.moderation.List(h.Ctx, h.moderator, open, page)
	h.Must(err)
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	return ids
}

func TestSubmit(t *testing.T) {
	h := newHouse(t)
	seen, other := h.Thread(h.Other, "Werbung"), h.Thread(h.Editor, "Unbeteiligt")
	secret := h.Write(h.Other, post.Draft{Untitled: true, Source: "nur für mich", Visibility: post.Direct})
	v := h.submit(h.Member, moderation.Draft{
		TargetID: h.Other.ID, PostIDs: []int64{seen.ID, seen.ID, other.ID, secret.ID, 4}, Comment: "  Das ist Werbung.\n", Forward: true,
	})
	if v.By.ID != h.Member.ID || v.Target.ID != h.Other.ID || v.Forward {
		t.Errorf("report %+v; of ours, nobody else is told", v)
	}
	got, err := h.moderation.ByID(h.Ctx, h.moderator, v.ID)
	h.Must(err)
	// Of others' posts, and of those that the reporter cannot see, nothing is shown to the moderators.
	if diff := cmp.Diff([]int64{seen.ID}, []int64(got.PostIDs)); diff != "" || len(got.Posts) != 1 || got.Posts[0].Post.ID != seen.ID {
		t.Errorf("posts %v: %s", got.Posts, diff)
	}
	if got.Comment != "Das ist Werbung." || got.Category != moderation.Other || *got.AccountID != h.Member.ID || got.ResolvedAt != nil || got.By.ID != h.Member.ID {
		t.Errorf("stored %+v", got)
	}
	if n := len(h.Jobs("notification.notify")); n == 0 {
		t.Error("nobody is told")
	}
	if rules := h.submit(h.Guest, moderation.Draft{TargetID: h.Remote.ID, RuleIDs: []int64{1, 3}}); rules.Category != moderation.Violation || !slices.Equal(rules.RuleIDs, []int64{1, 3}) {
		t.Errorf("a report that names rules is %+v", rules.Report)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'report.submit'`); n != 2 {
		t.Errorf("%d entries in the log", n)
	}
}

func TestSubmitRefuses(t *testing.T) {
	h := newHouse(t)
	suspended := h.Guest
	suspended.State = account.Suspended
	for name, test := range map[string]struct {
		by   account.Account
		d    moderation.Draft
		want fault.Kind
	}{
		"oneself":         {h.Member, moderation.Draft{TargetID: h.Member.ID}, fault.Invalid},
		"nobody":          {h.Member, moderation.Draft{TargetID: 4}, fault.NotFound},
		"a long comment":  {h.Member, moderation.Draft{TargetID: h.Other.ID, Comment: strings.Repeat("ü", 1_001)}, fault.Invalid},
		"unknown reason":  {h.Member, moderation.Draft{TargetID: h.Other.ID, Category: "boring"}, fault.Invalid},
		"as a visitor":    {account.Account{}, moderation.Draft{TargetID: h.Other.ID}, fault.Forbidden},
		"while suspended": {suspended, moderation.Draft{TargetID: h.Other.ID}, fault.Forbidden},
	} {
		if _, err := h.moderation.Submit(h.Ctx, test.by, test.d); !fault.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	h.submit(h.Member, moderation.Draft{TargetID: h.Other.ID, Comment: strings.Repeat("ü", 1_000)})
	if n := h.Count(`SELECT count(*) FROM reports`); n != 1 {
		t.Errorf("%d reports stored", n)
	}
}

// Reports say who reported whom: nobody below a moderator reads them.
func TestReportsAreForModerators(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Other, "Werbung")
	v := h.submit(h.Member, moderation.Draft{TargetID: h.Other.ID, PostIDs: []int64{p.ID}})
	for name, act := range map[string]func(account.Account) error{
		"List":       func(a account.Account) error { _, err := h.moderation.List(h.Ctx, a, true, paging.Page{}); return err },
		"ByID":       func(a account.Account) error { _, err := h.moderation.ByID(h.Ctx, a, v.ID); return err },
		"Resolve":    func(a account.Account) error { return h.moderation.Resolve(h.Ctx, a, v.ID, "") },
		"DeletePost": func(a account.Account) error { return h.moderation.DeletePost(h.Ctx, a, v.ID, p.ID) },
	} {
		for _, a := range []account.Account{{}, h.Guest, h.Member, h.Other, h.Editor, h.Remote} {
			if err := act(a); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s by %q: %v, want Forbidden", name, a.Username, err)
			}
		}
	}
	if list, err := h.moderation.ByIDs(h.Ctx, h.Editor, []int64{v.ID}); err != nil || list != nil {
		t.Errorf("ByIDs shows an editor %v, %v", list, err)
	}
	for name, err := range map[string]error{
		"ByID":       func() error { _, err := h.moderation.ByID(h.Ctx, h.moderator, 4); return err }(),
		"Resolve":    h.moderation.Resolve(h.Ctx, h.moderator, 4, ""),
		"DeletePost": h.moderation.DeletePost(h.Ctx, h.moderator, 4, p.ID),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of nothing: %v, want NotFound", name, err)
		}
	}
}

func TestResolve(t *testing.T) {
	h := newHouse(t)
	first := h.submit(h.Member, moderation.Draft{TargetID: h.Other.ID}).ID
	second := h.submit(h.Guest, moderation.Draft{TargetID: h.Remote.ID}).ID
	third := h.submit(h.Other, moderation.Draft{TargetID: h.Remote.ID}).ID
	if got := h.reports(true, paging.Page{}); !slices.Equal(got, []int64{third, second, first}) {
		t.Errorf("open: %v", got)
	}
	if got := h.reports(true, paging.Page{MaxID: third, Limit: 1}); !slices.Equal(got, []int64{second}) {
		t.Errorf("second page: %v", got)
	}
	h.Want(h.moderation.Resolve(h.Ctx, h.moderator, second, strings.Repeat("x", 1_001)), fault.Invalid)
	h.Must(h.moderation.Resolve(h.Ctx, h.moderator, second, " Verwarnt. "))
	h.Must(h.moderation.Resolve(h.Ctx, h.Admin, second, "Noch einmal.")) // closed once, for good
	if got := h.reports(true, paging.Page{}); !slices.Equal(got, []int64{third, first}) {
		t.Errorf("still open: %v", got)
	}
	if got := h.reports(false, paging.Page{}); !slices.Equal(got, []int64{second}) {
		t.Errorf("closed: %v", got)
	}
	v, err := h.moderation.ByID(h.Ctx, h.moderator, second)
	h.Must(err)
	if v.Resolution != "Verwarnt." || v.ResolvedBy.ID != h.moderator.ID || v.ResolvedAt == nil {
		t.Errorf("closed report: %+v", v)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'report.resolve' AND detail = 'Verwarnt.'`); n != 1 {
		t.Errorf("%d entries in the log", n)
	}
}

func TestDeleteReportedPost(t *testing.T) {
	h := newHouse(t)
	reported, left := h.Thread(h.Other, "Werbung"), h.Thread(h.Other, "In Ordnung")
	v := h.submit(h.Member, moderation.Draft{TargetID: h.Other.ID, PostIDs: []int64{reported.ID}})
	h.Want(h.moderation.DeletePost(h.Ctx, h.moderator, v.ID, left.ID), fault.NotFound) // nobody reported it
	h.Must(h.moderation.DeletePost(h.Ctx, h.moderator, v.ID, reported.ID))
	if h.Get(reported.ID).State != post.StateWithdrawn || h.Get(left.ID).State != post.StatePublished {
		t.Errorf("reported: %s, left: %s", h.Get(reported.ID).State, h.Get(left.ID).State)
	}
	got, err := h.moderation.ByID(h.Ctx, h.moderator, v.ID)
	h.Must(err)
	if len(got.Posts) != 1 || got.Posts[0].Post.State != post.StateWithdrawn {
		t.Errorf("the report shows %v", got.Posts)
	}

	remote := h.Arrives(h.Remote, "werbung", nil)
	v = h.submit(h.Member, moderation.Draft{TargetID: h.Remote.ID, PostIDs: []int64{remote.ID}})
	h.Want(h.moderation.DeletePost(h.Ctx, h.moderator, v.ID, remote.ID), fault.Forbidden)
}

// TestReportOutlives: a report stays when who wrote it is gone and whom it is about is suspended.
func TestReportOutlives(t *testing.T) {
	h := newHouse(t)
	v := h.submit(h.Member, moderation.Draft{TargetID: h.Other.ID})
	h.Must(h.moderation.Restrict(h.Ctx, h.Admin, h.Other.ID, moderation.Suspend, "Werbung"))
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE reports SET account_id = NULL WHERE id = $1`, v.ID)
	h.Must(err)
	if v, err = h.moderation.ByID(h.Ctx, h.moderator, v.ID); err != nil || v.By.ID != 0 || v.Target.State != account.Suspended {
		t.Errorf("report %+v, %v", v, err)
	}
}
