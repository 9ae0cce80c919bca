package vocab

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/go-fed/activity/streams"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/post"
)

// Outgoing is one activity as it is stored once and sent to everyone.
type Outgoing struct {
	URI       string
	Type      string
	ActorID   int64 // accounts.id; who signs
	ObjectURI string
	Public    bool
	Body      []byte

	FollowersOnly bool // only who follows the actor may see it, so that who does is compared when it is sent (FEP-8fcf)
}

// finish replaces the object's id by the embedded object, if there is one, and encodes.
func (d *draft) finish(t activity, actorID int64, objectID string, embedded map[string]any, a Addressing) (Outgoing, error) {
	if embedded != nil {
		d.set("object", embedded)
	}
	body, err := d.document(t)
	if err != nil {
		return Outgoing{}, err
	}
	return Outgoing{
		URI: d.id, Type: t.GetTypeName(), ActorID: actorID,
		ObjectURI: objectID, Public: a.Public(), Body: body,
	}, nil
}

// CreateURI is the id of a post's Create. That of a thread or practice can be fetched; that of an answer is a fragment, so
// that Mastodon does not resolve it inside a group's Announce and boost every comment (mastodon#18069).
func CreateURI(p post.Post) string {
	if p.InReplyToURI == "" {
		return p.URI + "/activity"
	}
	return p.URI + "#create"
}

// Create tells of a new post.
func (r *Renderer) Create(doc PostDoc) (Outgoing, error) {
	object, err := r.postObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), doc.addressing()
	t := streams.NewActivityStreamsCreate()
	d.setActivity(t, CreateURI(doc.Post), doc.Author.URI, doc.Post.URI, a)
	if doc.Post.PublishedAt != nil {
		setPublished(t, *doc.Post.PublishedAt)
	}
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	return d.finish(t, doc.Author.ID, doc.Post.URI, object, a)
}

// Update tells of a changed post.
func (r *Renderer) Update(doc PostDoc) (Outgoing, error) {
	object, err := r.postObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	at := doc.Post.CreatedAt
	if doc.Post.EditedAt != nil {
		at = *doc.Post.EditedAt
	}
	d, a := newDraft(), doc.addressing()
	t := streams.NewActivityStreamsUpdate()
	d.setActivity(t, doc.Post.URI+"#update-"+strconv.FormatInt(at.Unix(), 10), doc.Author.URI, doc.Post.URI, a)
	setPublished(t, at)
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	return d.finish(t, doc.Author.ID, doc.Post.URI, object, a)
}

// Delete tells that a post was withdrawn.
func (r *Renderer) Delete(doc PostDoc) (Outgoing, error) {
	object, err := r.tombstoneObject(doc)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), doc.addressing()
	t := streams.NewActivityStreamsDelete()
	d.setActivity(t, doc.Post.URI+"#delete", doc.Author.URI, doc.Post.URI, a)
	if doc.Board != nil && doc.Public() {
		d.setAudience(t, doc.Board.URI)
	}
	return d.finish(t, doc.Author.ID, doc.Post.URI, object, a)
}

// UpdateActor tells that an account changed its name, words or settings.
func (r *Renderer) UpdateActor(who account.Account) (Outgoing, error) {
	object, err := r.actorObject(who)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), openly(who)
	t := streams.NewActivityStreamsUpdate()
	d.setActivity(t, who.URI+"#update-"+strconv.FormatInt(who.UpdatedAt.UnixMilli(), 10), who.URI, who.URI, a)
	return d.finish(t, who.ID, who.URI, object, a)
}

// Follow asks to read target.
func (r *Renderer) Follow(f follow.Follow, reader, target account.Account) (Outgoing, error) {
	d, a := newDraft(), Addressing{To: []string{target.URI}}
	t := streams.NewActivityStreamsFollow()
	d.setActivity(t, f.URI, reader.URI, target.URI, a)
	return d.finish(t, reader.ID, target.URI, nil, a)
}

func (r *Renderer) followObject(f follow.Follow, reader, target account.Account) (map[string]any, error) {
	d := newDraft()
	t := streams.NewActivityStreamsFollow()
	d.setActivity(t, f.URI, reader.URI, target.URI, Addressing{To: []string{target.URI}})
	return d.object(t)
}

// Accept and Reject answer a Follow of one of our accounts; NodeBB needs the whole Follow embedded. attempt tells
// repeated answers apart, as a repeated Follow asks for a new one.
func (r *Renderer) Accept(f follow.Follow, reader, target account.Account, attempt int) (Outgoing, error) {
	embedded, err := r.followObject(f, reader, target)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), Addressing{To: []string{reader.URI}}
	t := streams.NewActivityStreamsAccept()
	d.setActivity(t, answerURI(target, "accept", f, attempt), target.URI, f.URI, a)
	return d.finish(t, target.ID, f.URI, embedded, a)
}

func (r *Renderer) Reject(f follow.Follow, reader, target account.Account, attempt int) (Outgoing, error) {
	embedded, err := r.followObject(f, reader, target)
	if err != nil {
		return Outgoing{}, err
	}
	d, a := newDraft(), Addressing{To: []string{reader.URI}}
	t := streams.NewActivityStreamsReject()
	d.setActivity(t, answerURI(target, "reject", f, attempt), target.URI, f.URI, a)
	return d.finish(t, target.ID, f.URI, embedded, a)
}

