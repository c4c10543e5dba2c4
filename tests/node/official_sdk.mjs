// The official Node SDK, unmodified, against a simulator: what it saw, as one JSON object.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "any", maxRetries: 0 });

async function collect(stream, events = []) {
  for await (const event of stream) events.push(event);
  return events;
}

async function created() {
  const response = await client.responses.create({ model: "sim:short", input: "Hello" });
  return { status: response.status, text: response.output_text };
}

async function background() {
  let response = await client.responses.create({
    model: "sim:short",
    input: "Hello",
    background: true,
    metadata: { speed: "5" },
  });
  const first = response.status;
  while (["queued", "in_progress"].includes(response.status)) {
    response = await client.responses.retrieve(response.id);
  }
  return { first, last: response.status, text: response.output_text };
}

async function resumed(faults) {
  const events = [];
  let error = null;
  try {
    await collect(
      await client.responses.create({
        model: "sim:short",
        input: "Hello",
        background: true,
        stream: true,
        metadata: { faults },
      }),
      events,
    );
  } catch (caught) {
    error = caught.constructor.name;
  }
  const before = events.length;
  const id = events[0].response.id;
  const query = { stream: true, starting_after: events.at(-1).sequence_number };
  await collect(await client.responses.retrieve(id, query), events);
  const final = await client.responses.retrieve(id);
  return {
    error,
    before,
    numbers: events.map((event) => event.sequence_number),
    text: events
      .filter((event) => event.type === "response.output_text.delta")
      .map((event) => event.delta)
      .join(""),
    final: final.output_text,
  };
}

async function cancelled() {
  const response = await client.responses.create({
    model: "sim:planner",
    input: "A week",
    background: true,
    metadata: { speed: "1" },
  });
  const first = await client.responses.cancel(response.id);
  const again = await client.responses.cancel(response.id);
  return [first.status, again.status];
}

console.log(
  JSON.stringify({
    created: await created(),
    background: await background(),
    cut: await resumed("cut@event:20"),
    inside: await resumed("reset@frame:20"),
    cancelled: await cancelled(),
  }),
);
