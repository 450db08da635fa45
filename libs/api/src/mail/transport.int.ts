import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { FileFolder } from '@minipilot/platform/privacy/files.js';
import { StoreUnavailable } from '@minipilot/platform/store/port.js';
import { OutboxTransport, outboxName, SmtpTransport, type Mail } from './transport.js';

const mail = (change: Partial<Mail> = {}): Mail => ({
  to: 'aune@koti.example',
  messageId: '5d3a4f0e-0000-5000-8000-000000000001@kunta.example',
  subject: 'Päätös hakemuksesta 1A2B3C4D',
  text: 'Hei, päätös.\n',
  html: '<p>Hei, päätös.</p>',
  language: 'fi',
  at: '2027-03-05T08:00:00.000Z',
  attachment: { name: 'paatos.html', bytes: Buffer.from('<p>Päätös</p>') },
  ...change,
});
const refusal = (responseCode: number) => Object.assign(new Error('no'), { responseCode });

/** A mail server on the loopback. */
async function peer(options: SMTPServerOptions = {}) {
  const got: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      stream.on('end', () => {
        got.push(text);
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { got, url: `smtp://127.0.0.1:${port}`, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

describe('mail by SMTP', () => {
  let open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.reverse()) await close();
    open = [];
  });
  const to = async (options: SMTPServerOptions = {}) => {
    const server = await peer(options);
    const transport = new SmtpTransport(server.url, 'avustukset@kunta.example');
    open.push(server.close, () => transport.close());
    return { ...server, transport };
  };

  it('is the same, byte by byte, however often it is sent', async () => {
    const { transport, got } = await to();
    expect(await transport.send(mail())).toEqual({ kind: 'sent' });
    expect(await transport.send(mail())).toEqual({ kind: 'sent' });
    expect(got[1]).toBe(got[0]);
    for (const header of [
      'From: avustukset@kunta.example',
      'To: aune@koti.example',
      'Message-ID: <5d3a4f0e-0000-5000-8000-000000000001@kunta.example>',
      'Date: Fri, 05 Mar 2027 08:00:00 +0000',
      'Auto-Submitted: auto-generated',
      'Content-Language: fi',
      'Content-Disposition: attachment; filename=paatos.html',
    ])
      expect(got[0]).toContain(header);
    expect(got[0]).toContain(Buffer.from('<p>Päätös</p>').toString('base64'));
  });

  it('is put off or refused by the addressee’s server', async () => {
    const { transport } = await to({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('full') ? refusal(452) : address.startsWith('nobody') ? refusal(550) : null),
    });
    expect(await transport.send(mail({ to: 'full@koti.example' }))).toEqual({ kind: 'deferred', code: '452' });
    expect(await transport.send(mail({ to: 'nobody@koti.example' }))).toEqual({ kind: 'refused', code: '550' });
    expect(await transport.send(mail())).toEqual({ kind: 'sent' });
  });

  it('is refused for what it says, too', async () => {
    const { transport } = await to({ onData: (stream, _session, done) => stream.resume().on('end', () => done(refusal(554))) });
    expect(await transport.send(mail())).toEqual({ kind: 'refused', code: '554' });
  });

  it.each([
    ['nobody listens', async () => ({ url: 'smtp://127.0.0.1:1', close: () => undefined })],
    ['it lets nobody in', () => peer({ onConnect: (_session, done) => done(refusal(421)) })],
    ['it does not take mail from us', () => peer({ onMailFrom: (_address, _session, done) => done(refusal(550)) })],
    ['it does not know us', () => peer({ disabledCommands: ['STARTTLS'], onAuth: (_auth, _session, done) => done(refusal(535)) })],
  ])('waits while our own server is in trouble: %s', async (_, make) => {
    const server = await make();
    const transport = new SmtpTransport(server.url.replace('smtp://', 'smtp://me:secret@'), 'avustukset@kunta.example');
    open.push(server.close, () => transport.close());
    const error = await transport.send(mail()).then(
      () => undefined,
      (e: unknown) => e as Error,
    );
    expect(error).toBeInstanceOf(StoreUnavailable);
    // what is logged names neither the addressee nor a password
    expect(error!.message).not.toMatch(/aune|secret/);
  });

  it('never goes to two, and takes no header from a name', async () => {
    const { transport, got } = await to();
    for (const address of ['a@b.example, c@d.example', 'a@b.example\r\nBcc: c@d.example', 'Aune <a@b.example>'])
      await expect(transport.send(mail({ to: address }))).rejects.toThrow(RangeError);
    await expect(transport.send(mail({ subject: 'a\r\nBcc: c@d.example' }))).rejects.toThrow(RangeError);
    expect(got).toEqual([]);
  });
});

describe('the outbox of the demonstration', () => {
  it('holds each message once, as any mail program reads it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'outbox-'));
    try {
      const outbox = new FileFolder(join(dir, 'outbox'));
      const transport = new OutboxTransport(outbox, 'minipilot@demo.example');
      for (let n = 0; n < 2; n++) expect(await transport.send(mail())).toEqual({ kind: 'sent' });
      expect(await outbox.list()).toEqual([outboxName(mail().messageId)]);
      const text = readFileSync(join(dir, 'outbox', outboxName(mail().messageId)), 'latin1');
      expect(text).toMatch(/^From: minipilot@demo\.example\r\nTo: aune@koti\.example\r\n/m);
      transport.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
