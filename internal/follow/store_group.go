package follow

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// FollowedGroups is SQL that selects, as target_id, the groups of other servers that one of our groups follows and nothing keeps
// us from reading: f is the follow, t the group. It can be narrowed by an AND behind it.
//
// RULE: the house decides whose judgement and whose directory its pages show. What a member follows as a person has no part in it.
const FollowedGroups = `
	SELECT f.target_id FROM follows f
	JOIN accounts r ON r.id = f.account_id AND r.domain IS NULL AND r.kind = 'group'
	JOIN accounts t ON t.id = f.target_id AND t.domain IS NOT NULL AND t.kind = 'group' AND t.state = 'active'
	WHERE f.state = 'accepted' AND f.undone_at IS NULL`

// FollowedByGroup reports whether a group is one of FollowedGroups.
func FollowedByGroup(ctx context.Context, q sqlx.ExtContext, accountID int64) (yes bool, err error) {
	err = sqlx.GetContext(ctx, q, &yes, `SELECT EXISTS (`+FollowedGroups+` AND f.target_id = $1)`, accountID)
	return yes, err
}
