package account

import "strings"

// Heard returns the SQL condition that the account whose id the expression names is not hidden, that the viewer neither blocks nor
// mutes it, nor its instance, and is not blocked by it. Every list of what accounts do contains it: the rule stands only here.
func Heard(accountID, viewer string) string { return shown(accountID, Wanted(accountID, viewer)) }

// HeardOfMany is Heard for queries that need every account they ask about, not the newest few: hidden ones are kept out by one join
// with their small index, in place of a look-up for each.
func HeardOfMany(accountID, viewer string) string {
	return `(NOT EXISTS (SELECT 1 FROM accounts shut WHERE shut.id = ` + accountID + ` AND shut.hidden) AND ` + Wanted(accountID, viewer) + `)`
}

// Told is Heard for notifications: a mute may leave those alone.
func Told(accountID, viewer string) string {
	return shown(accountID, wanted(accountID, viewer, "m.notifications"))
}

// Wanted is Heard for who has seen to it that the account is not hidden.
func Wanted(accountID, viewer string) string { return wanted(accountID, viewer, "true") }

func shown(accountID, condition string) string {
	return `(coalesce((SELECT false FROM accounts shut WHERE shut.id = ` + accountID + ` AND shut.hidden), true) AND ` + condition + `)`
}

// Most readers block no instance, and are asked so once. The others' names are never joined with the accounts: for who follows many,
// that read every account there is.
func wanted(accountID, viewer, muted string) string {
	return strings.NewReplacer("{account}", accountID, "{viewer}", viewer+"::bigint", "{muted}", muted).Replace(`(
		NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = {viewer} AND b.target_id = {account})
		AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = {account} AND b.target_id = {viewer})
		AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = {viewer} AND m.target_id = {account} AND {muted} AND (m.expires_at IS NULL OR m.expires_at > now()))
		AND (NOT EXISTS (SELECT 1 FROM domain_blocks d WHERE d.account_id = {viewer})
			OR coalesce((SELECT teller.domain FROM accounts teller WHERE teller.id = {account})
				NOT IN (SELECT d.domain FROM domain_blocks d WHERE d.account_id = {viewer}), true)))`)
}
