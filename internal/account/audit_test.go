package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/paging"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	anna := h.person(t, "anna", account.RoleMember)

	rollback := errors.New("rollback")
	err := db.InTx(ctx, h.db, func(tx *sqlx.Tx) error {
		if err := h.Audit(ctx, tx, anna, "test.undone", "", ""); err != nil {
			return err
		}
		return rollback
	})
	if !errors.Is(err, rollback) {
		t.Fatal(err)
	}
	for i, actor := range []account.Account{account.Operator(), anna, {}} {
		if err := h.Audit(ctx, h.db, actor, fmt.Sprintf("test.%d", i), strings.Repeat("ä", 300), "x"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // ids of one millisecond are in no order
	}
	entries, err := h.AuditLog(ctx, account.Operator(), paging.Page{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Action != "test.2" || entries[1].Action != "test.1" {
		t.Fatalf("newest page: %+v", entries)
	}
	if entries[1].AccountID == nil || *entries[1].AccountID != anna.ID || entries[1].Username != "anna" || entries[0].AccountID != nil {
		t.Errorf("who: %+v", entries)
	}
	if n := len([]rune(entries[0].Subject)); n != 200 {
		t.Errorf("a long subject is kept with %d characters, want 200", n)
	}
	older, err := h.AuditLog(ctx, account.Operator(), paging.Page{MaxID: entries[1].ID})
	if err != nil || len(older) != 1 || older[0].Action != "test.0" {
		t.Errorf("older page: %+v, %v", older, err)
	}
	above, err := h.AuditLog(ctx, account.Operator(), paging.Page{MinID: older[0].ID, Limit: 1})
	if err != nil || len(above) != 1 || above[0].Action != "test.1" {
		t.Errorf("page above: %+v, %v", above, err)
	}
}
