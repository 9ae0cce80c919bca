package inbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// fetchObject gets an object from its origin.
func (in *Inbox) fetchObject(ctx context.Context, uri string) (vocab.Object, error) {
	doc, err := in.Fetch.Get(ctx, uri)
	if err != nil {
		return vocab.Object{}, err
	}
	return objectIn(doc)
}

// objectIn reads the object of a document that its origin served.
func objectIn(doc transport.Document) (vocab.Object, error) {
	o, err := vocab.ParseObject(doc.Body)
	if err != nil {
		return o, err
	}
	// RULE: transport proves that the id is its host's own; the author must be of that host too, or any server could put
	// words into anyone's mouth.
	if o.ID != doc.URI || (!o.Tombstone() && !vocab.SameHost(o.ID, o.AttributedTo)) {
		return o, rejected("%s is attributed to %s", doc.URI, o.AttributedTo)
	}
	return o, nil
}

// reason says why a post of another server is taken in. Without one it is none of our business.
type reason struct {
	via    *account.Account // the group or person whose announcement or outbox brought it
	wanted bool             // asked for: a parent, an answer, a backfill
	first  bool             // a Create, which changes nothing that we know
	told   *message         // the activity about it, when there was one that can be passed on
	quotes int              // how many quotes led to it
}

// save turns a checked object into a post. The object's author is known to be on the object's host.
func (in *Inbox) save(ctx context.Context, o vocab.Object, author account.Account, why reason) (post.Post, bool, error) {
	kind := o.Kind()
	if kind == "" {
		return post.Post{}, false, ignored("no post: %s", o.Type)
	}
	if author.State != account.Active {
		return post.Post{}, false, ignored("author is %s", author.State)
	}
	err := in.wanted(ctx, o, author, why)
	if err != nil {
		return post.Post{}, false, err
	}
	r := post.Received{
		URI: o.ID, URL: o.URL, AuthorID: author.ID, Kind: kind, Visibility: o.Visibility(author.FollowersURI), Role: o.Role,
		InReplyToURI: o.InReplyTo, ContextURI: o.Context, Title: o.Name, Summary: o.Summary, HTML: o.Content, Format: o.Format, Links: o.Links,
		Language: o.Language, Sensitive: o.Sensitive, Tags: o.Hashtags, PublishedAt: o.Published, UpdatedAt: o.Updated, First: why.first,
	}
	// RULE: only an instance publishes, by its catalogue. What a person calls a document is an article of theirs.
	if o.IsPublication() && author.Kind != account.Group {
		r.Role = ""
	}
	if r.Visibility, err = in.forNetwork(ctx, o, r.Visibility); err != nil {
		return post.Post{}, false, err
	}
	if r.BoardID, err = in.board(ctx, o, author, why.via); err != nil {
		return post.Post{}, false, err
	}
	if r.MentionIDs, err = in.mentioned(ctx, o); err != nil {
		return post.Post{}, false, err
	}
	p, created, err := in.Posts.Receive(ctx, r, func(tx *sqlx.Tx, p post.Post) error {
		return in.received(ctx, tx, p, o, why)
	})
	switch {
	case err != nil || created:
	case why.first:
		// RULE: a late or repeated Create is no Update: what we know is at least as new.
		if err = in.passOnNow(ctx, p, why.told); err == nil {
			err = ignored("known already")
		}
	default:
		err = in.recounted(ctx, p, o, why)
	}
	return p, created, err
}

// wanted reports, as an error, when a post is none of our business, or another's than who says it now.
func (in *Inbox) wanted(ctx context.Context, o vocab.Object, author account.Account, why reason) error {
	if why.first {
		return in.concerns(ctx, o, author, why.via) // whether it is known already turns out when it is stored
	}
	known, err := in.Posts.Find(ctx, o.ID)
	switch {
	case fault.Is(err, fault.NotFound) && why.wanted:
		return nil
	case fault.Is(err, fault.NotFound):
		return in.concerns(ctx, o, author, why.via)
	case err != nil:
		return err
	// RULE: a post keeps its author.
	case known.AccountID != author.ID:
		return rejected("%s belongs to another author", o.ID)
	}
	return nil
}

