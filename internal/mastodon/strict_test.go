package mastodon

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The clients written in Swift, Kotlin and Go decode what they are sent into types and refuse the whole answer if a field
// is missing, null or of another type. shapes says what the strictest of them want of each entity: one field a line, its
// name and its kind.
//
//	kind      must be there and of that kind
//	?kind     must be there, may be null
//	~kind     may be missing, but not null
//	~?kind    may be missing or null
//	@kind     as kind where somebody is logged in, as ~kind otherwise
//	[]kind    a list, never null
//
// Kinds are text, words (text that is not empty), id, url, time, date, int, number, bool, a|b (one of these words) and the names of
// shapes. What is not listed is ignored, as clients do.
var shapes = map[string]string{
	"Account": `
		id id
		username words
		acct words
		display_name text
		note text
		url url
		uri ~url
		avatar url
		avatar_static url
		header url
		header_static url
		created_at time
		locked bool
		bot bool
		group bool
		discoverable ?bool
		noindex ~bool
		hide_collections ~?bool
		suspended ~bool
		limited ~bool
		emojis []CustomEmoji
		fields []Field
		roles ~[]Badge
		followers_count int
		following_count int
		statuses_count int
		last_status_at ?date
		mute_expires_at ~?time
		moved ~Account`,
	"OwnAccount": `
		+Account
		source Source
		role Role`,
	"Field":       "name text\nvalue text\nverified_at ?time",
	"Badge":       "id id\nname words\ncolor text",
	"Role":        "id id\nname text\npermissions text\ncolor text\nhighlighted bool",
	"CustomEmoji": "shortcode words\nurl url\nstatic_url url\nvisible_in_picker bool",
	"Source": `
		privacy public|unlisted|private|direct
		sensitive bool
		language text
		note text
		fields []Field
		follow_requests_count int`,
	"Status": `
		id id
		uri url
		url ?url
		created_at time
		edited_at ?time
		account Account
		content text
		visibility public|unlisted|private|direct
		sensitive bool
		spoiler_text text
		media_attachments []Media
		mentions []Mention
		tags []StatusTag
		emojis []CustomEmoji
		reblogs_count int
		favourites_count int
		replies_count int
		language ?words
		in_reply_to_id ?id
		in_reply_to_account_id ?id
		reblog ?Status
		poll ?Poll
		card ?Card
		application ?Application
		favourited @bool
		reblogged @bool
		muted @bool
		bookmarked @bool
		pinned ~bool
		filtered @[]FilterResult
		text ~text
		quotes_count ~int
		quote ~?object
		quote_approval ~object`,
	"Mention":     "id id\nusername words\nurl url\nacct words",
	"StatusTag":   "name words\nurl url",
	"Application": "name words\nwebsite ?url",
	"Media": `
		id id
		type image|gifv|video|audio|unknown
		url url
		preview_url ?url
		remote_url ?url
		description ?text
		blurhash ?words
		meta ?Meta`,
	"Meta":  "original ~Size\nsmall ~Size\nfocus ~Focus",
	"Size":  "width int\nheight int\nsize words\naspect number",
	"Focus": "x number\ny number",
	"Card": `
		url url
		title text
		description text
		type link|photo|video|rich
		author_name text
		author_url text
		provider_name text
		provider_url text
		html text
		embed_url text
		width int
		height int
		image ?url
		blurhash ?text
		published_at ?time
		authors []CardAuthor`,
	"CardAuthor": "name text\nurl text\naccount ?Account",
	"Poll": `
		id id
		expires_at ?time
		expired bool
		multiple bool
		votes_count int
		voters_count ?int
		options []PollOption
		emojis []CustomEmoji
		voted @bool
		own_votes @[]int`,
	"PollOption":   "title words\nvotes_count ?int",
	"Context":      "ancestors []Status\ndescendants []Status",
	"StatusSource": "id id\ntext text\nspoiler_text text",
	"StatusEdit": `
		content text
		spoiler_text text
		sensitive bool
		created_at time
		account Account
		media_attachments []Media
		emojis []CustomEmoji
		poll ~object`,
	"ScheduledStatus": `
		id id
		scheduled_at time
		params ScheduledParams
		media_attachments []Media`,
	"ScheduledParams": `
		text ?text
		poll ?object
		media_ids ?[]id
		sensitive ?bool
		spoiler_text ?text
		visibility ?public|unlisted|private|direct
		in_reply_to_id ?id
		language ?text
		application_id ?int
		idempotency ?text
		with_rate_limit bool`,
	"Relationship": `
		id id
		following bool
		showing_reblogs bool
		notifying bool
		languages ?[]words
		followed_by bool
		blocking bool
		blocked_by bool
		muting bool
		muting_notifications bool
		requested bool
		requested_by bool
		domain_blocking bool
		endorsed bool
		note text`,
	"FamiliarFollowers": "id id\naccounts []Account",
	"Suggestion":        "source words\nsources []words\naccount Account",
	"Notification": `
		id id
		type mention|status|reblog|follow|follow_request|favourite|poll|update|admin.sign_up|admin.report|severed_relationships|moderation_warning
		created_at time
		group_key words
		account Account
		status ~Status
		report ~Report`,
	"Grouped": `
		accounts []Account
		statuses []Status
		notification_groups []Group`,
	"Group": `
		group_key words
		notifications_count int
		type mention|status|reblog|follow|follow_request|favourite|poll|update|admin.sign_up|admin.report|severed_relationships|moderation_warning
		most_recent_notification_id int
		page_min_id ~id
		page_max_id ~id
		latest_page_notification_at time
		sample_account_ids []id
		status_id ~?id
		report ~Report`,
	"NotificationRequest": `
		id id
		created_at time
		updated_at time
		notifications_count words
		account Account
		last_status ~?Status`,
	"PolicyV1": "filter_not_following bool\nfilter_not_followers bool\nfilter_new_accounts bool\nfilter_private_mentions bool\nsummary PolicySummary",
	"Policy": `
		for_not_following accept|filter|drop
		for_not_followers accept|filter|drop
		for_new_accounts accept|filter|drop
		for_private_mentions accept|filter|drop
		for_limited_accounts accept|filter|drop
		summary PolicySummary`,
	"PolicySummary": "pending_requests_count int\npending_notifications_count int",
	"Count":         "count int",
	"Merged":        "merged bool",
	"Report": `
		id id
		action_taken bool
		action_taken_at ?time
		category spam|legal|violation|other
		comment text
		forwarded bool
		created_at time
		status_ids ?[]id
		rule_ids ?[]id
		target_account Account`,
	"Conversation": "id id\nunread bool\naccounts []Account\nlast_status ?Status",
	"List":         "id id\ntitle words\nreplies_policy followed|list|none\nexclusive bool",
	"Filter": `
		id id
		title words
		context []home|notifications|public|thread|account
		expires_at ?time
		filter_action warn|hide|blur
		keywords []FilterKeyword
		statuses []FilterStatus`,
	"FilterKeyword": "id id\nkeyword words\nwhole_word bool",
	"FilterStatus":  "id id\nstatus_id id",
	"FilterV1": `
		id id
		phrase words
		context []home|notifications|public|thread|account
		expires_at ?time
		irreversible bool
		whole_word bool`,
	"FilterResult": "filter Filter\nkeyword_matches ?[]words\nstatus_matches ?[]id",
	"Tag":          "id ~words\nname words\nurl url\nhistory ~[]History\nfollowing ~bool\nfeaturing ~bool",
	"TrendTag":     "+Tag\nhistory []History",
	"History":      "day digits\naccounts digits\nuses digits",
	"FeaturedTag":  "id id\nname words\nurl url\nstatuses_count digits\nlast_status_at ?date",
	"Search":       "accounts []Account\nstatuses []Status\nhashtags []Tag",
	"Markers":      "home ~Marker\nnotifications ~Marker",
	"Marker":       "last_read_id id\nversion int\nupdated_at time",
	"Preferences": `
		posting:default:visibility public|unlisted|private|direct
		posting:default:sensitive bool
		posting:default:language ?text
		reading:expand:media default|show_all|hide_all
		reading:expand:spoilers bool`,
	"PushSubscription": "id int\nendpoint url\nserver_key words\nalerts Alerts",
	"Alerts":           "mention bool\nstatus bool\nreblog bool\nfollow bool\nfollow_request bool\nfavourite bool\npoll bool\nupdate bool",
	"App":              "id id\nname words\nwebsite ?url\nscopes []words\nredirect_uris []words\nredirect_uri words",
	"Instance": `
		domain words
		title words
		version words
		source_url url
		description text
		usage Usage
		thumbnail Thumbnail
		icon []Icon
		languages []words
		configuration Configuration
		registrations Registrations
		contact Contact
		rules []Rule
		api_versions ~ApiVersions`,
	"Usage":         "users UsageUsers",
	"UsageUsers":    "active_month int",
	"Thumbnail":     "url url\nblurhash ~?text",
	"Icon":          "src url\nsize words",
	"Registrations": "enabled bool\napproval_required bool\nmessage ?text",
	"Contact":       "email text\naccount ?Account",
	"Rule":          "id id\ntext words\nhint ~text",
	"ApiVersions":   "mastodon int",
	"Language":      "code words\nname words",
	"Configuration": `
		urls Urls
		vapid Vapid
		accounts AccountLimits
		statuses StatusLimits
		media_attachments MediaLimits
		polls PollLimits
		translation Translation`,
	"Urls":          "streaming url",
	"Vapid":         "public_key words",
	"AccountLimits": "max_featured_tags int",
	"StatusLimits":  "max_characters int\nmax_media_attachments int\ncharacters_reserved_per_url int",
	"MediaLimits": `
		supported_mime_types []words
		image_size_limit int
		image_matrix_limit int
		video_size_limit int
		video_frame_rate_limit int
		video_matrix_limit int
		description_limit int`,
	"PollLimits":  "max_options int\nmax_characters_per_option int\nmin_expiration int\nmax_expiration int",
	"Translation": "enabled bool",
	"InstanceV1": `
		uri words
		title words
		short_description text
		description text
		email text
		version words
		urls StreamingUrls
		stats Stats
		thumbnail ?url
		languages []words
		registrations bool
		approval_required bool
		invites_enabled bool
		configuration ConfigurationV1
		contact_account ?Account
		rules []Rule`,
	"StreamingUrls":   "streaming_api url",
	"Stats":           "user_count int\nstatus_count int\ndomain_count int",
	"ConfigurationV1": "statuses StatusLimits\nmedia_attachments MediaLimits\npolls PollLimits",
	"Activity":        "week digits\nstatuses digits\nlogins digits\nregistrations digits",
	"Description":     "updated_at time\ncontent text",
	"Privacy":         "updated_at time\ncontent text",
	"Metadata": `
		issuer url
		authorization_endpoint url
		token_endpoint url
		revocation_endpoint url
		app_registration_endpoint url
		scopes_supported []words
		response_types_supported []words
		grant_types_supported []words
		token_endpoint_auth_methods_supported []words
		code_challenge_methods_supported []words`,
	"TrendLink": "url url\ntitle text\ndescription text\ntype link|photo|video|rich\nhistory []History\nwidth int\nheight int\nimage ?url",
	"object":    "",
}

