package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/post"
)

// Report is the Report entity.
type Report struct {
	ID            string   `json:"id"`
	ActionTaken   bool     `json:"action_taken"`
	ActionTakenAt *string  `json:"action_taken_at"`
	Category      string   `json:"category"`
	Comment       string   `json:"comment"`
	Forwarded     bool     `json:"forwarded"`
	CreatedAt     string   `json:"created_at"`
	StatusIDs     []string `json:"status_ids"`
	RuleIDs       []string `json:"rule_ids"`
	TargetAccount Account  `json:"target_account"`
}

// POST /api/v1/reports
func (s *Server) createReport(c *call) (any, error) {
	r, err := s.Moderation.Submit(c.ctx(), c.account(), moderation.Draft{
		TargetID: c.params.id("account_id"), PostIDs: c.params.ids("status_ids"), RuleIDs: c.params.ids("rule_ids"),
		Category: c.params.text("category"), Comment: c.params.text("comment"), Forward: c.params.boolean("forward", false),
	})
	if err != nil {
		return nil, err
	}
	list, err := s.reportEntities(c.ctx(), c.viewer(), []moderation.View{r})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// reportEntities completes reports, in the given order.
func (s *Server) reportEntities(ctx context.Context, viewer post.Viewer, list []moderation.View) ([]Report, error) {
	targets := make([]account.Account, len(list))
	for i, r := range list {
		targets[i] = r.Target
	}
	accounts, err := s.accountEntities(ctx, targets)
	if err != nil {
		return nil, err
	}
	entities := make([]Report, len(list))
	for i, r := range list {
		entities[i] = Report{
			ID: idText(r.ID), ActionTaken: r.ResolvedAt != nil, ActionTakenAt: stampOrNil(r.ResolvedAt), Category: r.Category, Comment: r.Comment, Forwarded: r.Forward,
			CreatedAt: stamp(r.CreatedAt), StatusIDs: idTexts(r.PostIDs), RuleIDs: idTexts(r.RuleIDs), TargetAccount: accounts[i],
		}
	}
	return entities, nil
}

func idTexts(ids []int64) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = idText(id)
	}
	return texts
}
