package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
)

// Row is what becomes of one row.
type Row struct {
	Number   int
	State    State
	Title    string
	Draft    practice.Draft // in a Plan only
	PostID   int64          // the draft or what it became, 0 where there is none
	Mistakes []Mistake      // why it is broken, else what its draft still lacks

	identity string
}

// Plan is what an import would do, before anything is done.
type Plan struct {
	Rows   []Row
	Counts map[State]int
}

// Plan reads all rows as the mapping says and compares them with what is there.
func (s *Service) Plan(ctx context.Context, actor account.Account, i Import, words Words) (Plan, error) {
	p := Plan{Counts: map[State]int{}}
	if i.Sheet == nil || i.Mapping == nil || !i.Mapping.fits(len(i.Sheet.Headers)) {
		return p, errOver()
	}
	blank, err := s.practices.Blank(ctx, actor)
	if err != nil {
		return p, fmt.Errorf("imports.Plan %d: %w", i.ID, err)
	}
	words, err = s.withTerms(ctx, words)
	if err != nil {
		return p, fmt.Errorf("imports.Plan %d: %w", i.ID, err)
	}
	r := newReader(i.Sheet.Headers, *i.Mapping, words, blank)
	first := map[string]int{} // rows by identity
	var identities []string
	for _, line := range i.Sheet.Rows {
		row := Row{Number: line.Number}
		row.Draft, row.identity, row.Mistakes = r.read(line)
		row.Title = shorten(row.Draft.Title)
		if before, twice := first[row.identity]; twice && !broken(row.Mistakes) {
			at := &reading{reader: r, cells: line.Cells}
			at.wrong(identifying(row.identity), "", "import.mistake.twice", map[string]any{"Row": before})
			row.Mistakes = append(row.Mistakes, at.mistakes...)
		}
		if broken(row.Mistakes) {
			row.State = Broken
		} else {
			first[row.identity] = row.Number
			identities = append(identities, row.identity)
		}
		p.Rows = append(p.Rows, row)
	}
	known, err := s.known(ctx, s.db, actor.ID, identities)
	if err != nil {
		return p, fmt.Errorf("imports.Plan %d: %w", i.ID, err)
	}
	for n := range p.Rows {
		row := &p.Rows[n]
		if row.State != Broken {
			text, err := json.Marshal(row.Draft)
			if err != nil {
				return p, fmt.Errorf("imports.Plan %d: row %d: %w", i.ID, row.Number, err)
			}
			k, ok := known[row.identity]
			row.State, row.PostID = k.becomes(ok, digestOf(text)), k.PostID
		}
		p.Counts[row.State]++
	}
	return p, nil
}

// identifying is the column by which two rows are the same.
func identifying(identity string) Target {
	if len(identity) > 4 && identity[:4] == "key:" {
		return Key
	}
	return "title"
}

// withTerms adds the taxonomies to the words, by name, by number and by both.
func (s *Service) withTerms(ctx context.Context, words Words) (Words, error) {
	all := Words{}
	for t, known := range words {
		all[t] = known
	}
	for t, scheme := range map[Target]string{"goals": practice.SchemeGoal, "fields": practice.SchemeField} {
		terms, err := s.practices.Terms(ctx, scheme)
		if err != nil {
			return nil, err
		}
		delete(all, t)
		for _, term := range terms {
			all.Add(t, fmt.Sprint(term.ID), term.Name, term.Notation, term.Notation+" "+term.Name)
		}
	}
	return all, nil
}

func digestOf(draft []byte) string {
	sum := sha256.Sum256(draft)
	return hex.EncodeToString(sum[:])
}

// known looks up what became of rows once, and what the account wrote by hand under the same title.
func (s *Service) known(ctx context.Context, db sqlx.ExtContext, accountID int64, identities []string) (map[string]knownRow, error) {
	rows, err := knownRows(ctx, db, accountID, identities)
	if err != nil {
		return nil, err
	}
	own, err := ownPractices(ctx, db, accountID)
	if err != nil {
		return nil, err
	}
	known := make(map[string]knownRow, len(rows))
	for _, o := range own {
		identity := titleIdentity(o.Title, o.Unit)
		known[identity] = knownRow{Identity: identity, PostID: o.PostID, Version: -1, PostState: o.PostState}
	}
	for _, r := range rows {
		known[r.Identity] = r
	}
	return known, nil
}

// becomes decides what a row does to what is known of it.
func (k knownRow) becomes(known bool, digest string) State {
	switch {
	case !known:
		return Created
	case k.PostState == "published":
		return Published
	case k.PostState == "withdrawn":
		return Withdrawn
	case k.Digest == digest:
		return Unchanged
	// RULE: what somebody wrote by hand is worth more than what a sheet says.
	case k.Version != k.Now:
		return Edited
	case k.InReview:
		return InReview
	}
	return Changed
}

// Rows lists what became of the rows of an import that was begun, in a state, or all where it is "".
func (s *Service) Rows(ctx context.Context, i Import, state State, offset, limit int) ([]Row, error) {
	rows, err := rowsOf(ctx, s.db, i.ID, state, offset, limit)
	if err != nil {
		return nil, fmt.Errorf("imports.Rows %d: %w", i.ID, err)
	}
	list := make([]Row, 0, len(rows))
	for _, r := range rows {
		row := Row{Number: r.Number, State: r.State, Title: r.Title}
		if r.PostID != nil {
			row.PostID = *r.PostID
		}
		if r.Mistakes != nil {
			if err := json.Unmarshal(r.Mistakes, &row.Mistakes); err != nil {
				return nil, fmt.Errorf("imports.Rows %d: row %d: %w", i.ID, r.Number, err)
			}
		}
		list = append(list, row)
	}
	return list, nil
}

// Broken returns the broken rows as they stand in the sheet, below its header, each with what explain says of its mistakes in the
// last column: people mend them there and send the file again. reason is the header of that column. fault.NotFound once the sheet
// is forgotten, and where no row is broken.
func (s *Service) Broken(ctx context.Context, actor account.Account, i Import, words Words, reason string, explain func(Mistake) string) ([][]string, error) {
	if i.Sheet == nil {
		return nil, errNotFound()
	}
	var rows []Row
	if i.Progress == Open {
		p, err := s.Plan(ctx, actor, i, words)
		if err != nil {
			return nil, err
		}
		rows = p.Rows
	} else {
		var err error
		if rows, err = s.Rows(ctx, i, Broken, 0, len(i.Sheet.Rows)); err != nil {
			return nil, err
		}
	}
	reasons := map[int]string{}
	for _, row := range rows {
		if row.State != Broken {
			continue
		}
		var lines []string
		for _, m := range row.Mistakes {
			if !m.Gap {
				lines = append(lines, explain(m))
			}
		}
		reasons[row.Number] = strings.Join(lines, "\n")
	}
	if len(reasons) == 0 {
		return nil, errNotFound()
	}
	width := len(i.Sheet.Headers)
	if width > 1 && i.Sheet.Headers[width-1] == reason {
		width-- // a file that came from here
	}
	table := [][]string{append(slices.Clone(i.Sheet.Headers[:width]), reason)}
	for _, line := range i.Sheet.Rows {
		if text, ok := reasons[line.Number]; ok {
			table = append(table, append(slices.Clone(line.Cells[:width]), text))
		}
	}
	return table, nil
}
