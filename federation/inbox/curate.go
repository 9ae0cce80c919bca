package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
)

// maxDue is how many catalogues one look at the clock sets out to read.
const maxDue = 200

// ReadDue has the collections read that are due.
func (in *Inbox) ReadDue(ctx context.Context) error {
	ids, err := in.Curation.Due(ctx, in.now(), maxDue)
	if err != nil || len(ids) == 0 {
		return err
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		for _, id := range ids {
			if err := in.Jobs.Enqueue(ctx, tx, job.ReadCurated{AccountID: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadCurated reads what another server's catalogue curates, where it stands: the collections that its actor names are the
// truth, whatever activities came or did not come.
func (in *Inbox) ReadCurated(ctx context.Context, accountID int64) error {
	a, err := in.Accounts.ByID(ctx, accountID)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Local() || a.Kind != account.Group || a.State != account.Active) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inbox.ReadCurated %d: %w", accountID, err)
	}
	kept, ok, err := in.Curation.Watched(ctx, a.ID)
	if err != nil || !ok {
		return err
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, a.Host())
	if err != nil {
		return fmt.Errorf("inbox.ReadCurated %s: %w", a.URI, err)
	}
	defer done()
	within, v, cancel := in.begin(ctx, &a)
	defer cancel()
	curates, err := v.readCurated(within, a, kept)
	if err != nil {
		in.Log.InfoContext(ctx, "collections not read", "actor", a.URI, "reason", err)
	}
	return in.Curation.Read(ctx, a.ID, in.now(), curates, err != nil)
}

// readCurated reports whether the catalogue curates. With an error, what we keep stays as it is.
func (v *visit) readCurated(ctx context.Context, a account.Account, kept map[string]curation.Kept) (curates bool, err error) {
	said, list := map[string]string{}, ""
	doc, err := v.get(ctx, a.URI)
	switch {
	case err == nil:
		said[curation.Curated], said[curation.Featured], list = vocab.ParseCurating(doc.Body)
	case !absent(err):
		return false, err
	}
	for _, slug := range []string{curation.Curated, curation.Featured} {
		there, err := v.readCollection(ctx, a, slug, said[slug], kept[slug])
		if err != nil {
			return false, err
		}
		curates = curates || there
	}
	if err := v.readNamedCollections(ctx, a, list, kept); err != nil {
		return curates, err
	}
	uris, err := v.Curation.Unread(ctx, a.ID, v.now(), maxNewCurated)
	if err != nil {
		return curates, err
	}
	for _, uri := range uris {
		if over(ctx) {
			break
		}
		if err := v.fetch(ctx, uri); err != nil {
			v.Log.InfoContext(ctx, "curated practice not fetched", "uri", uri, "reason", err)
		}
	}
	return curates, nil
}

// readCollection makes what we keep of one collection what it is; it reports whether there is one.
func (v *visit) readCollection(ctx context.Context, a account.Account, slug, uri string, kept curation.Kept) (there bool, err error) {
	var doc transport.Document
	changed := true
	if uri != "" {
		if kept.URI != uri {
			kept.ETag = ""
		}
		doc, changed, err = v.getIf(ctx, uri, kept.ETag)
	}
	switch {
	case uri == "" || absent(err):
		if kept.URI == "" {
			return false, nil
		}
		return false, v.Curation.DropCollection(ctx, a.ID, slug)
	case err != nil:
		return false, err
	case !changed:
		return true, nil
	}
	items, err := v.curatedItems(ctx, doc, uri)
	if err != nil {
		return false, err
	}
	items = slices.DeleteFunc(items, func(item curation.Item) bool { return item.Withdrawn })
	return true, v.Curation.ReceiveCollection(ctx, a.ID, curation.Kept{Slug: slug, URI: uri, ETag: doc.ETag}, items)
}

// curatedItems reads a collection to its end, from its first document on.
func (v *visit) curatedItems(ctx context.Context, doc transport.Document, uri string) ([]curation.Item, error) {
	items, whole, err := v.membersFrom(ctx, doc, uri, maxPages, maxCurated)
	if err != nil {
		return nil, err
	}
	// RULE: only a collection that was read to its end says what does not stand in it.
	if !whole {
		return nil, rejected("%s has no end", uri)
	}
	// A catalogue that says what its entries add up to was read between two of its changes if they do not.
	if c, err := vocab.ParseCollection(doc.Body); err != nil || c.Checksum != "" && c.Checksum != checksum(items) {
		return nil, fault.Wrap(fault.Unavailable, "error.remote.unavailable", fmt.Errorf("%s changed while it was read", uri))
	}
	list := make([]curation.Item, 0, len(items))
	for _, item := range items {
		if vocab.HostOf(item.ID) != "" && len(item.ID) <= maxPostURI {
			list = append(list, curation.Item{
				PostURI: item.ID, Revision: item.Revision, Chapter: item.Chapter, Annotation: markup.Block(item.Note), Featured: item.Featured, Withdrawn: item.Withdrawn,
			})
		}
	}
	return list, nil
}

func checksum(items []vocab.Item) string {
	entries := make([]vocab.Entry, len(items))
	for i, item := range items {
		entries[i] = vocab.Entry{ID: item.ID, Revision: item.Revision, Chapter: item.Chapter, Note: item.Note, Featured: item.Featured, Withdrawn: item.Withdrawn}
	}
	return vocab.Checksum(entries)
}

// maxPostURI is the longest id of a post that is kept, in bytes.
const maxPostURI = 2048

// absent reports whether the origin says that there is nothing, or we do not speak to it: then nothing of it is shown.
func absent(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) || errors.Is(err, transport.ErrRefused)
}

// hinted hears that a catalogue put a post into a collection of its own or took it out. It reports whether the collection
// is one that we keep.
func (in *Inbox) hinted(ctx context.Context, a vocab.Activity) (bool, error) {
	m := from(ctx)
	// RULE: only its owner changes a collection, and only one on the owner's host is asked for.
	if !vocab.SameHost(m.actor.URI, a.Target) || vocab.HostOf(a.ObjectID) == "" || len(a.ObjectID) > maxPostURI {
		return false, nil
	}
	return in.Curation.Hint(ctx, m.actor.ID, a.Target, a.Type == "Add", curation.Item{PostURI: a.ObjectID, Revision: a.Revision, Chapter: a.Chapter, Withdrawn: a.Withdrawn})
}
