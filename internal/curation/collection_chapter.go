package curation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// By what chapters can be made.
const (
	ByGoal  = "goal"
	ByField = "field"
	ByLevel = "level"
)

func errNoChapter() error { return fault.New(fault.NotFound, "error.collection.no_chapter") }

func (a *arrangement) chapterAt(id int64) int {
	return slices.IndexFunc(a.Chapters, func(c Chapter) bool { return c.ID == id })
}

// SaveChapter adds a chapter (ID 0) at the end, or changes one. Editors. Errors: fault.Invalid with fields named like the form.
func (s *Service) SaveChapter(ctx context.Context, actor account.Account, collectionID int64, c Chapter) error {
	var err error
	if c.Name, c.Introduction, err = written(c.Name, c.Introduction, MaxChapterIntroduction); err != nil {
		return err
	}
	err = s.arrange(ctx, actor, collectionID, "chapter", func(a *arrangement) (string, error) {
		if c.ID == 0 {
			if len(a.Chapters) >= MaxChapters {
				return "", fault.Fields(fault.Field{Name: "name", Message: "error.collection.many_chapters", Args: map[string]any{"Max": MaxChapters}})
			}
			return c.Name, a.addChapter(ctx, c.Name, c.Introduction, len(a.Chapters)+1)
		}
		if a.chapterAt(c.ID) < 0 {
			return "", errNoChapter()
		}
		return c.Name, updateChapter(ctx, a.tx, c)
	})
	if db.IsUniqueViolation(err, "collection_chapters_collection_id_name_key") {
		return fault.Fields(fault.Field{Name: "name", Message: "error.collection.chapter_exists"})
	}
	return err
}

func (a *arrangement) addChapter(ctx context.Context, name, introduction string, position int) error {
	c := Chapter{ID: db.NewID(time.Now()), Name: name, Introduction: introduction}
	a.Chapters = append(a.Chapters, c)
	return insertChapter(ctx, a.tx, a.ID, c, position)
}

// MoveChapter puts a chapter before the one above it, or behind the one below. Editors.
func (s *Service) MoveChapter(ctx context.Context, actor account.Account, collectionID, id int64, up bool) error {
	return s.arrange(ctx, actor, collectionID, "chapter", func(a *arrangement) (string, error) {
		at := a.chapterAt(id)
		if at < 0 {
			return "", errNoChapter()
		}
		to := at + 1
		if up {
			to = at - 1
		}
		if to < 0 || to >= len(a.Chapters) {
			return "", nil // at its end already, as after a second click
		}
		a.Chapters[at], a.Chapters[to] = a.Chapters[to], a.Chapters[at]
		ids := make([]int64, len(a.Chapters))
		for i, c := range a.Chapters {
			ids[i] = c.ID
		}
		return a.Chapters[to].Name, placeChapters(ctx, a.tx, ids)
	})
}

// RemoveChapter takes a chapter away; its entries stand without one. Editors.
func (s *Service) RemoveChapter(ctx context.Context, actor account.Account, collectionID, id int64) error {
	return s.arrange(ctx, actor, collectionID, "chapter_remove", func(a *arrangement) (string, error) {
		at := a.chapterAt(id)
		if at < 0 {
			return "", errNoChapter()
		}
		return a.Chapters[at].Name, deleteChapter(ctx, a.tx, id)
	})
}

