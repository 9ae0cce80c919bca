package postgres

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest major version that the schema works with.
const oldest = 14

// programs are the installed programs of one version.
type programs struct {
	initdb, postgres string
	version          int
}

// places are where systems put the programs, newest first within each: Debian, Red Hat, Homebrew.
var places = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/usr/local/pgsql/bin",
}

// findPrograms returns the programs to run the cluster in dir with: those of its version if it exists, else the first
// that are new enough.
func findPrograms(ctx context.Context, dir string) (programs, error) {
	installed := installedPrograms(ctx)
	var versions []string
	for _, p := range installed {
		if v := strconv.Itoa(p.version); !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	found := strings.Join(versions, ", ")

	if made, err := clusterVersion(dir); err != nil {
		return programs{}, err
	} else if made > 0 {
		for _, p := range installed {
			if p.version == made {
				return p, nil
			}
		}
		if found == "" {
			return programs{}, fmt.Errorf("%w: the database in %s needs version %d (Debian, Ubuntu: apt-get install postgresql-%d)", ErrNotInstalled, dir, made, made)
		}
		return programs{}, fmt.Errorf("%w: the database in %s was made by PostgreSQL %d, installed is %s; install version %d as well (Debian, Ubuntu: "+
			"apt-get install postgresql-%d), or move the data with pg_dump and VORBILD_DATABASE_URL", ErrVersion, dir, made, found, made, made)
	}
	for _, p := range installed {
		if p.version >= oldest {
			return p, nil
		}
	}
	if found != "" {
		return programs{}, fmt.Errorf("%w: version %d or newer is needed, installed is %s; install a newer one or set VORBILD_DATABASE_URL", ErrVersion, oldest, found)
	}
	return programs{}, fmt.Errorf("%w: initdb and postgres are neither in PATH nor in /usr/lib/postgresql; install it (Debian, Ubuntu: "+
		"apt-get install postgresql) or set VORBILD_DATABASE_URL", ErrNotInstalled)
}

// clusterVersion is the major version that made the cluster in dir; 0 if there is none.
func clusterVersion(dir string) (int, error) {
	content, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if os.IsPermission(err) {
		return 0, foreignCluster(dir)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("%w: %s/PG_VERSION says %q; the directory is damaged", ErrVersion, dir, content)
	}
	return version, nil
}

func installedPrograms(ctx context.Context) []programs {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range places {
		matches, _ := filepath.Glob(pattern)
		slices.SortFunc(matches, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, matches...)
	}
	var installed []programs
	seen := map[string]bool{}
	for _, dir := range dirs {
		// PATH may have links to programs that look for their files beside themselves.
		server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || seen[server] {
			continue
		}
		seen[server] = true
		initdb, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb"))
		if err != nil {
			continue
		}
		if v := programVersion(ctx, server); v > 0 {
			installed = append(installed, programs{initdb: initdb, postgres: server, version: v})
		}
	}
	return installed
}

var (
	pathVersion  = regexp.MustCompile(`(\d+)(\.\d+)*`)
	versionWords = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
)

// versionIn is the major version that a path ends with: /usr/lib/postgresql/9.6/bin has 9.
func versionIn(path string) int {
	all := pathVersion.FindAllStringSubmatch(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1][1])
	return n
}

func programVersion(ctx context.Context, postgres string) int {
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return 0
	}
	m := versionWords.FindSubmatch(out)
	if m == nil {
		return 0
	}
	v, _ := strconv.Atoi(string(m[1]))
	return v
}
