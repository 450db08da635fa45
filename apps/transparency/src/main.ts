if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('Minipilot needs Node 24: start it by npm, which brings it along, or install Node 24.');
  process.exit(1);
}
const { KINDS, main } = await import('@minipilot/api/process/start.js');
await main(KINDS.transparency);
