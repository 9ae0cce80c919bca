package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// flock is a lock on a file that the kernel gives back when the process dies.
type flock struct{ file *os.File }

func openLock(path string) (*flock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w: %s belongs to another user; run vorbild as that user, or choose another VORBILD_DATA_DIR", ErrNotWritable, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return &flock{f}, nil
}

// lock waits, within ctx, until this process alone has the lock.
func lock(ctx context.Context, path string) (*flock, error) {
	l, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		got, err := l.exclusive()
		if err != nil {
			return nil, errors.Join(err, l.file.Close())
		}
		if got {
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process is starting or stopping this database: %w", ctx.Err()), l.file.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lockShared takes the lock together with others. It does not wait: nobody keeps this lock for himself.
func lockShared(path string) (*flock, error) {
	l, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := l.try(syscall.LOCK_SH); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.file.Close())
	}
	return l, nil
}

// exclusive turns l into a lock of this process alone, if nobody else has it. Otherwise l may be lost.
func (l *flock) exclusive() (bool, error) {
	err := l.try(syscall.LOCK_EX)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", l.file.Name(), err)
	}
	return true, nil
}

func (l *flock) try(how int) error {
	for {
		if err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func (l *flock) release() { l.file.Close() }
