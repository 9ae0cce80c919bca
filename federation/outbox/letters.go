package outbox

import (
	"container/list"
	"time"
)

// maxLetters is how many bytes of bodies are kept ready. What is being sent is kept beside that, however much it is.
const maxLetters = 8 << 20

// letter is an activity as it is sent, the same to everyone.
type letter struct {
	ID            int64     `db:"id"`
	AccountID     int64     `db:"account_id"`
	Body          []byte    `db:"body"`
	CreatedAt     time.Time `db:"created_at"`
	FollowersOnly bool      `db:"followers_only"`
}

// letters keeps what was read last: the same bytes go to thousands of lanes. It belongs to one goroutine.
type letters struct {
	limit int
	size  int
	byID  map[int64]*list.Element // of *letter
	order *list.List              // front: used last
}

func newLetters(limit int) *letters {
	return &letters{limit: limit, byID: map[int64]*list.Element{}, order: list.New()}
}

func (l *letters) get(id int64) (*letter, bool) {
	e, ok := l.byID[id]
	if !ok {
		return nil, false
	}
	l.order.MoveToFront(e)
	return e.Value.(*letter), true
}

func (l *letters) put(read *letter) {
	if _, ok := l.byID[read.ID]; ok {
		return
	}
	l.byID[read.ID] = l.order.PushFront(read)
	l.size += len(read.Body)
	for l.size > l.limit && l.order.Len() > 1 {
		oldest := l.order.Remove(l.order.Back()).(*letter)
		delete(l.byID, oldest.ID)
		l.size -= len(oldest.Body)
	}
}
