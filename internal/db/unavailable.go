package db

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"
)

// IsUnavailable reports whether err says that PostgreSQL cannot do its work now, but may later: the connection broke, it starts
// or stops, its disk is full, it has too many clients. What was asked of it is not to blame.
func IsUnavailable(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return true
	}
	var e *pq.Error
	if !errors.As(err, &e) || len(e.Code) < 2 || e.Code == "57014" { // a query that took too long may do so again
		return false
	}
	switch e.Code[:2] {
	case "08", "53", "57", "58": // connection, resources, operator's intervention, system
		return true
	}
	return false
}
