package db_test

import (
	"fmt"
	"testing"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/db/dbtest"
)

// Every query is planned once for a connection, and again when the schema has changed under it.
func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	conn, err := db.Open(t.Context(), dbtest.Empty(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.MustExec(`CREATE TABLE things (id bigint, name text)`)
	conn.MustExec(`INSERT INTO things VALUES ($1, $2)`, 7, "eins")
	kept := func() (n int) {
		t.Helper()
		if err := conn.GetContext(t.Context(), &n, `SELECT count(*) FROM pg_prepared_statements`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	read := func() map[string]any {
		t.Helper()
		row := map[string]any{}
		if err := conn.QueryRowxContext(t.Context(), `SELECT * FROM things WHERE id = $1`, 7).MapScan(row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	before := kept()
	read()
	read()
	if n := kept(); n != before+1 {
		t.Errorf("%d statements for one query asked twice, want one", n-before)
	}
	conn.MustExec(`ALTER TABLE things ADD COLUMN size int DEFAULT 3`)
	if row := read(); row["size"] != int64(3) {
		t.Errorf("after the table changed: %v", row)
	}

	for n := range 300 {
		if _, err := conn.ExecContext(t.Context(), fmt.Sprintf(`UPDATE things SET size = %d WHERE id = $1`, n), 7); err != nil {
			t.Fatal(err)
		}
	}
	if n := kept(); n > 200 {
		t.Errorf("one connection keeps %d statements", n)
	}
	if row := read(); row["size"] != int64(299) {
		t.Errorf("after many statements: %v", row)
	}

	if _, err := conn.ExecContext(t.Context(), `UPDATE things SET nothing = $1`, 1); err == nil {
		t.Error("a statement that cannot be planned is no error")
	}
	if row := read(); row["size"] != int64(299) {
		t.Errorf("after a mistake: %v", row)
	}
}
