package practice

// CheckedFigures tidies and completes figures that people typed beside something else than a practice, as those of a practice
// are: fault.Invalid names figures.0.unit and the like. Empty rows are left out.
func CheckedFigures(figures []Figure) ([]Figure, error) {
	list := Draft{Figures: figures}.tidied().Figures
	var m mistakes
	m.lengths(Draft{Figures: list})
	for i := range list {
		m.figure(i, &list[i])
	}
	return list, m.err()
}

// BelievableFigures leaves out of others' figures what the vocabulary does not allow.
func BelievableFigures(figures []Figure) []Figure {
	return Practice{Figures: figures}.believable().Figures
}

// FiguresSentence is what Practice.FiguresSentence says, for figures that stand beside something else.
func FiguresSentence(w Words, figures []Figure) string {
	return Practice{Figures: figures}.FiguresSentence(w)
}
