package timeline_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/timeline"
)

type house struct {
	*posttest.House
	lines *timeline.Service
}

func newHouse(t *testing.T) *house {
	h := posttest.New(t)
	return &house{h, timeline.New(h.DB, h.Accounts, h.Posts)}
}

func (h *house) exec(query string, args ...any) {
	h.Helper()
	_, err := h.DB.ExecContext(h.Ctx, query, args...)
	h.Must(err)
}

// hide writes that the member hides somebody by a row of that table.
func (h *house) hide(table string, target account.Account) {
	h.Helper()
	if table == "domain_blocks" {
		h.exec(`INSERT INTO domain_blocks (id, account_id, domain) VALUES ($1, $2, $3)`, db.NewID(time.Now()), h.Member.ID, target.Host())
		return
	}
	h.exec(`INSERT INTO `+table+` (id, account_id, target_id) VALUES ($1, $2, $3)`, db.NewID(time.Now()), h.Member.ID, target.ID)
}

func (h *house) home(want ...string) {
	h.Helper()
	page, err := h.lines.Home(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	if diff := cmp.Diff(append([]string{}, want...), titles(page.Items)); diff != "" {
		h.Error(diff)
	}
}

func TestHomeWithoutSomeBoosts(t *testing.T) {
	h := newHouse(t)
	friend := h.Account("freund", "", account.Person, account.RoleMember)
	h.Follow(h.Member, friend)
	p := h.Thread(h.Other, "Geteilt")
	h.Thread(friend, "Eigenes")
	h.Must(h.Posts.Boost(h.Ctx, friend, p.ID))
	h.home("Geteilt (freund)", "Eigenes")
	page, err := h.lines.Home(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	var boost struct {
		ID        int64     `db:"id"`
		CreatedAt time.Time `db:"created_at"`
	}
	h.Must(h.DB.GetContext(h.Ctx, &boost, `SELECT id, created_at FROM boosts`))
	if v := page.Items[0]; v.BoostID != boost.ID || page.First != boost.ID || !v.BoostedAt.Equal(boost.CreatedAt) {
		t.Errorf("boost %d at %s, first %d, want %+v", v.BoostID, v.BoostedAt, page.First, boost)
	}
	h.exec(`UPDATE follows SET show_boosts = false`)
	h.home("Eigenes")
	// Followed itself, the post stands there as a post.
	h.Follow(h.Member, h.Other)
	h.home("Eigenes", "Geteilt")
}

func TestHomeInSomeLanguages(t *testing.T) {
	h := newHouse(t)
	h.Follow(h.Member, h.Other)
	h.Write(h.Other, post.Draft{Title: "Deutsch", Source: "x", Language: "de"})
	h.Write(h.Other, post.Draft{Title: "English", Source: "x", Language: "en"})
	h.home("English", "Deutsch")
	h.exec(`UPDATE follows SET languages = '{de,fr}'`)
	h.home("Deutsch")
}

func TestHomeWithoutMembersOfExclusiveLists(t *testing.T) {
	h := newHouse(t)
	h.Follow(h.Member, h.Other)
	h.Follow(h.Member, h.Editor)
	h.Thread(h.Other, "Von der Liste")
	p := h.Thread(h.Editor, "Vom Redakteur")
	h.Answer(h.Editor, h.Thread(h.stranger(), "Fremd"), "An Fremde")
	h.Must(h.Posts.Boost(h.Ctx, h.Other, p.ID))
	h.exec(`INSERT INTO lists (id, account_id, title) VALUES (1, $1, 'Liste')`, h.Member.ID)
	h.exec(`INSERT INTO list_members (id, list_id, target_id) VALUES (2, 1, $1)`, h.Other.ID)
	h.home("Vom Redakteur (einkauf)", "Von der Liste")
	h.exec(`UPDATE lists SET exclusive = true`)
	h.home("Vom Redakteur")
	page, err := h.lines.List(h.Ctx, h.Member, 1, paging.Page{})
	h.Must(err)
	if diff := cmp.Diff([]string{"Vom Redakteur (einkauf)", "Von der Liste"}, titles(page.Items)); diff != "" {
		t.Errorf("list: %s", diff)
	}
}

// stranger is a stranger who may write.
func (h *house) stranger() account.Account {
	return h.Account("fremd", "", account.Person, account.RoleMember)
}

func TestHomeHasFollowedTags(t *testing.T) {
	h := newHouse(t)
	h.exec(`INSERT INTO followed_tags (id, account_id, name) VALUES (1, $1, 'wärme')`, h.Member.ID)
	h.Write(h.Other, post.Draft{Title: "Öffentlich", Source: "#Wärme"})
	h.Write(h.Other, post.Draft{Title: "Nicht gelistet", Source: "#wärme", Visibility: post.Unlisted})
	h.Write(h.Other, post.Draft{Title: "Anderes", Source: "#kälte"})
	h.Answer(h.Other, h.Thread(h.Editor, "Frage"), "Antwort mit #WÄRME")
	h.home("Antwort mit #WÄRME", "Öffentlich")
	h.hide("mutes", h.Other)
	h.home()
}

// What is hidden from the reader is hidden whoever brought it.
func TestTimelinesWithoutTheHidden(t *testing.T) {
	for _, table := range []string{"mutes", "blocks", "domain_blocks"} {
		t.Run(table, func(t *testing.T) {
			h := newHouse(t)
			friend := h.Account("freund", "", account.Person, account.RoleMember)
			h.Follow(h.Member, friend)
			h.Follow(h.Member, h.Remote)
			p := h.Arrives(h.Remote, "versteckt", func(r *post.Received) {
				r.Title, r.Tags, r.URL = "Versteckt", []string{"Klima"}, "https://vitako.example/seite"
			})
			h.Must(h.Posts.Boost(h.Ctx, friend, p.ID))
			mine := h.Thread(friend, "Vom Freund")
			h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Remote.ID, mine.ID, "https://vitako.example/boosts/1"))
			h.exec(`INSERT INTO lists (id, account_id, title) VALUES (1, $1, 'Liste')`, h.Member.ID)
			h.exec(`INSERT INTO list_members (id, list_id, target_id) SELECT id, 1, target_id FROM follows WHERE account_id = $1`, h.Member.ID)
			viewer := post.Viewer{AccountID: h.Member.ID}
			read := map[string]func() (timeline.Lines, error){
				"home": func() (timeline.Lines, error) { return h.lines.Home(h.Ctx, h.Member, paging.Page{}) },
				"list": func() (timeline.Lines, error) { return h.lines.List(h.Ctx, h.Member, 1, paging.Page{}) },
				"public": func() (timeline.Lines, error) {
					return h.lines.Public(h.Ctx, viewer, timeline.Options{Remote: true}, paging.Page{})
				},
				"tag": func() (timeline.Lines, error) {
					return h.lines.Tag(h.Ctx, viewer, "klima", timeline.Options{}, paging.Page{})
				},
				"link": func() (timeline.Lines, error) {
					return h.lines.Link(h.Ctx, viewer, "https://vitako.example/seite", paging.Page{})
				},
			}
			before := map[string][]string{
				"home": {"Vom Freund (klima)", "Versteckt (freund)"}, "list": {"Vom Freund (klima)", "Versteckt (freund)"},
				"public": {"Versteckt"}, "tag": {"Versteckt"}, "link": {"Versteckt"},
			}
			after := map[string][]string{"home": {"Vom Freund"}, "list": {"Vom Freund"}, "public": {}, "tag": {}, "link": {}}
			for _, want := range []map[string][]string{before, after} {
				for name := range read {
					page, err := read[name]()
					h.Must(err)
					if diff := cmp.Diff(want[name], titles(page.Items)); diff != "" {
						t.Errorf("%s: %s", name, diff)
					}
				}
				h.exec(`DELETE FROM ` + table)
				h.hide(table, h.Remote)
			}
		})
	}
}

