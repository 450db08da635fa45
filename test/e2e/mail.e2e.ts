import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { ok, type Person } from '../support/api.js';
import { Deployment } from '../support/running.js';
import { callForm, form, Municipality, START } from './municipality.js';

/** A mail server on the loopback that can be told whom it does not take mail for, and told of each message before it answers. */
class MailServer {
  readonly got: { to: string; id: string; text: string }[] = [];
  readonly refusals = new Map<string, number>();
  /** called with each whole message; the sender waits for it */
  beforeAnswer: (id: string) => Promise<void> = () => Promise.resolve();
  private server: SMTPServer | null = null;
  private port = 0;

  async start(): Promise<this> {
    const server = new SMTPServer({
      authOptional: true,
      closeTimeout: 100,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: ({ address }, _session, done) => {
        const responseCode = this.refusals.get(address);
        done(responseCode === undefined ? null : Object.assign(new Error('no'), { responseCode }));
      },
      onData: (stream, { envelope }, done) => void this.take(stream, envelope.rcptTo[0]!.address).then(() => done(), done),
    });
    // a sender that is killed hangs up in the middle
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  private async take(stream: SMTPServerDataStream, to: string): Promise<void> {
    let text = '';
    for await (const chunk of stream) text += (chunk as Buffer).toString('latin1');
    const [, id] = /^Message-ID: <([^>]+)>/m.exec(text)!;
    this.got.push({ to, id: id!, text });
    await this.beforeAnswer(id!);
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  to = (address: string) => this.got.filter((message) => message.to === address);
}

/** Waits until it is so. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 40_000;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('mail by a real server', () => {
  const post = new MailServer();
  let deployment: Deployment;
  let town: Municipality;
  let officer: Person;
  let call: string;
  const apply = async (name: string, email: string) => {
    const who = await town.api.as(name);
    return { who, id: (await town.apply(call, who, form(name, { email, address: 'Postikatu 1' }))).id as string };
  };
  const messages = async (id: string) => (await officer.get(`applications/${id}/messages`)).items as Record<string, unknown>[];
  const told = (id: string, state: string) => until(async () => (await messages(id)).some((m) => m['state'] === state));

  beforeAll(async () => {
    await post.start();
    deployment = new Deployment({
      clock: START,
      settings: {
        MINIPILOT_SMTP_URL: post.url,
        MINIPILOT_MAIL_FROM: 'avustukset@kunta.example',
        MINIPILOT_PUBLIC_URL: 'https://kunta.example',
      },
    });
    await deployment.setClock();
    await deployment.start('all');
    town = await Municipality.open(deployment);
    ({ officer } = town.staff);
    call = await town.announce(callForm({ districts: ['Jukola'] }));
    await town.api.advance('2027-02-02T08:00:00.000Z');
  }, 120_000);
  afterAll(async () => {
    await deployment?.end();
    await post.stop();
  });

  it('acknowledges an application, with links to the service alone', async () => {
    const { id } = await apply('eka', 'eka@koti.example');
    await told(id, 'sent');
    const [message, ...more] = post.to('eka@koti.example');
    expect(more).toEqual([]);
    const [{ id: key }] = (await messages(id)) as [{ id: string }];
    expect(message!.id).toBe(`${key}@kunta.example`);
    expect(message!.text).toContain('From: avustukset@kunta.example');
    expect(
      message!.text
        .replace(/=\r\n/g, '')
        .match(/https?:\/\/[^\s"<]+/g)!
        .every((url) => url.startsWith('https://kunta.example')),
    ).toBe(true);
  });

  it('that was taken as the process was killed goes out again as the same message, and is recorded once', async () => {
    let taken = '';
    let answered: () => void;
    const applied = new Promise<void>((resolve) => (answered = resolve));
    post.beforeAnswer = async (id) => {
      await applied;
      // the server has it; the process never hears so
      await deployment.kill9('all');
      taken = id;
    };
    const { id } = await apply('toka', 'toka@koti.example');
    answered!();
    await until(() => taken !== '');
    post.beforeAnswer = () => Promise.resolve();
    await deployment.start('all');
    await told(id, 'sent');
    const sent = post.to('toka@koti.example');
    expect(sent.length).toBe(2);
    expect(new Set(sent.map((m) => m.id))).toEqual(new Set([taken]));
    expect(sent[1]!.text).toBe(sent[0]!.text);
    expect((await messages(id)).map((m) => m['state'])).toEqual(['sent']);
  }, 60_000);

  it('waits while the server is away, and nothing else does', async () => {
    await post.stop();
    const { id, who } = await apply('kolmas', 'kolmas@koti.example');
    // the desks and the other flows go on: a raised budget reaches the ledger
    await officer.post(`calls/${call}/budget-raise`, { byCents: 10_000, authority: { section: '§ 2', on: '2027-02-01' } });
    await until(async () => (await town.staff.auditor.get(`audit/ledgers/${call}`)).state.balances.available === 560_000);
    expect((await fetch(`${deployment.desk}/health/ready`)).status).toBe(200);
    expect(await messages(id)).toEqual([]);
    await who.post(`applications/${id}/withdrawal`);
    await post.start();
    await told(id, 'sent');
    expect(post.to('kolmas@koti.example').length).toBe(1);
  }, 60_000);

  it('that an addressee’s server puts off is tried again when its time has come, and holds nobody else up', async () => {
    post.refusals.set('taynna@koti.example', 452);
    const full = await apply('taynna', 'taynna@koti.example');
    await told(full.id, 'deferred');
    const next = await apply('neljas', 'neljas@koti.example');
    await told(next.id, 'sent');
    post.refusals.clear();
    await town.api.advance('2027-02-02T09:00:00.000Z');
    expect((await messages(full.id)).map((m) => m['state'])).toEqual(['sent']);
    expect(post.to('taynna@koti.example').length).toBe(1);
  }, 60_000);

  it('that cannot be delivered becomes a letter; a decision becomes a notice by letter, with a window of its own', async () => {
    post.refusals.set('poissa@koti.example', 550);
    const { id, who } = await apply('poissa', 'poissa@koti.example');
    await told(id, 'to-post');
    const [letter] = (await messages(id)) as [{ id: string }];
    expect((await officer.ask('GET', `applications/${id}/letters/${letter.id}`)).text).toContain('Postikatu 1');
    await officer.post(`applications/${id}/letters/${letter.id}/posting`, { on: '2027-02-02' });

    await officer.post(`calls/${call}/readings`, { application: id, values: [true, true, true] });
    await town.api.advance('2027-02-05T09:00:00.000Z');
    const item = { application: id, result: 'granted', cents: 50_000, reasonCode: 'hyödyllinen', reason: 'Hyvä idea.' };
    await town.staff.decider.post(`calls/${call}/decisions`, {
      section: '§ 1',
      caseNumber: 'K/1',
      decidedOn: '2027-02-05',
      decisions: [item],
    });
    const notice = (channel: string, sentOn: string) =>
      officer.ask('POST', `calls/${call}/notices`, { body: { applications: [id], channel, sentOn } });
    ok(await notice('electronic', '2027-02-05'));
    await told(id, 'failed');
    await town.api.settle();
    const duties = async () => (await officer.all('worklist?role=officer')).filter((d) => d.duty === 'notify-by-letter');
    expect(await duties()).toMatchObject([{ about: 'message' }]);

    await town.api.advance('2027-02-08T09:00:00.000Z');
    ok(await notice('letter', '2027-02-08'));
    await town.api.settle();
    expect(await duties()).toEqual([]);
    expect((await who.get(`applications/${id}`)).notice).toMatchObject({
      channel: 'letter',
      sentOn: '2027-02-08',
      appealUntil: '2027-03-01',
    });
    expect((await who.ask('GET', `applications/${id}/decision.html`)).text).toContain('1. maaliskuuta 2027');
    expect((await messages(id)).map((m) => m['state']).sort()).toEqual(['posted', 'posted', 'replaced']);
    expect((await notice('letter', '2027-02-08')).body.code).toBe('already-noticed');
  }, 60_000);

  it('puts no address and no password into the log', () => {
    expect(deployment.output()).not.toMatch(/@koti\.example/);
    expect(deployment.output()).toContain('a flow tries again');
  });
});
