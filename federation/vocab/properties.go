package vocab

import (
	"net/url"
	"time"

	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"
)

// The setters below spare the builders go-fed's three lines per property. Each takes the smallest interface that has it.

func setID(t as.Type, id *url.URL) {
	p := streams.NewJSONLDIdProperty()
	p.Set(id)
	t.SetJSONLDId(p)
}

type addressed interface {
	SetActivityStreamsTo(as.ActivityStreamsToProperty)
	SetActivityStreamsCc(as.ActivityStreamsCcProperty)
}

func (d *draft) address(t addressed, a Addressing) {
	to, cc := streams.NewActivityStreamsToProperty(), streams.NewActivityStreamsCcProperty()
	for _, id := range a.To {
		to.AppendIRI(d.iri(id))
	}
	for _, id := range a.Cc {
		cc.AppendIRI(d.iri(id))
	}
	t.SetActivityStreamsTo(to)
	t.SetActivityStreamsCc(cc)
}

func setName(t interface {
	SetActivityStreamsName(as.ActivityStreamsNameProperty)
}, text string) {
	if text == "" {
		return
	}
	p := streams.NewActivityStreamsNameProperty()
	p.AppendXMLSchemaString(text)
	t.SetActivityStreamsName(p)
}

func setSummary(t interface {
	SetActivityStreamsSummary(as.ActivityStreamsSummaryProperty)
}, text string) {
	if text == "" {
		return
	}
	p := streams.NewActivityStreamsSummaryProperty()
	p.AppendXMLSchemaString(text)
	t.SetActivityStreamsSummary(p)
}

func setContent(t interface {
	SetActivityStreamsContent(as.ActivityStreamsContentProperty)
}, html string) {
	p := streams.NewActivityStreamsContentProperty()
	p.AppendXMLSchemaString(html)
	t.SetActivityStreamsContent(p)
}

func (d *draft) setURL(t interface {
	SetActivityStreamsUrl(as.ActivityStreamsUrlProperty)
}, page string) {
	if page == "" {
		return
	}
	p := streams.NewActivityStreamsUrlProperty()
	p.AppendIRI(d.iri(page))
	t.SetActivityStreamsUrl(p)
}

func setPublished(t interface {
	SetActivityStreamsPublished(as.ActivityStreamsPublishedProperty)
}, at time.Time) {
	p := streams.NewActivityStreamsPublishedProperty()
	p.Set(wire(at))
	t.SetActivityStreamsPublished(p)
}

func setUpdated(t interface {
	SetActivityStreamsUpdated(as.ActivityStreamsUpdatedProperty)
}, at time.Time) {
	p := streams.NewActivityStreamsUpdatedProperty()
	p.Set(wire(at))
	t.SetActivityStreamsUpdated(p)
}

func (d *draft) setAudience(t interface {
	SetActivityStreamsAudience(as.ActivityStreamsAudienceProperty)
}, id string) {
	if id == "" {
		return
	}
	p := streams.NewActivityStreamsAudienceProperty()
	p.AppendIRI(d.iri(id))
	t.SetActivityStreamsAudience(p)
}

func setTotal(t interface {
	SetActivityStreamsTotalItems(as.ActivityStreamsTotalItemsProperty)
}, n int) {
	p := streams.NewActivityStreamsTotalItemsProperty()
	p.Set(n)
	t.SetActivityStreamsTotalItems(p)
}

type activity interface {
	as.Type
	addressed
	SetActivityStreamsActor(as.ActivityStreamsActorProperty)
	SetActivityStreamsObject(as.ActivityStreamsObjectProperty)
}

// setActivity fills what every activity has; objectID stands for the object until an embedded one takes its place.
func (d *draft) setActivity(t activity, id, actorID, objectID string, a Addressing) {
	d.id = id
	setID(t, d.iri(id))
	actor := streams.NewActivityStreamsActorProperty()
	actor.AppendIRI(d.iri(actorID))
	t.SetActivityStreamsActor(actor)
	object := streams.NewActivityStreamsObjectProperty()
	object.AppendIRI(d.iri(objectID))
	t.SetActivityStreamsObject(object)
	d.address(t, a)
}
