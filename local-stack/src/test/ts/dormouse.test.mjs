// The official TypeScript SDK against a running suite with its offline model, which does what a message says: "run: …" calls
// bash, "ask: NAME {…}" calls any tool. ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say where.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import Anthropic, { APIError, AuthenticationError, BadRequestError, ConflictError, NotFoundError } from '@anthropic-ai/sdk';
import { accumulateManagedAgentsEvent } from '@anthropic-ai/sdk/lib/sessions/accumulate';

const client = new Anthropic();
const { agents, environments, sessions } = client.beta;
const TOOLSET = { type: 'agent_toolset_20260401' };
const LOOKUP = {
  type: 'custom',
  name: 'lookup',
  description: 'Looks up.',
  input_schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
};
let names = 0;

async function begin(tools = [TOOLSET]) {
  const agent = await agents.create({ name: 'helper', model: 'claude-sonnet-5', tools });
  const environment = await environments.create({ name: `ts-${process.pid}-${++names}` });
  return sessions.create({ agent: agent.id, environment_id: environment.id });
}

const say = (session, text) =>
  sessions.events.send(session.id, { events: [{ type: 'user.message', content: [{ type: 'text', text }] }] });

async function until(stream, type) {
  const seen = [];
  for await (const event of stream) {
    seen.push(event);
    if (event.type === type) break;
  }
  assert.equal(seen.at(-1)?.type, type);
  return seen;
}

async function listed(session) {
  const events = [];
  for await (const event of sessions.events.list(session.id, { limit: 3 })) events.push(event);
  return events;
}

const text = (event) => event.content?.map((block) => block.text ?? '').join('') ?? '';

test('the example of the README runs as it stands', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [process.env.README_EXAMPLE]);
  assert.match(stdout, /^agent\.tool_use/m);
  assert.match(stdout, /^agent\.tool_result .*total/m);
  assert.match(stdout, /^session\.status_idle/m);
});

test('a tool turn is streamed and listed alike', async () => {
  const session = await begin();
  const stream = await sessions.events.stream(session.id);
  await say(session, 'run: echo "it is $((6 * 7))"');
  const streamed = await until(stream, 'session.status_idle');
  const all = await listed(session);
  assert.deepEqual(streamed.map((event) => event.id), all.map((event) => event.id));
  const use = streamed.find((event) => event.type === 'agent.tool_use');
  const result = streamed.find((event) => event.type === 'agent.tool_result');
  assert.equal(use.name, 'bash');
  assert.equal(result.tool_use_id, use.id);
  assert.equal(text(result).trim(), 'it is 42');
  assert.ok(streamed.some((event) => event.type === 'session.usage'), 'the parser lets session.usage through');
  assert.equal((await sessions.retrieve(session.id)).status, 'idle');
});

test('a session that outgrows its window goes on with a summary, and is listed whole', async () => {
  const session = await begin();
  const said = [];
  const streamed = [];
  while (!streamed.some((event) => event.type === 'agent.thread_context_compacted')) {
    assert.ok(said.length < 30, 'the window is full at last');
    const stream = await sessions.events.stream(session.id);
    said.push(`message ${said.length} ` + 'and many words more '.repeat(200));
    await say(session, said.at(-1));
    streamed.push(...(await until(stream, 'session.status_idle')));
  }
  const all = await listed(session);
  assert.deepEqual(all.filter((event) => event.type === 'user.message').map(text), said);
  assert.ok(all.some((event) => event.type === 'agent.thread_context_compacted' && event.processed_at));
});

test('a stream that is opened late is completed by the list', async () => {
  const session = await begin();
  await say(session, 'run: sleep 0.5; echo done');
  const stream = await sessions.events.stream(session.id);
  const seen = new Map();
  for await (const event of sessions.events.list(session.id)) seen.set(event.id, event);
  const over = [...seen.values()].some((event) => event.type === 'session.status_idle');
  if (!over) for (const event of await until(stream, 'session.status_idle')) seen.set(event.id, event);
  else stream.controller.abort();
  assert.deepEqual(
    [...seen.values()].filter((event) => event.processed_at).map((event) => event.id).sort(),
    (await listed(session)).map((event) => event.id).sort(),
  );
});