// recounted takes over what makes no other version of a post that we know already: how its poll stands, and whether it may quote
// what it quotes.
func (in *Inbox) recounted(ctx context.Context, p post.Post, o vocab.Object, why reason) error {
	// RULE: an older version does not bring back its answers.
	if p.EditedAt != nil && (o.Updated == nil || o.Updated.Before(*p.EditedAt)) {
		return nil
	}
	asked, quoted := o.Poll(), o.Quote()
	if p.Kind != post.Question {
		asked = nil
	}
	if asked == nil && quoted.URI == "" {
		if _, err := in.Quotes.Get(ctx, p.ID); err != nil {
			if fault.Is(err, fault.NotFound) {
				err = nil
			}
			return err
		}
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		if asked != nil {
			if err := in.Polls.Receive(ctx, tx, p, *asked); err != nil {
				return err
			}
		}
		return in.Quotes.Receive(ctx, tx, p, quoted, why.quotes)
	})
}

// received is what follows from a stored post, in its transaction.
func (in *Inbox) received(ctx context.Context, tx *sqlx.Tx, p post.Post, o vocab.Object, why reason) error {
	if o.IsPractice() {
		details, dropped := o.Practice()
		in.dropped(ctx, o, dropped)
		if err := in.Practices.Receive(ctx, tx, p, details); err != nil {
			return err
		}
	}
	if err := in.published(ctx, tx, p, o); err != nil {
		return err
	}
	if err := in.answered(ctx, tx, p, o); err != nil {
		return err
	}
	if list := o.Media(); len(list) > 0 || p.EditedAt != nil { // what is new has nothing attached yet
		if err := in.Media.Receive(ctx, tx, p, list); err != nil {
			return err
		}
	}
	if err := in.asked(ctx, tx, p, o); err != nil {
		return err
	}
	if e := o.Event(); e != nil {
		if err := in.Events.Receive(ctx, tx, p, *e); err != nil {
			return err
		}
	}
	// What is new quotes nothing yet.
	if quoted := o.Quote(); quoted.URI != "" || o.Updated != nil {
		if err := in.Quotes.Receive(ctx, tx, p, quoted, why.quotes); err != nil {
			return err
		}
	}
	return in.passOn(ctx, tx, p, why.told)
}

// published takes over what a document or an edition says beyond its words; an edit may have made something else of it.
func (in *Inbox) published(ctx context.Context, tx *sqlx.Tx, p post.Post, o vocab.Object) error {
	if p.Publication() {
		said, dropped := o.Publication()
		in.dropped(ctx, o, dropped)
		return in.Publications.Receive(ctx, tx, p, said)
	}
	if p.Kind == post.Article && o.Updated != nil {
		return in.Publications.Remove(ctx, tx, p.ID)
	}
	return nil
}

// dropped notes for the operator which terms of an object broke a rule.
func (in *Inbox) dropped(ctx context.Context, o vocab.Object, terms []string) {
	if len(terms) == 0 {
		return
	}
	if m, ok := ctx.Value(messageKey{}).(*message); ok {
		m.note("dropped %s", strings.Join(terms, ", "))
	}
	in.Log.InfoContext(ctx, "terms dropped", "object", o.ID, "terms", terms)
}

