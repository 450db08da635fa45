import { CALL, hash } from '../testing.js';
import {
  DAY,
  past,
  whenFinal,
  submit,
  decided,
  published,
  accept,
  decline,
  stepBack,
  request,
  retry,
  lapse,
  changeTo,
  otherAccount,
  paid,
  failed,
  offered,
  due,
  AUNE,
  SANNA,
  BATCH,
} from './testing.js';

describe('an award', () => {
  it('is accepted by giving an account, until its last day', () => {
    past(...offered)
      .when(accept)
      .then([{ type: 'pilot.award-accepted', data: { acceptedAt: DAY }, seal: { iban: AUNE } }]);
    past(...offered, accept)
      .when(accept)
      .thenRejected('award-already-accepted');
    expect(past(...offered).when(accept, '2027-11-10T21:59:59.999Z').result).toHaveLength(1);
    past(...offered)
      .when(accept, '2027-11-10T22:00:00.000Z')
      .thenRejected('award-lapsed', { lastDay: '2027-11-10' });
    past(submit(), decided({ result: 'waiting', cents: 0 }))
      .when(accept)
      .thenRejected('no-award');
  });

  it('is declined, once, while no payment is under way', () => {
    past(...offered)
      .when(decline)
      .then([{ type: 'pilot.award-declined', data: { declinedAt: DAY } }]);
    past(...offered, decline)
      .when(decline)
      .thenNothing();
    past(...offered, decline)
      .when(accept)
      .thenRejected('award-gone', { award: 'declined' });
    past(...due)
      .when(decline)
      .thenRejected('payout-under-way');
    past(...due, paid())
      .when(decline)
      .thenRejected('payout-under-way');
    expect(past(...due, failed()).when(decline).result).toHaveLength(1);
    past(submit()).when(decline).thenRejected('no-award');
  });

  it('lapses the day after its last day, once, and not when it was accepted', () => {
    const after = '2027-11-11T12:00:00.000Z';
    past(...offered)
      .when(lapse, after)
      .then([{ type: 'pilot.award-lapsed', data: { effectiveAt: after } }]);
    past(...offered)
      .when(lapse, '2027-11-10T12:00:00.000Z')
      .thenNothing();
    past(...offered, [lapse, after])
      .when(lapse, after)
      .thenNothing();
    past(...offered, [lapse, after])
      .when(decline, after)
      .thenRejected('award-gone', { award: 'lapsed' });
    past(...offered, accept)
      .when(lapse, after)
      .thenNothing();
    past(submit(), decided()).when(lapse, after).thenNothing();
  });
});

describe('the recipient', () => {
  const changed = (day = '2027-10-20T08:00:00.000Z') => past(...offered, stepBack, [changeTo(SANNA), day]);

  it('may step back before payment; another is named within 14 days and gives an own account', () => {
    past(...offered)
      .when(stepBack)
      .then([{ type: 'pilot.recipient-withdrew', data: { nameBy: '2027-10-26' } }]);
    past(...offered, stepBack)
      .when(stepBack)
      .thenNothing();
    past(...offered, stepBack)
      .when(accept)
      .thenRejected('recipient-missing', { nameBy: '2027-10-26' });
    past(...offered, stepBack)
      .when(changeTo(SANNA), '2027-10-20T08:00:00.000Z')
      .then([{ type: 'pilot.recipient-changed', data: { recipient: SANNA, acceptBy: '2027-11-19' }, seal: { contact: SANNA } }]);
    changed()
      .when(accept, '2027-10-20T09:00:00.000Z', SANNA)
      .then([{ type: 'pilot.award-accepted', data: { acceptedAt: '2027-10-20T09:00:00.000Z' }, seal: { iban: SANNA } }]);
    expect(changed().state).toMatchObject({ recipient: SANNA, applicant: AUNE, account: null, award: 'offered' });
  });

  it('is not changed otherwise', () => {
    past(...offered)
      .when(changeTo(SANNA))
      .thenRejected('recipient-not-withdrawn');
    past(...offered, stepBack)
      .when(changeTo(AUNE))
      .thenRejected('same-recipient');
    past(...offered, stepBack)
      .when(changeTo(SANNA), '2027-10-27T08:00:00.000Z')
      .thenRejected('award-lapsed', { lastDay: '2027-10-26' });
    past(...due)
      .when(stepBack)
      .thenRejected('payout-under-way');
    past(...offered, decline)
      .when(stepBack)
      .thenRejected('award-gone');
    past(submit()).when(stepBack).thenRejected('no-award');
  });

  it('who stepped back too late to be replaced loses the award', () => {
    expect(past(...offered, stepBack).when(lapse, '2027-10-27T10:00:00.000Z').result).toHaveLength(1);
    past(...offered, stepBack)
      .when(lapse, '2027-10-26T10:00:00.000Z')
      .thenNothing();
  });

  it('loses the account that was the old recipient’s', () => {
    past(...offered, accept, stepBack, [changeTo(SANNA), '2027-10-20T08:00:00.000Z'])
      .when(request)
      .thenRejected('award-not-accepted');
  });
});

