import type { ApplicationForm } from '../commands/application.forms.js';

/** A complete application, as the description of the API shows it. */
export const EXAMPLE_FORM: ApplicationForm = {
  kind: 'group',
  name: 'Koivukylän pihakerho',
  recipientName: 'Aino Esimerkki',
  email: 'aino@example.org',
  title: 'Lainattavat soittimet kirjastoon',
  idea: 'Kirjasto lainaa ukuleleja ja rumpuja kotiin kuten kirjoja. Kokeilemme kaksi kuukautta, lainaavatko nuoret niitä, jotka eivät vielä soita.',
  district: 'Koivukylä',
  place: 'Koivukylän kirjasto, lastenosasto',
  time: 'maalis–huhtikuu',
  lines: [
    { what: 'kuusi ukulelea', cents: 36_000 },
    { what: 'kaksi rumpua', cents: 24_000 },
  ],
  involves: ['children'],
  language: 'fi',
  confirmed: true,
};

const summary = 'A group that asks for 600 euros';
/** For bodies that carry the form under its own name, and for those that are the form. */
export const FORM_EXAMPLE = { application: { summary, value: { form: EXAMPLE_FORM } } };
export const AMENDED_EXAMPLE = { application: { summary, value: EXAMPLE_FORM } };