// ArrangeBy makes a chapter of each goal, field or level that the entries have, in the order of the taxonomy or from the Bund
// downwards, and puts every entry into that of its first one; what has none comes last, without a chapter before. Chapters of
// before that have a text or such a name stay. names are what people call the levels.
func (s *Service) ArrangeBy(ctx context.Context, actor account.Account, collectionID int64, by string, names func(level string) string) error {
	if by != ByGoal && by != ByField && by != ByLevel {
		return fault.Fields(fault.Field{Name: "by", Message: "error.field.choice"})
	}
	return s.arrange(ctx, actor, collectionID, "arrange", func(a *arrangement) (string, error) {
		ids := make([]int64, len(a.Entries))
		for i, e := range a.Entries {
			ids[i] = e.PostID
		}
		details, err := s.practices.ByPosts(ctx, ids)
		if err != nil {
			return "", err
		}
		order, err := s.chapterOrder(ctx, by, names)
		if err != nil {
			return "", err
		}
		nameOf := func(p practice.Practice) string {
			switch {
			case by == ByLevel && p.Level != "":
				return names(string(p.Level))
			case by == ByGoal && len(p.Goals) > 0:
				return p.Goals[0].Name
			case by == ByField && len(p.Fields) > 0:
				return p.Fields[0].Name
			}
			return ""
		}
		return by, a.rearrange(ctx, order, func(e Entry) string { return nameOf(details[e.PostID]) })
	})
}

// chapterOrder lists the names of chapters in the order they come in.
func (s *Service) chapterOrder(ctx context.Context, by string, names func(level string) string) (order []string, err error) {
	if by == ByLevel {
		for _, level := range organization.Levels {
			order = append(order, names(string(level)))
		}
		return order, nil
	}
	scheme := map[string]string{ByGoal: practice.SchemeGoal, ByField: practice.SchemeField}[by]
	terms, err := s.practices.Terms(ctx, scheme)
	if err != nil {
		return nil, err
	}
	for _, t := range terms {
		order = append(order, t.Name)
	}
	return order, nil
}

// rearrange makes the chapters that the entries say they belong to.
func (a *arrangement) rearrange(ctx context.Context, order []string, chapterOf func(e Entry) string) error {
	rank := func(name string) int {
		if i := slices.IndexFunc(order, func(o string) bool { return strings.EqualFold(o, name) }); i >= 0 {
			return i
		}
		return len(order) // of another instance's taxonomy
	}
	byName := map[string]Chapter{}
	for _, c := range a.Chapters {
		byName[strings.ToLower(c.Name)] = c
	}
	var wanted []string
	used := map[string]bool{}
	for _, e := range a.Entries {
		if name := chapterOf(e); name != "" && !used[strings.ToLower(name)] {
			used[strings.ToLower(name)] = true
			wanted = append(wanted, name)
		}
	}
	slices.SortStableFunc(wanted, func(x, y string) int { return cmp.Compare(rank(x), rank(y)) })
	kept := len(a.Chapters)
	for _, c := range a.Chapters {
		if c.Introduction == "" && !used[strings.ToLower(c.Name)] {
			if err := deleteChapter(ctx, a.tx, c.ID); err != nil {
				return fmt.Errorf("curation: chapter %d: %w", c.ID, err)
			}
			kept--
		}
	}
	ids := make([]int64, 0, len(wanted))
	for _, name := range wanted {
		c, ok := byName[strings.ToLower(name)]
		if !ok {
			if kept++; kept > MaxChapters {
				return fault.Fields(fault.Field{Name: "by", Message: "error.collection.many_chapters", Args: map[string]any{"Max": MaxChapters}})
			}
			if err := a.addChapter(ctx, name, "", kept); err != nil {
				return fmt.Errorf("curation: chapter %q: %w", name, err)
			}
			c = a.Chapters[len(a.Chapters)-1]
			byName[strings.ToLower(name)] = c
		}
		ids = append(ids, c.ID)
	}
	for _, c := range a.Chapters { // those with a text of their own come behind
		if c.Introduction != "" && !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	if err := placeChapters(ctx, a.tx, ids); err != nil {
		return fmt.Errorf("curation: chapters of %d: %w", a.ID, err)
	}
	for _, e := range a.Entries {
		e.ChapterID = byName[strings.ToLower(chapterOf(e))].ID
		if err := updateCollected(ctx, a.tx, a.ID, e); err != nil {
			return fmt.Errorf("curation: entry %d of %d: %w", e.PostID, a.ID, err)
		}
	}
	return nil
}
