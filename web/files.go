package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
)

// fileView is an image that is read here, or a link to what lives elsewhere: reading our pages tells no other server of the reader.
type fileView struct {
	media.Media
	Path, Preview string // where an image is read here, also that of another server; "" for what is only a link
}

func (s *Site) fileView(m media.Media) fileView {
	switch {
	case m.File != "":
		return fileView{m, media.Path(m.File), media.Path(m.PreviewFile)}
	case m.Kind == media.Image:
		m.PreviewWidth, m.PreviewHeight = media.PreviewSize(m.Width, m.Height)
		return fileView{m, s.Media.RemotePath(media.Original, m.RemoteURL), s.Media.RemotePath(media.Preview, m.RemoteURL)}
	}
	return fileView{Media: m}
}

// Remote reports whether it is a link to elsewhere.
func (f fileView) Remote() bool { return f.Path == "" }

// Host is where it lives.
func (f fileView) Host() string {
	u, err := url.Parse(f.RemoteURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// pollView is a poll as the reader sees it: to choose from, or how it stands.
type pollView struct {
	poll.Poll
	Open    bool // not yet over
	Shown   bool // how it stands may be seen
	MayVote bool
	Answers []answerView
}

// answerView is one answer; Percent of those who voted.
type answerView struct {
	Title          string
	Votes, Percent int
	Own            bool
}

// hang completes posts with their files and polls.
func (s *Site) hang(r *http.Request, posts ...*postView) error {
	var ids []int64
	for _, p := range posts {
		if !p.Withdrawn() {
			ids = append(ids, p.Post.ID)
		}
	}
	files, err := s.Media.ByPosts(r.Context(), ids)
	if err != nil {
		return err
	}
	polls, err := s.Polls.ByPosts(r.Context(), viewer(r).AccountID, ids)
	if err != nil {
		return err
	}
	reader := currentAccount(r)
	for _, p := range posts {
		p.Files = nil
		for _, f := range files[p.Post.ID] {
			p.Files = append(p.Files, s.fileView(f))
		}
		if asked, ok := polls[p.Post.ID]; ok {
			p.Poll = viewOfPoll(asked, reader, time.Now())
		}
	}
	if err := s.hangAnswers(r, posts); err != nil {
		return err
	}
	return s.showObjects(r, posts, ids)
}

func viewOfPoll(p poll.Poll, reader *account.Account, now time.Time) *pollView {
	v := &pollView{Poll: p, Open: !p.Expired(now), Shown: p.TotalsShown(now)}
	v.MayVote = v.Open && !p.Voted && reader != nil && reader.Able(account.RoleGuest)
	whole := p.Votes()
	if p.Multiple && p.VotersCount > 0 {
		whole = p.VotersCount
	}
	for _, o := range p.Options {
		a := answerView{Title: o.Title, Votes: o.Votes}
		if whole > 0 {
			a.Percent = int(math.Round(100 * float64(o.Votes) / float64(whole)))
		}
		v.Answers = append(v.Answers, a)
	}
	for _, i := range p.OwnVotes {
		if i < len(v.Answers) {
			v.Answers[i].Own = true
		}
	}
	return v
}

// voteInPoll takes a reader's vote and leads back to the post. A mistake is said there.
func (s *Site) voteInPoll(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("vote: %w", err)
	}
	target, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	var choices []int
	for _, text := range r.PostForm["wahl"] {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1
		}
		choices = append(choices, n)
	}
	_, err = s.Polls.Vote(r.Context(), reader, id, choices)
	var f *fault.Error
	switch {
	case err == nil:
		s.flash(w, "success", "flash.poll.done")
	case errors.As(err, &f) && f.Kind == fault.Invalid && len(f.Fields) == 1:
		s.flash(w, "danger", "flash."+strings.TrimPrefix(f.Fields[0].Message, "error."))
	default:
		return fmt.Errorf("vote in %d: %w", id, err)
	}
	return s.back(w, r, target)
}
