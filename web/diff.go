package web

import "strings"

// change is a run of text in the comparison of two versions.
type change struct {
	Kind string // same, added, removed
	Text string
}

// changedLine is a line of a comparison; a changed line comes as its words.
type changedLine struct {
	Kind  string // same, added, removed, gap
	Parts []change
}

// maxDiff bounds the tables of one comparison, in cells. A line or a text beyond it counts as replaced as a whole: two texts that
// are made for it could be compared for seconds.
const maxDiff = 2_000_000

// compareVersions compares two texts line by line and, where a line was replaced, word by word. Unchanged lines
// far from a change are left out.
func compareVersions(before, after string) []changedLine {
	left := maxDiff
	runs := compare(strings.Split(before, "\n"), strings.Split(after, "\n"), &left)
	var lines []changedLine
	for i := 0; i < len(runs); i++ {
		// A block of removed lines followed by as many added ones is a block of changed lines.
		removed, added := i, i
		for removed < len(runs) && runs[removed].Kind == "removed" {
			removed++
		}
		for added = removed; added < len(runs) && runs[added].Kind == "added"; added++ {
		}
		if n := removed - i; n > 0 && n == added-removed {
			for k := range n {
				old, updated := changedWords(runs[i+k].Text, runs[removed+k].Text, &left)
				lines = append(lines, old, updated)
			}
			i = added - 1
			continue
		}
		lines = append(lines, changedLine{Kind: runs[i].Kind, Parts: []change{{Kind: runs[i].Kind, Text: runs[i].Text}}})
	}
	return nearChanges(lines)
}

// changedWords marks the words that differ between two lines.
func changedWords(before, after string, left *int) (old, updated changedLine) {
	old, updated = changedLine{Kind: "removed"}, changedLine{Kind: "added"}
	add := func(line *changedLine, c change) {
		if n := len(line.Parts); n > 0 && line.Parts[n-1].Kind == c.Kind {
			line.Parts[n-1].Text += c.Text
			return
		}
		line.Parts = append(line.Parts, c)
	}
	for _, c := range compare(strings.SplitAfter(before, " "), strings.SplitAfter(after, " "), left) {
		if c.Kind != "added" {
			add(&old, c)
		}
		if c.Kind != "removed" {
			add(&updated, c)
		}
	}
	return old, updated
}

// compare is the longest common subsequence of a and b as runs; within a difference what was removed comes first. left is how large
// its table may be, and is lessened by that.
func compare(a, b []string, left *int) []change {
	var out []change
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		out = append(out, change{"same", a[start]})
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	tail := a[len(a)-end:]
	a, b = a[start:len(a)-end], b[start:len(b)-end]
	if size := len(a) * len(b); size <= *left {
		*left -= size
	} else {
		for _, text := range a {
			out = append(out, change{"removed", text})
		}
		for _, text := range b {
			out = append(out, change{"added", text})
		}
		a, b = nil, nil
	}
	width := len(b) + 1
	table := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, change{"same", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && table[(i+1)*width+j] >= table[i*width+j+1]:
			out = append(out, change{"removed", a[i]})
			i++
		default:
			out = append(out, change{"added", b[j]})
			j++
		}
	}
	for _, text := range tail {
		out = append(out, change{"same", text})
	}
	return out
}

// nearChanges keeps two lines around each change and a gap for the rest.
func nearChanges(lines []changedLine) []changedLine {
	const around = 2
	keep := make([]bool, len(lines))
	for i, line := range lines {
		if line.Kind == "same" {
			continue
		}
		for k := max(0, i-around); k <= min(len(lines)-1, i+around); k++ {
			keep[k] = true
		}
	}
	var out []changedLine
	for i, line := range lines {
		if keep[i] {
			out = append(out, line)
		} else if n := len(out); n == 0 || out[n-1].Kind != "gap" {
			out = append(out, changedLine{Kind: "gap"})
		}
	}
	return out
}
