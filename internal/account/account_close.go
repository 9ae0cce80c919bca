package account

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/job"
)

// Close deletes one of our people for good, for administrators: what they said of themselves and whom they follow goes now, what they
// wrote by a job, and every instance we know is told. The row stays, so that nobody gets the name again. Nobody can close their own
// account, the last administrator's, or a group.
func (s *Service) Close(ctx context.Context, actor Account, id int64) error {
	if !actor.Able(RoleAdmin) {
		return errForbidden()
	}
	defer s.remembered.touch()
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, admins, err := s.lockPerson(ctx, tx, actor, id)
		if err != nil || a.State == Gone {
			return err
		}
		if err := dispensable(admins, actor, a); err != nil {
			return err
		}
		if err := closeAccount(ctx, tx, id); err != nil {
			return fmt.Errorf("account.Close %d: %w", id, err)
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return fmt.Errorf("account.Close %d: end sessions: %w", id, err)
		}
		if err := endFollows(ctx, tx, id); err != nil {
			return fmt.Errorf("account.Close %d: end follows: %w", id, err)
		}
		if err := s.Audit(ctx, tx, actor, "account.close", a.Handle(), ""); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.DeleteAccount, ID: id}, job.Forget{AccountID: id})
	})
}