// answered takes over what an answer to a practice says beyond its text, and an invitation to assess one; an edit may have made
// something else of it.
func (in *Inbox) answered(ctx context.Context, tx *sqlx.Tx, p post.Post, o vocab.Object) error {
	r, dropped, reused := o.Reuse()
	in.dropped(ctx, o, dropped)
	a, dropped, assessed := o.Assessment()
	in.dropped(ctx, o, dropped)
	switch {
	case reused:
		if err := in.Reuses.Receive(ctx, tx, p, r); err != nil {
			return err
		}
	case assessed:
		if err := in.Assessments.Receive(ctx, tx, p, a); err != nil {
			return err
		}
	case o.Role == post.RoleInvitation:
		author, err := in.Accounts.ByIDIn(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		return in.Assessments.ReceiveInvitation(ctx, tx, p, author, o.InvitesTo())
	}
	if o.Updated == nil {
		return nil
	}
	if !reused {
		if err := in.Reuses.Remove(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	if !assessed {
		return in.Assessments.Remove(ctx, tx, p.ID)
	}
	return nil
}

// asked takes over the poll of a post; an edit may have taken it off.
func (in *Inbox) asked(ctx context.Context, tx *sqlx.Tx, p post.Post, o vocab.Object) error {
	switch asked := o.Poll(); {
	case asked != nil:
		return in.Polls.Receive(ctx, tx, p, *asked)
	case o.Updated != nil:
		return in.Polls.Remove()(ctx, tx, p)
	}
	return nil
}

// passOn lets our groups give on what happened, if everyone may see it: on a board of ours whatever its author's server
// told us, so that all who follow the group have the whole thread; of a practice that our catalogue recommended what
// changed, also when another group told us, because its readers need not follow the origin.
func (in *Inbox) passOn(ctx context.Context, tx *sqlx.Tx, p post.Post, m *message) error {
	if m == nil || (p.Visibility != post.Public && p.Visibility != post.Unlisted) {
		return nil
	}
	if p.BoardID != nil && m.row.ActorURI == m.author {
		board, err := in.Accounts.ByID(ctx, *p.BoardID)
		if err != nil {
			return fmt.Errorf("board of %s: %w", p.URI, err)
		}
		if board.Local() && board.Kind == account.Group {
			return in.giveOn(ctx, tx, board.ID, p, m)
		}
	}
	if p.InReplyToURI != "" || m.kind != "Update" && m.kind != "Delete" {
		return nil
	}
	catalog, err := in.Accounts.Catalog(ctx)
	if err != nil {
		return err
	}
	if recommended, err := boostedBy(ctx, tx, catalog.ID, p.ID); err != nil || !recommended {
		return err
	}
	return in.giveOn(ctx, tx, catalog.ID, p, m)
}

// giveOn lets a group of ours tell what happened to a post.
func (in *Inbox) giveOn(ctx context.Context, tx *sqlx.Tx, groupID int64, p post.Post, m *message) error {
	// RULE: what moderators hid is not given on in our name; that it is withdrawn, is.
	if m.kind != "Delete" {
		if hidden, err := hiddenHere(ctx, tx, p.ID); err != nil || hidden {
			return err
		}
	}
	return in.Jobs.Enqueue(ctx, tx, job.GroupAnnounce{GroupID: groupID, InboxID: m.row.ID})
}

// passOnNow is passOn for an activity that changes no row here, or changes it in a transaction of its own.
func (in *Inbox) passOnNow(ctx context.Context, p post.Post, m *message) error {
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error { return in.passOn(ctx, tx, p, m) })
}

// concerns reports, as an error, when an unknown post is none of our business.
func (in *Inbox) concerns(ctx context.Context, o vocab.Object, author account.Account, via *account.Account) error {
	if via != nil {
		followed, err := in.Follows.FollowedByUs(ctx, via.ID)
		if err != nil || followed {
			return err
		}
	}
	followed, err := in.Follows.FollowedByUs(ctx, author.ID)
	if err != nil || followed {
		return err
	}
	if o.ForNetwork() {
		if reached, err := in.inCircle(ctx, o); err != nil || reached {
			return err
		}
	}
	for _, ids := range [][]string{o.To, o.Cc, o.Mentions, {o.Audience}} {
		for _, id := range ids {
			if !in.ours(id) {
				continue
			}
			if _, err := in.Accounts.ByURI(ctx, id); err == nil {
				return nil
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	}
	if o.InReplyTo != "" && o.Public() {
		if _, err := in.Posts.Find(ctx, o.InReplyTo); err == nil {
			return nil
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return ignored("nobody here follows %s or is addressed", author.URI)
}

// board finds the group on whose board a post stands.
func (in *Inbox) board(ctx context.Context, o vocab.Object, author account.Account, via *account.Account) (*int64, error) {
	for _, id := range o.Groups() {
		group, err := in.Accounts.ByURI(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if group.Kind != account.Group || group.State != account.Active {
			continue
		}
		// RULE: naming a group does not make a post stand on its board. It does when the group's own house wrote it,
		// when the group announced it, or when it is our forum, which is open to everyone. Our catalogue lists only
		// what our own house published. An answer stands where its parent stands, whatever it says.
		switch {
		case via != nil && via.ID == group.ID,
			!group.Local() && vocab.SameHost(group.URI, author.URI),
			group.Local() && group.Username == account.ForumUsername:
			return &group.ID, nil
		}
	}
	return nil, nil
}

// mentioned finds whom we know of the people mentioned.
func (in *Inbox) mentioned(ctx context.Context, o vocab.Object) ([]int64, error) {
	var ids []int64
	for _, uri := range o.Mentions {
		a, err := in.Accounts.ByURI(ctx, uri)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, a.ID)
	}
	return ids, nil
}
