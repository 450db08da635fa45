import { Cents, EmailField, InstantField, ListOf, Nested, OneOf, PhoneField, Text, YesNo } from '@minipilot/platform/http/fields.js';

export class LineDto {
  @Text(120) what: string;
  @Cents() cents: number;
}
export class EconomicDto {
  @Cents({ min: 0, description: 'de minimis aid of the last three years' }) deMinimisCents: number;
}

export const KINDS = ['resident', 'group', 'association', 'company'] as const;
const INVOLVES = ['children', 'food', 'public-place', 'water-or-animals'] as const;
const LANGUAGES = ['fi', 'sv', 'en'] as const;
export const CHANNELS = ['agent', 'desk', 'phone', 'paper'] as const;

/** The application form, complete: seven fields and one tick. */
export class ApplicationForm {
  @OneOf(KINDS) kind: (typeof KINDS)[number];
  @Text(120, { description: 'of the person, group or organisation that applies' }) name: string;
  @Text(20, { optional: true, description: 'Y-tunnus of an association or company; without it the application is incomplete' })
  businessId?: string;
  @Text(120, { optional: true, description: 'the adult who answers for the money of a group' }) recipientName?: string;
  @PhoneField({ optional: true }) phone?: string;
  @EmailField({ optional: true }) email?: string;
  @Text(300, { optional: true }) address?: string;
  @Text(80) title: string;
  @Text(1000, { multiline: true, description: 'what, for whom, what do we want to find out; the only thing that is scored' }) idea: string;
  @Text(60, { description: 'where the pilot happens; `elsewhere` is outside the municipality' }) district: string;
  @Text(300, { multiline: true }) place: string;
  @Text(300, { multiline: true }) time: string;
  @ListOf(() => LineDto, 3, { min: 1 }) lines: LineDto[];
  @OneOf(INVOLVES, { list: { max: 4 } }) involves: (typeof INVOLVES)[number][];
  @Nested(() => EconomicDto, { optional: true, description: 'only for economic activity' }) economic?: EconomicDto;
  @Text(500, { optional: true, multiline: true }) tradeSecret?: string;
  @OneOf(LANGUAGES) language: (typeof LANGUAGES)[number];
  @YesNo({ description: 'adult, terms accepted, may act for these people' }) confirmed: boolean;
}

/** The same form while it is being filled in. */
export class DraftForm {
  @OneOf(KINDS, { optional: true }) kind?: string;
  @Text(120, { optional: true, min: 0 }) name?: string;
  @Text(20, { optional: true, min: 0 }) businessId?: string;
  @Text(120, { optional: true, min: 0 }) recipientName?: string;
  @Text(40, { optional: true, min: 0 }) phone?: string;
  @Text(254, { optional: true, min: 0 }) email?: string;
  @Text(300, { optional: true, min: 0, multiline: true }) address?: string;
  @Text(80, { optional: true, min: 0 }) title?: string;
  @Text(1000, { optional: true, min: 0, multiline: true }) idea?: string;
  @Text(60, { optional: true, min: 0 }) district?: string;
  @Text(300, { optional: true, min: 0, multiline: true }) place?: string;
  @Text(300, { optional: true, min: 0, multiline: true }) time?: string;
  @ListOf(() => DraftLineDto, 3, { optional: true }) lines?: DraftLineDto[];
  @OneOf(INVOLVES, { optional: true, list: { max: 4 } }) involves?: string[];
  @Nested(() => EconomicDto, { optional: true }) economic?: EconomicDto;
  @Text(500, { optional: true, min: 0, multiline: true }) tradeSecret?: string;
  @OneOf(LANGUAGES, { optional: true }) language?: string;
  @YesNo({ optional: true }) confirmed?: boolean;
}
export class DraftLineDto {
  @Text(120, { optional: true, min: 0 }) what?: string;
  @Cents({ optional: true, min: 0 }) cents?: number;
}
export class HelpedDto {
  @OneOf(CHANNELS) channel: (typeof CHANNELS)[number];
  @InstantField({ description: 'when it was written down, which is when it arrived' }) writtenAt: string;
  @YesNo({ description: 'the person has authorised the helper and heard the text read back' }) authorised: boolean;
}
