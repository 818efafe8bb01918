import { describe, expect, it } from 'vitest'

import { Connection, type Told } from './connection'
import { SseParser } from './sse'

describe('server-sent events', () => {
  it('are whole whatever the pieces in which they come', () => {
    const text = ': alive\n\nretry: 2000\nevent: hello\ndata: {"now":"x"}\n\nid: 7-1\nevent: incident\ndata: {}\n\n'
    for (const size of [1, 3, 17, text.length]) {
      const parser = new SseParser()
      const found = []
      for (let from = 0; from < text.length; from += size) found.push(...parser.feed(text.slice(from, from + size)))
      expect(found).toEqual([
        { id: null, event: 'hello', data: '{"now":"x"}' },
        { id: '7-1', event: 'incident', data: '{}' },
      ])
    }
  })
})

/** A server whose answers are given in order; the last one stays open. */
function server(answers: (() => Response)[]) {
  const asked: string[] = []
  let all: () => void
  const done = new Promise<void>((resolve) => (all = resolve))
  const ask = ((url: string) => {
    asked.push(url)
    const answer = answers[asked.length - 1]
    if (asked.length >= answers.length) all()
    return answer ? Promise.resolve(answer()) : new Promise<Response>(() => undefined)
  }) as unknown as typeof fetch
  return { ask, asked, done }
}

const stream = (text: string) => () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
const open = () => new Response(new ReadableStream())

describe('the live connection', () => {
  it('comes back with the cursor of the last message', async () => {
    const { ask, asked, done } = server([stream('event: hello\ndata: {}\n\nid: 5-9\nevent: incident\ndata: {"incident":"i"}\n\n'), open])
    const told: Told[] = []
    const connection = new Connection((one) => told.push(one), ask)
    connection.start()
    await done
    connection.stop()
    expect(asked).toEqual(['/api/live', '/api/live?after=5-9'])
    expect(told.map((one) => one.kind)).toEqual(['heard', 'hello', 'incident', 'broken'])
  })

  it('survives 503 and a lost network, and begins anew when its cursor is refused', async () => {
    const { ask, asked, done } = server([
      stream('id: 5-9\nevent: incident\ndata: {}\n\n'),
      () => new Response('', { status: 422 }),
      open,
    ])
    const connection = new Connection(() => undefined, ask)
    connection.start()
    await done
    connection.stop()
    expect(asked).toEqual(['/api/live', '/api/live?after=5-9', '/api/live'])
  })

  it('stops when the session is over, and says so', async () => {
    const { ask, asked } = server([() => new Response('', { status: 401 })])
    const told = await new Promise<Told>((resolve) => new Connection(resolve, ask).start())
    expect(told).toEqual({ kind: 'signed-out' })
    expect(asked).toHaveLength(1)
  })
})
