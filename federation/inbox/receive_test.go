package inbox

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vorbild/vorbild/internal/account"
)

type panicking struct{ Fetcher }

func (panicking) FetchActor(context.Context, string) (account.Account, error) { panic("not foreseen") }

// A panic is an error like others: it counts as an attempt, and the activity is closed after the last one.
func TestApplyPanics(t *testing.T) {
	t.Parallel()
	in := &Inbox{Deps: Deps{Fetch: panicking{}, Log: slog.New(slog.DiscardHandler)}}
	body := []byte(`{"id":"https://a.example/1","type":"Like","actor":"https://a.example/u","object":"https://b.example/1"}`)
	if outcome, _, err := in.applyOrPanic(t.Context(), &message{row: row{Body: body}}); err == nil || outcome != "" || !strings.Contains(err.Error(), "not foreseen") {
		t.Errorf("got %q, %v", outcome, err)
	}
}

// Whatever a note is made of, the database takes it.
func TestClip(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"a\x00b", "\xff\xfe", strings.Repeat("ä\x00", 2000), ""} {
		if got := clip(s); strings.ContainsRune(got, 0) || !utf8.ValidString(got) || utf8.RuneCountInString(got) > 1000 {
			t.Errorf("clip(%.10q) = %.20q", s, got)
		}
	}
}
