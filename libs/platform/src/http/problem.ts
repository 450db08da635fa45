import { Rejected } from '@minipilot/kernel/decider.js';
import { FIELD_TEXTS } from './validation-texts.js';
import { fillText, type Language, type Params, type Texts } from './language.js';
import { HTTP_PROBLEMS, NO_TEXT, STATUS_TITLES, type HttpProblemCode, type ProblemText } from './problem-texts.js';

export const PROBLEM_JSON = 'application/problem+json';

/** One field to blame: `pointer` into the body (`#/budget/cents`) or `parameter` of the query. */
export interface FieldProblem {
  pointer?: string;
  parameter?: string;
  code: string;
  params?: Params;
}

/** The JSON that a caller gets (RFC 9457). `params` are the facts behind `detail`. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  params?: Params;
  errors?: { pointer?: string; parameter?: string; code: string; detail: string }[];
}

const catalogue = new Map<string, ProblemText>(Object.entries(HTTP_PROBLEMS));

/** Adds problem types with their texts, such as the domain's refusals. Throws where a code is given twice with another status. */
export function registerProblems(problems: Readonly<Record<string, ProblemText>>): void {
  for (const [code, text] of Object.entries(problems)) {
    if (!/^[a-z][a-z0-9.-]*$/.test(code)) throw new Error(`problem code ${code} is not made of a–z, 0–9, dot and dash`);
    if (STATUS_TITLES[text.status] === undefined) throw new Error(`problem ${code} has status ${text.status}, which has no title`);
    const known = catalogue.get(code);
    if (known !== undefined && known.status !== text.status) throw new Error(`problem ${code} is registered twice`);
    catalogue.set(code, text);
  }
}

/** All registered problem types by code. */
export const problemTexts = (): ReadonlyMap<string, ProblemText> => catalogue;

export interface ProblemOptions {
  /** fields to blame */
  errors?: FieldProblem[];
  /** response headers that go with it */
  headers?: Readonly<Record<string, string>>;
  /** only for a code that is not registered; default 409 */
  status?: number;
}

/** An answer other than success. `code` is a registered problem type; `params` fill its text. */
export class Problem extends Error {
  readonly status: number;
  readonly errors: FieldProblem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: HttpProblemCode | (string & {}),
    readonly params: Params = {},
    options: ProblemOptions = {},
  ) {
    super(code);
    this.name = 'Problem';
    this.status = catalogue.get(code)?.status ?? options.status ?? 409;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }

  /** A refusal by the domain, 409 unless its code is registered with another status. */
  static of(rejected: Rejected): Problem {
    const { code, params, pointer } = rejected;
    const errors = pointer === undefined ? undefined : [{ pointer: pointer.startsWith('#') ? pointer : `#${pointer}`, code, params }];
    return new Problem(code, params, { errors });
  }
}

/** One token of a JSON pointer in a URI fragment (RFC 6901, 3 and 6). */
export const pointerToken = (name: string): string =>
  encodeURIComponent(name.toWellFormed().slice(0, 100).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));

const titleOf = (status: number, text: ProblemText | undefined): Texts => text?.title ?? STATUS_TITLES[status] ?? STATUS_TITLES[500]!;

/** The body in the caller's language. `requestId` is a UUID. */
export function problemBody(problem: Problem, language: Language, requestId: string): ProblemBody {
  const { code, params, status, errors } = problem;
  const text = catalogue.get(code);
  const body: ProblemBody = {
    type: `/problems/${code}`,
    title: titleOf(status, text)[language],
    status,
    detail: fillText((text ?? NO_TEXT)[language], text === undefined ? { code } : params, language),
    instance: `urn:uuid:${requestId}`,
    code,
  };
  if (Object.keys(params).length > 0) body.params = params;
  if (errors !== undefined) {
    body.errors = errors.map(({ pointer, parameter, code, params = {} }) => {
      const fieldText = FIELD_TEXTS[code] ?? catalogue.get(code);
      return {
        ...(pointer === undefined ? {} : { pointer }),
        ...(parameter === undefined ? {} : { parameter }),
        code,
        detail: fillText((fieldText ?? NO_TEXT)[language], fieldText === undefined ? { code } : params, language),
      };
    });
  }
  return body;
}

/** What `GET /problems/{code}` tells about a type; its text keeps the placeholders. Undefined for an unknown code. */
export function describeProblem(
  code: string,
  language: Language,
): { type: string; title: string; status: number; detail: string } | undefined {
  const text = catalogue.get(code);
  if (text === undefined) return undefined;
  return { type: `/problems/${code}`, title: titleOf(text.status, text)[language], status: text.status, detail: text[language] };
}
