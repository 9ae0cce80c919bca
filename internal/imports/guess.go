package imports

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/practice"
)

// headings are the usual headers of columns, German and English, by what they mean.
var headings = func() map[string]Target {
	known := map[string]Target{}
	for target, words := range map[Target]string{
		Key:              "kennung|id|nr|nummer|lfd nr|laufende nummer|kennziffer|schlüssel|aktenzeichen|key|number|no|reference",
		"title":          "titel|name|bezeichnung|überschrift|praxisbeispiel|maßnahme|title|headline|best practice|projekt|projekttitel|project",
		"summary":        "zusammenfassung|kurzbeschreibung|kurz gesagt|kurztext|in einem satz|was bringt es|nutzen|teaser|summary|abstract|short description|benefit",
		"source":         "beschreibung|text|langtext|erläuterung|inhalt|details|umsetzungserfahrung|erfahrungen|was wurde getan|description|body|content|bemerkung|bemerkungen|anmerkungen|notes",
		"situation":      "ausgangslage|ausgangssituation|problem|anlass|situation|starting point|background|context",
		"measures":       "maßnahmen|einzelmaßnahmen|schritte|measures|steps|actions",
		"outcome":        "wirkung|ergebnis|ergebnisse|erfolg|outcome|result|results|effect|impact",
		"prerequisites":  "voraussetzungen|voraussetzung|bedingungen|prerequisites|requirements",
		"pitfalls":       "stolpersteine|hindernisse|risiken|hürden|lessons learned|pitfalls|obstacles|risks",
		"level":          "ebene|verwaltungsebene|level|administrative level",
		"region":         "land|bundesland|region|state|federal state",
		"ars":            "ars|regionalschlüssel|amtlicher regionalschlüssel|gemeindeschlüssel",
		"implementation": "umsetzung|umsetzungsstand|umsetzungsstatus|status|stand|stand der umsetzung|implementation|implementation state|state of implementation",
		"fields":         "handlungsfeld|handlungsfelder|themenfeld|thema|themen|bereich|kategorie|field|fields|topic|topics|category|field of action|fields of action",
		"goals":          "kernziel|kernziele|ziel|ziele|goal|goals|objective|objectives",
		"person_days":    "personentage|aufwand|aufwand in personentagen|aufwand personentage|pt|person days|effort|effort in person days",
		CostOnce:         "kosten|kosten einmalig|einmalige kosten|investition|investitionskosten|investitionen|cost|costs|one off cost|one time cost|investment",
		CostYearly:       "kosten jährlich|jährliche kosten|laufende kosten|kosten pro jahr|betriebskosten|yearly cost|annual cost|running costs",
		"legal_basis":    "rechtsgrundlage|rechtsgrundlagen|rechtliche grundlage|gesetz|legal basis|law",
		"services":       "leika|leika schlüssel|ozg|ozg nummer|verwaltungsleistung|verwaltungsleistungen|leistung|leistungen|service key|services",
		"links":          "link|links|weiterführende links|open code|opencode|repository|unterlagen|further links|documents",
		"contact_name":   "ansprechperson|ansprechpartner|ansprechpartnerin|ansprechstelle|kontakt|kontaktperson|contact|contact person|contact name",
		"contact_unit":   "organisation|behörde|dienststelle|verwaltung|organisationseinheit|referat|abteilung|kommune|stadt|einrichtung|institution|organization|unit|department|authority",
		"contact_email":  "e mail|email|mail|e mail adresse|kontakt e mail|contact email|e mail address",
		"contact_url":    "webseite|website|internet|internetseite|homepage|url|web",
		"licence":        "lizenz|licence|license",
		"language":       "sprache|language",
		"visibility":     "sichtbarkeit|sichtbar für|visibility|audience",
		From:             "zeitraum von|von|beginn|start|from|period from",
		To:               "zeitraum bis|bis|ende|to|period to|end",
		Method:           "methode|ermittlung|wie ermittelt|quelle|datenquelle|method|data source|measured by",

		FigureTarget(1, "quantity"): "kennzahl|messgröße|messgrösse|größe|was gemessen wird|key figure|figure|quantity|indicator|indikator",
		FigureTarget(1, "unit"):     "einheit|unit",
		FigureTarget(1, "before"):   "vorher|wert vorher|ausgangswert|before|value before|baseline",
		FigureTarget(1, "after"):    "nachher|wert nachher|zielwert|after|value after",
		FigureTarget(1, "change"):   "veränderung|änderung|differenz|change|difference",
		FigureTarget(1, "saving"):   "einsparung|ersparnis|reduktion|minderung|saving|savings|reduction",
	} {
		for word := range strings.SplitSeq(words, "|") {
			known[plain(word)] = target
		}
	}
	return known
}()

// hint leads from part of a header to what it means.
type hint struct{ pattern, meaning string }

