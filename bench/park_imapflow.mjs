// The peer: imapflow with many mailboxes in IDLE, in one process.
//
//   node park_imapflow.mjs IMAPFLOW_FOLDER CA_FILE HOST PORT FIRST COUNT LOG
//
// Begins at the line "go" on standard input; "stat" answers with how many are open, "flush"
// when LOG is complete. LOG gets "MESSAGE_ID NANOSECONDS" when a mail has been fetched.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { createWriteStream, readFileSync } from 'node:fs';

const [folder, caFile, host, port, first, count, logFile] = process.argv.slice(2);
const { ImapFlow } = createRequire(import.meta.url)(folder);
const ca = readFileSync(caFile);
const log = createWriteStream(logFile);
const atOnce = 50;  // log-ins
let opened = 0;

// One fetch at a time for each mailbox, as the order of the mails wants it.
function watch(client) {
  let seen = client.mailbox.exists;
  let queue = Promise.resolve();
  client.on('exists', () => {
    queue = queue.then(async () => {
      const last = client.mailbox.exists;
      if (last <= seen) return;
      const from = seen + 1;
      seen = last;
      for await (const mail of client.fetch(`${from}:${last}`, { uid: true, source: true })) {
        const id = /^Message-ID: <(.*)>/im.exec(mail.source.toString('latin1'));
        log.write(`${id[1]} ${process.hrtime.bigint()}\n`);
      }
      client.idle().catch(() => {});  // by itself it would wait 15 seconds
    }).catch((error) => console.error(error.message));
  });
}

async function open(number) {
  const client = new ImapFlow({
    host, port: Number(port), secure: true, tls: { ca }, logger: false,
    auth: { user: `user${number}@park.test`, pass: 'correct-horse-battery' },
  });
  client.on('error', (error) => console.error(error.message));
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  watch(client);
  client.idle().catch(() => {});
  opened += 1;
}

async function openAll() {
  let next = Number(first);
  const end = next + Number(count);
  const one = async () => {
    while (next < end) await open(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'go') openAll();
  if (line === 'flush') log.write('', () => console.log('ok'));
  else console.log(opened);
});
