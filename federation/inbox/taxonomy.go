package inbox

import (
	"context"
	"errors"
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

// errOtherScheme says that a taxonomy is none that we have.
var errOtherScheme = errors.New("inbox: another taxonomy")

// offer reads a taxonomy to its end. Its scheme is "" where it is none that we have.
func (v *visit) offer(ctx context.Context, owner account.Account, doc transport.Document, uri string) (taxonomy.Offer, error) {
	list := taxonomy.Offer{URI: uri}
	var terms []vocab.Term
	var checksum string
	err := v.toItsEnd(ctx, owner, doc, uri, maxTaxonomyPages, 2*taxonomy.MaxTerms, func(body []byte, first bool) (part, error) {
		page, err := vocab.ParseTaxonomy(body)
		switch {
		case err != nil:
			return part{}, err
		case first && schemes[page.Scheme] == "":
			return part{}, errOtherScheme
		case first && (page.AttributedTo != owner.URI || page.ID != uri):
			return part{}, rejected("taxonomy %s is not of %s", uri, owner.URI)
		case first:
			list.Scheme, checksum = schemes[page.Scheme], page.Checksum
		}
		terms = append(terms, page.Terms...)
		return part{ID: page.ID, Next: page.Next, First: page.First, Size: len(page.Terms)}, nil
	})
	if errors.Is(err, errOtherScheme) {
		return list, nil
	}
	if err != nil {
		return list, err
	}
	// A taxonomy that says what its entries add up to was read between two of its changes if they do not.
	if checksum != "" && checksum != vocab.TermsChecksum(terms) {
		return list, fault.Wrap(fault.Unavailable, "error.remote.unavailable", fmt.Errorf("%s changed while it was read", uri))
	}
	list.ETag = doc.ETag
	for _, t := range terms {
		if !vocab.SameHost(owner.URI, t.ID) {
			list.Foreign++
			continue
		}
		list.Terms = append(list.Terms, taxonomy.Said{URI: t.ID, Notation: t.Notation, Name: t.Name, Description: t.Summary, ReplacedBy: t.ReplacedBy})
	}
	return list, nil
}
