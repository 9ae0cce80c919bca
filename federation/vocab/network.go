package vocab

import (
	"github.com/vorbild/vorbild/internal/post"
)

// networkOnly is the value of vb:visibility of what is meant for the administration network (Verbund) only. Other software
// in the network reads the same object as one for followers.
const networkOnly = "network"

// ForNetwork reports whether the author wants nobody outside the administration network to see the object.
func (o Object) ForNetwork() bool { return o.terms.text("vb:visibility") == networkOnly }

// networkAddressing names whom our instance reaches in the network: the followers of the author, and those of the group under
// which such posts are sent.
func (d PostDoc) networkAddressing() (a Addressing, audience string) {
	a.To = appendNew(nil, d.Author.FollowersURI)
	if d.Circle != nil {
		a.To = appendNew(a.To, d.Circle.FollowersURI)
		audience = d.Circle.URI
	}
	return a, audience
}

// setNetwork marks an object for the network.
func (d *draft) setNetwork(t content, doc PostDoc) {
	if doc.Post.Visibility != post.Network {
		return
	}
	d.set("vb:visibility", networkOnly)
	if _, audience := doc.networkAddressing(); audience != "" {
		d.setAudience(t, audience)
	}
}
