package vocab

import (
	"os"
	"sync"

	"github.com/vorbild/vorbild/internal/i18n"
)

var bundle = sync.OnceValue(func() *i18n.Bundle {
	b, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		panic(err)
	}
	return b
})

func testWords(language string) Words { return bundle().For(language) }
