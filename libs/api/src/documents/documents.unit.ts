import { content, hash } from '@minipilot/grants/testing.js';
import type { DecisionResult } from '@minipilot/grants/pilot/events.js';
import { policyOf } from '../html.js';
import { callDocument, type CallDecisions, type DecisionLine } from './call-decisions.js';
import { decisionDocument, type CallFacts, type DecisionFacts } from './decision.js';
import { speaker, WORDS, type Word } from './words.js';

const LANGUAGES = ['fi', 'sv', 'en'] as const;
type Language = (typeof LANGUAGES)[number];

const call: CallFacts = {
  municipality: 'Koivulahti',
  timeZone: 'Europe/Helsinki',
  content: content({
    decisionMaker: 'Palvelujohtaja',
    appealBody: 'Hyvinvointilautakunta',
    contactPoint: { office: 'Avustuskoordinaattori', reach: 'avustukset@koivulahti.example' },
    rules: {
      ...content().rules,
      criteria: [
        { id: 'need', weight: 60, text: { fi: 'Hyödyttää asukkaita', sv: 'Är till nytta för invånarna', en: 'Benefits residents' } },
        { id: 'uutta', weight: 40 },
      ],
    },
  }),
  announcedOn: '2027-09-01',
  rulesHash: hash('rules'),
  appealDays: 14,
  returnFloorCents: 2_000,
};
const facts = (change: Partial<DecisionFacts> = {}): DecisionFacts => ({
  call,
  section: '§ 12',
  caseNumber: 'KOI/77/2027',
  decidedOn: '2027-10-08',
  decider: 'Jaana Johtaja',
  result: 'granted',
  cents: 50_000,
  from: 'budget',
  waitingRank: null,
  deMinimis: null,
  reason: 'Kahvila tuo koululaiset ja eläkeläiset samaan pöytään.',
  departureReason: null,
  receipt: '1A2B3C4D',
  district: 'Jukola',
  askedCents: 50_000,
  arrivedAt: '2027-09-10T08:15:00.000Z',
  contact: { name: 'Aune Keksitty', address: 'Jukolantie 4\n13100 Koivulahti' },
  proposal: {
    title: 'Iltapäiväkahvila',
    idea: 'Eläkeläiset pitävät kahvilaa koululla.',
    place: 'Koululla',
    time: 'Torstaisin keväällä',
    lines: [{ what: 'Kahvia', cents: 50_000 }],
  },
  assessments: [
    { values: [5, 3], comment: 'Helppo kokeilla.' },
    { values: null, comment: null },
  ],
  notice: { channel: 'letter', sentOn: '2027-10-08', noticeOn: '2027-10-15', days: 7, appealUntil: '2027-10-29', acceptBy: '2027-11-14' },
  token: '0123456789abcdef0123456789abcdef',
  ...change,
});
/** What a reader sees, in one line. */
const seen = (page: string) =>
  page
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&#39;', "'");
/** Words as `seen` has them. */
const spoken =
  (language: Language) =>
  (...args: Parameters<ReturnType<typeof speaker>>) =>
    speaker(language)(...args).replace(/\s/g, ' ');
const headings = (page: string) => [...page.matchAll(/<h([1-6])>/g)].map(([, level]) => Number(level));

/** Whoever cannot see a page finds the way in it: language, title, one h1, no level left out, tables with headings, nothing unlabelled. */
function expectAccessible(page: string, language: Language): void {
  expect(page).toContain(`<html lang="${language}">`);
  expect(page).toMatch(/<title>[^<]{10,}<\/title>/);
  const levels = headings(page);
  expect(levels.filter((level) => level === 1)).toEqual([1]);
  expect(levels[0]).toBe(1);
  levels.slice(1).forEach((level, i) => expect(level - levels[i]!).toBeLessThanOrEqual(1));
  for (const [table] of page.matchAll(/<table>[\s\S]*?<\/table>/g)) {
    expect(table).toContain('<th scope="col"');
    expect(table).toContain('<th scope="row"');
  }
  expect(page).toContain('<main>');
  for (const tag of ['p', 'h1', 'h2', 'h3', 'dl', 'dd', 'td', 'th', 'tr', 'table', 'section', 'ul', 'li', 'div'])
    expect([tag, page.split(`<${tag}>`).length + page.split(`<${tag} `).length]).toEqual([tag, page.split(`</${tag}>`).length + 1]);
  expect(page).not.toMatch(/<script|<img|<iframe|<form|\son\w+=|javascript:/i);
  expect(policyOf(page)).toContain("default-src 'none'");
}

describe('words of documents', () => {
  it('are there in all three languages, each with the same gaps to fill', () => {
    for (const [word, texts] of Object.entries(WORDS)) {
      const gaps = LANGUAGES.map((l) => [...texts[l].matchAll(/\{\w+(\|\w+)?\}/g)].map(([gap]) => gap).sort());
      expect([word, gaps[1], gaps[2]]).toEqual([word, gaps[0], gaps[0]]);
      for (const l of LANGUAGES) expect([word, texts[l].trim() === texts[l] && texts[l] !== '']).toEqual([word, true]);
    }
  });
});

