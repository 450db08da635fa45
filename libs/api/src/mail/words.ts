import type { Language, Params } from '@minipilot/platform/http/language.js';

type Words = Readonly<Record<Language, string>>;
const words = (fi: string, sv: string, en: string): Words => ({ fi, sv, en });

interface Line {
  text: Words;
  /** said only then; always without it */
  when?: (params: Params) => boolean;
}

/** What a message says, line by line, after its subject. Neither names a person, an account or a word of the applicant. */
export interface Template {
  subject: Words;
  lines: readonly Line[];
}

const has =
  (...names: string[]) =>
  (params: Params): boolean =>
    names.every((name) => params[name] !== undefined && params[name] !== '' && params[name] !== 0);
const not = (name: string) => (params: Params) => !has(name)(params);

const notMe: Line = {
  text: words(
    'Jos et tehnyt tätä itse, ota heti yhteyttä: {office}, {reach}.',
    'Om du inte gjorde detta själv, ta genast kontakt: {office}, {reach}.',
    'If you did not do this yourself, get in touch at once: {office}, {reach}.',
  ),
};
const inService: Line = {
  text: words(
    'Lue perustelut palvelusta tai kysy: {office}, {reach}.',
    'Läs motiveringen i tjänsten eller fråga: {office}, {reach}.',
    'Read why in the service, or ask: {office}, {reach}.',
  ),
};

