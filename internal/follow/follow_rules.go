package follow

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// mayActAs reports whether actor may speak for an account of ours: people for themselves, given the role; editors
// for our groups; nobody for anyone else.
func mayActAs(actor, as account.Account, role account.Role) bool {
	switch {
	case !as.Local():
		return false
	case as.Kind == account.Group:
		return actor.Able(account.RoleEditor)
	default:
		return actor.ID == as.ID && actor.Able(role)
	}
}

// needsApproval reports whether someone has to answer a follow of target by reader. Limited accounts ask, whomever they follow.
func (s *Service) needsApproval(reader, target account.Account) bool {
	return reader.Limited || target.ApprovesFollowers && !(target.Kind == account.Group && s.trusted(reader.Host()))
}

func (s *Service) trusted(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	for _, pattern := range s.autoAccept {
		pattern = strings.ToLower(strings.TrimSpace(pattern))
		if suffix, ok := strings.CutPrefix(pattern, "*"); ok && strings.HasPrefix(suffix, ".") {
			if strings.HasSuffix(name, suffix) {
				return true
			}
		} else if pattern != "" && pattern == host {
			return true
		}
	}
	return false
}

// languageForm is a code of ISO 639, as clients send it.
var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)

const maxLanguages = 50

func (o Options) checked() (Options, error) {
	if o.Languages == nil {
		return o, nil
	}
	languages := make([]string, 0, len(o.Languages))
	for _, code := range o.Languages {
		if code = strings.ToLower(strings.TrimSpace(code)); !languageForm.MatchString(code) {
			return o, fault.Fields(fault.Field{Name: "languages", Message: "error.follow.language", Args: map[string]any{"Code": code}})
		}
		if !slices.Contains(languages, code) && len(languages) < maxLanguages {
			languages = append(languages, code)
		}
	}
	o.Languages = languages
	return o, nil
}

// unblocked makes sure that neither of the two blocks the other, and that it stays so until the transaction ends.
func (s *Service) unblocked(ctx context.Context, tx *sqlx.Tx, reader, target account.Account) error {
	if err := lockPair(ctx, tx, reader.ID, target.ID); err != nil {
		return fmt.Errorf("follow: lock %d and %d: %w", reader.ID, target.ID, err)
	}
	byReader, byTarget, err := blocksBetween(ctx, tx, reader, target)
	switch {
	case err != nil:
		return fmt.Errorf("follow: blocks between %d and %d: %w", reader.ID, target.ID, err)
	case byReader:
		return fault.New(fault.Forbidden, "error.follow.blocking")
	case byTarget:
		return fault.New(fault.Forbidden, "error.follow.blocked")
	}
	return nil
}
