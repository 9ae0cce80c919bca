package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// state remembers which steps of the seeding are done, so that a second start keeps the data and an interrupted
// first one goes on where it stopped.
type state struct {
	path string

	mu   sync.Mutex
	Done map[string]string `json:"done"` // step -> what came of it: an ActivityPub id, or "ok"
}

func openState(dataDir string) (*state, error) {
	s := &state{path: filepath.Join(dataDir, "demo.json"), Done: map[string]string{}}
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("demo: state: %w", err)
	}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("demo: %s is damaged (%w): delete the directory %s to start afresh", s.path, err, filepath.Dir(s.path))
	}
	return s, nil
}

// once runs f unless the step is done, and keeps its result.
func (s *state) once(step string, f func() (string, error)) (string, error) {
	s.mu.Lock()
	result, ok := s.Done[step]
	s.mu.Unlock()
	if ok {
		return result, nil
	}
	result, err := f()
	if err != nil {
		return "", fmt.Errorf("demo: %s: %w", step, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Done[step] = result
	raw, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return "", fmt.Errorf("demo: state: %w", err)
	}
	if err := os.WriteFile(s.path+".new", raw, 0o600); err != nil {
		return "", fmt.Errorf("demo: state: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return "", fmt.Errorf("demo: state: %w", err)
	}
	return result, nil
}

func (s *state) has(step string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.Done[step]
	return ok
}
