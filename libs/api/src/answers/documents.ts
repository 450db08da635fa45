import { MESSAGE_STATES, type MessageState } from '@minipilot/insight/messages.js';
import { Day, Digest, Moment, pageOf, Str, Uuid, Word } from './fields.js';

class PublishedDocument {
  @Digest({ description: 'SHA-256 of its bytes' }) digest: string;
  @Word(['fi', 'sv', 'en']) language: string;
  @Day() publishedOn: string;
  @Day({ description: 'last day on which a resident can appeal' }) appealUntil: string;
}
export const PublishedDocumentPage = pageOf('PublishedDocumentPage', PublishedDocument);

class MessageAnswer {
  @Uuid() id: string;
  @Uuid({ description: 'the application' }) pilot: string;
  @Str({ description: 'what it tells, such as receipt or decision' }) kind: string;
  @Word(['applicant', 'recipient', 'earlier'], { nullable: true }) addressee: string | null;
  @Word(['fi', 'sv', 'en'], { nullable: true }) language: string | null;
  @Word(MESSAGE_STATES) state: MessageState;
  @Str({ nullable: true, description: 'why it is a letter, or was not delivered' }) why: string | null;
  @Digest({ nullable: true, description: 'of the letter, or of the decision document that went with it' }) digest: string | null;
  @Moment({ description: 'since when it is in this state' }) at: string;
  @Day({ nullable: true }) postedOn: string | null;
}
export const MessagePage = pageOf('MessagePage', MessageAnswer);

class OutboxMail {
  @Str() name: string;
  @Str({ description: 'address that it is for' }) to: string;
  @Str() messageId: string;
}
export const OutboxPage = pageOf('OutboxPage', OutboxMail);
