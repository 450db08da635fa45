import { personalData, type HintKind, type KnownNames } from '@minipilot/grants/eligibility/personal-data.js';
import type { Language, Texts } from '@minipilot/platform/http/language.js';
import type { DraftForm } from './commands/application.forms.js';

/** A place in somebody's own text: `text.slice(start, end)` of the field that the pointer names, in UTF-16 units. */
export interface HintShown {
  pointer: string;
  kind: HintKind;
  start: number;
  end: number;
  /** what should stand in no text comes first; nothing of it keeps anybody from submitting */
  advice: 'remove-before-submit' | 'look-again';
  text: string;
}

const TEXTS: Readonly<Record<HintKind, Texts>> = {
  'identity-code': {
    fi: 'Tässä näyttää olevan henkilötunnus. Poista se ennen lähettämistä.',
    sv: 'Här verkar finnas en personbeteckning. Ta bort den innan du lämnar in.',
    en: 'This looks like an identity code. Remove it before you submit.',
  },
  iban: {
    fi: 'Tässä näyttää olevan tilinumero. Poista se; tiliä kysytään vasta, jos avustus myönnetään.',
    sv: 'Här verkar finnas ett kontonummer. Ta bort det; kontot frågas först om understöd beviljas.',
    en: 'This looks like an account number. Remove it; the account is asked for only with a grant.',
  },
  email: {
    fi: 'Tässä näyttää olevan sähköpostiosoite. Arvioijat lukevat tekstin tietämättä, kuka hakee.',
    sv: 'Här verkar finnas en e-postadress. De som bedömer läser texten utan att veta vem som söker.',
    en: 'This looks like an e-mail address. Those who score read the text without knowing who applies.',
  },
  phone: {
    fi: 'Tässä näyttää olevan puhelinnumero. Arvioijat lukevat tekstin tietämättä, kuka hakee.',
    sv: 'Här verkar finnas ett telefonnummer. De som bedömer läser texten utan att veta vem som söker.',
    en: 'This looks like a phone number. Those who score read the text without knowing who applies.',
  },
  address: {
    fi: 'Tässä näyttää olevan katuosoite. Jos se on jonkun koti, jätä se pois.',
    sv: 'Här verkar finnas en gatuadress. Om det är någons hem, lämna bort den.',
    en: 'This looks like a street address. If it is somebody’s home, leave it out.',
  },
  name: {
    fi: 'Tässä näyttää olevan nimi. Arvioijat lukevat tekstin tietämättä, kuka hakee.',
    sv: 'Här verkar finnas ett namn. De som bedömer läser texten utan att veta vem som söker.',
    en: 'This looks like a name. Those who score read the text without knowing who applies.',
  },
};

const shown = (pointer: string, text: string | undefined, known: KnownNames, language: Language): HintShown[] =>
  personalData(text ?? '', known).map(({ kind, start, end }) => ({
    pointer,
    kind,
    start,
    end,
    advice: kind === 'identity-code' || kind === 'iban' ? 'remove-before-submit' : 'look-again',
    text: TEXTS[kind][language],
  }));

/** What of a form's free text tells who applies, for whoever fills it in. Nothing of it is stored, logged or refused. */
export function formHints(form: DraftForm, language: Language): HintShown[] {
  const organisation = form.kind === 'association' || form.kind === 'company' || form.kind === 'group';
  const names = [form.name].filter((name): name is string => name !== undefined);
  const known: KnownNames = {
    people: [...(organisation ? [] : names), ...(form.recipientName === undefined ? [] : [form.recipientName])],
    groups: organisation ? names : [],
    address: form.address,
  };
  return [
    ...shown('#/title', form.title, known, language),
    ...shown('#/idea', form.idea, known, language),
    ...shown('#/place', form.place, { ...known, inPlace: true }, language),
    ...shown('#/time', form.time, known, language),
    ...(form.lines ?? []).flatMap((line, n) => shown(`#/lines/${n}/what`, line.what, known, language)),
    ...shown('#/tradeSecret', form.tradeSecret, known, language),
  ];
}

/** The same of texts that an officer is about to publish, by field. */
export const textHints = (texts: Readonly<Record<string, string | undefined>>, known: KnownNames, language: Language): HintShown[] =>
  Object.entries(texts).flatMap(([field, text]) => shown(`#/${field}`, text, known, language));
