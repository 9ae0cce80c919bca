package web

import (
	"net/http"
	"net/url"
	"strconv"
)

// pagination leads through a list by offset, or from page to page by id (older only).
type pagination struct {
	Previous, Next string // addresses, "" at the ends
	Page, Pages    int    // 0 when pages are not counted
	Label          string // where a page has more than one; "" is the usual one
}

// paginate counts pages of a list that is read by offset. All other parameters of the address are kept.
func paginate(r *http.Request, offset, limit, total int) pagination {
	p := pagination{Page: offset/limit + 1, Pages: max(1, (total+limit-1)/limit)}
	at := func(page int) string {
		q := r.URL.Query()
		q.Del("seite")
		if page > 1 {
			q.Set("seite", strconv.Itoa(page))
		}
		return address(r.URL.Path, q)
	}
	if p.Page > 1 {
		p.Previous = at(min(p.Page-1, p.Pages))
	}
	if p.Page < p.Pages {
		p.Next = at(p.Page + 1)
	}
	return p
}

// offsetOf reads the page number of the address; nonsense is the first page.
func offsetOf(r *http.Request, limit int) int {
	n, err := strconv.Atoi(r.URL.Query().Get("seite"))
	if err != nil || n < 1 || n > 10_000 {
		return 0
	}
	return (n - 1) * limit
}

// olderThan leads to the following page of a list by id; next is 0 at the end.
func olderThan(r *http.Request, next int64) pagination {
	if next == 0 {
		return pagination{}
	}
	q := r.URL.Query()
	q.Set("vor", strconv.FormatInt(next, 10))
	return pagination{Next: address(r.URL.Path, q)}
}

// maxID reads where a page of a list by id begins.
func maxID(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.URL.Query().Get("vor"), 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
