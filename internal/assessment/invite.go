package assessment

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// maxInvitations is how many can be invited to assess one practice.
const maxInvitations = 100

// Invitation lets an account assess a practice.
type Invitation struct {
	ID          int64      `db:"id"`
	PracticeURI string     `db:"practice_uri"`
	AccountID   int64      `db:"account_id"`
	InvitedByID int64      `db:"invited_by_id"`
	NoteID      *int64     `db:"note_id"`
	CreatedAt   time.Time  `db:"created_at"`
	RevokedAt   *time.Time `db:"revoked_at"`
}

// Invited is an invitation with whom, by whom, and whether they have assessed since.
type Invited struct {
	Invitation
	Account   account.Account
	InvitedBy account.Account
	Assessed  bool
}

// mayInvite returns the practice if the actor is an editor of ours.
func (s *Service) mayInvite(ctx context.Context, actor account.Account, practiceID int64) (practice.View, error) {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return practice.View{}, fault.New(fault.Forbidden, "error.assessment.invite")
	}
	v, err := s.practices.ByID(ctx, post.Viewer{AccountID: actor.ID}, practiceID)
	if err == nil && v.Post.State != post.StatePublished {
		err = errNotFound()
	}
	return v, err
}

// Invite lets somebody assess a practice; inviting again changes nothing. One of ours is told by a notification, an account of
// another instance by a direct message with the given text, which must name the account by its handle. Editors and above.
// Errors: Forbidden, NotFound, Invalid with the field account.
func (s *Service) Invite(ctx context.Context, actor account.Account, practiceID, accountID int64, message string) error {
	v, err := s.mayInvite(ctx, actor, practiceID)
	if err != nil {
		return err
	}
	who, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	wrong := func(key string) error {
		return fault.Fields(fault.Field{Name: "account", Message: key})
	}
	switch {
	case who.ID == v.Post.AccountID:
		return wrong("error.assessment.invite_author")
	case who.Kind != account.Person && who.Kind != account.Organization, who.State != account.Active, who.Local() && !who.Able(account.RoleGuest):
		return wrong("error.assessment.invite_nobody")
	// RULE: of what is not for everyone nobody elsewhere is told by an invitation.
	case !who.Local() && !v.Post.Visibility.Listed():
		return wrong("error.assessment.invite_network")
	}
	// One of ours must be able to see what they shall judge.
	if who.Local() {
		if _, err := s.practices.ByID(ctx, post.Viewer{AccountID: who.ID}, practiceID); err != nil {
			return wrong("error.assessment.invite_network")
		}
	}
	var composed post.Composed
	if !who.Local() {
		draft := post.Draft{Untitled: true, Source: message, Visibility: post.Direct, Role: post.RoleInvitation, Language: actor.Language}
		if composed, err = s.posts.Compose(ctx, actor, draft); err != nil {
			return err
		}
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := s.posts.Lock(ctx, tx, practiceID); err != nil {
			return err
		}
		n, there, err := countInvitations(ctx, tx, v.Post.URI, who.ID)
		switch {
		case err != nil:
			return fmt.Errorf("assessment.Invite to %d: %w", practiceID, err)
		case there:
			return nil
		case n >= maxInvitations:
			return fault.Fields(fault.Field{Name: "account", Message: "error.field.too_many", Args: map[string]any{"Max": maxInvitations}})
		}
		i := Invitation{PracticeURI: v.Post.URI, AccountID: who.ID, InvitedByID: actor.ID, CreatedAt: s.now()}
		if !who.Local() {
			note, err := s.posts.PublishIn(ctx, tx, composed)
			if err != nil {
				return err
			}
			i.NoteID = &note.ID
		}
		if err := s.insert(ctx, tx, &i); err != nil {
			return err
		}
		if who.Local() {
			if err := s.jobs.Enqueue(ctx, tx, job.Notify{Event: job.NotifyInvited, ID: i.ID}); err != nil {
				return err
			}
		}
		return s.accounts.Audit(ctx, tx, actor, "assessment.invite", v.Post.URI, who.Handle())
	})
}

func (s *Service) insert(ctx context.Context, tx *sqlx.Tx, i *Invitation) error {
	for inserted := false; !inserted; {
		i.ID = db.NewID(i.CreatedAt)
		var err error
		if inserted, err = insertInvitation(ctx, tx, *i); err != nil {
			return fmt.Errorf("assessment: invitation of %d: %w", i.AccountID, err)
		}
	}
	return nil
}

// Invitations lists who is invited to assess a practice, newest first. Editors and above.
func (s *Service) Invitations(ctx context.Context, actor account.Account, practiceID int64) ([]Invited, error) {
	v, err := s.mayInvite(ctx, actor, practiceID)
	if err != nil {
		return nil, err
	}
	rows, err := invitationsTo(ctx, s.db, v.Post.URI, practiceID)
	if err != nil {
		return nil, fmt.Errorf("assessment.Invitations to %d: %w", practiceID, err)
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.AccountID, r.InvitedByID)
	}
	accounts, err := s.accounts.ByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Invited, len(rows))
	for i, r := range rows {
		list[i] = Invited{Invitation: r.Invitation, Account: accounts[r.AccountID], InvitedBy: accounts[r.InvitedByID], Assessed: r.Assessed}
	}
	return list, nil
}

// Revoke takes an invitation back; what was assessed stands. The message that carried it is withdrawn. Editors and above.
func (s *Service) Revoke(ctx context.Context, actor account.Account, practiceID, invitationID int64) error {
	v, err := s.mayInvite(ctx, actor, practiceID)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		i, err := revoke(ctx, tx, invitationID, v.Post.URI, s.now())
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("assessment.Revoke %d: %w", invitationID, err)
		}
		who, err := s.accounts.ByIDIn(ctx, tx, i.AccountID)
		if err != nil {
			return err
		}
		if i.NoteID != nil {
			if err := s.posts.WithdrawIn(ctx, tx, *i.NoteID); err != nil {
				return err
			}
		}
		return s.accounts.Audit(ctx, tx, actor, "assessment.revoke", v.Post.URI, who.Handle())
	})
}

// PracticeOf is the ActivityPub id of the practice to which a message invites, "" where it does not, or no longer.
func (s *Service) PracticeOf(ctx context.Context, noteID int64) (string, error) {
	uri, err := practiceOfNote(ctx, s.db, noteID)
	if err != nil {
		return "", fmt.Errorf("assessment.PracticeOf %d: %w", noteID, err)
	}
	return uri, nil
}
