// Package job is the queue: River on PostgreSQL. Jobs are inserted in the transaction of the change they follow
// from, and carry ids, never objects. The kinds stand here; who works them is said in internal/app.
package job

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Verb says what a Distribute job tells the world.
type Verb string

const (
	CreatePost     Verb = "create_post"     // ID: posts.id
	UpdatePost     Verb = "update_post"     // ID: posts.id
	DeletePost     Verb = "delete_post"     // ID: posts.id
	Like           Verb = "like"            // ID: favourites.id
	UndoLike       Verb = "undo_like"       // ID: favourites.id
	Announce       Verb = "announce"        // ID: boosts.id
	UndoAnnounce   Verb = "undo_announce"   // ID: boosts.id
	Follow         Verb = "follow"          // ID: follows.id
	UndoFollow     Verb = "undo_follow"     // ID: follows.id
	AcceptFollow   Verb = "accept_follow"   // ID: follows.id
	RejectFollow   Verb = "reject_follow"   // ID: follows.id
	DisownFollow   Verb = "disown_follow"   // ID: follows.id; another server believes that it stands
	UpdateAccount  Verb = "update_account"  // ID: accounts.id
	RotateKey      Verb = "rotate_key"      // ID: accounts.id; its key is new
	AddCurated     Verb = "add_curated"     // ID: curation_decisions.id
	RemoveCurated  Verb = "remove_curated"  // ID: curation_decisions.id
	AddFeatured    Verb = "add_featured"    // ID: curation_decisions.id
	RemoveFeatured Verb = "remove_featured" // ID: curation_decisions.id
	TellCollection Verb = "tell_collection" // ID: collection_changes.id
	UpdatePoll     Verb = "update_poll"     // ID: posts.id; only its votes changed
	Vote           Verb = "vote"            // ID: poll_votes.id
	AskQuote       Verb = "ask_quote"       // ID: posts.id; it quotes a post of another server
	AnswerQuote    Verb = "answer_quote"    // ID: quote_requests.id
	RevokeQuote    Verb = "revoke_quote"    // ID: quote_requests.id
	UpdateQuote    Verb = "update_quote"    // ID: posts.id; only the leave to quote changed
	MoveAccount    Verb = "move_account"    // ID: accounts.id
	DeleteAccount  Verb = "delete_account"  // ID: accounts.id
	Block          Verb = "block"           // ID: blocks.id
	UndoBlock      Verb = "undo_block"      // ID: blocks.id, of a row that is gone
	Flag           Verb = "flag"            // ID: reports.id
	PinPost        Verb = "pin_post"        // ID: posts.id
	UnpinPost      Verb = "unpin_post"      // ID: posts.id
	AddListed      Verb = "add_listed"      // ID: directory_entries.id; new, changed or confirmed
	RemoveListed   Verb = "remove_listed"   // ID: directory_entries.id, of a row that is gone
)

// Distribute renders one activity, stores its bytes and fills the lanes of the hosts that should get it.
// It renders what is true when it runs: a create of something withdrawn meanwhile sends nothing, and an update
// or undo of something that was never sent sends nothing.
type Distribute struct {
	Verb Verb  `json:"verb"`
	ID   int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (Distribute) Kind() string { return "activity.distribute" }

// GroupAnnounce lets a local group pass on an activity about a post of its board (FEP-1b12).
// Exactly one of ActivityID (activities.id, ours) and InboxID (inbox_activities.id, received) is set.
type GroupAnnounce struct {
	GroupID    int64 `json:"group_id"`
	ActivityID int64 `json:"activity_id,omitempty"`
	InboxID    int64 `json:"inbox_id,omitempty"`
}

// Kind implements river.JobArgs.
func (GroupAnnounce) Kind() string { return "group.announce" }

// FetchPost gets a post by its ActivityPub id from its origin, with the parents it lacks.
type FetchPost struct {
	URI string `json:"uri"`
}

// Kind implements river.JobArgs.
func (FetchPost) Kind() string { return "post.fetch" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchPost) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 8, UniqueOpts: uniqueWhileWaiting}
}

// VerifyQuote looks up whether a received post may quote what it quotes. PostID: posts.id of the one that quotes; Depth is how
// many quotes led to it.
type VerifyQuote struct {
	PostID int64 `json:"post_id"`
	Depth  int   `json:"depth"`
}

// Kind implements river.JobArgs.
func (VerifyQuote) Kind() string { return "quote.verify" }

// InsertOpts implements river.JobArgsWithInsertOpts. It is not unique: a stamp may arrive while the quote is looked up without it.
func (VerifyQuote) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 8}
}

// FetchThread completes a thread that began at another server. PostID: posts.id of its first post, as far as we know it.
type FetchThread struct {
	PostID int64 `json:"post_id"`
}

