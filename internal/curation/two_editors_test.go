package curation_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
)

// atOnce runs all of them together and returns their errors.
func atOnce(all ...func() error) []error {
	errs := make([]error, len(all))
	var ready, done sync.WaitGroup
	ready.Add(len(all))
	for i, f := range all {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = f()
		})
	}
	done.Wait()
	return errs
}

// kinds are the decisions about a practice, oldest first.
func (h *house) kinds(postID int64) (kinds []string) {
	h.Helper()
	log, err := h.desk.Decisions(h.Ctx, postID)
	h.Must(err)
	for _, d := range slices.Backward(log) {
		kinds = append(kinds, d.Decision)
	}
	return kinds
}

// However often one editor clicks, they are one; two who click at the same moment are two, and decide once.
func TestOneEditorAtOnceIsNotTwo(t *testing.T) {
	h := newHouse(t)
	h.twoEditors()
	p := h.arrives("Kühlung", 1)
	accept := func(by account.Account) func() error { return func() error { return h.desk.Accept(h.Ctx, by, p.ID) } }
	for _, err := range atOnce(accept(h.Editor), accept(h.Editor), accept(h.Editor), accept(h.Editor)) {
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	}
	h.expect("one proposal", []string{"propose_accept"}, h.kinds(p.ID))
	h.expect("not in the view", []string{}, h.collection(curation.Curated))

	for _, err := range atOnce(accept(h.Admin), accept(h.Admin), accept(h.Editor), accept(h.Admin)) {
		if err != nil && !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	}
	h.expect("one decision", []string{"propose_accept", "accept"}, h.kinds(p.ID))
	h.expect("told", []string{"announce", "add_curated"}, h.told())
	accepted := h.newest(p.ID)
	undo := func() error { return h.desk.Undo(h.Ctx, h.Admin, accepted.ID) }
	undone := 0
	for _, err := range atOnce(undo, undo, undo) {
		switch {
		case err == nil:
			undone++
		case !fault.Is(err, fault.Conflict):
			t.Error(err)
		}
	}
	if undone != 1 {
		t.Errorf("taken back %d times", undone)
	}
	h.expect("undone once", []string{"propose_accept", "accept", "undo"}, h.kinds(p.ID))
}

// What somebody proposed who is no editor any more, or was suspended, counts for nothing: another one has to agree to whoever
// proposes it now.
func TestProposalOfAFormerEditor(t *testing.T) {
	for name, end := range map[string]string{
		"no editor any more": `UPDATE accounts SET role = 'member' WHERE id = $1`,
		"suspended":          `UPDATE accounts SET state = 'suspended' WHERE id = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.twoEditors()
			p := h.arrives("Kühlung", 1)
			h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
			if _, err := h.DB.ExecContext(h.Ctx, end, h.Editor.ID); err != nil {
				t.Fatal(err)
			}
			h.Must(h.desk.Accept(h.Ctx, h.Admin, p.ID))
			h.expect("still one", []string{"propose_accept", "propose_accept"}, h.kinds(p.ID))
			h.expect("not in the view", []string{}, h.collection(curation.Curated))
			second := h.Account("zweite", "", account.Person, account.RoleEditor)
			h.Must(h.desk.Accept(h.Ctx, second, p.ID))
			h.expect("in the view", []string{"Kühlung"}, h.collection(curation.Curated))
		})
	}
}

// Nobody brings back alone, by undoing, what one editor accepted and took out while one was enough.
func TestUndoIsNoSecondEditor(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.Must(h.desk.Reopen(h.Ctx, h.Editor, p.ID))
	h.twoEditors()
	for _, who := range []account.Account{h.Editor, h.Admin} {
		h.Want(h.desk.Undo(h.Ctx, who, h.newest(p.ID).ID), fault.Forbidden)
	}
	h.expect("not in the view", []string{}, h.collection(curation.Curated))
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.Must(h.desk.Accept(h.Ctx, h.Admin, p.ID))
	h.expect("in the view", []string{"Kühlung"}, h.collection(curation.Curated))
}
