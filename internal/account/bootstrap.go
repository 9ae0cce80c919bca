package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// Bootstrap makes the actors every instance has (Application, catalogue, forum) with keys, once; later calls only
// bring names and level up to date. Called at start with what the organisation is called; processes that start at
// once do no harm.
func (s *Service) Bootstrap(ctx context.Context, name, level, region string) error {
	actors := s.houseActors(name, level, region)
	keys := make([]keyPair, len(actors))
	for i, a := range actors {
		_, err := s.ByUsername(ctx, a.Username)
		if fault.Is(err, fault.NotFound) {
			keys[i], err = s.newKeyPair()
		}
		if err != nil {
			return fmt.Errorf("account.Bootstrap: %w", err)
		}
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		for i, a := range actors {
			if keys[i].private != "" {
				a.ID, a.PublicKeyPEM = db.NewID(time.Now()), keys[i].public
				if _, err := insertLocal(ctx, tx, a, keys[i].private); err != nil {
					return fmt.Errorf("account.Bootstrap: %s: %w", a.Username, err)
				}
			}
		}
		return s.nameActors(ctx, tx, actors)
	})
}

// nameActors writes names and level to the stored actors and tells their followers of each that changed.
func (s *Service) nameActors(ctx context.Context, tx *sqlx.Tx, actors []Account) error {
	for _, a := range actors {
		stored, err := accountByHandle(ctx, tx, a.Username, "")
		if err != nil {
			return fmt.Errorf("account: actor %q: %w", a.Username, err)
		}
		// Addresses are identities: an instance cannot move by a change of its configuration.
		if stored.URI != a.URI {
			return fmt.Errorf("account: this database belongs to %s, but the base URL is now %s", stored.URI, s.baseURL)
		}
		changed, err := updateActor(ctx, tx, stored.ID, a.DisplayName, a.Level, a.Region)
		if err != nil {
			return fmt.Errorf("account: rename %q: %w", a.Username, err)
		}
		if changed && a.Kind == Group {
			if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateAccount, ID: stored.ID}); err != nil {
				return fmt.Errorf("account: rename %q: %w", a.Username, err)
			}
		}
	}
	return nil
}

// houseActors describes the three actors of an instance whose organisation has that short name.
func (s *Service) houseActors(name, level, region string) []Account {
	application := s.local(Application, s.domain, s.baseURL+"/actor", s.baseURL+"/instanz")
	application.DisplayName = name
	application.CatalogURI = s.baseURL + "/g/" + CatalogUsername
	application.ForumURI = s.baseURL + "/g/" + ForumUsername

	catalog := s.local(Group, CatalogUsername, application.CatalogURI, s.baseURL+"/@"+CatalogUsername)
	catalog.DisplayName = "Praxisbeispiele " + name

	forum := s.local(Group, ForumUsername, application.ForumURI, s.baseURL+"/@"+ForumUsername)
	forum.DisplayName = "Diskussionen " + name

	actors := []Account{application, catalog, forum}
	for i := range actors {
		actors[i].Level, actors[i].Region = level, region
	}
	return actors
}

// local fills in the addresses of one of our actors.
func (s *Service) local(kind Kind, username, uri, url string) Account {
	return Account{
		Username: username, URI: uri, URL: url, Kind: kind,
		InboxURI: uri + "/inbox", SharedInboxURI: s.baseURL + "/inbox", OutboxURI: uri + "/outbox",
		FollowersURI: uri + "/followers", FollowingURI: uri + "/following", FeaturedURI: uri + "/featured",
		PublicKeyID: uri + "#main-key", Discoverable: true, Language: "de", State: Active,
	}
}