// Kind implements river.JobArgs.
func (FetchThread) Kind() string { return "thread.fetch" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (FetchThread) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 4, UniqueOpts: uniqueWhileWaiting}
}

// ReadCurated reads the collections of another server's catalogue that one of our groups follows. AccountID: accounts.id.
type ReadCurated struct {
	AccountID int64 `json:"account_id"`
}

// Kind implements river.JobArgs.
func (ReadCurated) Kind() string { return "curated.read" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadCurated) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 4, UniqueOpts: uniqueWhileWaiting}
}

// ReadTaxonomy reads the taxonomy of another instance that one of ours is kept as. Scheme: terms.scheme.
type ReadTaxonomy struct {
	Scheme string `json:"scheme"`
}

// Kind implements river.JobArgs.
func (ReadTaxonomy) Kind() string { return "taxonomy.read" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadTaxonomy) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 4, UniqueOpts: uniqueWhileWaiting}
}

// ReadDirectory reads the directory of another server's catalogue that one of our groups follows. AccountID: accounts.id; Hint: how
// often its owner had told of a change, 0 where it is read because it is time to.
type ReadDirectory struct {
	AccountID int64 `json:"account_id"`
	Hint      int   `json:"hint,omitempty"`
}

// Kind implements river.JobArgs.
func (ReadDirectory) Kind() string { return "directory.read" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadDirectory) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 4, UniqueOpts: uniqueWhileWaiting}
}

// SynchronizeFollowers compares who of us follows an actor with what the actor's server says (FEP-8fcf). There is at most
// one per actor. AccountID: accounts.id; URL and Digest: what its server said.
type SynchronizeFollowers struct {
	AccountID int64  `json:"account_id" river:"unique"`
	URL       string `json:"url"`
	Digest    string `json:"digest"`
}

// Kind implements river.JobArgs.
func (SynchronizeFollowers) Kind() string { return "followers.synchronize" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (SynchronizeFollowers) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 4, UniqueOpts: uniqueWhileWaiting}
}

// Backfill reads the outbox of an account that we began to follow. AccountID: accounts.id.
type Backfill struct {
	AccountID int64 `json:"account_id"`
}

// Kind implements river.JobArgs.
func (Backfill) Kind() string { return "account.backfill" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Backfill) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueFetch, MaxAttempts: 8, UniqueOpts: uniqueWhileWaiting}
}

// Move leads those of ours on who followed an account that has moved. AccountID, TargetID: accounts.id.
type Move struct {
	AccountID int64 `json:"account_id"`
	TargetID  int64 `json:"target_id"`
}

// Kind implements river.JobArgs.
func (Move) Kind() string { return "account.move" }

// Notify tells a local account that something happened; it looks up who must hear of it.
type Notify struct {
	Event NotifyEvent `json:"event"`
	ID    int64       `json:"id"`
}

// NotifyEvent names what happened.
type NotifyEvent string

const (
	NotifyPost      NotifyEvent = "post"      // ID: posts.id; mentions and replies
	NotifyFollow    NotifyEvent = "follow"    // ID: follows.id; follow or request
	NotifyFavourite NotifyEvent = "favourite" // ID: favourites.id
	NotifyPoll      NotifyEvent = "poll"      // ID: posts.id; a poll has closed
	NotifyReport    NotifyEvent = "report"    // ID: reports.id; for the moderators
	NotifyInvited   NotifyEvent = "invited"   // ID: assessment_invitations.id, of one of ours
	NotifyAssigned  NotifyEvent = "assigned"  // ID: curation_decisions.id, which gave a practice on the desk to one of the editors
	NotifyMoved     NotifyEvent = "moved"     // ID: follows.id, of the follow that ended because its target moved
	NotifyReview    NotifyEvent = "review"    // ID: practice_log.id; what was said and decided before a practice is published
	NotifySearch    NotifyEvent = "search"    // ID: saved_search_hits.id
	NotifyListed    NotifyEvent = "listed"    // ID: directory_entries.id, of one of ours that nobody has confirmed for a year
	NotifyBoost     NotifyEvent = "boost"     // ID: boosts.id; a group's boost of a practice it does not host is a curation
)

// Kind implements river.JobArgs.
func (Notify) Kind() string { return "notification.notify" }

// PushSend wakes one client with one notification (Web Push).
type PushSend struct {
	NotificationID int64 `json:"notification_id"`
	SubscriptionID int64 `json:"subscription_id"`
}

// Kind implements river.JobArgs.
func (PushSend) Kind() string { return "push.send" }

// InsertOpts implements river.JobArgsWithInsertOpts. After twelve attempts, in half an hour, the message is old.
func (PushSend) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueuePush, MaxAttempts: 12}
}

// Forget withdraws what an account of another server wrote and liked, because it was deleted there. AccountID: accounts.id.
type Forget struct {
	AccountID int64 `json:"account_id"`
}

