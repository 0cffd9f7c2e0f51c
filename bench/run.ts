import { parseArgs } from 'node:util';
import { runDrive } from './drive/run-drive.ts';
import { runEngine } from './engine/run-engine.ts';
import { describeMachine } from './machine.ts';
import { runAlone } from './scale/link-alone.ts';
import { runScale } from './scale/run-scale.ts';

const USAGE = `USAGE: npm run bench -- engine [--only small,rename,latency,medium,big,edit,tiny,link] [--peers] [--profile folder]
                                 [--files 10000] [--tiny 100000] [--medium 1000] [--big-mib 1024]
       npm run bench -- drive [--only commit,move,folder,purge,feed,listing,transfer,huge,permissions] [--batches 40] [--listed 1000000] [--huge-gib 2]
                                [--profile folder]
       npm run bench -- scale [--files 100000] [--tree folder] [--idle 60] [--alone [--flat]]`;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string' },
    tiny: { type: 'string', default: '100000' },
    medium: { type: 'string', default: '1000' },
    'big-mib': { type: 'string', default: '1024' },
    peers: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    batches: { type: 'string', default: '40' },
    listed: { type: 'string', default: '1000000' },
    'huge-gib': { type: 'string', default: '2' },
    profile: { type: 'string', default: '' },
    tree: { type: 'string', default: '' },
    idle: { type: 'string', default: '60' },
    alone: { type: 'boolean', default: false },
    flat: { type: 'boolean', default: false },
  },
});
if (positionals[0] !== undefined) console.error(describeMachine());
const only = values.only.split(',').filter((name) => name !== '');
switch (positionals[0]) {
  case 'engine':
    await runEngine({
      only,
      peers: values.peers,
      files: Number(values.files ?? 10_000),
      tiny: Number(values.tiny),
      medium: Number(values.medium),
      bigMib: Number(values['big-mib']),
      profileFolder: values.profile,
    });
    break;
  case 'drive':
    await runDrive({
      only,
      batches: Number(values.batches),
      listed: Number(values.listed),
      hugeGiB: Number(values['huge-gib']),
      profileFolder: values.profile,
    });
    break;
  case 'scale':
    if (values.alone) await runAlone({ files: Number(values.files ?? 100_000), isFlat: values.flat });
    else
      await runScale({
        files: Number(values.files ?? 100_000),
        tree: values.tree,
        idleSeconds: Number(values.idle),
      });
    break;
  default:
    console.error(USAGE);
    process.exit(2);
}