describe.each(LANGUAGES)('a decision document in %s', (language) => {
  const say = spoken(language);
  const page = decisionDocument(facts(), { language });

  it('can be read by everybody', () => expectAccessible(page, language));

  it('says all that a decision must say', () => {
    const text = seen(page);
    const sum = { fi: '500,00 €', sv: '500,00 €', en: '€500.00' }[language];
    const day = { fi: '29. lokakuuta 2027', sv: '29 oktober 2027', en: '29 October 2027' }[language];
    const wanted = [
      // authority and §, case number, date, who decided
      'Jaana Johtaja, Palvelujohtaja',
      '§ 12',
      'KOI/77/2027',
      { fi: '8. lokakuuta 2027', sv: '8 oktober 2027', en: '8 October 2027' }[language],
      // recipient, sum, purpose, period
      'Aune Keksitty',
      'Jukolantie 4',
      sum,
      'Iltapäiväkahvila',
      'Eläkeläiset pitävät kahvilaa koululla.',
      'Torstaisin keväällä',
      '45',
      // reason in words, rules and terms
      'Kahvila tuo koululaiset ja eläkeläiset samaan pöytään.',
      hash('rules'),
      // own scores and comments
      language === 'fi' ? 'Hyödyttää asukkaita' : language === 'sv' ? 'Är till nytta för invånarna' : 'Benefits residents',
      'uutta',
      say('notAssessed'),
      'Helppo kokeilla.',
      // how sent, appeal instructions, contact
      say('sent.letter', { sentOn: '2027-10-08', noticeOn: '2027-10-15', days: 7 }),
      say('appeal.what'),
      say('appeal.whoText'),
      'Hyvinvointilautakunta',
      day,
      say('appeal.residents'),
      say('appeal.content4'),
      'Avustuskoordinaattori',
      'avustukset@koivulahti.example',
      say('acceptBy', { acceptBy: '2027-11-14' }),
      '0123456789abcdef0123456789abcdef',
    ];
    for (const part of wanted) expect(text).toContain(part);
    expect(text).not.toMatch(/[{}]|undefined|null|\d{4}-\d\d-\d\d/);
  });

  it.each([
    ['waiting', { cents: 0, waitingRank: 2 }],
    ['refused', { cents: 0 }],
    ['ineligible', { cents: 0 }],
    ['late', { cents: 0 }],
  ] as [DecisionResult, Partial<DecisionFacts>][])('says %s in words, and nothing of money', (result, change) => {
    const other = decisionDocument(facts({ result, ...change }), { language });
    expectAccessible(other, language);
    expect(seen(other)).toContain(say(`result.${result}`, { rank: 2 }));
    expect(seen(other)).not.toContain(say('use'));
  });

  it('names regulation and sum of de minimis aid, and why it departs from the proposal', () => {
    const text = seen(
      decisionDocument(facts({ deMinimis: '(EU) 2023/2831', departureReason: 'Toinen hanke peruuntui.', from: 'appeal-reserve' }), {
        language,
      }),
    );
    expect(text).toContain(say('deMinimis', { cents: 50_000, regulation: '(EU) 2023/2831' }));
    expect(text).toContain('Toinen hanke peruuntui.');
    expect(text).toContain(say('reserve'));
  });

  it('says that it is a draft before it is told, and a translation where it is one', () => {
    const draft = seen(decisionDocument(facts({ notice: null }), { language }));
    expect(draft).toContain(say('preview'));
    expect(draft).not.toContain(say('appeal'));
    for (const original of LANGUAGES)
      expect(seen(decisionDocument(facts(), { language, original }))).toContain(say('translation', { language: say(original) }));
  });

  it('shows yes and no of a rolling call, and tells what was erased', () => {
    const rolling: CallFacts = { ...call, content: { ...call.content, rules: { ...call.content.rules, method: 'rolling' } } };
    const page = decisionDocument(
      facts({ call: rolling, assessments: [{ values: [true, false], comment: null }], contact: null, proposal: null, reason: null }),
      { language },
    );
    expectAccessible(page, language);
    expect(page).toContain(`>${say('yes')}</td>`);
    expect(page).toContain(`>${say('no')}</td>`);
    expect(seen(page)).toContain(say('erased'));
    expect(seen(page)).not.toMatch(/undefined|null/);
  });

  it('lets no words of people become markup', () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e';
    const page = decisionDocument(
      facts({
        decider: evil,
        section: evil,
        caseNumber: evil,
        reason: evil,
        departureReason: evil,
        deMinimis: evil,
        district: evil,
        contact: { name: evil, businessId: evil, address: evil, recipientName: evil },
        proposal: { title: evil, idea: evil, place: evil, time: evil, lines: [{ what: evil, cents: 1 }] },
        assessments: [{ values: [1, 2], comment: evil }],
      }),
      { language },
    );
    expect(page).not.toMatch(/<script|<img|\u202e/);
    expect(page.match(/&quot;&gt;&lt;script&gt;/g)!.length).toBeGreaterThan(12);
  });
});

