package inbox

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Bounds of one directory: maxDirectoryPages of it are read, and an instance that lists more than maxListed has none that we keep.
const (
	maxDirectoryPages = 10
	maxListed         = 2 * directory.MaxEntries
)

// ReadDirectoriesDue has the directories of the catalogues read that our groups follow, where it is time to.
func (in *Inbox) ReadDirectoriesDue(ctx context.Context) error { return in.Directory.Due(ctx, maxDue) }

// ReadDirectory makes what we keep of a catalogue's directory what it says, if that changed.
func (in *Inbox) ReadDirectory(ctx context.Context, args job.ReadDirectory) error {
	a, err := in.Accounts.ByID(ctx, args.AccountID)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Local() || a.Kind != account.Group || a.State != account.Active) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inbox.ReadDirectory %d: %w", args.AccountID, err)
	}
	source, ok, err := in.Directory.Watched(ctx, a.ID)
	if err != nil || !ok || args.Hint > 0 && source.HintsRead >= args.Hint {
		return err
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, a.Host())
	if err != nil {
		return fmt.Errorf("inbox.ReadDirectory %s: %w", a.URI, err)
	}
	defer done()
	within, v, cancel := in.begin(ctx, &a)
	defer cancel()
	there, err := v.readDirectory(within, a, source)
	if err != nil {
		in.Log.InfoContext(ctx, "directory not read", "actor", a.URI, "reason", err)
	}
	return in.Directory.Read(ctx, source, there, err != nil)
}

// readDirectory reports whether the catalogue has a directory. With an error, what we keep stays as it is.
func (v *visit) readDirectory(ctx context.Context, a account.Account, source directory.Source) (there bool, err error) {
	uri := ""
	doc, err := v.get(ctx, a.URI)
	switch {
	case err == nil && doc.URI != a.URI:
		return false, rejected("%s leads to %s", a.URI, doc.URI) // RULE: what an actor offers, its own document says.
	case err == nil:
		uri = vocab.ParseDirectoryOf(doc.Body)
	case !absent(err):
		return false, err
	}
	changed := true
	if uri != "" {
		if source.URI != uri {
			source.ETag = ""
		}
		doc, changed, err = v.getIf(ctx, uri, source.ETag)
	}
	switch {
	case uri == "" || absent(err):
		return false, v.Directory.Drop(ctx, a.ID)
	case err != nil:
		return false, err
	case !changed:
		return true, nil
	}
	entries, err := v.listed(ctx, a, doc, uri)
	if err != nil {
		return false, err
	}
	return true, v.Directory.Receive(ctx, source, uri, doc.ETag, entries)
}

// listed reads a directory to its end.
func (v *visit) listed(ctx context.Context, owner account.Account, doc transport.Document, uri string) ([]directory.Entry, error) {
	var entries []directory.Entry
	var revisions []vocab.Entry
	var checksum string
	err := v.toItsEnd(ctx, owner, doc, uri, maxDirectoryPages, maxListed, func(body []byte, first bool) (part, error) {
		page, err := vocab.ParseDirectory(body)
		if err != nil {
			return part{}, err
		}
		if first {
			if page.Kind != vocab.KindDirectory || page.AttributedTo != owner.URI || page.ID != uri {
				return part{}, rejected("directory %s is not of %s", uri, owner.URI)
			}
			checksum = page.Checksum
		}
		if page.Foreign > 0 {
			v.Log.InfoContext(ctx, "directory with entries of other hosts", "uri", uri, "entries", page.Foreign)
		}
		entries, revisions = append(entries, page.Entries...), append(revisions, page.Revisions...)
		return part{ID: page.ID, Next: page.Next, First: page.First, Size: len(page.Revisions)}, nil
	})
	if err != nil {
		return nil, err
	}
	// A directory that says what its entries add up to was read between two of its changes if they do not.
	if checksum != "" && checksum != vocab.Checksum(revisions) {
		return nil, fault.Wrap(fault.Unavailable, "error.remote.unavailable", fmt.Errorf("%s changed while it was read", uri))
	}
	return entries, nil
}

// relisted hears that a catalogue has changed its directory. It reports whether that is one that we read.
func (in *Inbox) relisted(ctx context.Context, a vocab.Activity) (bool, error) {
	m := from(ctx)
	removed := ""
	if a.Type == "Remove" {
		removed = a.ObjectID
	}
	return in.Directory.Hint(ctx, m.actor.ID, a.Target, removed)
}
