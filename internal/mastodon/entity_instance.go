package mastodon

// Instance is the Instance entity (version 2).
type Instance struct {
	Domain        string                `json:"domain"`
	Title         string                `json:"title"`
	Version       string                `json:"version"`
	SourceURL     string                `json:"source_url"`
	Description   string                `json:"description"`
	Usage         InstanceUsage         `json:"usage"`
	Thumbnail     InstanceThumbnail     `json:"thumbnail"`
	Icon          []struct{}            `json:"icon"`
	Languages     []string              `json:"languages"`
	Configuration InstanceConfiguration `json:"configuration"`
	Registrations InstanceRegistrations `json:"registrations"`
	APIVersions   map[string]int        `json:"api_versions"`
	Contact       InstanceContact       `json:"contact"`
	Rules         []Rule                `json:"rules"`
}

// InstanceUsage is how many people use it.
type InstanceUsage struct {
	Users struct {
		ActiveMonth int `json:"active_month"`
	} `json:"users"`
}

// InstanceThumbnail is its picture.
type InstanceThumbnail struct {
	URL      string            `json:"url"`
	Blurhash *string           `json:"blurhash"`
	Versions map[string]string `json:"versions"`
}

// InstanceRegistrations says that people come by invitation.
type InstanceRegistrations struct {
	Enabled          bool    `json:"enabled"`
	ApprovalRequired bool    `json:"approval_required"`
	ReasonRequired   bool    `json:"reason_required"`
	Message          *string `json:"message"` // HTML
	MinAge           *int    `json:"min_age"`
	URL              *string `json:"url"`
}

// InstanceContact is whom to ask.
type InstanceContact struct {
	Email   string   `json:"email"`
	Account *Account `json:"account"`
}

// InstanceConfiguration is the limits that clients keep to. Version 1 has no URLs, VAPID and translation.
type InstanceConfiguration struct {
	URLs             *InstanceURLs        `json:"urls,omitempty"`
	VAPID            *InstanceVAPID       `json:"vapid,omitempty"`
	Accounts         InstanceAccounts     `json:"accounts"`
	Statuses         InstanceStatuses     `json:"statuses"`
	MediaAttachments InstanceMedia        `json:"media_attachments"`
	Polls            InstancePolls        `json:"polls"`
	Translation      *InstanceTranslation `json:"translation,omitempty"`
}

// InstanceURLs of the configuration.
type InstanceURLs struct {
	Streaming      string  `json:"streaming"`
	About          string  `json:"about"`
	PrivacyPolicy  string  `json:"privacy_policy"`
	TermsOfService *string `json:"terms_of_service"`
}

// InstanceVAPID is the key that push messages are signed with.
type InstanceVAPID struct {
	PublicKey string `json:"public_key"`
}

// InstanceAccounts of the configuration.
type InstanceAccounts struct {
	MaxFeaturedTags     int `json:"max_featured_tags"`
	MaxPinnedStatuses   int `json:"max_pinned_statuses"`
	MaxProfileFields    int `json:"max_profile_fields"`
	ProfileFieldNameMax int `json:"profile_field_name_limit"`
	ProfileFieldMax     int `json:"profile_field_value_limit"`
}

// InstanceStatuses of the configuration.
type InstanceStatuses struct {
	MaxCharacters            int      `json:"max_characters"`
	MaxMediaAttachments      int      `json:"max_media_attachments"`
	CharactersReservedPerURL int      `json:"characters_reserved_per_url"`
	SupportedMIMETypes       []string `json:"supported_mime_types"`
}

// InstanceMedia of the configuration.
type InstanceMedia struct {
	DescriptionLimit    int      `json:"description_limit"`
	SupportedMIMETypes  []string `json:"supported_mime_types"`
	ImageSizeLimit      int64    `json:"image_size_limit"`
	ImageMatrixLimit    int      `json:"image_matrix_limit"`
	VideoSizeLimit      int64    `json:"video_size_limit"`
	VideoFrameRateLimit int      `json:"video_frame_rate_limit"`
	VideoMatrixLimit    int      `json:"video_matrix_limit"`
}

// InstancePolls of the configuration; times in seconds.
type InstancePolls struct {
	MaxOptions             int `json:"max_options"`
	MaxCharactersPerOption int `json:"max_characters_per_option"`
	MinExpiration          int `json:"min_expiration"`
	MaxExpiration          int `json:"max_expiration"`
}

// InstanceTranslation says that the instance translates nothing.
type InstanceTranslation struct {
	Enabled bool `json:"enabled"`
}

// InstanceLanguage is one that the instance speaks.
type InstanceLanguage struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Rule is one of the rules of the house. Reports name them by id.
type Rule struct {
	ID           string                     `json:"id"`
	Text         string                     `json:"text"`
	Hint         string                     `json:"hint"`
	Translations map[string]RuleTranslation `json:"translations"`
}

// RuleTranslation is a Rule in a language.
type RuleTranslation struct {
	Text string `json:"text"`
	Hint string `json:"hint"`
}

// InstanceV1 is the Instance entity of version 1. Libraries in Go read URLs as a map of strings.
type InstanceV1 struct {
	URI              string                `json:"uri"`
	Title            string                `json:"title"`
	ShortDescription string                `json:"short_description"`
	Description      string                `json:"description"`
	Email            string                `json:"email"`
	Version          string                `json:"version"`
	URLs             map[string]string     `json:"urls"`
	Stats            InstanceStats         `json:"stats"`
	Thumbnail        string                `json:"thumbnail"`
	Languages        []string              `json:"languages"`
	Registrations    bool                  `json:"registrations"`
	ApprovalRequired bool                  `json:"approval_required"`
	InvitesEnabled   bool                  `json:"invites_enabled"`
	MaxTootChars     int                   `json:"max_toot_chars"`
	Configuration    InstanceConfiguration `json:"configuration"`
	ContactAccount   *Account              `json:"contact_account"`
	Rules            []Rule                `json:"rules"`
}

// InstanceStats of version 1.
type InstanceStats struct {
	UserCount   int `json:"user_count"`
	StatusCount int `json:"status_count"`
	DomainCount int `json:"domain_count"`
}

// InstanceWeek is a week of activity; all values are numbers as text.
type InstanceWeek struct {
	Week          string `json:"week"` // Unix time of its begin
	Statuses      string `json:"statuses"`
	Logins        string `json:"logins"`
	Registrations string `json:"registrations"`
}

// InstanceText is an ExtendedDescription or PrivacyPolicy entity.
type InstanceText struct {
	UpdatedAt string `json:"updated_at"`
	Content   string `json:"content"` // HTML
}

// InstanceTerms is the TermsOfService entity.
type InstanceTerms struct {
	EffectiveDate string  `json:"effective_date"` // YYYY-MM-DD
	Effective     bool    `json:"effective"`
	Content       string  `json:"content"` // HTML
	SucceededBy   *string `json:"succeeded_by"`
}

// DomainBlock is a domain that is suspended or limited here.
type DomainBlock struct {
	Domain   string  `json:"domain"` // with letters left out where it should not be found
	Digest   string  `json:"digest"` // SHA-256 of the whole domain
	Severity string  `json:"severity"`
	Comment  *string `json:"comment"`
}
