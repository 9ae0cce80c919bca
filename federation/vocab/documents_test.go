package vocab

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const base = "https://sh.example"

var (
	noon    = time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.FixedZone("CET", 3600))
	evening = noon.Add(6 * time.Hour)

	anna = local(1, account.Person, "anna", base+"/u/anna", base+"/@anna")
	cat  = local(2, account.Group, "praxis", base+"/g/praxis", base+"/@praxis")
	talk = local(3, account.Group, "forum", base+"/g/forum", base+"/@forum")
	inst = local(4, account.Application, "sh.example", base+"/actor", base+"/instanz")

	bund   = "bund.example"
	berta  = account.Account{ID: 5, Username: "berta", Domain: &bund, URI: "https://bund.example/u/berta", InboxURI: "https://bund.example/u/berta/inbox", Kind: account.Person}
	bundPC = account.Account{ID: 6, Username: "praxis", Domain: &bund, URI: "https://bund.example/g/praxis", FollowersURI: "https://bund.example/g/praxis/followers", Kind: account.Group}
)

func local(id int64, kind account.Kind, username, uri, page string) account.Account {
	a := account.Account{
		ID: id, Username: username, URI: uri, URL: page, Kind: kind, DisplayName: "Green-IT: " + username, Note: "<p>Über uns</p>",
		InboxURI: uri + "/inbox", SharedInboxURI: base + "/inbox", OutboxURI: uri + "/outbox", FollowersURI: uri + "/followers",
		FollowingURI: uri + "/following", FeaturedURI: uri + "/featured", PublicKeyID: uri + "#main-key",
		PublicKeyPEM: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", Discoverable: true, Indexable: true, CreatedAt: noon, UpdatedAt: noon,
	}
	switch kind {
	case account.Group:
		a.Level, a.Region = "land", "DE-SH"
	case account.Application:
		a.CatalogURI, a.ForumURI = base+"/g/praxis", base+"/g/forum"
	}
	return a
}

func number(v float64) *float64 { return &v }

func samplePractice() PostDoc {
	return PostDoc{
		Post: post.Post{
			ID: 42, URI: base + "/practices/42", URL: base + "/praxisbeispiele/42", AccountID: 1, Local: true, Kind: post.Article,
			State: post.StatePublished, Visibility: post.Public, ThreadID: 42, ContextURI: base + "/threads/42",
			Title: "Kiel: Abwärme des Rechenzentrums nutzen", Summary: "Kiel: zwei Schulen werden mit Serverabwärme geheizt.",
			HTML: "<h2>Anlass</h2><p>A & B: 100 % Ökostrom</p>", Source: "## Anlass\n\nA & B: 100 % Ökostrom", Language: "de",
			BoostsCount: 2, FavouritesCount: 7, PublishedAt: &noon, EditedAt: &evening, CreatedAt: noon,
		},
		Author: anna, Board: &cat, Tags: []string{"Abwärme"},
		Practice: &practice.Practice{
			PostID: 42, Revision: 3, Level: organization.LevelKommune, Region: "DE-SH", OrganizationName: "Stadtwerke", OrganizationURL: "https://kiel.example/",
			Implementation: "advanced", Situation: "Hoher Strombedarf.", Measures: []string{"Wärmetauscher", "Fernwärmeanschluss"},
			Outcome: "Zwei Schulen heizen ohne Gas.", Prerequisites: "Ein Wärmenetz in der Nähe.", Pitfalls: "Die Genehmigung\ndauerte.",
			LegalBasis: []string{"§ 11 EnEfG", "§ 16 EnEfG"}, PersonDays: number(42.5), ARS: "010020000000", ReuseOf: "https://rlp.example/practices/7",
			Costs:    []practice.Cost{{Amount: 120_000, Currency: "EUR", Kind: "once", Name: "Anschluss <A>"}, {Amount: 900.5, Currency: "EUR", Kind: "yearly"}},
			Services: []practice.ServiceKey{{Scheme: "leika", Key: "99050012104000", Name: "Gewerbe anmelden"}, {Scheme: "ozg", Key: "10113"}},
			Links:    []practice.Link{{Rel: "opencode", Href: "https://gitlab.opencode.de/kiel/abwaerme?a=1&b=[2]", Name: "Regelung [Quelltext]"}, {Rel: "law", Href: "https://www.gesetze-im-internet.de/enefg/"}},
			Files: []practice.File{
				{ID: 7, Name: "leitfaden für-alle.odt", Description: "Leitfaden", ContentType: "application/vnd.oasis.opendocument.text", Key: "0123456789abcdef0123456789abcdef"},
				{ID: 8, Name: "plan.png", Description: "Grundriss mit zwei Reihen Schränken", ContentType: "image/png", Width: 900, Height: 600, Key: "fedcba9876543210fedcba9876543210"},
			},
			ContactName: "Funktionspostfach Green-IT", ContactEmail: "green-it@kiel.example", Licence: practice.Licences[0],
			Goals:  []practice.Term{{Scheme: practice.SchemeGoal, URI: "https://kg.example/terms/7", Notation: "7", Name: "Kennzahlen"}},
			Fields: []practice.Term{{Scheme: practice.SchemeField, Name: "Zentrale IT-Infrastruktur"}},
			Figures: []practice.Figure{
				{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: number(1200), After: number(700.5), From: "2022", To: "2023", Method: "Zähler", Scope: "Rechenzentrum Nord"},
				{Quantity: "emissions", Name: "Emissionen", Unit: "t/a", Change: number(-50)},
				{Quantity: "pue", Name: "PUE", Unit: "1", After: number(1.3), To: "2024"},
			},
		},
	}
}

