package mastodon

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/post"
)

// words are the keywords of a filter, in order, those of whole words in brackets.
func words(r reply, path string) (list []string) {
	keywords, _ := r.at(path).([]any)
	for _, k := range keywords {
		k := k.(map[string]any)
		word := k["keyword"].(string)
		if k["whole_word"].(bool) {
			word = "[" + word + "]"
		}
		list = append(list, word)
	}
	return list
}

func TestFiltersInAllEncodings(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	if got := c.get("/api/v2/filters").wants(http.StatusOK).list(); len(got) != 0 {
		t.Errorf("filters before there are any: %v", got)
	}
	for name, made := range map[string]reply{
		"JSON": c.json(http.MethodPost, "/api/v2/filters", map[string]any{
			"title": "Kälte", "context": []string{"home", "account"}, "filter_action": "hide", "expires_in": 3600,
			"keywords_attributes": []any{map[string]any{"keyword": "Kühlung", "whole_word": false}, map[string]any{"keyword": "Eis"}},
		}),
		"numbered": c.post("/api/v2/filters", "title", "Kälte", "context[0]", "home", "context[1]", "account", "filter_action", "hide", "expires_in", "3600",
			"keywords_attributes[0][keyword]", "Kühlung", "keywords_attributes[0][whole_word]", "f", "keywords_attributes[1][keyword]", "Eis"),
		"in turn": c.do(http.MethodPost, "/api/v2/filters", "application/x-www-form-urlencoded", strings.NewReader(
			"title=K%C3%A4lte&context[]=home&context[]=account&filter_action=hide&expires_in=3600"+
				"&keywords_attributes[][keyword]=K%C3%BChlung&keywords_attributes[][keyword]=Eis&keywords_attributes[][whole_word]=false&keywords_attributes[][whole_word]=true")),
	} {
		if name == "in turn" {
			// Sorted by name, elements cannot be told apart: only that both words arrive is certain.
			if got := len(words(made.wants(http.StatusOK), "keywords")); got != 2 {
				t.Errorf("%s: %v", name, made.value())
			}
			continue
		}
		made.wants(http.StatusOK)
		if diff := cmp.Diff([]string{"Kühlung", "[Eis]"}, words(made, "keywords")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		ends, err := time.Parse(timeFormat, made.text("expires_at"))
		if left := time.Until(ends); err != nil || left > time.Hour || left < 59*time.Minute || made.text("filter_action") != "hide" || made.text("context.1") != "account" {
			t.Errorf("%s: %v", name, made.value())
		}
	}
}

func TestFilterLife(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	made := c.post("/api/v2/filters", "title", "Eins", "context[]", "home", "keywords_attributes[0][keyword]", "eins", "keywords_attributes[1][keyword]", "zwei")
	path := "/api/v2/filters/" + made.wants(http.StatusOK).text("id")
	if made.text("filter_action") != "warn" || made.at("expires_at") != nil {
		t.Errorf("defaults: %v", made.value())
	}
	one, two := made.text("keywords.0.id"), made.text("keywords.1.id")
	changed := c.put(path, "title", "Anders", "expires_in", "60", "keywords_attributes[0][id]", one, "keywords_attributes[0][_destroy]", "true",
		"keywords_attributes[1][id]", two, "keywords_attributes[1][keyword]", "ZWEI", "keywords_attributes[2][keyword]", "drei", "keywords_attributes[2][whole_word]", "0").wants(http.StatusOK)
	if diff := cmp.Diff([]string{"[ZWEI]", "drei"}, words(changed, "keywords")); diff != "" || changed.text("title") != "Anders" || changed.text("context.0") != "home" {
		t.Errorf("%s %v", diff, changed.value())
	}
	if kept := c.put(path, "title", "Anders").wants(http.StatusOK).at("expires_at"); kept == nil {
		t.Error("an edit that does not speak of it took the end")
	}
	for _, never := range []any{"", nil, 0} {
		if set := c.put(path, "expires_in", "60").wants(http.StatusOK).at("expires_at"); set == nil {
			t.Error("it got no end")
		}
		if got := c.json(http.MethodPut, path, map[string]any{"expires_in": never}).wants(http.StatusOK).at("expires_at"); got != nil {
			t.Errorf("%v: expires %v", never, got)
		}
	}

	k := c.post(path+"/keywords", "keyword", "vier", "whole_word", "false").wants(http.StatusOK)
	keyword := "/api/v2/filters/keywords/" + k.text("id")
	if got := c.put(keyword, "keyword", "Vier", "whole_word", "true").wants(http.StatusOK); got.text("keyword") != "Vier" || got.at("whole_word") != true {
		t.Errorf("keyword %v", got.value())
	}
	if got := c.get(keyword).wants(http.StatusOK).text("id"); got != k.text("id") {
		t.Errorf("keyword %s", got)
	}
	c.delete(keyword).wants(http.StatusOK)
	c.get(keyword).wants(http.StatusNotFound)
	if got := len(c.get(path + "/keywords").wants(http.StatusOK).list()); got != 2 {
		t.Errorf("%d keywords", got)
	}

	p := h.thread("other", "Thema")
	hidden := h.write("other", post.Direct, "an niemanden")
	x := c.post(path+"/statuses", "status_id", idText(p.ID)).wants(http.StatusOK)
	if again := c.post(path+"/statuses", "status_id", idText(p.ID)).wants(http.StatusOK); again.text("id") != x.text("id") || x.text("status_id") != idText(p.ID) {
		t.Errorf("status %v, again %v", x.value(), again.value())
	}
	c.post(path+"/statuses", "status_id", idText(hidden.ID)).wants(http.StatusNotFound)
	status := "/api/v2/filters/statuses/" + x.text("id")

	for _, r := range []reply{
		c.post("/api/v2/filters", "title", "x"), c.post("/api/v2/filters", "title", "x", "context[]", "some"), c.post("/api/v2/filters", "context[]", "home"),
		c.post("/api/v2/filters", "title", "x", "context[]", "home", "filter_action", "burn"), c.put(path, "title", " "), c.post(path+"/keywords", "keyword", " "),
		c.post("/api/v2/filters", "title", "x", "context[]", "home", "keywords_attributes[0][keyword]", ""),
	} {
		if got := r.wants(http.StatusUnprocessableEntity).text("error"); !strings.HasPrefix(got, "Validation failed: ") {
			t.Errorf("error %q", got)
		}
	}
	other := h.as("other")
	for _, r := range []reply{
		other.get(path), other.put(path, "title", "x"), other.delete(path), other.get(path + "/keywords"), other.post(path+"/keywords", "keyword", "x"),
		other.get("/api/v2/filters/keywords/" + two), other.put("/api/v2/filters/keywords/"+two, "keyword", "x"), other.delete("/api/v2/filters/keywords/" + two),
		other.get(path + "/statuses"), other.post(path+"/statuses", "status_id", idText(p.ID)), other.get(status), other.delete(status),
		other.get("/api/v1/filters/" + two), other.delete("/api/v1/filters/" + two),
		c.put(path, "keywords_attributes[0][id]", "1", "keywords_attributes[0][keyword]", "x"),
	} {
		r.wants(http.StatusNotFound)
	}
	if got := len(c.get(path + "/statuses").wants(http.StatusOK).list()); got != 1 {
		t.Errorf("%d statuses", got)
	}
	c.get(status).wants(http.StatusOK)
	c.delete(status).wants(http.StatusOK)
	c.get(status).wants(http.StatusNotFound)
	if got := c.delete(path).wants(http.StatusOK).object(); len(got) != 0 {
		t.Errorf("deleting says %v", got)
	}
	c.get(path).wants(http.StatusNotFound)
}

func TestFiltersOfVersion1(t *testing.T) {
	h := newHouse(t)
	c := h.as("member")
	made := c.post("/api/v1/filters", "phrase", "Kühlung", "context[]", "home", "context[]", "public", "irreversible", "t", "expires_in", "600").wants(http.StatusOK)
	if made.text("phrase") != "Kühlung" || made.at("irreversible") != true || made.at("whole_word") != false || made.text("context.1") != "public" || made.text("expires_at") == "" {
		t.Errorf("made %v", made.value())
	}
	path := "/api/v1/filters/" + made.text("id")
	changed := c.put(path, "phrase", "Eis", "context[]", "thread", "whole_word", "true", "irreversible", "false", "expires_in", "").wants(http.StatusOK)
	want := map[string]any{"id": made.text("id"), "phrase": "Eis", "context": []any{"thread"}, "whole_word": true, "expires_at": nil, "irreversible": false}
	if diff := cmp.Diff(want, changed.value()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{want}, c.get("/api/v1/filters").wants(http.StatusOK).value()); diff != "" {
		t.Error(diff)
	}
	// The same data, seen by version 2.
	v2 := c.get("/api/v2/filters").wants(http.StatusOK)
	if v2.text("0.keywords.0.id") != made.text("id") || v2.text("0.filter_action") != "warn" || v2.text("0.title") != "Kühlung" {
		t.Errorf("version 2: %v", v2.value())
	}
	// A filter of version 2 has one entry for each keyword; its last one takes it along.
	id := c.post("/api/v2/filters", "title", "Zwei", "context[]", "home", "keywords_attributes[0][keyword]", "a", "keywords_attributes[1][keyword]", "b").text("id")
	list := c.get("/api/v1/filters").ids()
	if len(list) != 3 {
		t.Fatalf("list %v", list)
	}
	c.delete("/api/v1/filters/" + list[1]).wants(http.StatusOK)
	c.get("/api/v2/filters/" + id).wants(http.StatusOK)
	c.delete("/api/v1/filters/" + list[2]).wants(http.StatusOK)
	c.get("/api/v2/filters/" + id).wants(http.StatusNotFound)
	c.post("/api/v1/filters", "phrase", strings.Repeat("lang ", 60), "context[]", "home").wants(http.StatusOK)
	c.post("/api/v1/filters", "context[]", "home").wants(http.StatusUnprocessableEntity)
}

func TestStatusesSayWhatFiltersTheyMet(t *testing.T) {
	h := newHouse(t)
	h.follow("member", "other")
	c := h.as("member")
	hit := h.ground.Write(h.people["other"], post.Draft{Title: "Über Wärme", Source: "Zur *Kühlung*"})
	miss := h.thread("other", "Abwärme im Kühlungskreislauf")
	own := h.thread("member", "Meine Wärme")
	one := h.thread("other", "Einzeln")
	for _, word := range []string{"wärme", "kühlung"} {
		c.post("/api/v2/filters", "title", "Zu "+word, "context[]", "notifications", "filter_action", "hide", "keywords_attributes[0][keyword]", word).wants(http.StatusOK)
	}
	id := c.post("/api/v2/filters", "title", "Dieser", "context[]", "home").text("id")
	c.post("/api/v2/filters/"+id+"/statuses", "status_id", idText(one.ID)).wants(http.StatusOK)
	gone := c.post("/api/v2/filters", "title", "Vorbei", "context[]", "home", "expires_in", "60", "keywords_attributes[0][keyword]", "Über").text("id")
	h.exec(`UPDATE filters SET expires_at = now() WHERE id = $1`, parseID(gone))
	home := c.get("/api/v1/timelines/home").wants(http.StatusOK)
	if diff := cmp.Diff([]string{idText(one.ID), idText(own.ID), idText(miss.ID), idText(hit.ID)}, home.ids()); diff != "" {
		t.Fatalf("a filter took a status away: %s", diff)
	}
	for path, want := range map[string]any{
		"0.filtered.0.filter.title": "Dieser", "0.filtered.0.status_matches": []any{idText(one.ID)}, "0.filtered.0.keyword_matches": nil, "0.filtered.1": nil,
		"1.filtered": []any{}, "2.filtered": []any{},
		"3.filtered.0.filter.title": "Zu wärme", "3.filtered.0.keyword_matches": []any{"wärme"}, "3.filtered.0.status_matches": nil,
		"3.filtered.1.filter.filter_action": "hide", "3.filtered.1.keyword_matches": []any{"kühlung"}, "3.filtered.2": nil,
	} {
		if diff := cmp.Diff(want, home.at(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if got := h.as("editor").get("/api/v1/statuses/" + idText(hit.ID)).at("filtered"); cmp.Diff([]any{}, got) != "" {
		t.Errorf("to another: %v", got)
	}
	if _, sent := h.as("").get("/api/v1/statuses/" + idText(hit.ID)).object()["filtered"]; sent {
		t.Error("to a visitor, too")
	}
}
