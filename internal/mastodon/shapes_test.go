package mastodon

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
