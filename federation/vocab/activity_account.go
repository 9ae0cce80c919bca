package vocab

import (
	"fmt"
	"strconv"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/account"
)

// Move tells who follows one of ours that its owner is found at target now. Everybody checks that target says so too.
func (r *Renderer) Move(who account.Account, targetURI string) (Outgoing, error) {
	if who.MovedAt == nil {
		return Outgoing{}, fmt.Errorf("vocab: %s has not moved", who.URI)
	}
	d, a := newDraft(), Addressing{To: []string{who.FollowersURI}}
	t := streams.NewActivityStreamsMove()
	d.setActivity(t, who.URI+"#move-"+strconv.FormatInt(who.MovedAt.Unix(), 10), who.URI, who.URI, a)
	target := streams.NewActivityStreamsTargetProperty()
	target.AppendIRI(d.iri(targetURI))
	t.SetActivityStreamsTarget(target)
	d.set("target", targetURI)
	return d.finish(t, who.ID, who.URI, nil, a)
}

// DeleteActor tells that one of ours is gone for good.
func (r *Renderer) DeleteActor(who account.Account) (Outgoing, error) {
	d, a := newDraft(), openly(who)
	t := streams.NewActivityStreamsDelete()
	d.setActivity(t, who.URI+"#delete", who.URI, who.URI, a)
	return d.finish(t, who.ID, who.URI, nil, a)
}

// GoneActor is what stands where the document of such an account stood.
func (r *Renderer) GoneActor(who account.Account) ([]byte, error) {
	d := newDraft()
	t := streams.NewActivityStreamsTombstone()
	setID(t, d.iri(who.URI))
	former := streams.NewActivityStreamsFormerTypeProperty()
	former.AppendXMLSchemaString(newActor(who.Kind).GetTypeName())
	t.SetActivityStreamsFormerType(former)
	deleted := streams.NewActivityStreamsDeletedProperty()
	deleted.Set(wire(who.UpdatedAt))
	t.SetActivityStreamsDeleted(deleted)
	return d.document(t)
}

// BlockURI is the id of a block of ours. It can be found from its number alone, as an Undo is told when the row is gone.
func (r *Renderer) BlockURI(id int64) string {
	return r.baseURL + "/blocks/" + strconv.FormatInt(id, 10)
}

// Block tells an account of another server, and nobody else, that one of ours wants to have nothing to do with it, so that its
// server does not show it what it must not see.
func (r *Renderer) Block(id int64, who, target account.Account) (Outgoing, error) {
	d, a := newDraft(), Addressing{To: []string{target.URI}}
	t := streams.NewActivityStreamsBlock()
	d.setActivity(t, r.BlockURI(id), who.URI, target.URI, a)
	return d.finish(t, who.ID, target.URI, nil, a)
}

// Flag is a report about an account of another server and posts of its. The instance says it: who reported is not told. to is
// exactly one id, as Lemmy wants it: the group the posts stand with, or the account.
func (r *Renderer) Flag(reportID int64, instance account.Account, to, target string, posts []string, comment string) (Outgoing, error) {
	d, a := newDraft(), Addressing{To: []string{to}}
	t := streams.NewActivityStreamsFlag()
	d.setActivity(t, instance.URI+"#flag-"+strconv.FormatInt(reportID, 10), instance.URI, target, a)
	d.set("object", append([]string{target}, posts...))
	d.set("content", comment)
	return d.finish(t, instance.ID, target, nil, a)
}
