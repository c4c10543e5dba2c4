// The stored text of one entry over HTTP, from beside the run's socket.

import { decodeHead } from "./bytes.mjs";

const UNREACHABLE = "The workbench could not be reached.";

/** `socket` is the address of the run's socket; `most` asks for the beginning alone. */
export async function fetchRaw(socket, cursor, { most, signal } = {}, world = globalThis) {
  const address = new URL(`entries/${cursor}/raw`, socket).href;
  const headers = most ? { Range: `bytes=0-${most - 1}` } : {};
  const answer = await world.fetch(address, { headers, signal }).catch(unreachable);
  if (!answer.ok) throw new Error(await reasonOf(answer));
  const body = new Uint8Array(await answer.arrayBuffer().catch(unreachable));
  const total = answer.headers.get("Content-Range")?.split("/")[1];
  return { text: decodeHead(body), bytes: Number(total ?? body.length), source: answer.headers.get("Workbench-Source") };
}

function unreachable(error) {
  if (error.name === "AbortError") throw error;
  throw new Error(UNREACHABLE);
}

/** The sentence of an error of ours; of anybody else's, only its number. */
async function reasonOf(answer) {
  const body = await answer.json().catch(() => null);
  return body?.error?.message ?? `The workbench answered ${answer.status}.`;
}