var (
	digits    = regexp.MustCompile(`^\d+$`)
	timeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// checker collects what is wrong with a decoded answer.
type checker struct {
	loggedIn bool
	mistakes []string
}

func (k *checker) wrong(where, format string, args ...any) {
	k.mistakes = append(k.mistakes, where+": "+fmt.Sprintf(format, args...))
}

// check compares a value with a kind.
func (k *checker) check(where, kind string, v any) {
	if item, isList := strings.CutPrefix(kind, "[]"); isList {
		list, ok := v.([]any)
		if !ok {
			k.wrong(where, "%v instead of a list", v)
		}
		for i, x := range list {
			k.check(fmt.Sprintf("%s[%d]", where, i), item, x)
		}
		return
	}
	if shape, ok := shapes[kind]; ok {
		object, isObject := v.(map[string]any)
		if !isObject {
			k.wrong(where, "%v instead of a %s", v, kind)
			return
		}
		k.object(where, shape, object)
		return
	}
	text, isText := v.(string)
	number, isNumber := v.(float64)
	fits := false
	switch kind {
	case "text":
		fits = isText
	case "words":
		fits = isText && text != ""
	case "id", "digits":
		fits = isText && digits.MatchString(text)
	case "url":
		u, err := url.Parse(text)
		fits = isText && err == nil && u.Scheme != "" && u.Host != ""
	case "time":
		fits = isText && timeShape.MatchString(text)
	case "date":
		fits = isText && dateShape.MatchString(text)
	case "int":
		fits = isNumber && number == math.Trunc(number)
	case "number":
		fits = isNumber
	case "bool":
		_, fits = v.(bool)
	default:
		if !strings.Contains(kind, "|") {
			k.wrong(where, "there is no kind %q", kind)
			return
		}
		fits = isText && slices.Contains(strings.Split(kind, "|"), text)
	}
	if !fits {
		k.wrong(where, "%#v is no %s", v, kind)
	}
}

func (k *checker) object(where, shape string, object map[string]any) {
	for line := range strings.Lines(shape) {
		line = strings.TrimSpace(line)
		if more, ok := strings.CutPrefix(line, "+"); ok {
			k.object(where, shapes[more], object)
			continue
		}
		name, kind, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		kind, optional := strings.CutPrefix(kind, "~")
		kind, forReaders := strings.CutPrefix(kind, "@")
		kind, nullable := strings.CutPrefix(kind, "?")
		v, there := object[name]
		switch inner := where + "." + name; {
		case !there && (optional || forReaders && !k.loggedIn):
		case !there:
			k.wrong(inner, "missing")
		case v == nil && nullable:
		case v == nil:
			k.wrong(inner, "null")
		default:
			k.check(inner, kind, v)
		}
	}
}

// entities are calls and what each returns; every GET route that returns entities is here. who is who asks: member unless
// said otherwise. Lists hold at least one item, so that there is something to check.
var entities = []struct{ path, kind, who string }{
	{path: "/.well-known/oauth-authorization-server", kind: "Metadata", who: "-"},
	{path: "/api/v1/apps/verify_credentials", kind: "App", who: "app"},
	{path: "/api/v1/accounts/verify_credentials", kind: "OwnAccount"},
	{path: "/api/v1/accounts/relationships?id[]={@other}&id[]={@fremd}&id[]={@anfrage}&id[]={@guest}", kind: "[]Relationship"},
	{path: "/api/v1/accounts/familiar_followers?id[]={@other}", kind: "[]FamiliarFollowers"},
	{path: "/api/v1/accounts/search?q=other", kind: "[]Account"},
	{path: "/api/v1/accounts/lookup?acct=other", kind: "Account"},
	{path: "/api/v1/accounts/lookup?acct=klima@vitako.example", kind: "Account", who: "-"},
	{path: "/api/v1/accounts?id[]={@other}&id[]={@klima}&id[]={@forum}", kind: "[]Account"},
	{path: "/api/v1/accounts/{@klima}", kind: "Account"},
	{path: "/api/v1/accounts/{@forum}", kind: "Account"},
	{path: "/api/v1/accounts/{@member}/statuses", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/statuses", kind: "[]Status", who: "-"},
	{path: "/api/v1/accounts/{@member}/statuses?pinned=true", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/statuses?only_media=true", kind: "[]Status"},
	{path: "/api/v1/accounts/{@klima}/statuses", kind: "[]Status"},
	{path: "/api/v1/accounts/{@member}/followers", kind: "[]Account"},
	{path: "/api/v1/accounts/{@member}/following", kind: "[]Account"},
	{path: "/api/v1/accounts/{@member}/featured_tags", kind: "[]FeaturedTag"},
	{path: "/api/v1/accounts/{@member}/endorsements", kind: "[]Account"},
	{path: "/api/v1/accounts/{@other}/lists", kind: "[]List"},
	{path: "/api/v1/bookmarks", kind: "[]Status"},
	{path: "/api/v1/favourites", kind: "[]Status"},
	{path: "/api/v1/mutes", kind: "[]Account"},
	{path: "/api/v1/blocks", kind: "[]Account"},
	{path: "/api/v1/domain_blocks", kind: "[]words"},
	{path: "/api/v2/filters", kind: "[]Filter"},
	{path: "/api/v2/filters/{filter}", kind: "Filter"},
	{path: "/api/v2/filters/{filter}/keywords", kind: "[]FilterKeyword"},
	{path: "/api/v2/filters/keywords/{keyword}", kind: "FilterKeyword"},
	{path: "/api/v2/filters/{filter}/statuses", kind: "[]FilterStatus"},
	{path: "/api/v2/filters/statuses/{filter_status}", kind: "FilterStatus"},
	{path: "/api/v1/filters", kind: "[]FilterV1"},
	{path: "/api/v1/filters/{filter_v1}", kind: "FilterV1"},
	{path: "/api/v1/follow_requests", kind: "[]Account"},
	{path: "/api/v1/endorsements", kind: "[]Account"},
	{path: "/api/v1/featured_tags", kind: "[]FeaturedTag"},
	{path: "/api/v1/featured_tags/suggestions", kind: "[]Tag", who: "other"},
	{path: "/api/v1/preferences", kind: "Preferences"},
	{path: "/api/v1/followed_tags", kind: "[]TrendTag"},
	{path: "/api/v2/suggestions", kind: "[]Suggestion"},
	{path: "/api/v1/suggestions", kind: "[]Account"},
	{path: "/api/v1/tags/stromverbrauch", kind: "TrendTag"},
	{path: "/api/v1/tags/stromverbrauch", kind: "TrendTag", who: "-"},
	{path: "/api/v1/statuses?id[]={note}&id[]={boost}&id[]={practice}&id[]={article}&id[]={direct}&id[]={poll}", kind: "[]Status"},
	{path: "/api/v1/statuses/{note}", kind: "Status"},
	{path: "/api/v1/statuses/{note}", kind: "Status", who: "-"},
	{path: "/api/v1/statuses/{picture}", kind: "Status"},
	{path: "/api/v1/statuses/{warned}", kind: "Status"},
	{path: "/api/v1/statuses/{private}", kind: "Status"},
	{path: "/api/v1/statuses/{direct}", kind: "Status"},
	{path: "/api/v1/statuses/{poll}", kind: "Status"},
	{path: "/api/v1/statuses/{poll}", kind: "Status", who: "-"},
	{path: "/api/v1/statuses/{practice}", kind: "Status"},
	{path: "/api/v1/statuses/{article}", kind: "Status"},
	{path: "/api/v1/statuses/{remote}", kind: "Status"},
	{path: "/api/v1/statuses/{note}/context", kind: "Context"},
	{path: "/api/v1/statuses/{reply}/context", kind: "Context", who: "-"},
	{path: "/api/v1/statuses/{edited}/history", kind: "[]StatusEdit"},
	{path: "/api/v1/statuses/{practice}/history", kind: "[]StatusEdit"},
	{path: "/api/v1/statuses/{edited}/source", kind: "StatusSource"},
	{path: "/api/v1/statuses/{practice}/card", kind: "Card"},
	{path: "/api/v1/statuses/{note}/favourited_by", kind: "[]Account"},
	{path: "/api/v1/statuses/{note}/reblogged_by", kind: "[]Account"},
	{path: "/api/v1/media/{loose}", kind: "Media"},
	{path: "/api/v1/polls/{poll}", kind: "Poll"},
	{path: "/api/v1/polls/{poll}", kind: "Poll", who: "-"},
	{path: "/api/v1/polls/{hidden_poll}", kind: "Poll", who: "other"},
	{path: "/api/v1/scheduled_statuses", kind: "[]ScheduledStatus"},
	{path: "/api/v1/scheduled_statuses/{scheduled}", kind: "ScheduledStatus"},
	{path: "/api/v1/timelines/home", kind: "[]Status"},
	{path: "/api/v1/timelines/public", kind: "[]Status"},
	{path: "/api/v1/timelines/public", kind: "[]Status", who: "-"},
	{path: "/api/v1/timelines/public?remote=true", kind: "[]Status"},
	{path: "/api/v1/timelines/tag/Stromverbrauch", kind: "[]Status"},
	{path: "/api/v1/timelines/list/{list}", kind: "[]Status"},
	{path: "/api/v1/timelines/link?url=https://sh.example/praxisbeispiele/{practice}", kind: "[]Status"},
	{path: "/api/v1/timelines/direct", kind: "[]Status"},
	{path: "/api/v1/conversations", kind: "[]Conversation"},
	{path: "/api/v1/lists", kind: "[]List"},
	{path: "/api/v1/lists/{list}", kind: "List"},
	{path: "/api/v1/lists/{list}/accounts", kind: "[]Account"},
	{path: "/api/v1/markers?timeline[]=home&timeline[]=notifications", kind: "Markers"},
	{path: "/api/v1/notifications", kind: "[]Notification"},
	{path: "/api/v1/notifications/{notification}", kind: "Notification"},
	{path: "/api/v1/notifications", kind: "[]Notification", who: "moderator"},
	{path: "/api/v1/notifications/unread_count", kind: "Count"},
	{path: "/api/v1/notifications/requests", kind: "[]NotificationRequest", who: "editor"},
	{path: "/api/v1/notifications/requests/{request}", kind: "NotificationRequest", who: "editor"},
	{path: "/api/v1/notifications/requests/merged", kind: "Merged"},
	{path: "/api/v1/notifications/policy", kind: "PolicyV1"},
	{path: "/api/v2/notifications", kind: "Grouped"},
	{path: "/api/v2/notifications?expand_accounts=partial_avatars", kind: "Grouped"},
	{path: "/api/v2/notifications/unread_count", kind: "Count"},
	{path: "/api/v2/notifications/policy", kind: "Policy"},
	{path: "/api/v2/notifications/{group}", kind: "Grouped"},
	{path: "/api/v2/notifications/{group}/accounts", kind: "[]Account"},
	{path: "/api/v1/push/subscription", kind: "PushSubscription"},
	{path: "/api/v2/search?q=Stromverbrauch", kind: "Search"},
	{path: "/api/v2/search?q=other", kind: "Search"},
	{path: "/api/v1/instance", kind: "InstanceV1", who: "-"},
	{path: "/api/v2/instance", kind: "Instance", who: "-"},
	{path: "/api/v1/instance/peers", kind: "[]words", who: "-"},
	{path: "/api/v1/instance/activity", kind: "[]Activity", who: "-"},
	{path: "/api/v1/instance/rules", kind: "[]Rule", who: "-"},
	{path: "/api/v1/instance/languages", kind: "[]Language", who: "-"},
	{path: "/api/v1/instance/extended_description", kind: "Description", who: "-"},
	{path: "/api/v1/instance/privacy_policy", kind: "Privacy", who: "-"},
	{path: "/api/v1/trends/tags", kind: "[]TrendTag"},
	{path: "/api/v1/trends", kind: "[]TrendTag", who: "-"},
	{path: "/api/v1/trends/statuses", kind: "[]Status"},
	{path: "/api/v1/directory", kind: "[]Account"},
}

// nothingToDecode are GET routes that return no entity that this instance has: the reason says why.
var nothingToDecode = map[string]string{
	"/api/v1/accounts/{id:[0-9]+}/identity_proofs": "there are none any more, an empty list",
	"/api/v1/instance/domain_blocks":               "an empty list",
	"/api/v1/instance/translation_languages":       "an empty object",
	"/api/v1/instance/terms_of_service":            "none in force: not found",
	"/api/v1/custom_emojis":                        "an empty list",
	"/api/v1/announcements":                        "an empty list",
	"/api/v1/trends/links":                         "an empty list",
}

func TestEntitiesAreAsStrictClientsDecodeThem(t *testing.T) {
	f := newFurnished(t)
	f.everyNotification()
	app := f.as("").post("/api/v1/apps", "client_name", "Prüfung", "website", "https://app.example", "redirect_uris", "urn:ietf:wg:oauth:2.0:oob").wants(http.StatusOK)
	f.tokens["app"] = f.as("").post("/oauth/token", "grant_type", "client_credentials", "client_id", app.text("client_id"),
		"client_secret", app.text("client_secret"), "redirect_uri", "urn:ietf:wg:oauth:2.0:oob").wants(http.StatusOK).text("access_token")
	for _, e := range entities {
		who := map[string]string{"": "member", "-": ""}[e.who]
		if e.who != "" && e.who != "-" {
			who = e.who
		}
		name := e.path + " (" + e.who + ")"
		r := f.as(who).get(f.fill(e.path))
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d: %s", name, r.StatusCode, r.body)
			continue
		}
		v := r.value()
		if list, ok := v.([]any); ok && len(list) == 0 {
			t.Errorf("%s: nothing to check", name)
		}
		k := checker{loggedIn: who != ""}
		k.check("", e.kind, v)
		for _, m := range k.mistakes {
			t.Errorf("%s %s", name, m)
		}
	}
	f.wantsRoutesIn(entities)
}

// wantsRoutesIn fails for GET routes that no entity was asked for.
func (f *furnished) wantsRoutesIn(asked []struct{ path, kind, who string }) {
	f.t.Helper()
	for _, x := range f.server.routes() {
		if x.method != http.MethodGet || nothingToDecode[x.path] != "" {
			continue
		}
		shape := regexp.MustCompile("^" + pathVariable.ReplaceAllString(x.path, `[^/?]+`) + `(\?.*)?$`)
		if !slices.ContainsFunc(asked, func(e struct{ path, kind, who string }) bool {
			return shape.MatchString(e.path) && !otherRoute(x.path, e.path)
		}) {
			f.t.Errorf("no entity of %s is checked", x.path)
		}
	}
}

// otherRoute reports whether a path that fits the shape of a route is meant for another: /accounts/lookup for /accounts/{id}.
func otherRoute(route, path string) bool {
	return strings.Contains(route, "{id") && !regexp.MustCompile(`\{[@a-z_0-9]+\}`).MatchString(path)
}

// everyNotification gives member one notification of every kind there is.
func (f *furnished) everyNotification() {
	f.t.Helper()
	for i, kind := range []string{"mention", "reply", "follow", "follow_request", "favourite", "boost", "curated", "status", "poll", "update"} {
		var postID any
		if !strings.HasPrefix(kind, "follow") {
			postID = f.ids["reply"]
		}
		f.exec(`INSERT INTO notifications (id, account_id, kind, from_account_id, post_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			1_000+i, f.id("member"), kind, f.id("klima"), postID)
	}
	types := map[string]bool{}
	for _, who := range []string{"member", "moderator"} {
		for _, n := range f.as(who).get("/api/v1/notifications", "limit", "80").list() {
			types[n.(map[string]any)["type"].(string)] = true
		}
	}
	for _, want := range []string{"mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.report"} {
		if !types[want] {
			f.t.Errorf("no notification of type %s, only %v", want, slices.Sorted(maps.Keys(types)))
		}
	}
}

// TestCheckerFindsMistakes breaks an entity in every way and wants the checker to see it.
func TestCheckerFindsMistakes(t *testing.T) {
	sound := func() map[string]any {
		return map[string]any{"id": "1", "title": "Titel", "replies_policy": "list", "exclusive": false}
	}
	for name, spoil := range map[string]func(map[string]any){
		"missing":    func(m map[string]any) { delete(m, "title") },
		"null":       func(m map[string]any) { m["exclusive"] = nil },
		"number":     func(m map[string]any) { m["id"] = 1.0 },
		"no digits":  func(m map[string]any) { m["id"] = "01ARZ3NDEK" },
		"other word": func(m map[string]any) { m["replies_policy"] = "all" },
		"empty":      func(m map[string]any) { m["title"] = "" },
	} {
		k := checker{}
		if k.check("", "List", sound()); len(k.mistakes) > 0 {
			t.Fatalf("a sound list: %v", k.mistakes)
		}
		m := sound()
		spoil(m)
		if k.check("", "List", m); len(k.mistakes) != 1 {
			t.Errorf("%s: %v", name, k.mistakes)
		}
	}
	for kind, wrong := range map[string][]any{
		"time":   {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+00:00", "", "2026-01-02T03:04:05.678901Z"},
		"date":   {"2026-01-02T03:04:05.678Z", ""},
		"url":    {"", "/missing.png", "example.org/x", 1.0},
		"[]text": {nil, "a", []any{nil}},
		"int":    {1.5, "1"},
		"bool":   {"true", 1.0, nil},
	} {
		for _, v := range wrong {
			k := checker{}
			if k.check("", kind, v); len(k.mistakes) == 0 {
				t.Errorf("%#v passes for %s", v, kind)
			}
		}
	}
	for name, shape := range shapes {
		for line := range strings.Lines(shape) {
			if _, kind, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				k := checker{}
				k.check(name, strings.TrimPrefix(strings.TrimLeft(kind, "~@?"), "[]"), nil)
				if slices.ContainsFunc(k.mistakes, func(m string) bool { return strings.Contains(m, "there is no kind") }) {
					t.Errorf("%s: %v", name, k.mistakes)
				}
			}
		}
	}
}
