package mastodon

import (
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/tag"
)

const (
	// mastodonVersion is the version of Mastodon whose calls are answered: clients switch features on by it.
	mastodonVersion = "4.3.0"
	// mastodonAPI is what api_versions counts: 2 has grouped notifications.
	mastodonAPI = 2

	sourceURL = "https://github.com/vorbild/vorbild"
	// A link counts as many characters as it has here; clients must be told a number.
	charactersPerURL = 23
)

var languages = []string{"de", "en"}

// languageNames are what the languages call themselves.
var languageNames = map[string]string{"de": "Deutsch", "en": "English"}

// houseRules are the locale keys of the rules, in their order; their place is their id. Never renumber them: reports name them.
var houseRules = []string{"reading.rule.respect", "reading.rule.privacy", "reading.rule.secrets", "reading.rule.truth", "reading.rule.purpose"}

func (s *Server) instance(c *call) (any, error) {
	o, u, contact, err := s.aboutInstance(c)
	if err != nil {
		return nil, err
	}
	about := s.Config.BaseURL + "/impressum"
	terms := s.Config.BaseURL + "/api/v1/instance/terms_of_service"
	result := Instance{
		Domain: s.Config.Domain(), Title: o.Name, Version: s.version(), SourceURL: sourceURL, Description: o.Description,
		Thumbnail: InstanceThumbnail{URL: s.thumbnail(), Versions: map[string]string{}}, Icon: []struct{}{}, Languages: languages,
		Configuration: s.limits(), APIVersions: map[string]int{"mastodon": mastodonAPI},
		Contact: InstanceContact{Email: o.ContactEmail, Account: contact}, Rules: s.rules(c),
	}
	result.Usage.Users.ActiveMonth = u.ActiveMonth
	result.Configuration.URLs = &InstanceURLs{
		Streaming: s.streamingURL(), About: about, PrivacyPolicy: s.Config.BaseURL + "/datenschutz", TermsOfService: &terms,
	}
	result.Configuration.Translation = &InstanceTranslation{}
	key, err := s.Push.PublicKey(c.ctx())
	if err != nil {
		return nil, err
	}
	result.Configuration.VAPID = &InstanceVAPID{PublicKey: key}
	return result, nil
}

func (s *Server) instanceV1(c *call) (any, error) {
	o, u, contact, err := s.aboutInstance(c)
	if err != nil {
		return nil, err
	}
	limits := s.limits()
	return InstanceV1{
		URI: s.Config.Domain(), Title: o.Name, ShortDescription: o.Description, Description: o.Description, Email: o.ContactEmail,
		Version: s.version(), URLs: map[string]string{"streaming_api": s.streamingURL()},
		Stats:     InstanceStats{UserCount: u.People, StatusCount: u.Statuses, DomainCount: u.Domains},
		Thumbnail: s.thumbnail(), Languages: languages, MaxTootChars: limits.Statuses.MaxCharacters, Configuration: limits,
		ContactAccount: contact, Rules: s.rules(c),
	}, nil
}

// aboutInstance is what both versions say. Who has a question asks the forum, whose members read it.
func (s *Server) aboutInstance(c *call) (o organization.Organization, u account.Usage, contact *Account, err error) {
	if o, err = s.Organizations.Get(c.ctx()); err != nil {
		return o, u, nil, err
	}
	if u, err = s.Accounts.Usage(c.ctx()); err != nil {
		return o, u, nil, err
	}
	forum, err := s.Accounts.Forum(c.ctx())
	if err != nil {
		return o, u, nil, err
	}
	entity, err := s.accountEntity(c.ctx(), forum)
	return o, u, &entity, err
}

// version begins like one of Mastodon, by which clients know what they may ask for.
func (s *Server) version() string {
	return mastodonVersion + " (compatible; Vorbild " + s.Version + ")"
}

// thumbnail is the picture of accounts that have none: the instance has none either.
func (s *Server) thumbnail() string { return s.picture("", media.MissingHeader(), media.Header) }

// streamingURL has no path: clients add it.
func (s *Server) streamingURL() string {
	if host, ok := strings.CutPrefix(s.Config.BaseURL, "http://"); ok {
		return "ws://" + host
	}
	return "wss://" + strings.TrimPrefix(s.Config.BaseURL, "https://")
}

