package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/lane"
)

// TestJudge reads every kind of answer.
func TestJudge(t *testing.T) {
	t.Parallel()
	no, now := errors.New("no"), time.Now()
	week := now.Add(-8 * 24 * time.Hour)
	type want struct {
		outcome  outcome
		state    string
		wait     [2]time.Duration // the lane waits between these; zero: it goes on
		failures int
		down     bool
	}
	short := [2]time.Duration{time.Second, 1250 * time.Millisecond}
	tests := map[string]struct {
		answer   answer
		failures int
		since    *time.Time
		attempt  int
		age      time.Duration
		want     want
	}{
		"taken":            {answer: answer{status: 202}, want: want{outcome: delivered, state: lane.Delivered}},
		"taken at last":    {answer: answer{status: 202}, failures: 7, want: want{outcome: delivered, state: lane.Delivered, down: true}},
		"server error":     {answer: answer{status: 500, err: no}, want: want{outcome: hostDown, state: lane.Pending, wait: short, failures: 1, down: true}},
		"no answer":        {answer: answer{err: no}, want: want{outcome: hostDown, state: lane.Pending, wait: short, failures: 1, down: true}},
		"no answer, again": {answer: answer{err: no}, attempt: 2, want: want{outcome: hostDown, state: lane.Pending, wait: [2]time.Duration{30 * time.Second, 38 * time.Second}, failures: 1, down: true}},
		"not for an hour":  {answer: answer{status: 503, err: no, retryAfter: time.Hour}, want: want{outcome: hostDown, state: lane.Pending, wait: [2]time.Duration{time.Hour, time.Hour}, failures: 1, down: true}},
		"fifth failure":    {answer: answer{status: 502, err: no}, failures: 4, attempt: 4, want: want{outcome: hostDown, state: lane.Pending, wait: [2]time.Duration{30 * time.Minute, 38 * time.Minute}, failures: 5, down: true}},
		"dead for a week":  {answer: answer{err: no}, failures: 300, since: &week, attempt: 300, want: want{outcome: hostDown, state: lane.Pending, wait: [2]time.Duration{24 * time.Hour, 30 * time.Hour}, failures: 301, down: true}},
		"down for three days": {answer: answer{status: 503, err: no}, failures: 100, attempt: 100, age: 73 * time.Hour, want: want{outcome: hostDown, state: lane.Pending,
			wait: [2]time.Duration{30 * time.Minute, 38 * time.Minute}, failures: 101, down: true}},
		"breaks at this one": {answer: answer{status: 500, err: no}, failures: 100, attempt: 100, age: 73 * time.Hour, want: want{outcome: hostDown, state: lane.Failed,
			wait: [2]time.Duration{30 * time.Minute, 38 * time.Minute}, failures: 101, down: true}},
		"not ours to speak":   {answer: answer{err: fault.New(fault.Forbidden, "error.remote.refused")}, want: want{outcome: refused, state: lane.Failed}},
		"bad request":         {answer: answer{status: 400, err: no}, want: want{outcome: refused, state: lane.Failed}},
		"forbidden":           {answer: answer{status: 403, err: no}, want: want{outcome: refused, state: lane.Failed}},
		"gone":                {answer: answer{status: 410, err: no}, want: want{outcome: gone, state: lane.Failed}},
		"too large":           {answer: answer{status: 413, err: no}, want: want{outcome: refused, state: lane.Failed}},
		"unauthorized":        {answer: answer{status: 401, err: no}, want: want{outcome: later, state: lane.Pending, wait: short, down: true}},
		"timed out there":     {answer: answer{status: 408, err: no}, want: want{outcome: later, state: lane.Pending, wait: short, down: true}},
		"too early":           {answer: answer{status: 425, err: no}, want: want{outcome: later, state: lane.Pending, wait: short, down: true}},
		"too many":            {answer: answer{status: 429, err: no, retryAfter: time.Hour}, want: want{outcome: later, state: lane.Pending, wait: [2]time.Duration{time.Hour, time.Hour}, down: true}},
		"asked for too long":  {answer: answer{status: 429, err: no, retryAfter: 90 * time.Hour}, want: want{outcome: later, state: lane.Pending, wait: [2]time.Duration{24 * time.Hour, 24 * time.Hour}, down: true}},
		"lives again":         {answer: answer{status: 429, err: no}, failures: 9, want: want{outcome: later, state: lane.Pending, wait: short, down: true}},
		"not found":           {answer: answer{status: 404, err: no}, want: want{outcome: later, state: lane.Pending, wait: short, down: true}},
		"not found, thrice":   {answer: answer{status: 404, err: no}, attempt: 2, want: want{outcome: refused, state: lane.Failed}},
		"unauthorized, sixth": {answer: answer{status: 401, err: no}, attempt: 5, want: want{outcome: later, state: lane.Pending, wait: [2]time.Duration{20 * time.Minute, 25 * time.Minute}, down: true}},
		"never authorized":    {answer: answer{status: 401, err: no}, attempt: 6, want: want{outcome: refused, state: lane.Failed}},
		"given up":            {answer: answer{status: 429, err: no}, attempt: len(retryWaits), want: want{outcome: refused, state: lane.Failed}},
		"last wait":           {answer: answer{status: 429, err: no}, attempt: len(retryWaits) - 1, want: want{outcome: later, state: lane.Pending, wait: [2]time.Duration{48 * time.Hour, 60 * time.Hour}, down: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := test.answer
			a.turn = &turn{host: "b.example", failures: test.failures, failingSince: test.since}
			if test.failures > 0 && test.since == nil {
				a.turn.failingSince = &now
			}
			a.item = delivery{ID: 7, Attempt: test.attempt, letter: &letter{CreatedAt: now.Add(-test.age)}}
			v, m, down := judge(a, now)
			if v != test.want.outcome || m.State != test.want.state || m.ID != 7 || m.Attempt != test.attempt || m.Status != a.status || (m.Error != "") != (a.err != nil) {
				t.Errorf("%s, %+v", v, m)
			}
			if a.turn.failures != test.want.failures || (a.turn.failingSince != nil) != (test.want.failures > 0) {
				t.Errorf("%d failures since %v, want %d", a.turn.failures, a.turn.failingSince, test.want.failures)
			}
			if (down != nil) != test.want.down {
				t.Fatalf("the lane is put down: %v", down)
			}
			if down != nil && (down.idle || down.wait < test.want.wait[0] || down.wait > test.want.wait[1]) {
				t.Errorf("the lane waits %s (idle: %v), want %v", down.wait, down.idle, test.want.wait)
			}
		})
	}
}
