import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';

/** Refusals around appeals and taking up. */
export const APPEAL_PROBLEMS = {
  'appeal-not-found': {
    status: 404,
    fi: 'Tällaista oikaisuvaatimusta ei ole.',
    sv: 'Det finns ingen sådan begäran om omprövning.',
    en: 'There is no such appeal.',
  },
  'appeal-exists': {
    status: 409,
    fi: 'Oikaisuvaatimus on jo kirjattu.',
    sv: 'Begäran om omprövning är redan registrerad.',
    en: 'The appeal is registered already.',
  },
  'appeal-closed': {
    status: 409,
    fi: 'Oikaisuvaatimus on jo ratkaistu tai peruttu.',
    sv: 'Begäran om omprövning är redan avgjord eller återtagen.',
    en: 'The appeal has been decided or withdrawn.',
  },
  'appeal-target-missing': {
    status: 400,
    fi: 'Kerro, mitä päätöstä vaatimus koskee: yksi hakemus tai koko pykälä.',
    sv: 'Ange vilket beslut begäran gäller: en ansökan eller en hel paragraf.',
    en: 'Say which decision is meant: one application or a whole section.',
  },
  'decision-not-found': {
    status: 404,
    fi: 'Tällaista julkaistua päätöstä ei ole.',
    sv: 'Det finns inget sådant publicerat beslut.',
    en: 'There is no such published decision.',
  },
  'appeal-too-wide': {
    status: 409,
    fi: 'Pykälässä on yli {most} päätöstä. Tee vaatimus hakemus kerrallaan.',
    sv: 'Paragrafen omfattar över {most} beslut. Begär omprövning för en ansökan i taget.',
    en: 'The section holds more than {most} decisions. Appeal for one application at a time.',
  },
  'appeal-goes-to-court': {
    status: 409,
    fi: 'Päätös on tehty oikaisuvaatimuksen johdosta. Siitä voi valittaa hallinto-oikeuteen, ei vaatia oikaisua uudelleen.',
    sv: 'Beslutet har fattats med anledning av en begäran om omprövning. Det kan överklagas hos förvaltningsdomstolen, inte omprövas på nytt.',
    en: 'The decision was made on an appeal. It can be taken to the administrative court, not appealed against here again.',
  },
  'appeal-right-missing': {
    status: 409,
    fi: 'Oikaisua voi vaatia se, jota päätös koskee, tai kunnan jäsen. Jos olet kunnan jäsen, merkitse se lomakkeeseen.',
    sv: 'Omprövning får begäras av den som beslutet gäller eller av en kommunmedlem. Kryssa för om du är kommunmedlem.',
    en: 'The person whom the decision concerns or a member of the municipality may appeal. If you are a member of the municipality, tick that.',
  },
  'received-in-future': {
    status: 400,
    fi: 'Saapumisaika on tulevaisuudessa.',
    sv: 'Ankomsttiden ligger i framtiden.',
    en: 'The time of arrival is in the future.',
  },
  'appeal-before-decision': {
    status: 409,
    fi: 'Päätös on tehty {decidedOn|date}. Aika ei voi olla sitä aikaisempi.',
    sv: 'Beslutet fattades {decidedOn|date}. Tiden kan inte vara tidigare än så.',
    en: 'The decision was made on {decidedOn|date}. The time cannot be before that.',
  },
  'taken-up-too-late': {
    status: 409,
    fi: 'Otto-oikeutta voi käyttää vain oikaisuvaatimusajan. Viimeinen päivä oli {lastDay|date}.',
    sv: 'Övertaganderätten gäller bara under tiden för omprövning. Den sista dagen var {lastDay|date}.',
    en: 'A decision can be taken up only while it can be appealed against. The last day was {lastDay|date}.',
  },
  'own-appeal': {
    status: 409,
    fi: 'Vaatimuksen tekijä tai vaatimuksen tai sen täydennyksen kirjaaja ei voi ratkaista sitä.',
    sv: 'Den som har gjort begäran eller registrerat den eller en komplettering av den kan inte avgöra den.',
    en: 'Whoever made the appeal, or wrote it or what was added to it down, cannot decide it.',
  },
  'scored-it': {
    status: 409,
    fi: 'Hakemuksia arvioinut ei voi ratkaista niitä koskevaa oikaisuvaatimusta.',
    sv: 'Den som har bedömt ansökningarna kan inte avgöra en begäran om omprövning av dem.',
    en: 'Whoever scored or read the applications cannot decide an appeal about them.',
  },
  'decided-it': {
    status: 409,
    fi: 'Päätöksen tekijä ei voi ratkaista sitä koskevaa oikaisuvaatimusta.',
    sv: 'Den som har fattat beslutet kan inte avgöra en begäran om omprövning av det.',
    en: 'Whoever made the decision cannot decide an appeal against it.',
  },
  'decided-before-received': {
    status: 409,
    fi: 'Vaatimus on saapunut {on|date}. Sitä ei voi ratkaista ennen sitä.',
    sv: 'Begäran kom in {on|date}. Den kan inte avgöras före det.',
    en: 'The appeal came in on {on|date}. It cannot be decided before that.',
  },
  'appeal-late': {
    status: 409,
    fi: 'Vaatimusaika päättyi {untilAt|time}. Myöhässä tullut vaatimus jätetään tutkimatta.',
    sv: 'Tiden för omprövning gick ut {untilAt|time}. En begäran som kommit för sent lämnas utan prövning.',
    en: 'The time to appeal ended on {untilAt|time}. A late appeal is left unexamined.',
  },
  'appeal-in-time': {
    status: 409,
    fi: 'Vaatimus on tullut määräajassa.',
    sv: 'Begäran har kommit in i tid.',
    en: 'The appeal came in time.',
  },
  'unexamined-needs-why': {
    status: 400,
    fi: 'Tutkimatta jättämiselle on valittava syy, muulle ratkaisulle ei.',
    sv: 'Om begäran lämnas utan prövning ska skälet väljas, annars inte.',
    en: 'Leaving an appeal unexamined needs its ground; no other result has one.',
  },
  'change-without-success': {
    status: 400,
    fi: 'Päätöstä voi muuttaa vain, jos vaatimus hyväksytään kokonaan tai osittain.',
    sv: 'Beslutet kan ändras bara om begäran godkänns helt eller delvis.',
    en: 'Only an appeal that is upheld, wholly or partly, changes the decision.',
  },
  'success-without-change': {
    status: 400,
    fi: 'Hyväksytty vaatimus muuttaa jonkin hakemuksen päätöstä. Kerro, miten.',
    sv: 'En godkänd begäran ändrar beslutet för någon ansökan. Ange hur.',
    en: 'An appeal that is upheld changes the decision on some application. Say how.',
  },
  'application-not-in-appeal': {
    status: 409,
    fi: 'Oikaisuvaatimus ei koske tätä hakemusta.',
    sv: 'Begäran om omprövning gäller inte den här ansökan.',
    en: 'The appeal does not concern this application.',
  },
  'already-granted': {
    status: 409,
    fi: 'Hakemukselle on jo myönnetty avustus.',
    sv: 'Ansökan har redan beviljats understöd.',
    en: 'The application has been granted already.',
  },
  'appeal-not-decided': {
    status: 409,
    fi: 'Oikaisuvaatimusta ei ole vielä ratkaistu.',
    sv: 'Begäran om omprövning är inte avgjord ännu.',
    en: 'The appeal has not been decided yet.',
  },
} as const satisfies Record<string, ProblemText>;
