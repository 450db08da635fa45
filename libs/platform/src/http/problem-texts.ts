import type { Texts } from './language.js';

/** A kind of problem: its HTTP status, and what a person is told. `title` is the short form; without it the status speaks. */
export interface ProblemText extends Texts {
  status: number;
  title?: Texts;
}

/** Short forms by HTTP status. */
export const STATUS_TITLES: Readonly<Record<number, Texts>> = {
  400: { fi: 'Pyyntö ei ole kelvollinen', sv: 'Begäran är inte giltig', en: 'The request is not valid' },
  401: { fi: 'Kirjautuminen puuttuu', sv: 'Inloggning saknas', en: 'Not signed in' },
  403: { fi: 'Ei oikeutta', sv: 'Ingen behörighet', en: 'Not allowed' },
  404: { fi: 'Ei löytynyt', sv: 'Hittades inte', en: 'Not found' },
  405: { fi: 'Menetelmä ei käy', sv: 'Metoden kan inte användas', en: 'Method not allowed' },
  406: { fi: 'Muotoa ei ole', sv: 'Formatet finns inte', en: 'Not acceptable' },
  408: { fi: 'Aika loppui', sv: 'Tiden tog slut', en: 'Request timed out' },
  409: { fi: 'Ei käy tässä tilanteessa', sv: 'Kan inte göras i detta läge', en: 'Not possible now' },
  410: { fi: 'Poistettu', sv: 'Borttagen', en: 'Gone' },
  412: { fi: 'Tieto on muuttunut', sv: 'Uppgiften har ändrats', en: 'Changed in the meantime' },
  413: { fi: 'Pyyntö on liian suuri', sv: 'Begäran är för stor', en: 'The request is too large' },
  414: { fi: 'Osoite on liian pitkä', sv: 'Adressen är för lång', en: 'The address is too long' },
  415: { fi: 'Sisältötyyppi ei käy', sv: 'Innehållstypen kan inte användas', en: 'Unsupported content type' },
  422: { fi: 'Ei voida käsitellä', sv: 'Kan inte behandlas', en: 'Cannot be processed' },
  428: { fi: 'Ehto puuttuu', sv: 'Villkor saknas', en: 'Precondition required' },
  429: { fi: 'Liian monta pyyntöä', sv: 'För många begäranden', en: 'Too many requests' },
  431: { fi: 'Otsakkeet ovat liian suuret', sv: 'Rubrikerna är för stora', en: 'Header fields too large' },
  500: { fi: 'Palvelussa on vika', sv: 'Ett fel i tjänsten', en: 'Something went wrong here' },
  503: { fi: 'Palvelu ei juuri nyt vastaa', sv: 'Tjänsten är inte tillgänglig just nu', en: 'Not available right now' },
};

