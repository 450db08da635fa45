// Writes what of docs/ is made from the code: events.md from the event catalogue, openapi.json from the routes, access.md from the policy table.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessFile, openApiFile } from '../dist/libs/api/src/process/description.js';
import { catalogue } from '../dist/libs/grants/src/catalogue.js';
import { eventsPage } from '../dist/libs/grants/src/events-page.js';

const docs = join(import.meta.dirname, '..', 'docs');
writeFileSync(join(docs, 'events.md'), eventsPage(catalogue));
writeFileSync(join(docs, 'openapi.json'), await openApiFile());
writeFileSync(join(docs, 'access.md'), await accessFile());