func thread() PostDoc {
	return PostDoc{
		Post: post.Post{
			ID: 43, URI: base + "/notes/43", URL: base + "/diskussionen/43#beitrag-43", AccountID: 1, Local: true, Kind: post.Note,
			State: post.StatePublished, Visibility: post.Public, ThreadID: 43, ContextURI: base + "/threads/43",
			Title: "Wer misst <PUE> & Auslastung?", HTML: "<p>Und wie?</p>", Language: "de", PublishedAt: &noon, CreatedAt: noon,
		},
		Author: anna, Board: &talk,
	}
}

// answer is a comment on another instance's practice: its board is a remote group.
func answer() PostDoc {
	return PostDoc{
		Post: post.Post{
			ID: 44, URI: base + "/notes/44", URL: base + "/diskussionen/7#beitrag-44", AccountID: 1, Local: true, Kind: post.Note,
			State: post.StatePublished, Visibility: post.Public, InReplyToURI: "https://bund.example/practices/7", ThreadID: 7,
			ContextURI: "https://bund.example/threads/7", HTML: "<p>Danke!</p>", Language: "de", PublishedAt: &noon, CreatedAt: noon,
		},
		Author: anna, Board: &bundPC, ParentAuthor: &berta, Mentions: []account.Account{berta, cat}, Tags: []string{"PUE"},
	}
}

// pictured is a note with an image of ours, and one of another server, which is none of ours to send.
func pictured() PostDoc {
	doc := thread()
	doc.Media = []media.Media{{
		Kind: media.Image, ContentType: "image/jpeg", File: "0123456789abcdef0123456789abcdef.jpg", Width: 1200, Height: 800,
		Description: "Wärmetauscher im Keller", Blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj", FocusX: 0.5, FocusY: -0.25,
	}, {Kind: media.Image, RemoteURL: "https://bund.example/1.png"}}
	return doc
}

func question() PostDoc {
	doc := thread()
	doc.Post.Kind, doc.Post.Title = post.Question, ""
	doc.Poll = &poll.Poll{
		PostID: 43, AuthorID: 1, Local: true, ExpiresAt: &evening, VotersCount: 3,
		Options: []poll.Option{{Title: "Ja: sofort", Votes: 2}, {Title: "Nein & niemals", Votes: 1}},
	}
	return doc
}

