import type { Policy } from '@minipilot/grants/policy/events.js';
import type { Instant } from '@minipilot/kernel/time.js';
import { html, page } from './html.js';

export interface CodeSheet {
  codes: readonly string[];
  place: string;
  title: { fi: string; sv: string };
  closesAt: Instant;
  policy: Pick<Policy, 'municipality' | 'timeZone'>;
}

/** A page to print and cut: one slip for each code, in Finnish and Swedish, with no sign of who will get it. */
export function codeSheet({ codes, place, title, closesAt, policy }: CodeSheet): string {
  const until = (language: string) =>
    new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short', timeZone: policy.timeZone }).format(new Date(closesAt));
  const slip = (code: string) => html`
    <section class="keep result">
      <p><strong>${title.fi}</strong> – äänestyskoodi<br /><span lang="sv">${title.sv} – röstningskod</span></p>
      <p><code>${code}</code></p>
      <p class="quiet">
        Koodilla äänestetään kerran; uusi ääni korvaa edellisen. Äänestys päättyy ${until('fi')}. Älä anna koodia muille.
        <br />
        <span lang="sv"
          >Med koden röstar man en gång; en ny röst ersätter den förra. Omröstningen slutar ${until('sv')}. Ge inte koden till andra.</span
        >
      </p>
    </section>
  `;
  return page({
    language: 'fi',
    title: `Äänestyskoodit – ${place}`,
    main: html`
      <h1>Äänestyskoodit – ${place}</h1>
      <p>
        ${policy.municipality}: ${codes.length} koodia. Tarkista ikä ja asuinpaikka, merkitse henkilö äänestäneeksi ja anna yksi lappu. Älä
        kirjaa, kuka sai minkäkin koodin.
      </p>
      <p lang="sv">
        ${policy.municipality}: ${codes.length} koder. Kontrollera åldern och boendeorten, anteckna att personen röstar och ge en lapp.
        Anteckna inte vem som fick vilken kod.
      </p>
      ${codes.map(slip)}
    `,
  });
}
