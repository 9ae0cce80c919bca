package notification

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// Answer is what a person does with notifications of one sort of people.
type Answer string

const (
	Accept Answer = "accept"
	Filter Answer = "filter" // keep apart, until the person has decided about whoever causes them
	Drop   Answer = "drop"
)

// Policy is a person's answers, one for each kind of people they do not know; LimitedAccounts are those that moderators limited, by
// themselves or with their domain.
type Policy struct {
	NotFollowing    Answer `db:"for_not_following"`
	NotFollowers    Answer `db:"for_not_followers"`
	NewAccounts     Answer `db:"for_new_accounts"`
	PrivateMentions Answer `db:"for_private_mentions"`
	LimitedAccounts Answer `db:"for_limited_accounts"`
}

const (
	newAccount  = 30 * 24 * time.Hour
	newFollower = 3 * 24 * time.Hour // who follows only to get through is not let through by that
)

// defaultPolicy is that of who never set one.
var defaultPolicy = Policy{NotFollowing: Accept, NotFollowers: Accept, NewAccounts: Accept, PrivateMentions: Filter, LimitedAccounts: Filter}

// filterable are the kinds that the policy is asked about: not what the reader wished to hear of, nor what is their duty.
var filterable = []string{Mention, Reply, Follow, FollowRequest, Favourite, Boost}

// Policy returns the reader's answers.
func (s *Service) Policy(ctx context.Context, reader account.Account) (Policy, error) {
	return policyIn(ctx, s.db, reader.ID)
}

func policyIn(ctx context.Context, x sqlx.ExtContext, readerID int64) (Policy, error) {
	p, err := policyOf(ctx, x, readerID)
	if db.IsNotFound(err) {
		return defaultPolicy, nil
	}
	if err != nil {
		return p, fmt.Errorf("notification: policy of %d: %w", readerID, err)
	}
	return p, nil
}

// SavePolicy replaces the reader's answers. What was told before stays as it is.
func (s *Service) SavePolicy(ctx context.Context, reader account.Account, p Policy) error {
	for _, a := range []struct {
		name   string
		answer Answer
	}{
		{"for_not_following", p.NotFollowing}, {"for_not_followers", p.NotFollowers}, {"for_new_accounts", p.NewAccounts},
		{"for_private_mentions", p.PrivateMentions}, {"for_limited_accounts", p.LimitedAccounts},
	} {
		if !slices.Contains([]Answer{Accept, Filter, Drop}, a.answer) {
			return fault.Fields(fault.Field{Name: a.name, Message: "error.notification.policy"})
		}
	}
	if err := savePolicy(ctx, s.db, reader.ID, p); err != nil {
		return fmt.Errorf("notification.SavePolicy of %d: %w", reader.ID, err)
	}
	return nil
}

// answer says what becomes of a notification under the policy: the strictest answer that it meets.
func (p Policy) answer(kind string, from account.Account, about *post.Post, st standing, now time.Time) Answer {
	staff := from.Local() && from.Able(account.RoleModerator) && (kind == Mention || kind == Reply)
	if !slices.Contains(filterable, kind) || st.LetIn || staff {
		return Accept
	}
	strictest := Accept
	meets := func(answer Answer) {
		if answer == Drop || strictest == Accept {
			strictest = answer
		}
	}
	if !st.Following {
		meets(p.NotFollowing)
		if from.Limited {
			meets(p.LimitedAccounts)
		}
		if now.Sub(from.CreatedAt) < newAccount {
			meets(p.NewAccounts)
		}
		// An answer to the reader's own words is none that comes out of the blue.
		if kind == Mention && about != nil && about.Visibility == post.Direct && !st.Corresponds {
			meets(p.PrivateMentions)
		}
	}
	if !st.Followed {
		meets(p.NotFollowers)
	}
	return strictest
}
