package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/lane"
)

const (
	// lanesPath is where administrators see how deliveries to other instances fare.
	lanesPath = "/verwaltung/foederation/zustellung"

	lanesAtOnce      = 50
	deliveriesAtOnce = 50
)

// stateWords are the lanes' states in the address.
var stateWords = map[string]lane.State{
	"laeuft": lane.Running, "wartet": lane.Waiting, "angehalten": lane.Held, "ruht": lane.Parked, "verloren": lane.Lost, "leer": lane.Quiet,
}

// stateBadges are the kinds of badge that show them.
var stateBadges = map[lane.State]string{
	lane.Running: "info", lane.Waiting: "info", lane.Held: "warning", lane.Parked: "danger", lane.Lost: "danger", lane.Quiet: "success",
}

// laneRow is one lane as pages show it.
type laneRow struct{ lane.Lane }

// Badge is the kind of badge of its state.
func (l laneRow) Badge() string { return stateBadges[l.State] }

// Address is that of its own page.
func (l laneRow) Address() string { return laneAddress(l.Host) }

func laneAddress(host string) string { return lanesPath + "/" + url.PathEscape(host) }

// lanesView is a page of the list.
type lanesView struct {
	Text   string // searched for
	States []option
	Tabs   []laneTab
	Lanes  []laneRow
	Count  int // of all that were found
	Pages  pagination
	Errors formErrors
}

// laneTab is how many lanes are in a state.
type laneTab struct {
	State lane.State
	Badge string
	Count int
}

func (s *Site) showLanes(w http.ResponseWriter, r *http.Request) error {
	admin, err := s.require(r, account.RoleAdmin)
	if err != nil {
		return err
	}
	asked := r.URL.Query()
	view := lanesView{Text: asked.Get("q")}
	filter := lane.Filter{Query: view.Text, State: stateWords[asked.Get("stand")], Limit: lanesAtOnce, Offset: offsetOf(r, lanesAtOnce)}
	list, total, err := s.Lanes.List(r.Context(), admin, filter)
	if err != nil {
		return fmt.Errorf("lanes: %w", err)
	}
	for _, l := range list {
		view.Lanes = append(view.Lanes, laneRow{l})
	}
	view.Count, view.Pages = total, paginate(r, filter.Offset, lanesAtOnce, total)
	if view.Tabs, err = s.laneTabs(r); err != nil {
		return err
	}
	view.States = []option{{Value: "", Label: s.t(r, "lanes.state.all"), Selected: filter.State == ""}}
	for _, state := range lane.States {
		for word, known := range stateWords {
			if known == state {
				view.States = append(view.States, option{Value: word, Label: s.t(r, "lanes.state."+string(state)), Selected: state == filter.State})
			}
		}
	}
	return s.render(w, r, http.StatusOK, "admin_lanes", page{Title: s.t(r, "lanes.title"), Nav: "administration", Data: view, NoIndex: true})
}

// laneTabs counts the lanes in each state in which there are any.
func (s *Site) laneTabs(r *http.Request) ([]laneTab, error) {
	counts, err := s.Lanes.Counts(r.Context())
	if err != nil {
		return nil, fmt.Errorf("lanes: %w", err)
	}
	var tabs []laneTab
	for _, state := range lane.States {
		if n := counts[state]; n > 0 {
			tabs = append(tabs, laneTab{State: state, Badge: stateBadges[state], Count: n})
		}
	}
	return tabs, nil
}

// laneView is one lane with what waits in it, or what did not arrive.
type laneView struct {
	Lane       laneRow
	Show       string // lane.Pending, lane.Failed or lane.Dropped
	Deliveries []deliveryRow
	Next       string // address of what comes behind them
}

// deliveryWords are the states of deliveries in the address.
var deliveryWords = map[string]string{"": lane.Pending, "gescheitert": lane.Failed, "verworfen": lane.Dropped}

func (s *Site) showLane(w http.ResponseWriter, r *http.Request) error {
	admin, l, err := s.laneAt(r)
	if err != nil {
		return err
	}
	word := r.URL.Query().Get("stand")
	view := laneView{Lane: laneRow{l}, Show: deliveryWords[word]}
	if view.Show == "" {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	list, err := s.Lanes.Deliveries(r.Context(), admin, l.Host, view.Show, maxID(r), deliveriesAtOnce+1)
	if err != nil {
		return fmt.Errorf("lane %s: %w", l.Host, err)
	}
	if len(list) > deliveriesAtOnce {
		list = list[:deliveriesAtOnce]
		q := url.Values{"vor": {strconv.FormatInt(list[deliveriesAtOnce-1].ID, 10)}}
		if word != "" {
			q.Set("stand", word)
		}
		view.Next = address(laneAddress(l.Host), q)
	}
	if view.Deliveries, err = s.deliveryRows(r, list); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "admin_lane", page{Title: s.t(r, "lanes.one", "Host", l.Host), Nav: "administration", Data: view, NoIndex: true})
}

