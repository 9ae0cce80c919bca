package app

import (
	"errors"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/web/locales"
)

// Explain says an error as the command line does: what the services mean for a reader of pages in the same words, in
// English, with each mistake of an input; everything else as it is.
func Explain(err error) string {
	var known *fault.Error
	if !errors.As(err, &known) || known.Kind == fault.Internal {
		return err.Error()
	}
	messages, loadErr := locales.Load()
	if loadErr != nil {
		return err.Error()
	}
	english := messages.For("en")
	said := english.T(known.Message)
	if known.Err != nil {
		said += " (" + known.Err.Error() + ")"
	}
	lines := []string{strings.Replace(err.Error(), known.Error(), said, 1)}
	for _, f := range known.Fields {
		var args []any
		for name, value := range f.Args {
			args = append(args, name, value)
		}
		lines = append(lines, "  "+f.Name+": "+english.T(f.Message, args...))
	}
	return strings.Join(lines, "\n")
}
