package inbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/taxonomy"
)

// maxTaxonomyPages bounds how much is read of one taxonomy.
const maxTaxonomyPages = 10

// schemes are the taxonomies by what they are called on the wire.
var schemes = map[string]string{"goals": practice.SchemeGoal, "fields": practice.SchemeField}

// ReadTaxonomiesDue has the taxonomies of others read that ours are kept as, where it is time to.
func (in *Inbox) ReadTaxonomiesDue(ctx context.Context) error {
	due, err := in.Taxonomies.Due(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	return db.InTx(ctx, in.DB, func(tx *sqlx.Tx) error {
		for _, scheme := range due {
			if err := in.Jobs.Enqueue(ctx, tx, job.ReadTaxonomy{Scheme: scheme}); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReadTaxonomy makes one of our taxonomies what its origin says, if that changed.
func (in *Inbox) ReadTaxonomy(ctx context.Context, scheme string) error {
	sources, err := in.Taxonomies.Sources(ctx)
	if err != nil {
		return err
	}
	source, ok := sources[scheme]
	if !ok {
		return nil
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, source.Host)
	if err != nil {
		return fmt.Errorf("inbox.ReadTaxonomy %s: %w", source.URI, err)
	}
	defer done()
	within, v, cancel := in.begin(ctx, nil)
	defer cancel()
	err = v.readTaxonomy(within, source)
	if err != nil {
		in.Log.InfoContext(ctx, "taxonomy not read", "uri", source.URI, "reason", err)
	}
	return in.Taxonomies.Read(ctx, scheme, err != nil)
}

func (v *visit) readTaxonomy(ctx context.Context, source taxonomy.Source) error {
	if source.AccountID == nil {
		return ignored("nobody maintains %s any more", source.URI)
	}
	owner, err := v.Accounts.ByID(ctx, *source.AccountID)
	if err != nil {
		return err
	}
	if owner.State != account.Active {
		return ignored("%s is %s", owner.URI, owner.State)
	}
	doc, changed, err := v.getIf(ctx, source.URI, source.ETag)
	if err != nil || !changed {
		return err
	}
	offer, err := v.offer(ctx, owner, doc, source.URI)
	if err != nil {
		return err
	}
	if offer.Scheme != source.Scheme {
		return rejected("%s is another taxonomy now", source.URI)
	}
	return v.Taxonomies.Receive(ctx, offer)
}

// TaxonomiesOf reads the taxonomies that another instance's catalogue offers, for someone who waits for them. Errors: as
// Fetcher.Get.
func (in *Inbox) TaxonomiesOf(ctx context.Context, owner account.Account) ([]taxonomy.Offer, error) {
	ctx, v, cancel := in.begin(ctx, nil)
	defer cancel()
	doc, err := v.get(ctx, owner.URI)
	if err != nil {
		return nil, err
	}
	// RULE: what an actor offers, its own document says.
	if doc.URI != owner.URI {
		return nil, rejected("%s leads to %s", owner.URI, doc.URI)
	}
	var offers []taxonomy.Offer
	seen := map[string]bool{}
	for _, uri := range vocab.ParseTaxonomies(doc.Body) {
		doc, err := v.get(ctx, uri)
		if err != nil {
			return nil, err
		}
		offer, err := v.offer(ctx, owner, doc, uri)
		if err != nil {
			return nil, err
		}
		if offer.Scheme != "" && !seen[offer.Scheme] {
			seen[offer.Scheme] = true
			offers = append(offers, offer)
		}
	}
	return offers, nil
}

// offer reads a taxonomy to its end. Its scheme is "" where it is none that we have.
func (v *visit) offer(ctx context.Context, owner account.Account, doc transport.Document, uri string) (taxonomy.Offer, error) {
	etag, list := doc.ETag, taxonomy.Offer{URI: uri}
	var terms []vocab.Term
	var checksum string
	read := map[string]bool{}
	for next := uri; next != ""; {
		// RULE: a taxonomy is its owner's, on its owner's host, to its end.
		if !vocab.SameHost(owner.URI, next) || read[next] || len(read) == maxTaxonomyPages {
			return list, rejected("%s has no end", uri)
		}
		if len(read) > 0 {
			var err error
			if doc, err = v.get(ctx, next); err != nil {
				return list, fmt.Errorf("taxonomy %s: %w", uri, err)
			}
		}
		if !vocab.SameHost(owner.URI, doc.URI) {
			return list, rejected("taxonomy %s leads to %s", uri, doc.URI)
		}
		page, err := vocab.ParseTaxonomy(doc.Body)
		if err != nil {
			return list, fmt.Errorf("taxonomy %s: %w", uri, err)
		}
		if !vocab.SameHost(owner.URI, page.ID) {
			return list, rejected("taxonomy %s says that it is %s", uri, page.ID)
		}
		if len(read) == 0 {
			if schemes[page.Scheme] == "" {
				return list, nil
			}
			if page.AttributedTo != owner.URI || page.ID != uri {
				return list, rejected("taxonomy %s is not of %s", uri, owner.URI)
			}
			list.Scheme, checksum = schemes[page.Scheme], page.Checksum
		}
		read[next] = true
		terms = append(terms, page.Terms...)
		if len(terms) > 2*taxonomy.MaxTerms {
			return list, rejected("taxonomy %s has more than %d entries", uri, 2*taxonomy.MaxTerms)
		}
		next = page.Next
		if len(read) == 1 && len(page.Terms) == 0 && page.First != "" {
			next = page.First
		}
	}
	// A taxonomy that says what its entries add up to was read between two of its changes if they do not.
	if checksum != "" && checksum != vocab.TermsChecksum(terms) {
		return list, fault.Wrap(fault.Unavailable, "error.remote.unavailable", fmt.Errorf("%s changed while it was read", uri))
	}
	list.ETag = etag
	for _, t := range terms {
		if !vocab.SameHost(owner.URI, t.ID) {
			list.Foreign++
			continue
		}
		list.Terms = append(list.Terms, taxonomy.Said{URI: t.ID, Notation: t.Notation, Name: t.Name, Description: t.Summary, ReplacedBy: t.ReplacedBy})
	}
	return list, nil
}
