package media

import (
	"embed"

	"github.com/vorbild/vorbild/internal/account"
)

// What stands in the place of a picture that nobody has chosen. Clients decode it as an address and know the name
// missing.png; SVG is shown by few of them.
const (
	missingPerson = "/avatars/original/missing.png"
	missingGroup  = "/avatars/original/missing-group.png"
	missingHeader = "/headers/original/missing.png"
)

//go:embed missing/*.png
var missing embed.FS

// MissingAvatar is the path of what stands for an account without an avatar: groups and organisations look unlike people.
func MissingAvatar(kind account.Kind) string {
	if kind == account.Person {
		return missingPerson
	}
	return missingGroup
}

// MissingHeader is the path of what stands for an account without a header.
func MissingHeader() string { return missingHeader }

// Missing returns the files behind these paths, by path.
func Missing() map[string][]byte {
	files := map[string][]byte{}
	for path, name := range map[string]string{missingPerson: "person", missingGroup: "group", missingHeader: "header"} {
		content, err := missing.ReadFile("missing/" + name + ".png")
		if err != nil {
			panic(err) // they are part of the program
		}
		files[path] = content
	}
	return files
}
