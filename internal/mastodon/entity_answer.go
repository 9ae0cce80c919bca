package mastodon

import (
	"context"
	"html"

	"github.com/vorbild/vorbild/internal/post"
)

// leads are the paragraphs before those posts that say more of a practice than their text: how far its reuse is, or how it was
// assessed. Programs have no place for that.
func (s *Server) leads(ctx context.Context, views []post.View) (map[int64]string, error) {
	languages := map[int64]string{}
	var reuses, assessments []int64
	for _, v := range views {
		languages[v.Post.ID] = v.Post.Language
		switch v.Post.Role {
		case post.RoleReuse:
			reuses = append(reuses, v.Post.ID)
		case post.RoleAssessment:
			assessments = append(assessments, v.Post.ID)
		}
	}
	leads := map[int64]string{}
	reused, err := s.Reuses.ByPosts(ctx, reuses)
	if err != nil {
		return nil, err
	}
	for id, r := range reused {
		leads[id] = leadParagraph(r.Words(s.I18n.For(languages[id])))
	}
	assessed, err := s.Assessments.ByPosts(ctx, assessments)
	if err != nil {
		return nil, err
	}
	for id, a := range assessed {
		leads[id] = leadParagraph(a.Words(s.I18n.For(languages[id])))
	}
	return leads, nil
}

func leadParagraph(said, rest string) string {
	paragraph := "<p><strong>" + html.EscapeString(said) + "</strong>"
	if rest != "" {
		paragraph += "<br>" + html.EscapeString(rest)
	}
	return paragraph + "</p>"
}
