package app_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/vorbild/vorbild/internal/app"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"plain": errors.New("plain"),
		`account "x": This account is not known here.`: fmt.Errorf("account %q: %w", "x", fault.New(fault.NotFound, "error.account.not_found")),
		"Please check what you entered.\n  name: Please shorten the text to at most 5 characters.": fault.Fields(
			fault.Field{Name: "name", Message: "error.field.too_long", Args: map[string]any{"Max": 5}}),
	} {
		if got := app.Explain(err); got != want {
			t.Errorf("%v is explained as\n%s\nwant\n%s", err, got, want)
		}
	}
}
