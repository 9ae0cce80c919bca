package imports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/practice"
)

const (
	// batch is how many rows are stored in one transaction: what is cut off by a crash is this many at most, and done again.
	batch = 25
	// atOnce is how many rows are worked while the person waits; more are left to a job.
	atOnce = 100
)

// Begin makes drafts of the rows of an open import that are no mistake, at once where they are few, else by a job. Broken rows are
// left out and kept with their reasons. Errors: fault.Conflict while another import of the actor runs, or when this one is open no
// more; fault.Invalid when there is nothing to make.
func (s *Service) Begin(ctx context.Context, actor account.Account, id int64, words Words) error {
	i, err := s.ByID(ctx, actor, id)
	switch {
	case err != nil:
		return err
	case i.Progress != Open:
		return errOver()
	}
	p, err := s.Plan(ctx, actor, i, words)
	if err != nil {
		return err
	}
	if p.Counts[Broken] == len(p.Rows) {
		return fault.New(fault.Invalid, "error.import.nothing")
	}
	rows := make([]rowRow, 0, len(p.Rows))
	for _, planned := range p.Rows {
		row := rowRow{Number: planned.Number, State: Waiting, Title: planned.Title, Identity: planned.identity}
		text, err := json.Marshal(planned.Draft)
		if err != nil {
			return fmt.Errorf("imports.Begin %d: row %d: %w", id, planned.Number, err)
		}
		if draft := string(text); planned.State == Broken {
			row.State = Broken
		} else {
			row.Draft = &draft
		}
		if len(planned.Mistakes) > 0 {
			if row.Mistakes, err = json.Marshal(planned.Mistakes); err != nil {
				return fmt.Errorf("imports.Begin %d: row %d: %w", id, planned.Number, err)
			}
		}
		rows = append(rows, row)
	}
	err = db.InTxOr(ctx, s.db, errOver(), func(tx *sqlx.Tx) error {
		if err := beginImport(ctx, tx, id); err != nil {
			return fmt.Errorf("imports.Begin %d: %w", id, err)
		}
		if err := insertRows(ctx, tx, id, rows); err != nil {
			return fmt.Errorf("imports.Begin %d: %w", id, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.Import{ID: id})
	})
	switch {
	case db.IsUniqueViolation(err, "imports_running_key"):
		return fault.New(fault.Conflict, "error.import.running")
	case err != nil || len(rows) > atOnce:
		return err
	}
	return s.Work(ctx, id)
}

// Work makes the drafts of an import that was begun, batch by batch, beginning where it was left. Doing it twice at once does
// nothing twice.
func (s *Service) Work(ctx context.Context, id int64) error {
	for tries := 1; ; {
		more, err := s.step(ctx, id)
		switch kind := fault.KindOf(err); {
		case (kind == fault.NotFound || kind == fault.Gone) && tries < 3:
			tries++ // published or discarded between two looks
		case err != nil:
			return fmt.Errorf("imports.Work %d: %w", id, err)
		case !more:
			return nil
		}
	}
}

// prepared is a row ready to be stored, or the reason why it cannot be.
type prepared struct {
	row    rowRow
	digest string
	state  State
	text   practice.Prepared
	err    error
}

// step works the next batch and reports whether there may be more.
func (s *Service) step(ctx context.Context, id int64) (bool, error) {
	i, err := importByID(ctx, s.db, id)
	if db.IsNotFound(err) || err == nil && i.State != Running {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	actor, err := s.accounts.ByID(ctx, i.AccountID)
	if err != nil {
		return false, err
	}
	rows, err := waitingRows(ctx, s.db, id, batch)
	if err != nil {
		return false, err
	}
	ready, err := s.prepare(ctx, actor, rows)
	if err != nil {
		return false, err
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now, err := lockImport(ctx, tx, id)
		if db.IsNotFound(err) || err == nil && now.State != Running {
			return nil
		}
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return finish(ctx, tx, id)
		}
		// Another process may have been faster.
		waiting, err := waitingRows(ctx, tx, id, batch)
		if err != nil || len(waiting) == 0 || waiting[0].Number != rows[0].Number {
			return err
		}
		for _, p := range ready {
			if err := s.settle(ctx, tx, actor, id, p); err != nil {
				return fmt.Errorf("row %d: %w", p.row.Number, err)
			}
		}
		return nil
	})
	return len(rows) > 0, err
}

// prepare decides what becomes of rows, and renders and checks those that are stored.
func (s *Service) prepare(ctx context.Context, actor account.Account, rows []rowRow) ([]prepared, error) {
	identities := make([]string, len(rows))
	for n, r := range rows {
		identities[n] = r.Identity
	}
	known, err := s.known(ctx, s.db, actor.ID, identities)
	if err != nil {
		return nil, err
	}
	list := make([]prepared, 0, len(rows))
	for _, row := range rows {
		var d practice.Draft
		if err := json.Unmarshal([]byte(*row.Draft), &d); err != nil {
			return nil, fmt.Errorf("row %d: %w", row.Number, err)
		}
		k, ok := known[row.Identity]
		p := prepared{row: row, digest: digestOf([]byte(*row.Draft))}
		p.state = k.becomes(ok, p.digest)
		if ok {
			p.row.PostID = &k.PostID
		}
		switch p.state {
		case Created:
			p.text, p.err = s.practices.Prepare(ctx, actor, 0, d)
		case Changed:
			d.Version = k.Version
			p.text, p.err = s.practices.Prepare(ctx, actor, k.PostID, d)
		}
		if fault.KindOf(p.err) == fault.Internal {
			return nil, fmt.Errorf("row %d: %w", row.Number, p.err)
		}
		list = append(list, p)
	}
	return list, nil
}

// settle stores one row.
func (s *Service) settle(ctx context.Context, tx *sqlx.Tx, actor account.Account, id int64, p prepared) error {
	p.row.State = p.state
	if p.err == nil && (p.state == Created || p.state == Changed) {
		var k knownRow
		k.PostID, k.Version, p.err = s.practices.SavePrepared(ctx, tx, actor, p.text)
		switch {
		case fault.Is(p.err, fault.Conflict): // changed since we looked
			p.row.State, p.err = Edited, nil
		case p.err == nil:
			k.Identity, k.Digest, p.row.PostID = p.row.Identity, p.digest, &k.PostID
			if err := upsertKey(ctx, tx, actor.ID, k); err != nil {
				return err
			}
		}
	}
	// What was published or discarded since we looked is looked at again.
	if kind := fault.KindOf(p.err); kind == fault.Internal || kind == fault.NotFound || kind == fault.Gone {
		return p.err
	}
	if p.err != nil {
		var refused *fault.Error
		errors.As(p.err, &refused)
		p.row.State, p.row.PostID = Broken, nil
		mistakes, err := json.Marshal(refusals(refused))
		if err != nil {
			return err
		}
		p.row.Mistakes = mistakes
	} else {
		p.row.Mistakes = nil // those it had stay
	}
	return settleRow(ctx, tx, id, p.row)
}

// refusals are the words in which a service refused a row.
func refusals(refused *fault.Error) (list []Mistake) {
	for _, f := range refused.Fields {
		list = append(list, Mistake{Message: f.Message, Args: f.Args})
	}
	if len(list) == 0 {
		list = append(list, Mistake{Message: refused.Message})
	}
	return list
}

// finish counts what became of the rows.
func finish(ctx context.Context, tx *sqlx.Tx, id int64) error {
	counts, err := countRows(ctx, tx, id)
	if err != nil {
		return err
	}
	text, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return finishImport(ctx, tx, id, string(text))
}
