import { messages } from '@minipilot/grants/messages/messages.js';
import { messagesStream } from '@minipilot/grants/streams.js';
import { IdField, LocalDateField, OneOf } from '@minipilot/platform/http/fields.js';
import { handler } from '../desk.js';
import { issueDecisions, issuePublication } from '../documents/issue.js';
import { toScoring } from './scoring.commands.js';

export class SendNotice {
  @IdField({ list: { max: 500, min: 1 } }) applications: string[];
  @OneOf(['electronic', 'letter'], { description: 'a letter was posted on the day; an electronic notice goes out by e-mail' })
  channel: 'electronic' | 'letter';
  @LocalDateField() sentOn: string;
}
export class PublishDecisions {
  @LocalDateField() publishedOn: string;
}
export class MarkPosted {
  @LocalDateField({ description: 'when the letter was posted' }) on: string;
}

export const noticeHandlers = [
  handler(SendNotice, async (desk, { applications, channel, sentOn }, act) => {
    const documents = await issueDecisions(desk, act, applications, { channel, sentOn });
    const command = { type: 'SendNotice', applications, channel, sentOn, ...(documents === undefined ? {} : { documents }) };
    return toScoring(desk, act, command, { applications, channel, sentOn });
  }),
  handler(PublishDecisions, async (desk, { publishedOn }, act) => {
    const documents = await issuePublication(desk, act, publishedOn);
    const command = { type: 'PublishDecisions', publishedOn, ...(documents === undefined ? {} : { documents }) };
    return toScoring(desk, act, command, { publishedOn });
  }),
  handler(MarkPosted, (desk, { on }, act) =>
    desk.answer(act, messages, messagesStream(act.caller.tenant, act.pilot!), { type: 'MarkPosted', message: act.message!, on }),
  ),
];
