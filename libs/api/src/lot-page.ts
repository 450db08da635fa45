import type { LotDraw, LotView } from '@minipilot/insight/lots.js';
import { fillText, LANGUAGES, type Language, type Params, type Texts } from '@minipilot/platform/http/language.js';
import { html, page, type Html } from './html.js';

const words = (fi: string, sv: string, en: string): Texts => ({ fi, sv, en });

const WORDS = {
  title: words('Arpa: {call}', 'Lottning: {call}', 'The lot: {call}'),
  other: words('suomeksi', 'på svenska', 'in English'),
  why: words(
    'Kun hakemukset ovat sääntöjen mukaan yhtä hyviä eikä raha riitä kaikille, arpa ratkaisee niiden järjestyksen. Tämä sivu kertoo, miksi kukaan ei voi ohjata arpaa eikä tietää tulosta ennalta, ja miten kuka tahansa voi tarkistaa sen.',
    'När ansökningar är lika bra enligt reglerna och pengarna inte räcker till alla avgör lotten deras ordning. Den här sidan berättar varför ingen kan styra lotten eller veta utfallet på förhand, och hur vem som helst kan kontrollera den.',
    'When applications are equally good by the rules and there is not enough money for all, the lot decides their order. This page tells why nobody can steer the lot or know its result beforehand, and how anyone can check it.',
  ),
  how: words('Näin arvotaan', 'Så går lottningen till', 'How the lot is drawn'),
  commit: words(
    'Kun haku avattiin {on|date}, palvelu arpoi salaisen luvun ja julkaisi heti sen tiivisteen. Tiivisteestä ei voi päätellä lukua, eikä lukua voi vaihtaa toiseen: vain oikea luku antaa saman tiivisteen.',
    'När ansökningsomgången utlystes den {on|date} drog tjänsten ett hemligt tal och publicerade genast dess kontrollsumma. Talet kan inte räknas ut ur kontrollsumman och inte bytas mot ett annat: bara det rätta talet ger samma kontrollsumma.',
    'When the call was announced on {on|date}, the service drew a secret number and published its checksum at once. The number cannot be worked out from the checksum and cannot be exchanged: only the right one gives the same checksum.',
  ),
  opened: words(
    'Jokaiseen arvioon ja äänestyslippuun liitettiin sinetöitäessä satunnainen luku. Kun kaikki on avattu, niistä lasketaan yhteinen tiiviste. Sitä ennen sitä ei tiedä kukaan, ei edes se, joka tuntisi salaisen luvun.',
    'Till varje bedömning och röstsedel fogades ett slumptal när den förseglades. När allt har öppnats räknas en gemensam kontrollsumma av dem. Före det känner ingen till den, inte ens den som skulle känna till det hemliga talet.',
    'A random number was added to each assessment and ballot as it was sealed. When all are open, one checksum is computed from them. Before that nobody knows it, not even somebody who knew the secret number.',
  ),
  keys: words(
    'Salaisesta luvusta, yhteisestä tiivisteestä ja hakemuksen tunnuksesta lasketaan jokaiselle hakemukselle arpaluku. Pienin arpaluku on ensimmäinen.',
    'Av det hemliga talet, den gemensamma kontrollsumman och ansökans beteckning räknas ett lottnummer för varje ansökan. Det minsta lottnumret kommer först.',
    'From the secret number, the common checksum and the id of the application a draw key is computed for each application. The lowest key goes first.',
  ),
  numbers: words('Tämän haun luvut', 'Talen i den här ansökningsomgången', 'The numbers of this call'),
  call: words('Haun tunnus', 'Ansökningsomgångens beteckning', 'Id of the call'),
  lotHash: words('Salaisen luvun tiiviste', 'Det hemliga talets kontrollsumma', 'Checksum of the secret number'),
  seed: words('Salainen luku', 'Det hemliga talet', 'The secret number'),
  secret: words(
    'Luku on vielä salainen. Se julkaistaan tällä sivulla, kun arviot tai äänestysliput on avattu. Jatkuvassa haussa se julkaistaan, kun arpaa tarvitaan ensimmäisen kerran.',
    'Talet är ännu hemligt. Det publiceras på den här sidan när bedömningarna eller röstsedlarna har öppnats. I en fortlöpande ansökningsomgång publiceras det när lotten behövs första gången.',
    'The number is still secret. It is published on this page when assessments or ballots have been opened; in a rolling call when a lot is needed for the first time.',
  ),
  nothing: words('Arpaa ei tarvittu.', 'Ingen lottning behövdes.', 'No lot was needed.'),
  notYet: words(
    'Esitystä ei ole vielä laskettu. Arpaluvut tulevat tähän, jos arpaa tarvitaan.',
    'Förslaget har inte räknats ut ännu. Lottnumren kommer hit om lotten behövs.',
    'The proposal has not been computed yet. Draw keys will stand here if a lot is needed.',
  ),
  cards: words('Raadin arviot', 'Bedömningsgruppens bedömningar', 'Assessments of the committee'),
  ballots: words('Asukkaiden äänet', 'Invånarnas röster', 'Votes of residents'),
  readings: words('Viikkokierros {round}', 'Veckoomgång {round}', 'Weekly round {round}'),
  digest: words('Yhteinen tiiviste', 'Den gemensamma kontrollsumman', 'The common checksum'),
  made: words('Laskettu', 'Räknad av', 'Made of'),
  'made.cards': words('{count} arviosta', '{count} bedömningar', '{count} assessments'),
  'made.readings': words('{count} hakemuksen arvioista', 'bedömningarna av {count} ansökningar', 'the assessments of {count} applications'),
  'made.ballots': words('{count} äänestyslipusta', '{count} röstsedlar', '{count} ballots'),
  early: words(
    'Tämän arvonnan yhteistä tiivistettä ei voi laskea julkisista tiedoista. Tilintarkastaja voi laskea sen.',
    'Den gemensamma kontrollsumman för den här lottningen kan inte räknas av offentliga uppgifter. Revisorn kan räkna den.',
    'The common checksum of this draw cannot be computed from public data. The auditor can compute it.',
  ),
  group: words(
    'Yhtä hyvät, arvan antamassa järjestyksessä',
    'Lika bra, i den ordning som lotten gav',
    'Equally good, in the order that the lot gave',
  ),
  order: words('Sija', 'Plats', 'Place'),
  application: words('Hakemuksen tunnus', 'Ansökans beteckning', 'Id of the application'),
  drawKey: words('Arpaluku', 'Lottnummer', 'Draw key'),
  check: words('Tarkista itse', 'Kontrollera själv', 'Check it yourself'),
  node: words(
    'Tämä komento hakee samat luvut ja laskee ne uudelleen. Jokaisen rivin pitää sanoa true. Kirjoita sanan ADDRESS tilalle tämän sivun osoite ilman loppua .html. Tietokoneessa pitää olla Node, versio 20 tai uudempi.',
    'Det här kommandot hämtar samma tal och räknar dem på nytt. Varje rad ska säga true. Skriv den här sidans adress utan slutet .html i stället för ordet ADDRESS. Datorn behöver Node, version 20 eller nyare.',
    'This command fetches the same numbers and computes them again. Each line must say true. Put the address of this page without its end .html in the place of ADDRESS. The computer needs Node, version 20 or newer.',
  ),
  shell: words(
    'Yhden arpaluvun voi laskea myös näin, kun luvut on kirjoitettu sanojen paikalle:',
    'Ett enda lottnummer kan också räknas så här, när talen har skrivits i ordens ställe:',
    'A single draw key can be computed like this too, with the numbers in the place of the words:',
  ),
  data: words('Samat tiedot ohjelmille', 'Samma uppgifter för program', 'The same data for programs'),
} as const;

