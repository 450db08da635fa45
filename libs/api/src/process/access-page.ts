import type { OpenAPIObject } from '@nestjs/swagger';
import { HELPERS, OWN, type PolicyRow } from '@minipilot/identity/policy-table.js';
import { codes } from '@minipilot/identity/policy-text.js';
import { ROLES, type Role } from '@minipilot/identity/roles.js';
import { stages } from '@minipilot/identity/stages.js';
import type { Route } from '@minipilot/platform/http/request-context.js';

/** What deciders refuse by the person and not by the role, with the codes of the refusals. */
export const BY_PERSON: readonly { rule: string; codes: readonly string[] }[] = [
  {
    rule: 'Who helped to apply does not check, read or decide that application, nor accept its report.',
    codes: ['helper-may-not-judge'],
  },
  {
    rule: 'Nobody checks, reads or decides an application of their own – as applicant, recipient or whoever filed it – nor accepts its report, nor proposes, answers or decides its adoption.',
    codes: ['own-application'],
  },
  {
    rule: 'A member of the committee is not shown an application with a conflict of interest, nor one that the member had a hand in, and is not told which it is: a card for it is refused as for one that does not exist.',
    codes: ['application-not-found'],
  },
  { rule: 'A member tells conflicts of interest before the first card.', codes: ['conflicts-first'] },
  {
    rule: 'Nobody decides an appeal who filed it, made the decision that it is against, scored or read, or had a hand in the application.',
    codes: ['own-appeal', 'decided-it', 'scored-it', 'own-application', 'helper-may-not-judge'],
  },
  { rule: 'Nobody gives themselves a role, or takes one of their own away.', codes: ['own-roles'] },
  { rule: 'Only who chairs the call’s committee signs its proposal.', codes: ['only-the-chair'] },
  { rule: 'Who prepared a payment batch does not approve it.', codes: ['same-person'] },
  {
    rule: 'Nobody prepares or approves a batch that pays them, or accepts a close match of their own account.',
    codes: ['own-payment'],
  },
];

interface Operation {
  summary?: string;
  tags?: string[];
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const inTown = (path: string) => path.replace(/^\/api\/:tenant\//, '');
const table = (...heads: string[]) => [`| ${heads.join(' | ')} |`, `| ${heads.map(() => '---').join(' | ')} |`];
const line = (...cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;

const who = ({ for: audience, fresh }: PolicyRow) =>
  `${audience === 'public' ? 'everybody' : audience === 'signed-in' ? 'signed in' : [audience].flat().join(', ')}${fresh === true ? '; afresh' : ''}`;
const whose = ({ own, others = [], helped = [] }: PolicyRow) =>
  [own ?? '', others.length > 0 ? `${others.join(', ')}: any` : '', helped.length > 0 ? `${helped.join(', ')}: if taken down by staff` : '']
    .filter((text) => text !== '')
    .join('; ');
const when = ({ stage }: PolicyRow) => (stage === undefined ? '' : `${stages[stage].when} (${codes(stages[stage].otherwise)})`);

/** The text of docs/access.md: the policy table as it is, in the order and the words of the API's description. */
export function accessPage(document: OpenAPIObject, routes: readonly Route[]): string {
  const rows = routes.map(({ method, path, rule }) => {
    const template = path.replace(/:(\w+)/g, '{$1}');
    const operation = (document.paths[template] as Record<string, Operation> | undefined)?.[method.toLowerCase()];
    return { method, path, row: rule as PolicyRow, tag: operation?.tags?.[0] ?? '', summary: operation?.summary ?? '' };
  });
  const lines = [
    '# Who may do what',
    '',
    'Made from the policy table (`libs/identity/src/policy-table.ts`) by `npm run docs`. The guard of every process works by the same table,',
    'and a generated matrix (`test/access`) tries each cell of it against a running server.',
    '',
    'A request is judged in this order: without a good sign-in 401; in another municipality 404; without one of the roles 403; what is not',
    'one’s own 404, as if it were not there; a sign-in that is too old 401; only then is its content read. Roles are granted per municipality,',
    'and one person may hold several: any of those named will do. Everybody who is signed in is an applicant.',
    '',
    '- **who** – everybody, whoever is signed in, or the roles; *afresh*: with a sign-in of a moment ago',
    '- **own** – what in the path must be one’s own, and the roles that reach others’ too:',
    ...Object.entries(OWN).map(([name, meaning]) => `  - *${name}* – ${meaning}`),
    '- **when** – in which stage it works, and the code of the refusal otherwise',
    '',
  ];
  for (const { name, description } of document.tags ?? []) {
    const own = rows.filter(({ tag }) => tag === name);
    if (own.length === 0) continue;
    lines.push(`## ${name}`, '', description ?? '', '', ...table('what', 'route', 'who', 'own', 'when'));
    for (const { method, path, row, summary } of own)
      lines.push(line(summary, `\`${method} ${inTown(path)}\``, who(row), whose(row), when(row)));
    lines.push('');
  }
  const others = rows.filter(({ tag }) => tag === '');
  lines.push(
    '## Beside the API',
    '',
    ...table('route', 'who'),
    ...others.map(({ method, path, row }) => line(`\`${method} ${path}\``, who(row))),
  );
  lines.push('', '## By role', '', 'Beside what everybody and whoever is signed in may do.', '');
  for (const role of ROLES) {
    const may = mayDo(role, rows);
    if (may.length > 0) lines.push(`- **${role}**: ${may.join(' · ')}`);
  }
  lines.push(
    '',
    '## By person',
    '',
    'A person may hold several roles, so these rules look at the person. They are decided with the facts of each case, by the deciders.',
    '',
    ...table('rule', 'refused as'),
    ...BY_PERSON.map((rule) => line(rule.rule, codes(rule.codes))),
    line('Who is on a committee that is still scoring opens no application of that call, whatever other role they hold.', '404'),
    '',
    'Not refused: a member of the committee who is also the decision-maker may decide on what they scored. The committee proposes and the',
    'decision-maker decides, but no law makes them two people; the history names who did what, so an auditor sees it. A municipality that',
    'wants two people grants the roles to two people. Whoever is `owner` answers for any service of the municipality, of any unit.',
    '',
  );
  return lines.join('\n');
}

/** What a role may do that not everybody may, in the words of the API. */
function mayDo(role: Role, rows: readonly { row: PolicyRow; summary: string }[]): string[] {
  const has = (list: PolicyRow['for'] | undefined) => typeof list === 'object' && list.includes(role);
  const may = rows
    .filter(({ row }) => has(row.for) || row.others?.includes(role) === true || row.helped?.includes(role) === true)
    .map(({ row, summary }) => (row.helped?.includes(role) === true ? `${summary} (for somebody helped)` : summary));
  return HELPERS.includes(role) ? ['Fills in an application for somebody, on paper, by phone, at a desk or in the field', ...may] : may;
}
