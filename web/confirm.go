package web

// confirmView is a question before something that cannot be undone, or weighs heavily.
type confirmView struct {
	Title, Text, Action, Button string
	Cancel                      string   // address; "" where Return stands instead
	Return                      bool     // a button sends the fields back with action=edit, to the form they come from
	Quote                       string   // what it is about, as it was written
	Points                      []string // what will happen, one by one
	Fields                      []hiddenField
	AsksReason                  bool
	NeedsReason                 bool // it is not optional
	Reason                      string
	ReasonHint                  string // key; "" for the log of the administration
	Errors                      formErrors
}
