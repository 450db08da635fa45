import { TELLINGS } from '@minipilot/grants/flows/notifying.js';
import { letter, mail, type MessageFacts } from './message.js';
import { isPlainAddress } from './transport.js';
import { FRAME, TEMPLATES } from './words.js';

const LANGUAGES = ['fi', 'sv', 'en'] as const;
/** Everything that events can give. */
const params = {
  arrivedAt: '2027-03-02T08:15:00.000Z',
  closesAt: '2027-04-30T13:00:00.000Z',
  acceptedAt: '2027-03-12T08:15:00.000Z',
  changedAt: '2027-03-12T08:15:00.000Z',
  noticeOn: '2027-03-12',
  appealUntil: '2027-03-30',
  acceptBy: '2027-04-12',
  answerBy: '2027-04-12',
  completedAt: '2027-04-12T08:15:00.000Z',
  nameBy: '2027-04-12',
  paidOn: '2027-03-15',
  reportDue: '2027-06-14',
  due: '2027-06-14',
  returnDue: '2027-07-01',
  returnCents: 3_840,
  cents: 50_000,
};
const facts = (change: Partial<MessageFacts> = {}): MessageFacts => ({
  kind: 'receipt',
  language: 'fi',
  municipality: 'Koivulahti',
  call: 'Kokeile Koivulahdessa',
  receipt: '1A2B3C4D',
  office: 'Avustuskoordinaattori',
  reach: 'avustukset@koivulahti.example',
  url: 'https://minipilot.example',
  params,
  ...change,
});
const links = (html: string) => [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to!);

describe('messages', () => {
  it('have words for every kind that is told, and no others', () => {
    expect(Object.keys(TEMPLATES).sort()).toEqual([...new Set(TELLINGS.map(({ kind }) => kind))].sort());
    expect(() => mail(facts({ kind: 'unheard-of' }))).toThrow(TypeError);
  });

  it('have all languages, each with the same gaps', () => {
    for (const { subject, lines } of [
      ...Object.values(TEMPLATES),
      { subject: FRAME.link, lines: Object.values(FRAME).map((text) => ({ text })) },
    ])
      for (const text of [subject, ...lines.map((line) => line.text)]) {
        const gaps = LANGUAGES.map((l) =>
          [...text[l].matchAll(/\{[^}]+\}/g)]
            .map(([gap]) => gap)
            .sort()
            .join(),
        );
        expect([gaps[1], gaps[2]]).toEqual([gaps[0], gaps[0]]);
      }
  });

  describe.each(Object.keys(TEMPLATES))('%s', (kind) => {
    it.each(LANGUAGES)('says the same in text and HTML, in %s, with nothing unfilled and no link elsewhere', (language) => {
      const { subject, text, html } = mail(facts({ kind, language, decisionUrl: 'https://minipilot.example/api/demo/x/decision.html' }));
      expect(subject).toContain('1A2B3C4D');
      expect(text + subject).not.toMatch(/[{}]|undefined|\d{4}-\d\d-\d\dT/);
      expect(html).toContain(`<html lang="${language}">`);
      const read = html
        .replace(/<style>[^<]*<\/style>|<title>[^<]*<\/title>/g, '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ');
      for (const line of text.split('\n\n')) expect(read).toContain(line.trim().replace(/\s+/g, ' '));
      for (const to of links(html)) expect(to).toMatch(/^https:\/\/minipilot\.example(\/|$)/);
      expect(html).not.toMatch(/<img|<script|<link/);
    });
  });

  it('that came late say so, and an award says until when', () => {
    expect(mail(facts()).text).toContain('Voit muuttaa hakemusta');
    expect(mail(facts({ params: { ...params, late: 1 } })).text).toContain('myöhässä saapuneena');
    expect(mail(facts({ kind: 'decision', params: { ...params, attached: 1 } })).text).toContain('liitteenä');
    const { acceptBy: _, returnDue: __, ...plain } = params;
    expect(mail(facts({ kind: 'decision', params: plain })).text).not.toMatch(/raukeaa|liitteenä/);
    expect(mail(facts({ kind: 'report-accepted', params: plain })).text).not.toContain('Palauta');
  });

  it('let nothing into a header or a page that is no text', () => {
    const evil = 'x\r\nBcc: victim@evil.example\u2028<script>alert(1)</script>\u202e';
    const { subject, text, html } = mail(facts({ receipt: evil, call: evil, office: evil, reach: evil, municipality: evil }));
    expect(subject).not.toMatch(/[\r\n\u2028\u202e]/);
    expect(text).not.toMatch(/\n\s*Bcc:/);
    expect(html).not.toContain('<script');
    const page = letter(facts(), { name: evil, address: `${evil}\nKatu 1` }, 'token');
    expect(page).not.toContain('<script');
    expect(page).toContain('Katu 1');
  });

  it('on paper have the address and the same words, and an unguessable code', () => {
    const page = letter(facts({ language: 'sv' }), { name: 'Aune Keksitty', address: 'Jukolantie 4' }, 'abc123');
    for (const part of ['<html lang="sv">', 'Aune Keksitty', 'Jukolantie 4', 'Mottagningsbekräftelse 1A2B3C4D', 'abc123'])
      expect(page).toContain(part);
  });
});

describe('addresses', () => {
  it.each(['a@b.example', 'aune.keksitty+x@koti.example', 'åke@ö.example'])('%s can be written to', (address) =>
    expect(isPlainAddress(address)).toBe(true),
  );
  it.each([
    'a@b.example\r\nBcc: c@d.example',
    'a b@c.example',
    '<a@b.example>',
    'a@b.example, c@d.example',
    '"a"@b.example',
    'a@',
    '@b',
    'a@b@c',
    'a@-b',
    '',
    `${'a'.repeat(65)}@b.example`,
  ])('%j cannot', (address) => expect(isPlainAddress(address)).toBe(false));
});
