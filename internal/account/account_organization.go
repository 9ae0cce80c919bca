package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
)

// SaveOrganization changes the organisation in the name of an administrator: the instance's actors take its name, and
// whoever follows the groups hears of it. It stands here because organization knows no accounts.
func (s *Service) SaveOrganization(ctx context.Context, actor Account, o organization.Organization) error {
	if !actor.Able(RoleAdmin) {
		return errForbidden()
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		old, saved, err := s.organizations.SaveIn(ctx, tx, o)
		if err != nil {
			return err
		}
		changed := saved.Changed(old)
		if len(changed) == 0 {
			return nil
		}
		for _, a := range s.houseActors(saved.ShortName, string(saved.Level), saved.Region) {
			stored, err := accountByHandle(ctx, tx, a.Username, "")
			if db.IsNotFound(err) {
				continue // not set up yet: Bootstrap will make it with this name
			}
			if err != nil {
				return fmt.Errorf("account.SaveOrganization: actor %q: %w", a.Username, err)
			}
			if _, err := updateActor(ctx, tx, stored.ID, a.DisplayName, a.Level, a.Region); err != nil {
				return fmt.Errorf("account.SaveOrganization: rename %q: %w", a.Username, err)
			}
			if a.Kind != Group {
				continue
			}
			if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.UpdateAccount, ID: stored.ID}); err != nil {
				return fmt.Errorf("account.SaveOrganization: %w", err)
			}
		}
		return s.Audit(ctx, tx, actor, "organization.save", saved.ShortName, strings.Join(changed, ", "))
	})
}
