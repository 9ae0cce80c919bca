package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
)

// adminCommand is for the operator of the machine: whoever may run it may do everything, so no role is asked for.
func adminCommand() *cli.Command {
	accountsFlag := &cli.StringSliceFlag{Name: "account", Required: true, Usage: "username on this instance; may be given several times"}
	roleFlag := &cli.StringFlag{Name: "role", Required: true, Usage: "guest, member, editor, moderator or admin"}
	return &cli.Command{
		Name:  "admin",
		Usage: "set up the instance, its accounts and their keys from the command line",
		Commands: []*cli.Command{
			{
				Name:  "setup",
				Usage: "say whose instance this is; running it again changes it",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "name", Required: true, Usage: "full name of the organisation"},
					&cli.StringFlag{Name: "short-name", Required: true},
					&cli.StringFlag{Name: "level", Required: true, Usage: "bund, land, kommune, verband or extern"},
					&cli.StringFlag{Name: "region", Usage: "ISO 3166-2:DE, for example DE-SH"},
					&cli.StringFlag{Name: "description"},
					&cli.StringFlag{Name: "website"},
					&cli.StringFlag{Name: "contact-name"},
					&cli.StringFlag{Name: "contact-email"},
					&cli.StringFlag{Name: "imprint", Usage: "Markdown"},
					&cli.BoolFlag{Name: "curates", Usage: "this instance curates an aggregate view"},
					&cli.BoolFlag{Name: "four-eyes", Usage: "practices are published only after a second person approved them"},
					&cli.BoolFlag{Name: "two-editors", Usage: "the desk accepts and declines practices only when two editors agree"},
				},
				Action: withApp(setup),
			},
			{
				Name:  "account",
				Usage: "make accounts; --if-missing keeps existing ones",
				Flags: []cli.Flag{
					&cli.StringSliceFlag{Name: "account", Required: true, Usage: "username:role:display name, a function rather than a person; may be given several times"},
					&cli.BoolFlag{Name: "if-missing"},
				},
				Action: withApp(createAccounts),
			},
			{
				Name:  "invite",
				Usage: "print a link with which one person registers a passkey and gets an account",
				Flags: []cli.Flag{
					roleFlag,
					&cli.StringFlag{Name: "note", Usage: "for whom"},
					&cli.DurationFlag{Name: "valid", Value: 7 * 24 * time.Hour},
				},
				Action: withApp(func(ctx context.Context, c *cli.Command, a *App) error {
					secret, err := a.Auth.Invite(ctx, account.Operator(), account.Role(c.String("role")), c.String("note"), c.Duration("valid"))
					if err != nil {
						return err
					}
					return a.print(c, a.Config.BaseURL+"/einladung/"+secret)
				}),
			},
			{
				Name:  "login-link",
				Usage: "print a link per account that logs in once, for someone who lost every passkey",
				Flags: []cli.Flag{accountsFlag, &cli.DurationFlag{Name: "valid", Value: 24 * time.Hour}},
				Action: withApp(perAccount(func(ctx context.Context, c *cli.Command, a *App, who account.Account) (string, error) {
					secret, err := a.Auth.LoginLink(ctx, account.Operator(), who.ID, c.Duration("valid"))
					return a.Config.BaseURL + "/anmeldelink/" + secret, err
				})),
			},
			{
				Name:  "token",
				Usage: "print an API token per account for scripts (Authorization: Bearer …)",
				Flags: []cli.Flag{
					accountsFlag,
					&cli.StringFlag{Name: "name", Value: "command line", Usage: "what it is for"},
					&cli.StringFlag{Name: "scopes", Value: "read write follow"},
				},
				Action: withApp(perAccount(func(ctx context.Context, c *cli.Command, a *App, who account.Account) (string, error) {
					return a.Auth.Token(ctx, account.Operator(), who.ID, c.String("name"), c.String("scopes"))
				})),
			},
			{
				Name:  "rotate-keys",
				Usage: "give accounts new keys for what they send to other servers, and tell these",
				Flags: []cli.Flag{
					&cli.StringSliceFlag{Name: "account", Usage: "username on this instance; may be given several times"},
					&cli.BoolFlag{Name: "all", Usage: "all accounts of this instance, its own actors among them"},
					&cli.BoolFlag{Name: "forget", Usage: "erase the old keys at once, because someone else may have them; otherwise they serve two weeks for what is on its way"},
				},
				Action: withApp(rotateKeys),
			},
			rulesCommand(),
		},
	}
}

func setup(ctx context.Context, c *cli.Command, a *App) error {
	o, err := a.Organizations.Get(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	o.Name, o.ShortName = c.String("name"), c.String("short-name")
	o.Level, o.Region = organization.Level(c.String("level")), c.String("region")
	for flag, field := range map[string]*string{
		"description": &o.Description, "website": &o.Website, "contact-name": &o.ContactName,
		"contact-email": &o.ContactEmail, "imprint": &o.Imprint,
	} {
		if c.IsSet(flag) {
			*field = c.String(flag)
		}
	}
	o.Curates, o.FourEyes, o.TwoEditors = c.Bool("curates"), c.Bool("four-eyes"), c.Bool("two-editors")
	if err := a.Organizations.Save(ctx, o); err != nil {
		return err
	}
	return a.Accounts.Bootstrap(ctx, o.ShortName, string(o.Level), o.Region)
}

func createAccounts(ctx context.Context, c *cli.Command, a *App) error {
	for _, line := range c.StringSlice("account") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			return fmt.Errorf("account %q: write username:role:display name", line)
		}
		_, err := a.Accounts.CreateLocal(ctx, parts[0], parts[2], account.Role(parts[1]))
		if err != nil && !(fault.Is(err, fault.Conflict) && c.Bool("if-missing")) {
			return fmt.Errorf("account %q: %w", line, err)
		}
	}
	return nil
}

// rotateKeys changes the keys of some accounts or of all, one after the other: each takes a moment, and what is done stays done.
func rotateKeys(ctx context.Context, c *cli.Command, a *App) error {
	names := c.StringSlice("account")
	if c.Bool("all") == (len(names) > 0) {
		return errors.New("say either --all or which --account")
	}
	signers, err := a.Accounts.Signers(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(signers, func(s account.Account) bool { return strings.EqualFold(s.Username, name) }) {
			return fmt.Errorf("account %q: there is no such account here", name)
		}
	}
	for _, who := range signers {
		if len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(who.Username, name) }) {
			continue
		}
		if err := a.Accounts.RotateKey(ctx, who.ID, c.Bool("forget")); err != nil {
			return fmt.Errorf("account %q: %w", who.Username, err)
		}
		if err := a.print(c, who.Username); err != nil {
			return err
		}
	}
	return nil
}

// perAccount prints one line for each account that was named.
func perAccount(f func(context.Context, *cli.Command, *App, account.Account) (string, error)) func(context.Context, *cli.Command, *App) error {
	return func(ctx context.Context, c *cli.Command, a *App) error {
		for _, username := range c.StringSlice("account") {
			who, err := a.Accounts.ByUsername(ctx, username)
			if err != nil {
				return fmt.Errorf("account %q: %w", username, err)
			}
			line, err := f(ctx, c, a, who)
			if err != nil {
				return err
			}
			if err := a.print(c, line); err != nil {
				return err
			}
		}
		return nil
	}
}

func (a *App) print(c *cli.Command, line string) error {
	_, err := fmt.Fprintln(c.Root().Writer, line)
	return err
}