/** Computes a lot again from its public answer; prints one line per check. Stands on the page and needs nothing but Node. */
export const REPEAT = [
  'const h=t=>require("crypto").createHash("sha256").update(t).digest("hex");',
  'fetch(process.argv[1]).then(r=>r.json()).then(l=>{',
  'console.log("seed",h(Buffer.from(l.seed,"hex"))===l.lotHash);',
  'for(const d of l.draws.filter(d=>d.digest)){',
  'if(d.repeatable)console.log(d.kind,h(["minipilot/"+d.kind+"/v2",...d.leaves.sort()].join("\\n"))===d.digest);',
  'for(const{drawn:g}of d.groups)g.forEach((x,i)=>console.log(x.application,h(l.seed+d.digest+x.application)===x.drawKey&&(i===0||g[i-1].drawKey<x.drawKey)))',
  '}})',
].join('');

/** The page that explains the lot of one call, with its own numbers. `title` is the call's. */
export function lotPage(lot: LotView, title: string, language: Language): string {
  const say = (key: keyof typeof WORDS, params: Params = {}) => fillText(WORDS[key][language], params, language);
  const heading = say('title', { call: title });
  return page({
    language,
    title: heading,
    header: html`<nav class="screen">
      ${LANGUAGES.filter((l) => l !== language).map(
        (l) => html`<a href="?language=${l}" lang="${l}" hreflang="${l}">${WORDS.other[l]}</a> `,
      )}
    </nav>`,
    main: html`<h1>${heading}</h1>
      <p>${say('why')}</p>
      <h2>${say('how')}</h2>
      <ol>
        <li>${say('commit', { on: lot.announcedOn })}</li>
        <li>${say('opened')}</li>
        <li>${say('keys')}</li>
      </ol>
      <h2>${say('numbers')}</h2>
      <dl>
        <dt>${say('call')}</dt>
        <dd><code>${lot.call}</code></dd>
        <dt>${say('lotHash')}</dt>
        <dd><code>${lot.lotHash}</code></dd>
        ${
          lot.seed !== null &&
          html`<dt>${say('seed')}</dt>
            <dd><code>${lot.seed}</code></dd>`
        }
      </dl>
      ${lot.seed === null ? html`<p class="result">${say('secret')}</p>` : revealed(lot, say)}`,
    footer: html`<p class="quiet"><a href="lot">${say('data')}</a></p>`,
  });
}

