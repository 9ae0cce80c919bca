package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the system user that PostgreSQL runs as.
type owner struct {
	uid, gid uint32
	name     string
	switched bool // we are root and PostgreSQL is not
}

// clusterOwner says who runs the cluster in dir: this process's user; if that is root, whoever owns the cluster
// already, else the user postgres, else nobody.
func clusterOwner(dir string) (owner, error) {
	if os.Geteuid() != 0 {
		o := owner{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}
		if u, err := user.Current(); err == nil {
			o.name = u.Username
		}
		if uid, _, ok := ownerOf(dir); ok && uid != o.uid {
			return o, foreignCluster(dir)
		}
		return o, nil
	}
	if uid, gid, ok := ownerOf(dir); ok && uid != 0 {
		o := owner{uid: uid, gid: gid, switched: true}
		if u, err := user.LookupId(strconv.Itoa(int(uid))); err == nil {
			o.name = u.Username
		}
		return o, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return owner{uid: uint32(uid), gid: uint32(gid), name: name, switched: true}, nil
		}
	}
	return owner{}, fmt.Errorf("%w: PostgreSQL does not run as root, and there is no user postgres or nobody; run vorbild as an ordinary user", ErrNotStarted)
}

// take gives the cluster to o where it still belongs to root: it has just been made, or was copied from a backup.
func (o owner) take(dir string) error {
	if uid, _, ok := ownerOf(dir); !o.switched || !ok || uid != 0 {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(o.uid), int(o.gid))
	})
	if err != nil {
		return fmt.Errorf("%w: %s cannot be given to the user %s, whom PostgreSQL runs as; choose a VORBILD_DATA_DIR on a file system that has owners: %w",
			ErrNotWritable, dir, o.name, err)
	}
	return nil
}

// users are the system users who may log in as the role of the cluster.
func (o owner) users() []string {
	if o.switched {
		return []string{"root", o.name}
	}
	return []string{o.name}
}

func ownerOf(path string) (uid, gid uint32, ok bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return stat.Uid, stat.Gid, true
}

func foreignCluster(dir string) error {
	name := "another user"
	if uid, _, ok := ownerOf(dir); ok {
		name = "user " + strconv.Itoa(int(uid))
		if u, err := user.LookupId(strconv.Itoa(int(uid))); err == nil {
			name = "the user " + u.Username
		}
	}
	return fmt.Errorf("%w: the database in %s belongs to %s; run vorbild as that user or as root, or choose another VORBILD_DATA_DIR", ErrNotWritable, dir, name)
}

// makeDataDir makes dir and checks that this process can write there.
func makeDataDir(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".writable-"); err == nil {
			return errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	name := strconv.Itoa(os.Geteuid())
	if u, e := user.Current(); e == nil {
		name = u.Username
	}
	return fmt.Errorf("%w: the user %s cannot write to %s; set VORBILD_DATA_DIR to a directory where it can: %w", ErrNotWritable, name, dir, err)
}
