package account

import "strings"

// Heard returns the SQL condition that the viewer neither blocks nor mutes the account whose id the expression names, nor
// its instance, and is not blocked by it. Every list of what accounts do contains it: the rule stands only here.
func Heard(accountID, viewer string) string { return heard(accountID, viewer, "true") }

// Told is Heard for notifications: a mute may leave those alone.
func Told(accountID, viewer string) string { return heard(accountID, viewer, "m.notifications") }

func heard(accountID, viewer, muted string) string {
	return strings.NewReplacer("{account}", accountID, "{viewer}", viewer+"::bigint", "{muted}", muted).Replace(`(
		NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = {viewer} AND b.target_id = {account})
		AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = {account} AND b.target_id = {viewer})
		AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = {viewer} AND m.target_id = {account} AND {muted} AND (m.expires_at IS NULL OR m.expires_at > now()))
		AND NOT EXISTS (
			SELECT 1 FROM domain_blocks d JOIN accounts a ON a.domain = d.domain WHERE d.account_id = {viewer} AND a.id = {account}))`)
}