type Say = (key: keyof typeof WORDS, params?: Params) => string;

function revealed({ draws, proposed }: LotView, say: Say): Html {
  const drawn = draws.some((d) => d.groups.length > 0);
  return html`${!drawn && html`<p class="result">${say(proposed ? 'nothing' : 'notYet')}</p>`} ${draws.map((draw) => drawTables(draw, say))}
    <h2 class="screen">${say('check')}</h2>
    <div class="screen">
      <p>${say('node')}</p>
      <p><code>node -e '${REPEAT}' ADDRESS</code></p>
      <p>${say('shell')}</p>
      <p><code>printf '%s%s%s' SEED DIGEST APPLICATION | sha256sum</code></p>
    </div>`;
}

const drawTables = ({ kind, round, digest, repeatable, leaves, groups }: LotDraw, say: Say): Html =>
  html`<h3>${say(kind, { round: round ?? '' })}</h3>
    <dl>
      ${
        digest !== null &&
        html`<dt>${say('digest')}</dt>
          <dd><code>${digest}</code></dd>`
      }
      <dt>${say('made')}</dt>
      <dd>${repeatable ? say(`made.${kind}`, { count: leaves.length }) : say('early')}</dd>
    </dl>
    ${groups.map(
      ({ drawn }) =>
        html`<div class="wide">
          <table>
            <caption>
              ${say('group')}
            </caption>
            <thead>
              <tr>
                <th scope="col" class="number">${say('order')}</th>
                <th scope="col">${say('application')}</th>
                <th scope="col">${say('drawKey')}</th>
              </tr>
            </thead>
            <tbody>
              ${drawn.map(
                (one) =>
                  html`<tr>
                    <td class="number">${one.order ?? '–'}</td>
                    <td><code>${one.application}</code></td>
                    <td><code>${one.drawKey}</code></td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`,
    )}`;
