package vocab

import (
	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
)

type actor interface {
	as.Type
	SetActivityStreamsName(as.ActivityStreamsNameProperty)
	SetActivityStreamsSummary(as.ActivityStreamsSummaryProperty)
	SetActivityStreamsUrl(as.ActivityStreamsUrlProperty)
	SetActivityStreamsPublished(as.ActivityStreamsPublishedProperty)
	SetActivityStreamsUpdated(as.ActivityStreamsUpdatedProperty)
	SetActivityStreamsPreferredUsername(as.ActivityStreamsPreferredUsernameProperty)
	SetActivityStreamsInbox(as.ActivityStreamsInboxProperty)
	SetActivityStreamsOutbox(as.ActivityStreamsOutboxProperty)
	SetActivityStreamsFollowers(as.ActivityStreamsFollowersProperty)
	SetActivityStreamsFollowing(as.ActivityStreamsFollowingProperty)
	SetTootDiscoverable(as.TootDiscoverableProperty)
	SetTootFeatured(as.TootFeaturedProperty)
	SetW3IDSecurityV1PublicKey(as.W3IDSecurityV1PublicKeyProperty)
}

// Actor builds the document of one of our accounts.
func (r *Renderer) Actor(a account.Account) ([]byte, error) {
	m, err := r.actorObject(a)
	if err != nil {
		return nil, err
	}
	return encode(m)
}

func (r *Renderer) actorObject(a account.Account) (map[string]any, error) {
	d := newDraft()
	kind := a.Kind
	if a.Bot && kind == account.Person {
		kind = account.ServiceActor // by that others know a program
	}
	t := newActor(kind)
	setID(t, d.iri(a.URI))
	setName(t, a.Name())
	setSummary(t, a.Note)
	d.setURL(t, a.URL)
	setPublished(t, a.CreatedAt)
	setUpdated(t, a.UpdatedAt)

	username := streams.NewActivityStreamsPreferredUsernameProperty()
	username.SetXMLSchemaString(a.Username)
	t.SetActivityStreamsPreferredUsername(username)
	inbox := streams.NewActivityStreamsInboxProperty()
	inbox.SetIRI(d.iri(a.InboxURI))
	t.SetActivityStreamsInbox(inbox)
	outbox := streams.NewActivityStreamsOutboxProperty()
	outbox.SetIRI(d.iri(a.OutboxURI))
	t.SetActivityStreamsOutbox(outbox)
	if a.FollowersURI != "" {
		p := streams.NewActivityStreamsFollowersProperty()
		p.SetIRI(d.iri(a.FollowersURI))
		t.SetActivityStreamsFollowers(p)
	}
	if a.FollowingURI != "" {
		p := streams.NewActivityStreamsFollowingProperty()
		p.SetIRI(d.iri(a.FollowingURI))
		t.SetActivityStreamsFollowing(p)
	}
	if a.FeaturedURI != "" {
		p := streams.NewTootFeaturedProperty()
		p.SetIRI(d.iri(a.FeaturedURI))
		t.SetTootFeatured(p)
	}
	discoverable := streams.NewTootDiscoverableProperty()
	discoverable.Set(a.Discoverable)
	t.SetTootDiscoverable(discoverable)
	t.SetW3IDSecurityV1PublicKey(d.publicKey(a))

	d.set("icon", r.image(a.Avatar))
	d.set("image", r.image(a.Header))
	d.set("endpoints", map[string]any{"sharedInbox": a.SharedInboxURI})
	if len(a.Fields) > 0 {
		d.set("attachment", profileFields(a.Fields))
	}
	d.set("generator", r.generator())
	d.set("indexable", a.Indexable)
	d.set("manuallyApprovesFollowers", a.ApprovesFollowers)
	if len(a.AlsoKnownAs) > 0 {
		d.set("alsoKnownAs", []string(a.AlsoKnownAs))
	}
	d.set("movedTo", a.MovedToURI)
	d.set("vb:level", a.Level)
	d.set("vb:region", a.Region)
	switch a.Kind {
	case account.Group:
		// Only the house's own practices stand in its catalogue; anyone may open a thread in the forum.
		d.set("postingRestrictedToMods", a.Username == account.CatalogUsername)
		if a.Username == account.CatalogUsername {
			// They are there while the organisation curates.
			d.set("vb:curated", CollectionURI(a.URI, "kuratiert"))
			d.set("vb:featured", CollectionURI(a.URI, "hervorgehoben"))
			d.set("vb:collections", CollectionsURI(a.URI))
			d.set("vb:taxonomies", taxonomies(a.URI))
			d.set("vb:directory", CollectionURI(a.URI, directory.Slug))
		}
	case account.Application:
		// Who wants to follow the whole instance finds its groups here.
		d.set("vb:catalogue", a.CatalogURI)
		d.set("vb:forum", a.ForumURI)
	}
	return d.object(t)
}

func newActor(kind account.Kind) actor {
	switch kind {
	case account.Group:
		return streams.NewActivityStreamsGroup()
	case account.Application:
		return streams.NewActivityStreamsApplication()
	case account.ServiceActor:
		return streams.NewActivityStreamsService()
	case account.Organization:
		return streams.NewActivityStreamsOrganization()
	}
	return streams.NewActivityStreamsPerson()
}

func (d *draft) publicKey(a account.Account) as.W3IDSecurityV1PublicKeyProperty {
	key := streams.NewW3IDSecurityV1PublicKey()
	id := streams.NewJSONLDIdProperty()
	id.Set(d.iri(a.PublicKeyID))
	key.SetJSONLDId(id)
	owner := streams.NewW3IDSecurityV1OwnerProperty()
	owner.SetIRI(d.iri(a.URI))
	key.SetW3IDSecurityV1Owner(owner)
	pem := streams.NewW3IDSecurityV1PublicKeyPemProperty()
	pem.Set(a.PublicKeyPEM)
	key.SetW3IDSecurityV1PublicKeyPem(pem)
	p := streams.NewW3IDSecurityV1PublicKeyProperty()
	p.AppendW3IDSecurityV1PublicKey(key)
	return p
}
