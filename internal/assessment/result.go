package assessment

import (
	"context"
	"fmt"

	"github.com/vorbild/vorbild/internal/post"
)

// Result is what is said of a practice: the years that were assessed, each with its numbers, and every assessment with its reason.
type Result struct {
	Years []Year
	List  []View // by year, the gravest first
}

// Year counts the assessments for one year. There is no average: who sees it differently stays visible.
type Year struct {
	Year                            int
	Critical, Attention, Uncritical int
	Begun, Advanced, Completed      int
	Urgent                          int
	Total                           int
}

// Of is the assessments of a practice that count, each account's last one for each year.
func (s *Service) Of(ctx context.Context, viewer post.Viewer, practiceID int64) (Result, error) {
	list, err := assessmentsOf(ctx, s.db, viewer.AccountID, practiceID)
	if err != nil {
		return Result{}, fmt.Errorf("assessment.Of %d: %w", practiceID, err)
	}
	ids := make([]int64, len(list))
	for i, a := range list {
		ids[i] = a.PostID
	}
	views, err := s.posts.ViewsByIDs(ctx, viewer, ids)
	if err != nil {
		return Result{}, fmt.Errorf("assessment.Of %d: notes: %w", practiceID, err)
	}
	byID := make(map[int64]post.View, len(views))
	for _, v := range views {
		byID[v.Post.ID] = v
	}
	var result Result
	for _, a := range list {
		v, ok := byID[a.PostID]
		if !ok {
			continue
		}
		result.List = append(result.List, View{View: v, Assessment: a})
		if n := len(result.Years); n == 0 || result.Years[n-1].Year != a.Horizon {
			result.Years = append(result.Years, Year{Year: a.Horizon})
		}
		result.Years[len(result.Years)-1].add(a)
	}
	return result, nil
}

func (y *Year) add(a Assessment) {
	y.Total++
	for _, c := range []struct {
		said bool
		n    *int
	}{
		{a.Status == Critical, &y.Critical}, {a.Status == Attention, &y.Attention}, {a.Status == Uncritical, &y.Uncritical},
		{a.Progress == "begun", &y.Begun}, {a.Progress == "advanced", &y.Advanced}, {a.Progress == "completed", &y.Completed},
		{a.Urgent, &y.Urgent},
	} {
		if c.said {
			*c.n++
		}
	}
}
