// Command vorbild runs one instance of the exchange: serve, worker, migrate, admin; demo brings up a whole federation.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/vorbild/vorbild/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := app.Command().Run(ctx, os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "vorbild: "+app.Explain(err))
		os.Exit(1)
	}
}