func TestListReplies(t *testing.T) {
	h := newHouse(t)
	fremd := h.stranger()
	h.Follow(h.Member, h.Other)
	h.Follow(h.Member, h.Editor)
	h.Follow(h.Member, h.Admin)
	h.exec(`INSERT INTO lists (id, account_id, title) VALUES (1, $1, 'Liste')`, h.Member.ID)
	h.exec(`INSERT INTO list_members (id, list_id, target_id) VALUES (1, 1, $1), (2, 1, $2)`, h.Other.ID, h.Editor.ID)
	root := h.Thread(h.Other, "Wurzel")
	h.Answer(h.Other, root, "an sich selbst")
	h.Answer(h.Editor, root, "an ein Mitglied")
	h.Answer(h.Other, h.Thread(h.Member, "Meines"), "an mich")
	h.Answer(h.Other, h.Thread(h.Admin, "Gefolgt"), "an Gefolgte")
	h.Answer(h.Other, h.Thread(fremd, "Fremd"), "an Fremde")
	for policy, want := range map[string][]string{
		"none":     {"an mich", "an sich selbst", "Wurzel"},
		"list":     {"an mich", "an ein Mitglied", "an sich selbst", "Wurzel"},
		"followed": {"an Gefolgte", "an mich", "an ein Mitglied", "an sich selbst", "Wurzel"},
	} {
		h.exec(`UPDATE lists SET replies_policy = $1`, policy)
		page, err := h.lines.List(h.Ctx, h.Member, 1, paging.Page{})
		h.Must(err)
		if diff := cmp.Diff(want, titles(page.Items)); diff != "" {
			t.Errorf("%s: %s", policy, diff)
		}
	}
	_, err := h.lines.List(h.Ctx, h.Other, 1, paging.Page{})
	h.Want(err, fault.NotFound)
	// Who is no longer followed is no member.
	h.exec(`UPDATE follows SET undone_at = now() WHERE target_id = $1`, h.Other.ID)
	page, err := h.lines.List(h.Ctx, h.Member, 1, paging.Page{})
	h.Must(err)
	if diff := cmp.Diff([]string{}, titles(page.Items)); diff != "" {
		t.Errorf("after the last follow: %s", diff)
	}
}

