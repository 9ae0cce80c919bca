package push

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Alerts says by type whether a client wants to hear of it. What is not named it does not want.
type Alerts map[string]bool

// Value implements driver.Valuer.
func (a Alerts) Value() (driver.Value, error) {
	if a == nil {
		return nil, nil
	}
	b, err := json.Marshal(map[string]bool(a))
	return string(b), err
}

// Scan implements sql.Scanner.
func (a *Alerts) Scan(src any) error {
	text, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("push: alerts from %T", src)
	}
	return json.Unmarshal(text, (*map[string]bool)(a))
}
