package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/peer"
)

// rulesCommand takes the rules for other domains in and out as lists.
func rulesCommand() *cli.Command {
	return &cli.Command{
		Name:  "rules",
		Usage: "rules for other domains, as CSV lists that Mastodon writes and reads, too",
		Commands: []*cli.Command{
			{
				Name:      "import",
				Usage:     "show what a list would change (- reads standard input); --apply changes it",
				ArgsUsage: "FILE",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "bare", Usage: "what a domain without more means: suspend, silence or allowlist; by default what the form of the list says"},
					&cli.BoolFlag{Name: "apply"},
				},
				Action: withApp(importRules),
			},
			{
				Name:      "export",
				Usage:     "write all rules (- writes standard output), with internal remarks unless --shared",
				ArgsUsage: "FILE",
				Flags:     []cli.Flag{&cli.BoolFlag{Name: "shared", Usage: "leave out what is said for this house only"}},
				Action:    withApp(exportRules),
			},
		},
	}
}

func importRules(ctx context.Context, c *cli.Command, a *App) (err error) {
	in := os.Stdin
	switch name := c.Args().First(); name {
	case "":
		return errors.New("name a file, or - for standard input")
	case "-":
	default:
		if in, err = os.Open(name); err != nil {
			return err
		}
		defer in.Close()
	}
	text, err := io.ReadAll(io.LimitReader(in, peer.MaxList+1))
	if err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	do := a.Rules.Plan
	if c.Bool("apply") {
		do = a.Rules.Import
	}
	plan, err := do(ctx, account.Operator(), string(text), peer.Bare(c.String("bare")))
	if err != nil {
		return err
	}
	english := a.messages.For("en")
	for _, m := range plan.Mistakes {
		args := make([]any, 0, 2*len(m.Args))
		for name, value := range m.Args {
			args = append(args, name, value)
		}
		if err := a.print(c, fmt.Sprintf("line %d: %s: %s", m.Line, m.Text, english.T(m.Message, args...))); err != nil {
			return err
		}
	}
	return a.print(c, fmt.Sprintf("%d new, %d changed, %d unchanged, %d refused", len(plan.New), len(plan.Changed), plan.Unchanged, len(plan.Mistakes)))
}

func exportRules(ctx context.Context, c *cli.Command, a *App) (err error) {
	private := !c.Bool("shared")
	switch name := c.Args().First(); name {
	case "":
		return errors.New("name a file, or - for standard output")
	case "-":
		return a.Rules.Export(ctx, account.Operator(), c.Root().Writer, private)
	default:
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		return errors.Join(a.Rules.Export(ctx, account.Operator(), out, private), out.Close())
	}
}
