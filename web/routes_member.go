package web

import (
	"net/http"

	"github.com/gorilla/mux"
)

// registerMember is the table of the pages about people, talk and administration.
func (s *Site) registerMember(r *mux.Router) {
	get, post := s.table(r)
	ceremony := func(path string, h handler) { r.Handle(path, s.handleJSON(h)).Methods(http.MethodPost) }

	// Coming in and going out. What is sent here is limited per address, see limitWrites.
	get("/anmelden", s.showLogin)
	post("/abmelden", s.logout)
	get("/einladung/{secret}", s.showInvitation)
	get("/anmeldelink/{secret}", s.showLoginLink)
	post("/anmeldelink/{secret}", s.useLoginLink)
	ceremony("/webauthn/anmeldung/beginn", s.beginLogin)
	ceremony("/webauthn/anmeldung/abschluss", s.finishLogin)
	ceremony("/webauthn/registrierung/beginn", s.beginRegistration)
	ceremony("/webauthn/registrierung/abschluss", s.finishRegistration)
	ceremony("/webauthn/schluessel/beginn", s.beginAddPasskey)
	ceremony("/webauthn/schluessel/abschluss", s.finishAddPasskey)

	// Programs ask to be let in; the other half of OAuth answers programs, not people.
	get(authorizePath, s.showAuthorize)
	get(authorizePath+"/", s.showAuthorize) // as toot writes it
	post(authorizePath, s.answerAuthorize)

	// Anyone: talk and people.
	get("/diskussionen", s.listDiscussions)
	get("/diskussionen/{id:[0-9]+}", s.showDiscussion)
	get("/beitraege/{id:[0-9]+}", s.showPost)
	get("/beitraege/{id:[0-9]+}/verlauf", s.showPostHistory)
	get("/mitmachende", s.showParticipants)
	get("/suche", s.search)
	get("/tags/{name}", s.showTag)
	get("/@{handle}", s.showProfile)

	// Everyone with an account: answering, writing, following.
	get("/diskussionen/neu", s.newDiscussion)
	post("/beitraege", s.createPost)
	get("/beitraege/{id:[0-9]+}/antworten", s.showReply)
	get("/beitraege/{id:[0-9]+}/bearbeiten", s.editPost)
	post("/beitraege/{id:[0-9]+}/bearbeiten", s.savePost)
	get("/beitraege/{id:[0-9]+}/loeschen", s.confirmDelete)
	post("/beitraege/{id:[0-9]+}/abstimmen", s.voteInPoll)
	post("/beitraege/{id:[0-9]+}/zitat-zuruecknehmen", s.revokeQuote)
	post("/beitraege/{id:[0-9]+}/{verb:merken|nicht-mehr-merken}", s.bookmarkPost)
	post("/beitraege/{id:[0-9]+}/{verb:loeschen|favorisieren|nicht-mehr-favorisieren|teilen|nicht-mehr-teilen}", s.reactToPost)
	get("/beitraege/{id:[0-9]+}/melden", s.newReport)
	post("/beitraege/{id:[0-9]+}/melden", s.submitReport)
	get("/@{handle}/melden", s.newReport)
	post("/@{handle}/melden", s.submitReport)
	post("/@{handle}/folgen", s.followProfile)
	post("/@{handle}/entfolgen", s.unfollowProfile)
	post("/@{handle}/{verb:stummschalten|nicht-mehr-stummschalten|blockieren|nicht-mehr-blockieren}", s.shutProfile)

	// Everyone with an account: what concerns me.
	get("/bereich", s.showHome)
	get("/bereich/mitteilungen", s.showNotifications)
	get("/bereich/entwuerfe", s.showDrafts)
	get("/bereich/gemerkt", s.showBookmarks)
	get("/bereich/anfragen", s.showRequests)
	post("/bereich/anfragen/{id:[0-9]+}", s.answerRequest)
	get("/einstellungen", s.showSettings)
	post("/einstellungen", s.saveSettings)
	get("/einstellungen/zugangsschluessel", s.showPasskeys)
	post("/einstellungen/zugangsschluessel/{id:[0-9]+}/umbenennen", s.renamePasskey)
	get("/einstellungen/zugangsschluessel/{id:[0-9]+}/entfernen", s.confirmRevokePasskey)
	post("/einstellungen/zugangsschluessel/{id:[0-9]+}/entfernen", s.revokePasskey)
	get("/einstellungen/sitzungen", s.showSessions)
	post("/einstellungen/sitzungen/{id:[0-9]+}/abmelden", s.revokeSession)
	get("/einstellungen/umzug", s.showMove)
	post("/einstellungen/umzug", s.confirmMove)
	post("/einstellungen/umzug/abschliessen", s.finishMove)
	post("/einstellungen/umzug/zuruecknehmen", s.stayHere)
	post("/einstellungen/umzug/konten", s.addAlias)
	post("/einstellungen/umzug/konten/entfernen", s.removeAlias)
	get("/einstellungen/programme", s.showApps)
	post("/einstellungen/programme/{id:[0-9]+}/entziehen", s.withdrawApp)
	post("/einstellungen/token/{id:[0-9]+}/entziehen", s.revokeToken)

	// Moderators, and about accounts administrators.
	get("/verwaltung/meldungen", s.showReports)
	get("/verwaltung/meldungen/{id:[0-9]+}", s.showReport)
	post("/verwaltung/meldungen/{id:[0-9]+}/abschliessen", s.resolveReport)
	get("/verwaltung/meldungen/{id:[0-9]+}/beitrag-loeschen", s.confirmDeleteReported)
	post("/verwaltung/meldungen/{id:[0-9]+}/beitrag-loeschen", s.deleteReported)

	post("/@{handle}/moderieren", s.restrictProfile)
	get("/beitraege/{id:[0-9]+}/ausblenden", s.showHide)
	post("/beitraege/{id:[0-9]+}/ausblenden", s.hidePost)
	post("/beitraege/{id:[0-9]+}/einblenden", s.unhidePost)

	// Administrators.
	get("/verwaltung", s.showOrganization)
	post("/verwaltung", s.saveOrganization)
	get("/verwaltung/konten", s.showAccounts)
	get("/verwaltung/konten/{id:[0-9]+}", s.manageAccount)
	post("/verwaltung/konten/{id:[0-9]+}/rolle", s.changeRole)
	post("/verwaltung/konten/{id:[0-9]+}/zustand", s.activate)
	post("/verwaltung/konten/{id:[0-9]+}/anmeldelink", s.createLoginLink)
	get("/verwaltung/konten/{id:[0-9]+}/schliessen", s.confirmClose)
	post("/verwaltung/konten/{id:[0-9]+}/schliessen", s.closeAccount)
	get("/verwaltung/einladungen", s.showInvitations)
	post("/verwaltung/einladungen", s.createInvitation)
	post("/verwaltung/einladungen/{id:[0-9]+}/zuruecknehmen", s.revokeInvitation)
	get("/verwaltung/foederation", s.showFederation)
	post("/verwaltung/foederation/folgen", s.followAsInstance)
	get(lanesPath, s.showLanes)
	get(lanesPath+"/{host}", s.showLane)
	post(lanesPath+"/{host}/versuchen", s.retryLane)
	get(lanesPath+"/{host}/verwerfen", s.confirmDropLane)
	post(lanesPath+"/{host}/verwerfen", s.dropLane)
	post(lanesPath+"/{host}/{id:[0-9]+}/versuchen", s.retryDelivery)
	get(lanesPath+"/{host}/{id:[0-9]+}/verwerfen", s.confirmDropDelivery)
	post(lanesPath+"/{host}/{id:[0-9]+}/verwerfen", s.dropDelivery)
	get(rulesPath, s.showRules)
	post(rulesPath, s.savePolicy)
	get(rulesPath+"/regel", s.showRule)
	post(rulesPath+"/regel", s.saveRule)
	post(rulesPath+"/aufheben", s.deleteRule)
	get(rulesPath+"/import", s.showImport)
	post(rulesPath+"/import", s.importRules)
	get(rulesPath+"/regeln.csv", s.exportRules)
	get("/verwaltung/protokoll", s.showAuditLog)

	// Anyone: about this instance.
	get("/impressum", s.showImprint)
	get("/datenschutz", s.showPrivacy)
	get("/barrierefreiheit", s.showAccessibility)
	get("/instanz", s.showInstance)
	get("/instanz/regeln", s.showPublicRules)
	get("/ns/vorbild", s.showVocabulary)
}