/** Messages by kind. A kind that the flow `notifying` tells has a template here. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  receipt: {
    subject: words('Vastaanottokuittaus {receipt}', 'Mottagningsbekräftelse {receipt}', 'Receipt {receipt}'),
    lines: [
      {
        text: words(
          'Hakemuksesi saapui {arrivedAt|time}. Vastaanottotunnus on {receipt}.',
          'Din ansökan kom in {arrivedAt|time}. Mottagningsnumret är {receipt}.',
          'Your application arrived on {arrivedAt|time}. The receipt number is {receipt}.',
        ),
      },
      {
        when: not('late'),
        text: words(
          'Voit muuttaa hakemusta tai perua sen, kunnes haku päättyy {closesAt|time}. Päätöksestä kerromme sinulle erikseen.',
          'Du kan ändra eller återta ansökan tills ansökningstiden går ut {closesAt|time}. Vi meddelar beslutet särskilt.',
          'You can change or withdraw it until the call closes on {closesAt|time}. We will tell you of the decision.',
        ),
      },
      {
        when: has('late'),
        text: words(
          'Haku päättyi jo {closesAt|time}. Hakemus on kirjattu myöhässä saapuneena, ja siitä tehdään päätös.',
          'Ansökningstiden gick ut redan {closesAt|time}. Ansökan har registrerats som försenad och ett beslut fattas om den.',
          'The call had closed on {closesAt|time}. The application is registered as late, and will be decided on as such.',
        ),
      },
    ],
  },
  'completion-request': {
    subject: words('Täydennä hakemusta {receipt}', 'Komplettera ansökan {receipt}', 'Please complete application {receipt}'),
    lines: [
      {
        text: words(
          'Hakemuksestasi puuttuu tietoja. Täydennä se viimeistään {answerBy|date}. Saapumisaika pysyy ennallaan.',
          'Uppgifter saknas i din ansökan. Komplettera den senast {answerBy|date}. Ankomsttiden ändras inte.',
          'Something is missing in your application. Please complete it by {answerBy|date}. The time of its arrival stays as it was.',
        ),
      },
      {
        text: words(
          'Näet palvelusta, mitä pyydetään. Voit myös kysyä tai täydentää puhelimitse: {office}, {reach}.',
          'I tjänsten ser du vad som behövs. Du kan också fråga eller komplettera per telefon: {office}, {reach}.',
          'See in the service what is asked for. You can also ask, or complete it, by phone: {office}, {reach}.',
        ),
      },
    ],
  },
  'completion-reminder': {
    subject: words(
      'Muistutus: täydennä hakemusta {receipt}',
      'Påminnelse: komplettera ansökan {receipt}',
      'Reminder: complete application {receipt}',
    ),
    lines: [
      {
        text: words(
          'Hakemuksestasi puuttuu vielä tietoja. Täydennä se viimeistään {answerBy|date}. Muuten se ratkaistaan sellaisena kuin se on.',
          'Uppgifter saknas fortfarande i din ansökan. Komplettera den senast {answerBy|date}. Annars avgörs den som den är.',
          'Something is still missing in your application. Please complete it by {answerBy|date}. Otherwise it is decided as it is.',
        ),
      },
    ],
  },
  decision: {
    subject: words('Päätös hakemuksesta {receipt}', 'Beslut om ansökan {receipt}', 'Decision on application {receipt}'),
    lines: [
      {
        when: has('attached'),
        text: words(
          'Hakemuksestasi on tehty päätös. Se on tämän viestin liitteenä, ja siinä on myös oikaisuvaatimusohje.',
          'Ett beslut har fattats om din ansökan. Det är bifogat, med anvisning om begäran om omprövning.',
          'Your application has been decided. The decision is attached, and says how to appeal.',
        ),
      },
      {
        when: not('attached'),
        text: words('Hakemuksestasi on tehty päätös.', 'Ett beslut har fattats om din ansökan.', 'Your application has been decided.'),
      },
      {
        text: words(
          'Päätöksen katsotaan tulleen tiedoksi {noticeOn|date}. Oikaisuvaatimuksen on oltava perillä viimeistään {appealUntil|date}.',
          'Beslutet anses ha kommit till kännedom {noticeOn|date}. En begäran om omprövning ska vara framme senast {appealUntil|date}.',
          'The decision counts as known on {noticeOn|date}. An appeal must have arrived by {appealUntil|date}.',
        ),
      },
      {
        when: has('acceptBy'),
        text: words(
          'Ota avustus vastaan ilmoittamalla tilinumero viimeistään {acceptBy|date}. Muuten avustus raukeaa.',
          'Ta emot understödet genom att uppge ett kontonummer senast {acceptBy|date}. Annars förfaller det.',
          'Accept the grant by giving an account by {acceptBy|date}. Otherwise it lapses.',
        ),
      },
    ],
  },
  'award-accepted': {
    subject: words(
      'Avustus on otettu vastaan ({receipt})',
      'Understödet har tagits emot ({receipt})',
      'The grant has been accepted ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Avustus otettiin vastaan ja tilinumero ilmoitettiin {acceptedAt|time}. Kerromme, kun avustus on maksettu.',
          'Understödet togs emot och kontonumret uppgavs {acceptedAt|time}. Vi meddelar när understödet har betalats.',
          'The grant was accepted and an account given on {acceptedAt|time}. We will tell you when it has been paid.',
        ),
      },
      notMe,
    ],
  },
  'award-lapsed': {
    subject: words('Avustus on rauennut ({receipt})', 'Understödet har förfallit ({receipt})', 'The grant has lapsed ({receipt})'),
    lines: [
      {
        text: words(
          'Avustusta ei otettu vastaan määräajassa, joten se on rauennut.',
          'Understödet togs inte emot inom utsatt tid och har därför förfallit.',
          'The grant was not accepted in time and has lapsed.',
        ),
      },
    ],
  },
  'account-changed': {
    subject: words(
      'Tilinumero on vaihdettu ({receipt})',
      'Kontonumret har ändrats ({receipt})',
      'The account has been changed ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Avustuksen tilinumero vaihdettiin {changedAt|time}. Maksulle pyydetään uusi hyväksyntä.',
          'Kontonumret för understödet ändrades {changedAt|time}. Betalningen godkänns på nytt.',
          'The account for the grant was changed on {changedAt|time}. The payment will be approved anew.',
        ),
      },
      notMe,
    ],
  },
  'recipient-withdrew': {
    subject: words(
      'Avustuksen saaja on vetäytynyt ({receipt})',
      'Understödsmottagaren har dragit sig tillbaka ({receipt})',
      'The recipient has stepped back ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Nimeä toinen avustuksen saaja viimeistään {nameBy|date}. Muuten avustus raukeaa.',
          'Uppge en annan understödsmottagare senast {nameBy|date}. Annars förfaller understödet.',
          'Name another recipient by {nameBy|date}. Otherwise the grant lapses.',
        ),
      },
    ],
  },
  'recipient-changed': {
    subject: words(
      'Avustuksen saaja on vaihtunut ({receipt})',
      'Understödsmottagaren har bytts ({receipt})',
      'The recipient has changed ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Avustukselle on nimetty uusi saaja. Hän ottaa avustuksen vastaan ilmoittamalla tilinumeronsa viimeistään {acceptBy|date}.',
          'Understödet har fått en ny mottagare, som tar emot det genom att uppge sitt kontonummer senast {acceptBy|date}.',
          'The grant has a new recipient, who accepts it by giving an account by {acceptBy|date}.',
        ),
      },
      notMe,
    ],
  },
  paid: {
    subject: words('Avustus on maksettu ({receipt})', 'Understödet har betalats ({receipt})', 'The grant has been paid ({receipt})'),
    lines: [
      {
        text: words(
          'Avustus {cents|euro} maksettiin {paidOn|date}. Kerro selvityksessä viimeistään {reportDue|date}, miten kokeilu meni.',
          'Understödet {cents|euro} betalades {paidOn|date}. Berätta i redogörelsen senast {reportDue|date} hur försöket gick.',
          'The grant of {cents|euro} was paid on {paidOn|date}. Tell us in the report by {reportDue|date} how the pilot went.',
        ),
      },
    ],
  },
  'payout-failed': {
    subject: words(
      'Maksu ei onnistunut ({receipt})',
      'Betalningen lyckades inte ({receipt})',
      'The payment did not go through ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Pankki ei voinut maksaa avustusta ilmoitetulle tilille. Tarkista tilinumero ja ilmoita se uudelleen.',
          'Banken kunde inte betala understödet till det uppgivna kontot. Kontrollera kontonumret och uppge det på nytt.',
          'The bank could not pay to the account that was given. Check the account and give it again.',
        ),
      },
    ],
  },
  'completion-received': {
    subject: words(
      'Täydennys on saapunut ({receipt})',
      'Kompletteringen har kommit in ({receipt})',
      'What you completed has arrived ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Kiitos! Hakemuksesi täydennys saapui {completedAt|time}.',
          'Tack! Kompletteringen av din ansökan kom in {completedAt|time}.',
          'Thank you! What you completed arrived on {completedAt|time}.',
        ),
      },
    ],
  },
  'not-completed': {
    subject: words(
      'Täydennystä ei tullut ({receipt})',
      'Kompletteringen kom inte in ({receipt})',
      'Nothing was completed in time ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Pyydetty täydennys ei tullut {answerBy|date} mennessä. Hakemuksesi on tallessa, ja siitä päätetään sellaisena kuin se on.',
          'Den begärda kompletteringen kom inte in senast {answerBy|date}. Din ansökan finns kvar och beslut fattas om den som den är.',
          'What was asked for did not come by {answerBy|date}. Your application is kept and will be decided on as it is.',
        ),
      },
    ],
  },
  'report-reminder': {
    subject: words('Muistutus selvityksestä ({receipt})', 'Påminnelse om redogörelsen ({receipt})', 'Reminder of the report ({receipt})'),
    lines: [
      {
        text: words(
          'Anna selvitys viimeistään {due|date}. Se on kuusi lyhyttä kohtaa. Myös se, ettei kokeilu toiminut, on hyvä tulos.',
          'Lämna redogörelsen senast {due|date}. Den har sex korta punkter. Också att försöket inte fungerade är ett bra resultat.',
          'Give your report by {due|date}. It is six short fields. That the idea did not work is a good result, too.',
        ),
      },
    ],
  },
  'report-overdue': {
    subject: words('Selvitys puuttuu ({receipt})', 'Redogörelsen saknas ({receipt})', 'The report is missing ({receipt})'),
    lines: [
      {
        text: words(
          'Selvitys oli annettava viimeistään {due|date}. Anna se nyt, tai kysy lisäaikaa: {office}, {reach}.',
          'Redogörelsen skulle ha lämnats senast {due|date}. Lämna den nu, eller be om mer tid: {office}, {reach}.',
          'The report was due on {due|date}. Give it now, or ask for more time: {office}, {reach}.',
        ),
      },
    ],
  },
  'report-extended': {
    subject: words(
      'Selvitykselle on annettu lisäaikaa ({receipt})',
      'Mer tid för redogörelsen ({receipt})',
      'More time for the report ({receipt})',
    ),
    lines: [
      {
        text: words('Anna selvitys viimeistään {due|date}.', 'Lämna redogörelsen senast {due|date}.', 'Give your report by {due|date}.'),
      },
    ],
  },
  'report-sent-back': {
    subject: words('Täydennä selvitystä ({receipt})', 'Komplettera redogörelsen ({receipt})', 'Please complete the report ({receipt})'),
    lines: [
      {
        text: words('Selvitykseen pyydetään täydennystä.', 'Redogörelsen behöver kompletteras.', 'We ask you to complete the report.'),
      },
      inService,
    ],
  },
  'report-accepted': {
    subject: words(
      'Selvitys on hyväksytty ({receipt})',
      'Redogörelsen har godkänts ({receipt})',
      'The report has been accepted ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Kiitos selvityksestä! Se on hyväksytty.',
          'Tack för redogörelsen! Den har godkänts.',
          'Thank you for the report! It has been accepted.',
        ),
      },
      {
        when: has('returnDue'),
        text: words(
          'Palauta käyttämättä jäänyt raha, {returnCents|euro}, viimeistään {returnDue|date}. Ohjeet: {office}, {reach}.',
          'Betala tillbaka de oanvända medlen, {returnCents|euro}, senast {returnDue|date}. Anvisningar: {office}, {reach}.',
          'Return the money that was not used, {returnCents|euro}, by {returnDue|date}. For how, ask: {office}, {reach}.',
        ),
      },
    ],
  },
  'plan-refused': {
    subject: words(
      'Suunnitelman muutokseen ei suostuttu ({receipt})',
      'Ändringen av planen avslogs ({receipt})',
      'The change of plan was refused ({receipt})',
    ),
    lines: [
      {
        text: words(
          'Kokeilu on toteutettava alkuperäisen suunnitelman mukaan.',
          'Försöket ska genomföras enligt den ursprungliga planen.',
          'The pilot is to follow its first plan.',
        ),
      },
      inService,
    ],
  },
};

export const FRAME = {
  greeting: words('Hei,', 'Hej,', 'Hello,'),
  about: words('Avustushaku: {call}', 'Ansökningsomgång: {call}', 'Call: {call}'),
  link: words('Palvelu: {url}', 'Tjänsten: {url}', 'The service: {url}'),
  decisionLink: words('Päätös palvelussa: {url}', 'Beslutet i tjänsten: {url}', 'The decision in the service: {url}'),
  contact: words('Lisätietoja: {office}, {reach}', 'Mer information: {office}, {reach}', 'Contact: {office}, {reach}'),
  signature: words('Terveisin {municipality}', 'Med vänlig hälsning, {municipality}', 'Kind regards, {municipality}'),
  noReply: words(
    'Tämä on automaattinen viesti. Älä vastaa siihen.',
    'Detta är ett automatiskt meddelande. Svara inte på det.',
    'This is an automatic message. Please do not reply to it.',
  ),
  attachment: words('paatos', 'beslut', 'decision'),
} as const satisfies Record<string, Words>;
