// Package migrations holds the database schema, one goose file per step, applied in name order.
// A file that has been released is never changed; a change is a new file.
package migrations

import "embed"

// FS holds the SQL files.
//
//go:embed *.sql
var FS embed.FS
