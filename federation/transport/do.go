package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// Do sends a request that another package made to an address that strangers name, such as the push service of somebody's
// client: only where the guard lets us, without following redirects, within the time of every exchange. At most the
// beginning of the answer's body is kept.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	if _, err := c.checkTarget(ctx, req.URL.String()); err != nil {
		return nil, err
	}
	req = req.WithContext(ctx)
	req.Header.Set("User-Agent", c.agent)
	res, err := c.http.Do(req)
	if errors.Is(err, ErrRefused) {
		return nil, refused(err)
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // a broken answer is still an answer
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
