import { project } from '@minipilot/kernel/testing.js';
import { messagesStream, scoringStream } from '@minipilot/grants/streams.js';
import { publicDocuments } from './documents.js';
import { deskMessages } from './messages.js';
import { hash, History, id } from './testing.js';

const pilot = id('pilot');
const stream = messagesStream('demo', pilot);
const about = (n: number, kind = 'receipt') => ({
  message: id(`message ${n}`),
  kind,
  cause: id('cause'),
  addressee: 'applicant' as const,
  to: id('somebody'),
  language: 'sv' as const,
});
const at = (hour: number) => `2027-03-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const rows = (h: History) => project(deskMessages, h.events);

describe('messages', () => {
  it('are sent, put off, lost, put on paper and posted; nothing in a row says who was told', () => {
    const h = new History();
    h.add(stream, 'messages.deferred', { ...about(1), attempt: 1, code: '450', until: at(9) }, at(8));
    expect(rows(h).get(id('message 1'))).toMatchObject({ state: 'deferred', why: '450', pilot, language: 'sv' });
    h.add(stream, 'messages.sent', { ...about(1), messageId: '<a@b.example>', document: null, instead: [] }, at(9));
    expect(rows(h).get(id('message 1'))).toMatchObject({ state: 'sent', why: null, at: at(9) });
    h.add(stream, 'messages.failed', { ...about(2), why: 'refused', code: '550' }, at(10));
    h.add(stream, 'messages.letter-prepared', { ...about(2), digest: hash('letter'), why: 'undeliverable' }, at(10));
    expect(rows(h).get(id('message 2'))).toMatchObject({ state: 'to-post', digest: hash('letter'), why: 'undeliverable' });
    const posted = { message: id('message 2'), kind: 'receipt', digest: hash('letter'), on: '2027-03-03', instead: [] };
    h.add(stream, 'messages.letter-posted', posted, at(11));
    expect(rows(h).get(id('message 2'))).toMatchObject({ state: 'posted', postedOn: '2027-03-03', addressee: 'applicant' });
    expect(JSON.stringify([...rows(h)])).not.toContain(id('somebody'));
  });

  it('that reached nobody are replaced by what was told instead', () => {
    const h = new History();
    h.add(stream, 'messages.failed', { ...about(1, 'decision'), why: 'refused', code: '550' }, at(8));
    const posted = { message: id('message 2'), kind: 'decision', digest: hash('document'), on: '2027-03-03', instead: [id('message 1')] };
    h.add(stream, 'messages.letter-posted', posted, at(9));
    expect(rows(h).get(id('message 1'))).toMatchObject({ state: 'replaced', kind: 'decision' });
    expect(rows(h).get(id('message 2'))).toMatchObject({ state: 'posted', addressee: null });
  });
});

describe('documents of published decisions', () => {
  it('are there in each language, with the residents’ last day', () => {
    const h = new History();
    const call = id('call');
    const window = { publishedOn: '2027-10-08', noticeOn: '2027-10-15', appealUntil: '2027-10-29' };
    const documents = (['fi', 'sv'] as const).map((language) => ({ digest: hash(language), language, template: 1 }));
    h.add(scoringStream('demo', call), 'scoring.published', { ...window, applications: [pilot], documents }, at(8));
    h.add(scoringStream('demo', call), 'scoring.published', { ...window, applications: [id('other')], documents: [] }, at(8));
    const found = project(publicDocuments, h.events);
    expect([...found.keys()].sort()).toEqual([hash('fi'), hash('sv')].sort());
    expect(found.get(hash('sv'))).toEqual({
      tenant: 'demo',
      call,
      language: 'sv',
      publishedOn: '2027-10-08',
      appealUntil: '2027-10-29',
      at: at(8),
    });
  });
});
