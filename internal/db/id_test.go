package db_test

import (
	"sync"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/db"
)

// Not parallel, and in this order: the last part makes ids of the future, which all later ones would follow.
func TestNewID(t *testing.T) {
	lists := make([][]int64, 4)
	var wait sync.WaitGroup
	for n := range lists {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 20_000 {
				lists[n] = append(lists[n], db.NewID(time.Now()))
			}
		}()
	}
	wait.Wait()
	seen := map[int64]bool{}
	for _, list := range lists {
		for n, id := range list {
			if seen[id] {
				t.Fatalf("%d twice", id)
			}
			seen[id] = true
			if n > 0 && id <= list[n-1] {
				t.Fatalf("%d after %d", id, list[n-1])
			}
		}
	}

	of := func(id int64, at time.Time) bool {
		return id >= db.FirstID(at) && id < db.FirstID(at.Add(time.Millisecond))
	}
	if past := time.Now().Add(-time.Hour); !of(db.NewID(past), past) {
		t.Error("an id for the past is not of its time")
	}

	at := time.Now().Add(time.Hour)
	last := db.NewID(at)
	if !of(last, at) {
		t.Errorf("%d is not of its millisecond", last)
	}
	for range 1 << 17 { // more than a millisecond holds
		id := db.NewID(at)
		if id <= last {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
	}
}
