/**
 * The hostile tenant, a process of its own. Arguments: ports, an attack. For each line on its input
 * it begins or ends the attack, and says how much was done.
 */
import { createInterface } from 'node:readline';
import { ATTACKS } from './attacks.ts';

const [port, httpPort, name] = process.argv.slice(2);
const target = { port: Number(port), httpPort: Number(httpPort) };
const attack = ATTACKS.find((one) => one.name === name);
if (attack === undefined) throw new Error(`no attack ${name}`);

// What a broker does to an attacker is no reason to stop.
process.on('unhandledRejection', () => {});
await attack.prepare?.(target);

let end: (() => void) | undefined;
let count = 0;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'begin') {
      attack
        .begin(target, () => {
          count++;
        })
        .then((ending) => {
          end = ending;
        });
      return;
    }
    if (line === 'end') end?.();
    console.log(JSON.stringify(count));
    count = 0;
  })
  .on('close', () => process.exit(0));
console.log('ready');