// limits are those that the services keep. Videos are not taken; clients want their limits all the same.
func (s *Server) limits() InstanceConfiguration {
	return InstanceConfiguration{
		Accounts: InstanceAccounts{
			MaxFeaturedTags: tag.MaxFeatured, MaxPinnedStatuses: post.MaxPins, MaxProfileFields: account.MaxFields,
			ProfileFieldNameMax: account.MaxFieldChars, ProfileFieldMax: account.MaxFieldChars,
		},
		Statuses: InstanceStatuses{
			MaxCharacters: post.MaxNote, MaxMediaAttachments: media.MaxPerPost, CharactersReservedPerURL: charactersPerURL,
			SupportedMIMETypes: []string{string(post.PlainText), string(post.Markdown)},
		},
		MediaAttachments: InstanceMedia{
			DescriptionLimit: media.MaxDescription, SupportedMIMETypes: media.ContentTypes,
			ImageSizeLimit: media.MaxSize, ImageMatrixLimit: media.MaxPixels,
			VideoSizeLimit: media.MaxSize, VideoFrameRateLimit: 60, VideoMatrixLimit: media.MaxPixels,
		},
		Polls: InstancePolls{
			MaxOptions: poll.MaxOptions, MaxCharactersPerOption: poll.MaxTitle,
			MinExpiration: int(poll.MinPeriod.Seconds()), MaxExpiration: int(poll.MaxPeriod.Seconds()),
		},
	}
}

func (s *Server) instancePeers(c *call) (any, error) {
	hosts, err := s.Accounts.Peers(c.ctx())
	if hosts == nil {
		hosts = []string{}
	}
	return hosts, err
}

// instanceDomainBlocks is not found where the rules are kept to the house, as at Mastodon.
func (s *Server) instanceDomainBlocks(c *call) (any, error) {
	list, policy, err := s.Rules.Published(c.ctx())
	if err != nil {
		return nil, err
	}
	if !policy.RulesPublic {
		return nil, errNotFound()
	}
	blocks := make([]DomainBlock, len(list))
	for i, r := range list {
		blocks[i] = DomainBlock{Domain: r.Domain, Digest: r.Digest, Severity: string(r.Severity)}
		if r.Comment != "" {
			blocks[i].Comment = &r.Comment
		}
	}
	return blocks, nil
}

func (s *Server) instanceActivity(c *call) (any, error) {
	weeks, err := s.Accounts.Activity(c.ctx())
	if err != nil {
		return nil, err
	}
	list := make([]InstanceWeek, len(weeks))
	for i, w := range weeks {
		list[i] = InstanceWeek{
			Week: strconv.FormatInt(w.Start.Unix(), 10), Statuses: strconv.Itoa(w.Statuses),
			Logins: strconv.Itoa(w.Logins), Registrations: strconv.Itoa(w.Registrations),
		}
	}
	return list, nil
}

func (s *Server) instanceLanguages(*call) (any, error) {
	list := make([]InstanceLanguage, len(languages))
	for i, code := range languages {
		list[i] = InstanceLanguage{Code: code, Name: languageNames[code]}
	}
	return list, nil
}

func (s *Server) instanceRules(c *call) (any, error) { return s.rules(c), nil }

// rules are in the language of the reader, and in the others beside it.
func (s *Server) rules(c *call) []Rule {
	words := s.I18n.For(c.Header.Get("Accept-Language"))
	list := make([]Rule, len(houseRules))
	for i, key := range houseRules {
		list[i] = Rule{ID: strconv.Itoa(i + 1), Text: words.T(key), Hint: words.T(key + ".hint"), Translations: map[string]RuleTranslation{}}
		for _, language := range languages {
			in := s.I18n.For(language)
			list[i].Translations[language] = RuleTranslation{Text: in.T(key), Hint: in.T(key + ".hint")}
		}
	}
	return list
}

func (s *Server) instanceDescription(c *call) (any, error) {
	o, err := s.Organizations.Get(c.ctx())
	if err != nil {
		return nil, err
	}
	return InstanceText{UpdatedAt: stamp(o.UpdatedAt), Content: paragraphs(o.Description)}, nil
}

func (s *Server) instancePrivacy(c *call) (any, error) {
	o, err := s.Organizations.Get(c.ctx())
	if err != nil {
		return nil, err
	}
	return InstanceText{UpdatedAt: stamp(o.UpdatedAt), Content: s.Practices.Preview(o.Privacy)}, nil
}

// instanceTerms are the rules of the house; there are no others.
func (s *Server) instanceTerms(c *call) (any, error) {
	o, err := s.Organizations.Get(c.ctx())
	if err != nil {
		return nil, err
	}
	var content strings.Builder
	content.WriteString("<ol>")
	for _, rule := range s.rules(c) {
		content.WriteString("<li><strong>" + html.EscapeString(rule.Text) + "</strong> " + html.EscapeString(rule.Hint) + "</li>")
	}
	content.WriteString("</ol>")
	return InstanceTerms{EffectiveDate: o.UpdatedAt.UTC().Format(time.DateOnly), Effective: true, Content: content.String()}, nil
}

// paragraphs is plain text as HTML.
func paragraphs(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "<p>" + strings.ReplaceAll(strings.ReplaceAll(html.EscapeString(text), "\n\n", "</p><p>"), "\n", "<br>") + "</p>"
}