// answerURI tells the answers apart also where a repeated Follow bears another id: its sender may have forgotten the first.
func answerURI(target account.Account, verb string, f follow.Follow, attempt int) string {
	id := fmt.Sprintf("%s#%s-%d-%08x", target.URI, verb, f.ID, crc32.ChecksumIEEE([]byte(f.URI)))
	if attempt > 0 {
		id += "-" + strconv.Itoa(attempt)
	}
	return id
}

// Like is a favourite; author wrote the post, board is the group it stands with.
func (r *Renderer) Like(f post.Reaction, actor account.Account, p post.Post, author account.Account, board *account.Account) (Outgoing, error) {
	d, a := newDraft(), Addressing{To: []string{author.URI}}
	t := streams.NewActivityStreamsLike()
	d.setActivity(t, f.URI, actor.URI, p.URI, a)
	if board != nil {
		d.setAudience(t, board.URI)
	}
	return d.finish(t, actor.ID, p.URI, nil, a)
}

// Boost is an Announce of a post by a person, or by the catalogue of an instance that curates.
func (r *Renderer) Boost(b post.Reaction, actor account.Account, p post.Post, author account.Account) (Outgoing, error) {
	return r.AnnouncePost(b.URI, actor, p.URI, author.URI, b.CreatedAt)
}

// AnnouncePost is the Announce that Mastodon and others understand as a boost: its object is the post's id.
func (r *Renderer) AnnouncePost(id string, actor account.Account, postURI, authorURI string, at time.Time) (Outgoing, error) {
	d, a := newDraft(), openly(actor, authorURI)
	t := streams.NewActivityStreamsAnnounce()
	d.setActivity(t, id, actor.URI, postURI, a)
	setPublished(t, at)
	return d.finish(t, actor.ID, postURI, nil, a)
}

// PassOn is the Announce by which a group gives a member's activity to its followers (FEP-1b12): raw is spliced in
// byte by byte, as re-encoding would change what its author wrote.
func (r *Renderer) PassOn(id string, group account.Account, activityURI string, raw []byte, at time.Time) (Outgoing, error) {
	if !json.Valid(raw) {
		return Outgoing{}, fmt.Errorf("vocab: pass on %s: not JSON", activityURI)
	}
	out, err := r.AnnouncePost(id, group, activityURI, "", at)
	if err != nil {
		return Outgoing{}, err
	}
	var m map[string]any
	if err := json.Unmarshal(out.Body, &m); err != nil {
		return Outgoing{}, fmt.Errorf("vocab: pass on %s: %w", activityURI, err)
	}
	delete(m, "object")
	head, err := encode(m)
	if err != nil {
		return Outgoing{}, err
	}
	body := append(head[:len(head)-1:len(head)-1], `,"object":`...)
	body = append(body, raw...)
	out.Body = append(body, '}')
	return out, nil
}

// Undo takes back a Follow, Like or Announce of ours; original are its stored bytes.
func (r *Renderer) Undo(original Outgoing, actor account.Account) (Outgoing, error) {
	first, err := ParseActivity(original.Body)
	if err != nil {
		return Outgoing{}, err
	}
	d := newDraft()
	t := streams.NewActivityStreamsUndo()
	d.setActivity(t, original.URI+"#undo", actor.URI, original.URI, first.Addressing)
	embedded := finalize(map[string]any{
		"id": first.ID, "type": first.Type, "actor": first.Actor, "object": first.ObjectID,
		"to": toAny(first.To), "cc": toAny(first.Cc),
	}, nil)
	return d.finish(t, actor.ID, original.URI, embedded, first.Addressing)
}

// Collected says what came into a collection of our catalogue, or left it: a practice, or one collection into the list of them.
type Collected struct {
	ID         int64  // of the decision, or of the change
	Collection string // id
	Object     string // id
	Author     string // id of who is told besides the catalogue's followers; "" for nobody
	Revision   int    // the one that was accepted; 0 where there is none
	Chapter    string
	Reason     string // why it left
	Withdrawn  bool   // it left because its source took it back
}

// Add puts something into a collection of our catalogue, Remove takes it out.
func (r *Renderer) Add(group account.Account, c Collected) (Outgoing, error) {
	d, a := newDraft(), openly(group, c.Author)
	t := streams.NewActivityStreamsAdd()
	d.setActivity(t, fmt.Sprintf("%s#add-%d", c.Collection, c.ID), group.URI, c.Object, a)
	target := streams.NewActivityStreamsTargetProperty()
	target.AppendIRI(d.iri(c.Collection))
	t.SetActivityStreamsTarget(target)
	d.set("target", c.Collection)
	if c.Revision > 0 {
		d.set("vb:revisionAccepted", c.Revision)
	}
	d.set("vb:chapter", c.Chapter)
	return d.finish(t, group.ID, c.Object, nil, a)
}

// Remove carries the editor's reason.
func (r *Renderer) Remove(group account.Account, c Collected) (Outgoing, error) {
	d, a := newDraft(), openly(group, c.Author)
	t := streams.NewActivityStreamsRemove()
	d.setActivity(t, fmt.Sprintf("%s#remove-%d", c.Collection, c.ID), group.URI, c.Object, a)
	target := streams.NewActivityStreamsTargetProperty()
	target.AppendIRI(d.iri(c.Collection))
	t.SetActivityStreamsTarget(target)
	d.set("vb:chapter", c.Chapter)
	d.set("vb:reason", c.Reason)
	if c.Withdrawn {
		d.set("vb:withdrawn", true)
	}
	return d.finish(t, group.ID, c.Object, nil, a)
}

func toAny(list []string) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}
