import { fillText, type Language, type Params } from '@minipilot/platform/http/language.js';

type Words = Readonly<Record<Language, string>>;
const words = (fi: string, sv: string, en: string): Words => ({ fi, sv, en });

/** Fixed words of documents, in the terms of the trade. `{x|euro}` and `{x|date}` are filled for the language. */
export const WORDS = {
  // names of things
  decision: words('Päätös minipilottihakemuksesta', 'Beslut om en ansökan om minipilot', 'Decision on a mini-pilot application'),
  decisions: words('Päätökset avustushaussa', 'Beslut i ansökningsomgången', 'Decisions in the call'),
  translation: words(
    'Tämä on käännös. Päätös annettiin kielellä: {language}. Alkuperäinen on voimassa.',
    'Detta är en översättning. Beslutet gavs på {language}. Originalet gäller.',
    'This is a translation. The decision was given in {language}. The original counts.',
  ),
  preview: words(
    'Luonnos: päätöstä ei ole vielä annettu tiedoksi.',
    'Utkast: beslutet har ännu inte delgetts.',
    'Draft: the decision has not been told yet.',
  ),
  fi: words('suomi', 'finska', 'Finnish'),
  sv: words('ruotsi', 'svenska', 'Swedish'),
  en: words('englanti', 'engelska', 'English'),

  // particulars
  decisionMaker: words('Päättäjä', 'Beslutsfattare', 'Decision-maker'),
  authority: words('Toimivalta', 'Befogenhet', 'Authority'),
  section: words('Pykälä', 'Paragraf', 'Section'),
  caseNumber: words('Asianumero', 'Ärendenummer', 'Case number'),
  decidedOn: words('Päätöspäivä', 'Beslutsdatum', 'Date of decision'),
  applicant: words('Hakija', 'Sökande', 'Applicant'),
  recipient: words('Avustuksen saaja', 'Understödsmottagare', 'Recipient'),
  businessId: words('Y-tunnus', 'FO-nummer', 'Business ID'),
  call: words('Avustushaku', 'Ansökningsomgång', 'Call'),
  idea: words('Kokeilu', 'Försök', 'Pilot'),
  receipt: words('Vastaanottotunnus', 'Mottagningsnummer', 'Receipt number'),
  arrivedAt: words('Hakemus saapui', 'Ansökan kom in', 'Application arrived'),
  district: words('Alue', 'Område', 'District'),
  asked: words('Haettu', 'Sökt belopp', 'Asked for'),
  granted: words('Myönnetty', 'Beviljat', 'Granted'),
  erased: words('poistettu', 'raderat', 'erased'),

  // what is decided
  'result.granted': words(
    'Avustusta myönnetään {cents|euro}.',
    'Ett understöd på {cents|euro} beviljas.',
    'A grant of {cents|euro} is awarded.',
  ),
  'result.waiting': words(
    'Hakemus saa varasijan {rank}. Avustusta ei tällä päätöksellä myönnetä.',
    'Ansökan får reservplats {rank}. Inget understöd beviljas genom detta beslut.',
    'The application is given place {rank} on the waiting list. No grant is awarded by this decision.',
  ),
  'result.refused': words('Hakemus hylätään.', 'Ansökan avslås.', 'The application is refused.'),
  'result.ineligible': words(
    'Hakemus hylätään, koska se ei ole hakukelpoinen.',
    'Ansökan avslås, eftersom rätt att söka saknas.',
    'The application is refused because it is not eligible.',
  ),
  'result.late': words(
    'Hakemus jätetään tutkimatta, koska se saapui määräajan jälkeen.',
    'Ansökan lämnas utan prövning, eftersom den kom in efter tidsfristen.',
    'The application is left unexamined because it arrived after the deadline.',
  ),
  deMinimis: words(
    'Avustus {cents|euro} on vähämerkityksistä tukea (de minimis): {regulation}.',
    'Understödet på {cents|euro} är stöd av mindre betydelse (de minimis): {regulation}.',
    'The grant of {cents|euro} is de minimis aid: {regulation}.',
  ),
  reserve: words(
    'Avustus maksetaan oikaisuvaatimuksia varten varatusta määrärahasta.',
    'Understödet betalas ur anslaget som reserverats för omprövningar.',
    'The grant is paid from the money reserved for appeals.',
  ),

  // reasons and rules
  reasons: words('Perustelut', 'Motivering', 'Reasons'),
  departure: words('Poikkeaminen esityksestä', 'Avvikelse från förslaget', 'Departure from the proposal'),
  rules: words('Sovelletut säännöt', 'Tillämpade regler', 'Rules applied'),
  'method.rolling': words(
    'Jatkuva haku: hakemukset luetaan kyllä–ei-perustein ja päätetään viikoittain niin kauan kuin määrärahaa on. Jos määräraha ei riitä viikon hakemuksille, arpa ratkaisee.',
    'Löpande ansökan: ansökningarna läses enligt ja- och nej-grunder och avgörs varje vecka så länge anslaget räcker. Om anslaget inte räcker till veckans ansökningar avgör lotten.',
    'Rolling call: applications are read against yes-or-no criteria and decided every week while the money lasts. If it does not suffice for the applications of a week, the lot decides.',
  ),
  'method.ranked-until-budget': words(
    'Raati arvioi hakemukset pistein tietämättä hakijoita. Ne asetetaan järjestykseen ja avustuksia myönnetään järjestyksessä, kunnes määräraha on käytetty.',
    'Bedömningsgruppen poängsätter ansökningarna utan att känna till sökandena. De rangordnas och understöd beviljas i ordningsföljd tills anslaget är använt.',
    'A committee scores the applications without knowing the applicants. They are ranked and grants are awarded in that order until the money is used.',
  ),
  'method.equal-shares': words(
    'Asukkaat äänestävät, ja ääniosuudet jaetaan tasaosuuksien menetelmällä. Äänestys on neuvoa-antava.',
    'Invånarna röstar och rösterna fördelas enligt metoden med lika andelar. Omröstningen är rådgivande.',
    'Residents vote, and the money is shared by the method of equal shares. The vote is advisory.',
  ),
  terms: words(
    'Ehdot ja säännöt julkaistiin {announcedOn|date}. Niiden tarkiste on',
    'Villkoren och reglerna publicerades {announcedOn|date}. Deras kontrollsumma är',
    'Terms and rules were published on {announcedOn|date}. Their digest is',
  ),
  criterion: words('Arviointiperuste', 'Bedömningsgrund', 'Criterion'),
  weight: words('Paino', 'Vikt', 'Weight'),
  own: words('Oman hakemuksesi arviot', 'Bedömningarna av din ansökan', 'The assessments of your application'),
  ownHint: words(
    'Jokainen sarake on yhden arvioijan arvio. Arvioijien nimiä ei kerrota.',
    'Varje kolumn är en persons bedömning. Namnen anges inte.',
    'Each column is one person’s assessment. Names are not told.',
  ),
  assessment: words('Arvio {n}', 'Bedömning {n}', 'Assessment {n}'),
  notAssessed: words('ei arvioitu', 'inte bedömd', 'not assessed'),
  yes: words('kyllä', 'ja', 'yes'),
  no: words('ei', 'nej', 'no'),
  scale: words('Asteikko {min}–{max}.', 'Skala {min}–{max}.', 'Scale {min}–{max}.'),
  comments: words('Arvioijien kommentit', 'Kommentarer', 'Comments'),

  // use of the money
  use: words('Avustuksen käyttö', 'Användning av understödet', 'Use of the grant'),
  purpose: words('Käyttötarkoitus', 'Ändamål', 'Purpose'),
  what: words('Mihin', 'Till vad', 'For what'),
  sum: words('Summa', 'Belopp', 'Sum'),
  period: words('Käyttöaika', 'Användningstid', 'Period of use'),
  periodText: words(
    '{time}. Avustus käytetään ja selvitys annetaan {days} päivän kuluessa maksupäivästä.',
    '{time}. Understödet ska användas och redogörelsen lämnas inom {days} dagar från betalningsdagen.',
    '{time}. The grant is to be used, and the report given, within {days} days of payment.',
  ),
  'pay.at-once': words(
    'Avustus maksetaan, kun saaja on ilmoittanut tilinumeron.',
    'Understödet betalas när mottagaren har uppgett sitt kontonummer.',
    'The grant is paid when the recipient has given an account.',
  ),
  'pay.when-final': words(
    'Avustus maksetaan, kun päätös on lainvoimainen ja saaja on ilmoittanut tilinumeron.',
    'Understödet betalas när beslutet har vunnit laga kraft och mottagaren har uppgett sitt kontonummer.',
    'The grant is paid when the decision is final and the recipient has given an account.',
  ),
  acceptBy: words(
    'Ota avustus vastaan ilmoittamalla tilinumero viimeistään {acceptBy|date}. Muuten avustus raukeaa.',
    'Ta emot understödet genom att uppge ett kontonummer senast {acceptBy|date}. Annars förfaller det.',
    'Accept the grant by giving an account by {acceptBy|date}. Otherwise it lapses.',
  ),
  unspent: words(
    'Käyttämättä jäänyt yli {floor|euro} palautetaan. Avustus palautetaan myös, jos se käytetään muuhun tarkoitukseen.',
    'Oanvända medel över {floor|euro} återbetalas. Understödet återbetalas också om det används till något annat.',
    'Unspent money above {floor|euro} is to be returned, as is money used for something else.',
  ),

  // how it is told, and what can be done about it
  notice: words('Tiedoksianto', 'Delgivning', 'Notice'),
  'sent.electronic': words(
    'Päätös lähetettiin sähköpostilla {sentOn|date}. Sen katsotaan tulleen tiedoksi {noticeOn|date} eli {days} päivän kuluttua lähettämisestä, jollei muuta näytetä.',
    'Beslutet sändes per e-post {sentOn|date}. Det anses ha kommit till kännedom {noticeOn|date}, alltså {days} dagar efter att det sändes, om inte något annat visas.',
    'The decision was sent by e-mail on {sentOn|date}. It counts as known on {noticeOn|date}, {days} days after it was sent, unless shown otherwise.',
  ),
  'sent.letter': words(
    'Päätös lähetettiin kirjeellä {sentOn|date}. Sen katsotaan tulleen tiedoksi {noticeOn|date} eli {days} päivän kuluttua lähettämisestä, jollei muuta näytetä.',
    'Beslutet sändes per brev {sentOn|date}. Det anses ha kommit till kännedom {noticeOn|date}, alltså {days} dagar efter att det sändes, om inte något annat visas.',
    'The decision was sent by letter on {sentOn|date}. It counts as known on {noticeOn|date}, {days} days after it was posted, unless shown otherwise.',
  ),
  'sent.publication': words(
    'Päätökset julkaistiin verkossa {sentOn|date}. Kunnan jäsenten katsotaan saaneen niistä tiedon {noticeOn|date} eli {days} päivän kuluttua julkaisemisesta.',
    'Besluten publicerades på webben {sentOn|date}. Kommunens medlemmar anses ha fått del av dem {noticeOn|date}, alltså {days} dagar efter publiceringen.',
    'The decisions were published on the web on {sentOn|date}. Members of the municipality count as told on {noticeOn|date}, {days} days after publication.',
  ),
  appeal: words('Oikaisuvaatimusohje', 'Anvisning om begäran om omprövning', 'How to appeal'),
  'appeal.what': words(
    'Päätökseen tyytymätön voi tehdä kirjallisen oikaisuvaatimuksen. Päätöksestä ei voi valittaa suoraan tuomioistuimeen.',
    'Den som är missnöjd med beslutet kan skriftligen begära omprövning. Beslutet kan inte överklagas direkt till domstol.',
    'Whoever is dissatisfied may appeal in writing (oikaisuvaatimus). The decision cannot be taken to court directly.',
  ),
  'appeal.who': words('Kuka voi vaatia oikaisua', 'Vem kan begära omprövning', 'Who may appeal'),
  'appeal.whoText': words(
    'Asianosainen eli se, johon päätös on kohdistettu tai jonka oikeuteen, velvollisuuteen tai etuun päätös välittömästi vaikuttaa, sekä jokainen kunnan jäsen.',
    'Den som är part, alltså den som beslutet avser eller vars rätt, skyldighet eller fördel direkt påverkas av beslutet, samt varje kommunmedlem.',
    'The parties, that is whom the decision concerns or whose right, duty or benefit it touches directly, and every member of the municipality.',
  ),
  'appeal.to': words('Oikaisuviranomainen', 'Omprövningsmyndighet', 'Appeal body'),
  'appeal.when': words('Määräaika', 'Tidsfrist', 'Time limit'),
  'appeal.whenText': words(
    '{days} päivää tiedoksisaannista; tiedoksisaantipäivää ei lasketa mukaan. Oikaisuvaatimuksen on oltava perillä viimeistään {appealUntil|date}.',
    '{days} dagar från det att beslutet kom till kännedom; den dagen räknas inte med. Begäran ska vara framme senast {appealUntil|date}.',
    '{days} days from the day on which it counts as known, which is not counted. The appeal must have arrived by {appealUntil|date}.',
  ),
  'appeal.residents': words(
    'Kunnan jäsenen määräaika lasketaan siitä, kun päätös on julkaistu verkossa.',
    'För kommunens medlemmar räknas tiden från det att beslutet har publicerats på webben.',
    'For members of the municipality the days run from publication on the web.',
  ),
  'appeal.content': words('Mitä oikaisuvaatimukseen kirjoitetaan', 'Vad begäran ska innehålla', 'What to write'),
  'appeal.content1': words(
    'päätös, johon haetaan oikaisua: asianumero, pykälä ja päivä',
    'beslutet som begäran gäller: ärendenummer, paragraf och datum',
    'the decision that it is about: case number, section and date',
  ),
  'appeal.content2': words('miten päätöstä halutaan muutettavaksi', 'hur beslutet ska ändras', 'how it should be changed'),
  'appeal.content3': words('millä perusteilla', 'på vilka grunder', 'for what reasons'),
  'appeal.content4': words(
    'tekijän nimi, kotikunta ja yhteystiedot',
    'namn, hemkommun och kontaktuppgifter',
    'your name, municipality of residence and how to reach you',
  ),
  'appeal.where': words('Mihin se toimitetaan', 'Vart den sänds', 'Where to send it'),
  'appeal.free': words(
    'Oikaisuvaatimuksen käsittely on maksutonta.',
    'Det kostar inget att begära omprövning.',
    'Appealing is free of charge.',
  ),
  court: words('Valitusosoitus', 'Besvärsanvisning', 'How to go to court'),
  'court.what': words(
    'Päätös on tehty oikaisuvaatimuksen johdosta. Siihen tyytymätön voi valittaa kirjallisesti hallinto-oikeuteen.',
    'Beslutet har fattats med anledning av en begäran om omprövning. Den som är missnöjd kan skriftligen besvära sig hos förvaltningsdomstolen.',
    'The decision was made on an appeal. Whoever is dissatisfied may take it to the administrative court in writing.',
  ),
  'court.who': words('Kuka voi valittaa', 'Vem kan besvära sig', 'Who may go to court'),
  'court.whoText': words(
    'Oikaisuvaatimuksen tekijä ja, kun päätöstä on muutettu, myös muu asianosainen ja kunnan jäsen.',
    'Den som begärt omprövning och, när beslutet har ändrats, även andra parter och kommunmedlemmar.',
    'Whoever appealed and, where the decision was changed, the other parties and members of the municipality too.',
  ),
  'court.whenText': words(
    '{days} päivää tiedoksisaannista; tiedoksisaantipäivää ei lasketa mukaan. Valituksen on oltava perillä viimeistään {until|date}.',
    '{days} dagar från det att beslutet kom till kännedom; den dagen räknas inte med. Besväret ska vara framme senast {until|date}.',
    '{days} days from the day on which it counts as known, which is not counted. It must have reached the court by {until|date}.',
  ),
  'court.fee': words(
    'Hallinto-oikeus voi periä oikeudenkäyntimaksun.',
    'Förvaltningsdomstolen kan ta ut en rättegångsavgift.',
    'The administrative court may charge a fee.',
  ),
  contact: words('Lisätietoja', 'Mer information', 'Contact'),
  token: words('Asiakirjan tunniste', 'Handlingens beteckning', 'Document code'),
  template: words('mallin versio {template}', 'mallversion {template}', 'template version {template}'),

  // the call's document
  minutes: words('Kaikki päätökset pöytäkirjaa varten', 'Alla beslut för protokollet', 'All decisions, for the minutes'),
  published: words('Julkaistut päätökset', 'Publicerade beslut', 'Published decisions'),
  awards: words('Myönnetyt avustukset', 'Beviljade understöd', 'Grants awarded'),
  none: words('Avustuksia ei myönnetty.', 'Inga understöd beviljades.', 'No grants were awarded.'),
  result: words('Päätös', 'Beslut', 'Decision'),
  'short.granted': words('myönnetty', 'beviljat', 'granted'),
  'short.waiting': words('varasija {rank}', 'reservplats {rank}', 'waiting list {rank}'),
  'short.refused': words('hylätty', 'avslagen', 'refused'),
  'short.ineligible': words('ei hakukelpoinen', 'utan rätt att söka', 'ineligible'),
  'short.late': words('myöhässä, ei tutkittu', 'försenad, utan prövning', 'late, unexamined'),
  'kind.resident': words('asukas', 'invånare', 'resident'),
  'kind.group': words('ryhmä', 'grupp', 'group'),
  'kind.association': words('yhdistys', 'förening', 'association'),
  'kind.company': words('yritys', 'företag', 'company'),
  total: words('Yhteensä', 'Sammanlagt', 'Total'),
  budget: words('Määräraha', 'Anslag', 'Budget'),
  others: words(
    'Muut ratkaistut hakemukset annetaan tiedoksi hakijoille itselleen. Yksityishenkilöitä ei nimetä.',
    'De övriga besluten delges sökandena själva. Privatpersoner namnges inte.',
    'The other decisions are told to the applicants themselves. Private persons are not named.',
  ),
  proposal: words('Esityksen tarkiste', 'Förslagets kontrollsumma', 'Digest of the proposal'),
} as const satisfies Record<string, Words>;

export type Word = keyof typeof WORDS;

/** The words of one language. */
export const speaker =
  (language: Language) =>
  (word: Word, params: Params = {}): string =>
    fillText(WORDS[word][language], params, language);

/** A text by officers in the language, or the nearest that was written. */
export const officers = (texts: { fi: string; sv: string; en?: string } | undefined, language: Language, otherwise = ''): string =>
  texts === undefined ? otherwise : texts[language] || texts.fi || texts.sv || otherwise;
