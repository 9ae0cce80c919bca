package db

import "context"

type repeatable struct{}

// Repeatable marks what is done in ctx as something that would be done again if it were lost. InTx does not wait for the disk
// then: should PostgreSQL crash, the last moments before may not have happened, but never one of them without all before it.
func Repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatable{}, true)
}

func isRepeatable(ctx context.Context) bool {
	marked, _ := ctx.Value(repeatable{}).(bool)
	return marked
}
