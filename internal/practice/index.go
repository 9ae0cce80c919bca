package practice

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/german"
	"github.com/vorbild/vorbild/internal/markup"
)

// indexRules is the version of what stands in practice_index: it changes with the rules of package german and with those of
// this file. Rows of other versions are written again by Reindex.
const indexRules = 2<<16 + german.Version

// facets are what practices are narrowed by; their places are part of the numbers of their values.
var facets = []string{"", "level", "region", "field", "goal", "origin", "quantity", "state", "year"}

// StateArchived is the value of the facet "state" for what is outdated, beside Implementations.
const StateArchived = "archived"

// LocalOrigin is the value of the facet "origin" for our own.
const LocalOrigin = "local"

// facetValue is one of them; names of terms are compared in small letters.
type facetValue struct {
	ID    int32  `db:"id"`
	Facet string `db:"facet"`
	Value string `db:"value"`
	Name  string `db:"name"`
}

// facetOf returns the facet that the number of a value belongs to.
func facetOf(id int32) string {
	if n := int(id >> 24); n > 0 && n < len(facets) {
		return facets[n]
	}
	return ""
}

// index makes a published practice findable. text is the body of its post without markup.
func (s *Service) index(ctx context.Context, tx sqlx.ExtContext, id int64, text string) error {
	src, err := indexSource(ctx, tx, id)
	if err != nil {
		return err
	}
	if src.Revision == 0 {
		return nil
	}
	values := src.values()
	ids, err := s.facetIDs(ctx, tx, values)
	if err != nil {
		return err
	}
	l := s.lexicon(ctx, tx)
	title := german.Section{Text: src.Title, Weight: 'A'}
	names := german.Section{Text: src.Summary + " " + src.Names, Weight: 'B'}
	body := german.Section{Text: text + " " + src.Body, Weight: 'C'}
	return upsertIndex(ctx, tx, indexRow{
		PostID: id, AccountID: src.AccountID, Visibility: src.Visibility, PublishedAt: src.PublishedAt, Listed: src.Listed, Archived: src.Archived,
		Emissions: src.Emissions, Electricity: src.Electricity, Facets: ids, Packed: pack(src.Emissions, src.Electricity, ids),
		Title: l.Vector(title), Words: l.Vector(title, names, body), Vocabulary: german.Vocabulary(src.Title, src.Summary, src.Names, text, src.Body),
	})
}

// values lists what a practice is found under, each facet's in the practice's order.
func (r sourceRow) values() []facetValue {
	var list []facetValue
	add := func(facet, name string) {
		if name != "" {
			list = append(list, facetValue{Facet: facet, Value: strings.ToLower(name), Name: name})
		}
	}
	add("level", r.Level)
	add("region", r.Region)
	add("origin", r.Origin)
	add("state", r.Implementation)
	for _, name := range r.Fields {
		add("field", name)
	}
	for _, name := range r.Goals {
		add("goal", name)
	}
	for _, name := range r.Quantities {
		add("quantity", name)
	}
	if r.PublishedAt != nil {
		add("year", strconv.Itoa(r.PublishedAt.In(berlin).Year()))
	}
	return list
}

// berlin is whose years practices are counted by.
var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.FixedZone("CET", 3600)
	}
	return l
}()

// facetIDs numbers values, new ones too.
func (s *Service) facetIDs(ctx context.Context, tx sqlx.ExtContext, values []facetValue) ([]int32, error) {
	known, err := valuesByName(ctx, tx, values)
	if err != nil {
		return nil, err
	}
	if missing := without(values, known); len(missing) > 0 {
		for _, v := range missing {
			if err := insertValue(ctx, tx, kindOf(v.Facet), v); err != nil {
				return nil, err
			}
		}
		if known, err = valuesByName(ctx, tx, values); err != nil {
			return nil, err
		}
	}
	var ids []int32
	for _, v := range known {
		ids = append(ids, v.ID)
	}
	return ids, nil
}

func kindOf(facet string) int32 {
	for i, name := range facets {
		if name == facet {
			return int32(i)
		}
	}
	return 0
}

// without lists those of the values that are not among known, in one order for everybody.
func without(values, known []facetValue) []facetValue {
	there := map[[2]string]bool{}
	for _, v := range known {
		there[[2]string{v.Facet, v.Value}] = true
	}
	var list []facetValue
	for _, v := range sortedValues(values) {
		if key := [2]string{v.Facet, v.Value}; !there[key] {
			there[key] = true
			list = append(list, v)
		}
	}
	return list
}

// A packed row is what a search counts of one practice: two savings, how many values, and these.
const packedHead = 8 + 8 + 2

func pack(emissions, electricity *float64, ids []int32) []byte {
	number := func(v *float64) uint64 {
		if v == nil {
			return math.Float64bits(math.NaN())
		}
		return math.Float64bits(*v)
	}
	b := make([]byte, 0, packedHead+4*len(ids))
	b = binary.BigEndian.AppendUint64(b, number(emissions))
	b = binary.BigEndian.AppendUint64(b, number(electricity))
	b = binary.BigEndian.AppendUint16(b, uint16(len(ids)))
	for _, id := range ids {
		b = binary.BigEndian.AppendUint32(b, uint32(id))
	}
	return b
}

// countedRow is what a search reads of one practice to count it. What a practice says nothing of is NaN.
type countedRow struct {
	PostID int64
	Saved  [2]float64 // a year, as impactQuantities has them
	Values []int32    // of its facets; only until the next row
}

// unpack calls f for each of the rows that follow one another, each behind the number of its practice. It ends where one is cut off.
func unpack(b []byte, f func(countedRow)) {
	var ids []int32
	for len(b) >= 8+packedHead {
		id := int64(binary.BigEndian.Uint64(b)) //nolint:gosec // as PostgreSQL sends a bigint
		b = b[8:]
		emissions, electricity := math.Float64frombits(binary.BigEndian.Uint64(b)), math.Float64frombits(binary.BigEndian.Uint64(b[8:]))
		n := int(binary.BigEndian.Uint16(b[16:]))
		if b = b[packedHead:]; len(b) < 4*n {
			return
		}
		ids = ids[:0]
		for i := range n {
			ids = append(ids, int32(binary.BigEndian.Uint32(b[4*i:])))
		}
		b = b[4*n:]
		f(countedRow{PostID: id, Saved: [2]float64{electricity, emissions}, Values: ids})
	}
}

// reindexBatch is how many practices Reindex writes in one transaction.
const reindexBatch = 50

// Reindex writes some practices again that were indexed by other rules, and returns how many: 0 when all are up to date.
func (s *Service) Reindex(ctx context.Context) (n int, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		stale, err := staleIndex(ctx, tx, indexRules, reindexBatch)
		if err != nil {
			return err
		}
		for _, r := range stale {
			if err := s.index(ctx, tx, r.PostID, markup.Text(r.HTML)); err != nil {
				return fmt.Errorf("%d: %w", r.PostID, err)
			}
		}
		n = len(stale)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("practice.Reindex: %w", err)
	}
	return n, nil
}
