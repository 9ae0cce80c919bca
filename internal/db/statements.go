package db

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"

	"github.com/lib/pq"
)

// maxStatements bounds what one connection keeps prepared: each costs memory in PostgreSQL, too.
const maxStatements = 200

// pqConn is what lib/pq's connections are.
type pqConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.QueryerContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn is a connection that plans each query once: the same text comes again and again, and planning what reads a
// timeline takes longer than running it. The statement used longest ago makes room for a new one.
type preparedConn struct {
	pqConn
	byQuery map[string]*list.Element // of *prepared
	newest  *list.List
}

type prepared struct {
	query string
	stmt  driver.Stmt
}

func prepareAll(c pqConn) *preparedConn {
	return &preparedConn{pqConn: c, byQuery: map[string]*list.Element{}, newest: list.New()}
}

func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) == 0 {
		return c.pqConn.QueryContext(ctx, query, args) // one message already, and perhaps several statements
	}
	return again(ctx, c, query, func(s driver.Stmt) (driver.Rows, error) {
		return s.(driver.StmtQueryContext).QueryContext(ctx, args)
	})
}

func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 {
		return c.pqConn.ExecContext(ctx, query, args)
	}
	return again(ctx, c, query, func(s driver.Stmt) (driver.Result, error) {
		return s.(driver.StmtExecContext).ExecContext(ctx, args)
	})
}

// again runs a statement, and once more where the schema has changed since it was planned. Within a transaction, which is
// lost then, PostgreSQL refuses the second time, too.
func again[T any](ctx context.Context, c *preparedConn, query string, run func(driver.Stmt) (T, error)) (result T, err error) {
	for range 2 {
		var s driver.Stmt
		if s, err = c.statement(ctx, query); err != nil {
			return result, err
		}
		if result, err = run(s); !planIsOld(err) {
			return result, err
		}
		c.forget(c.byQuery[query])
	}
	return result, err
}

// planIsOld reports whether err says "cached plan must not change result type".
func planIsOld(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "0A000"
}

func (c *preparedConn) statement(ctx context.Context, query string) (driver.Stmt, error) {
	if e, ok := c.byQuery[query]; ok {
		c.newest.MoveToFront(e)
		return e.Value.(*prepared).stmt, nil
	}
	if c.newest.Len() >= maxStatements {
		c.forget(c.newest.Back())
	}
	s, err := c.pqConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.byQuery[query] = c.newest.PushFront(&prepared{query, s})
	return s, nil
}

func (c *preparedConn) forget(e *list.Element) {
	p := c.newest.Remove(e).(*prepared)
	delete(c.byQuery, p.query)
	_ = p.stmt.Close() // a connection that cannot is broken, and found out by the next query
}
