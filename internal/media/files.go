package media

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// fileName is what every stored file is called: 128 random bits. openName is that of those which whoever knows it may read.
var (
	fileName = regexp.MustCompile(`^[0-9a-f]{32}\.(jpg|png|anlage)$`)
	openName = regexp.MustCompile(`^[0-9a-f]{32}\.(jpg|png)$`)
)

// path spreads the files over 256 directories.
func (s *Service) path(name string) string { return filepath.Join(s.dir, name[:2], name) }

// store writes a file that is whole or not there: a process that dies leaves no half one behind under its name.
func (s *Service) store(content []byte, ext string) (name string, err error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	name = hex.EncodeToString(random) + ext
	target := s.path(name)
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return "", fmt.Errorf("media: store: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(target), "new-*")
	if err != nil {
		return "", fmt.Errorf("media: store: %w", err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o640)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err == nil {
		err = syncDir(filepath.Dir(target))
	}
	if err != nil {
		return "", fmt.Errorf("media: store: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return name, nil
}

// syncDir makes the name of a file as durable as its content.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open returns a stored file and its content type; the caller closes it. What is no name of a stored file that anyone may read,
// however it is spelled, is fault.NotFound.
func (s *Service) Open(name string) (*os.File, string, error) {
	if !openName.MatchString(name) {
		return nil, "", errNotFound()
	}
	f, err := os.Open(s.path(name))
	if os.IsNotExist(err) {
		return nil, "", errNotFound()
	}
	if err != nil {
		return nil, "", fmt.Errorf("media.Open: %w", err)
	}
	return f, TypeOf(name), nil
}

// TypeOf is the content type of a stored file.
func TypeOf(name string) string {
	if filepath.Ext(name) == ".png" {
		return "image/png"
	}
	return "image/jpeg"
}
