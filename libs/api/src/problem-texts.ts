import { registerProblems } from '@minipilot/platform/http/problem.js';
import type { ProblemText } from '@minipilot/platform/http/problem-texts.js';
import { APPEAL_PROBLEMS } from './problem-texts-appeal.js';
import { CALL_PROBLEMS } from './problem-texts-calls.js';
import { CLOSING_PROBLEMS } from './problem-texts-leaks.js';
import { DOCUMENT_PROBLEMS } from './problem-texts-documents.js';
import { ELIGIBILITY_PROBLEMS } from './problem-texts-eligibility.js';
import { MONEY_PROBLEMS } from './problem-texts-money.js';
import { SELECTION_PROBLEMS } from './problem-texts-selection.js';
import { SIGN_IN_PROBLEMS } from './problem-texts-signin.js';
import { VOTE_PROBLEMS } from './problem-texts-vote.js';

/** Refusals around applications, decisions, awards, reports and services. */
const PILOT_PROBLEMS = {
  'draft-expired': {
    status: 410,
    fi: 'Luonnos on vanhentunut ja poistettu.',
    sv: 'Utkastet har gått ut och raderats.',
    en: 'The draft has expired and was deleted.',
  },
  'draft-submitted': {
    status: 409,
    fi: 'Luonnos on jo lähetetty hakemuksena.',
    sv: 'Utkastet har redan lämnats in som ansökan.',
    en: 'The draft has already been submitted.',
  },
  'reach-missing': {
    status: 400,
    fi: 'Anna puhelinnumero, sähköposti tai osoite.',
    sv: 'Ange telefonnummer, e-post eller adress.',
    en: 'Give a phone number, an e-mail address or a postal address.',
  },
  'must-be-confirmed': {
    status: 400,
    fi: 'Tämä on vahvistettava.',
    sv: 'Det här måste bekräftas.',
    en: 'This must be confirmed.',
  },
  'in-the-future': {
    status: 400,
    fi: 'Aika on vasta tulossa.',
    sv: 'Tidpunkten ligger i framtiden.',
    en: 'This time is still to come.',
  },
  'clock-goes-back': {
    status: 409,
    fi: 'Kokeilukello kulkee vain eteenpäin.',
    sv: 'Försöksklockan går bara framåt.',
    en: 'The demo clock only goes forward.',
  },
  'clock-stuck': {
    status: 503,
    fi: 'Kello jäi kesken matkan. Katso palvelun tila.',
    sv: 'Klockan stannade på vägen. Se tjänstens tillstånd.',
    en: 'The clock stopped on its way. Look at the state of the service.',
  },
  'sealed-until-scoring-closes': {
    status: 409,
    fi: 'Arviot ovat suljettuina, kunnes pisteytys päättyy.',
    sv: 'Bedömningarna är förseglade tills poängsättningen går ut.',
    en: 'Score cards stay sealed until scoring closes.',
  },
  'date-in-future': {
    status: 409,
    fi: 'Päivä {on|date} on vasta tulossa.',
    sv: 'Dagen {on|date} ligger i framtiden.',
    en: 'The day {on|date} is still to come.',
  },
  'application-not-found': {
    status: 404,
    fi: 'Tällaista hakemusta ei ole.',
    sv: 'Det finns ingen sådan ansökan.',
    en: 'There is no such application.',
  },
  'already-applied': {
    status: 409,
    fi: 'Olet jo hakenut. Tässä haussa hakija voi jättää enintään {most} hakemusta.',
    sv: 'Du har redan sökt. I den här ansökningsomgången kan en sökande lämna högst {most} ansökningar.',
    en: 'You have applied already. In this call an applicant can hand in at most {most}.',
  },
  'organisation-applied-by-another': {
    status: 409,
    fi: 'Joku toinen on jo hakenut tässä haussa saman yhdistyksen tai yrityksen puolesta. Ota yhteyttä avustuskoordinaattoriin, joka voi kirjata hakemuksen.',
    sv: 'Någon annan har redan sökt för samma förening eller företag i den här ansökningsomgången. Kontakta bidragskoordinatorn, som kan registrera ansökan.',
    en: 'Somebody else has applied already for the same association or company in this call. Contact the grants coordinator, who can enter the application.',
  },
  'application-withdrawn': {
    status: 409,
    fi: 'Hakemus on peruttu.',
    sv: 'Ansökan har dragits tillbaka.',
    en: 'The application has been withdrawn.',
  },
  'application-late': {
    status: 409,
    fi: 'Hakemus saapui myöhässä, {arrivedAt|time}. Se jätetään tutkimatta.',
    sv: 'Ansökan kom in för sent, {arrivedAt|time}. Den prövas inte.',
    en: 'The application arrived late, on {arrivedAt|time}. It is left unexamined.',
  },
  'application-in-time': {
    status: 409,
    fi: 'Hakemus saapui ajoissa, {arrivedAt|time}. Sitä ei voi jättää tutkimatta myöhästyneenä.',
    sv: 'Ansökan kom in i tid, {arrivedAt|time}. Den kan inte avvisas som försenad.',
    en: 'The application arrived in time, on {arrivedAt|time}. It cannot be left unexamined as late.',
  },
  'helper-may-not-judge': {
    status: 409,
    fi: 'Autoit hakemuksen tekemisessä, joten et voi käsitellä sitä.',
    sv: 'Du hjälpte till med ansökan och kan därför inte behandla den.',
    en: 'You helped with this application, so you cannot judge it.',
  },
  'applicant-stays': {
    status: 409,
    fi: 'Hakija ei voi vaihtua. Peru hakemus ja hae uudestaan.',
    sv: 'Sökanden kan inte bytas. Ta tillbaka ansökan och sök på nytt.',
    en: 'The applicant cannot change. Withdraw the application and apply again.',
  },
  'already-noticed': {
    status: 409,
    fi: 'Päätöksestä on jo annettu tiedoksianto.',
    sv: 'Beslutet har redan delgivits.',
    en: 'Notice of the decision has been given already.',
  },
  'decided-too-early': {
    status: 409,
    fi: 'Päätöspäivä voi olla aikaisintaan {earliest|date}.',
    sv: 'Beslutsdagen kan vara tidigast {earliest|date}.',
    en: 'The day of the decision can be {earliest|date} at the earliest.',
  },
  'own-application': {
    status: 409,
    fi: 'Et voi käsitellä omaa hakemustasi.',
    sv: 'Du kan inte behandla din egen ansökan.',
    en: 'You cannot judge your own application.',
  },
  'reason-missing': { status: 400, fi: 'Anna perustelu.', sv: 'Ange en motivering.', en: 'Give a reason.' },
  'already-decided': {
    status: 409,
    fi: 'Hakemus on jo päätetty.',
    sv: 'Ansökan är redan avgjord.',
    en: 'The application has been decided.',
  },
  'not-decided': {
    status: 409,
    fi: 'Hakemusta ei ole vielä päätetty.',
    sv: 'Ansökan är inte avgjord ännu.',
    en: 'The application has not been decided.',
  },
  'budget-exceeded': {
    status: 409,
    fi: 'Määrärahaa on jäljellä {leftCents|euro}.',
    sv: 'Av anslaget återstår {leftCents|euro}.',
    en: 'The budget has {leftCents|euro} left.',
  },
  'reserve-exceeded': {
    status: 409,
    fi: 'Oikaisuvarausta on jäljellä {leftCents|euro}.',
    sv: 'Av reserven för omprövning återstår {leftCents|euro}.',
    en: 'The appeal reserve has {leftCents|euro} left.',
  },
  'reserve-only-after-appeal': {
    status: 400,
    fi: 'Oikaisuvarauksesta myönnetään vain, kun oikaisuvaatimus on hyväksytty.',
    sv: 'Ur reserven beviljas medel bara när en begäran om omprövning har godkänts.',
    en: 'The appeal reserve is only for appeals that were upheld.',
  },
  'sum-outside-what-was-asked': {
    status: 409,
    fi: 'Myönnettävä summa on vähintään 0,01 € ja enintään haettu {askedCents|euro}.',
    sv: 'Beloppet som beviljas är minst 0,01 € och högst det sökta {askedCents|euro}.',
    en: 'The grant must be above zero and at most what was asked, {askedCents|euro}.',
  },
  'sum-without-award': {
    status: 400,
    fi: 'Summa kuuluu vain myönteiseen päätökseen.',
    sv: 'Ett belopp hör bara till ett beviljande beslut.',
    en: 'Only a grant has a sum.',
  },
  'de-minimis-regulation-missing': {
    status: 409,
    fi: 'Avustus on vähämerkityksistä tukea. Nimeä asetus, johon se perustuu.',
    sv: 'Understödet är stöd av mindre betydelse. Ange förordningen som det grundar sig på.',
    en: 'This grant is de minimis aid. Name its regulation.',
  },
  'departure-without-reason': {
    status: 409,
    fi: 'Päätös poikkeaa esityksestä ({proposed}). Perustele poikkeaminen.',
    sv: 'Beslutet avviker från förslaget ({proposed}). Motivera avvikelsen.',
    en: 'The decision departs from the proposal ({proposed}). Give a reason for it.',
  },
  'no-departure': {
    status: 409,
    fi: 'Päätös on esityksen mukainen. Poista poikkeamisen perustelu.',
    sv: 'Beslutet följer förslaget. Ta bort motiveringen till avvikelsen.',
    en: 'The decision follows the proposal. Remove the reason for a departure.',
  },
  'notice-before-decision': {
    status: 409,
    fi: 'Päätös tehtiin vasta {decidedOn|date}.',
    sv: 'Beslutet fattades först {decidedOn|date}.',
    en: 'The decision was made only on {decidedOn|date}.',
  },
  'told-today': {
    status: 409,
    fi: 'Sähköinen tiedoksianto ja julkaisu tapahtuvat nyt, joten päiväksi kelpaa vain {today|date}.',
    sv: 'Elektronisk delgivning och publicering sker nu, så dagen kan bara vara {today|date}.',
    en: 'Electronic notice and publication happen now, so the day can only be {today|date}.',
  },
  'nothing-to-publish': {
    status: 409,
    fi: 'Julkaisemattomia päätöksiä ei ole.',
    sv: 'Det finns inga opublicerade beslut.',
    en: 'There is no decision to publish.',
  },
  'no-award': { status: 409, fi: 'Avustusta ei ole myönnetty.', sv: 'Inget understöd har beviljats.', en: 'No grant was awarded.' },
  'award-already-accepted': {
    status: 409,
    fi: 'Avustus on jo otettu vastaan.',
    sv: 'Understödet har redan tagits emot.',
    en: 'The grant has been accepted already.',
  },
  'award-not-accepted': {
    status: 409,
    fi: 'Avustusta ei ole otettu vastaan.',
    sv: 'Understödet har inte tagits emot.',
    en: 'The grant has not been accepted.',
  },
  'award-gone': {
    status: 409,
    fi: 'Avustusta ei enää ole ({award}).',
    sv: 'Understödet finns inte längre ({award}).',
    en: 'The grant is no longer there ({award}).',
  },
  'award-lapsed': {
    status: 409,
    fi: 'Viimeinen päivä oli {lastDay|date}.',
    sv: 'Sista dagen var {lastDay|date}.',
    en: 'The last day was {lastDay|date}.',
  },
  'recipient-missing': {
    status: 409,
    fi: 'Saaja on luopunut. Nimeä uusi saaja viimeistään {nameBy|date}.',
    sv: 'Mottagaren har avstått. Ange en ny mottagare senast {nameBy|date}.',
    en: 'The recipient has stepped back. Name another by {nameBy|date}.',
  },
  'recipient-not-withdrawn': {
    status: 409,
    fi: 'Saajaa ei voi vaihtaa, ennen kuin nykyinen on luopunut.',
    sv: 'Mottagaren kan inte bytas innan den nuvarande har avstått.',
    en: 'The recipient can be changed only after the present one has stepped back.',
  },
  'same-recipient': { status: 409, fi: 'Saaja on jo sama.', sv: 'Mottagaren är redan densamma.', en: 'This is the recipient already.' },
  'private-person': {
    status: 409,
    fi: 'Yksityishenkilön nimeä ei julkaista.',
    sv: 'En privatpersons namn publiceras inte.',
    en: 'The name of a private person is not published.',
  },
  'already-reported': {
    status: 409,
    fi: 'Selvitys on jo annettu.',
    sv: 'Redogörelsen har redan lämnats.',
    en: 'The report has been handed in already.',
  },
  'nothing-reported': {
    status: 409,
    fi: 'Selvitystä ei ole annettu.',
    sv: 'Ingen redogörelse har lämnats.',
    en: 'There is no report to look at.',
  },
  'report-due-only-later': {
    status: 409,
    fi: 'Selvityksen määräaikaa voi vain pidentää. Se on nyt {due|date}.',
    sv: 'Redogörelsens tidsfrist kan bara förlängas. Den är nu {due|date}.',
    en: 'The day of the report can only be moved later. It is now {due|date}.',
  },
  'report-not-accepted': {
    status: 409,
    fi: 'Selvitystä ei ole vielä hyväksytty.',
    sv: 'Redogörelsen är inte godkänd ännu.',
    en: 'The report has not been accepted yet.',
  },
  'used-more-than-paid': {
    status: 409,
    fi: 'Avustusta maksettiin {paidCents|euro}. Enempää ei ole voitu käyttää.',
    sv: 'Av understödet betalades {paidCents|euro}. Mer kan inte ha använts.',
    en: 'The grant paid was {paidCents|euro}. No more can have been used.',
  },
  'plan-already-stands': {
    status: 409,
    fi: 'Muutosta ei voi enää evätä, tai sellaista ei ole.',
    sv: 'Ändringen kan inte längre avslås, eller så finns det ingen.',
    en: 'There is no change of plan that can still be refused.',
  },
  'service-not-found': {
    status: 404,
    fi: 'Tällaista toimintamallia ei ole.',
    sv: 'Det finns ingen sådan verksamhetsmodell.',
    en: 'There is no such service.',
  },
  'adoption-already-proposed': {
    status: 409,
    fi: 'Vakiinnuttamista on jo esitetty.',
    sv: 'Etablering har redan föreslagits.',
    en: 'Adoption has been proposed already.',
  },
  'owner-has-time-to-answer': {
    status: 409,
    fi: 'Palvelun omistaja ei ole vielä vastannut. Aikaa on {answerDue|date} asti; sen jälkeen voi päättää ilman vastausta.',
    sv: 'Tjänstens ägare har inte svarat ännu. Tid finns till {answerDue|date}; därefter kan ni besluta utan svar.',
    en: 'The service owner has not answered yet. There is time until {answerDue|date}; after that it can be decided without an answer.',
  },
  'adoption-already-decided': {
    status: 409,
    fi: 'Vakiinnuttamisesta on jo päätetty.',
    sv: 'Etableringen är redan avgjord.',
    en: 'The adoption has been decided already.',
  },
  'already-answered': {
    status: 409,
    fi: 'Palvelun omistaja on jo vastannut.',
    sv: 'Tjänstens ägare har redan svarat.',
    en: 'The service owner has answered already.',
  },
  'cost-without-adoption': {
    status: 400,
    fi: 'Vuosikustannus kuuluu vain vakiinnutettuun toimintamalliin.',
    sv: 'En årskostnad hör bara till en etablerad verksamhetsmodell.',
    en: 'Only an adopted service has a yearly cost.',
  },
  'service-not-adopted': {
    status: 409,
    fi: 'Toimintamallia ei ole vakiinnutettu, tai se on päättynyt.',
    sv: 'Verksamhetsmodellen är inte etablerad, eller så har den upphört.',
    en: 'The service is not adopted, or it has ended.',
  },
  'district-not-decided': {
    status: 409,
    fi: 'Päätös ei koske aluetta {district}.',
    sv: 'Beslutet gäller inte området {district}.',
    en: 'The decision does not name the district {district}.',
  },
  'district-already-started': {
    status: 409,
    fi: 'Toiminta on jo alkanut alueella {district}.',
    sv: 'Verksamheten har redan börjat i området {district}.',
    en: 'The service has already begun in {district}.',
  },
} as const satisfies Record<string, ProblemText>;

/** What people are told when the domain or a desk refuses: status and text by code. */
export const DOMAIN_PROBLEMS: Readonly<Record<string, ProblemText>> = {
  ...CALL_PROBLEMS,
  ...PILOT_PROBLEMS,
  ...ELIGIBILITY_PROBLEMS,
  ...MONEY_PROBLEMS,
  ...SELECTION_PROBLEMS,
  ...CLOSING_PROBLEMS,
  ...DOCUMENT_PROBLEMS,
  ...SIGN_IN_PROBLEMS,
  ...VOTE_PROBLEMS,
  ...APPEAL_PROBLEMS,
};

/** Makes the domain's refusals known to the problem pages; may be called again. */
export const registerDomainProblems = (): void => registerProblems(DOMAIN_PROBLEMS);
