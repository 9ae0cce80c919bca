package inbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// quoteRequest asks for the leave to quote a post of ours (FEP-044f); the answer is a job's.
func (in *Inbox) quoteRequest(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	m.about = a.ObjectID
	quoting := a.InstrumentID()
	switch {
	case !in.ours(a.ObjectID):
		return ignored("about a post of another server")
	// RULE: leave is given to a post of the one who asks, not to somebody else's.
	case !vocab.SameHost(a.ID, a.Actor, quoting):
		return rejected("instrument %s of %s", quoting, a.Actor)
	}
	if err := in.Quotes.Ask(ctx, m.actor, a.ID, a.ObjectID, quoting); err != nil {
		return err
	}
	return in.takeQuoting(ctx, a)
}

// takeQuoting takes in the post that quotes one of ours, which concerns its author.
func (in *Inbox) takeQuoting(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	if o, err := vocab.ParseObject(a.Instrument); err == nil {
		// RULE: as in objectOf, an embedded object is believed only of its author.
		if !vocab.SameHost(a.ID, o.ID, o.AttributedTo) || o.AttributedTo != m.actor.URI {
			return nil
		}
		_, _, err = in.save(ctx, o, m.actor, reason{wanted: true})
		if asVerdict(err) != nil {
			return nil // the request was answered whatever the post is
		}
		return err
	}
	if !in.fetches.allow(vocab.HostOf(a.Actor)) {
		return nil
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		return in.Jobs.Enqueue(ctx, tx, job.FetchPost{URI: a.InstrumentID()})
	})
}

// quoteAnswered is the answer to a request of ours, if that is what a is about.
func (in *Inbox) quoteAnswered(ctx context.Context, a vocab.Activity, accepted bool) (handled bool, err error) {
	m := from(ctx)
	postURI, ours := vocab.QuotingURI(a.ObjectID)
	if !ours || !in.ours(postURI) {
		return false, nil
	}
	m.about = postURI
	if !accepted {
		return true, in.Quotes.Answered(ctx, m.actor.ID, postURI, "", quote.Rejected)
	}
	// RULE: others will look the stamp up, so we do, too, before we send it on.
	quoting, err := in.Posts.Find(ctx, postURI)
	if err != nil {
		return true, err
	}
	q, err := in.Quotes.Get(ctx, quoting.ID)
	if err != nil {
		return true, err
	}
	if err := in.checkStamp(ctx, a.Result, m.actor.URI, postURI, q.QuotedURI); err != nil {
		return true, err
	}
	return true, in.Quotes.Answered(ctx, m.actor.ID, postURI, a.Result, quote.Accepted)
}

// checkStamp fetches a stamp and compares what it allows.
func (in *Inbox) checkStamp(ctx context.Context, stampURI, author, quoting, quoted string) error {
	// RULE: the stamp lies where the quoted author lives; anybody else could write one.
	if !vocab.SameHost(stampURI, author, quoted) {
		return rejected("stamp %s for a post of %s", stampURI, author)
	}
	if !in.fetches.allow(vocab.HostOf(stampURI)) {
		return fault.New(fault.Limited, "error.federation.limited")
	}
	doc, err := in.Fetch.Get(ctx, stampURI)
	if err != nil {
		return err
	}
	s, err := vocab.ParseStamp(doc.Body)
	if err != nil {
		return err
	}
	if s.ID != doc.URI || s.AttributedTo != author || s.InteractingObject != quoting || s.InteractionTarget != quoted {
		return rejected("stamp %s does not allow %s to quote %s", stampURI, quoting, quoted)
	}
	return nil
}

// VerifyQuote looks up the quoted post and the stamp of a received post that quotes.
func (in *Inbox) VerifyQuote(ctx context.Context, args job.VerifyQuote) error {
	q, err := in.Quotes.Get(ctx, args.PostID)
	if fault.Is(err, fault.NotFound) || err == nil && q.State != quote.Pending {
		return nil
	}
	if err != nil {
		return err
	}
	quoting, err := in.Posts.Get(ctx, args.PostID)
	if err != nil {
		return err
	}
	quoted, err := in.quoted(ctx, q, args.Depth)
	if err == nil && q.AuthorizationURI == "" && quoted.AccountID != quoting.AccountID {
		// Without a stamp it stays a link; but what is linked to is known now.
		return in.Quotes.Verified(ctx, q, &quoted.ID, quote.Pending)
	}
	if err == nil {
		err = in.mayQuote(ctx, q, quoting, quoted)
	}
	if err == nil {
		return in.Quotes.Verified(ctx, q, &quoted.ID, quote.Accepted)
	}
	if !final(err) {
		return fmt.Errorf("inbox.VerifyQuote %d: %w", args.PostID, err)
	}
	in.Log.InfoContext(ctx, "a quote has no leave", "post", quoting.URI, "quoted", q.QuotedURI, "error", err)
	var known *int64
	if quoted.ID != 0 {
		known = &quoted.ID
	}
	return in.Quotes.Verified(ctx, q, known, quote.Rejected)
}

// final reports whether an error would be the same if we asked again.
func final(err error) bool {
	if asVerdict(err) != nil || errors.Is(err, vocab.ErrMalformed) {
		return true
	}
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Gone, fault.Forbidden, fault.Invalid, fault.Unauthorized, fault.Conflict:
		return true
	}
	return false
}

// quoted is the post that q names, from the store or its origin.
func (in *Inbox) quoted(ctx context.Context, q quote.Quote, depth int) (post.Post, error) {
	p, err := in.Posts.Find(ctx, q.QuotedURI)
	if fault.Is(err, fault.NotFound) && !in.ours(q.QuotedURI) {
		p, err = in.fetchAndSave(ctx, q.QuotedURI, reason{wanted: true, quotes: depth + 1})
	}
	if err == nil && p.State != post.StatePublished {
		err = fault.New(fault.Gone, "error.post.gone")
	}
	return p, err
}

// mayQuote reports, as an error, when no stamp allows a quote.
func (in *Inbox) mayQuote(ctx context.Context, q quote.Quote, quoting, quoted post.Post) error {
	switch {
	// RULE: what only some may see is not shown within what others read.
	case !quoted.Visibility.Listed():
		return rejected("%s is not for everyone", quoted.URI)
	case quoted.AccountID == quoting.AccountID:
		return nil
	case quoted.Local:
		ok, err := in.Quotes.Stamped(ctx, q.AuthorizationURI, quoting.URI, quoted.ID)
		if err == nil && !ok {
			err = rejected("no stamp of ours allows %s to quote %s", quoting.URI, quoted.URI)
		}
		return err
	}
	author, err := in.Accounts.ByID(ctx, quoted.AccountID)
	if err != nil {
		return err
	}
	return in.checkStamp(ctx, q.AuthorizationURI, author.URI, quoting.URI, quoted.URI)
}

// revokedStamp ends the quotes that stood on a stamp its author deleted.
func (in *Inbox) revokedStamp(ctx context.Context, stampURI string) (bool, error) {
	n, err := in.Quotes.RevokedStamp(ctx, from(ctx).actor.ID, stampURI)
	return n > 0, err
}