test('a call that is asked for runs when it is allowed, and not when it is denied', async () => {
  const ask = { ...TOOLSET, default_config: { permission_policy: { type: 'always_ask' } } };
  for (const [result, outcome] of [['allow', /made it/], ['deny', /not today/]]) {
    const session = await begin([ask]);
    const stream = await sessions.events.stream(session.id);
    await say(session, 'run: echo made it');
    const asked = (await until(stream, 'session.status_idle')).at(-1).stop_reason;
    assert.equal(asked.type, 'requires_action');
    const again = await sessions.events.stream(session.id);
    const answer = { type: 'user.tool_confirmation', tool_use_id: asked.event_ids[0], result };
    if (result === 'deny') answer.deny_message = 'not today';
    await sessions.events.send(session.id, { events: [answer] });
    const after = await until(again, 'session.status_idle');
    assert.match(text(after.find((event) => event.type === 'agent.tool_result')), outcome);
    assert.equal(after.at(-1).stop_reason.type, 'end_turn');
  }
});

test("the SDK's own tool runner answers custom tools", async () => {
  const session = await begin([LOOKUP]);
  const asked = [];
  const runner = sessions.events.toolRunner(session.id, {
    maxIdleMs: 1,
    tools: [
      {
        type: 'custom',
        name: 'lookup',
        description: LOOKUP.description,
        input_schema: LOOKUP.input_schema,
        parse: (input) => input,
        run: async (input) => {
          asked.push(input.id);
          return `order ${input.id} is shipped`;
        },
      },
    ],
  });
  await say(session, 'ask: lookup {"id": "77"}');
  const calls = [];
  for await (const call of runner) calls.push(call);
  assert.deepEqual(asked, ['77']);
  assert.equal(calls.length, 1);
  assert.equal(calls[0].posted, true);
  assert.equal(calls[0].isError, false);
  const said = (await listed(session)).filter((event) => event.type === 'agent.message').map(text);
  assert.match(said.at(-1), /order 77 is shipped/);
});

test('deltas fold into the message that follows them', async () => {
  const session = await begin([]);
  const stream = await sessions.events.stream(session.id, { event_deltas: ['agent.message'] });
  await say(session, 'Tell me who you are.');
  let folded;
  let before;
  let deltas = 0;
  for await (const event of stream) {
    if (event.type === 'agent.message') before = folded;
    if (event.type === 'event_delta') deltas++;
    folded = accumulateManagedAgentsEvent(folded, event);
    if (event.type === 'session.status_idle') break;
  }
  assert.ok(deltas > 0);
  assert.equal(before.id, folded.id);
  assert.equal(text(before), text(folded));
});

test('an interrupt ends a long command', async () => {
  const session = await begin();
  const stream = await sessions.events.stream(session.id);
  await say(session, 'run: sleep 600');
  await until(stream, 'agent.tool_use');
  const again = await sessions.events.stream(session.id);
  await sessions.events.send(session.id, { events: [{ type: 'user.interrupt' }] });
  assert.equal((await until(again, 'session.status_idle')).at(-1).stop_reason.type, 'end_turn');
});

test('errors have their classes, and what is permanent is not tried again', async () => {
  let requests = 0;
  const counting = new Anthropic({
    fetch: (url, init) => {
      requests++;
      return fetch(url, init);
    },
  });
  const refused = async (kind, call) => {
    requests = 0;
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof kind, `${error} is a ${kind.name}`);
      assert.ok(error instanceof APIError);
      assert.match(error.requestID, /^req_/);
      assert.equal(error.error.type, 'error');
      return true;
    });
    assert.equal(requests, 1, `${kind.name} is not retried`);
  };
  await refused(NotFoundError, () => counting.beta.sessions.retrieve('sesn_nowhere'));
  await refused(NotFoundError, () => counting.beta.sessions.events.stream('sesn_nowhere'));
  const agent = await agents.create({ name: 'one', model: 'claude-sonnet-5' });
  await agents.update(agent.id, { version: 1, name: 'two' });
  await refused(ConflictError, () => counting.beta.agents.update(agent.id, { version: 1, name: 'three' }));
  await refused(BadRequestError, () => counting.beta.agents.create({ name: '', model: 'claude-sonnet-5' }));
  await assert.rejects(
    new Anthropic({ apiKey: 'a-key-that-nobody-has-made' }).beta.agents.list(),
    (error) => error instanceof AuthenticationError,
  );
});

test('lists page on by themselves, with filters', async () => {
  const one = await begin();
  const two = await begin();
  await sessions.archive(two.id);
  const ids = async (query) => {
    const found = [];
    for await (const session of sessions.list({ limit: 1, ...query })) found.push(session.id);
    return found;
  };
  assert.deepEqual(await ids({ agent_id: one.agent.id }), [one.id]);
  assert.deepEqual(await ids({ agent_id: two.agent.id }), []);
  assert.deepEqual(await ids({ agent_id: two.agent.id, include_archived: true, statuses: ['terminated'] }), [two.id]);
  assert.ok((await ids({ 'created_at[gte]': one.created_at })).includes(one.id));
});