describe('a payment', () => {
  const requested = (attempt: number, event: number) => [
    {
      type: 'pilot.payout-requested',
      data: {
        call: CALL,
        instalment: 1,
        attempt,
        cents: 50_000,
        account: hash(`com ${event} iban`),
        accountEvent: expect.any(String) as string,
        recipient: AUNE,
      },
    },
  ];

  it('is requested once the award is accepted, once', () => {
    past(...offered, accept)
      .when(request)
      .then(requested(1, 3));
    past(...due)
      .when(request)
      .thenNothing();
    past(...due, paid())
      .when(request)
      .thenNothing();
    past(...offered)
      .when(request)
      .thenRejected('award-not-accepted');
    past(...offered, decline)
      .when(request)
      .thenRejected('award-not-accepted');
  });

  it('waits until the decision is final where the call says so', () => {
    const accepted = whenFinal(...offered, published, accept);
    accepted.when(request, '2027-10-29T20:59:00.000Z').thenRejected('not-final-yet');
    accepted.when(request, '2027-10-29T21:00:00.000Z').then(requested(1, 4));
    whenFinal(...offered, accept)
      .when(request, '2028-01-01T08:00:00.000Z')
      .thenRejected('not-final-yet');
  });

  it('follows the account while it is due', () => {
    past(...offered, accept)
      .when(otherAccount)
      .then([{ type: 'pilot.account-changed', data: { changedAt: DAY, channel: 'desk' }, seal: { iban: AUNE } }]);
    const moved = [{ instalment: 1, attempt: 1, account: hash('com 5 iban'), accountEvent: expect.any(String) as string, recipient: AUNE }];
    past(...due, otherAccount)
      .when(request)
      .then(moved.map((data) => ({ type: 'pilot.payout-redirected', data })));
    past(...due, otherAccount, request)
      .when(request)
      .thenNothing();
    past(...due, paid())
      .when(otherAccount)
      .thenRejected('already-paid');
    past(...offered)
      .when(otherAccount)
      .thenRejected('award-not-accepted');
  });

  it('is recorded once, with the days that follow for the report', () => {
    past(...due)
      .when(paid())
      .then([
        {
          type: 'pilot.paid',
          data: {
            instalment: 1,
            attempt: 1,
            cents: 50_000,
            batch: BATCH,
            reference: 'E1',
            paidOn: '2027-10-13',
            reportDue: '2027-11-27',
            remindOn: ['2027-11-13', '2027-11-24'],
            escalateOn: '2027-12-11',
          },
        },
      ]);
    past(...due, paid())
      .when(paid())
      .thenNothing();
    past(...due)
      .when(paid(2))
      .thenNothing();
  });

  it('that failed comes again only as a new attempt', () => {
    const data = { instalment: 1, attempt: 1, cents: 50_000, batch: BATCH, how: 'rejected', code: 'AC04', on: '2027-10-13' };
    past(...due)
      .when(failed())
      .then([{ type: 'pilot.payout-failed', data }]);
    past(...due, failed())
      .when(failed())
      .thenNothing();
    past(...due, failed())
      .when(paid())
      .thenNothing();
    past(...due, failed())
      .when(retry)
      .then(requested(2, 3));
    past(...due, failed(), retry)
      .when(failed())
      .thenNothing();
    past(...due, failed(), retry)
      .when(paid())
      .thenNothing();
    past(...due, failed(), otherAccount)
      .when(request)
      .then(requested(2, 6));
    past(...due)
      .when(retry)
      .thenRejected('payout-under-way');
    past(...due, paid())
      .when(retry)
      .thenRejected('payout-under-way');
    past(...offered, accept)
      .when(retry)
      .thenRejected('nothing-to-retry');
  });

  it('that the recipient’s bank sent back is no payment any more', () => {
    const back = past(...due, paid(), failed(1, 'returned'));
    expect(back.state).toMatchObject({ paidCents: 0, payout: { status: 'failed' } });
    back.when(failed(1, 'returned')).thenNothing();
    back.when(paid()).thenNothing();
    back.when(retry).then(requested(2, 3));
    past(...due)
      .when(failed(1, 'returned'))
      .thenNothing();
    past(...due, paid())
      .when(failed(1, 'rejected'))
      .thenNothing();
    const again = past(...due, paid(), failed(1, 'returned'), retry, paid(2, { paidOn: '2027-11-02' }));
    expect(again.state).toMatchObject({ paidCents: 50_000, report: { due: '2027-12-17', reminded: [], overdue: false } });
  });
});
