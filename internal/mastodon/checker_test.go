package mastodon

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	digits    = regexp.MustCompile(`^\d+$`)
	timeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
)

// checker collects what is wrong with a decoded answer.
type checker struct {
	loggedIn bool
	mistakes []string
}

func (k *checker) wrong(where, format string, args ...any) {
	k.mistakes = append(k.mistakes, where+": "+fmt.Sprintf(format, args...))
}

// check compares a value with a kind.
func (k *checker) check(where, kind string, v any) {
	if item, isList := strings.CutPrefix(kind, "[]"); isList {
		list, ok := v.([]any)
		if !ok {
			k.wrong(where, "%v instead of a list", v)
		}
		for i, x := range list {
			k.check(fmt.Sprintf("%s[%d]", where, i), item, x)
		}
		return
	}
	if shape, ok := shapes[kind]; ok {
		object, isObject := v.(map[string]any)
		if !isObject {
			k.wrong(where, "%v instead of a %s", v, kind)
			return
		}
		k.object(where, shape, object)
		return
	}
	text, isText := v.(string)
	number, isNumber := v.(float64)
	fits := false
	switch kind {
	case "text":
		fits = isText
	case "words":
		fits = isText && text != ""
	case "id", "digits":
		fits = isText && digits.MatchString(text)
	case "url":
		u, err := url.Parse(text)
		fits = isText && err == nil && u.Scheme != "" && u.Host != ""
	case "time":
		fits = isText && timeShape.MatchString(text)
	case "date":
		fits = isText && dateShape.MatchString(text)
	case "int":
		fits = isNumber && number == math.Trunc(number)
	case "number":
		fits = isNumber
	case "bool":
		_, fits = v.(bool)
	default:
		if !strings.Contains(kind, "|") {
			k.wrong(where, "there is no kind %q", kind)
			return
		}
		fits = isText && slices.Contains(strings.Split(kind, "|"), text)
	}
	if !fits {
		k.wrong(where, "%#v is no %s", v, kind)
	}
}

func (k *checker) object(where, shape string, object map[string]any) {
	for line := range strings.Lines(shape) {
		line = strings.TrimSpace(line)
		if more, ok := strings.CutPrefix(line, "+"); ok {
			k.object(where, shapes[more], object)
			continue
		}
		name, kind, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		kind, optional := strings.CutPrefix(kind, "~")
		kind, forReaders := strings.CutPrefix(kind, "@")
		kind, nullable := strings.CutPrefix(kind, "?")
		v, there := object[name]
		switch inner := where + "." + name; {
		case !there && (optional || forReaders && !k.loggedIn):
		case !there:
			k.wrong(inner, "missing")
		case v == nil && nullable:
		case v == nil:
			k.wrong(inner, "null")
		default:
			k.check(inner, kind, v)
		}
	}
}