func TestTagOptions(t *testing.T) {
	h := newHouse(t)
	h.Arrives(h.Remote, "fern", func(r *post.Received) { r.Title, r.Tags = "Fern", []string{"KLIMA", "Strom"} })
	h.Write(h.Member, post.Draft{Title: "Eins", Source: "#Klima"})
	two := h.Write(h.Member, post.Draft{Title: "Zwei", Source: "#klima #strom"})
	h.Write(h.Member, post.Draft{Title: "Drei", Source: "#Wärme"})
	h.Write(h.Member, post.Draft{Title: "Nicht öffentlich", Source: "#klima", Visibility: post.Unlisted})
	h.Answer(h.Other, two, "Antwort #klima")
	h.exec(`INSERT INTO media (id, account_id, post_id, kind) VALUES (1, $1, $2, 'image'), (2, $1, $2, 'image')`, h.Member.ID, two.ID)
	for name, test := range map[string]struct {
		name    string
		options timeline.Options
		want    []string
	}{
		"alone":   {"KLIMA", timeline.Options{}, []string{"Antwort #klima", "Zwei", "Eins", "Fern"}},
		"umlaut":  {"wÄRME", timeline.Options{}, []string{"Drei"}},
		"any":     {"klima", timeline.Options{Any: []string{"Wärme", "strom"}}, []string{"Antwort #klima", "Drei", "Zwei", "Eins", "Fern"}},
		"all":     {"klima", timeline.Options{All: []string{"Strom"}}, []string{"Zwei", "Fern"}},
		"none":    {"klima", timeline.Options{None: []string{"STROM"}}, []string{"Antwort #klima", "Eins"}},
		"local":   {"klima", timeline.Options{Local: true}, []string{"Antwort #klima", "Zwei", "Eins"}},
		"remote":  {"klima", timeline.Options{Remote: true}, []string{"Fern"}},
		"media":   {"klima", timeline.Options{OnlyMedia: true}, []string{"Zwei"}},
		"unknown": {"nichts", timeline.Options{}, []string{}},
		"many":    {"wärme", timeline.Options{Any: []string{"a", "b", "c", "d", "klima"}, All: []string{"Wärme", "Wärme", "Wärme", "Wärme", "klima"}}, []string{"Drei"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := pages(t, func(page paging.Page) (timeline.Lines, error) {
				return h.lines.Tag(h.Ctx, post.Viewer{}, test.name, test.options, page)
			})
			if diff := cmp.Diff(test.want, append([]string{}, got...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, test := range map[string]struct {
		options timeline.Options
		want    []string
	}{
		"remote": {timeline.Options{Remote: true}, []string{"Fern"}},
		"local":  {timeline.Options{Local: true}, []string{"Drei", "Zwei", "Eins"}},
		"both":   {timeline.Options{Local: true, Remote: true}, []string{"Drei", "Zwei", "Eins", "Fern"}},
		"media":  {timeline.Options{OnlyMedia: true}, []string{"Zwei"}},
	} {
		got := pages(t, func(page paging.Page) (timeline.Lines, error) {
			return h.lines.Public(h.Ctx, post.Viewer{}, test.options, page)
		})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("public %s: %s", name, diff)
		}
	}
}

// While others write, reading on loses nothing and shows nothing twice.
func TestPagingWhilePostsArrive(t *testing.T) {
	h := newHouse(t)
	h.Follow(h.Member, h.Other)
	var want []int64
	for range 9 {
		want = append([]int64{h.Thread(h.Other, "Alt").ID}, want...)
	}
	var down []int64
	page := paging.Page{Limit: 2}
	for {
		lines, err := h.lines.Home(h.Ctx, h.Member, page)
		h.Must(err)
		for _, v := range lines.Items {
			down = append(down, v.Post.ID)
		}
		if !lines.More {
			break
		}
		page.MaxID = lines.Last
		want = append([]int64{h.Thread(h.Other, "Neu").ID}, want...)
	}
	newer := len(want) - 9
	if diff := cmp.Diff(want[newer:], down); diff != "" {
		t.Errorf("downwards: %s", diff)
	}
	up := down[:1:1]
	for {
		lines, err := h.lines.Home(h.Ctx, h.Member, paging.Page{Limit: 2, MinID: up[0]})
		h.Must(err)
		if len(lines.Items) == 0 {
			break
		}
		var ids []int64
		for _, v := range lines.Items {
			ids = append(ids, v.Post.ID)
		}
		up = append(ids, up...)
	}
	if diff := cmp.Diff(want[:newer+1], up); diff != "" {
		t.Errorf("upwards: %s", diff)
	}
	since, err := h.lines.Home(h.Ctx, h.Member, paging.Page{Limit: 2, SinceID: down[0]})
	h.Must(err)
	if since.Items[0].Post.ID != want[0] || since.Items[1].Post.ID != want[1] {
		t.Error("since is not the newest page")
	}
}

func TestMarkers(t *testing.T) {
	h := newHouse(t)
	both := []string{timeline.MarkHome, timeline.MarkNotifications}
	list, err := h.lines.Markers(h.Ctx, h.Member, both)
	if err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	for i, id := range []int64{5, 9, 7} { // also back
		list, err = h.lines.Mark(h.Ctx, h.Member, map[string]int64{timeline.MarkHome: id})
		if err != nil || len(list) != 1 || list[0].LastReadID != id || list[0].Version != i+1 || time.Since(list[0].UpdatedAt) > time.Minute {
			t.Errorf("%+v, %v", list, err)
		}
	}
	_, err = h.lines.Mark(h.Ctx, h.Member, map[string]int64{timeline.MarkNotifications: 3})
	h.Must(err)
	list, err = h.lines.Markers(h.Ctx, h.Member, both)
	if err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if list, err = h.lines.Markers(h.Ctx, h.Other, both); err != nil || len(list) != 0 {
		t.Errorf("of another: %v, %v", list, err)
	}
	_, err = h.lines.Mark(h.Ctx, h.Remote, map[string]int64{timeline.MarkHome: 1})
	h.Want(err, fault.Forbidden)
}
