package mastodon

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
)

// types lists the types of a list of notifications.
func (r reply) types() []string {
	r.t.Helper()
	types := []string{}
	for _, n := range r.list() {
		types = append(types, n.(map[string]any)["type"].(string))
	}
	return types
}

// told gives member a reply, a favourite, a boost and a curation of the same post, in that order, from other people.
func (h *house) told() post.Post {
	h.t.Helper()
	p := h.thread("member", "Wurzel")
	h.answer("other", p, "Aha.")
	h.work()
	for _, who := range []string{"other", "editor"} {
		h.as(who).post(fmt.Sprintf("/api/v1/statuses/%d/favourite", p.ID)).wants(http.StatusOK)
		h.work()
	}
	h.as("other").post(fmt.Sprintf("/api/v1/statuses/%d/reblog", p.ID)).wants(http.StatusOK)
	h.work()
	return p
}

func TestNotificationTypes(t *testing.T) {
	h := newHouse(t)
	h.told()
	for query, want := range map[string][]string{
		"":                                      {"reblog", "favourite", "favourite", "mention"},
		"types[]=mention":                       {"mention"},
		"types[]=mention&types[]=reblog":        {"reblog", "mention"},
		"types=favourite":                       {"favourite", "favourite"},
		"exclude_types[]=favourite":             {"reblog", "mention"},
		"types[]=mention&exclude_types=mention": {},
		"types[]=unheard_of":                    {},
		"limit=2":                               {"reblog", "favourite"},
		"limit=0":                               {"reblog", "favourite", "favourite", "mention"},
		"account_id=" + fmt.Sprint(h.id("editor")): {"favourite"},
	} {
		if diff := cmp.Diff(want, h.as("member").get("/api/v1/notifications?"+query).types()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
		list, _ := h.as("member").get("/api/v1/notifications/unread_count?" + query).at("count").(float64)
		if int(list) != len(want) {
			t.Errorf("%s: %v unread, want %d", query, list, len(want))
		}
	}
	first := h.as("member").get("/api/v1/notifications", "limit", "1")
	if link := first.Header.Get("Link"); !strings.Contains(link, `rel="next"`) || !strings.Contains(link, `rel="prev"`) {
		t.Errorf("Link %q", link)
	}
	for _, path := range []string{"/api/v1/notifications", "/api/v2/notifications"} {
		upwards := h.as("member").get(path, "min_id", idText(1)).Header.Get("Link")
		if !strings.Contains(upwards, `rel="next"`) {
			t.Errorf("%s, read upwards, does not lead back down: %q", path, upwards)
		}
		if whole := h.as("member").get(path).Header.Get("Link"); strings.Contains(whole, `rel="next"`) || !strings.Contains(whole, `rel="prev"`) {
			t.Errorf("%s, whole: %q", path, whole)
		}
	}
	if key := h.as("member").get("/api/v1/notifications").text("3.group_key"); !strings.HasPrefix(key, "ungrouped-") {
		t.Errorf("group key of a mention: %q", key)
	}
	if key := first.text("0.group_key"); !strings.HasPrefix(key, "reblog-") {
		t.Errorf("group key of a boost: %q", key)
	}
	if first.text("0.status.id") == "" || first.text("0.account.acct") != "other" {
		t.Errorf("boost: %s", first.body)
	}
}

func TestNotificationsAreNobodyElses(t *testing.T) {
	h := newHouse(t)
	h.told()
	list := h.as("member").get("/api/v1/notifications")
	id, key := list.text("0.id"), list.text("0.group_key")
	for _, path := range []string{"/api/v1/notifications/" + id, "/api/v2/notifications/" + key, "/api/v2/notifications/" + key + "/accounts", "/api/v2/notifications/ungrouped-" + id} {
		h.as("member").get(path).wants(http.StatusOK)
		h.as("other").get(path).wants(http.StatusNotFound)
	}
	for _, path := range []string{"/api/v1/notifications/" + id + "/dismiss", "/api/v2/notifications/" + key + "/dismiss"} {
		h.as("other").post(path).wants(http.StatusNotFound)
	}
	h.as("other").post("/api/v1/notifications/clear").wants(http.StatusOK)
	if got := len(h.as("member").get("/api/v1/notifications").list()); got != 4 {
		t.Errorf("%d left", got)
	}
	h.as("member").post("/api/v1/notifications/" + id + "/dismiss").wants(http.StatusOK)
	h.as("member").get("/api/v1/notifications/" + id).wants(http.StatusNotFound)
	h.as("member").post("/api/v1/notifications/clear").wants(http.StatusOK)
	if got := string(h.as("member").get("/api/v1/notifications").body); strings.TrimSpace(got) != "[]" {
		t.Errorf("cleared: %s", got)
	}
}

func TestGroupedNotifications(t *testing.T) {
	h := newHouse(t)
	p := h.told()
	page := h.as("member").get("/api/v2/notifications")
	page.object()
	want := []string{"reblog 1", "favourite 2", "mention 1"}
	got := []string{}
	named := map[string]bool{}
	for _, a := range page.at("accounts").([]any) {
		named[a.(map[string]any)["id"].(string)] = true
	}
	for i := range page.at("notification_groups").([]any) {
		group := fmt.Sprintf("notification_groups.%d.", i)
		got = append(got, fmt.Sprint(page.text(group+"type"), " ", page.at(group+"notifications_count")))
		for _, id := range page.at(group + "sample_account_ids").([]any) {
			if !named[id.(string)] {
				t.Errorf("%s names %s, who is not in accounts", group, id)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(page.at("statuses").([]any)); n != 2 {
		t.Errorf("%d statuses, want the post and the answer", n)
	}
	if page.text("notification_groups.1.status_id") != fmt.Sprint(p.ID) || page.at("partial_accounts") != nil {
		t.Errorf("page: %s", page.body)
	}

	partial := h.as("member").get("/api/v2/notifications", "expand_accounts", "partial_avatars", "types[]", "favourite")
	if partial.text("accounts.0.username") != "editor" || partial.at("accounts.1") != nil || partial.text("partial_accounts.0.acct") != "other" ||
		partial.text("partial_accounts.0.avatar") == "" || partial.at("partial_accounts.0.note") != nil {
		t.Errorf("partial: %s", partial.body)
	}
	h.as("member").get("/api/v2/notifications", "expand_accounts", "none").wants(http.StatusUnprocessableEntity)

	apart := h.as("member").get("/api/v2/notifications?grouped_types[]=follow")
	if n := len(apart.at("notification_groups").([]any)); n != 4 || !strings.HasPrefix(apart.text("notification_groups.0.group_key"), "ungrouped-") {
		t.Errorf("apart: %s", apart.body)
	}
	for query, want := range map[string]float64{"": 3, "grouped_types[]=follow": 4, "types[]=favourite": 1} {
		if n := h.as("member").get("/api/v2/notifications/unread_count?" + query).at("count"); n != want {
			t.Errorf("%s: %v unread, want %v", query, n, want)
		}
	}

	key := page.text("notification_groups.1.group_key")
	if one := h.as("member").get("/api/v2/notifications/" + key); one.at("notification_groups.0.notifications_count") != 2.0 {
		t.Errorf("one: %s", one.body)
	}
	people := h.as("member").get("/api/v2/notifications/"+key+"/accounts", "limit", "1")
	if people.text("0.username") != "editor" || !strings.Contains(people.Header.Get("Link"), `rel="next"`) {
		t.Errorf("people: %s", people.body)
	}
	h.as("member").post("/api/v2/notifications/" + key + "/dismiss").wants(http.StatusOK)
	h.as("member").get("/api/v2/notifications/" + key).wants(http.StatusNotFound)

	empty := h.as("guest").get("/api/v2/notifications")
	if got := strings.TrimSpace(string(empty.body)); got != `{"accounts":[],"statuses":[],"notification_groups":[]}` {
		t.Errorf("empty: %s", got)
	}
}

func TestNotificationPolicy(t *testing.T) {
	h := newHouse(t)
	me := h.as("member")
	usual := map[string]any{
		"for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept", "for_private_mentions": "filter",
		"for_limited_accounts": "filter", "summary": map[string]any{"pending_requests_count": 0.0, "pending_notifications_count": 0.0},
	}
	if diff := cmp.Diff(usual, me.get("/api/v2/notifications/policy").object()); diff != "" {
		t.Error(diff)
	}
	usual["for_not_following"], usual["for_new_accounts"] = "filter", "drop"
	if diff := cmp.Diff(usual, me.json(http.MethodPatch, "/api/v2/notifications/policy", map[string]any{"for_not_following": "filter", "for_new_accounts": "drop", "for_not_followers": nil}).object()); diff != "" {
		t.Error(diff)
	}
	me.patch("/api/v2/notifications/policy", "for_new_accounts", "perhaps").wants(http.StatusUnprocessableEntity)
	// Version 1 says only whether, and does not weaken what it does not know.
	v1 := me.put("/api/v1/notifications/policy", "filter_not_following", "false", "filter_not_followers", "true", "filter_new_accounts", "true")
	if v1.at("filter_not_following") != false || v1.at("filter_not_followers") != true || v1.at("filter_new_accounts") != true || v1.at("filter_private_mentions") != true {
		t.Errorf("version 1: %s", v1.body)
	}
	usual["for_not_following"], usual["for_not_followers"] = "accept", "filter"
	if diff := cmp.Diff(usual, me.get("/api/v2/notifications/policy").object()); diff != "" {
		t.Error(diff)
	}
}

func TestNotificationRequests(t *testing.T) {
	h := newHouse(t)
	me := h.as("member")
	me.patch("/api/v2/notifications/policy", "for_not_following", "filter").wants(http.StatusOK)
	mention := func(by, text string) {
		t.Helper()
		h.arrives(by, text, func(r *post.Received) { r.MentionIDs = []int64{h.people["member"].ID} })
		h.work()
	}
	mention("klima", "eins")
	mention("klima", "zwei")
	mention("fremd", "drei")
	if got := strings.TrimSpace(string(me.get("/api/v1/notifications").body)); got != "[]" {
		t.Errorf("unasked: %s", got)
	}
	if got := len(me.get("/api/v1/notifications", "include_filtered", "true").list()); got != 3 {
		t.Errorf("%d with filtered", got)
	}
	list := me.get("/api/v1/notifications/requests", "limit", "1")
	if list.text("0.account.acct") != "fremd@m.example" || list.text("0.notifications_count") != "1" || !strings.Contains(list.text("0.last_status.content"), "drei") ||
		!strings.Contains(list.Header.Get("Link"), `rel="next"`) {
		t.Errorf("requests: %s", list.body)
	}
	list = me.get("/api/v1/notifications/requests")
	fremd, klima := list.text("0.id"), list.text("1.id")
	if list.text("1.notifications_count") != "2" {
		t.Errorf("requests: %s", list.body)
	}
	if sum := me.get("/api/v2/notifications/policy"); sum.at("summary.pending_requests_count") != 2.0 || sum.at("summary.pending_notifications_count") != 3.0 {
		t.Errorf("summary: %s", sum.body)
	}
	h.as("other").get("/api/v1/notifications/requests/" + klima).wants(http.StatusNotFound)
	h.as("other").post("/api/v1/notifications/requests/" + klima + "/accept").wants(http.StatusNotFound)
	me.get("/api/v1/notifications/requests/" + klima).wants(http.StatusOK)
	me.post("/api/v1/notifications/requests/" + klima + "/accept").wants(http.StatusOK)
	me.post("/api/v1/notifications/requests/" + klima + "/accept").wants(http.StatusNotFound)
	if me.get("/api/v1/notifications/requests/merged").at("merged") != true {
		t.Error("not merged")
	}
	if got := len(me.get("/api/v1/notifications").list()); got != 2 {
		t.Errorf("%d let in", got)
	}
	me.post("/api/v1/notifications/requests/dismiss", "id[]", fremd, "id[]", "1").wants(http.StatusOK)
	if got := strings.TrimSpace(string(me.get("/api/v1/notifications/requests").body)); got != "[]" {
		t.Errorf("left: %s", got)
	}
	if got := len(me.get("/api/v1/notifications", "include_filtered", "true").list()); got != 2 {
		t.Errorf("%d after the dismissal", got)
	}
	mention("fremd", "vier")
	again := me.get("/api/v1/notifications/requests").text("0.id")
	me.post("/api/v1/notifications/requests/accept", "id[]", again).wants(http.StatusOK)
	if got := len(me.get("/api/v1/notifications").list()); got != 3 {
		t.Errorf("%d at the end", got)
	}
}