// Kind implements river.JobArgs.
func (Forget) Kind() string { return "account.forget" }

// Arrive puts a practice, ours or received, on the desk of an instance that curates. PostID: posts.id.
type Arrive struct {
	PostID int64 `json:"post_id"`
}

// Kind implements river.JobArgs.
func (Arrive) Kind() string { return "curation.arrive" }

// PublishScheduled publishes a post that waits for its time. Moving it leaves the job of the old time behind, which then finds
// that it is too early. ID: scheduled_posts.id.
type PublishScheduled struct {
	ID int64     `json:"id"`
	At time.Time `json:"at"`
}

// Kind implements river.JobArgs.
func (PublishScheduled) Kind() string { return "schedule.publish" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (p PublishScheduled) InsertOpts() river.InsertOpts {
	return river.InsertOpts{ScheduledAt: p.At, UniqueOpts: uniqueWhileWaiting}
}

// ClosePoll ends a poll at its time. An edit that moves its end leaves the job of the old one behind, which then finds that
// it is too early. PostID: posts.id.
type ClosePoll struct {
	PostID int64     `json:"post_id"`
	At     time.Time `json:"at"`
}

// Kind implements river.JobArgs.
func (ClosePoll) Kind() string { return "poll.close" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (c ClosePoll) InsertOpts() river.InsertOpts {
	return river.InsertOpts{ScheduledAt: c.At, UniqueOpts: uniqueWhileWaiting}
}

// TellPoll tells other servers how a poll stands, once for all votes of a minute: Minute (since 1970) is the one after
// them. It is worked a little later than it begins, so that votes whose transactions take their time are counted too.
type TellPoll struct {
	PostID int64 `json:"post_id"`
	Minute int64 `json:"minute"`
}

// Kind implements river.JobArgs.
func (TellPoll) Kind() string { return "poll.tell" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (t TellPoll) InsertOpts() river.InsertOpts {
	return river.InsertOpts{ScheduledAt: time.Unix(t.Minute*60+5, 0), UniqueOpts: uniqueWhileWaiting}
}

// RemoveFiles deletes files of media that no longer belong to anything.
type RemoveFiles struct {
	Files []string `json:"files"`
}

// Kind implements river.JobArgs.
func (RemoveFiles) Kind() string { return "media.remove_files" }

// Enforce carries out what it means that domains are suspended: follows end, what waits for them is not sent.
type Enforce struct{}

// Kind implements river.JobArgs.
func (Enforce) Kind() string { return "policy.enforce" }

// Purge removes what the accounts of a suspended domain wrote and said of themselves. Domain: domain_rules.domain.
type Purge struct {
	Domain string `json:"domain"`
}

// Kind implements river.JobArgs.
func (Purge) Kind() string { return "policy.purge" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Purge) InsertOpts() river.InsertOpts { return river.InsertOpts{UniqueOpts: uniqueWhileWaiting} }

// TellUnseen has told, of what our desk accepted, what is shown no longer, or again, without a decision of the desk's: because
// moderators restricted somebody, or an account is gone. It is not unique: one that runs may have looked before this change.
type TellUnseen struct{}

// Kind implements river.JobArgs.
func (TellUnseen) Kind() string { return "curation.tell_unseen" }

// RemindReview brings a practice to mind that waits to be approved since Asked. PostID: posts.id.
type RemindReview struct {
	PostID int64     `json:"post_id"`
	Asked  time.Time `json:"asked"`
	At     time.Time `json:"at"`
}

// Kind implements river.JobArgs.
func (RemindReview) Kind() string { return "review.remind" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (r RemindReview) InsertOpts() river.InsertOpts {
	return river.InsertOpts{ScheduledAt: r.At, UniqueOpts: uniqueWhileWaiting}
}

// Import makes drafts of the rows of a sheet. ID: imports.id.
type Import struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (Import) Kind() string { return "import.run" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Import) InsertOpts() river.InsertOpts { return river.InsertOpts{UniqueOpts: uniqueWhileWaiting} }

// PrintEdition makes the PDF of a published edition and tells the followers of it. ID: editions.id.
type PrintEdition struct {
	ID int64 `json:"id"`
}

// Kind implements river.JobArgs.
func (PrintEdition) Kind() string { return "edition.print" }

// InsertOpts implements river.JobArgsWithInsertOpts. Eleven attempts last a quarter of an hour: longer than the printer refuses a page
// that took it too long once.
func (PrintEdition) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 11, UniqueOpts: uniqueWhileWaiting}
}

// Queues and how many jobs of each one process works at a time.
const (
	QueueDefault = river.QueueDefault
	QueueFetch   = "fetch" // apart from what arrives: other servers decide how long it takes
	QueuePush    = "push"  // services of others, whose slowness nobody else should feel
)

var uniqueWhileWaiting = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}
