import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiFile } from '@minipilot/api/process/description.js';

// what of docs/ is made from the code
writeFileSync(join(process.cwd(), 'docs', 'openapi.json'), await openApiFile());