func documents(t *testing.T) map[string][]byte {
	t.Helper()
	r := NewRenderer(base, testWords)
	docs := map[string][]byte{}
	add := func(name string, body []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		docs[name] = body
	}
	send := func(name string, out Outgoing, err error) Outgoing {
		t.Helper()
		add(name, out.Body, err)
		var m map[string]any
		if json.Unmarshal(out.Body, &m) != nil || m["id"] != out.URI || m["type"] != out.Type || out.ActorID == 0 || out.ObjectURI == "" {
			t.Errorf("%s: envelope of %v does not say what the body says", name, out)
		}
		return out
	}

	pictures := anna
	pictures.Avatar, pictures.Header = "0123456789abcdef0123456789abcdef.png", "fedcba9876543210fedcba9876543210.jpg"
	fields := anna
	fields.Bot = true
	fields.Fields = account.Fields{{Name: "Seite", Value: `<a href="https://kiel.example" rel="me nofollow noopener">https://kiel.example</a>`, Source: "https://kiel.example"}}
	moved := anna
	moved.AlsoKnownAs, moved.MovedToURI, moved.MovedAt = []string{"https://alt.example/u/anna"}, berta.URI, &noon
	for name, a := range map[string]account.Account{"person": anna, "person_moved": moved, "person_pictures": pictures, "service_fields": fields, "group_catalog": cat, "group_forum": talk, "application": inst} {
		body, err := r.Actor(a)
		add(name, body, err)
	}
	body, err := r.Post(samplePractice())
	add("article", body, err)
	body, err = r.Post(thread())
	add("note_thread", body, err)
	body, err = r.Post(answer())
	add("note_answer", body, err)
	for _, v := range []post.Visibility{post.Unlisted, post.Followers, post.Direct} {
		doc := answer()
		doc.Post.Visibility = v
		body, err = r.Post(doc)
		add("note_"+string(v), body, err)
	}
	internal := samplePractice()
	internal.Post.Visibility, internal.Board, internal.Circle = post.Network, nil, &cat
	body, err = r.Post(internal)
	add("article_network", body, err)
	within := thread()
	within.Post.Visibility, within.Board, within.Circle = post.Network, nil, &talk
	body, err = r.Post(within)
	add("note_network", body, err)
	curation := answer()
	curation.Author, curation.Post.Role = cat, post.RoleCurationNote
	body, err = r.Post(curation)
	add("note_curation", body, err)
	body, err = r.Post(pictured())
	add("note_media", body, err)
	body, err = r.Post(question())
	add("question", body, err)
	hidden := question()
	hidden.Poll.Multiple, hidden.Poll.HideTotals = true, true
	body, err = r.Post(hidden)
	add("question_hidden", body, err)
	closed := question()
	closed.Poll.HideTotals, closed.Poll.ClosedAt = true, closed.Poll.ExpiresAt
	body, err = r.Post(closed)
	add("question_closed", body, err)
	withdrawn := samplePractice()
	withdrawn.Post.State, withdrawn.Post.WithdrawnAt = post.StateWithdrawn, &evening
	body, err = r.Post(withdrawn)
	add("tombstone", body, err)

	body, err = r.Post(sampleDocument())
	add("document", body, err)
	body, err = r.Post(sampleEdition())
	add("edition", body, err)
	out, err := r.UpdatePoll(closed)
	send("update_poll", out, err)
	out, err = r.Vote(poll.Vote{ID: 9, URI: anna.URI + "#votes/9", CreatedAt: noon}, "Ja: sofort", anna, post.Post{URI: "https://bund.example/notes/7"}, berta)
	send("vote", out, err)
	out, err = r.Create(samplePractice())
	create := send("create_article", out, err)
	out, err = r.Create(answer())
	send("create_answer", out, err)
	out, err = r.Update(samplePractice())
	send("update_article", out, err)
	out, err = r.UpdateActor(anna)
	send("update_actor", out, err)
	out, err = r.Move(moved, berta.URI)
	send("move", out, err)
	out, err = r.DeleteActor(anna)
	send("delete_actor", out, err)
	body, err = r.GoneActor(anna)
	add("tombstone_actor", body, err)
	out, err = r.Flag(17, inst, bundPC.URI, berta.URI, []string{"https://bund.example/notes/7"}, "Werbung: siehe Link")
	send("flag", out, err)
	out, err = r.Block(18, anna, berta)
	blocked := send("block", out, err)
	out, err = r.Delete(withdrawn)
	send("delete", out, err)

	f := follow.Follow{ID: 9, URI: cat.URI + "/follows/9"}
	out, err = r.Follow(f, cat, bundPC)
	following := send("follow", out, err)
	theirs := follow.Follow{ID: 10, URI: "https://bund.example/g/praxis/follows/3"}
	out, err = r.Accept(theirs, bundPC, cat, 0)
	send("accept", out, err)
	out, err = r.Reject(theirs, bundPC, cat, 1)
	send("reject", out, err)
	remote := post.Post{URI: "https://bund.example/practices/7", AccountID: 5}
	out, err = r.Like(post.Reaction{ID: 11, URI: anna.URI + "/likes/11", CreatedAt: noon}, anna, remote, berta, &bundPC)
	liked := send("like", out, err)
	out, err = r.Boost(post.Reaction{ID: 12, URI: cat.URI + "/boosts/12", CreatedAt: noon}, cat, remote, berta)
	boosted := send("announce_boost", out, err)
	for name, o := range map[string]struct {
		out Outgoing
		by  account.Account
	}{"undo_follow": {following, cat}, "undo_like": {liked, anna}, "undo_announce": {boosted, cat}, "undo_block": {blocked, anna}} {
		out, err = r.Undo(o.out, o.by)
		send(name, out, err)
	}
	out, err = r.AnnouncePost(cat.URI+"/announces/14", cat, samplePractice().Post.URI, anna.URI, noon)
	send("announce_post", out, err)
	out, err = r.PassOn(cat.URI+"/announces/13", cat, create.URI, create.Body, noon)
	passed := send("announce_activity", out, err)
	if !strings.Contains(string(passed.Body), string(create.Body)) {
		t.Error("the group's announce does not hold the activity byte for byte")
	}
	out, err = r.Add(anna, Collected{ID: 19, Collection: anna.FeaturedURI, Object: samplePractice().Post.URI})
	send("add_pin", out, err)
	out, err = r.Remove(anna, Collected{ID: 19, Collection: anna.FeaturedURI, Object: samplePractice().Post.URI})
	send("remove_pin", out, err)
	kuratiert := cat.URI + "/collections/kuratiert"
	out, err = r.Add(cat, Collected{ID: 15, Collection: kuratiert, Object: remote.URI, Author: berta.URI, Revision: 3})
	send("add", out, err)
	out, err = r.Remove(cat, Collected{ID: 16, Collection: kuratiert, Object: remote.URI, Author: berta.URI, Reason: "Doppelt: siehe Nr. 8"})
	send("remove", out, err)

	body, err = r.Collection(Collection{ID: kuratiert, Total: 2, First: kuratiert + "?page=1", AttributedTo: cat.URI, Name: "Kuratiert", Kind: "Curation"})
	add("collection", body, err)
	named := CollectionURI(cat.URI, "77")
	entries := []Entry{
		{ID: remote.URI, Revision: 3, Chapter: "Betrieb", Note: "Übertragbar auf kleine Räume:\nohne Umbau.", Featured: true},
		{ID: "https://bund.example/practices/4", Revision: 1, Chapter: "Betrieb", Withdrawn: true}, {ID: base + "/practices/42", Revision: 1},
	}
	body, err = r.Items(Collection{ID: CollectionsURI(cat.URI), AttributedTo: cat.URI, Kind: KindCollections, Name: "Sammlungen"}, []string{named})
	add("collections", body, err)
	body, err = r.Collection(Collection{
		ID: named, Total: 2, First: named + "?page=1", AttributedTo: cat.URI, Kind: KindCuration, Checksum: Checksum(entries), Name: "Rechenzentren: sparsam betreiben",
		Summary: "Was sich bewährt hat.\n\nUnd was nicht.", URL: base + "/sammlungen/rechenzentren", Chapters: []Chapter{{"Betrieb", "Ohne neue Technik"}, {Name: "Beschaffung"}},
	})
	add("collection_named", body, err)
	body, err = r.Page(Page{ID: named + "?page=1", PartOf: named, Total: 2, Next: named + "?page=2", Items: []any{entries[0].ID, entries[2].ID}, Entries: entries})
	add("collection_named_page", body, err)
	out, err = r.Add(cat, Collected{ID: 17, Collection: named, Object: remote.URI, Author: berta.URI, Revision: 3, Chapter: "Betrieb"})
	send("add_named", out, err)
	out, err = r.Remove(cat, Collected{ID: 18, Collection: CollectionsURI(cat.URI), Object: named})
	send("remove_collection", out, err)
	terms := []Term{
		{ID: base + "/terms/7", Notation: "7", Name: "Kennzahlen", Summary: "Was gemessen wird."}, {ID: "https://kg.example/terms/9"},
		{ID: base + "/terms/4", Name: "Messwesen", ReplacedBy: base + "/terms/7"},
	}
	goals := CollectionURI(cat.URI, "goals")
	body, err = r.Collection(Collection{ID: goals, Total: 3, First: goals + "?page=1", AttributedTo: cat.URI, Kind: KindTaxonomy, Scheme: "goals", Name: "Kernziele", Checksum: TermsChecksum(terms)})
	add("taxonomy", body, err)
	body, err = r.Page(Page{ID: goals + "?page=1", PartOf: goals, Total: 3, Items: []any{TermItem(terms[0]), TermItem(terms[1]), TermItem(terms[2])}})
	add("taxonomy_page", body, err)
	body, err = r.Term(terms[2], goals)
	add("term", body, err)
	body, err = r.Items(Collection{ID: base + "/threads/42", AttributedTo: anna.URI}, []string{base + "/practices/42"})
	add("thread", body, err)
	body, err = r.Items(Collection{ID: cat.URI + "/featured", AttributedTo: cat.URI}, nil)
	add("featured_empty", body, err)
	item, err := r.AnnounceItem(cat.URI+"/announces/14", cat, samplePractice().Post.URI, noon)
	if err != nil {
		t.Fatal(err)
	}
	created, err := r.CreateItem(base+"/notes/44#create", anna, base+"/notes/44", noon)
	if err != nil {
		t.Fatal(err)
	}
	body, err = r.Page(Page{ID: cat.URI + "/outbox?page=1", PartOf: cat.URI + "/outbox", Next: cat.URI + "/outbox?page=2", Total: 21, Items: []any{item, created}})
	add("outbox_page", body, err)
	body, err = r.Replies(base+"/practices/42/replies", []string{base + "/notes/44"})
	add("replies", body, err)
	body, err = r.RepliesPage(base+"/practices/42/replies", []string{base + "/notes/44"})
	add("replies_page", body, err)
	body, err = r.Count(base+"/practices/42/likes", 7)
	add("likes", body, err)
	return docs
}

// missingFields lists the fields tagged as required that the JSON object lacks.
func missingFields(v any, body []byte) []string {
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil {
		return []string{"everything"}
	}
	var missing []string
	typ := reflect.TypeOf(v).Elem()
	for i := range typ.NumField() {
		field := typ.Field(i)
		key := field.Tag.Get("json")
		if field.Tag.Get("strict") == "required" && (len(m[key]) == 0 || string(m[key]) == "null" || string(m[key]) == `""`) {
			missing = append(missing, key)
		}
		if field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[time.Time]() {
			missing = append(missing, missingFields(reflect.New(field.Type).Interface(), m[key])...)
		}
	}
	return missing
}
