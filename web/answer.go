package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/reuse"
)

// saidView is what an answer to a practice says beyond its text: how far its reuse is, or how it was assessed.
type saidView struct {
	Reuse      *reuse.Reuse
	Assessment *assessment.Assessment
	EditHref   string // of the form in which it was said
}

// hangAnswers adds it to the posts of a thread or a list.
func (s *Site) hangAnswers(r *http.Request, posts []*postView) error {
	var reuses, assessments []int64
	for _, p := range posts {
		switch p.Post.Role {
		case post.RoleReuse:
			reuses = append(reuses, p.Post.ID)
		case post.RoleAssessment:
			assessments = append(assessments, p.Post.ID)
		}
	}
	reused, err := s.Reuses.ByPosts(r.Context(), reuses)
	if err != nil {
		return err
	}
	assessed, err := s.Assessments.ByPosts(r.Context(), assessments)
	if err != nil {
		return err
	}
	for _, p := range posts {
		if said, ok := reused[p.Post.ID]; ok && !p.Withdrawn() && p.Post.InReplyToID != nil {
			p.Answer = &saidView{Reuse: &said, EditHref: practiceURL(*p.Post.InReplyToID) + "/nachnutzen"}
		}
		if said, ok := assessed[p.Post.ID]; ok && !p.Withdrawn() && p.Post.InReplyToID != nil {
			p.Answer = &saidView{Assessment: &said, EditHref: fmt.Sprintf("%s/bewerten?jahr=%d", practiceURL(*p.Post.InReplyToID), said.Horizon)}
		}
	}
	return nil
}
