package paging_test

import (
	"math"
	"slices"
	"testing"

	"github.com/vorbild/vorbild/internal/paging"
)

func TestPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		page          paging.Page
		after, before int64
		order         string
		shown         []int
	}{
		{paging.Page{}, 0, math.MaxInt64, "DESC", []int{1, 2}},
		{paging.Page{MaxID: 7, SinceID: 3}, 3, 7, "DESC", []int{1, 2}},
		{paging.Page{MinID: 5, SinceID: 3}, 5, math.MaxInt64, "ASC", []int{2, 1}},
		{paging.Page{MaxID: -1, SinceID: -1, MinID: -1}, 0, math.MaxInt64, "DESC", []int{1, 2}},
	} {
		after, before := test.page.Bounds()
		items := []int{1, 2}
		paging.NewestFirst(test.page, items)
		if after != test.after || before != test.before || test.page.Order() != test.order || !slices.Equal(items, test.shown) {
			t.Errorf("%+v: %d to %d %s, shown %v", test.page, after, before, test.page.Order(), items)
		}
	}
	for limit, want := range map[int]int{-1: paging.DefaultLimit, 0: paging.DefaultLimit, 1: 1, 1000: paging.MaxLimit} {
		if got := (paging.Page{Limit: limit}).Size(); got != want {
			t.Errorf("limit %d: size %d, want %d", limit, got, want)
		}
	}
}