var (
	// quantityHints come in an order: "Ökostromanteil" is no electricity, "Kosten Strom" is money.
	quantityHints = []hint{
		{"kosten|cost|eur|euro", "cost"}, {"ökostrom|erneuerbar|renewable", "renewable-share"}, {"pue", "pue"}, {"freikühl|freie kühlung|free cooling", "free-cooling-hours"},
		{"co2|thg|emission|treibhaus|ghg|carbon", "emissions"}, {"strom|elektri|electricity|energieverbrauch|energiebedarf|power consumption|energy", "electricity"},
		{"wärme|heiz|heat", "heat"}, {"wasser|water", "water"}, {"auslastung|utilization|utilisation|cpu", "cpu-utilization"}, {"temperatur", "temperature"},
		{"geräte|devices|anzahl", "devices"}, {"bearbeitungszeit|arbeitszeit|zeitaufwand|working time|stunden|hours", "time"},
	}
	partHints = []hint{
		{`vorher|davor|bisher|ausgangswert|before|baseline|\balt\b|\bold\b`, "before"}, {`nachher|danach|zielwert|after|\bneu\b|\bnew\b`, "after"},
		{"einspar|eingespart|ersparnis|gespart|saving|saved|reduktion|reduziert|reduction|minderung|vermieden|avoided", "saving"},
		{"veränderung|änderung|change|differenz|difference|delta", "change"},
	}
	numbered = regexp.MustCompile(`^(?:kennzahl|figure|indikator|indicator) ([123])(?: (.+))?$`)
	brackets = regexp.MustCompile(`[(\[]([^()\[\]]*)[)\]]`)
)

func (h hint) in(header string) bool { return regexp.MustCompile(h.pattern).MatchString(header) }

func meaning(hints []hint, header string) string {
	for _, h := range hints {
		if h.in(header) {
			return h.meaning
		}
	}
	return ""
}

// guess maps columns by their headers. What it does not know is left to the person.
func guess(headers []string) Mapping {
	m := Mapping{Columns: make([]Target, len(headers))}
	take := func(i int, t Target) {
		if t != Ignored && (!m.Uses(t) || slices.Contains(joined, t)) {
			m.Columns[i] = t
		}
	}
	for i, header := range headers {
		bare := plain(brackets.ReplaceAllString(header, " "))
		if t, ok := headings[plain(header)]; ok {
			take(i, t)
		} else if t, ok := headings[bare]; ok {
			take(i, t)
		} else if found := numbered.FindStringSubmatch(plain(header)); found != nil {
			take(i, numberedTarget(int(found[1][0]-'0'), found[2]))
		}
		if strings.HasPrefix(string(m.Columns[i]), "figures.1.") && m.Figures[0].Unit == "" {
			m.Figures[0].Unit = unitIn(header, "")
		}
	}
	m.guessFigures(headers)
	return m
}

// numberedTarget reads what stands behind "Kennzahl 2".
func numberedTarget(n int, rest string) Target {
	if rest == "" {
		return FigureTarget(n, "quantity")
	}
	if t, ok := headings[rest]; ok && strings.HasPrefix(string(t), "figures.1.") {
		return FigureTarget(n, strings.TrimPrefix(string(t), "figures.1."))
	}
	if part := meaning(partHints, rest); part != "" {
		return FigureTarget(n, part)
	}
	return Ignored
}

// guessFigures finds columns such as "Strom vorher (MWh/a)": those of one quantity are one figure.
func (m *Mapping) guessFigures(headers []string) {
	for i, header := range headers {
		words := plain(header)
		quantity, part := meaning(quantityHints, words), meaning(partHints, words)
		if m.Columns[i] != Ignored || quantity == "" || part == "" {
			continue
		}
		for n := 1; n <= MaxFigures; n++ {
			kind, t := &m.Figures[n-1], FigureTarget(n, part)
			switch {
			case kind.Quantity == quantity && !m.Uses(t):
			case kind.Quantity == "" && !m.valued(n):
				kind.Quantity = quantity
			default:
				continue
			}
			m.Columns[i] = t
			if unit := unitIn(header, quantity); unit != "" && kind.Unit == "" {
				kind.Unit = unit
			}
			break
		}
	}
}

// valued reports whether a column says more of the n-th figure, from 1, than its unit.
func (m Mapping) valued(n int) bool {
	return slices.ContainsFunc(Parts, func(part string) bool { return part != "unit" && m.Uses(FigureTarget(n, part)) })
}

// unitIn finds a unit in a header: in brackets, or as its last words.
func unitIn(header, quantity string) string {
	var tries []string
	for _, found := range brackets.FindAllStringSubmatch(header, -1) {
		tries = append(tries, found[1])
	}
	words := strings.Fields(brackets.ReplaceAllString(header, " "))
	for n := min(3, len(words)-1); n > 0; n-- {
		tries = append(tries, strings.Trim(strings.Join(words[len(words)-n:], " "), ",;:"))
	}
	quantities := []string{quantity}
	if quantity == "" {
		quantities = practice.Quantities
	}
	for _, text := range tries {
		for _, q := range quantities {
			if u, ok := practice.UnitOf(q, text); ok && text != "" {
				return u.Code
			}
		}
	}
	return ""
}
