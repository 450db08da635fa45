import { createTransport, type SendMailOptions } from 'nodemailer';
import { FileFolder } from '@minipilot/platform/privacy/files.js';
import { StoreUnavailable } from '@minipilot/platform/store/port.js';
import type { Instant } from '@minipilot/kernel/time.js';
import type { Message } from './message.js';

export interface Mail extends Message {
  to: string;
  /** the same for every try, without angle brackets */
  messageId: string;
  language: 'fi' | 'sv' | 'en';
  at: Instant;
  attachment?: { name: string; bytes: Uint8Array };
}

/** `deferred`: the addressee's server asks to try later. `refused`: it never will take it. `code` is its reply. */
export type Outcome = { kind: 'sent' } | { kind: 'deferred' | 'refused'; code: string };

export interface MailTransport {
  /** Throws StoreUnavailable when our own mail server does not take mail now, whosoever it is for. */
  send(mail: Mail): Promise<Outcome>;
  close(): void;
}

/** An address that can stand in a header and an envelope as it is: one address, without quotes, comments, names or line ends. */
export const isPlainAddress = (address: string): boolean =>
  address.length <= 254 && /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(address);

function envelope(mail: Mail, from: string): SendMailOptions {
  const { to, messageId, subject, text, html, language, at, attachment } = mail;
  if (!isPlainAddress(to)) throw new RangeError('not an address for mail');
  if (/[\r\n\0]/.test(subject + messageId)) throw new RangeError('a header of one line');
  return {
    from,
    to,
    subject,
    text,
    html,
    date: new Date(at),
    messageId: `<${messageId}>`,
    // the same bytes for every try
    baseBoundary: messageId.replace(/[^a-z0-9]/g, '').slice(0, 24),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(attachment === undefined
      ? {}
      : {
          attachments: [{ filename: attachment.name, content: Buffer.from(attachment.bytes), contentType: 'text/html; charset=utf-8' }],
        }),
  } as SendMailOptions;
}

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
  command?: string;
}

/** Mail by SMTP. `url` such as `smtps://user:password@mail.example`. */
export class SmtpTransport implements MailTransport {
  private readonly transport;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };
    this.transport = createTransport({
      url,
      pool: true,
      maxConnections: 2,
      ...timeouts,
      disableFileAccess: true,
      disableUrlAccess: true,
    } as object);
  }

  async send(mail: Mail): Promise<Outcome> {
    try {
      await this.transport.sendMail(envelope(mail, this.from));
      return { kind: 'sent' };
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return verdict(error as SmtpError);
    }
  }

  close(): void {
    this.transport.close();
  }
}

/** Whose trouble it is: the addressee's, told by the reply to RCPT or DATA, or ours. Throws StoreUnavailable where it is ours. */
function verdict(error: SmtpError): Outcome {
  const { responseCode = 0, command = '' } = error;
  const addressees = /^(RCPT|DATA)/.test(command) && responseCode >= 400 && responseCode !== 421;
  if (addressees) return { kind: responseCode < 500 ? 'deferred' : 'refused', code: String(responseCode) };
  // the server's reply may quote the address
  throw new StoreUnavailable(`the mail server does not take mail: ${error.code ?? 'no answer'} ${responseCode || ''}`.trim());
}

/** The demonstration's mail: a folder of .eml files that any mail program opens. Nothing leaves the machine. */
export class OutboxTransport implements MailTransport {
  private readonly transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  constructor(
    private readonly outbox: FileFolder,
    private readonly from: string,
  ) {}

  async send(mail: Mail): Promise<Outcome> {
    const { message } = await this.transport.sendMail(envelope(mail, this.from));
    await this.outbox.put(outboxName(mail.messageId), message as Buffer, { durable: false });
    return { kind: 'sent' };
  }

  close(): void {
    this.transport.close();
  }
}

/** Name of a message's file in the demonstration's outbox. */
export const outboxName = (messageId: string): string => `${messageId.split('@', 1)[0]}.eml`;