const line = (n: number, change: Partial<DecisionLine> = {}): DecisionLine => ({
  receipt: `0000000${n}`,
  kind: 'resident',
  district: 'Jukola',
  result: 'granted',
  cents: 50_000,
  askedCents: 50_000,
  waitingRank: null,
  section: '§ 12',
  decidedOn: '2027-10-08',
  name: `Asukas ${n} Keksitty`,
  title: `Kokeilu ${n}`,
  caseNumber: 'KOI/77/2027',
  reason: `Perustelu ${n}`,
  departureReason: null,
  ...change,
});
const decisions: CallDecisions = {
  call,
  proposals: [hash('proposal')],
  lines: [
    line(1),
    line(2, { kind: 'association', name: 'Keksitty yhdistys ry' }),
    line(3, { result: 'waiting', cents: 0, waitingRank: 1 }),
    line(4, { result: 'refused', cents: 0, departureReason: 'Poikettiin, koska.' }),
    line(5, { result: 'ineligible', cents: 0 }),
    line(6, { result: 'late', cents: 0, name: null, title: null, reason: null }),
  ],
  published: { publishedOn: '2027-10-08', noticeOn: '2027-10-15', days: 7, appealUntil: '2027-10-29' },
  token: 'abcdefabcdefabcdefabcdefabcdefab',
};

describe.each(LANGUAGES)('what came of an appeal, in %s', (language) => {
  const say = spoken(language);
  const court = say('court.whenText', { days: 30, until: '2027-12-20' });

  it('names the board that decided, and leads to court instead of to another appeal', () => {
    const notice = { channel: 'electronic', sentOn: '2027-11-17', noticeOn: '2027-11-20', days: 3, acceptBy: '2027-12-20' } as const;
    const page = decisionDocument(
      facts({
        decider: null,
        body: 'Hyvinvointilautakunta',
        from: 'appeal-reserve',
        notice: { ...notice, appealUntil: '2027-12-20', courtDays: 30 },
      }),
      { language },
    );
    expectAccessible(page, language);
    const text = seen(page);
    expect(text).toContain(court);
    expect(text).toContain('Hyvinvointilautakunta');
    for (const not of [say('appeal.what'), 'Palvelujohtaja']) expect(text).not.toContain(not);
  });

  it('is published with the way to court, beside the other where both are there', () => {
    const published = { publishedOn: '2027-11-13', noticeOn: '2027-11-20', days: 7, appealUntil: '2027-12-07' };
    const page = (only: boolean) =>
      callDocument({ ...decisions, published: { ...published, court: { until: '2027-12-20', days: 30, only } } }, 'public', language);
    for (const only of [true, false]) {
      expectAccessible(page(only), language);
      expect(seen(page(only))).toContain(court);
      expect(seen(page(only)).includes(say('appeal.what'))).toBe(!only);
    }
  });
});

describe.each(LANGUAGES)('the document of a call in %s', (language) => {
  const say = spoken(language);

  it('has for the minutes every decision with name, reason and departure', () => {
    const page = callDocument(decisions, 'minutes', language);
    expectAccessible(page, language);
    const text = seen(page);
    for (const { name, title, reason, receipt } of decisions.lines)
      for (const part of [name ?? say('erased'), title ?? say('erased'), reason ?? say('erased'), receipt]) expect(text).toContain(part);
    for (const part of ['Poikettiin, koska.', say('short.waiting', { rank: 1 }), say('short.late'), hash('proposal'), hash('rules')])
      expect(text).toContain(part);
    expect(text.replace(/\s/g, ' ')).toContain(language === 'en' ? '€1,000.00' : '1 000,00 €');
  });

  it('has for everybody the grants, the residents’ window and nothing of those who got nothing', () => {
    const open = {
      ...decisions,
      lines: decisions.lines.map((l) => ({
        ...l,
        title: null,
        caseNumber: null,
        reason: null,
        departureReason: null,
        name: l.kind === 'association' ? l.name : null,
      })),
    };
    const page = callDocument(open, 'public', language);
    expectAccessible(page, language);
    const text = seen(page);
    expect(text).toContain('Keksitty yhdistys ry');
    expect(text).toContain(say('kind.resident'));
    expect(text).toContain(say('sent.publication', { sentOn: '2027-10-08', noticeOn: '2027-10-15', days: 7 }));
    expect(text).toContain(say('appeal.whenText', { days: 14, appealUntil: '2027-10-29' }));
    expect(text).not.toMatch(/Asukas|Kokeilu \d|Perustelu|KOI\/77|0000000[3456]|undefined|null/);
    // the page is the same however many got nothing
    const fewer = callDocument({ ...open, lines: open.lines.slice(0, 3) }, 'public', language);
    expect(fewer).toBe(callDocument({ ...open, lines: [...open.lines.slice(0, 3), ...open.lines.slice(3, 5)] }, 'public', language));
  });

  it('says so where nothing was granted', () => {
    expect(seen(callDocument({ ...decisions, lines: [] }, 'public', language))).toContain(say('none' satisfies Word));
  });
});