/** The problems of HTTP itself. Those of the domain are registered beside these. */
export const HTTP_PROBLEMS = {
  'invalid-body': {
    status: 400,
    fi: 'Tiedoissa on korjattavaa. Katso kentät.',
    sv: 'Uppgifterna behöver rättas. Se fälten.',
    en: 'Some fields need to be corrected.',
  },
  'invalid-query': {
    status: 400,
    fi: 'Osoitteen hakuehdoissa on virhe.',
    sv: 'Sökvillkoren i adressen är felaktiga.',
    en: 'The query parameters are not valid.',
  },
  'body-not-expected': {
    status: 400,
    fi: 'Tähän osoitteeseen ei lähetetä sisältöä.',
    sv: 'Inget innehåll ska skickas till den här adressen.',
    en: 'This address takes no body.',
  },
  'not-json': {
    status: 400,
    fi: 'Pyynnön sisältö ei ole kelvollista JSONia UTF-8-muodossa.',
    sv: 'Begärans innehåll är inte giltig JSON i UTF-8.',
    en: 'The body is not valid JSON in UTF-8.',
  },
  'bad-request': {
    status: 400,
    fi: 'Pyyntöä ei voitu lukea.',
    sv: 'Begäran kunde inte läsas.',
    en: 'The request could not be read.',
  },
  'idempotency-key-missing': {
    status: 400,
    fi: 'Otsake Idempotency-Key puuttuu. Sen avulla sama pyyntö tehdään vain kerran.',
    sv: 'Rubriken Idempotency-Key saknas. Med den utförs samma begäran bara en gång.',
    en: 'The header Idempotency-Key is missing. With it the same request takes effect only once.',
  },
  'idempotency-key-malformed': {
    status: 400,
    fi: 'Otsakkeen Idempotency-Key arvossa on oltava 1–255 näkyvää ASCII-merkkiä.',
    sv: 'Rubriken Idempotency-Key ska ha 1–255 synliga ASCII-tecken.',
    en: 'The header Idempotency-Key must have 1 to 255 visible ASCII characters.',
  },
  'malformed-etag': {
    status: 400,
    fi: 'Otsakkeen If-Match arvon on oltava yksi ETag, jonka palvelu on antanut, esimerkiksi "3".',
    sv: 'Rubriken If-Match ska vara en ETag som tjänsten har gett, till exempel "3".',
    en: 'The header If-Match must be one ETag given by this service, such as "3".',
  },
  'malformed-cursor': {
    status: 400,
    fi: 'Sivun osoitin cursor ei ole palvelun antama.',
    sv: 'Sidmarkören cursor har inte getts av tjänsten.',
    en: 'The cursor was not given by this service.',
  },
  'malformed-position': {
    status: 400,
    fi: 'Kohta after ei ole palvelun antama.',
    sv: 'Positionen after har inte getts av tjänsten.',
    en: 'The position in "after" was not given by this service.',
  },
  unauthorised: {
    status: 401,
    fi: 'Kirjaudu sisään.',
    sv: 'Logga in.',
    en: 'Sign in first.',
  },
  'invalid-token': {
    status: 401,
    fi: 'Kirjautuminen on vanhentunut tai ei kelpaa. Kirjaudu uudelleen.',
    sv: 'Inloggningen har gått ut eller är ogiltig. Logga in på nytt.',
    en: 'The sign-in has expired or is not valid. Sign in again.',
  },
  'sign-in-unavailable': {
    status: 503,
    fi: 'Kirjautumispalvelu ei juuri nyt vastaa. Yritä hetken kuluttua uudelleen. Julkiset sivut toimivat.',
    sv: 'Inloggningstjänsten svarar inte just nu. Försök igen om en stund. De offentliga sidorna fungerar.',
    en: 'The sign-in service does not answer right now. Try again in a moment. The public pages work.',
  },
  'request-from-elsewhere': {
    status: 403,
    fi: 'Muutosta ei tehty: pyyntö ei tullut tämän palvelun sivulta. Lataa sivu uudelleen ja yritä sitten uudestaan.',
    sv: 'Ändringen gjordes inte: begäran kom inte från en sida i den här tjänsten. Ladda om sidan och försök sedan igen.',
    en: 'Nothing was changed: the request did not come from a page of this service. Reload the page, then try once more.',
  },
  'fresh-sign-in-needed': {
    status: 401,
    title: { fi: 'Kirjaudu uudelleen', sv: 'Logga in på nytt', en: 'Sign in again' },
    fi: 'Tähän tarvitaan tuore kirjautuminen, enintään {minutes} minuuttia vanha. Kirjaudu uudelleen ja yritä sitten uudestaan.',
    sv: 'Det här kräver en färsk inloggning, högst {minutes} minuter gammal. Logga in på nytt och försök sedan igen.',
    en: 'This needs a fresh sign-in, at most {minutes} minutes old. Sign in again, then try once more.',
  },
  forbidden: {
    status: 403,
    fi: 'Roolillasi ei ole oikeutta tähän.',
    sv: 'Din roll har inte behörighet till detta.',
    en: 'Your role does not allow this.',
  },
  'not-found': {
    status: 404,
    fi: 'Tällaista ei ole.',
    sv: 'Det finns inget sådant.',
    en: 'There is no such thing here.',
  },
  'method-not-allowed': {
    status: 405,
    fi: 'Osoite ei tue tätä menetelmää. Tuetut: {allowed}.',
    sv: 'Adressen stöder inte den här metoden. Tillåtna: {allowed}.',
    en: 'This address does not support the method. Supported: {allowed}.',
  },
  'request-timeout': {
    status: 408,
    fi: 'Pyyntö ei tullut perille ajoissa.',
    sv: 'Begäran kom inte fram i tid.',
    en: 'The request did not arrive in time.',
  },
  stale: {
    status: 412,
    fi: 'Joku on muuttanut tietoa sen jälkeen, kun avasit sen. Hae uusin versio.',
    sv: 'Någon har ändrat uppgiften sedan du öppnade den. Hämta den senaste versionen.',
    en: 'Somebody changed this after you opened it. Fetch the latest version.',
  },
  'body-too-large': {
    status: 413,
    fi: 'Pyynnön sisältö saa olla enintään {limit} tavua.',
    sv: 'Begärans innehåll får vara högst {limit} byte.',
    en: 'The body may have at most {limit} bytes.',
  },
  'address-too-long': {
    status: 414,
    fi: 'Osoite on liian pitkä.',
    sv: 'Adressen är för lång.',
    en: 'The address is too long.',
  },
  'unsupported-media-type': {
    status: 415,
    fi: 'Sisällön tyypin on oltava application/json.',
    sv: 'Innehållets typ ska vara application/json.',
    en: 'The content type must be application/json.',
  },
  'idempotency-key-reused': {
    status: 422,
    fi: 'Samalla Idempotency-Key-arvolla on jo lähetetty toinen sisältö.',
    sv: 'Ett annat innehåll har redan skickats med samma Idempotency-Key.',
    en: 'The same Idempotency-Key was already used with another body.',
  },
  'precondition-required': {
    status: 428,
    fi: 'Otsake If-Match puuttuu. Anna siinä sen version ETag, jota muutat.',
    sv: 'Rubriken If-Match saknas. Ange ETag för den version som du ändrar.',
    en: 'The header If-Match is missing. Give the ETag of the version that you are changing.',
  },
  'too-many-requests': {
    status: 429,
    fi: 'Pyyntöjä tuli liian monta. Yritä hetken päästä uudelleen.',
    sv: 'För många begäranden. Försök igen om en stund.',
    en: 'Too many requests. Try again in a moment.',
  },
  'headers-too-large': {
    status: 431,
    fi: 'Pyynnön otsakkeet ovat liian suuret.',
    sv: 'Begärans rubriker är för stora.',
    en: 'The header fields of the request are too large.',
  },
  internal: {
    status: 500,
    fi: 'Palvelussa tapahtui virhe. Ilmoita tunnus, jos otat yhteyttä.',
    sv: 'Ett fel inträffade i tjänsten. Uppge koden om du kontaktar oss.',
    en: 'Something went wrong in the service. Give the id if you contact us.',
  },
  'try-again': {
    status: 503,
    fi: 'Mitään ei tallennettu. Yritä hetken päästä uudelleen.',
    sv: 'Inget sparades. Försök igen om en stund.',
    en: 'Nothing was stored. Try again in a moment.',
  },
  'clock-in-doubt': {
    status: 503,
    fi: 'Palvelun kello tarkistetaan juuri nyt, eikä mitään tallennettu. Luonnos on tallessa. Yritä hetken päästä uudelleen.',
    sv: 'Tjänstens klocka kontrolleras just nu och inget sparades. Utkastet finns kvar. Försök igen om en stund.',
    en: 'The clock of the service is being checked, and nothing was stored. A draft stays as it is. Try again in a moment.',
  },
  unready: {
    status: 503,
    fi: 'Palvelu ei ole valmis: {failed}.',
    sv: 'Tjänsten är inte redo: {failed}.',
    en: 'The service is not ready: {failed}.',
  },
} as const satisfies Record<string, ProblemText>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

/** What a refusal says whose code has no text of its own. */
export const NO_TEXT: Texts = {
  fi: 'Palvelu ei hyväksynyt tätä ({code}).',
  sv: 'Tjänsten godkände inte detta ({code}).',
  en: 'The service did not accept this ({code}).',
};