// laneAt returns the administrator and the lane that the path names.
func (s *Site) laneAt(r *http.Request) (admin account.Account, l lane.Lane, err error) {
	if admin, err = s.require(r, account.RoleAdmin); err != nil {
		return admin, l, err
	}
	l, err = s.Lanes.Get(r.Context(), admin, mux.Vars(r)["host"])
	return admin, l, err
}

// deliveryAt returns the administrator and the delivery that the path names.
func (s *Site) deliveryAt(r *http.Request) (admin account.Account, d lane.Delivery, err error) {
	if admin, err = s.require(r, account.RoleAdmin); err != nil {
		return admin, d, err
	}
	id, err := pathID(r)
	if err != nil {
		return admin, d, err
	}
	if d, err = s.Lanes.Delivery(r.Context(), admin, id); err == nil && d.Host != mux.Vars(r)["host"] {
		err = fault.New(fault.NotFound, "error.lane.notfound")
	}
	return admin, d, err
}

func (s *Site) retryLane(w http.ResponseWriter, r *http.Request) error {
	admin, l, err := s.laneAt(r)
	if err == nil {
		err = s.Lanes.Retry(r.Context(), admin, l.Host)
	}
	return s.laneDone(w, r, l.Host, "flash.lane.retry", err)
}

func (s *Site) retryDelivery(w http.ResponseWriter, r *http.Request) error {
	admin, d, err := s.deliveryAt(r)
	if err == nil {
		err = s.Lanes.RetryDelivery(r.Context(), admin, d.ID)
	}
	return s.laneDone(w, r, d.Host, "flash.lane.retry", err)
}

// confirmDropLane asks before all that waits for an instance is given up.
func (s *Site) confirmDropLane(w http.ResponseWriter, r *http.Request) error {
	_, l, err := s.laneAt(r)
	if err != nil {
		return err
	}
	return s.confirmDrop(w, r, l.Host, s.t(r, "lanes.drop.title", "Host", l.Host), s.t(r, "lanes.drop.text", "Count", l.Pending+l.Failed), "/verwerfen")
}

func (s *Site) confirmDropDelivery(w http.ResponseWriter, r *http.Request) error {
	_, d, err := s.deliveryAt(r)
	if err != nil {
		return err
	}
	rows, err := s.deliveryRows(r, []lane.Delivery{d})
	if err != nil {
		return err
	}
	return s.confirmDrop(w, r, d.Host, s.t(r, "lanes.drop.one.title", "Host", d.Host), s.t(r, "lanes.drop.one.text", "What", rows[0].Name()),
		fmt.Sprintf("/%d/verwerfen", d.ID))
}

func (s *Site) confirmDrop(w http.ResponseWriter, r *http.Request, host, title, text, action string) error {
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "administration", NoIndex: true, Data: confirmView{
		Title: title, Text: text, Button: s.t(r, "lanes.drop"), Action: laneAddress(host) + action, Cancel: laneAddress(host),
	}})
}

func (s *Site) dropLane(w http.ResponseWriter, r *http.Request) error {
	admin, l, err := s.laneAt(r)
	if err == nil {
		err = s.Lanes.Drop(r.Context(), admin, l.Host)
	}
	return s.laneDone(w, r, l.Host, "flash.lane.drop", err)
}

func (s *Site) dropDelivery(w http.ResponseWriter, r *http.Request) error {
	admin, d, err := s.deliveryAt(r)
	if err == nil {
		err = s.Lanes.DropDelivery(r.Context(), admin, d.ID)
	}
	return s.laneDone(w, r, d.Host, "flash.lane.drop", err)
}

// laneDone leads back to the lane.
func (s *Site) laneDone(w http.ResponseWriter, r *http.Request, host, key string, err error) error {
	if err != nil {
		return fmt.Errorf("lane %q: %w", host, err)
	}
	s.flash(w, "success", key)
	http.Redirect(w, r, laneAddress(host), http.StatusSeeOther)
	return nil
}
