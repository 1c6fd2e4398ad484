export interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
}

/** Far more than the endpoint sends for one event. In characters. */
const EVENT_MAX = 8_388_608;

/** Reads the events of an answer until it ends, without comments. @throws Error if the connection breaks */
export async function* serverSentEvents(answer: Response): AsyncGenerator<ServerSentEvent> {
  if (answer.body === null) return;
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    if (rest.length > EVENT_MAX) throw new Error('the instance sends something else than events');
    for (const part of parts) {
      const lines = part.split('\n');
      const field = (name: string): string[] =>
        lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      const data = field('data');
      if (data.length > 0) yield { name: field('event')[0] ?? 'message', data: data.join('\n') };
    }
  }
}
