package app

import (
	"context"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/demo"
	"github.com/vorbild/vorbild/internal/observe"
)

// Command is the command line. Results go to standard output, everything else to standard error.
func Command() *cli.Command {
	return &cli.Command{
		Name:    "vorbild",
		Usage:   "federated exchange of best practices for public administrations",
		Version: Version(),
		Commands: []*cli.Command{
			{Name: "serve", Usage: "run the instance: pages, federation and (unless VORBILD_WORKER=false) jobs", Action: withApp(func(ctx context.Context, _ *cli.Command, a *App) error {
				return a.Serve(ctx)
			})},
			{Name: "worker", Usage: "only work the jobs; run as many as you like beside serve", Action: withApp(func(ctx context.Context, _ *cli.Command, a *App) error {
				return a.Work(ctx)
			})},
			{Name: "migrate", Usage: "bring the database up to date and exit (serve does so at start, too)", Action: withApp(func(context.Context, *cli.Command, *App) error {
				return nil
			})},
			{Name: "health", Usage: "ask the server of this configuration whether it is well; exits with 1 if not", Action: func(ctx context.Context, _ *cli.Command) error {
				cfg, err := config.Load()
				if err != nil {
					return err
				}
				return checkHealth(ctx, cfg)
			}},
			adminCommand(),
			demoCommand(),
		},
	}
}

// withApp runs f with a ready App: configuration read, database open and migrated.
func withApp(f func(context.Context, *cli.Command, *App) error) cli.ActionFunc {
	return func(ctx context.Context, c *cli.Command) error {
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		log := observe.NewLogger(os.Stderr, cfg.LogLevel)
		a, err := New(ctx, cfg, log)
		if err != nil {
			return err
		}
		defer a.Close()
		return f(ctx, c, a)
	}
}

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "start four federating instances with content on this machine",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Value: "data/demo", Usage: "directory for the demo's database and state"},
			&cli.IntFlag{Name: "port", Value: 8401, Usage: "port of the first instance; the others take the next three"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			binary, err := os.Executable()
			if err != nil {
				return fmt.Errorf("demo: own binary: %w", err)
			}
			return demo.Run(ctx, demo.Options{DataDir: c.String("data"), Port: c.Int("port"), Binary: binary, Out: c.Root().Writer})
		},
	}
}
