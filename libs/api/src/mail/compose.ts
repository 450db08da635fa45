import type { Config } from '@minipilot/platform/config.js';
import { FileFolder } from '@minipilot/platform/privacy/files.js';
import { MailErrands } from './errands.js';
import { OutboxTransport, SmtpTransport, type MailTransport } from './transport.js';

type Parts = ConstructorParameters<typeof MailErrands>[0];

/** How mail leaves by the settings: by SMTP, or in a demonstration into its outbox; null where it could go nowhere. */
export function transportOf(config: Config, outbox: string): MailTransport | null {
  if (config.smtpUrl !== undefined) return new SmtpTransport(config.smtpUrl, config.mailFrom);
  return config.mode === 'demo' ? new OutboxTransport(new FileFolder(outbox), config.mailFrom) : null;
}

/** The errands of mail by the settings. */
export function mailErrands(
  config: Config,
  transport: MailTransport,
  parts: Omit<Parts, 'transport' | 'publicUrl' | 'domain'>,
): MailErrands {
  const { runner, store, sealer, files, clock } = parts;
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`;
  const domain = config.mailFrom.slice(config.mailFrom.indexOf('@') + 1);
  return new MailErrands({ runner, store, sealer, files, clock, transport, publicUrl, domain });
}
