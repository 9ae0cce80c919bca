// Package demo brings up a federation on one machine: a private PostgreSQL, four instances as processes of their own, and
// content that staff of each write on its pages. It reaches an instance only as an operator does (vorbild admin) and as a
// browser does; what one instance knows of another has travelled between them as signed ActivityPub.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vorbild/vorbild/internal/postgres"
)

// Options say where the demo runs.
type Options struct {
	DataDir string // database, logs and state; kept between starts
	Port    int    // of the first instance
	Binary  string // the vorbild program
	Out     io.Writer
}

// Run starts everything, fills it with content at the first start, prints where to go, and serves until ctx ends.
func Run(ctx context.Context, o Options) (err error) {
	d := &federation{options: o, begun: time.Now(), instances: instances(o.Port)}
	if err := d.prepare(); err != nil {
		return err
	}
	d.say("PostgreSQL in %s", d.dataDir)
	cluster, err := postgres.Start(ctx, postgres.Options{DataDir: d.dataDir, Log: slog.New(slog.DiscardHandler), Progress: func(line string) { d.say("  %s", line) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	defer d.stop()
	if err := d.start(ctx, cluster); err != nil {
		return interrupted(ctx, err)
	}
	if err := d.fill(ctx, cluster); err != nil {
		return interrupted(ctx, err)
	}
	if err := d.invite(ctx, cluster); err != nil {
		return interrupted(ctx, err)
	}
	return d.wait(ctx)
}

// interrupted hides the errors that follow from Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

type federation struct {
	options   Options
	saying    sync.Mutex
	dataDir   string
	begun     time.Time
	instances []Instance
	servers   []*server
}

func (d *federation) say(format string, args ...any) {
	d.saying.Lock()
	defer d.saying.Unlock()
	fmt.Fprintf(d.options.Out, "%5.1f s  %s\n", time.Since(d.begun).Seconds(), fmt.Sprintf(format, args...))
}

// prepare checks what can go wrong before anything is started.
func (d *federation) prepare() error {
	dir, err := filepath.Abs(d.options.DataDir)
	if err != nil {
		return fmt.Errorf("demo: data directory: %w", err)
	}
	d.dataDir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot create the data directory %s: %w; choose another one with --data", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("cannot write into the data directory %s: %w; choose another one with --data", dir, err)
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	for _, i := range d.instances {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", i.Port))
		if err != nil {
			return fmt.Errorf("port %d for %s is taken (%w): end the program that uses it, or choose other ports with --port", i.Port, i.ShortName, err)
		}
		_ = l.Close()
	}
	return nil
}

// each runs f for the four instances side by side.
func (d *federation) each(ctx context.Context, f func(ctx context.Context, n int, i Instance) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for n, i := range d.instances {
		group.Go(func() error { return f(ctx, n, i) })
	}
	return group.Wait()
}

// start sets up and starts the instances; their accounts are made while they already answer.
func (d *federation) start(ctx context.Context, cluster *postgres.Cluster) error {
	d.say("four instances: %s", strings.Join(names(d.instances), ", "))
	d.servers = make([]*server, len(d.instances))
	browser := newBrowser()
	return d.each(ctx, func(ctx context.Context, n int, i Instance) error {
		if err := cluster.EnsureDatabase(ctx, databaseName(i)); err != nil {
			return err
		}
		if _, err := d.admin(ctx, cluster, i, setupArgs(i)...); err != nil {
			return err
		}
		s, err := startServer(d.options.Binary, i, cluster.DSN(databaseName(i)), d.dataDir)
		if err != nil {
			return err
		}
		d.servers[n] = s
		err = s.waitReady(ctx, func(ctx context.Context) error {
			_, _, err := browser.get(ctx, i.BaseURL()+"/", "")
			return err
		})
		if err != nil {
			return err
		}
		d.say("  %s answers at %s", i.ShortName, i.BaseURL())
		args := []string{"account", "--if-missing"}
		for _, a := range functionalAccounts {
			args = append(args, "--account", a.username+":"+a.role+":"+a.name+" "+i.ShortName)
		}
		_, err = d.admin(ctx, cluster, i, args...)
		return err
	})
}

func databaseName(i Instance) string { return "vorbild_" + i.Slug }

func setupArgs(i Instance) []string {
	args := []string{"setup", "--name", i.Name, "--short-name", i.ShortName, "--level", i.Level, "--region", i.Region,
		"--description", i.Description, "--website", i.Website, "--contact-name", "Green-IT-Stelle", "--contact-email", "green-it@" + i.Slug + ".example",
		"--imprint", "Vorführinstanz auf diesem Rechner. Keine Behörde steht dafür ein."}
	if i.Curates {
		args = append(args, "--curates")
	}
	if i.FourEyes {
		args = append(args, "--four-eyes")
	}
	return args
}

func (d *federation) admin(ctx context.Context, cluster *postgres.Cluster, i Instance, args ...string) (string, error) {
	return admin(ctx, d.options.Binary, i, cluster.DSN(databaseName(i)), d.dataDir, args...)
}

// perAccount runs a command of vorbild admin that prints one line for each functional account, and returns the lines.
func (d *federation) perAccount(ctx context.Context, cluster *postgres.Cluster, i Instance, args ...string) ([]string, error) {
	for _, a := range functionalAccounts {
		args = append(args, "--account", a.username)
	}
	out, err := d.admin(ctx, cluster, i, args...)
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(out)
	if len(lines) != len(functionalAccounts) {
		return nil, fmt.Errorf("demo: vorbild admin %s for %s printed %d lines", args[0], i.Slug, len(lines))
	}
	return lines, nil
}

// fill seeds the content unless an earlier start has.
func (d *federation) fill(ctx context.Context, cluster *postgres.Cluster) error {
	done, err := openState(d.dataDir)
	if err != nil {
		return err
	}
	if done.has(stepComplete) {
		d.say("content is there from an earlier start")
		return nil
	}
	c, err := loadContent()
	if err != nil {
		return err
	}
	s := &seeder{browser: newBrowser(), state: done, instances: map[string]Instance{}, tokens: map[string]string{}, progress: d.say}
	for _, i := range d.instances {
		s.instances[i.Slug] = i
		tokens, err := d.perAccount(ctx, cluster, i, "token", "--name", "demo content")
		if err != nil {
			return err
		}
		for n, token := range tokens {
			s.tokens[i.Slug+"/"+functionalAccounts[n].username] = token
		}
	}
	return s.run(ctx, c)
}

// invite prints where to go.
func (d *federation) invite(ctx context.Context, cluster *postgres.Cluster) error {
	links := make([][]string, len(d.instances))
	err := d.each(ctx, func(ctx context.Context, n int, i Instance) (err error) {
		links[n], err = d.perAccount(ctx, cluster, i, "login-link")
		return err
	})
	if err != nil {
		return err
	}
	d.say("ready. Open an instance, or log in once with a link (then add a passkey in the settings):\n")
	out := d.options.Out
	for n, i := range d.instances {
		fmt.Fprintf(out, "%s   %s\n", i.ShortName, i.BaseURL())
		for k, link := range links[n] {
			fmt.Fprintf(out, "  %-10s %-14s %s\n", functionalAccounts[k].role, functionalAccounts[k].username, link)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "The aggregate view: %s/ueberblick   Logs: %s/*.log   Ctrl-C stops everything; the data stays.\n", d.instances[len(d.instances)-1].BaseURL(), d.dataDir)
	return nil
}

// wait returns when ctx ends, or with an error when an instance stops by itself.
func (d *federation) wait(ctx context.Context) error {
	failed := make(chan error, len(d.servers))
	for _, s := range d.servers {
		go func() {
			<-s.exited
			failed <- fmt.Errorf("%s stopped by itself (%s); its log is %s", s.instance.ShortName, s.cmd.ProcessState, s.logPath)
		}()
	}
	select {
	case <-ctx.Done():
		d.say("stopping")
		return nil
	case err := <-failed:
		return interrupted(ctx, err)
	}
}

// stop ends the instances together.
func (d *federation) stop() {
	var wg sync.WaitGroup
	for _, s := range d.servers {
		if s != nil { // it may have failed to start
			wg.Go(s.stop)
		}
	}
	wg.Wait()
}

func names(instances []Instance) []string {
	list := make([]string, len(instances))
	for n, i := range instances {
		list[n] = i.ShortName
	}
	return list
}
