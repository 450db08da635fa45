/** The languages in which the service speaks. */
export const LANGUAGES = ['fi', 'sv', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Texts = Readonly<Record<Language, string>>;
export type Params = Readonly<Record<string, string | number>>;

/** The best of our languages for an Accept-Language header (RFC 9110, 12.5.4); English where none fits. */
export function preferredLanguage(header: string | undefined): Language {
  let best: Language = 'en';
  let bestWeight = 0;
  for (const part of (header ?? '').split(',', 50)) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const language = range === '*' ? 'en' : LANGUAGES.find((known) => range === known || range.startsWith(`${known}-`));
    if (language === undefined) continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (weight > bestWeight && weight <= 1) {
      best = language;
      bestWeight = weight;
    }
  }
  return best;
}

const LOCALES: Record<Language, string> = { fi: 'fi-FI', sv: 'sv-FI', en: 'en-GB' };

const FORMATS: Record<string, (value: string | number, language: Language) => string> = {
  euro: (cents, language) => new Intl.NumberFormat(LOCALES[language], { style: 'currency', currency: 'EUR' }).format(Number(cents) / 100),
  date: (day, language) =>
    new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`)),
  time: (at, language) =>
    new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Helsinki' }).format(new Date(at)),
};

/**
 * Fills `{name}` with a parameter; `{cents|euro}`, `{day|date}` and `{at|time}` also format it for the language.
 * What is missing or does not fit its format stays visible as it came.
 */
export function fillText(text: string, params: Params, language: Language): string {
  return text.replace(/\{(\w+)(?:\|(euro|date|time))?\}/g, (placeholder, name: string, format?: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) return placeholder;
    if (format === undefined) return String(value);
    try {
      return FORMATS[format]!(value, language);
    } catch {
      return String(value);
    }
  });
}
