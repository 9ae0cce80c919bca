package dbtest

import "testing"

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ dsn, want string }{
		{"postgres://a:b@host:5499/postgres?sslmode=disable", "postgres://a:b@host:5499/x?sslmode=disable"},
		{"postgres://a@host/postgres", "postgres://a@host/x"},
		{"postgresql://a@host", "postgresql://a@host/x"},
		{"postgres:///postgres?host=/tmp/a", "postgres:///x?host=/tmp/a"},
		{"postgres://a@host?sslmode=disable", "postgres://a@host/x?sslmode=disable"},
		{"host=/tmp/a dbname=postgres", "host=/tmp/a dbname=postgres dbname=x"},
	} {
		if got := withDatabase(test.dsn, "x"); got != test.want {
			t.Errorf("withDatabase(%q) = %q, want %q", test.dsn, got, test.want)
		}
	}
}

func TestNewIsolates(t *testing.T) {
	t.Parallel()
	a, b := New(t), New(t)
	if _, err := a.Exec("CREATE TABLE only_here (n int)"); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := b.Get(&there, "SELECT to_regclass('only_here') IS NOT NULL"); err != nil || there {
		t.Errorf("table of one test seen in another: %v, error %v", there, err)
	}
}
